/*
 * metric.c
 *		Metrics of searches (metric.h).
 */
#include "compat/compat.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/metric.h"

static const VmMetric metrics[] = {
	{"L2", "<->", "%s_l2_squared_distance", false},
	{"IP", "<#>", "%s_negative_inner_product", true},
	{"COSINE", "<=>", "cosine_distance", true},
	{"HAMMING", "<~>", "hamming_distance", false},
	{"JACCARD", "<%>", "jaccard_distance", false},
};

const VmMetric *
VmMetricByName(const char *name)
{
	for (int i = 0; i < lengthof(metrics); i++)
	{
		if (strcmp(metrics[i].name, name) == 0)
			return &metrics[i];
	}
	return NULL;
}

const char *
VmDefaultMetric(VmDataType type)
{
	switch (type)
	{
		case VM_TYPE_SPARSE_FLOAT_VECTOR:
			return "IP";
		case VM_TYPE_BINARY_VECTOR:
			return "HAMMING";
		default:
			return "COSINE";
	}
}

static const char *
TypeName(VmDataType type)
{
	switch (type)
	{
		case VM_TYPE_FLOAT16_VECTOR:
			return "halfvec";
		case VM_TYPE_SPARSE_FLOAT_VECTOR:
			return "sparsevec";
		default:
			return "vector";
	}
}

char *
VmMetricFunction(const VmMetric *metric, VmDataType type)
{
	const char *schema = get_namespace_name(VmExtensionSchema());
	char *name = pstrdup(metric->function);

	if (strncmp(metric->function, "%s", 2) == 0)
		name = psprintf("%s%s", TypeName(type), metric->function + 2);
	return quote_qualified_identifier(schema, name);
}

static bool
IsCosine(const VmMetric *metric)
{
	return strcmp(metric->name, "COSINE") == 0;
}

/* A cosine with a vector of zeros is none; Milvus shows 0. */
double
VmMetricValue(const VmMetric *metric, double ordered)
{
	if (IsCosine(metric))
		return isnan(ordered) ? 0 : 1 - ordered;
	return metric->is_similarity ? 0 - ordered : ordered;
}

char *
VmMetricValueSql(const VmMetric *metric, const char *column)
{
	if (IsCosine(metric))
		return psprintf(
			"CASE WHEN %s OPERATOR(pg_catalog.=) 'NaN'::pg_catalog.float8 THEN "
			"0::pg_catalog.float8 ELSE 1::pg_catalog.float8 OPERATOR(pg_catalog.-) %s END",
			column, column);
	return psprintf(
		"%s OPERATOR(pg_catalog.%c) %s", metric->is_similarity ? "0::pg_catalog.float8" : column,
		metric->is_similarity ? '-' : '+', metric->is_similarity ? column : "0::pg_catalog.float8");
}

double
VmMetricOrdered(const VmMetric *metric, double value)
{
	if (IsCosine(metric))
		return 1 - value;
	return metric->is_similarity ? 0 - value : value;
}
