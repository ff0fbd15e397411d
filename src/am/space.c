/*
 * space.c
 *		The spaces that indexes know: VmSpaceInit, payloads and their distances.
 */
#include "compat/compat.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "catalog/pg_type.h"
#include "utils/rel.h"
#include "utils/varbit.h"

#include "am/space.h"
#include "simd/simd.h"
#include "types/errors.h"
#include "types/types.h"

/* The functions of the types that are looked for or called here. */
extern Datum vm_vector_l2_distance(PG_FUNCTION_ARGS);
extern Datum vm_vector_l2_squared_distance(PG_FUNCTION_ARGS);
extern Datum vm_vector_negative_inner_product(PG_FUNCTION_ARGS);
extern Datum vm_vector_l1_distance(PG_FUNCTION_ARGS);
extern Datum vm_vector_l2_normalize(PG_FUNCTION_ARGS);
extern Datum vm_halfvec_l2_distance(PG_FUNCTION_ARGS);
extern Datum vm_halfvec_l2_squared_distance(PG_FUNCTION_ARGS);
extern Datum vm_halfvec_negative_inner_product(PG_FUNCTION_ARGS);
extern Datum vm_halfvec_l1_distance(PG_FUNCTION_ARGS);
extern Datum vm_halfvec_l2_normalize(PG_FUNCTION_ARGS);
extern Datum vm_sparsevec_l2_distance(PG_FUNCTION_ARGS);
extern Datum vm_sparsevec_l2_squared_distance(PG_FUNCTION_ARGS);
extern Datum vm_sparsevec_negative_inner_product(PG_FUNCTION_ARGS);
extern Datum vm_sparsevec_l1_distance(PG_FUNCTION_ARGS);
extern Datum vm_sparsevec_l2_normalize(PG_FUNCTION_ARGS);
extern Datum vm_hamming_distance(PG_FUNCTION_ARGS);
extern Datum vm_jaccard_distance(PG_FUNCTION_ARGS);

/* ------------------------------------------------------------------ kernels */

static float
VectorL2(const void *q, const void *v, Size n)
{
	return VmSimd->f32_l2sq(q, v, n);
}

static float
VectorIp(const void *q, const void *v, Size n)
{
	return -VmSimd->f32_dot(q, v, n);
}

static float
VectorL1(const void *q, const void *v, Size n)
{
	return VmSimd->f32_l1(q, v, n);
}

static float
HalfvecL2(const void *q, const void *v, Size n)
{
	return VmSimd->f16_l2sq(q, v, n);
}

static float
HalfvecIp(const void *q, const void *v, Size n)
{
	return -VmSimd->f16_dot(q, v, n);
}

static float
HalfvecL1(const void *q, const void *v, Size n)
{
	return VmSimd->f16_l1(q, v, n);
}

static float
BitHamming(const void *q, const void *v, Size n)
{
	return (float) VmSimd->bit_hamming(q, v, n);
}

static float
BitJaccard(const void *q, const void *v, Size n)
{
	VmJaccardCounts counts = VmSimd->bit_jaccard(q, v, n);

	if (counts.both == 0)
		return 1;
	return (float) (1 - (double) counts.both / (double) (counts.a + counts.b - counts.both));
}

/* The parts of a sparse payload. */
#define SPARSE_NNZ(p)     (*(const int32 *) (p))
#define SPARSE_INDICES(p) ((const int32 *) (p) + 1)
#define SPARSE_VALUES(p)  ((const float *) (SPARSE_INDICES(p) + SPARSE_NNZ(p)))
#define SPARSE_SIZE(nnz)  (sizeof(int32) + (Size) (nnz) * (sizeof(int32) + sizeof(float)))
#define SPARSE_ARGS(q, v)                                                                          \
	SPARSE_INDICES(q), SPARSE_VALUES(q), SPARSE_NNZ(q), SPARSE_INDICES(v), SPARSE_VALUES(v),       \
		SPARSE_NNZ(v)

static float
SparsevecL2(const void *q, const void *v, Size n)
{
	return VmSimd->sparse_l2sq(SPARSE_ARGS(q, v));
}

