/*
 * write.c
 *		What insert and upsert share (write.h).
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"

#include "collection/error.h"
#include "collection/ids.h"
#include "collection/json.h"
#include "collection/write.h"
#include "consistency/oracle.h"

/* ---------------------------------------------------------------- arguments */

void
VmCheckArgument(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing parameter[missing_param=%s]", name),
						errhint("It must not be null.")));
}

/* The data argument as text that may be written to: jsonb becomes text once. */
static char *
DataText(FunctionCallInfo fcinfo, int n, bool is_jsonb, size_t *len)
{
	char *rows;

	if (is_jsonb)
	{
		Jsonb *data = PG_GETARG_JSONB_P(n);

		rows = JsonbToCString(NULL, &data->root, VARSIZE(data));
	}
	else
		rows = text_to_cstring(PG_GETARG_TEXT_PP(n));
	*len = strlen(rows);
	return rows;
}

char *
VmPartitionArgument(FunctionCallInfo fcinfo, int n, VmCollection *collection)
{
	char *partition;

	if (PG_ARGISNULL(n))
		return NULL;
	partition = text_to_cstring(PG_GETARG_TEXT_PP(n));
	if (partition[0] == '\0')
		return NULL;
	if (collection->partition_key != NULL || strcmp(partition, VM_DEFAULT_PARTITION) != 0)
		VmCollectionCheckPartition(collection, partition);
	return partition;
}

VmWrite *
VmBeginWriteRows(VmCollection *collection, VmReadMode mode, char *text, size_t len)
{
	VmWrite *write = palloc0(sizeof(*write));

	VmCheckKeyType(collection);
	write->collection = collection;
	write->batch = VmReadRows(collection, mode, text, len);
	pfree(text);
	if (write->batch->nrows >= VM_ORACLE_MAX_COUNT)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_TOO_LARGE),
						errmsg("too many rows in one call: %lld, at most %d",
							   (long long) write->batch->nrows, VM_ORACLE_MAX_COUNT - 1)));
	write->first_id = VmOracleDraw((int) write->batch->nrows + 1);
	write->timestamp = write->first_id + write->batch->nrows;
	return write;
}

VmWrite *
VmBeginWrite(FunctionCallInfo fcinfo, bool is_jsonb, const char *command, VmReadMode mode)
{
	VmCollection *collection;
	VmWrite *write;
	char *partition;
	char *rows;
	size_t len;

	VmCheckArgument(fcinfo, 0, "collection_name");
	VmCheckArgument(fcinfo, 1, "data");
	PreventCommandIfReadOnly(command);
	collection = VmCollectionOpen(text_to_cstring(PG_GETARG_TEXT_PP(0)), RowExclusiveLock);
	partition = VmPartitionArgument(fcinfo, 2, collection);
	rows = DataText(fcinfo, 1, is_jsonb, &len);
	write = VmBeginWriteRows(collection, mode, rows, len);
	write->partition = partition;
	return write;
}

/* --------------------------------------------------------------- statements */

bool
VmDrawsKeys(const VmWrite *write)
{
	return write->batch->draws_keys && write->batch->mode != VM_READ_PARTIAL;
}

static bool
WritesColumn(const VmWrite *write, const VmRowGroup *group, int i)
{
	if (i == write->batch->key_column)
		return true;
	return group->given[i];
}

static void
AppendColumns(StringInfo sql, const VmWrite *write, const VmRowGroup *group)
{
	const VmBatch *batch = write->batch;
	const char *comma = "";

	for (int i = 0; i < batch->ncolumns; i++)
	{
		if (!WritesColumn(write, group, i))
			continue;
		appendStringInfo(sql, "%s%s", comma, quote_identifier(batch->columns[i].name));
		comma = ", ";
	}
	if (write->collection->ts_attnum > 0)
		appendStringInfo(sql, ", %s", quote_identifier(VM_TS_COLUMN));
	if (write->collection->partition_attnum > 0 && write->partition != NULL)
		appendStringInfo(sql, ", %s", quote_identifier(VM_PARTITION_COLUMN));
}

/* The key of a row whose collection draws it. */
static void
AppendDrawnKey(StringInfo sql, const VmWrite *write)
{
	const char *id = "($2 OPERATOR(pg_catalog.+) r.n)";

	if (write->collection->primary->type == VM_TYPE_VARCHAR)
		appendStringInfo(sql, "%s::pg_catalog.text", id);
	else
		appendStringInfoString(sql, id);
}

static void
AppendValues(StringInfo sql, const VmWrite *write, const VmRowGroup *group)
{
	const VmBatch *batch = write->batch;
	const char *comma = "";

	for (int i = 0; i < batch->ncolumns; i++)
	{
		if (!WritesColumn(write, group, i))
			continue;
		appendStringInfoString(sql, comma);
		comma = ", ";
		if (i == batch->key_column && VmDrawsKeys(write))
			AppendDrawnKey(sql, write);
		else
			appendStringInfo(sql, "r.c%d", i + 1);
	}
	if (write->collection->ts_attnum > 0)
		appendStringInfoString(sql, ", $1");
	if (write->collection->partition_attnum > 0 && write->partition != NULL)
		appendStringInfoString(sql, ", $3");
}

