/*
 * search_explain.c
 *		milvus.explain_search: the statements that a search runs, and their plans.
 */
#include "compat/compat.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/tuplestore.h"

#include "collection/name.h"
#include "collection/scope.h"
#include "collection/search.h"

/* After the arguments of milvus.search. */
#define ARG_DATA    1
#define ARG_ANALYZE 15

typedef struct Call
{
	FunctionCallInfo fcinfo;
	VmSearchArguments arguments;
	char *level;
} Call;

static void *
Make(VmPrepared *prepared, VmCollection *collection, void *argument)
{
	return VmSearchMake(prepared, collection, &((Call *) argument)->arguments);
}

static void
PutLine(Call *call, const char *line)
{
	ReturnSetInfo *result = (ReturnSetInfo *) call->fcinfo->resultinfo;
	Datum value = CStringGetTextDatum(line);
	bool is_null = false;

	tuplestore_putvalues(result->setResult, result->setDesc, &value, &is_null);
}

static void
Explain(Call *call, const char *title, const char *sql, ParamListInfo params)
{
	FunctionCallInfo fcinfo = call->fcinfo;
	bool analyze = !PG_ARGISNULL(ARG_ANALYZE) && PG_GETARG_BOOL(ARG_ANALYZE);
	SPIExecuteOptions options = {.params = params};
	char *explain = psprintf("EXPLAIN (%s) %s", analyze ? "ANALYZE, BUFFERS" : "COSTS", sql);

	PutLine(call, title);
	PutLine(call, psprintf("  %s", sql));
	if (SPI_execute_extended(explain, &options) < 0)
		elog(ERROR, "could not explain: %s", SPI_result_code_string(SPI_result));
	for (uint64 i = 0; i < SPI_processed; i++)
		PutLine(call,
				psprintf("  %s", SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1)));
}

/* Of the first vector.  Whether all rows are looked at is known when it has run. */
static void
Use(void *state, void *argument)
{
	Call *call = argument;
	FunctionCallInfo fcinfo = call->fcinfo;
	VmSearch *search = state;
	VmQueryVectors vectors = VmQueryVectorsRead(search->field, PG_GETARG_DATUM(ARG_DATA),
												get_fn_expr_argtype(fcinfo->flinfo, ARG_DATA));
	ParamListInfo params = VmSearchBind(search, vectors.vectors[0], call->arguments.filter_params);
	bool analyze = !PG_ARGISNULL(ARG_ANALYZE) && PG_GETARG_BOOL(ARG_ANALYZE);

	VmCheckConsistency(search->collection, call->level);
	PutLine(call, psprintf("metric %s of field %s", search->metric->name, search->field->name));
	if (search->index_sql != NULL)
	{
		int level = NewGUCNestLevel();

		VmSearchSetUpIndex(search);
		Explain(call, psprintf("over the index (%s):", search->access_method), search->index_sql,
				params);
		AtEOXact_GUC(true, level);
	}
	if (search->index_sql == NULL)
		Explain(call, "over all rows, for no index serves:", search->exact_sql, params);
	else if (analyze &&
			 VmSearchRun(search, vectors.vectors[0], call->arguments.filter_params)->is_exact)
		Explain(call, "over all rows, for the index gave too few:", search->exact_sql, params);
}

VM_FUNCTION(vm_explain_search);
Datum
vm_explain_search(PG_FUNCTION_ARGS)
{
	Call call = {.fcinfo = fcinfo};
	StringInfoData key;
	Oid relid;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	relid = VmOpenForRead(VmTextArgument(fcinfo, 0, "collection_name"));
	VmSearchReadArguments(fcinfo, &call.arguments, &call.level);
	initStringInfo(&key);
	appendStringInfoString(&key, "search");
	VmSearchKey(&key, &call.arguments);
	VmPreparedUse(relid, &key, Make, Use, &call);
	return (Datum) 0;
}
