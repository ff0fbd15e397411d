/*
 * sparsevec_functions.c
 *		Distances, norm, normalization and order of sparsevec.
 */
#include "compat/compat.h"

#include <math.h>

#include "utils/float.h"

#include "simd/simd.h"
#include "types/comparison.h"
#include "types/errors.h"
#include "types/similarity.h"
#include "types/types.h"

static void
GetPair(FunctionCallInfo fcinfo, VmSparse **a, VmSparse **b)
{
	*a = VM_GETARG_SPARSE(0);
	*b = VM_GETARG_SPARSE(1);
	VmCheckSameDim(VM_SPARSEVEC_NAME, (*a)->dim, (*b)->dim);
}

static float
L2Squared(FunctionCallInfo fcinfo)
{
	VmSparse *a;
	VmSparse *b;

	GetPair(fcinfo, &a, &b);
	return VmSimd->sparse_l2sq(a->indices, VmSparseValues(a), a->nnz, b->indices, VmSparseValues(b),
							   b->nnz);
}

static float
Dot(FunctionCallInfo fcinfo)
{
	VmSparse *a;
	VmSparse *b;

	GetPair(fcinfo, &a, &b);
	return VmSimd->sparse_dot(a->indices, VmSparseValues(a), a->nnz, b->indices, VmSparseValues(b),
							  b->nnz);
}

VM_FUNCTION(vm_sparsevec_l2_distance);
Datum
vm_sparsevec_l2_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(sqrt((double) L2Squared(fcinfo)));
}

VM_FUNCTION(vm_sparsevec_l2_squared_distance);
Datum
vm_sparsevec_l2_squared_distance(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) L2Squared(fcinfo));
}

VM_FUNCTION(vm_sparsevec_inner_product);
Datum
vm_sparsevec_inner_product(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) Dot(fcinfo));
}

VM_FUNCTION(vm_sparsevec_negative_inner_product);
Datum
vm_sparsevec_negative_inner_product(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) -Dot(fcinfo));
}

VM_FUNCTION(vm_sparsevec_cosine_distance);
Datum
vm_sparsevec_cosine_distance(PG_FUNCTION_ARGS)
{
	VmSparse *a;
	VmSparse *b;
	float dot;
	float aa;
	float bb;

	GetPair(fcinfo, &a, &b);
	dot = VmSimd->sparse_dot(a->indices, VmSparseValues(a), a->nnz, b->indices, VmSparseValues(b),
							 b->nnz);
	aa = VmSimd->f32_dot(VmSparseValues(a), VmSparseValues(a), a->nnz);
	bb = VmSimd->f32_dot(VmSparseValues(b), VmSparseValues(b), b->nnz);
	PG_RETURN_FLOAT8(VmCosineDistance(dot, aa, bb));
}

VM_FUNCTION(vm_sparsevec_l1_distance);
Datum
vm_sparsevec_l1_distance(PG_FUNCTION_ARGS)
{
	VmSparse *a;
	VmSparse *b;

	GetPair(fcinfo, &a, &b);
	PG_RETURN_FLOAT8((double) VmSimd->sparse_l1(a->indices, VmSparseValues(a), a->nnz, b->indices,
												VmSparseValues(b), b->nnz));
}

VM_FUNCTION(vm_sparsevec_norm);
Datum
vm_sparsevec_norm(PG_FUNCTION_ARGS)
{
	VmSparse *v = VM_GETARG_SPARSE(0);

	PG_RETURN_FLOAT8(sqrt(VmSimd->f32_sqnorm(VmSparseValues(v), v->nnz)));
}

/* The value itself, or a copy without the elements that became zero. */
static VmSparse *
WithoutZeros(VmSparse *v)
{
	const float *values = VmSparseValues(v);
	VmSparse *result;
	int nnz = 0;
	int next = 0;

	for (int i = 0; i < v->nnz; i++)
		nnz += values[i] != 0;
	if (nnz == v->nnz)
		return v;

	result = VmSparseCreate(v->dim, nnz);
	for (int i = 0; i < v->nnz; i++)
	{
		if (values[i] == 0)
			continue;
		result->indices[next] = v->indices[i];
		VmSparseValues(result)[next++] = values[i];
	}
	return result;
}

VM_FUNCTION(vm_sparsevec_l2_normalize);
Datum
vm_sparsevec_l2_normalize(PG_FUNCTION_ARGS)
{
	VmSparse *v = VM_GETARG_SPARSE(0);
	double norm = sqrt(VmSimd->f32_sqnorm(VmSparseValues(v), v->nnz));
	VmSparse *result;

	if (norm == 0)
		PG_RETURN_POINTER(VmSparseCreate(v->dim, 0));

	result = VmSparseCreate(v->dim, v->nnz);
	memcpy(result->indices, v->indices, sizeof(int32) * v->nnz);
	for (int i = 0; i < v->nnz; i++)
		VmSparseValues(result)[i] = (float) (VmSparseValues(v)[i] / norm);
	if (!VmSimd->f32_all_finite(VmSparseValues(result), v->nnz))
		float_overflow_error();
	PG_RETURN_POINTER(WithoutZeros(result));
}

/*
 * Order as if both were dense: at the first index where they differ, a missing
 * element counts as zero.  Where the dimensions differ, only indices below the
 * smaller one are compared, then the dimensions.
 */
static int
CompareElements(const VmSparse *a, const VmSparse *b)
{
	const float *x = VmSparseValues(a);
	const float *y = VmSparseValues(b);
	int dim = Min(a->dim, b->dim);
	int i = 0;
	int j = 0;

	for (;;)
	{
		int at_a = i < a->nnz ? a->indices[i] : dim;
		int at_b = j < b->nnz ? b->indices[j] : dim;
		int at = Min(at_a, at_b);
		float value_a;
		float value_b;

		if (at >= dim)
			return (a->dim > b->dim) - (a->dim < b->dim);
		value_a = at_a == at ? x[i++] : 0;
		value_b = at_b == at ? y[j++] : 0;
		if (value_a != value_b)
			return value_a < value_b ? -1 : 1;
	}
}

/* Frees detoasted copies: index builds compare in a long-lived context. */
static int
SparseCompare(FunctionCallInfo fcinfo)
{
	VmSparse *a = VM_GETARG_SPARSE(0);
	VmSparse *b = VM_GETARG_SPARSE(1);
	int order = CompareElements(a, b);

	VmFreeIfCopy(a, PG_GETARG_DATUM(0));
	VmFreeIfCopy(b, PG_GETARG_DATUM(1));
	return order;
}

VM_COMPARISON_FUNCTIONS(sparsevec, SparseCompare(fcinfo))
