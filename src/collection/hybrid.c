/*
 * hybrid.c
 *		milvus.hybrid_search: several searches, one order.
 *
 * Each request is a search of its own, for keys alone; the ranker makes one list
 * of them for each query vector, and the rows of that list are then read.  All
 * of it with the statement's snapshot.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "collection/error.h"
#include "collection/fetch.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/rank.h"
#include "collection/result.h"
#include "collection/scope.h"
#include "collection/search.h"

#define MAX_REQUESTS 1024

/* Rows of all requests and vectors: 2.4 GB. */
#define MAX_SCORES 10000000

/* Positions of the arguments, as in sql/parts/45_search.sql. */
typedef enum Argument
{
	ARG_NAME,
	ARG_REQUESTS,
	ARG_RANKER,
	ARG_TOPK,
	ARG_OUTPUT_FIELDS,
	ARG_PARTITIONS,
	ARG_SKIP,
	ARG_ROUND_DECIMAL,
	ARG_CONSISTENCY_LEVEL
} Argument;

/* What a request adds to a row's score, for one of the query vectors. */
typedef struct Score
{
	int query;
	Datum key;
	double score;
} Score;

typedef struct Hybrid
{
	FunctionCallInfo fcinfo;
	MemoryContext context;
	VmSearchArguments common;
	char *level;
	VmRanker ranker;
	int nrequests;
	Jsonb **requests;
	int nqueries; /* of the first request, and so of all */
	bool text_keys;
	Score *scores;
	int nscores;
	int room;
} Hybrid;

/* One request's run. */
typedef struct Request
{
	Hybrid *hybrid;
	int number;
	VmSearchArguments arguments;
	Jsonb *data;
} Request;

/* ------------------------------------------------------------------ arguments */

static void
ReadArguments(Hybrid *hybrid)
{
	FunctionCallInfo fcinfo = hybrid->fcinfo;
	VmSearchArguments *common = &hybrid->common;
	Jsonb *requests;

	if (PG_ARGISNULL(ARG_REQUESTS))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"%s\"", "reqs")));
	requests = PG_GETARG_JSONB_P(ARG_REQUESTS);
	VmJsonCheckArray(requests, "reqs");
	hybrid->requests = VmJsonObjects(requests, "reqs", &hybrid->nrequests);
	if (hybrid->nrequests < 1 || hybrid->nrequests > MAX_REQUESTS)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("maximum of ann search requests is %d, but got %d", MAX_REQUESTS,
							   hybrid->nrequests)));
	VmRankerRead(VmJsonArgument(fcinfo, ARG_RANKER, "ranker"), hybrid->nrequests, &hybrid->ranker);
	common->topk = VmIntArgument(fcinfo, ARG_TOPK, 10);
	common->output_fields =
		VmTextArrayArgument(fcinfo, ARG_OUTPUT_FIELDS, "output_fields", &common->noutputs);
	common->partitions =
		VmTextArrayArgument(fcinfo, ARG_PARTITIONS, "partition_names", &common->npartitions);
	common->skip = VmIntArgument(fcinfo, ARG_SKIP, 0);
	common->round_decimal = VmIntArgument(fcinfo, ARG_ROUND_DECIMAL, -1);
	hybrid->level = VmOptionalText(fcinfo, ARG_CONSISTENCY_LEVEL, NULL);
	VmSearchCheckArguments(common);
}

/* A value by one of two names: the client's and this function's. */
static Jsonb *
ObjectOf(const Jsonb *request, const char *name, const char *other)
{
	return VmJsonGet(request, name) != NULL ? VmJsonGetObject(request, name) :
											  VmJsonGetObject(request, other);
}

