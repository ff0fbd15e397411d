/*
 * metric.h
 *		Milvus's metrics: the operator and function that each stands for, and the
 *		value that clients see.
 *
 * Our functions give what an ascending ORDER BY sorts by ("ordered" below);
 * Milvus shows IP and COSINE as similarities, and L2 without the root.
 */
#ifndef VM_COLLECTION_METRIC_H
#define VM_COLLECTION_METRIC_H

#include "compat/compat.h"

#include "collection/collection.h"

typedef struct VmMetric
{
	const char *name;
	const char *index_operator; /* of the indexes; the same order as the function's */
	const char *function;       /* "%s" is the type's name, or not there */
	bool is_similarity;         /* greater is nearer */
} VmMetric;

/* NULL if there is none of that name (in upper case). */
extern const VmMetric *VmMetricByName(const char *name);

/* The metric of vectors of a type for which none was asked for. */
extern const char *VmDefaultMetric(VmDataType type);

/*
 * What is ordered by, as an expression of SQL over two vectors of a type:
 * "public.vector_l2_squared_distance(a, b)".  A cosine with a vector of zeros is
 * none, Milvus's is 0: it orders by 1.
 */
extern char *
VmMetricSql(const VmMetric *metric, VmDataType type, const char *vector, const char *other);

/* The value that clients see, and back. */
extern double VmMetricValue(const VmMetric *metric, double ordered);
extern double VmMetricOrdered(const VmMetric *metric, double value);

/* VmMetricValue as an expression of SQL over a column. */
extern char *VmMetricValueSql(const VmMetric *metric, const char *column);

#endif