void
VmAppendInsert(StringInfo sql, const VmWrite *write, const VmRowGroup *group, const char *source,
			   const char *order)
{
	appendStringInfo(sql, "INSERT INTO %s AS t (", write->collection->qualified);
	AppendColumns(sql, write, group);
	appendStringInfoString(sql, ") ");
	if (write->batch->columns[write->batch->key_column].is_always_identity)
		appendStringInfoString(sql, "OVERRIDING SYSTEM VALUE ");
	appendStringInfoString(sql, "SELECT ");
	AppendValues(sql, write, group);
	appendStringInfo(sql, " FROM %s AS r%s", source, order);
}

int64
VmExecuteWrite(const VmWrite *write, VmRowGroup *group, const char *sql)
{
	EphemeralNamedRelationData relation;
	Oid types[3] = {INT8OID, INT8OID, NAMEOID};
	Datum values[3];
	char nulls[3] = {' ', ' ', write->partition == NULL ? 'n' : ' '};
	NameData partition;
	int result;

	memset(&relation, 0, sizeof(relation));
	relation.md.name = pstrdup(VM_WRITE_ROWS);
	relation.md.reliddesc = InvalidOid;
	relation.md.tupdesc = write->batch->desc;
	relation.md.enrtype = ENR_NAMED_TUPLESTORE;
	relation.md.enrtuples = (double) group->count;
	relation.reldata = group->rows;
	if (SPI_register_relation(&relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register the rows of a statement");
	namestrcpy(&partition, write->partition == NULL ? "" : write->partition);
	values[0] = Int64GetDatum(write->timestamp);
	values[1] = Int64GetDatum(write->first_id);
	values[2] = NameGetDatum(&partition);
	result = SPI_execute_with_args(sql, lengthof(types), types, values, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "statement failed: %s", SPI_result_code_string(result));
	SPI_unregister_relation(VM_WRITE_ROWS);
	return (int64) SPI_processed;
}

/* --------------------------------------------------------------------- keys */

static int
CompareRows(const void *a, const void *b, void *arg)
{
	const VmBatch *batch = arg;
	int64 x = *(const int64 *) a;
	int64 y = *(const int64 *) b;
	int order = VmCompareKeys(batch, batch->keys[x], batch->keys[y]);

	if (order != 0)
		return order;
	return x < y ? -1 : x > y;
}

bool *
VmLastOfKeys(const VmBatch *batch)
{
	int64 *rows;
	bool *keep;
	bool found = false;

	if (!batch->has_keys || batch->keys_ascending)
		return NULL;
	rows = MemoryContextAllocHuge(CurrentMemoryContext, batch->nrows * sizeof(int64));
	keep = MemoryContextAllocHuge(CurrentMemoryContext, batch->nrows);
	for (int64 i = 0; i < batch->nrows; i++)
		rows[i] = i;
	qsort_arg(rows, batch->nrows, sizeof(int64), CompareRows, unconstify(VmBatch *, batch));
	for (int64 i = 0; i < batch->nrows; i++)
	{
		bool is_last = i + 1 == batch->nrows ||
					   VmCompareKeys(batch, batch->keys[rows[i]], batch->keys[rows[i + 1]]) != 0;

		keep[rows[i]] = is_last;
		found |= !is_last;
	}
	pfree(rows);
	return found ? keep : NULL;
}

/* -------------------------------------------------------------------- result */

/* Draws follow from the row's number where the collection gives the ids. */
static void
PutId(VmJsonWriter *json, const VmWrite *write, int64 row)
{
	const VmBatch *batch = write->batch;
	bool drawn = VmDrawsKeys(write);
	bool is_text = write->collection->primary->type == VM_TYPE_VARCHAR;

	if (drawn && is_text)
		VmJsonPutString(json, NULL, psprintf(INT64_FORMAT, write->first_id + row));
	else if (drawn)
		VmJsonPutInt(json, NULL, write->first_id + row);
	else if (is_text)
		VmJsonPutString(json, NULL, TextDatumGetCString(batch->keys[row]));
	else
		VmJsonPutInt(json, NULL, DatumGetInt64(batch->keys[row]));
}

Datum
VmWriteResult(const VmWrite *write, const char *count_key, int64 count, const bool *keep)
{
	VmJsonWriter json = {0};

	VmJsonBeginObject(&json, NULL);
	VmJsonPutInt(&json, count_key, count);
	VmJsonBeginArray(&json, "ids");
	for (int64 i = 0; i < write->batch->nrows; i++)
	{
		if (keep == NULL || keep[i])
			PutId(&json, write, i);
	}
	VmJsonEndArray(&json);
	VmJsonPutInt(&json, "cost", 0);
	VmJsonPutInt(&json, "timestamp", write->timestamp);
	VmJsonEndObject(&json);
	return VmJsonDatum(&json);
}
