/*
 * get.c
 *		milvus.get: rows by their keys, in the order of the keys.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "collection/collection.h"
#include "collection/entity.h"
#include "collection/ids.h"
#include "collection/name.h"
#include "collection/prepared.h"
#include "collection/qual.h"
#include "collection/receiver.h"
#include "collection/result.h"
#include "collection/scope.h"
#include "collection/search.h"
#include "collection/stats.h"
#include "collection/write.h"

/* Positions of the arguments, as in sql/parts/44_dml.sql. */
typedef enum Argument
{
	ARG_NAME,
	ARG_IDS,
	ARG_OUTPUT_FIELDS,
	ARG_PARTITIONS,
	ARG_CONSISTENCY_LEVEL
} Argument;

typedef struct Get
{
	VmPrepared *prepared;
	VmCollection *collection;
	VmEntity *entity;
	Datum partitions; /* name[], or 0 */
	char *sql;
	SPIPlanPtr plan;
} Get;

typedef struct Call
{
	FunctionCallInfo fcinfo;
	char **fields;
	int nfields;
	char **partitions;
	int npartitions;
	char *level;
} Call;

/* Where a call's rows go. */
typedef struct Output
{
	FunctionCallInfo fcinfo;
	const VmCollection *collection;
	VmResultWriter writer;
} Output;

static void *
Make(VmPrepared *prepared, VmCollection *collection, void *argument)
{
	Call *call = argument;
	Get *get = palloc0(sizeof(*get));
	const char *key = quote_identifier(collection->primary->name);
	StringInfoData sql;

	VmCheckKeyType(collection);
	get->prepared = prepared;
	get->collection = collection;
	get->partitions = VmScopePartitions(collection, call->partitions, call->npartitions);
	get->entity = VmEntityCreate(collection, call->fields, call->nfields, true);
	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT t.%s, %s FROM ROWS FROM (pg_catalog.unnest($1)) WITH ORDINALITY AS i "
					 "(id, n) JOIN %s AS t ON t.%s OPERATOR(pg_catalog.=) i.id WHERE true",
					 key, VmEntityTargets(get->entity, "t"), collection->qualified, key);
	VmAppendScope(&sql, collection, "t", get->partitions, 2, 3);
	appendStringInfoString(&sql, " ORDER BY i.n");
	get->sql = sql.data;
	return get;
}

static bool
TakeRow(TupleTableSlot *slot, void *state)
{
	Output *output = state;
	Datum values[3];
	bool nulls[3] = {false};

	VmResultKey(&output->writer, VmWidenKey(output->collection, slot->tts_values[0]), &values[0],
				&nulls[0]);
	values[2] = VmResultValues(&output->writer, slot->tts_values + 1, slot->tts_isnull + 1);
	VmResultPut(&output->writer, output->fcinfo, values, nulls);
	return true;
}

static void
Use(void *state, void *argument)
{
	Call *call = argument;
	FunctionCallInfo fcinfo = call->fcinfo;
	Get *get = state;
	Output output = {.fcinfo = fcinfo, .collection = get->collection};
	VmBoundParam first[] = {
		{InvalidOid, (Datum) 0, false},
		{NAMEARRAYOID, get->partitions, get->partitions == 0},
		{INT8OID, Int64GetDatum(VmExpiryTs(get->collection)), false},
	};
	ParamListInfo params;

	VmCheckConsistency(get->collection, call->level);
	first[0].value =
		PointerGetDatum(VmIdsFromJson(get->collection, PG_GETARG_JSONB_P(ARG_IDS), &first[0].type));
	params = VmQualParams(NULL, NULL, first, lengthof(first));
	if (get->plan == NULL)
		get->plan = VmQualPlan(get->prepared, get->sql, NULL, params);
	VmResultBegin(&output.writer, get->collection, get->entity, NULL, 0);
	VmExecuteRows(get->plan, params, TakeRow, &output);
	VmResultEnd(&output.writer);
}

VM_FUNCTION(vm_milvus_get);
Datum
vm_milvus_get(PG_FUNCTION_ARGS)
{
	Call call = {.fcinfo = fcinfo};
	StringInfoData key;
	Oid relid;

	InitMaterializedSRF(fcinfo, 0);
	VmCheckArgument(fcinfo, ARG_NAME, "collection_name");
	VmCheckArgument(fcinfo, ARG_IDS, "ids");
	relid = VmOpenForRead(VmTextArgument(fcinfo, ARG_NAME, "collection_name"));
	call.fields = VmTextArrayArgument(fcinfo, ARG_OUTPUT_FIELDS, "output_fields", &call.nfields);
	call.partitions =
		VmTextArrayArgument(fcinfo, ARG_PARTITIONS, "partition_names", &call.npartitions);
	call.level = VmOptionalText(fcinfo, ARG_CONSISTENCY_LEVEL, NULL);
	initStringInfo(&key);
	appendStringInfoString(&key, "get");
	VmKeyTexts(&key, call.fields, call.nfields);
	VmKeyTexts(&key, call.partitions, call.npartitions);
	VmPreparedUse(relid, &key, Make, Use, &call);
	return (Datum) 0;
}
