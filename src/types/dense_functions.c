/*
 * dense_functions.c
 *		Functions of vector and halfvec that make new vectors: arithmetic,
 *		concatenation, subvectors, normalization, quantization.
 */
#include "compat/compat.h"

#include <math.h>

#include "utils/float.h"
#include "utils/varbit.h"

#include "simd/simd.h"
#include "types/errors.h"
#include "types/types.h"

typedef enum Arithmetic
{
	ARITHMETIC_ADD,
	ARITHMETIC_SUB,
	ARITHMETIC_MUL
} Arithmetic;

static pg_attribute_always_inline float
Apply(Arithmetic operation, float a, float b)
{
	return operation == ARITHMETIC_ADD ? a + b : operation == ARITHMETIC_SUB ? a - b : a * b;
}

/* True when every element of a dense vector is finite. */
static bool
AllFinite(const VmDenseType *type, const VmDense *v)
{
	return type->element == VM_ELEMENT_F32 ? VmSimd->f32_all_finite(VmDenseF32(v), v->dim) :
											 VmSimd->f16_all_finite(VmDenseF16(v), v->dim);
}

static pg_attribute_always_inline void
ApplyF32(Arithmetic operation, const VmDense *a, const VmDense *b, VmDense *result)
{
	const float *x = VmDenseF32(a);
	const float *y = VmDenseF32(b);
	float *r = VmDenseF32(result);

	for (int i = 0; i < a->dim; i++)
		r[i] = Apply(operation, x[i], y[i]);
}

/* float32 arithmetic rounded once: the same as arithmetic in binary16. */
static pg_attribute_always_inline void
ApplyF16(Arithmetic operation, const VmDense *a, const VmDense *b, VmDense *result)
{
	const VmHalf *x = VmDenseF16(a);
	const VmHalf *y = VmDenseF16(b);
	VmHalf *r = VmDenseF16(result);

	for (int i = 0; i < a->dim; i++)
		r[i] = VmFloatToHalf(Apply(operation, VmHalfToFloat(x[i]), VmHalfToFloat(y[i])));
}

/*
 * Raises for the first product that is infinite, or zero although neither
 * factor is.
 */
static void
CheckProducts(const VmDenseType *type, const VmDense *a, const VmDense *b, const VmDense *product)
{
	for (int i = 0; i < product->dim; i++)
	{
		float value = VmDenseGet(type, product, i);

		if (unlikely(isinf(value)))
			float_overflow_error();
		if (unlikely(value == 0) && VmDenseGet(type, a, i) != 0 && VmDenseGet(type, b, i) != 0)
			float_underflow_error();
	}
}

static pg_attribute_always_inline Datum
DenseArithmetic(FunctionCallInfo fcinfo, const VmDenseType *type, Arithmetic operation)
{
	VmDense *a = VM_GETARG_DENSE(0, type);
	VmDense *b = VM_GETARG_DENSE(1, type);
	VmDense *result;

	VmCheckSameDim(type->name, a->dim, b->dim);
	result = VmDenseCreate(type, a->dim);
	if (type->element == VM_ELEMENT_F32)
		ApplyF32(operation, a, b, result);
	else
		ApplyF16(operation, a, b, result);

	if (operation == ARITHMETIC_MUL)
		CheckProducts(type, a, b, result);
	else if (!AllFinite(type, result))
		float_overflow_error();
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_vector_add);
Datum
vm_vector_add(PG_FUNCTION_ARGS)
{
	return DenseArithmetic(fcinfo, &VmVectorType, ARITHMETIC_ADD);
}

VM_FUNCTION(vm_halfvec_add);
Datum
vm_halfvec_add(PG_FUNCTION_ARGS)
{
	return DenseArithmetic(fcinfo, &VmHalfvecType, ARITHMETIC_ADD);
}

VM_FUNCTION(vm_vector_sub);
Datum
vm_vector_sub(PG_FUNCTION_ARGS)
{
	return DenseArithmetic(fcinfo, &VmVectorType, ARITHMETIC_SUB);
}

VM_FUNCTION(vm_halfvec_sub);
Datum
vm_halfvec_sub(PG_FUNCTION_ARGS)
{
	return DenseArithmetic(fcinfo, &VmHalfvecType, ARITHMETIC_SUB);
}

VM_FUNCTION(vm_vector_mul);
Datum
vm_vector_mul(PG_FUNCTION_ARGS)
{
	return DenseArithmetic(fcinfo, &VmVectorType, ARITHMETIC_MUL);
}

VM_FUNCTION(vm_halfvec_mul);
Datum
vm_halfvec_mul(PG_FUNCTION_ARGS)
{
	return DenseArithmetic(fcinfo, &VmHalfvecType, ARITHMETIC_MUL);
}

