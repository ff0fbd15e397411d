/*
 * errors.c
 *		The error texts of the drop-in surface.
 */
#include "compat/compat.h"

#include <math.h>

#include "common/shortest_dec.h"

#include "types/errors.h"

/*
 * Functions called Save raise, or, for a caller who asked for that with an
 * ErrorSaveContext, leave the error there and return.  NULL raises.
 */

static void
SaveRange(Node *context, const char *type_name, const char *number)
{
	VmErrsave(context, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("\"%s\" is out of range for type %s", number, type_name)));
}

static void
SaveNoDims(Node *context, const char *type_name)
{
	VmErrsave(context, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("%s must have at least 1 dimension", type_name)));
}

static void
SaveTooManyDims(Node *context, const char *type_name, int max_dim)
{
	VmErrsave(context, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s cannot have more than %d dimensions", type_name, max_dim)));
}

static void
SaveWrongDims(Node *context, int expected, int64 found)
{
	VmErrsave(context, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("expected %d dimensions, not %d", expected, (int) found)));
}

static void
SaveNotFinite(Node *context, const char *type_name, bool is_nan)
{
	VmErrsave(context, (errcode(ERRCODE_DATA_EXCEPTION),
						is_nan ? errmsg("NaN not allowed in %s", type_name) :
								 errmsg("infinite value not allowed in %s", type_name)));
}

static void
SaveTooManyNonzero(Node *context)
{
	VmErrsave(context, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("sparsevec cannot have more than %d non-zero elements",
							   VM_SPARSEVEC_MAX_NNZ)));
}

static void
SaveSyntax(Node *context, const char *type_name, VmCodecStatus status, const char *literal)
{
	bool sparse = strcmp(type_name, VM_SPARSEVEC_NAME) == 0;

	VmErrsave(context,
			  (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			   errmsg("invalid input syntax for type %s: \"%s\"", type_name, literal),
			   status == VM_CODEC_SYNTAX_OPEN ?
				   errdetail("Vector contents must start with \"%c\".", sparse ? '{' : '[') :
			   status == VM_CODEC_SYNTAX_END  ? errdetail("Unexpected end of input.") :
			   status != VM_CODEC_SYNTAX_JUNK ? 0 :
			   sparse                         ? errdetail("Junk after closing.") :
												errdetail("Junk after closing right brace.")));
}

static void
SaveSparse(Node *context, VmCodecStatus status)
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
	VmErrsave(context, (errcode(code), errmsg_internal("%s", message)));
}

Datum
VmReportCodecError(Node *context, const char *type_name, int max_dim, int expected_dim,
				   const VmCodecError *err, const char *literal)
{
	switch (err->status)
	{
		case VM_CODEC_SYNTAX:
		case VM_CODEC_SYNTAX_OPEN:
		case VM_CODEC_SYNTAX_JUNK:
		case VM_CODEC_SYNTAX_END:
			SaveSyntax(context, type_name, err->status, literal);
			break;
		case VM_CODEC_RANGE:
			SaveRange(context, type_name, pnstrdup(err->token, err->token_len));
			break;
		case VM_CODEC_NAN:
		case VM_CODEC_INFINITE:
			SaveNotFinite(context, type_name, err->status == VM_CODEC_NAN);
			break;
		case VM_CODEC_NO_DIMS:
			SaveNoDims(context, type_name);
			break;
		case VM_CODEC_TOO_MANY_DIMS:
			SaveTooManyDims(context, type_name, max_dim);
			break;
		case VM_CODEC_WRONG_DIMS:
			SaveWrongDims(context, expected_dim, err->value);
			break;
		case VM_CODEC_TOO_MANY_NONZERO:
			SaveTooManyNonzero(context);
			break;
		case VM_CODEC_TRUNCATED:
			VmErrsave(context, (errcode(ERRCODE_PROTOCOL_VIOLATION),
								errmsg("insufficient data left in message")));
			break;
		case VM_CODEC_UNUSED_NOT_0:
			VmErrsave(context, (errcode(ERRCODE_DATA_EXCEPTION),
								errmsg("expected unused to be 0, not %d", (int) err->value)));
			break;
		default:
			SaveSparse(context, err->status);
	}
	return (Datum) 0;
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
	SaveRange(NULL, type_name, number);
	pg_unreachable();
}

void
VmCheckDim(const char *type_name, int64 dim, int max_dim)
{
	if (dim < 1)
		SaveNoDims(NULL, type_name);
	if (dim > max_dim)
		SaveTooManyDims(NULL, type_name, max_dim);
}

void
VmCheckExpectedDim(int32 typmod, int64 dim)
{
	if (typmod != -1 && typmod != dim)
		SaveWrongDims(NULL, typmod, dim);
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
		SaveNotFinite(NULL, type_name, isnan(value));
}

void
VmCheckNonzeroCount(int64 nnz)
{
	if (nnz > VM_SPARSEVEC_MAX_NNZ)
		SaveTooManyNonzero(NULL);
}
