/*
 * query_make.c
 *		From a query's arguments to its statement (query.h).
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/query.h"
#include "collection/scope.h"
#include "collection/search.h"
#include "collection/stats.h"

static bool
IsCount(const VmQueryArguments *arguments)
{
	for (int i = 0; i < arguments->noutputs; i++)
	{
		if (pg_strcasecmp(arguments->output_fields[i], VM_COUNT_FIELD) != 0)
			continue;
		if (arguments->noutputs > 1)
			ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
							errmsg("cannot use count(*) with other output fields")));
		return true;
	}
	return false;
}

static bool
IsEmpty(const char *filter)
{
	return filter[strspn(filter, " \t\r\n")] == '\0';
}

void
VmQueryCheckArguments(const VmQueryArguments *arguments, bool has_limit)
{
	bool is_count = IsCount(arguments);

	if (has_limit && (arguments->max_rows < 1 || arguments->max_rows > VM_MAX_TOPK))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("%s [%d] is invalid, it should be in range [%d, %d]", "limit",
							   arguments->max_rows, 1, VM_MAX_TOPK)));
	if (arguments->skip < 0 || arguments->skip > VM_MAX_TOPK)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("%s [%d] is invalid, it should be in range [%d, %d]", "offset",
							   arguments->skip, 0, VM_MAX_TOPK)));
	if (has_limit && arguments->skip + arguments->max_rows > VM_MAX_TOPK)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("%s [%d] is invalid, it should be in range [%d, %d]", "offset+limit",
							   arguments->skip + arguments->max_rows, 1, VM_MAX_TOPK)));
	if (is_count && has_limit)
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
						errmsg("count entities with pagination is not allowed")));
	if (!is_count && !has_limit && IsEmpty(arguments->filter))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("empty expression should be used with limit"),
						errhint("Give a filter, or max_rows.")));
}

void
VmQueryCheckIterator(const VmQueryArguments *arguments)
{
	if (arguments->max_rows == 0 || arguments->max_rows < -1)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("%s [%d] is invalid, it should be in range [%d, %d]", "limit",
							   arguments->max_rows, 1, INT_MAX)));
	if (IsCount(arguments))
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
						errmsg("count entities with pagination is not allowed")));
}

void
VmQueryKey(StringInfo key, const VmQueryArguments *arguments)
{
	int numbers[] = {arguments->max_rows, arguments->skip};

	appendBinaryStringInfo(key, (char *) numbers, sizeof(numbers));
	VmKeyText(key, arguments->filter);
	VmKeyTexts(key, arguments->output_fields, arguments->noutputs);
	VmKeyTexts(key, arguments->partitions, arguments->npartitions);
	VmTemplateSignature(key, arguments->filter_params);
}

static char *
BuildSql(const VmQuery *query, const VmQueryArguments *arguments)
{
	VmCollection *collection = query->collection;
	const char *key = quote_identifier(collection->primary->name);
	StringInfoData sql;

	initStringInfo(&sql);
	if (query->is_count)
		appendStringInfoString(&sql, "SELECT pg_catalog.count(*)");
	else
	{
		char *targets = VmEntityTargets(query->entity, "t");

		appendStringInfo(&sql, "SELECT t.%s%s%s", key, targets[0] == '\0' ? "" : ", ", targets);
	}
	appendStringInfo(&sql, " FROM %s AS t WHERE %s", collection->qualified,
					 query->qual == NULL ? "true" : query->qual->sql);
	VmAppendScope(&sql, collection, "t", query->partitions, 1, 2);
	if (query->is_count)
		return sql.data;
	appendStringInfo(&sql, " ORDER BY t.%s", key);
	if (arguments->max_rows >= 0)
		appendStringInfo(&sql, " LIMIT %d", arguments->max_rows);
	if (arguments->skip > 0)
		appendStringInfo(&sql, " OFFSET %d", arguments->skip);
	return sql.data;
}

VmQuery *
VmQueryMake(VmPrepared *prepared, VmCollection *collection, VmQueryArguments *arguments)
{
	VmQuery *query = palloc0(sizeof(*query));

	query->prepared = prepared;
	query->collection = collection;
	query->is_count = IsCount(arguments);
	query->partitions =
		VmScopePartitions(collection, arguments->partitions, arguments->npartitions);
	if (!query->is_count)
		query->entity =
			VmEntityCreate(collection, arguments->output_fields, arguments->noutputs, true);
	query->qual = VmFilterCompile(collection, arguments->filter, arguments->filter_params, "t",
								  VM_QUERY_PARAMS + 1);
	query->sql = BuildSql(query, arguments);
	return query;
}

ParamListInfo
VmQueryParams(const VmQuery *query, Jsonb *filter_params)
{
	VmBoundParam first[VM_QUERY_PARAMS] = {
		{NAMEARRAYOID, query->partitions, query->partitions == 0},
		{INT8OID, Int64GetDatum(VmExpiryTs(query->collection)), false},
	};

	return VmQualParams(query->qual, filter_params, first, VM_QUERY_PARAMS);
}

void
VmQueryRun(VmQuery *query, Jsonb *filter_params, VmTakeRow take, void *state)
{
	ParamListInfo params = VmQueryParams(query, filter_params);

	if (query->plan == NULL)
		query->plan = VmQualPlan(query->prepared, query->sql, query->qual, params);
	VmExecuteRows(query->plan, params, take, state);
}
