/*
 * search_make.c
 *		From a search's arguments to what is run for each vector: VmSearchMake,
 *		VmSearchSql (search.h).
 */
#include "compat/compat.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "commands/defrem.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "collection/error.h"
#include "collection/index_find.h"
#include "collection/index_type.h"
#include "collection/scope.h"
#include "collection/search.h"

/* Rows as far as the last one that an index is asked for. */
#define INDEX_TIES 16

/* ------------------------------------------------------------- field, metric */

static VmField *
OnlyVectorField(VmCollection *collection)
{
	VmField *found = NULL;

	for (int i = 0; i < collection->nfields; i++)
	{
		VmField *field = &collection->fields[i];

		if (!VmIsVectorType(field->type))
			continue;
		if (found != NULL)
			ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
							errmsg("multiple anns_fields exist, please specify a anns_field in "
								   "search_params"),
							errhint("Name the vector field to search with anns_field.")));
		found = field;
	}
	if (found == NULL)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("collection \"%s\" has no vector field", collection->name)));
	return found;
}

static VmField *
FindField(VmCollection *collection, const char *name)
{
	VmField *field;

	if (name == NULL || name[0] == '\0')
		return OnlyVectorField(collection);
	field = VmCollectionGetField(collection, name);
	if (!VmIsVectorType(field->type))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("field (%s) to search is not of vector data type", name)));
	return field;
}

static const VmMetric *
FindMetric(const VmField *field, const VmIndexInfo *index, const char *asked)
{
	const char *name = index != NULL && index->metric[0] != '\0' ? index->metric :
					   asked != NULL                             ? asked :
																   VmDefaultMetric(field->type);
	const VmMetric *metric = VmMetricByName(name);

	if (asked != NULL && strcmp(asked, name) != 0)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("metric type not match: invalid parameter[expected=%s][actual=%s]",
							   name, asked)));
	if (metric == NULL || !VmMetricFits(name, field->type))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("metric type not match: invalid parameter[expected=%s][actual=%s]",
							   VmDefaultMetric(field->type), name)));
	return metric;
}

static VmField *
FindGroupField(VmCollection *collection, const char *name)
{
	VmField *field;

	if (name == NULL || name[0] == '\0')
		return NULL;
	field = VmCollectionGetField(collection, name);
	switch (field->type)
	{
		case VM_TYPE_BOOL:
		case VM_TYPE_INT8:
		case VM_TYPE_INT16:
		case VM_TYPE_INT32:
		case VM_TYPE_INT64:
		case VM_TYPE_VARCHAR:
			return field;
		default:
			ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
							errmsg("unsupported data type %s for group by operator",
								   VmDataTypeName(field->type)),
							errhint("Group by a BOOL, an integer or a VARCHAR.")));
	}
}

/* Which end of a range is the far one depends on the metric. */
static void
CheckRange(const VmSearch *search)
{
	const VmSearchParams *params = &search->params;

	if (!params->has_range_filter)
		return;
	if (search->metric->is_similarity ? params->range_filter <= params->radius :
										params->range_filter >= params->radius)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("range_filter(%g) must be %s than radius(%g) for metric %s",
						params->range_filter, search->metric->is_similarity ? "greater" : "less",
						params->radius, search->metric->name)));
}

/* Sparse vectors that share nothing are no hits: their product is 0. */
static void
LimitToHits(VmSearch *search)
{
	if (search->field->type == VM_TYPE_SPARSE_FLOAT_VECTOR && search->metric->is_similarity &&
		!search->params.has_radius)
	{
		search->params.has_radius = true;
		search->params.radius = 0;
	}
}

static void
CheckEf(const VmSearch *search)
{
	if (search->access_method != NULL && strcmp(search->access_method, "hnsw") == 0 &&
		search->params.ef != 0 && search->params.ef < search->limit && search->group_field == NULL)
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED), errmsg("ef(%d) should be larger than k(%d)",
														 search->params.ef, search->limit)));
}

