/*
 * space.h
 *		What an index compares: a kind of value, a metric and a dimension.
 *
 * An index stores payloads, the bytes that the distance kernels read:
 *
 *	vector, halfvec		dim elements (float4 / binary16)
 *	bit					the bits, padded to bytes
 *	sparsevec			int32 nnz | int32 index[nnz] | float4 value[nnz]
 *
 * The dimension is the index's, so a payload does not repeat it.  Distances are
 * those that order an index scan: squared for L2, negated for the inner
 * product, and for cosine the negated inner product of values brought to length
 * one.  They are never NaN (SPACE-1).
 */
#ifndef VM_AM_SPACE_H
#define VM_AM_SPACE_H

#include "compat/compat.h"

#include <math.h>

#include "utils/relcache.h"

#include "types/toast.h"

typedef enum VmValueKind
{
	VM_VALUE_VECTOR,
	VM_VALUE_HALFVEC,
	VM_VALUE_BIT,
	VM_VALUE_SPARSEVEC
} VmValueKind;

typedef enum VmMetric
{
	VM_METRIC_L2, /* squared */
	VM_METRIC_IP, /* negated */
	VM_METRIC_L1,
	VM_METRIC_HAMMING,
	VM_METRIC_JACCARD
} VmMetric;

/* query first, the stored payload, which may be cold, second (SIMD-6) */
typedef float (*VmPayloadDistance)(const void *query, const void *stored, Size count);

typedef struct VmSpace
{
	VmValueKind kind;
	VmMetric metric;
	bool normalize; /* cosine: values are brought to length one first */
	int dims;       /* the column's type modifier */
	Size size;      /* bytes of a payload; of a sparsevec's the largest */
	Size count;     /* what the kernel is told: elements, or bytes of bits */
	VmPayloadDistance distance;
} VmSpace;

/* What an access method can index, for the messages. */
typedef struct VmSpaceLimits
{
	const char *am_name; /* "hnsw", "ivfflat" */
	int vector_dims;
	int halfvec_dims;
	int bit_dims;
	int sparsevec_nnz; /* 0: not at all */
} VmSpaceLimits;

/*
 * Numbers of the support functions that every access method has.  The type
 * support function's differs: it is not called, a kind of value is known by its
 * distance function.
 */
#define VM_SUPPORT_DISTANCE 1
#define VM_SUPPORT_NORM     2

/*
 * The space of an index's first column, by its operator class and type.  Raises
 * where that cannot be indexed: no dimensions, too many, a type or a distance
 * function that is not ours.  normalize tells whether values are brought to
 * length one, which the two access methods read off different support numbers.
 * dims: those that the index was built with, or 0 to take the column's, whose
 * type modifier may have been dropped since.
 */
extern void
VmSpaceInit(VmSpace *space, Relation index, const VmSpaceLimits *limits, bool normalize, int dims);

/* The kind and metric of a distance function; false when it is not ours. */
extern bool VmSpaceLookup(const FmgrInfo *distance, VmValueKind *kind, VmMetric *metric);

/* Largest dimension of a kind that VmSpaceInit accepts. */
extern int VmSpaceMaxDims(VmValueKind kind, const VmSpaceLimits *limits);

/*
 * The payload of a value to be indexed, in the current memory context, or
 * within the value.  NULL when such a value is not indexed: a zero vector under
 * cosine.  *size is its bytes, limits as for VmSpaceInit.
 */
extern const void *
VmSpacePayload(const VmSpace *space, Datum value, const VmSpaceLimits *limits, Size *size);

/*
 * The value itself, or, when it lies in TOAST, a copy that is fetched in table
 * order (types/toast.h), in the current memory context: for VmSpacePayload, when
 * a build reads row after row.
 */
extern Datum VmSpaceFetch(const VmSpace *space, VmToastCursor *cursor, Datum value);

/*
 * The payload of a query.  A NULL query has no direction: returns NULL, and
 * every distance to it is 0.  Its dimension is not checked here, because an
 * empty index accepts any: VmSpaceCheckQuery does that.
 */
extern const void *VmSpaceQuery(const VmSpace *space, Datum value, bool isnull);
extern void VmSpaceCheckQuery(const VmSpace *space, Datum value);

/* True when size bytes may be a payload, so that reading it stays inside. */
extern bool VmSpacePayloadFits(const VmSpace *space, const void *payload, Size size);

/* Whether two payloads are the same value. */
extern bool VmSpaceSame(const VmSpace *space, const void *a, const void *b);

/* Distance of two payloads; infinity in place of NaN.  query may be NULL. */
static inline float
VmSpaceDistance(const VmSpace *space, const void *query, const void *stored)
{
	float distance;

	if (query == NULL)
		return 0;
	distance = space->distance(query, stored, space->count);
	return isnan(distance) ? INFINITY : distance;
}

#endif
