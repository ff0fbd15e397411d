/*
 * get.c
 *		milvus.get: rows by their keys, in the order of the keys.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "access/xact.h"
#include "collection/catalog.h"
#include "collection/collection.h"
#include "collection/entity.h"
#include "collection/error.h"
#include "collection/name.h"
#include "collection/ids.h"
#include "collection/write.h"

VM_FUNCTION(vm_milvus_get);

/* Bits of a hybrid timestamp below its milliseconds. */
#define COUNTER_BITS 18

typedef struct Get
{
	VmCollection *collection;
	VmEntity *entity;
	Datum ids;
	Oid ids_type;
	Datum partitions; /* name[], or 0 */
} Get;

static bool
PartitionIsLoaded(const VmCollection *collection, const char *name)
{
	VmPartitionRow row;

	return collection->loaded ||
		   (VmCatalogGetPartition(collection->relid, name, &row) && row.loaded);
}

static void
SetPartitions(Get *get, char **names, int count)
{
	Datum *elements = palloc_array(Datum, Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		NameData *name = palloc(sizeof(NameData));

		if (get->collection->partition_key != NULL || strcmp(names[i], VM_DEFAULT_PARTITION) != 0)
			VmCollectionCheckPartition(get->collection, names[i]);
		if (!PartitionIsLoaded(get->collection, names[i]))
			ereport(ERROR, (VmErrcode(VM_PARTITION_NOT_LOADED),
							errmsg("partition not loaded[partition=%s]", names[i]),
							errhint("Load it with milvus.load_partitions().")));
		namestrcpy(name, names[i]);
		elements[i] = NameGetDatum(name);
	}
	get->partitions = PointerGetDatum(
		construct_array(elements, count, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}

static void
CheckLoaded(const Get *get)
{
	if (!get->collection->loaded && get->partitions == 0)
		ereport(ERROR, (VmErrcode(VM_COLLECTION_NOT_LOADED),
						errmsg("collection not loaded[collection=%s]", get->collection->name),
						errhint("Load it with milvus.load_collection().")));
}

static void
ReadArguments(FunctionCallInfo fcinfo, Get *get)
{
	char **fields = NULL;
	int nfields = 0;

	VmCheckArgument(fcinfo, 0, "collection_name");
	VmCheckArgument(fcinfo, 1, "ids");
	get->collection = VmCollectionOpen(text_to_cstring(PG_GETARG_TEXT_PP(0)), AccessShareLock);
	if (!PG_ARGISNULL(3))
	{
		int count;
		char **names = VmTextArrayArgument(fcinfo, 3, "partition_names", &count);

		if (count > 0)
			SetPartitions(get, names, count);
	}
	CheckLoaded(get);
	if (!PG_ARGISNULL(2))
		fields = VmTextArrayArgument(fcinfo, 2, "output_fields", &nfields);
	get->entity = VmEntityCreate(get->collection, fields, nfields, true);
	get->ids =
		PointerGetDatum(VmIdsFromJson(get->collection, PG_GETARG_JSONB_P(1), &get->ids_type));
}

/* Rows whose "$ts" has fewer milliseconds than this have expired; 0: none. */
static int64
OldestMillisecond(VmCollection *collection)
{
	int64 ttl = collection->ts_attnum > 0 ? VmCollectionTtl(collection) : 0;
	int64 now = (GetCurrentStatementStartTimestamp() +
				 (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY) /
				1000;

	if (ttl <= 0 || ttl > now / 1000)
		return 0;
	return now - ttl * 1000;
}

static char *
BuildStatement(const Get *get, int64 oldest)
{
	VmCollection *collection = get->collection;
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(
		&sql,
		"SELECT %s FROM ROWS FROM (pg_catalog.unnest($1)) WITH ORDINALITY AS i (id, n) "
		"JOIN %s AS t ON t.%s OPERATOR(pg_catalog.=) i.id",
		VmEntityTargets(get->entity, "t"), collection->qualified,
		quote_identifier(collection->primary->name));
	appendStringInfoString(&sql, " WHERE true");
	if (get->partitions != 0 && collection->partition_attnum > 0)
		appendStringInfo(&sql, " AND t.%s OPERATOR(pg_catalog.=) ANY ($2)",
						 quote_identifier(VM_PARTITION_COLUMN));
	if (oldest > 0)
		appendStringInfo(&sql, " AND t.%s OPERATOR(pg_catalog.>=) $3",
						 quote_identifier(VM_TS_COLUMN));
	appendStringInfoString(&sql, " ORDER BY i.n");
	return sql.data;
}

static void
PutRow(FunctionCallInfo fcinfo, Get *get, HeapTuple tuple, TupleDesc desc, Datum *values,
	   bool *nulls)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const VmField *primary = get->collection->primary;
	Datum row[3] = {0};
	bool row_nulls[3] = {false};
	Datum key;

	heap_deform_tuple(tuple, desc, values, nulls);
	key = values[VmEntityKey(get->entity)];
	row_nulls[0] = primary->type == VM_TYPE_VARCHAR;
	if (primary->type == VM_TYPE_VARCHAR)
		row[1] = key;
	else
	{
		int64 id = primary->type == VM_TYPE_INT64 ? DatumGetInt64(key) :
				   primary->type == VM_TYPE_INT32 ? DatumGetInt32(key) :
													DatumGetInt16(key);

		row[0] = Int64GetDatum(id);
		row[1] = CStringGetTextDatum(psprintf(INT64_FORMAT, id));
	}
	row[2] = JsonbPGetDatum(VmEntityBuild(get->entity, values, nulls));
	tuplestore_putvalues(result->setResult, result->setDesc, row, row_nulls);
}

/* Rows one after the other, so that they are in memory once. */
static void
Run(FunctionCallInfo fcinfo, Get *get)
{
	int64 oldest = OldestMillisecond(get->collection);
	Oid types[3] = {get->ids_type, NAMEARRAYOID, INT8OID};
	Datum arguments[3] = {get->ids, get->partitions, Int64GetDatum(oldest << COUNTER_BITS)};
	char argument_nulls[3] = {' ', get->partitions == 0 ? 'n' : ' ', ' '};
	char *sql = BuildStatement(get, oldest);
	int columns = VmEntityColumns(get->entity);
	Datum *values = palloc_array(Datum, columns);
	bool *nulls = palloc_array(bool, columns);
	MemoryContext row_context =
		AllocSetContextCreate(CurrentMemoryContext, "vecmilvus entity", ALLOCSET_DEFAULT_SIZES);
	Portal portal;

	SPI_connect();
	portal = SPI_cursor_open_with_args(NULL, sql, lengthof(types), types, arguments, argument_nulls,
									   true, CURSOR_OPT_NO_SCROLL);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, 100);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			MemoryContext old = MemoryContextSwitchTo(row_context);

			PutRow(fcinfo, get, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
			MemoryContextSwitchTo(old);
			MemoryContextReset(row_context);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
	MemoryContextDelete(row_context);
}

Datum
vm_milvus_get(PG_FUNCTION_ARGS)
{
	Get get = {0};

	InitMaterializedSRF(fcinfo, 0);
	ReadArguments(fcinfo, &get);
	Run(fcinfo, &get);
	return (Datum) 0;
}
