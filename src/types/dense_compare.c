/*
 * dense_compare.c
 *		Order of vector and halfvec: element by element, then by dimension.
 *
 * Stored elements are never NaN, so the comparison is total.
 */
#include "compat/compat.h"

#include "types/comparison.h"
#include "types/types.h"

static int
CompareElements(const VmDenseType *type, const VmDense *a, const VmDense *b)
{
	int dim = Min(a->dim, b->dim);

	for (int i = 0; i < dim; i++)
	{
		float x = VmDenseGet(type, a, i);
		float y = VmDenseGet(type, b, i);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a->dim > b->dim) - (a->dim < b->dim);
}

/* Frees detoasted copies: index builds compare in a long-lived context. */
static int
DenseCompare(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *a = VM_GETARG_DENSE(0, type);
	VmDense *b = VM_GETARG_DENSE(1, type);
	int order = CompareElements(type, a, b);

	VmFreeIfCopy(a, PG_GETARG_DATUM(0));
	VmFreeIfCopy(b, PG_GETARG_DATUM(1));
	return order;
}

VM_COMPARISON_FUNCTIONS(vector, DenseCompare(fcinfo, &VmVectorType))
VM_COMPARISON_FUNCTIONS(halfvec, DenseCompare(fcinfo, &VmHalfvecType))
