/*
 * row_value.c
 *		Scalar values, arrays and JSON of rows (row_value.h).
 *
 * Texts of errors are those of Milvus's proxy and of pymilvus where they have
 * one for the case.
 */
#include "compat/compat.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "collection/row_value.h"

/* Above, strtod's result is beyond every int64. */
#define INT64_BOUND 9.3e18

/* ------------------------------------------------------------------- errors */

void
VmRaiseValue(VmValueReader *reader, VmMilvusCode code, const char *format, ...)
{
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, format);
		needed = appendStringInfoVA(&text, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	reader->raising = true;
	ereport(ERROR,
			(VmErrcode(code), errmsg_internal("%s", text.data),
			 reader->column == NULL ? errdetail("Row %lld.", (long long) reader->row) :
									  errdetail("Row %lld, field \"%s\".", (long long) reader->row,
												reader->column->name),
			 reader->hint == NULL ? 0 : errhint("%s", reader->hint)));
}

void
VmRaiseWrongKind(VmValueReader *reader)
{
	const VmColumn *column = reader->column;
	VmDataType type = column->field == NULL ? VM_TYPE_JSON : column->field->type;
	char *name = pstrdup(VmDataTypeName(type));

	VmJsonCheckValue(&reader->json);
	if (VmJsonToken(&reader->json) == JSON_TOKEN_NULL)
		reader->hint = "The field is neither nullable nor has it a default.";
	for (char *c = name; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	VmRaiseValue(reader, VM_INSERT_INVALID,
				 "The Input data type is inconsistent with defined schema, {%s} field should be a "
				 "%s, but got a {%s} instead.",
				 column->name, name, VmJsonTokenKind(&reader->json));
}

static _Noreturn void
RaiseOutOfRange(VmValueReader *reader, const char *value, int64 min, int64 max)
{
	VmRaiseValue(reader, VM_PARAMETER_INVALID, "the %lldth element (%s) out of range: [%lld, %lld]",
				 (long long) reader->row, value, (long long) min, (long long) max);
}

/* ------------------------------------------------------------------ numbers */

/* A number that is not only digits: 1.0 and 1e2 are whole, as jsonb says too. */
static bool
ParseWholeNumeric(char *text, int64 *result)
{
	double approximate = strtod(text, NULL);
	Datum number;
	Datum whole;

	if (!(fabs(approximate) < INT64_BOUND))
		return false;
	number = DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
								 Int32GetDatum(-1));
	whole = DirectFunctionCall2(numeric_trunc, number, Int32GetDatum(0));
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, number, whole)))
		return false;
	number = DirectFunctionCall1(numeric_out, whole);
	errno = 0;
	*result = strtoll(DatumGetCString(number), NULL, 10);
	return errno == 0;
}

