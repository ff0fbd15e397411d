/*
 * search.c
 *		milvus.search.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "collection/error.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/result.h"
#include "collection/scope.h"
#include "collection/search.h"

/* Positions of the arguments, as in sql/parts/45_search.sql. */
typedef enum Argument
{
	ARG_NAME,
	ARG_DATA,
	ARG_FIELD,
	ARG_TOPK,
	ARG_FILTER,
	ARG_FILTER_PARAMS,
	ARG_OUTPUT_FIELDS,
	ARG_SEARCH_PARAMS,
	ARG_PARTITIONS,
	ARG_SKIP,
	ARG_ROUND_DECIMAL,
	ARG_GROUP_BY,
	ARG_GROUP_SIZE,
	ARG_STRICT_GROUP_SIZE,
	ARG_CONSISTENCY_LEVEL
} Argument;

typedef struct Call
{
	FunctionCallInfo fcinfo;
	VmSearchArguments arguments;
	char *level;
} Call;

void
VmSearchReadArguments(FunctionCallInfo fcinfo, VmSearchArguments *arguments, char **level)
{
	memset(arguments, 0, sizeof(*arguments));

	if (PG_ARGISNULL(ARG_DATA))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"%s\"", "data")));
	arguments->anns_field = VmOptionalText(fcinfo, ARG_FIELD, NULL);
	arguments->topk = VmIntArgument(fcinfo, ARG_TOPK, 10);
	arguments->filter = VmOptionalText(fcinfo, ARG_FILTER, NULL);
	arguments->filter_params = VmJsonArgument(fcinfo, ARG_FILTER_PARAMS, "filter_params");
	arguments->output_fields =
		VmTextArrayArgument(fcinfo, ARG_OUTPUT_FIELDS, "output_fields", &arguments->noutputs);
	arguments->search_params = VmJsonArgument(fcinfo, ARG_SEARCH_PARAMS, "search_params");
	arguments->partitions =
		VmTextArrayArgument(fcinfo, ARG_PARTITIONS, "partition_names", &arguments->npartitions);
	arguments->skip = VmIntArgument(fcinfo, ARG_SKIP, 0);
	arguments->round_decimal = VmIntArgument(fcinfo, ARG_ROUND_DECIMAL, -1);
	arguments->group_by_field = VmOptionalText(fcinfo, ARG_GROUP_BY, NULL);
	arguments->group_size = VmIntArgument(fcinfo, ARG_GROUP_SIZE, 1);
	arguments->strict_group_size =
		!PG_ARGISNULL(ARG_STRICT_GROUP_SIZE) && PG_GETARG_BOOL(ARG_STRICT_GROUP_SIZE);
	*level = VmOptionalText(fcinfo, ARG_CONSISTENCY_LEVEL, NULL);
	VmSearchCheckArguments(arguments);
}

static void *
Make(VmPrepared *prepared, VmCollection *collection, void *argument)
{
	return VmSearchMake(prepared, collection, &((Call *) argument)->arguments);
}

/* ------------------------------------------------------------------- results */

static void
PutHits(FunctionCallInfo fcinfo, const VmSearch *search, const VmHits *hits, int query)
{
	VmResultWriter writer;

	if (hits->count == 0)
		return;
	VmResultBegin(&writer, search->collection, search->entity, hits->desc, VM_HIT_COLUMNS);
	for (int i = 0; i < hits->count; i++)
	{
		const VmHit *hit = &hits->hits[i];
		Datum values[5];
		bool nulls[5] = {false};

		/* With groups, whole groups are skipped. */
		if ((search->group_field == NULL ? i : hit->rank) < search->skip)
			continue;
		values[0] = Int32GetDatum(query);
		VmResultKey(&writer, hit->key, &values[1], &nulls[1]);
		values[3] = Float8GetDatum(VmSearchValue(search, hit->ordered));
		values[4] = VmResultEntity(&writer, hit->tuple);
		VmResultPut(&writer, fcinfo, values, nulls);
	}
	VmResultEnd(&writer);
}

static void
Use(void *state, void *argument)
{
	Call *call = argument;
	FunctionCallInfo fcinfo = call->fcinfo;
	VmSearch *search = state;
	VmQueryVectors vectors = VmQueryVectorsRead(search->field, PG_GETARG_DATUM(ARG_DATA),
												get_fn_expr_argtype(fcinfo->flinfo, ARG_DATA));
	MemoryContext query_context =
		AllocSetContextCreate(CurrentMemoryContext, "vecmilvus query", ALLOCSET_DEFAULT_SIZES);

	VmCheckConsistency(search->collection, call->level);
	for (int i = 0; i < vectors.count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(query_context);
		VmHits *hits = VmSearchRun(search, vectors.vectors[i], call->arguments.filter_params);

		PutHits(fcinfo, search, hits, i);
		MemoryContextSwitchTo(old);
		MemoryContextReset(query_context);
	}
}

VM_FUNCTION(vm_milvus_search);
Datum
vm_milvus_search(PG_FUNCTION_ARGS)
{
	Call call = {.fcinfo = fcinfo};
	StringInfoData key;
	Oid relid;

	InitMaterializedSRF(fcinfo, 0);
	relid = VmOpenForRead(VmTextArgument(fcinfo, ARG_NAME, "collection_name"));
	VmSearchReadArguments(fcinfo, &call.arguments, &call.level);
	initStringInfo(&key);
	appendStringInfoString(&key, "search");
	VmSearchKey(&key, &call.arguments);
	VmPreparedUse(relid, &key, Make, Use, &call);
	return (Datum) 0;
}
