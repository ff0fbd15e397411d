/*
 * index_type.h
 *		Milvus's index types: which fields and metrics each fits, which parameters
 *		it takes, and the PostgreSQL index that stands for it.
 *
 * A specification is what was asked for, checked as Milvus checks it, and is
 * what is stored and reported; a plan is what PostgreSQL is told.  Values above
 * our limits are clamped in the plan only.
 */
#ifndef VM_COLLECTION_INDEX_TYPE_H
#define VM_COLLECTION_INDEX_TYPE_H

#include "compat/compat.h"

#include "utils/jsonb.h"

#include "collection/collection.h"

typedef enum VmIndexMethod
{
	VM_METHOD_EXACT, /* no index: every search reads all rows */
	VM_METHOD_HNSW,
	VM_METHOD_IVFFLAT,
	VM_METHOD_BTREE,
	VM_METHOD_HASH,
	VM_METHOD_GIN
} VmIndexMethod;

typedef struct VmIndexSpec
{
	const char *index_type; /* in Milvus's spelling */
	const char *metric;     /* "" for scalar fields */
	Jsonb *params;          /* an object whose values are strings */
} VmIndexSpec;

typedef struct VmIndexPlan
{
	VmIndexMethod method;
	const char *access_method; /* "hnsw" */
	char *key;                 /* of CREATE INDEX: column or expression, operator class */
	char *options;             /* " WITH (...)", or "" */
} VmIndexPlan;

/*
 * Reads and checks what was asked for a field; params may hold "index_type" and
 * "metric_type" too, and parameters both beside and in "params".  An index type
 * or metric that is "" or NULL is the default.
 */
extern void VmIndexSpecRead(const VmField *field, const char *index_type, const char *metric,
							const Jsonb *params, VmIndexSpec *spec);

/* report: whether to tell the client of what differs from what was asked for. */
extern void
VmIndexPlanMake(const VmField *field, const VmIndexSpec *spec, bool report, VmIndexPlan *plan);

/*
 * What follows the column where the index is on a cast of it, as it is with more
 * dimensions than an index of the column's type has: "::public.halfvec(3000)", or "".
 */
extern char *VmIndexCast(const VmField *field);

/* The metric of one of our operator classes, or NULL. */
extern const char *VmMetricOfOpclass(const char *opclass);

/* Whether Milvus has that metric for vectors of that type. */
extern bool VmMetricFits(const char *metric, VmDataType type);

#endif