static float
SparsevecIp(const void *q, const void *v, Size n)
{
	return -VmSimd->sparse_dot(SPARSE_ARGS(q, v));
}

static float
SparsevecL1(const void *q, const void *v, Size n)
{
	return VmSimd->sparse_l1(SPARSE_ARGS(q, v));
}

/*
 * One line per distance function that an operator class may name.  A root
 * orders as its square does, which costs less.
 */
static const struct
{
	PGFunction function;
	VmValueKind kind;
	VmMetric metric;
	VmPayloadDistance distance;
} spaces[] = {
	{vm_vector_l2_squared_distance, VM_VALUE_VECTOR, VM_METRIC_L2, VectorL2},
	{vm_vector_l2_distance, VM_VALUE_VECTOR, VM_METRIC_L2, VectorL2},
	{vm_vector_negative_inner_product, VM_VALUE_VECTOR, VM_METRIC_IP, VectorIp},
	{vm_vector_l1_distance, VM_VALUE_VECTOR, VM_METRIC_L1, VectorL1},
	{vm_halfvec_l2_squared_distance, VM_VALUE_HALFVEC, VM_METRIC_L2, HalfvecL2},
	{vm_halfvec_l2_distance, VM_VALUE_HALFVEC, VM_METRIC_L2, HalfvecL2},
	{vm_halfvec_negative_inner_product, VM_VALUE_HALFVEC, VM_METRIC_IP, HalfvecIp},
	{vm_halfvec_l1_distance, VM_VALUE_HALFVEC, VM_METRIC_L1, HalfvecL1},
	{vm_hamming_distance, VM_VALUE_BIT, VM_METRIC_HAMMING, BitHamming},
	{vm_jaccard_distance, VM_VALUE_BIT, VM_METRIC_JACCARD, BitJaccard},
	{vm_sparsevec_l2_squared_distance, VM_VALUE_SPARSEVEC, VM_METRIC_L2, SparsevecL2},
	{vm_sparsevec_l2_distance, VM_VALUE_SPARSEVEC, VM_METRIC_L2, SparsevecL2},
	{vm_sparsevec_negative_inner_product, VM_VALUE_SPARSEVEC, VM_METRIC_IP, SparsevecIp},
	{vm_sparsevec_l1_distance, VM_VALUE_SPARSEVEC, VM_METRIC_L1, SparsevecL1},
};

static int
FindSpace(const FmgrInfo *distance)
{
	for (int i = 0; i < lengthof(spaces); i++)
	{
		if (spaces[i].function == distance->fn_addr)
			return i;
	}
	return -1;
}

bool
VmSpaceLookup(const FmgrInfo *distance, VmValueKind *kind, VmMetric *metric)
{
	int i = FindSpace(distance);

	if (i < 0)
		return false;
	*kind = spaces[i].kind;
	*metric = spaces[i].metric;
	return true;
}

/* -------------------------------------------------------------------- spaces */

/* A sparsevec's is the type's own. */
int
VmSpaceMaxDims(VmValueKind kind, const VmSpaceLimits *limits)
{
	switch (kind)
	{
		case VM_VALUE_VECTOR:
			return limits->vector_dims;
		case VM_VALUE_HALFVEC:
			return limits->halfvec_dims;
		case VM_VALUE_BIT:
			return limits->bit_dims;
		case VM_VALUE_SPARSEVEC:
			return VM_SPARSEVEC_MAX_DIM;
	}
	return 0;
}

static void
CheckColumn(Relation index, VmValueKind kind, int dims, const VmSpaceLimits *limits)
{
	int max_dims = VmSpaceMaxDims(kind, limits);

	if (TupleDescAttr(RelationGetDescr(index), 0)->atttypid == VARBITOID ||
		(kind == VM_VALUE_SPARSEVEC && limits->sparsevec_nnz == 0))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("type not supported for %s index", limits->am_name)));
	if (dims < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("column does not have dimensions")));
	if (dims > max_dims)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("column cannot have more than %d dimensions for %s index", max_dims,
							   limits->am_name)));
}