static void
ReadRequest(Hybrid *hybrid, int number, Request *request)
{
	Jsonb *json = hybrid->requests[number];
	VmSearchArguments *arguments = &request->arguments;
	JsonbValue *data = VmJsonGet(json, "data");
	int64 limit = VmJsonGetInt(json, VmJsonGet(json, "limit") != NULL ? "limit" : "topk",
							   hybrid->common.topk + hybrid->common.skip);

	memset(request, 0, sizeof(*request));
	request->hybrid = hybrid;
	request->number = number;
	if (data == NULL)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"%s\"", "data")));
	request->data = JsonbValueToJsonb(data);
	arguments->anns_field = VmJsonGetString(json, "anns_field", NULL);
	arguments->topk = (int) Max(Min(limit, INT_MAX / 2), INT_MIN / 2);
	arguments->filter =
		VmJsonGetString(json, VmJsonGet(json, "filter") != NULL ? "filter" : "expr", NULL);
	arguments->filter_params = ObjectOf(json, "filter_params", "expr_params");
	arguments->search_params = ObjectOf(json, "search_params", "param");
	arguments->partitions = hybrid->common.partitions;
	arguments->npartitions = hybrid->common.npartitions;
	arguments->round_decimal = -1;
	arguments->group_size = 1;
	VmSearchCheckArguments(arguments);
}

/* ------------------------------------------------------------------- searches */

static void
AddScore(Hybrid *hybrid, int query, Datum key, double value)
{
	Score *score;

	if (hybrid->nscores >= MAX_SCORES)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("the requests find more than %d rows", MAX_SCORES),
						errhint("Ask for fewer vectors at once, or set lower limits.")));
	if (hybrid->nscores == hybrid->room)
	{
		hybrid->room = Max(hybrid->room * 2, 64);
		hybrid->scores = hybrid->scores == NULL ?
							 palloc_array(Score, hybrid->room) :
							 repalloc_huge(hybrid->scores, sizeof(Score) * (Size) hybrid->room);
	}
	score = &hybrid->scores[hybrid->nscores++];
	score->query = query;
	score->score = value;
	score->key = hybrid->text_keys ? PointerGetDatum(PG_DETOAST_DATUM_COPY(key)) : key;
}

/* Scores of one vector's hits, kept beyond the search. */
static void
AddHits(Request *request, const VmSearch *search, const VmHits *hits, int query)
{
	Hybrid *hybrid = request->hybrid;
	MemoryContext old = MemoryContextSwitchTo(hybrid->context);

	for (int i = 0; i < hits->count; i++)
	{
		double value = VmSearchValue(search, hits->hits[i].ordered);

		AddScore(hybrid, query, hits->hits[i].key,
				 VmRankerScore(&hybrid->ranker, request->number, i, value, search->metric));
	}
	MemoryContextSwitchTo(old);
}

static void *
MakeSearch(VmPrepared *prepared, VmCollection *collection, void *argument)
{
	return VmSearchMake(prepared, collection, &((Request *) argument)->arguments);
}

static void
UseSearch(void *state, void *argument)
{
	Request *request = argument;
	Hybrid *hybrid = request->hybrid;
	VmSearch *search = state;
	VmQueryVectors vectors =
		VmQueryVectorsRead(search->field, JsonbPGetDatum(request->data), JSONBOID);
	MemoryContext query_context =
		AllocSetContextCreate(CurrentMemoryContext, "vecmilvus query", ALLOCSET_DEFAULT_SIZES);

	VmCheckConsistency(search->collection, hybrid->level);
	hybrid->text_keys = search->collection->primary->type == VM_TYPE_VARCHAR;
	if (request->number == 0)
		hybrid->nqueries = vectors.count;
	if (vectors.count != hybrid->nqueries)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("sub-search nq is not equal: invalid parameter[expected=%d][actual=%d]",
						hybrid->nqueries, vectors.count)));
	for (int i = 0; i < vectors.count; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(query_context);

		AddHits(request, search,
				VmSearchRun(search, vectors.vectors[i], request->arguments.filter_params), i);
		MemoryContextSwitchTo(old);
		MemoryContextReset(query_context);
	}
}

static void
RunRequest(Hybrid *hybrid, Oid relid, int number)
{
	Request request;
	StringInfoData key;

	CHECK_FOR_INTERRUPTS();
	ReadRequest(hybrid, number, &request);
	initStringInfo(&key);
	appendStringInfoString(&key, "search");
	VmSearchKey(&key, &request.arguments);
	VmPreparedUse(relid, &key, MakeSearch, UseSearch, &request);
}

/* --------------------------------------------------------------------- fusion */

