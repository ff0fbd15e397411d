/*
 * query.c
 *		milvus.query and query_iterator: rows that a filter selects, in the order of
 *		their keys.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "collection/error.h"
#include "collection/iterator.h"
#include "collection/name.h"
#include "collection/query.h"
#include "collection/receiver.h"
#include "collection/result.h"
#include "collection/scope.h"
#include "collection/search.h"
#include "collection/stats.h"

/* Positions of the arguments, as in sql/parts/45_search.sql. */
typedef enum Argument
{
	ARG_NAME,
	ARG_FILTER,
	ARG_FILTER_PARAMS,
	ARG_OUTPUT_FIELDS,
	ARG_MAX_ROWS,
	ARG_SKIP,
	ARG_PARTITIONS,
	ARG_CONSISTENCY_LEVEL
} Argument;

typedef enum IteratorArgument
{
	ITERATOR_NAME,
	ITERATOR_FILTER,
	ITERATOR_FILTER_PARAMS,
	ITERATOR_OUTPUT_FIELDS,
	ITERATOR_MAX_ROWS,
	ITERATOR_PARTITIONS,
	ITERATOR_CONSISTENCY_LEVEL,
	ITERATOR_CURSOR
} IteratorArgument;

typedef struct Call
{
	FunctionCallInfo fcinfo;
	VmQueryArguments arguments;
	char *level;
	/* of an iterator */
	char *cursor;
	MemoryContext context; /* of the result */
	Datum result;
} Call;

typedef struct Output
{
	FunctionCallInfo fcinfo;
	const VmQuery *query;
	VmResultWriter writer;
} Output;

static void
ReadArguments(Call *call)
{
	FunctionCallInfo fcinfo = call->fcinfo;
	VmQueryArguments *arguments = &call->arguments;

	arguments->filter = VmOptionalText(fcinfo, ARG_FILTER, "");
	arguments->filter_params = VmJsonArgument(fcinfo, ARG_FILTER_PARAMS, "filter_params");
	arguments->output_fields =
		VmTextArrayArgument(fcinfo, ARG_OUTPUT_FIELDS, "output_fields", &arguments->noutputs);
	arguments->max_rows = VmIntArgument(fcinfo, ARG_MAX_ROWS, -1);
	arguments->skip = VmIntArgument(fcinfo, ARG_SKIP, 0);
	arguments->partitions =
		VmTextArrayArgument(fcinfo, ARG_PARTITIONS, "partition_names", &arguments->npartitions);
	call->level = VmOptionalText(fcinfo, ARG_CONSISTENCY_LEVEL, NULL);
	VmQueryCheckArguments(arguments, !PG_ARGISNULL(ARG_MAX_ROWS));
}

static void *
Make(VmPrepared *prepared, VmCollection *collection, void *argument)
{
	return VmQueryMake(prepared, collection, &((Call *) argument)->arguments);
}

static bool
TakeRow(TupleTableSlot *slot, void *state)
{
	Output *output = state;
	VmCollection *collection = output->query->collection;
	MemoryContext old;
	Datum key;
	Datum values[3];
	bool nulls[3] = {false};

	if (slot->tts_isnull[0])
		return true;
	old = MemoryContextSwitchTo(output->writer.row_context);
	key = VmWidenKey(collection, slot->tts_values[0]);
	MemoryContextSwitchTo(old);
	VmResultKey(&output->writer, key, &values[0], &nulls[0]);
	values[2] = VmResultValues(&output->writer, slot->tts_values + VM_QUERY_COLUMNS,
							   slot->tts_isnull + VM_QUERY_COLUMNS);
	VmResultPut(&output->writer, output->fcinfo, values, nulls);
	return true;
}

static bool
TakeCount(TupleTableSlot *slot, void *state)
{
	Output *output = state;
	ReturnSetInfo *result = (ReturnSetInfo *) output->fcinfo->resultinfo;
	VmJsonWriter writer = {0};
	Datum values[3] = {0};
	bool nulls[3] = {true, true, false};

	VmJsonBeginObject(&writer, NULL);
	VmJsonPutInt(&writer, VM_COUNT_FIELD, DatumGetInt64(slot->tts_values[0]));
	VmJsonEndObject(&writer);
	values[2] = VmJsonDatum(&writer);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	return true;
}

static void
Use(void *state, void *argument)
{
	Call *call = argument;
	VmQuery *query = state;
	Output output = {.fcinfo = call->fcinfo, .query = query};

	VmCheckConsistency(query->collection, call->level);
	VmResultBegin(&output.writer, query->collection, query->entity, NULL, 0);
	VmQueryRun(query, call->arguments.filter_params, query->is_count ? TakeCount : TakeRow,
			   &output);
	VmResultEnd(&output.writer);
}

/* Opens a cursor instead: nothing is read yet. */
static void
UseIterator(void *state, void *argument)
{
	Call *call = argument;
	VmQuery *query = state;
	VmIteratorStatement statement = {.collection = query->collection, .entity = query->entity};

	VmCheckConsistency(query->collection, call->level);
	statement.fields = call->arguments.output_fields;
	statement.nfields = call->arguments.noutputs;
	statement.with_key = true;
	statement.inner = query->sql;
	statement.columns = "k";
	call->result = VmIteratorOpen(call->context, call->cursor, VmIteratorSql(&statement),
								  VmQueryParams(query, call->arguments.filter_params));
}

VM_FUNCTION(vm_query_iterator);
Datum
vm_query_iterator(PG_FUNCTION_ARGS)
{
	Call call = {.fcinfo = fcinfo, .context = CurrentMemoryContext};
	VmQueryArguments *arguments = &call.arguments;
	StringInfoData key;
	Oid relid = VmOpenForRead(VmTextArgument(fcinfo, ITERATOR_NAME, "collection_name"));

	arguments->filter = VmOptionalText(fcinfo, ITERATOR_FILTER, "");
	arguments->filter_params = VmJsonArgument(fcinfo, ITERATOR_FILTER_PARAMS, "filter_params");
	arguments->output_fields =
		VmTextArrayArgument(fcinfo, ITERATOR_OUTPUT_FIELDS, "output_fields", &arguments->noutputs);
	arguments->max_rows = VmIntArgument(fcinfo, ITERATOR_MAX_ROWS, -1);
	arguments->partitions = VmTextArrayArgument(fcinfo, ITERATOR_PARTITIONS, "partition_names",
												&arguments->npartitions);
	call.level = VmOptionalText(fcinfo, ITERATOR_CONSISTENCY_LEVEL, NULL);
	call.cursor = VmOptionalText(fcinfo, ITERATOR_CURSOR, NULL);
	VmQueryCheckIterator(arguments);
	initStringInfo(&key);
	appendStringInfoString(&key, "query");
	VmQueryKey(&key, arguments);
	VmPreparedUse(relid, &key, Make, UseIterator, &call);
	return call.result;
}

VM_FUNCTION(vm_milvus_query);
Datum
vm_milvus_query(PG_FUNCTION_ARGS)
{
	Call call = {.fcinfo = fcinfo};
	StringInfoData key;
	Oid relid;

	InitMaterializedSRF(fcinfo, 0);
	relid = VmOpenForRead(VmTextArgument(fcinfo, ARG_NAME, "collection_name"));
	ReadArguments(&call);
	initStringInfo(&key);
	appendStringInfoString(&key, "query");
	VmQueryKey(&key, &call.arguments);
	VmPreparedUse(relid, &key, Make, Use, &call);
	return (Datum) 0;
}