static void
SetSizes(VmSpace *space, const VmSpaceLimits *limits)
{
	switch (space->kind)
	{
		case VM_VALUE_VECTOR:
			space->size = (Size) space->dims * sizeof(float);
			space->count = space->dims;
			break;
		case VM_VALUE_HALFVEC:
			space->size = (Size) space->dims * sizeof(VmHalf);
			space->count = space->dims;
			break;
		case VM_VALUE_BIT:
			space->size = ((Size) space->dims + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
			space->count = space->size;
			break;
		case VM_VALUE_SPARSEVEC:
			space->size = SPARSE_SIZE(limits->sparsevec_nnz);
			space->count = 0;
			break;
	}
}

void
VmSpaceInit(VmSpace *space, Relation index, const VmSpaceLimits *limits, bool normalize, int dims)
{
	FmgrInfo *distance = index_getprocinfo(index, 1, VM_SUPPORT_DISTANCE);
	int i = FindSpace(distance);

	if (i < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("distance function of index \"%s\" is not supported by access method %s",
						RelationGetRelationName(index), limits->am_name),
				 errhint("Use an operator class that comes with the extension.")));

	if (dims == 0)
		dims = TupleDescAttr(RelationGetDescr(index), 0)->atttypmod;
	CheckColumn(index, spaces[i].kind, dims, limits);
	space->kind = spaces[i].kind;
	space->metric = spaces[i].metric;
	space->distance = spaces[i].distance;
	space->normalize = normalize;
	space->dims = dims;
	SetSizes(space, limits);
}

/* ------------------------------------------------------------------ payloads */

static VarBit *
GetBits(Datum value)
{
	VarBit *bits = DatumGetVarBitP(value);

	if (unlikely(VARSIZE(bits) < VARBITHDRSZ + VARHDRSZ || VARBITLEN(bits) < 0 ||
				 VARSIZE(bits) != VARBITTOTALLEN((int64) VARBITLEN(bits))))
		VmRaiseCorrupt("bit", VM_CORRUPT_LENGTH);
	return bits;
}

/* Dimension of a value and the detoasted value itself. */
static Datum
Detoast(VmValueKind kind, Datum value, int *dims)
{
	switch (kind)
	{
		case VM_VALUE_VECTOR:
		case VM_VALUE_HALFVEC:
		{
			VmDense *v =
				VmDatumGetDense(value, kind == VM_VALUE_VECTOR ? &VmVectorType : &VmHalfvecType);

			*dims = v->dim;
			return PointerGetDatum(v);
		}
		case VM_VALUE_BIT:
		{
			VarBit *v = GetBits(value);

			*dims = VARBITLEN(v);
			return PointerGetDatum(v);
		}
		case VM_VALUE_SPARSEVEC:
		{
			VmSparse *v = VmDatumGetSparse(value);

			VmCheckSparseIndices(v);
			*dims = v->dim;
			return PointerGetDatum(v);
		}
	}
	return value;
}

/* True when a value has no direction. */
static bool
IsZero(VmValueKind kind, Datum value)
{
	const VmDense *dense = (const VmDense *) DatumGetPointer(value);
	const VmSparse *sparse = (const VmSparse *) DatumGetPointer(value);

	switch (kind)
	{
		case VM_VALUE_VECTOR:
			return VmSimd->f32_sqnorm(VmDenseF32(dense), dense->dim) == 0;
		case VM_VALUE_HALFVEC:
			return VmSimd->f16_sqnorm(VmDenseF16(dense), dense->dim) == 0;
		case VM_VALUE_BIT:
			return false;
		case VM_VALUE_SPARSEVEC:
			return VmSimd->f32_sqnorm(VmSparseValues(sparse), sparse->nnz) == 0;
	}
	return false;
}