static int
CompareKeys(const Score *a, const Score *b, const Hybrid *hybrid)
{
	return VmCompareHitKeys(a->key, b->key, hybrid->text_keys);
}

static int
ByQueryAndKey(const void *a, const void *b, void *context)
{
	const Score *x = a;
	const Score *y = b;

	return x->query != y->query ? (x->query < y->query ? -1 : 1) : CompareKeys(x, y, context);
}

static int
ByQueryAndScore(const void *a, const void *b, void *context)
{
	const Score *x = a;
	const Score *y = b;

	if (x->query != y->query)
		return x->query < y->query ? -1 : 1;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return CompareKeys(x, y, context);
}

/* One entry a row, best first; then those to skip and beyond topk go. */
static void
Fuse(Hybrid *hybrid)
{
	int count = 0;
	int query = -1;
	int rank = 0;

	if (hybrid->nscores == 0)
		return;
	qsort_interruptible(hybrid->scores, hybrid->nscores, sizeof(Score), ByQueryAndKey, hybrid);
	for (int i = 0; i < hybrid->nscores; i++)
	{
		if (count > 0 && ByQueryAndKey(&hybrid->scores[count - 1], &hybrid->scores[i], hybrid) == 0)
			hybrid->scores[count - 1].score += hybrid->scores[i].score;
		else
			hybrid->scores[count++] = hybrid->scores[i];
	}
	qsort_interruptible(hybrid->scores, count, sizeof(Score), ByQueryAndScore, hybrid);
	hybrid->nscores = 0;
	for (int i = 0; i < count; i++)
	{
		rank = hybrid->scores[i].query == query ? rank + 1 : 0;
		query = hybrid->scores[i].query;
		if (rank >= hybrid->common.skip && rank < hybrid->common.skip + hybrid->common.topk)
			hybrid->scores[hybrid->nscores++] = hybrid->scores[i];
	}
}

/* -------------------------------------------------------------------- results */

static Datum *
Keys(const Hybrid *hybrid)
{
	Datum *keys = palloc_array(Datum, Max(hybrid->nscores, 1));

	for (int i = 0; i < hybrid->nscores; i++)
		keys[i] = hybrid->scores[i].key;
	return keys;
}

static void
PutRows(Hybrid *hybrid, VmFetched *fetched)
{
	VmResultWriter writer;

	VmResultBegin(&writer, fetched->collection, fetched->entity, fetched->desc, VM_FETCH_COLUMNS);
	for (int i = 0; i < hybrid->nscores; i++)
	{
		const Score *score = &hybrid->scores[i];
		Datum values[5];
		bool nulls[5] = {false};

		/* It is there, unless a policy's function has changed its mind. */
		if (fetched->tuples[i] == NULL)
			continue;
		values[0] = Int32GetDatum(score->query);
		VmResultKey(&writer, score->key, &values[1], &nulls[1]);
		values[3] = Float8GetDatum(VmRoundDecimal(score->score, hybrid->common.round_decimal));
		values[4] = VmResultEntity(&writer, fetched->tuples[i]);
		VmResultPut(&writer, hybrid->fcinfo, values, nulls);
	}
	VmResultEnd(&writer);
}

static void
UseRows(VmFetched *fetched, void *argument)
{
	PutRows(argument, fetched);
}

VM_FUNCTION(vm_milvus_hybrid_search);
Datum
vm_milvus_hybrid_search(PG_FUNCTION_ARGS)
{
	Hybrid hybrid = {.fcinfo = fcinfo, .context = CurrentMemoryContext};
	Oid relid;

	InitMaterializedSRF(fcinfo, 0);
	relid = VmOpenForRead(VmTextArgument(fcinfo, ARG_NAME, "collection_name"));
	ReadArguments(&hybrid);
	for (int i = 0; i < hybrid.nrequests; i++)
		RunRequest(&hybrid, relid, i);
	Fuse(&hybrid);
	if (hybrid.nscores > 0)
		VmFetchRows(relid, Keys(&hybrid), hybrid.nscores, hybrid.text_keys,
					hybrid.common.output_fields, hybrid.common.noutputs, UseRows, &hybrid);
	return (Datum) 0;
}
