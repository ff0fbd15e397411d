/*
 * value.c
 *		Making and reading values: VmDatumGetDense, VmDatumGetSparse,
 *		VmDenseCreate, VmSparseCreate.
 */
#include "compat/compat.h"

#include "access/detoast.h"

#include "types/errors.h"
#include "types/types.h"

const VmDenseType VmVectorType = {
	.name = "vector",
	.element = VM_ELEMENT_F32,
	.element_size = sizeof(float),
	.max_dim = VM_VECTOR_MAX_DIM,
};

const VmDenseType VmHalfvecType = {
	.name = "halfvec",
	.element = VM_ELEMENT_F16,
	.element_size = sizeof(VmHalf),
	.max_dim = VM_HALFVEC_MAX_DIM,
};

/*
 * Detoasts what is not plain already.  The claimed length is bounded before
 * anything is allocated for it, so that a damaged TOAST pointer cannot ask for
 * a gigabyte.
 */
static pg_noinline struct varlena *
Detoast(Datum datum, const char *type_name, Size max_size)
{
	if (toast_raw_datum_size(datum) > max_size)
		VmRaiseCorrupt(type_name);
	return PG_DETOAST_DATUM(datum);
}

VmDense *
VmDatumGetDense(Datum datum, const VmDenseType *type)
{
	VmDense *v = (VmDense *) DatumGetPointer(datum);

	if (!VARATT_IS_4B_U(v))
		v = (VmDense *) Detoast(datum, type->name, VmDenseSize(type, type->max_dim));

	if (unlikely(VARSIZE(v) < offsetof(VmDense, data) || v->dim < 1 || v->dim > type->max_dim ||
				 VARSIZE(v) != VmDenseSize(type, v->dim)))
		VmRaiseCorrupt(type->name);
	return v;
}

VmSparse *
VmDatumGetSparse(Datum datum)
{
	VmSparse *v = (VmSparse *) DatumGetPointer(datum);

	if (!VARATT_IS_4B_U(v))
		v = (VmSparse *) Detoast(datum, VM_SPARSEVEC_NAME, VmSparseSize(VM_SPARSEVEC_MAX_NNZ));

	if (unlikely(VARSIZE(v) < offsetof(VmSparse, indices) || v->dim < 1 ||
				 v->dim > VM_SPARSEVEC_MAX_DIM || v->nnz < 0 || v->nnz > VM_SPARSEVEC_MAX_NNZ ||
				 v->nnz > v->dim || VARSIZE(v) != VmSparseSize(v->nnz)))
		VmRaiseCorrupt(VM_SPARSEVEC_NAME);
	return v;
}

VmDense *
VmDenseCreate(const VmDenseType *type, int dim)
{
	Size size = VmDenseSize(type, dim);
	VmDense *v = palloc0(size);

	Assert(dim >= 1 && dim <= type->max_dim);
	SET_VARSIZE(v, size);
	v->dim = dim;
	return v;
}

VmSparse *
VmSparseCreate(int dim, int nnz)
{
	Size size = VmSparseSize(nnz);
	VmSparse *v = palloc0(size);

	Assert(dim >= 1 && dim <= VM_SPARSEVEC_MAX_DIM);
	Assert(nnz >= 0 && nnz <= VM_SPARSEVEC_MAX_NNZ && nnz <= dim);
	SET_VARSIZE(v, size);
	v->dim = dim;
	v->nnz = nnz;
	return v;
}
