/*
 * dense_distance.c
 *		Distances and norms of vector and halfvec.
 *
 * Sums are float32 (a norm's are double) and overflow to infinity, as
 * pgvector's do; simd/simd.h holds the kernels.
 */
#include "compat/compat.h"

#include <math.h>

#include "simd/simd.h"
#include "types/errors.h"
#include "types/similarity.h"
#include "types/types.h"

/* Which sum; a constant at every call, so that each function has one branch. */
typedef enum DistanceKind
{
	DISTANCE_L2SQ,
	DISTANCE_DOT,
	DISTANCE_L1
} DistanceKind;

/*
 * Fetches the two arguments and checks that their dimensions agree.  They are
 * exchanged, which changes no sum: people write the column first, and the
 * kernels want the vector that is not in the cache as the second (SIMD-6).
 */
static pg_attribute_always_inline void
GetPair(FunctionCallInfo fcinfo, const VmDenseType *type, VmDense **a, VmDense **b)
{
	*b = VmArgGetScannedDense(fcinfo, 0, type);
	*a = VmArgGetScannedDense(fcinfo, 1, type);
	VmCheckSameDim(type->name, (*b)->dim, (*a)->dim);
}

static pg_attribute_always_inline float
Distance(FunctionCallInfo fcinfo, const VmDenseType *type, DistanceKind kind)
{
	VmDense *a;
	VmDense *b;

	GetPair(fcinfo, type, &a, &b);
	if (type->element == VM_ELEMENT_F32)
	{
		const float *x = VmDenseF32(a);
		const float *y = VmDenseF32(b);

		return kind == DISTANCE_L2SQ ? VmSimd->f32_l2sq(x, y, a->dim) :
			   kind == DISTANCE_DOT  ? VmSimd->f32_dot(x, y, a->dim) :
									   VmSimd->f32_l1(x, y, a->dim);
	}
	else
	{
		const VmHalf *x = VmDenseF16(a);
		const VmHalf *y = VmDenseF16(b);

		return kind == DISTANCE_L2SQ ? VmSimd->f16_l2sq(x, y, a->dim) :
			   kind == DISTANCE_DOT  ? VmSimd->f16_dot(x, y, a->dim) :
									   VmSimd->f16_l1(x, y, a->dim);
	}
}

static pg_attribute_always_inline double
CosineDistance(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *a;
	VmDense *b;
	VmCosineSums sums;

	GetPair(fcinfo, type, &a, &b);
	sums = type->element == VM_ELEMENT_F32 ?
			   VmSimd->f32_cosine(VmDenseF32(a), VmDenseF32(b), a->dim) :
			   VmSimd->f16_cosine(VmDenseF16(a), VmDenseF16(b), a->dim);
	return VmCosineDistance(sums.dot, sums.aa, sums.bb);
}

static pg_attribute_always_inline double
Norm(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);

	return sqrt(type->element == VM_ELEMENT_F32 ? VmSimd->f32_sqnorm(VmDenseF32(v), v->dim) :
												  VmSimd->f16_sqnorm(VmDenseF16(v), v->dim));
}

VM_FUNCTION(vm_vector_l2_distance);
Datum
vm_vector_l2_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(sqrt((double) Distance(fcinfo, &VmVectorType, DISTANCE_L2SQ)));
}

VM_FUNCTION(vm_halfvec_l2_distance);
Datum
vm_halfvec_l2_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(sqrt((double) Distance(fcinfo, &VmHalfvecType, DISTANCE_L2SQ)));
}

VM_FUNCTION(vm_vector_l2_squared_distance);
Datum
vm_vector_l2_squared_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) Distance(fcinfo, &VmVectorType, DISTANCE_L2SQ));
}

VM_FUNCTION(vm_halfvec_l2_squared_distance);
Datum
vm_halfvec_l2_squared_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) Distance(fcinfo, &VmHalfvecType, DISTANCE_L2SQ));
}

VM_FUNCTION(vm_vector_inner_product);
Datum
vm_vector_inner_product(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) Distance(fcinfo, &VmVectorType, DISTANCE_DOT));
}

VM_FUNCTION(vm_halfvec_inner_product);
Datum
vm_halfvec_inner_product(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) Distance(fcinfo, &VmHalfvecType, DISTANCE_DOT));
}

VM_FUNCTION(vm_vector_negative_inner_product);
Datum
vm_vector_negative_inner_product(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) -Distance(fcinfo, &VmVectorType, DISTANCE_DOT));
}

VM_FUNCTION(vm_halfvec_negative_inner_product);
Datum
vm_halfvec_negative_inner_product(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) -Distance(fcinfo, &VmHalfvecType, DISTANCE_DOT));
}

VM_FUNCTION(vm_vector_l1_distance);
Datum
vm_vector_l1_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) Distance(fcinfo, &VmVectorType, DISTANCE_L1));
}

VM_FUNCTION(vm_halfvec_l1_distance);
Datum
vm_halfvec_l1_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) Distance(fcinfo, &VmHalfvecType, DISTANCE_L1));
}

VM_FUNCTION(vm_vector_cosine_distance);
Datum
vm_vector_cosine_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(CosineDistance(fcinfo, &VmVectorType));
}

VM_FUNCTION(vm_halfvec_cosine_distance);
Datum
vm_halfvec_cosine_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(CosineDistance(fcinfo, &VmHalfvecType));
}

/* Angle between unit vectors over pi: 0 to 1.  Assumes that they are unit. */
VM_FUNCTION(vm_vector_spherical_distance);
Datum
vm_vector_spherical_distance(PG_FUNCTION_ARGS)
{
	double dot = Distance(fcinfo, &VmVectorType, DISTANCE_DOT);

	PG_RETURN_FLOAT8(acos(VmClampSimilarity(dot)) / M_PI);
}

VM_FUNCTION(vm_halfvec_spherical_distance);
Datum
vm_halfvec_spherical_distance(PG_FUNCTION_ARGS)
{
	double dot = Distance(fcinfo, &VmHalfvecType, DISTANCE_DOT);

	PG_RETURN_FLOAT8(acos(VmClampSimilarity(dot)) / M_PI);
}

VM_FUNCTION(vm_vector_norm);
Datum
vm_vector_norm(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(Norm(fcinfo, &VmVectorType));
}

VM_FUNCTION(vm_halfvec_norm);
Datum
vm_halfvec_norm(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(Norm(fcinfo, &VmHalfvecType));
}
