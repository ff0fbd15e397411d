/*
 * value.c
 *		Making and reading values: VmDatumGetDense, VmArgGetScannedDense,
 *		VmDatumGetSparse, VmDenseCreate, VmSparseCreate.
 */
#include "compat/compat.h"

#include "access/detoast.h"

#include "core/prefetch.h"
#include "types/errors.h"
#include "types/toast.h"
#include "types/types.h"

/* Bytes of the next row that are asked for ahead; measured, bench/README.md. */
#define MAX_PREFETCH ((Size) 49 * VM_CACHE_LINE)

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
 * Bounds the lengths that a value claims before anything is allocated for it,
 * so that a damaged TOAST pointer cannot ask for a gigabyte.
 */
static void
CheckClaimedSize(Datum datum, const char *type_name, Size max_size)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(datum);
	Size raw_size = toast_raw_datum_size(datum);

	if (raw_size > max_size)
		VmRaiseCorrupt(type_name, VM_CORRUPT_LENGTH);
	if (VARATT_IS_EXTERNAL_ONDISK(value))
	{
		struct varatt_external external;

		VARATT_EXTERNAL_GET_POINTER(external, value);
		if (raw_size < VARHDRSZ || VARATT_EXTERNAL_GET_EXTSIZE(external) > raw_size - VARHDRSZ)
			VmRaiseCorrupt(type_name, VM_CORRUPT_LENGTH);
	}
}

/* Detoasts what is not plain already. */
static pg_noinline struct varlena *
Detoast(Datum datum, const char *type_name, Size max_size)
{
	CheckClaimedSize(datum, type_name, max_size);
	return PG_DETOAST_DATUM(datum);
}

static inline VmDense *
CheckDense(struct varlena *value, const VmDenseType *type)
{
	VmDense *v = (VmDense *) value;

	if (unlikely(VARSIZE(v) < offsetof(VmDense, data) || v->dim < 1 || v->dim > type->max_dim ||
				 VARSIZE(v) != VmDenseSize(type, v->dim)))
		VmRaiseCorrupt(type->name, VM_CORRUPT_LENGTH);
	return v;
}

VmDense *
VmDatumGetDense(Datum datum, const VmDenseType *type)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(datum);

	if (!VARATT_IS_4B_U(value))
		value = Detoast(datum, type->name, VmDenseSize(type, type->max_dim));
	return CheckDense(value, type);
}

/* The cursors of a call site's two arguments, made at the first need. */
static VmToastCursor *
GetCursors(FmgrInfo *flinfo)
{
	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, 2 * sizeof(VmToastCursor));
	return flinfo->fn_extra;
}

static pg_noinline struct varlena *
DetoastScanned(FunctionCallInfo fcinfo, int n, const VmDenseType *type)
{
	struct varlena *value = (struct varlena *) PG_GETARG_POINTER(n);
	Size max_size = VmDenseSize(type, type->max_dim);

	if (fcinfo->flinfo == NULL || !VARATT_IS_EXTERNAL_ONDISK(value))
		return Detoast(PG_GETARG_DATUM(n), type->name, max_size);

	CheckClaimedSize(PG_GETARG_DATUM(n), type->name, max_size);
	return VmToastFetch(&GetCursors(fcinfo->flinfo)[n], value);
}

/*
 * Starts loading the row after this one: a page fills from its end, so the next
 * row lies below, where the processor's own prefetcher does not look.
 */
static inline void
PrefetchNextRow(const struct varlena *value)
{
	Size size = Min(VARSIZE_4B(value) + VM_CACHE_LINE, MAX_PREFETCH);

	VmPrefetchBytes((const char *) value - size, size);
}

VmDense *
VmArgGetScannedDense(FunctionCallInfo fcinfo, int n, const VmDenseType *type)
{
	struct varlena *value = (struct varlena *) PG_GETARG_POINTER(n);

	if (VARATT_IS_4B_U(value))
		PrefetchNextRow(value);
	else
		value = DetoastScanned(fcinfo, n, type);
	return CheckDense(value, type);
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
		VmRaiseCorrupt(VM_SPARSEVEC_NAME, VM_CORRUPT_LENGTH);
	return v;
}

void
VmCheckSparseIndices(const VmSparse *v)
{
	for (int i = 0; i < v->nnz; i++)
	{
		if (v->indices[i] < 0 || v->indices[i] >= v->dim ||
			(i > 0 && v->indices[i] <= v->indices[i - 1]))
			VmRaiseCorrupt(VM_SPARSEVEC_NAME, VM_CORRUPT_INDICES);
	}
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
