/*
 * errors.c
 *		The error texts of the drop-in surface.
 */
#include "compat/compat.h"

#include <math.h>

#include "common/shortest_dec.h"

#include "types/errors.h"

static _Noreturn void RaiseRange(const char *type_name, const char *number);
static _Noreturn void RaiseNoDims(const char *type_name);
static _Noreturn void RaiseTooManyDims(const char *type_name, int max_dim);
static _Noreturn void RaiseWrongDims(int expected, int64 found);
static _Noreturn void RaiseNotFinite(const char *type_name, bool is_nan);
static _Noreturn void RaiseTooManyNonzero(void);
static _Noreturn void RaiseSyntax(const char *type_name, VmCodecStatus status, const char *literal);
static _Noreturn void RaiseSparse(VmCodecStatus status);

static void
RaiseRange(const char *type_name, const char *number)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("\"%s\" is out of range for type %s", number, type_name)));
}

static void
RaiseNoDims(const char *type_name)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
					errmsg("%s must have at least 1 dimension", type_name)));
}

static void
RaiseTooManyDims(const char *type_name, int max_dim)
{
	ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("%s cannot have more than %d dimensions", type_name, max_dim)));
}

static void
RaiseWrongDims(int expected, int64 found)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
					errmsg("expected %d dimensions, not %d", expected, (int) found)));
}

static void
RaiseNotFinite(const char *type_name, bool is_nan)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
					is_nan ? errmsg("NaN not allowed in %s", type_name) :
							 errmsg("infinite value not allowed in %s", type_name)));
}

static void
RaiseTooManyNonzero(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("sparsevec cannot have more than %d non-zero elements", VM_SPARSEVEC_MAX_NNZ)));
}

static void
RaiseSyntax(const char *type_name, VmCodecStatus status, const char *literal)
{
	bool sparse = strcmp(type_name, VM_SPARSEVEC_NAME) == 0;

	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", type_name, literal),
					status == VM_CODEC_SYNTAX_OPEN ?
						errdetail("Vector contents must start with \"%c\".", sparse ? '{' : '[') :
					status == VM_CODEC_SYNTAX_END  ? errdetail("Unexpected end of input.") :
					status != VM_CODEC_SYNTAX_JUNK ? 0 :
					sparse                         ? errdetail("Junk after closing.") :
													 errdetail("Junk after closing right brace.")));
}

static void
RaiseSparse(VmCodecStatus status)
{
	int code = ERRCODE_DATA_EXCEPTION;
	const char *message;

	switch (status)
	{
		case VM_CODEC_NNZ_EXCEEDS_DIMS:
			code = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
			message = "sparsevec cannot have more elements than dimensions";
			break;
		case VM_CODEC_NEGATIVE_NNZ:
			message = "sparsevec cannot have negative number of elements";
			break;
		case VM_CODEC_INDEX_OUT_OF_BOUNDS:
			message = "sparsevec index out of bounds";
			break;
		case VM_CODEC_INDEX_NOT_ASCENDING:
			message = "sparsevec indices must be in ascending order";
			break;
		case VM_CODEC_INDEX_DUPLICATE:
			message = "sparsevec indices must not contain duplicates";
			break;
		case VM_CODEC_ZERO_VALUE:
			message = "binary representation of sparsevec cannot contain zero values";
			break;
		default:
			elog(ERROR, "unexpected codec status %d", (int) status);
	}
	ereport(ERROR, (errcode(code), errmsg_internal("%s", message)));
}

void
VmRaiseCodecError(const char *type_name, int max_dim, int expected_dim, const VmCodecError *err,
				  const char *literal)
{
	switch (err->status)
	{
		case VM_CODEC_SYNTAX:
		case VM_CODEC_SYNTAX_OPEN:
		case VM_CODEC_SYNTAX_JUNK:
		case VM_CODEC_SYNTAX_END:
			RaiseSyntax(type_name, err->status, literal);
			break;
		case VM_CODEC_RANGE:
			RaiseRange(type_name, pnstrdup(err->token, err->token_len));
			break;
		case VM_CODEC_NAN:
		case VM_CODEC_INFINITE:
			RaiseNotFinite(type_name, err->status == VM_CODEC_NAN);
			break;
		case VM_CODEC_NO_DIMS:
			RaiseNoDims(type_name);
			break;
		case VM_CODEC_TOO_MANY_DIMS:
			RaiseTooManyDims(type_name, max_dim);
			break;
		case VM_CODEC_WRONG_DIMS:
			RaiseWrongDims(expected_dim, err->value);
			break;
		case VM_CODEC_TOO_MANY_NONZERO:
			RaiseTooManyNonzero();
			break;
		case VM_CODEC_TRUNCATED:
			ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
							errmsg("insufficient data left in message")));
			break;
		case VM_CODEC_UNUSED_NOT_0:
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("expected unused to be 0, not %d", (int) err->value)));
			break;
		default:
			RaiseSparse(err->status);
	}
	pg_unreachable();
}

void
VmRaiseCorrupt(const char *type_name, const char *detail)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("stored value of type %s is corrupt", type_name),
					errdetail_internal("%s", detail)));
}

void
VmRaiseOutOfRange(const char *type_name, float value)
{
	char number[FLOAT_SHORTEST_DECIMAL_LEN];

	float_to_shortest_decimal_buf(value, number);
	RaiseRange(type_name, number);
}

void
VmCheckDim(const char *type_name, int64 dim, int max_dim)
{
	if (dim < 1)
		RaiseNoDims(type_name);
	if (dim > max_dim)
		RaiseTooManyDims(type_name, max_dim);
}

void
VmCheckExpectedDim(int32 typmod, int64 dim)
{
	if (typmod != -1 && typmod != dim)
		RaiseWrongDims(typmod, dim);
}

void
VmCheckSameDim(const char *type_name, int dim_a, int dim_b)
{
	if (unlikely(dim_a != dim_b))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("different %s dimensions %d and %d", type_name, dim_a, dim_b)));
}

void
VmCheckFinite(const char *type_name, float value)
{
	if (unlikely(!isfinite(value)))
		RaiseNotFinite(type_name, isnan(value));
}

void
VmCheckNonzeroCount(int64 nnz)
{
	if (nnz > VM_SPARSEVEC_MAX_NNZ)
		RaiseTooManyNonzero();
}
