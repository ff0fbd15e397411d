/*
 * delete.c
 *		milvus.delete: one DELETE by keys or a filter, with the caller's rights.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "collection/collection.h"
#include "collection/error.h"
#include "collection/filter.h"
#include "collection/ids.h"
#include "collection/json.h"
#include "collection/write.h"
#include "consistency/oracle.h"

VM_FUNCTION(vm_milvus_delete);

static void
CheckArguments(FunctionCallInfo fcinfo)
{
	VmCheckArgument(fcinfo, 0, "collection_name");
	if (PG_ARGISNULL(1) == PG_ARGISNULL(2))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("Ambiguous filter parameter, only one deletion condition can be "
							   "specified."),
						errhint("Give either ids or filter.")));
}

/* The statement up to the condition, whose parameters begin after the partition's. */
static void
BeginDelete(StringInfo sql, const VmCollection *collection, const char *partition)
{
	initStringInfo(sql);
	appendStringInfo(sql, "DELETE FROM %s AS t WHERE ", collection->qualified);
	if (partition != NULL)
		appendStringInfo(sql, "t.%s OPERATOR(pg_catalog.=) $1 AND ",
						 quote_identifier(VM_PARTITION_COLUMN));
}

static int64
RunDelete(const char *sql, int count, Oid *types, Datum *values)
{
	int64 deleted;

	SPI_connect();
	if (SPI_execute_with_args(sql, count, types, values, NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "DELETE failed");
	deleted = (int64) SPI_processed;
	SPI_finish();
	return deleted;
}

static int64
DeleteByIds(VmCollection *collection, Jsonb *ids, const char *partition, Datum partition_name)
{
	int nfirst = partition == NULL ? 0 : 1;
	Datum values[2] = {partition_name};
	Oid types[2] = {NAMEOID};
	StringInfoData sql;

	values[nfirst] = PointerGetDatum(VmIdsFromJson(collection, ids, &types[nfirst]));
	BeginDelete(&sql, collection, partition);
	appendStringInfo(&sql, "t.%s OPERATOR(pg_catalog.=) ANY ($%d)",
					 quote_identifier(collection->primary->name), nfirst + 1);
	return RunDelete(sql.data, nfirst + 1, types, values);
}

static int64
DeleteByFilter(VmCollection *collection, const char *filter, Jsonb *filter_params,
			   const char *partition, Datum partition_name)
{
	int nfirst = partition == NULL ? 0 : 1;
	VmQual *qual = VmFilterCompile(collection, filter, filter_params, "t", nfirst + 1);
	StringInfoData sql;
	Datum *values;
	Oid *types;

	if (qual == NULL)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID), errmsg("filter to delete by must not be empty")));
	values = palloc_array(Datum, nfirst + qual->nparams + 1);
	types = palloc_array(Oid, nfirst + qual->nparams + 1);
	values[0] = partition_name;
	types[0] = NAMEOID;
	VmQualBind(qual, filter_params, values + nfirst);
	for (int i = 0; i < qual->nparams; i++)
		types[nfirst + i] = qual->params[i].type;
	BeginDelete(&sql, collection, partition);
	appendStringInfoString(&sql, qual->sql);
	return RunDelete(sql.data, nfirst + qual->nparams, types, values);
}

/*
 * delete(collection_name text, ids jsonb, filter text, partition_name text,
 * filter_params jsonb)
 */
Datum
vm_milvus_delete(PG_FUNCTION_ARGS)
{
	Jsonb *filter_params = VmJsonArgument(fcinfo, 4, "filter_params");
	VmCollection *collection;
	VmJsonWriter json = {0};
	NameData partition_name;
	char *partition;
	int64 timestamp;
	int64 count;

	CheckArguments(fcinfo);
	PreventCommandIfReadOnly("milvus.delete()");
	collection = VmCollectionOpen(text_to_cstring(PG_GETARG_TEXT_PP(0)), RowExclusiveLock);
	partition = VmPartitionArgument(fcinfo, 3, collection);
	if (collection->partition_attnum == 0)
		partition = NULL; /* _default, where all rows are */
	namestrcpy(&partition_name, partition == NULL ? "" : partition);
	timestamp = VmOracleDraw(1);
	if (PG_ARGISNULL(2))
		count =
			DeleteByIds(collection, PG_GETARG_JSONB_P(1), partition, NameGetDatum(&partition_name));
	else
		count = DeleteByFilter(collection, text_to_cstring(PG_GETARG_TEXT_PP(2)), filter_params,
							   partition, NameGetDatum(&partition_name));
	VmJsonBeginObject(&json, NULL);
	VmJsonPutInt(&json, "delete_count", count);
	VmJsonPutInt(&json, "cost", 0);
	VmJsonPutInt(&json, "timestamp", timestamp);
	VmJsonEndObject(&json);
	PG_RETURN_DATUM(VmJsonDatum(&json));
}
