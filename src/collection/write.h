/*
 * write.h
 *		What insert and upsert share: from their arguments to statements over a
 *		batch of rows.
 *
 * Rows are written by ordinary statements with the caller's rights, so that
 * privileges, row level security, triggers, constraints and generated columns
 * all hold.  In them the batch is the ephemeral relation vm_rows, whose columns
 * are those of row_reader.h; parameters are
 *
 *		$1	the write's timestamp
 *		$2	the first of nrows drawn ids
 *		$3	the partition
 */
#ifndef VM_COLLECTION_WRITE_H
#define VM_COLLECTION_WRITE_H

#include "compat/compat.h"

#include "lib/stringinfo.h"

#include "collection/row_reader.h"

#define VM_WRITE_ROWS "vm_rows"

typedef struct VmWrite
{
	VmCollection *collection;
	VmBatch *batch;
	char *partition; /* NULL: not named */
	int64 timestamp;
	int64 first_id;
} VmWrite;

/*
 * Opens the collection, reads the rows of the data and draws timestamp and ids.
 * The arguments are collection_name text, data text or jsonb, partition_name text;
 * command is for messages.
 */
extern VmWrite *
VmBeginWrite(FunctionCallInfo fcinfo, bool is_jsonb, const char *command, VmReadMode mode);

/* The same with arguments taken apart; the text is written to and freed. */
extern VmWrite *VmBeginWriteRows(VmCollection *collection, VmReadMode mode, char *text, size_t len);

/* Raises VM_PARAMETER_MISSING if the argument is null. */
extern void VmCheckArgument(FunctionCallInfo fcinfo, int n, const char *name);

/* The partition that an argument names, which exists; NULL for null and "". */
extern char *VmPartitionArgument(FunctionCallInfo fcinfo, int n, VmCollection *collection);

/* Whether the rows written get new keys: $2 and the row's number. */
extern bool VmDrawsKeys(const VmWrite *write);

/*
 * "INSERT INTO t (columns) SELECT ... FROM source AS r", where source has the
 * columns of vm_rows.  order is what follows: "" or " ORDER BY ...".
 */
extern void VmAppendInsert(StringInfo sql, const VmWrite *write, const VmRowGroup *group,
						   const char *source, const char *order);

/* Runs a statement over a group; SPI must be connected.  Returns rows processed. */
extern int64 VmExecuteWrite(const VmWrite *write, VmRowGroup *group, const char *sql);

/*
 * By row, true for the last one of each key; NULL if no key is there twice.
 */
extern bool *VmLastOfKeys(const VmBatch *batch);

/* {"insert_count": n, "ids": [...], "cost": 0, "timestamp": ts}; keep may be NULL. */
extern Datum
VmWriteResult(const VmWrite *write, const char *count_key, int64 count, const bool *keep);

#endif