/* -------------------------------------------------------------------- making */

static bool
HasRowSecurity(Oid relid)
{
	Relation relation = table_open(relid, NoLock);
	bool result = relation->rd_rel->relrowsecurity;

	table_close(relation, NoLock);
	return result;
}

static Oid
AccessMethodOf(Oid index)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	Oid result = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_class) GETSTRUCT(tuple))->relam;
		ReleaseSysCache(tuple);
	}
	return result;
}

static void
SetIndex(VmSearch *search, const VmIndexInfo *index)
{
	Oid relam;

	if (index == NULL || !OidIsValid(index->pg_index) || index->state != VM_INDEX_FINISHED)
		return;
	relam = AccessMethodOf(index->pg_index);
	if (OidIsValid(relam))
		search->access_method = get_am_name(relam);
	search->is_in_order = search->access_method != NULL &&
						  strcmp(search->access_method, "hnsw") == 0 &&
						  VmIndexCast(search->field)[0] == '\0';
	search->stops_at_radius = search->is_in_order && search->params.has_radius;
}

VmSearch *
VmSearchMake(VmPrepared *prepared, VmCollection *collection, VmSearchArguments *arguments)
{
	VmSearch *search = palloc0(sizeof(*search));
	VmIndexInfo *index;

	search->prepared = prepared;
	search->collection = collection;
	search->field = FindField(collection, arguments->anns_field);
	VmSearchParamsRead(arguments->search_params, &search->params);
	index = VmIndexOfField(collection, search->field);
	search->metric = FindMetric(search->field, index, search->params.metric);
	search->limit = arguments->topk + arguments->skip;
	search->skip = arguments->skip;
	search->round_decimal = arguments->round_decimal;
	search->group_field = FindGroupField(collection, arguments->group_by_field);
	search->group_size = arguments->group_size;
	search->strict_group_size = arguments->strict_group_size;
	search->partitions =
		VmScopePartitions(collection, arguments->partitions, arguments->npartitions);
	CheckRange(search);
	LimitToHits(search);
	if (arguments->noutputs > 0)
		search->entity =
			VmEntityCreate(collection, arguments->output_fields, arguments->noutputs, false);
	if (arguments->filter != NULL)
		search->qual = VmFilterCompile(collection, arguments->filter, arguments->filter_params, "t",
									   VM_SEARCH_PARAMS + 1);
	search->is_filtered = search->qual != NULL || search->params.has_radius ||
						  search->group_field != NULL || VmCollectionTtl(collection) > 0 ||
						  search->partitions != 0 || HasRowSecurity(collection->relid);
	SetIndex(search, index);
	CheckEf(search);
	if (search->access_method != NULL)
		search->index_sql = VmSearchSql(search, false);
	search->exact_sql = VmSearchSql(search, true);
	return search;
}

/* ----------------------------------------------------------------------- SQL */

/* What the index's key says, so that the planner finds it (VectorKey in index_plan.c). */
static void
AppendOrder(StringInfo sql, const VmSearch *search)
{
	const VmField *field = search->field;
	const char *schema = quote_identifier(get_namespace_name(VmExtensionSchema()));
	char *cast = VmIndexCast(field);

	appendStringInfo(sql, " ORDER BY (t.%s%s) OPERATOR(%s.%s) $1%s", quote_identifier(field->name),
					 cast, schema, search->metric->index_operator, cast);
}

static char *
FloatLiteral(double value)
{
	char text[DOUBLE_SHORTEST_DECIMAL_LEN + 1];

	double_to_shortest_decimal_buf(value, text);
	return psprintf("'%s'::pg_catalog.float8", text);
}

