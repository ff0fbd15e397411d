/*
 * tick_page_private.h
 *		The tick page: the one row of milvus.tick, changed in place on its page.
 *
 * The row holds what must outlive the server: the newest tick and the bound
 * below which timestamps may have been handed out.  It lives in an ordinary
 * heap table, so that backups, standbys, CREATE DATABASE ... TEMPLATE and
 * pg_upgrade carry it without knowing it, and is changed like a sequence's:
 * under the buffer's exclusive lock, with generic WAL, outside of transactions
 * (CONS-5, CONS-6).
 *
 *		VmTickOpen -> (VmTickLock -> VmTickWrite or VmTickUnlock)* -> VmTickClose
 */
#ifndef VM_CONSISTENCY_TICK_PAGE_PRIVATE_H
#define VM_CONSISTENCY_TICK_PAGE_PRIVATE_H

#include "compat/compat.h"

#include "access/htup.h"
#include "access/xlogdefs.h"
#include "storage/buf.h"
#include "utils/relcache.h"

/* When to raise: a column gets a meaning that an older library would break. */
#define VM_TICK_VERSION 1
#define VM_TICK_COLUMNS 14

/* The columns as they lie in the tuple. */
typedef struct VmTickRow
{
	int32 version;
	int32 timeline;    /* of the newest write; 0: none yet */
	int64 ts;          /* newest tick: every draw up to it began before its WAL */
	int64 ts_limit;    /* no timestamp from here on has been handed out */
	int64 promoted_ts; /* ts as the newest promotion found it */
	int64 epoch;       /* reserved, 0 */
	int64 reserved[8]; /* 0 */
} VmTickRow;

StaticAssertDecl(sizeof(VmTickRow) == 104, "size of the row of milvus.tick");

typedef struct VmTickPage
{
	Relation relation;
	Buffer buffer;
	uint16 offset; /* of the row's line pointer */
} VmTickPage;

/* The table of the extension in this database; InvalidOid when there is none. */
extern Oid VmTickRelationId(void);

/* Locks the table against being rewritten; false when it has been dropped. */
extern bool VmTickOpen(VmTickPage *page, Oid relation);
extern void VmTickClose(VmTickPage *page);

/*
 * Locks the page and gives its row, checked, with the current timeline; an error
 * when the row is not as this library writes it.
 */
extern void VmTickLock(VmTickPage *page, VmTickRow *row);

/*
 * Writes the row and unlocks the page.  The end of its WAL record, not flushed;
 * invalid where the table has no WAL (wal_level = minimal, in the transaction
 * that creates it).
 */
extern XLogRecPtr VmTickWrite(VmTickPage *page, const VmTickRow *row);
extern void VmTickUnlock(VmTickPage *page);

#endif