static Datum
Normalize(VmValueKind kind, Datum value)
{
	switch (kind)
	{
		case VM_VALUE_VECTOR:
			return DirectFunctionCall1(vm_vector_l2_normalize, value);
		case VM_VALUE_HALFVEC:
			return DirectFunctionCall1(vm_halfvec_l2_normalize, value);
		case VM_VALUE_BIT:
			return value;
		case VM_VALUE_SPARSEVEC:
			return DirectFunctionCall1(vm_sparsevec_l2_normalize, value);
	}
	return value;
}

static const void *
SparsePayload(const VmSparse *v, Size *size)
{
	int32 *payload;

	*size = SPARSE_SIZE(v->nnz);
	payload = palloc(*size);
	payload[0] = v->nnz;
	memcpy(payload + 1, v->indices, *size - sizeof(int32));
	return payload;
}

/* The payload of a detoasted, normalized value. */
static const void *
GetPayload(const VmSpace *space, Datum value, Size *size)
{
	switch (space->kind)
	{
		case VM_VALUE_VECTOR:
		case VM_VALUE_HALFVEC:
			*size = space->size;
			return ((const VmDense *) DatumGetPointer(value))->data;
		case VM_VALUE_BIT:
			*size = space->size;
			return VARBITS((VarBit *) DatumGetPointer(value));
		case VM_VALUE_SPARSEVEC:
			return SparsePayload((const VmSparse *) DatumGetPointer(value), size);
	}
	return NULL;
}

const void *
VmSpacePayload(const VmSpace *space, Datum value, const VmSpaceLimits *limits, Size *size)
{
	int dims;

	value = Detoast(space->kind, value, &dims);
	VmCheckExpectedDim(space->dims, dims);
	if (space->normalize)
	{
		if (IsZero(space->kind, value))
			return NULL;
		value = Normalize(space->kind, value);
	}
	if (space->kind == VM_VALUE_SPARSEVEC &&
		((const VmSparse *) DatumGetPointer(value))->nnz > limits->sparsevec_nnz)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("sparsevec cannot have more than %d non-zero elements for %s index",
							   limits->sparsevec_nnz, limits->am_name)));
	return GetPayload(space, value, size);
}

Datum
VmSpaceFetch(const VmSpace *space, VmToastCursor *cursor, Datum value)
{
	struct varlena *pointer = (struct varlena *) DatumGetPointer(value);
	const VmDenseType *type = space->kind == VM_VALUE_VECTOR ? &VmVectorType : &VmHalfvecType;

	if ((space->kind != VM_VALUE_VECTOR && space->kind != VM_VALUE_HALFVEC) ||
		!VARATT_IS_EXTERNAL_ONDISK(pointer) ||
		toast_raw_datum_size(value) > VmDenseSize(type, type->max_dim))
		return value;
	return PointerGetDatum(VmToastFetch(cursor, pointer));
}

const void *
VmSpaceQuery(const VmSpace *space, Datum value, bool isnull)
{
	int dims;
	Size size;

	if (isnull)
		return NULL;
	value = Detoast(space->kind, value, &dims);
	if (space->normalize)
		value = Normalize(space->kind, value);
	return GetPayload(space, value, &size);
}

void
VmSpaceCheckQuery(const VmSpace *space, Datum value)
{
	int dims;

	Detoast(space->kind, value, &dims);
	VmCheckExpectedDim(space->dims, dims);
}

bool
VmSpaceSame(const VmSpace *space, const void *a, const void *b)
{
	if (space->kind != VM_VALUE_SPARSEVEC)
		return memcmp(a, b, space->size) == 0;
	return SPARSE_NNZ(a) == SPARSE_NNZ(b) && memcmp(a, b, SPARSE_SIZE(SPARSE_NNZ(a))) == 0;
}

bool
VmSpacePayloadFits(const VmSpace *space, const void *payload, Size size)
{
	if (space->kind != VM_VALUE_SPARSEVEC)
		return size == space->size;
	return size >= sizeof(int32) && size <= space->size && SPARSE_NNZ(payload) >= 0 &&
		   (Size) SPARSE_NNZ(payload) <= space->size / sizeof(int32) &&
		   size == SPARSE_SIZE(SPARSE_NNZ(payload));
}
