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

static bool
IsCosine(const VmMetric *metric)
{
	return strcmp(metric->name, "COSINE") == 0;
}

char *
VmMetricSql(const VmMetric *metric, VmDataType type, const char *vector, const char *other)
{
	const char *schema = get_namespace_name(VmExtensionSchema());
	char *name = pstrdup(metric->function);
	char *call;

	if (strncmp(metric->function, "%s", 2) == 0)
		name = psprintf("%s%s", TypeName(type), metric->function + 2);
	call = psprintf("%s(%s, %s)", quote_qualified_identifier(schema, name), vector, other);
	return IsCosine(metric) ? psprintf("milvus.cosine_order(%s)", call) : call;
}

/* cosine_order(distance double precision): 1 for NaN */
VM_FUNCTION(vm_cosine_order);
Datum
vm_cosine_order(PG_FUNCTION_ARGS)
{
	double distance = PG_GETARG_FLOAT8(0);

	PG_RETURN_FLOAT8(isnan(distance) ? 1 : distance);
}

double
VmMetricValue(const VmMetric *metric, double ordered)
{
	if (IsCosine(metric))
		return 1 - ordered;
	return metric->is_similarity ? 0 - ordered : ordered;
}

double
VmMetricOrdered(const VmMetric *metric, double value)
{
	/* Its own inverse. */
	return VmMetricValue(metric, value);
}

char *
VmMetricValueSql(const VmMetric *metric, const char *column)
{
	if (!metric->is_similarity)
		return pstrdup(column);
	return psprintf("(%d::pg_catalog.float8 OPERATOR(pg_catalog.-) %s)", IsCosine(metric) ? 1 : 0,
					column);
}