static Datum
DenseConcat(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *a = VM_GETARG_DENSE(0, type);
	VmDense *b = VM_GETARG_DENSE(1, type);
	int dim = (int) a->dim + (int) b->dim;
	VmDense *result;

	VmCheckDim(type->name, dim, type->max_dim);
	result = VmDenseCreate(type, dim);
	memcpy(result->data, a->data, (Size) a->dim * type->element_size);
	memcpy(result->data + (Size) a->dim * type->element_size, b->data,
		   (Size) b->dim * type->element_size);
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_vector_concat);
Datum
vm_vector_concat(PG_FUNCTION_ARGS)
{
	return DenseConcat(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_concat);
Datum
vm_halfvec_concat(PG_FUNCTION_ARGS)
{
	return DenseConcat(fcinfo, &VmHalfvecType);
}

/* subvector(v, start, count): from 1, clipped like substring. */
static Datum
DenseSubvector(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);
	int64 start = PG_GETARG_INT32(1);
	int64 count = PG_GETARG_INT32(2);
	int64 first = Max(start, 1);
	int64 end = Min(start + count, (int64) v->dim + 1);
	int64 dim = count < 1 ? 0 : end - first;
	VmDense *result;

	VmCheckDim(type->name, dim, type->max_dim);
	result = VmDenseCreate(type, (int) dim);
	memcpy(result->data, v->data + (first - 1) * type->element_size,
		   (Size) dim * type->element_size);
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_vector_subvector);
Datum
vm_vector_subvector(PG_FUNCTION_ARGS)
{
	return DenseSubvector(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_subvector);
Datum
vm_halfvec_subvector(PG_FUNCTION_ARGS)
{
	return DenseSubvector(fcinfo, &VmHalfvecType);
}

static void
DivideF32(const VmDense *v, double divisor, VmDense *result)
{
	const float *x = VmDenseF32(v);
	float *r = VmDenseF32(result);

	for (int i = 0; i < v->dim; i++)
		r[i] = (float) (x[i] / divisor);
}

static void
DivideF16(const VmDense *v, double divisor, VmDense *result)
{
	const VmHalf *x = VmDenseF16(v);
	VmHalf *r = VmDenseF16(result);

	for (int i = 0; i < v->dim; i++)
		r[i] = VmFloatToHalf((float) (VmHalfToFloat(x[i]) / divisor));
}

/* A zero vector stays zero. */
static Datum
DenseNormalize(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);
	VmDense *result = VmDenseCreate(type, v->dim);
	double norm;

	if (type->element == VM_ELEMENT_F32)
	{
		norm = sqrt(VmSimd->f32_sqnorm(VmDenseF32(v), v->dim));
		if (norm > 0)
			DivideF32(v, norm, result);
	}
	else
	{
		norm = sqrt(VmSimd->f16_sqnorm(VmDenseF16(v), v->dim));
		if (norm > 0)
			DivideF16(v, norm, result);
	}
	if (!AllFinite(type, result))
		float_overflow_error();
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_vector_l2_normalize);
Datum
vm_vector_l2_normalize(PG_FUNCTION_ARGS)
{
	return DenseNormalize(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_l2_normalize);
Datum
vm_halfvec_l2_normalize(PG_FUNCTION_ARGS)
{
	return DenseNormalize(fcinfo, &VmHalfvecType);
}

/* bit i (most significant first) = element i is above zero */
static Datum
DenseBinaryQuantize(FunctionCallInfo fcinfo, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);
	Size size = VARBITTOTALLEN(v->dim);
	VarBit *result = palloc0(size);
	bits8 *bits = VARBITS(result);

	SET_VARSIZE(result, size);
	VARBITLEN(result) = v->dim;
	for (int i = 0; i < v->dim; i++)
		bits[i / 8] |= (VmDenseGet(type, v, i) > 0) << (7 - i % 8);
	PG_RETURN_VARBIT_P(result);
}

VM_FUNCTION(vm_vector_binary_quantize);
Datum
vm_vector_binary_quantize(PG_FUNCTION_ARGS)
{
	return DenseBinaryQuantize(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_binary_quantize);
Datum
vm_halfvec_binary_quantize(PG_FUNCTION_ARGS)
{
	return DenseBinaryQuantize(fcinfo, &VmHalfvecType);
}

VM_FUNCTION(vm_vector_dims);
Datum
vm_vector_dims(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(VM_GETARG_DENSE(0, &VmVectorType)->dim);
}

VM_FUNCTION(vm_halfvec_dims);
Datum
vm_halfvec_dims(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(VM_GETARG_DENSE(0, &VmHalfvecType)->dim);
}
