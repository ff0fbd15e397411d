/*
 * upsert.c
 *		milvus.upsert: rows that replace those of the same key.
 *
 * Without auto_id one INSERT ... ON CONFLICT DO UPDATE, which gives every column
 * its new value or default, as deleting and inserting would; of a batch's rows
 * with one key the last one wins.  Rows go in the order of their keys: batches
 * that share keys wait for each other.
 *
 * With auto_id, as in Milvus up to 2.5, the rows of the given keys are deleted
 * and the new ones get new keys.  Two sessions that do so with the same key at
 * once leave two rows: after the first the key does not exist any more.
 *
 * A partial update changes the given columns only.  Rows are grouped by the
 * columns that they give; rows that could not be new ones because they lack a
 * required field are an UPDATE, and all of them must be there.
 */
#include "compat/compat.h"

#include "executor/spi.h"
#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/write.h"

VM_FUNCTION(vm_milvus_upsert);
VM_FUNCTION(vm_milvus_upsert_jsonb);

/* ------------------------------------------------------------- replacing rows */

/* There is nothing but the key, in a table without hidden columns. */
static void
AppendSetNothing(StringInfo sql, const VmCollection *collection)
{
	const char *key = quote_identifier(collection->primary->name);

	appendStringInfo(sql, "%s = t.%s", key, key);
}

/* Appends SET for all columns that can be set. */
static void
AppendSetAll(StringInfo sql, const VmWrite *write)
{
	const VmBatch *batch = write->batch;
	const VmCollection *collection = write->collection;
	const char *comma = "";

	for (int i = 0; i < batch->ncolumns; i++)
	{
		const char *name = quote_identifier(batch->columns[i].name);

		if (i == batch->key_column || batch->columns[i].is_generated ||
			batch->columns[i].is_always_identity)
			continue;
		appendStringInfo(sql, "%s%s = EXCLUDED.%s", comma, name, name);
		comma = ", ";
	}
	if (collection->ts_attnum > 0)
	{
		appendStringInfo(sql, "%s\"$ts\" = EXCLUDED.\"$ts\"", comma);
		comma = ", ";
	}
	if (collection->partition_attnum > 0)
	{
		appendStringInfo(sql, "%s\"$partition\" = EXCLUDED.\"$partition\"", comma);
		comma = ", ";
	}
	if (comma[0] == '\0')
		AppendSetNothing(sql, collection);
}

/* vm_rows, or the last row of each key of it. */
static char *
RowSource(const VmBatch *batch, bool has_duplicates)
{
	int key = batch->key_column + 1;

	if (!has_duplicates)
		return pstrdup(VM_WRITE_ROWS);
	return psprintf("(SELECT DISTINCT ON (c%d) * FROM " VM_WRITE_ROWS " ORDER BY c%d, n DESC)", key,
					key);
}

static int64
ReplaceRows(VmWrite *write, bool has_duplicates)
{
	VmBatch *batch = write->batch;
	VmRowGroup *group = linitial(batch->groups);
	char *order = batch->keys_ascending ? "" : psprintf(" ORDER BY r.c%d", batch->key_column + 1);
	StringInfoData sql;

	initStringInfo(&sql);
	VmAppendInsert(&sql, write, group, RowSource(batch, has_duplicates), order);
	appendStringInfo(&sql, " ON CONFLICT (%s) DO UPDATE SET ",
					 quote_identifier(write->collection->primary->name));
	AppendSetAll(&sql, write);
	return VmExecuteWrite(write, group, sql.data);
}

/* auto_id: delete, then insert with new keys in the order of the rows. */
static int64
RenewRows(VmWrite *write, bool has_duplicates)
{
	VmBatch *batch = write->batch;
	VmRowGroup *group = linitial(batch->groups);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "DELETE FROM %s AS t USING %s AS r WHERE t.%s OPERATOR(pg_catalog.=) r.c%d",
					 write->collection->qualified, RowSource(batch, true),
					 quote_identifier(write->collection->primary->name), batch->key_column + 1);
	VmExecuteWrite(write, group, sql.data);
	resetStringInfo(&sql);
	VmAppendInsert(&sql, write, group, RowSource(batch, has_duplicates), " ORDER BY r.n");
	return VmExecuteWrite(write, group, sql.data);
}

/* ------------------------------------------------------------ partial update */

/* Appends SET for the columns that the group gives; source is EXCLUDED or r. */
static void
AppendSetGiven(StringInfo sql, const VmWrite *write, const VmRowGroup *group, bool excluded)
{
	const VmBatch *batch = write->batch;
	const VmCollection *collection = write->collection;
	const char *comma = "";

	for (int i = 0; i < batch->ncolumns; i++)
	{
		const char *name = quote_identifier(batch->columns[i].name);
		char *value = excluded ? psprintf("EXCLUDED.%s", name) : psprintf("r.c%d", i + 1);

		if (i == batch->key_column || !group->given[i])
			continue;
		appendStringInfo(sql, "%s%s = ", comma, name);
		if (batch->columns[i].field == NULL)
			appendStringInfo(sql, "t.%s OPERATOR(pg_catalog.||) %s", name, value);
		else
			appendStringInfoString(sql, value);
		comma = ", ";
	}
	if (collection->ts_attnum > 0)
	{
		appendStringInfo(sql, "%s\"$ts\" = $1", comma);
		comma = ", ";
	}
	if (collection->partition_attnum > 0 && write->partition != NULL)
	{
		appendStringInfo(sql, "%s\"$partition\" = $3", comma);
		comma = ", ";
	}
	if (comma[0] == '\0')
		AppendSetNothing(sql, collection);
}

