/*
 * insert.c
 *		milvus.insert: one statement for a batch of rows.
 *
 * Rows with keys are written in the order of their keys, so that batches which
 * share keys wait for each other instead of running into a deadlock.
 */
#include "compat/compat.h"

#include "executor/spi.h"

#include "collection/insert.h"
#include "collection/write.h"

VM_FUNCTION(vm_milvus_insert);
VM_FUNCTION(vm_milvus_insert_jsonb);

int64
VmInsertBatch(VmWrite *write)
{
	VmBatch *batch = write->batch;
	VmRowGroup *group;
	StringInfoData sql;
	char order[64] = "";
	int64 count;

	if (batch->nrows == 0)
		return 0;
	group = linitial(batch->groups);
	if (batch->has_keys && !batch->keys_ascending)
		snprintf(order, sizeof(order), " ORDER BY r.c%d", batch->key_column + 1);
	initStringInfo(&sql);
	VmAppendInsert(&sql, write, group, VM_WRITE_ROWS, order);
	SPI_connect();
	count = VmExecuteWrite(write, group, sql.data);
	SPI_finish();
	VmBatchFree(batch);
	return count;
}

static Datum
Insert(FunctionCallInfo fcinfo, bool is_jsonb)
{
	VmWrite *write = VmBeginWrite(fcinfo, is_jsonb, "milvus.insert()", VM_READ_INSERT);
	int64 count = VmInsertBatch(write);

	return VmWriteResult(write, "insert_count", count, NULL);
}

Datum
vm_milvus_insert(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Insert(fcinfo, false));
}

Datum
vm_milvus_insert_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Insert(fcinfo, true));
}
