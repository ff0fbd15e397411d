/*
 * types.h
 *		Storage of vector, halfvec and sparsevec, and what their functions share.
 *
 * On disk and in memory, after PostgreSQL's 4-byte varlena header, in the
 * host's byte order:
 *
 *	vector, halfvec		int16 dim | int16 0 | dim elements (float4 / binary16)
 *	sparsevec			int32 dim | int32 nnz | int32 0 | int32 index[nnz] | float4 value[nnz]
 *
 * the same bytes as pgvector's.  A dense vector's code is written once, for
 * both element kinds, and told apart by a VmDenseType.
 */
#ifndef VM_TYPES_TYPES_H
#define VM_TYPES_TYPES_H

#include "compat/compat.h"

#include "core/codec.h"
#include "core/f16.h"

/* vector or halfvec */
typedef struct VmDense
{
	int32 vl_len_; /* varlena header (do not touch directly!) */
	int16 dim;
	int16 unused; /* reserved, always 0 */
	char data[FLEXIBLE_ARRAY_MEMBER];
} VmDense;

typedef struct VmSparse
{
	int32 vl_len_; /* varlena header (do not touch directly!) */
	int32 dim;
	int32 nnz;
	int32 unused;                         /* reserved, always 0 */
	int32 indices[FLEXIBLE_ARRAY_MEMBER]; /* ascending, from 0; values follow */
} VmSparse;

StaticAssertDecl(offsetof(VmDense, data) == 8, "vector header is 8 bytes on disk");
StaticAssertDecl(offsetof(VmSparse, indices) == 16, "sparsevec header is 16 bytes on disk");

/* A kind of dense vector. */
typedef struct VmDenseType
{
	const char *name; /* the SQL type's, for messages */
	VmElement element;
	int element_size; /* bytes */
	int max_dim;
} VmDenseType;

extern const VmDenseType VmVectorType;
extern const VmDenseType VmHalfvecType;

#define VM_SPARSEVEC_NAME "sparsevec"

static inline float *
VmDenseF32(const VmDense *v)
{
	return (float *) v->data;
}

static inline VmHalf *
VmDenseF16(const VmDense *v)
{
	return (VmHalf *) v->data;
}

static inline float *
VmSparseValues(const VmSparse *v)
{
	return (float *) (v->indices + v->nnz);
}

static inline Size
VmDenseSize(const VmDenseType *type, int dim)
{
	return offsetof(VmDense, data) + (Size) dim * type->element_size;
}

static inline Size
VmSparseSize(int nnz)
{
	return offsetof(VmSparse, indices) + (Size) nnz * (sizeof(int32) + sizeof(float));
}

/*
 * Detoasted and checked value of an argument: its length agrees with its
 * header, so the elements may be read without another look (TYPES-1).  May
 * point into the tuple; VmFreeIfCopy frees it when it does not.
 */
extern VmDense *VmDatumGetDense(Datum datum, const VmDenseType *type);
extern VmSparse *VmDatumGetSparse(Datum datum);

/*
 * The same for an argument that a scan delivers row after row: TOASTed values
 * are read in table order (toast.h), remembering the place in fn_extra, which
 * belongs to this use of the function.  n is 0 or 1.
 */
extern VmDense *VmArgGetScannedDense(FunctionCallInfo fcinfo, int n, const VmDenseType *type);

#define VM_GETARG_DENSE(n, type) VmDatumGetDense(PG_GETARG_DATUM(n), type)
#define VM_GETARG_SPARSE(n)      VmDatumGetSparse(PG_GETARG_DATUM(n))

static inline void
VmFreeIfCopy(void *value, Datum datum)
{
	if (value != DatumGetPointer(datum))
		pfree(value);
}

/* Raises unless the indices ascend within the dimension (TYPES-1). */
extern void VmCheckSparseIndices(const VmSparse *v);

/* New value in the current memory context; elements zeroed. */
extern VmDense *VmDenseCreate(const VmDenseType *type, int dim);
extern VmSparse *VmSparseCreate(int dim, int nnz);

/* Elements as floats, whatever the kind. */
static inline float
VmDenseGet(const VmDenseType *type, const VmDense *v, int i)
{
	return type->element == VM_ELEMENT_F32 ? VmDenseF32(v)[i] : VmHalfToFloat(VmDenseF16(v)[i]);
}

#endif
