/*
 * purge.h
 *		Deleting expired rows, and the process that does it in the background.
 */
#ifndef VM_COLLECTION_PURGE_H
#define VM_COLLECTION_PURGE_H

#include "compat/compat.h"

#include "collection/collection.h"

/* Rows of one statement: a purge never is one long statement's worth of work. */
#define VM_PURGE_BATCH 10000

/* What pg_stat_activity calls the process. */
#define VM_PURGE_TITLE "vecmilvus purge"

/*
 * A condition on milvus.collection: its rows may expire.  Who has stored so much
 * that reading it takes time is let through: that is the purge's to find out.
 */
#define VM_PURGE_CONDITION                                                                         \
	"CASE WHEN pg_catalog.pg_column_size(properties) OPERATOR(pg_catalog.>) 8192 THEN true "       \
	"ELSE properties OPERATOR(pg_catalog.?) '" VM_TTL_PROPERTY "' END"

/*
 * Deletes expired rows, at most that many, as the current user, and returns how
 * many there were.  skip_locked leaves out rows that others have locked, for
 * which the user must have the right to lock them, too.
 */
extern int64 VmPurge(VmCollection *collection, int batch, bool skip_locked);

/* Defines vecmilvus.purge_timeout. */
extern void VmPurgeDefineSettings(void);

#endif
