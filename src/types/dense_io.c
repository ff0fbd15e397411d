/*
 * dense_io.c
 *		Input, output and type modifiers of vector and halfvec.
 *
 * The formats themselves are core/codec.h's; here are the server's memory and
 * messages around them.
 */
#include "compat/compat.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"

#include "types/errors.h"
#include "types/typmod.h"
#include "types/types.h"

static Datum
DenseIn(PG_FUNCTION_ARGS, const VmDenseType *type)
{
	char *literal = PG_GETARG_CSTRING(0);
	int32 typmod = PG_GETARG_INT32(2);
	union
	{
		float f32[VM_VECTOR_MAX_DIM];
		VmHalf f16[VM_HALFVEC_MAX_DIM];
	} elements;
	VmCodecError err;
	VmDense *result;
	int dim;

	dim = VmDenseParse(type->element, literal, typmod, &elements, &err);
	if (dim < 0)
		return VmReportCodecError(fcinfo->context, type->name, type->max_dim, typmod, &err,
								  literal);

	result = VmDenseCreate(type, dim);
	memcpy(result->data, &elements, (Size) dim * type->element_size);
	PG_RETURN_POINTER(result);
}

static Datum
DenseOut(PG_FUNCTION_ARGS, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);
	char *out = palloc(VmDenseFormatBound(v->dim));

	VmDenseFormat(type->element, v->data, v->dim, out);
	VmFreeIfCopy(v, PG_GETARG_DATUM(0));
	PG_RETURN_CSTRING(out);
}

static Datum
DenseRecv(PG_FUNCTION_ARGS, const VmDenseType *type)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int32 typmod = PG_GETARG_INT32(2);
	const uint8 *wire = (const uint8 *) message->data + message->cursor;
	VmCodecError err;
	VmDense *result;
	size_t used;
	int dim;

	dim = VmDenseDecodeHeader(type->element, wire, message->len - message->cursor, typmod, &err);
	if (dim < 0)
		return VmReportCodecError(NULL, type->name, type->max_dim, typmod, &err, NULL);

	result = VmDenseCreate(type, dim);
	used = VmDenseDecode(type->element, wire, dim, result->data, &err);
	if (used == 0)
		return VmReportCodecError(NULL, type->name, type->max_dim, typmod, &err, NULL);
	message->cursor += used;
	PG_RETURN_POINTER(result);
}

static Datum
DenseSend(PG_FUNCTION_ARGS, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);
	size_t wire_size = VmDenseWireSize(type->element, v->dim);
	bytea *result = palloc(VARHDRSZ + wire_size);

	SET_VARSIZE(result, VARHDRSZ + wire_size);
	VmDenseEncode(type->element, v->data, v->dim, (uint8 *) VARDATA(result));
	PG_RETURN_BYTEA_P(result);
}

/* X(X, typmod, explicit): only checks the dimension. */
static Datum
DenseEnforceTypmod(PG_FUNCTION_ARGS, const VmDenseType *type)
{
	VmDense *v = VM_GETARG_DENSE(0, type);

	VmCheckExpectedDim(PG_GETARG_INT32(1), v->dim);
	PG_RETURN_POINTER(v);
}

int32
VmTypmodIn(ArrayType *modifiers, const char *type_name, int max_dim)
{
	int count;
	int32 *values = ArrayGetIntegerTypmods(modifiers, &count);

	if (count != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid type modifier")));
	if (*values < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("dimensions for type %s must be at least 1", type_name)));
	if (*values > max_dim)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("dimensions for type %s cannot exceed %d", type_name, max_dim)));
	return *values;
}

VM_FUNCTION(vm_vector_in);
Datum
vm_vector_in(PG_FUNCTION_ARGS)
{
	return DenseIn(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_in);
Datum
vm_halfvec_in(PG_FUNCTION_ARGS)
{
	return DenseIn(fcinfo, &VmHalfvecType);
}

VM_FUNCTION(vm_vector_out);
Datum
vm_vector_out(PG_FUNCTION_ARGS)
{
	return DenseOut(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_out);
Datum
vm_halfvec_out(PG_FUNCTION_ARGS)
{
	return DenseOut(fcinfo, &VmHalfvecType);
}

VM_FUNCTION(vm_vector_recv);
Datum
vm_vector_recv(PG_FUNCTION_ARGS)
{
	return DenseRecv(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_recv);
Datum
vm_halfvec_recv(PG_FUNCTION_ARGS)
{
	return DenseRecv(fcinfo, &VmHalfvecType);
}

VM_FUNCTION(vm_vector_send);
Datum
vm_vector_send(PG_FUNCTION_ARGS)
{
	return DenseSend(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_send);
Datum
vm_halfvec_send(PG_FUNCTION_ARGS)
{
	return DenseSend(fcinfo, &VmHalfvecType);
}

VM_FUNCTION(vm_vector_typmod_in);
Datum
vm_vector_typmod_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(VmTypmodIn(PG_GETARG_ARRAYTYPE_P(0), "vector", VM_VECTOR_MAX_DIM));
}

VM_FUNCTION(vm_halfvec_typmod_in);
Datum
vm_halfvec_typmod_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(VmTypmodIn(PG_GETARG_ARRAYTYPE_P(0), "halfvec", VM_HALFVEC_MAX_DIM));
}

VM_FUNCTION(vm_vector_enforce_typmod);
Datum
vm_vector_enforce_typmod(PG_FUNCTION_ARGS)
{
	return DenseEnforceTypmod(fcinfo, &VmVectorType);
}

VM_FUNCTION(vm_halfvec_enforce_typmod);
Datum
vm_halfvec_enforce_typmod(PG_FUNCTION_ARGS)
{
	return DenseEnforceTypmod(fcinfo, &VmHalfvecType);
}