/* Digits with a sign; false for anything else and beyond 18 digits. */
static bool
ParseDigits(const char *text, size_t len, int64 *result)
{
	size_t sign = len > 0 && text[0] == '-';
	int64 value = 0;

	if (len - sign < 1 || len - sign > 18)
		return false;
	for (size_t i = sign; i < len; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*result = sign ? -value : value;
	return true;
}

/* Whether text is JSON's notation of a number, which PostgreSQL can check. */
static bool
IsNumber(const char *text, size_t len)
{
	return len <= MaxAllocSize && IsValidJsonNumber(text, (int) len);
}

int64
VmReadInteger(VmValueReader *reader, int64 min, int64 max)
{
	VmJsonText *json = &reader->json;
	bool is_string = VmJsonToken(json) == JSON_TOKEN_STRING;
	VmJsonSlice slice = VmJsonTokenSlice(json);
	int64 value;

	if (!is_string && VmJsonToken(json) != JSON_TOKEN_NUMBER)
		VmRaiseWrongKind(reader);
	if (is_string)
	{
		slice.start = VmJsonTokenString(json)->data;
		slice.len = VmJsonTokenString(json)->len;
		if (max != PG_INT64_MAX || !IsNumber(slice.start, slice.len))
			VmRaiseWrongKind(reader);
	}
	if (!ParseDigits(slice.start, slice.len, &value))
	{
		char *text = pnstrdup(slice.start, slice.len);

		if (!ParseWholeNumeric(text, &value))
		{
			if (fabs(strtod(text, NULL)) < INT64_BOUND && strpbrk(text, ".eE") != NULL)
				VmRaiseValue(reader, VM_INSERT_INVALID,
							 "The Input data type is inconsistent with defined schema, {%s} field "
							 "should be a whole number, but got %s instead.",
							 reader->column->name, text);
			RaiseOutOfRange(reader, text, min, max);
		}
	}
	if (value < min || value > max)
		RaiseOutOfRange(reader, pnstrdup(slice.start, slice.len), min, max);
	VmJsonAdvance(json);
	return value;
}

static double
ReadFloat(VmValueReader *reader, bool is_single)
{
	VmJsonText *json = &reader->json;
	VmJsonSlice slice = VmJsonTokenSlice(json);
	double value;
	char cut;

	if (VmJsonToken(json) != JSON_TOKEN_NUMBER)
		VmRaiseWrongKind(reader);
	cut = VmJsonSliceCut(slice);
	value = is_single ? strtof(slice.start, NULL) : strtod(slice.start, NULL);
	if (!isfinite(value))
		VmRaiseValue(reader, VM_PARAMETER_INVALID, "value '%s' is not a number or infinity",
					 slice.start);
	VmJsonSliceMend(slice, cut);
	VmJsonAdvance(json);
	return value;
}

/* ------------------------------------------------------------ other scalars */

static Datum
ReadBool(VmValueReader *reader)
{
	JsonTokenType token = VmJsonToken(&reader->json);

	if (token != JSON_TOKEN_TRUE && token != JSON_TOKEN_FALSE)
		VmRaiseWrongKind(reader);
	VmJsonAdvance(&reader->json);
	return BoolGetDatum(token == JSON_TOKEN_TRUE);
}

static Datum
ReadVarchar(VmValueReader *reader)
{
	const VmField *field = reader->column->field;
	StringInfo value = VmJsonTokenString(&reader->json);
	Datum result;

	if (VmJsonToken(&reader->json) != JSON_TOKEN_STRING)
		VmRaiseWrongKind(reader);
	if (value->len > field->max_length)
		VmRaiseValue(reader, VM_PARAMETER_INVALID,
					 "length of varchar field %s exceeds max length, row number: %lld, length: %d, "
					 "max length: %d",
					 field->name, (long long) reader->row, value->len, field->max_length);
	result = PointerGetDatum(cstring_to_text_with_len(value->data, value->len));
	VmJsonAdvance(&reader->json);
	return result;
}

/* What the column's own input function makes of a text. */
static Datum
CallInput(const VmColumn *column, char *text)
{
	return InputFunctionCall(unconstify(FmgrInfo *, &column->input), text, column->input_param,
							 column->typmod);
}

static Datum
ReadSlice(VmValueReader *reader, size_t max_len)
{
	VmJsonSlice slice = VmJsonSkipValue(&reader->json);
	Datum result;
	char cut;

	if (slice.len > max_len)
		VmRaiseValue(reader, VM_PARAMETER_INVALID,
					 "the length (%zu) of json field (%s) exceeds max length (%zu)", slice.len,
					 reader->column->name, max_len);
	cut = VmJsonSliceCut(slice);
	result = CallInput(reader->column, slice.start);
	VmJsonSliceMend(slice, cut);
	return result;
}

static Datum
ReadOther(VmValueReader *reader)
{
	Datum result;

	if (VmJsonToken(&reader->json) != JSON_TOKEN_STRING)
		return ReadSlice(reader, MaxAllocSize);
	result = CallInput(reader->column, VmJsonTokenString(&reader->json)->data);
	VmJsonAdvance(&reader->json);
	return result;
}

static Datum
ReadScalar(VmValueReader *reader, VmDataType type)
{
	switch (type)
	{
		case VM_TYPE_BOOL:
			return ReadBool(reader);
		case VM_TYPE_INT8:
			return Int16GetDatum((int16) VmReadInteger(reader, PG_INT8_MIN, PG_INT8_MAX));
		case VM_TYPE_INT16:
			return Int16GetDatum((int16) VmReadInteger(reader, PG_INT16_MIN, PG_INT16_MAX));
		case VM_TYPE_INT32:
			return Int32GetDatum((int32) VmReadInteger(reader, PG_INT32_MIN, PG_INT32_MAX));
		case VM_TYPE_INT64:
			return Int64GetDatum(VmReadInteger(reader, PG_INT64_MIN, PG_INT64_MAX));
		case VM_TYPE_FLOAT:
			return Float4GetDatum((float4) ReadFloat(reader, true));
		case VM_TYPE_DOUBLE:
			return Float8GetDatum(ReadFloat(reader, false));
		case VM_TYPE_VARCHAR:
			return ReadVarchar(reader);
		default:
			elog(ERROR, "unexpected scalar type %d", type);
	}
}

/* ------------------------------------------------------------------- arrays */

static Datum
ReadArray(VmValueReader *reader)
{
	const VmColumn *column = reader->column;
	int capacity = column->field->max_capacity;
	int room = 16;
	int count = 0;
	Datum *elements;

	if (VmJsonToken(&reader->json) != JSON_TOKEN_ARRAY_START)
		VmRaiseWrongKind(reader);
	VmJsonAdvance(&reader->json);
	if (VmJsonAccept(&reader->json, JSON_TOKEN_ARRAY_END))
		return PointerGetDatum(construct_empty_array(column->element_typid));
	elements = palloc_array(Datum, room);
	do
	{
		if (count == capacity)
			VmRaiseValue(reader, VM_PARAMETER_INVALID,
						 "the length of the %lldth array exceeds max capacity (%d)",
						 (long long) reader->row, capacity);
		if (count == room)
			elements = repalloc_array(elements, Datum, room *= 2);
		elements[count++] = ReadScalar(reader, column->field->element_type);
	} while (VmJsonNextElement(&reader->json));
	return PointerGetDatum(construct_array(elements, count, column->element_typid,
										   column->element_len, column->element_byval,
										   column->element_align));
}

Datum
VmReadValue(VmValueReader *reader)
{
	const VmField *field = reader->column->field;

	if (field == NULL)
		return ReadSlice(reader, VM_MAX_JSON_BYTES);
	switch (field->type)
	{
		case VM_TYPE_NONE:
			return ReadOther(reader);
		case VM_TYPE_JSON:
			return ReadSlice(reader, VM_MAX_JSON_BYTES);
		case VM_TYPE_ARRAY:
			return ReadArray(reader);
		case VM_TYPE_FLOAT_VECTOR:
		case VM_TYPE_FLOAT16_VECTOR:
			return VmReadDenseVector(reader);
		case VM_TYPE_BINARY_VECTOR:
			return VmReadBinaryVector(reader);
		case VM_TYPE_SPARSE_FLOAT_VECTOR:
			return VmReadSparseVector(reader);
		default:
			return ReadScalar(reader, field->type);
	}
}
