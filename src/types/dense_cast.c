/*
 * dense_cast.c
 *		Casts between vector, halfvec and arrays.
 */
#include "compat/compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "simd/simd.h"
#include "types/array_cast.h"
#include "types/errors.h"
#include "types/types.h"

/*
 * Rounds to binary16.  A finite number that becomes infinite is out of range;
 * what is not finite already goes through, for the caller to refuse.
 */
static void
FloatsToHalves(const float *in, VmHalf *out, int dim)
{
	VmSimd->f32_to_f16(in, out, dim);
	if (likely(VmSimd->f16_all_finite(out, dim)))
		return;

	for (int i = 0; i < dim; i++)
	{
		if (VmHalfIsInf(out[i]) && !isinf(in[i]))
			VmRaiseOutOfRange("halfvec", in[i]);
	}
}

/*
 * All elements are converted before any is checked: that decides which error an
 * array with several faults reports, and it is pgvector's order.
 */
static Datum
ArrayToDense(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	int32 typmod = PG_GETARG_INT32(1);
	VmArrayReader reader;
	VmDense *result;

	VmArrayReaderInit(&reader, PG_GETARG_ARRAYTYPE_P(0));
	VmCheckDim(type->name, reader.count, type->max_dim);
	VmCheckExpectedDim(typmod, reader.count);
	result = VmDenseCreate(type, reader.count);

	for (int i = 0; i < reader.count; i++)
	{
		float value = VmArrayReaderNext(&reader);

		if (type->element == VM_ELEMENT_F32)
			VmDenseF32(result)[i] = value;
		else
			FloatsToHalves(&value, &VmDenseF16(result)[i], 1);
	}
	for (int i = 0; i < reader.count; i++)
		VmCheckFinite(type->name, VmDenseGet(type, result, i));
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_array_to_vector);
Datum
vm_array_to_vector(PG_FUNCTION_ARGS)
{
	return ArrayToDense(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_array_to_halfvec);
Datum
vm_array_to_halfvec(PG_FUNCTION_ARGS)
{
	return ArrayToDense(fcinfo, &VmHalfvecType);
}

static Datum
DenseToFloat4(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);
	Datum *elements = palloc(sizeof(Datum) * v->dim);

	for (int i = 0; i < v->dim; i++)
		elements[i] = Float4GetDatum(VmDenseGet(type, v, i));
	PG_RETURN_ARRAYTYPE_P(
		construct_array(elements, v->dim, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}

VM_FUNCTION(vm_vector_to_float4);
Datum
vm_vector_to_float4(PG_FUNCTION_ARGS)
{
	return DenseToFloat4(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_to_float4);
Datum
vm_halfvec_to_float4(PG_FUNCTION_ARGS)
{
	return DenseToFloat4(fcinfo, &VmHalfvecType);
}

VM_FUNCTION(vm_vector_to_halfvec);
Datum
vm_vector_to_halfvec(PG_FUNCTION_ARGS)
{
	VmDense *v = VM_GETARG_DENSE(0, &VmVectorType);
	VmDense *result;

	VmCheckDim("halfvec", v->dim, VM_HALFVEC_MAX_DIM);
	VmCheckExpectedDim(PG_GETARG_INT32(1), v->dim);
	result = VmDenseCreate(&VmHalfvecType, v->dim);
	FloatsToHalves(VmDenseF32(v), VmDenseF16(result), v->dim);
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_halfvec_to_vector);
Datum
vm_halfvec_to_vector(PG_FUNCTION_ARGS)
{
	VmDense *v = VM_GETARG_DENSE(0, &VmHalfvecType);
	VmDense *result;

	VmCheckDim("vector", v->dim, VM_VECTOR_MAX_DIM);
	VmCheckExpectedDim(PG_GETARG_INT32(1), v->dim);
	result = VmDenseCreate(&VmVectorType, v->dim);
	VmSimd->f16_to_f32(VmDenseF16(v), VmDenseF32(result), v->dim);
	PG_RETURN_POINTER(result);
}
