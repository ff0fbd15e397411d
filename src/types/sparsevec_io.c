/*
 * sparsevec_io.c
 *		Input, output and type modifiers of sparsevec.
 */
#include "compat/compat.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"

#include "types/errors.h"
#include "types/types.h"
#include "types/typmod.h"

static Datum
ReportError(Node *context, int32 typmod, const VmCodecError *err, const char *literal)
{
	return VmReportCodecError(context, VM_SPARSEVEC_NAME, VM_SPARSEVEC_MAX_DIM, typmod, err,
							  literal);
}

/* The parts of a value, as the codec wants them; points into it. */
static VmSparseParts
Parts(VmSparse *v)
{
	return (VmSparseParts) {
		.dim = v->dim,
		.nnz = v->nnz,
		.indices = v->indices,
		.values = VmSparseValues(v),
	};
}

VM_FUNCTION(vm_sparsevec_in);
Datum
vm_sparsevec_in(PG_FUNCTION_ARGS)
{
	char *literal = PG_GETARG_CSTRING(0);
	int32 typmod = PG_GETARG_INT32(2);
	VmSparseParts parts;
	VmCodecError err;
	VmSparse *result;
	int bound;

	bound = VmSparseParseBound(literal, &err);
	if (bound < 0)
		return ReportError(fcinfo->context, typmod, &err, literal);

	parts.indices = palloc(sizeof(int32) * Max(bound, 1));
	parts.values = palloc(sizeof(float) * Max(bound, 1));
	if (!VmSparseParse(literal, bound, typmod, &parts, &err))
		return ReportError(fcinfo->context, typmod, &err, literal);

	result = VmSparseCreate(parts.dim, parts.nnz);
	memcpy(result->indices, parts.indices, sizeof(int32) * parts.nnz);
	memcpy(VmSparseValues(result), parts.values, sizeof(float) * parts.nnz);
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_sparsevec_out);
Datum
vm_sparsevec_out(PG_FUNCTION_ARGS)
{
	VmSparse *v = VM_GETARG_SPARSE(0);
	VmSparseParts parts = Parts(v);
	char *out = palloc(VmSparseFormatBound(v->nnz));

	VmCheckSparseIndices(v);
	VmSparseFormat(&parts, out);
	PG_RETURN_CSTRING(out);
}

VM_FUNCTION(vm_sparsevec_recv);
Datum
vm_sparsevec_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int32 typmod = PG_GETARG_INT32(2);
	const uint8 *wire = (const uint8 *) message->data + message->cursor;
	VmSparseParts header;
	VmSparseParts parts;
	VmCodecError err;
	VmSparse *result;
	size_t used;

	if (!VmSparseDecodeHeader(wire, message->len - message->cursor, typmod, &header, &err))
		return ReportError(NULL, typmod, &err, NULL);

	result = VmSparseCreate(header.dim, header.nnz);
	parts = Parts(result);
	used = VmSparseDecode(wire, &parts, &err);
	if (used == 0)
		return ReportError(NULL, typmod, &err, NULL);
	message->cursor += used;
	PG_RETURN_POINTER(result);
}

VM_FUNCTION(vm_sparsevec_send);
Datum
vm_sparsevec_send(PG_FUNCTION_ARGS)
{
	VmSparse *v = VM_GETARG_SPARSE(0);
	VmSparseParts parts = Parts(v);
	size_t wire_size = VmSparseWireSize(v->nnz);
	bytea *result = palloc(VARHDRSZ + wire_size);

	VmCheckSparseIndices(v);
	SET_VARSIZE(result, VARHDRSZ + wire_size);
	VmSparseEncode(&parts, (uint8 *) VARDATA(result));
	PG_RETURN_BYTEA_P(result);
}

VM_FUNCTION(vm_sparsevec_typmod_in);
Datum
vm_sparsevec_typmod_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(VmTypmodIn(PG_GETARG_ARRAYTYPE_P(0), VM_SPARSEVEC_NAME, VM_SPARSEVEC_MAX_DIM));
}

VM_FUNCTION(vm_sparsevec_enforce_typmod);
Datum
vm_sparsevec_enforce_typmod(PG_FUNCTION_ARGS)
{
	VmSparse *v = VM_GETARG_SPARSE(0);

	VmCheckExpectedDim(PG_GETARG_INT32(1), v->dim);
	PG_RETURN_POINTER(v);
}
