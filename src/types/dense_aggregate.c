/*
 * dense_aggregate.c
 *		avg() of vector and halfvec (sum() is addition).
 *
 * The state is pgvector's, a float8 array {n, sum_1, …, sum_dim}, {0} before
 * the first row; partial aggregates of parallel plans are combined by it.
 */
#include "compat/compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/float.h"

#include "types/errors.h"
#include "types/types.h"

/* Sums double as state: index 0 is the count. */
static double *
StateValues(ArrayType *state)
{
	return (double *) ARR_DATA_PTR(state);
}

static int
StateDim(ArrayType *state)
{
	return ARR_DIMS(state)[0] - 1;
}

static ArrayType *
GetState(FunctionCallInfo fcinfo, int arg, const char *caller)
{
	ArrayType *state = PG_GETARG_ARRAYTYPE_P(arg);

	if (ARR_NDIM(state) != 1 || ARR_DIMS(state)[0] < 1 || ARR_HASNULL(state) ||
		ARR_ELEMTYPE(state) != FLOAT8OID)
		elog(ERROR, "%s: expected state array", caller);
	return state;
}

/* A new state array for dim sums, all values zero. */
static ArrayType *
CreateState(int dim)
{
	int count = dim + 1;
	Size size = ARR_OVERHEAD_NONULLS(1) + sizeof(double) * count;
	ArrayType *state = palloc0(size);

	SET_VARSIZE(state, size);
	state->ndim = 1;
	state->dataoffset = 0;
	state->elemtype = FLOAT8OID;
	ARR_DIMS(state)[0] = count;
	ARR_LBOUND(state)[0] = 1;
	return state;
}

/*
 * State to add to: the given one itself when the executor's aggregate owns it
 * (as float8_accum does), else a copy.
 */
static ArrayType *
WritableState(FunctionCallInfo fcinfo, ArrayType *state, int dim)
{
	ArrayType *copy;

	if (StateDim(state) == dim && AggCheckCallContext(fcinfo, NULL) == AGG_CONTEXT_AGGREGATE)
		return state;

	copy = CreateState(dim);
	memcpy(StateValues(copy), StateValues(state), sizeof(double) * ARR_DIMS(state)[0]);
	return copy;
}

static Datum
DenseAccumulate(FunctionCallInfo fcinfo, const VmDenseType *type, const char *caller)
{
	ArrayType *state = GetState(fcinfo, 0, caller);
	VmDense *v = VM_GETARG_DENSE(1, type);
	double *values;

	if (StateDim(state) > 0)
		VmCheckExpectedDim(StateDim(state), v->dim);

	state = WritableState(fcinfo, state, v->dim);
	values = StateValues(state);
	values[0] += 1;
	for (int i = 0; i < v->dim; i++)
	{
		values[i + 1] += VmDenseGet(type, v, i);
		if (unlikely(isinf(values[i + 1])))
			float_overflow_error();
	}
	PG_RETURN_ARRAYTYPE_P(state);
}

VM_FUNCTION(vm_vector_accum);
Datum
vm_vector_accum(PG_FUNCTION_ARGS)
{
	return DenseAccumulate(fcinfo, &VmVectorType, "vector_accum");
}

VM_FUNCTION(vm_halfvec_accum);
Datum
vm_halfvec_accum(PG_FUNCTION_ARGS)
{
	return DenseAccumulate(fcinfo, &VmHalfvecType, "halfvec_accum");
}

/*
 * Serves both types: a state does not know its elements'.  A state without
 * sums, as before the first row, takes the other's dimension.
 */
VM_FUNCTION(vm_vector_combine);
Datum
vm_vector_combine(PG_FUNCTION_ARGS)
{
	ArrayType *a = GetState(fcinfo, 0, "vector_combine");
	ArrayType *b = GetState(fcinfo, 1, "vector_combine");
	bool both = StateDim(a) > 0 && StateDim(b) > 0;
	ArrayType *result;
	double *values;

	if (both)
		VmCheckExpectedDim(StateDim(a), StateDim(b));

	result = CreateState(Max(StateDim(a), StateDim(b)));
	values = StateValues(result);
	for (int i = 0; i <= StateDim(a); i++)
		values[i] += StateValues(a)[i];
	for (int i = 0; i <= StateDim(b); i++)
		values[i] += StateValues(b)[i];
	for (int i = 1; both && i <= StateDim(result); i++)
	{
		if (unlikely(isinf(values[i])))
			float_overflow_error();
	}
	PG_RETURN_ARRAYTYPE_P(result);
}

static VmHalf
AverageToHalf(double average)
{
	VmHalf half = VmFloatToHalf((float) average);

	if (VmHalfIsInf(half) && !isinf((float) average))
		VmRaiseOutOfRange("halfvec", (float) average);
	return half;
}

static Datum
DenseAverage(FunctionCallInfo fcinfo, const VmDenseType *type, const char *caller)
{
	ArrayType *state = GetState(fcinfo, 0, caller);
	const double *values = StateValues(state);
	int dim = StateDim(state);
	VmDense *result;

	if (values[0] == 0)
		PG_RETURN_NULL();

	VmCheckDim(type->name, dim, type->max_dim);
	result = VmDenseCreate(type, dim);
	for (int i = 0; i < dim; i++)
	{
		double average = values[i + 1] / values[0];

		if (type->element == VM_ELEMENT_F32)
			VmDenseF32(result)[i] = (float) average;
		else
			VmDenseF16(result)[i] = AverageToHalf(average);
		VmCheckFinite(type->name, VmDenseGet(type, result, i));
	}
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_vector_avg);
Datum
vm_vector_avg(PG_FUNCTION_ARGS)
{
	return DenseAverage(fcinfo, &VmVectorType, "vector_avg");
}

VM_FUNCTION(vm_halfvec_avg);
Datum
vm_halfvec_avg(PG_FUNCTION_ARGS)
{
	return DenseAverage(fcinfo, &VmHalfvecType, "halfvec_avg");
}