/* The ends of a range: radius is the far one and excluded, range_filter included. */
static void
AppendRange(StringInfo sql, const VmSearch *search, const char *distance, bool stops_at_radius)
{
	const VmSearchParams *params = &search->params;
	double radius = VmMetricOrdered(search->metric, params->radius);
	double near = VmMetricOrdered(search->metric, params->range_filter);

	if (params->has_radius && !stops_at_radius)
		appendStringInfo(sql, " AND %s OPERATOR(pg_catalog.<) %s", distance, FloatLiteral(radius));
	if (params->has_range_filter)
		appendStringInfo(sql, " AND %s OPERATOR(pg_catalog.>=) %s", distance, FloatLiteral(near));
}

/* How many rows an index is asked for at first: of groups there may be any number. */
static int
IndexLimit(const VmSearch *search)
{
	/* Some more, for ties of the last one. */
	int64 wanted = search->limit + INDEX_TIES;

	if (search->group_field != NULL)
		wanted = Max((int64) search->limit * search->group_size * 10, 200);
	return (int) Min(wanted, 1000000);
}

/* Columns and conditions, the same for all kinds. */
static void
AppendSelect(StringInfo sql, const VmSearch *search, bool stops_at_radius)
{
	VmCollection *collection = search->collection;
	char *vector = psprintf("t.%s", quote_identifier(search->field->name));
	char *distance = VmMetricSql(search->metric, search->field->type, vector, "$1");

	appendStringInfo(sql, "SELECT %s AS distance, t.%s, ", distance,
					 quote_identifier(collection->primary->name));
	if (search->group_field != NULL)
		appendStringInfo(sql, "t.%s", quote_identifier(search->group_field->name));
	else
		appendStringInfoString(sql, "NULL::pg_catalog.int4");
	if (search->entity != NULL)
		appendStringInfo(sql, ", %s", VmEntityTargets(search->entity, "t"));
	appendStringInfo(sql, " FROM %s AS t WHERE %s", collection->qualified,
					 search->qual == NULL ? "true" : search->qual->sql);
	VmAppendScope(sql, collection, "t", search->partitions, 2, 3);
	AppendRange(sql, search, distance, stops_at_radius);
	if (search->field->nullable)
		appendStringInfo(sql, " AND %s IS NOT NULL", vector);
}

/* Ties are in the order of keys as VmCompareHitKeys has it. */
static char *
KeyOrder(const VmCollection *collection)
{
	const VmField *key = collection->primary;

	if (key->type != VM_TYPE_VARCHAR || key->collation == C_COLLATION_OID)
		return pstrdup("2");
	return psprintf("t.%s COLLATE pg_catalog.\"C\"", quote_identifier(key->name));
}

char *
VmSearchIteratorSql(const VmSearch *search, int limit)
{
	StringInfoData sql;

	initStringInfo(&sql);
	AppendSelect(&sql, search, false);
	appendStringInfo(&sql, " ORDER BY 1, %s", KeyOrder(search->collection));
	if (limit >= 0)
		appendStringInfo(&sql, " LIMIT %d", limit);
	return sql.data;
}

char *
VmSearchSql(const VmSearch *search, bool exact)
{
	StringInfoData sql;

	if (exact)
		return VmSearchIteratorSql(search, search->group_field == NULL ? search->limit : -1);
	initStringInfo(&sql);
	AppendSelect(&sql, search, search->stops_at_radius);
	AppendOrder(&sql, search);
	appendStringInfo(&sql, " LIMIT %d", IndexLimit(search));
	return sql.data;
}

char *
VmSearchValueSql(const VmSearch *search, const char *column)
{
	char *value = VmMetricValueSql(search->metric, column);

	if (search->round_decimal < 0)
		return value;
	return psprintf("pg_catalog.round((%s)::pg_catalog.numeric, %d)::pg_catalog.float8", value,
					search->round_decimal);
}

double
VmRoundDecimal(double value, int digits)
{
	double scale = 1;

	for (int i = 0; i < digits; i++)
		scale *= 10;
	return digits < 0 ? value : round(value * scale) / scale;
}

double
VmSearchValue(const VmSearch *search, double ordered)
{
	return VmRoundDecimal(VmMetricValue(search->metric, ordered), search->round_decimal);
}