static void
RaiseIfKeyMissing(VmWrite *write, VmRowGroup *group, const VmColumn *missing)
{
	const char *key = quote_identifier(write->collection->primary->name);
	int key_column = write->batch->key_column + 1;
	int64 found;
	bool isnull;
	int64 row;

	found =
		VmExecuteWrite(write, group,
					   psprintf("SELECT r.n FROM " VM_WRITE_ROWS " AS r WHERE NOT EXISTS (SELECT "
								"FROM %s AS t WHERE t.%s OPERATOR(pg_catalog.=) r.c%d) "
								"ORDER BY r.n LIMIT 1",
								write->collection->qualified, key, key_column));
	if (found == 0)
		return; /* a trigger or a policy kept the row from being changed */
	row = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	if (missing != NULL)
		VmRaiseMissingField(missing, row);
	ereport(ERROR,
			(VmErrcode(VM_PARAMETER_INVALID), errmsg("primary key of a partial update not found"),
			 errdetail("Row %lld.", (long long) row),
			 errhint("The collection draws its keys (auto_id), so that a partial update "
					 "cannot make a row.")));
}

static int64
UpdateGroup(VmWrite *write, VmRowGroup *group, const VmColumn *missing)
{
	const char *key = quote_identifier(write->collection->primary->name);
	int key_column = write->batch->key_column + 1;
	StringInfoData sql;
	int64 count;

	/* The locks, in the order of keys, which an UPDATE would not keep to. */
	VmExecuteWrite(write, group,
				   psprintf("SELECT FROM %s AS t JOIN " VM_WRITE_ROWS
							" AS r ON t.%s OPERATOR(pg_catalog.=) r.c%d ORDER BY r.c%d "
							"FOR NO KEY UPDATE OF t",
							write->collection->qualified, key, key_column, key_column));
	initStringInfo(&sql);
	appendStringInfo(&sql, "UPDATE %s AS t SET ", write->collection->qualified);
	AppendSetGiven(&sql, write, group, false);
	appendStringInfo(&sql, " FROM " VM_WRITE_ROWS " AS r WHERE t.%s OPERATOR(pg_catalog.=) r.c%d",
					 key, key_column);
	count = VmExecuteWrite(write, group, sql.data);
	if (count < group->count)
		RaiseIfKeyMissing(write, group, missing);
	return count;
}

static int64
UpsertGroup(VmWrite *write, VmRowGroup *group)
{
	const VmColumn *missing = VmBatchMissingColumn(write->batch, group);
	StringInfoData sql;

	if (missing != NULL || write->batch->draws_keys)
		return UpdateGroup(write, group, missing);
	initStringInfo(&sql);
	VmAppendInsert(&sql, write, group, VM_WRITE_ROWS,
				   psprintf(" ORDER BY r.c%d", write->batch->key_column + 1));
	appendStringInfo(&sql, " ON CONFLICT (%s) DO UPDATE SET ",
					 quote_identifier(write->collection->primary->name));
	AppendSetGiven(&sql, write, group, true);
	return VmExecuteWrite(write, group, sql.data);
}

static int64
UpdatePartially(VmWrite *write, bool has_duplicates)
{
	int64 count = 0;
	ListCell *cell;

	if (has_duplicates)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("duplicate primary keys are not allowed in the same batch"),
						errhint("A partial update may name each key once.")));
	foreach (cell, write->batch->groups)
		count += UpsertGroup(write, lfirst(cell));
	return count;
}

/* ----------------------------------------------------------------- function */

static Datum
Upsert(FunctionCallInfo fcinfo, bool is_jsonb)
{
	bool partial = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	VmWrite *write = VmBeginWrite(fcinfo, is_jsonb, "milvus.upsert()",
								  partial ? VM_READ_PARTIAL : VM_READ_UPSERT);
	bool *keep = VmLastOfKeys(write->batch);
	int64 count = 0;

	if (write->batch->nrows > 0)
	{
		SPI_connect();
		if (partial)
			count = UpdatePartially(write, keep != NULL);
		else if (VmDrawsKeys(write))
			count = RenewRows(write, keep != NULL);
		else
			count = ReplaceRows(write, keep != NULL);
		SPI_finish();
		VmBatchFree(write->batch);
	}
	return VmWriteResult(write, "upsert_count", count, keep);
}

Datum
vm_milvus_upsert(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Upsert(fcinfo, false));
}

Datum
vm_milvus_upsert_jsonb(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(Upsert(fcinfo, true));
}
