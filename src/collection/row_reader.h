/*
 * row_reader.h
 *		Rows of an insert or upsert: from JSON text to a batch of typed tuples.
 *
 * The text is one object or an array of objects.  Keys are field names; with the
 * dynamic field on, other keys become "$meta".  The last of a row's duplicate
 * keys wins.  Every row that is not what the collection asks for raises, with
 * its number (from 0) and the field in the error.
 *
 * Tuples go to tuplestores, which spill to disk beyond work_mem.  Columns of a
 * tuple are those of batch->columns and, last, the row's number (bigint); their
 * attribute names are c1, c2, ... and n, whatever the fields are called.
 */
#ifndef VM_COLLECTION_ROW_READER_H
#define VM_COLLECTION_ROW_READER_H

#include "compat/compat.h"

#include "access/tupdesc.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "collection/collection.h"
#include "collection/row_value.h"

typedef enum VmReadMode
{
	VM_READ_INSERT, /* all required fields, no key where auto_id gives it */
	VM_READ_UPSERT, /* all required fields and the key */
	VM_READ_PARTIAL /* the key, and what is to change */
} VmReadMode;

/* Rows that give the same columns, where that matters (VM_READ_PARTIAL). */
typedef struct VmRowGroup
{
	bool *given; /* by column; in the other modes by any of the rows */
	Tuplestorestate *rows;
	int64 count;
} VmRowGroup;

typedef struct VmBatch
{
	VmCollection *collection;
	VmReadMode mode;
	int ncolumns;
	VmColumn *columns; /* fields in order, then "$meta" if it is there */
	int key_column;    /* in columns */
	TupleDesc desc;
	List *groups; /* of VmRowGroup; one unless VM_READ_PARTIAL and rows differ */
	int64 nrows;
	bool draws_keys;     /* auto_id, and the default is milvus.next_id() */
	bool has_keys;       /* keys are known: given, or made by another default */
	Datum *keys;         /* int8, or text; by row */
	bool keys_ascending; /* strictly: neither sorting nor looking for duplicates is needed */
} VmBatch;

/*
 * Reads all rows of the text, which is written to.  The batch lives in the
 * current memory context, the caller holds a lock on the table.
 */
extern VmBatch *VmReadRows(VmCollection *collection, VmReadMode mode, char *text, size_t len);

/* Order of two of batch->keys: that of a btree. */
extern int VmCompareKeys(const VmBatch *batch, Datum a, Datum b);

/* Closes the tuplestores. */
extern void VmBatchFree(VmBatch *batch);

/* A row of that group may lack a value that its column needs; the first such column. */
extern const VmColumn *VmBatchMissingColumn(const VmBatch *batch, const VmRowGroup *group);

/* "Insert missed an field ...", for the row of that number. */
extern _Noreturn void VmRaiseMissingField(const VmColumn *column, int64 row);

#endif
