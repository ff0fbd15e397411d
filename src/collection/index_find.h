/*
 * index_find.h
 *		The indexes of a collection as Milvus would list them.
 *
 * Those that create_index made have a row in milvus.index.  Others were made by
 * hand: every valid PostgreSQL index on one field that serves one of Milvus's
 * metrics (or any scalar one) is listed too, under its own name.  No index of
 * Milvus is the primary key, nor the index on a partition key's column, unless
 * create_index was called for the field, which then adopts it.
 */
#ifndef VM_COLLECTION_INDEX_FIND_H
#define VM_COLLECTION_INDEX_FIND_H

#include "compat/compat.h"

#include "nodes/pg_list.h"

#include "collection/catalog.h"
#include "collection/collection.h"

#define VM_INDEX_STOPPED_REASON "the build's process or the server stopped during the build"

typedef struct VmIndexInfo
{
	const char *name;
	VmField *field;
	const char *index_type;
	const char *metric; /* "" for scalars */
	Jsonb *params;
	VmIndexState state;
	const char *fail_reason;
	Oid pg_index;    /* InvalidOid: none stands for it, or not yet */
	VmIndexRow *row; /* NULL: made by hand */
} VmIndexInfo;

extern List *VmIndexList(VmCollection *collection);

/* NULL if there is none. */
extern VmIndexInfo *VmIndexFind(VmCollection *collection, const char *name);
extern VmIndexInfo *VmIndexOfField(VmCollection *collection, const VmField *field);

/* An index on that column alone, valid, without conditions: a btree or hash one, or InvalidOid. */
extern Oid VmIndexOnColumn(const VmCollection *collection, const VmField *field);

/* Whether the collection's table needs that index whatever Milvus's user drops. */
extern bool VmIndexBelongsToTable(const VmCollection *collection, Oid pg_index);

/* The row's PostgreSQL index, valid or not, or InvalidOid. */
extern Oid VmIndexOfRow(const VmCollection *collection, const VmIndexRow *row, bool *valid);

/* The row of that number; false if it is gone. */
extern bool VmIndexRowById(Oid relid, int64 id, VmIndexRow *row);

#endif
