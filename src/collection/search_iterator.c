/*
 * search_iterator.c
 *		milvus.search_iterator: a cursor over rows by their distance from a vector.
 *
 * It is exact: all rows are read and sorted when the first is fetched, for an
 * index that goes on for ever is no faster, and one that stops is not all.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/iterator.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/scope.h"
#include "collection/search.h"

/* Positions of the arguments, as in sql/parts/45_search.sql. */
typedef enum Argument
{
	ARG_NAME,
	ARG_DATA,
	ARG_FIELD,
	ARG_MAX_ROWS,
	ARG_FILTER,
	ARG_FILTER_PARAMS,
	ARG_OUTPUT_FIELDS,
	ARG_SEARCH_PARAMS,
	ARG_PARTITIONS,
	ARG_ROUND_DECIMAL,
	ARG_CONSISTENCY_LEVEL,
	ARG_CURSOR
} Argument;

typedef struct Call
{
	FunctionCallInfo fcinfo;
	VmSearchArguments arguments;
	int max_rows;
	char *level;
	char *cursor;
	MemoryContext context; /* of the result */
	Datum result;
} Call;

static void *
Make(VmPrepared *prepared, VmCollection *collection, void *argument)
{
	return VmSearchMake(prepared, collection, &((Call *) argument)->arguments);
}

static void
Use(void *state, void *argument)
{
	Call *call = argument;
	FunctionCallInfo fcinfo = call->fcinfo;
	VmSearch *search = state;
	VmQueryVectors vectors = VmQueryVectorsRead(search->field, PG_GETARG_DATUM(ARG_DATA),
												get_fn_expr_argtype(fcinfo->flinfo, ARG_DATA));
	VmIteratorStatement statement = {.collection = search->collection, .entity = search->entity};

	VmCheckConsistency(search->collection, call->level);
	if (vectors.count != 1)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("not support search iteration over multiple vectors at present")));
	statement.fields = call->arguments.output_fields;
	statement.nfields = call->arguments.noutputs;
	statement.value = VmSearchValueSql(search, "s.d");
	statement.inner = VmSearchIteratorSql(search, call->max_rows);
	statement.columns = "d, k, g";
	call->result =
		VmIteratorOpen(call->context, call->cursor, VmIteratorSql(&statement),
					   VmSearchBind(search, vectors.vectors[0], call->arguments.filter_params));
}

static void
ReadArguments(Call *call)
{
	FunctionCallInfo fcinfo = call->fcinfo;
	VmSearchArguments *arguments = &call->arguments;

	if (PG_ARGISNULL(ARG_DATA))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"%s\"", "data")));
	arguments->anns_field = VmOptionalText(fcinfo, ARG_FIELD, NULL);
	arguments->topk = 1;
	arguments->filter = VmOptionalText(fcinfo, ARG_FILTER, NULL);
	arguments->filter_params = VmJsonArgument(fcinfo, ARG_FILTER_PARAMS, "filter_params");
	arguments->output_fields =
		VmTextArrayArgument(fcinfo, ARG_OUTPUT_FIELDS, "output_fields", &arguments->noutputs);
	arguments->search_params = VmJsonArgument(fcinfo, ARG_SEARCH_PARAMS, "search_params");
	arguments->partitions =
		VmTextArrayArgument(fcinfo, ARG_PARTITIONS, "partition_names", &arguments->npartitions);
	arguments->round_decimal = VmIntArgument(fcinfo, ARG_ROUND_DECIMAL, -1);
	arguments->group_size = 1;
	call->max_rows = VmIntArgument(fcinfo, ARG_MAX_ROWS, -1);
	call->level = VmOptionalText(fcinfo, ARG_CONSISTENCY_LEVEL, NULL);
	call->cursor = VmOptionalText(fcinfo, ARG_CURSOR, NULL);
	VmSearchCheckArguments(arguments);
	if (call->max_rows == 0 || call->max_rows < -1)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("%s [%d] is invalid, it should be in range [%d, %d]", "limit",
							   call->max_rows, 1, INT_MAX)));
}

VM_FUNCTION(vm_search_iterator);
Datum
vm_search_iterator(PG_FUNCTION_ARGS)
{
	Call call = {.fcinfo = fcinfo, .context = CurrentMemoryContext};
	StringInfoData key;
	Oid relid = VmOpenForRead(VmTextArgument(fcinfo, ARG_NAME, "collection_name"));

	ReadArguments(&call);
	initStringInfo(&key);
	appendStringInfoString(&key, "search");
	VmSearchKey(&key, &call.arguments);
	VmPreparedUse(relid, &key, Make, Use, &call);
	return call.result;
}
