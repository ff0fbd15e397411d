/*
 * sparsevec_cast.c
 *		Casts between sparsevec and vector, halfvec, arrays.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "storage/shmem.h"

#include "types/array_cast.h"
#include "types/errors.h"
#include "types/types.h"

static Datum
DenseToSparse(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);
	VmSparse *result;
	int nnz = 0;
	int next = 0;

	VmCheckDim(VM_SPARSEVEC_NAME, v->dim, VM_SPARSEVEC_MAX_DIM);
	VmCheckExpectedDim(PG_GETARG_INT32(1), v->dim);
	for (int i = 0; i < v->dim; i++)
		nnz += VmDenseGet(type, v, i) != 0;

	result = VmSparseCreate(v->dim, nnz);
	for (int i = 0; i < v->dim; i++)
	{
		float value = VmDenseGet(type, v, i);

		if (value == 0)
			continue;
		result->indices[next] = i;
		VmSparseValues(result)[next++] = value;
	}
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_vector_to_sparsevec);
Datum
vm_vector_to_sparsevec(PG_FUNCTION_ARGS)
{
	return DenseToSparse(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_to_sparsevec);
Datum
vm_halfvec_to_sparsevec(PG_FUNCTION_ARGS)
{
	return DenseToSparse(fcinfo, &VmHalfvecType);
}

static Datum
SparseToDense(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmSparse *v = VM_GETARG_SPARSE(0);
	VmDense *result;

	VmCheckDim(type->name, v->dim, type->max_dim);
	VmCheckExpectedDim(PG_GETARG_INT32(1), v->dim);
	VmCheckSparseIndices(v);
	result = VmDenseCreate(type, v->dim);
	for (int i = 0; i < v->nnz; i++)
	{
		int32 index = v->indices[i];
		float value = VmSparseValues(v)[i];

		if (type->element == VM_ELEMENT_F32)
			VmDenseF32(result)[index] = value;
		else
		{
			VmDenseF16(result)[index] = VmFloatToHalf(value);
			if (VmHalfIsInf(VmDenseF16(result)[index]))
				VmRaiseOutOfRange(type->name, value);
		}
	}
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_sparsevec_to_vector);
Datum
vm_sparsevec_to_vector(PG_FUNCTION_ARGS)
{
	return SparseToDense(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_sparsevec_to_halfvec);
Datum
vm_sparsevec_to_halfvec(PG_FUNCTION_ARGS)
{
	return SparseToDense(fcinfo, &VmHalfvecType);
}

/* Elements are converted once, then counted, then stored. */
VM_FUNCTION(vm_array_to_sparsevec);
Datum
vm_array_to_sparsevec(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	int32 typmod = PG_GETARG_INT32(1);
	VmArrayReader reader;
	float *values;
	VmSparse *result;
	int nnz = 0;
	int next = 0;

	VmArrayReaderInit(&reader, array);
	VmCheckDim(VM_SPARSEVEC_NAME, reader.count, VM_SPARSEVEC_MAX_DIM);
	VmCheckExpectedDim(typmod, reader.count);

	values = palloc_extended(mul_size(sizeof(float), reader.count), MCXT_ALLOC_HUGE);
	for (int i = 0; i < reader.count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		values[i] = VmArrayReaderNext(&reader);
		nnz += values[i] != 0;
	}
	VmCheckNonzeroCount(nnz);
	for (int i = 0; i < reader.count; i++)
		VmCheckFinite(VM_SPARSEVEC_NAME, values[i]);

	result = VmSparseCreate(reader.count, nnz);
	for (int i = 0; i < reader.count; i++)
	{
		if (values[i] == 0)
			continue;
		result->indices[next] = i;
		VmSparseValues(result)[next++] = values[i];
	}
	PG_RETURN_POINTER(result);
}
