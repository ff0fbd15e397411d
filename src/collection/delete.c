/*
 * delete.c
 *		milvus.delete: one DELETE by keys, with the caller's rights.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "collection/collection.h"
#include "collection/error.h"
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
	if (!PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("deleting by a filter is not supported yet"),
						errhint("Delete by ids, or with DELETE FROM the collection's table.")));
}

static int64
DeleteRows(VmCollection *collection, Datum ids, Oid ids_type, char *partition)
{
	Oid types[2] = {ids_type, NAMEOID};
	Datum values[2] = {ids};
	NameData name;
	StringInfoData sql;
	int64 count;

	initStringInfo(&sql);
	appendStringInfo(&sql, "DELETE FROM %s AS t WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1)",
					 collection->qualified, quote_identifier(collection->primary->name));
	if (partition != NULL)
		appendStringInfo(&sql, " AND t.%s OPERATOR(pg_catalog.=) $2",
						 quote_identifier(VM_PARTITION_COLUMN));
	namestrcpy(&name, partition == NULL ? "" : partition);
	values[1] = NameGetDatum(&name);
	SPI_connect();
	if (SPI_execute_with_args(sql.data, 2, types, values, NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "DELETE failed");
	count = (int64) SPI_processed;
	SPI_finish();
	return count;
}

Datum
vm_milvus_delete(PG_FUNCTION_ARGS)
{
	VmCollection *collection;
	VmJsonWriter json = {0};
	char *partition;
	ArrayType *ids;
	Oid ids_type;
	int64 timestamp;
	int64 count;

	CheckArguments(fcinfo);
	PreventCommandIfReadOnly("milvus.delete()");
	collection = VmCollectionOpen(text_to_cstring(PG_GETARG_TEXT_PP(0)), RowExclusiveLock);
	partition = VmPartitionArgument(fcinfo, 3, collection);
	if (collection->partition_attnum == 0)
		partition = NULL; /* _default, where all rows are */
	ids = VmIdsFromJson(collection, PG_GETARG_JSONB_P(1), &ids_type);
	timestamp = VmOracleDraw(1);
	count = DeleteRows(collection, PointerGetDatum(ids), ids_type, partition);
	VmJsonBeginObject(&json, NULL);
	VmJsonPutInt(&json, "delete_count", count);
	VmJsonPutInt(&json, "cost", 0);
	VmJsonPutInt(&json, "timestamp", timestamp);
	VmJsonEndObject(&json);
	PG_RETURN_DATUM(VmJsonDatum(&json));
}
