/*
 * row_vector.c
 *		Vectors of rows (row_value.h): VmReadDenseVector, VmReadBinaryVector,
 *		VmReadSparseVector.
 *
 * A dense vector's array goes to the parser of its type as the bytes that they
 * are, after the lexer has seen that they are JSON; nothing is allocated but
 * the result.
 */
#include "compat/compat.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/varbit.h"

#include "collection/row_value.h"
#include "core/codec.h"
#include "types/types.h"

/* ------------------------------------------------------------------- shared */

static _Noreturn void
RaiseWrongDim(VmValueReader *reader, int64 found, int64 wanted)
{
	VmRaiseValue(reader, VM_PARAMETER_INVALID,
				 "the dim (%lld) of field data(%s) is not equal to schema dim (%lld): invalid "
				 "parameter[expected=%lld][actual=%lld]",
				 (long long) found, reader->column->name, (long long) wanted, (long long) wanted,
				 (long long) found);
}

static _Noreturn void
RaiseNotFinite(VmValueReader *reader, const char *value, size_t len)
{
	VmRaiseValue(reader, VM_PARAMETER_INVALID, "value '%s' is not a number or infinity",
				 pnstrdup(value, len));
}

/* What a codec found wrong. */
static _Noreturn void
RaiseCodec(VmValueReader *reader, const VmCodecError *err)
{
	const char *name = reader->column->name;

	switch (err->status)
	{
		case VM_CODEC_NO_DIMS:
			RaiseWrongDim(reader, 0, reader->column->field->dim);
		case VM_CODEC_WRONG_DIMS:
			RaiseWrongDim(reader, err->value, reader->column->field->dim);
		case VM_CODEC_TOO_MANY_DIMS:
			VmRaiseValue(reader, VM_PARAMETER_INVALID, "field data(%s) has too many dimensions",
						 name);
		case VM_CODEC_TOO_MANY_NONZERO:
			VmRaiseValue(reader, VM_PARAMETER_INVALID,
						 "sparse vector of field %s has more than %d elements", name,
						 VM_SPARSEVEC_MAX_NNZ);
		case VM_CODEC_RANGE:
			RaiseNotFinite(reader, err->token, err->token_len);
		case VM_CODEC_NAN:
			RaiseNotFinite(reader, "NaN", 3);
		case VM_CODEC_INFINITE:
			RaiseNotFinite(reader, "Inf", 3);
		case VM_CODEC_INDEX_DUPLICATE:
			VmRaiseValue(reader, VM_PARAMETER_INVALID,
						 "unsorted or same indices in sparse float vector of field %s", name);
		case VM_CODEC_INDEX_OUT_OF_BOUNDS:
		case VM_CODEC_NNZ_EXCEEDS_DIMS:
			VmRaiseValue(reader, VM_PARAMETER_INVALID,
						 "index of sparse float vector of field %s is out of range", name);
		default:
			VmRaiseValue(reader, VM_INSERT_INVALID,
						 "value of field %s is not a vector in text or JSON", name);
	}
}

/* -------------------------------------------------------------------- dense */

static Datum
ParseDense(VmValueReader *reader, const char *text)
{
	bool is_single = reader->column->field->type == VM_TYPE_FLOAT_VECTOR;
	const VmDenseType *type = is_single ? &VmVectorType : &VmHalfvecType;
	int expected = reader->column->field->dim > 0 ? reader->column->field->dim : -1;
	VmCodecError err;
	VmDense *vector;
	Size size;
	int dim = VmDenseParse(type->element, text, expected, reader->scratch, &err);

	if (dim < 0)
		RaiseCodec(reader, &err);
	size = VmDenseSize(type, dim);
	vector = palloc(size);
	SET_VARSIZE(vector, size);
	vector->dim = dim;
	vector->unused = 0;
	memcpy(vector->data, reader->scratch, size - offsetof(VmDense, data));
	return PointerGetDatum(vector);
}

Datum
VmReadDenseVector(VmValueReader *reader)
{
	VmJsonText *json = &reader->json;
	VmJsonSlice slice;
	Datum result;
	char cut;

	if (VmJsonToken(json) == JSON_TOKEN_STRING)
	{
		result = ParseDense(reader, VmJsonTokenString(json)->data);
		VmJsonAdvance(json);
		return result;
	}
	if (VmJsonToken(json) != JSON_TOKEN_ARRAY_START)
		VmRaiseWrongKind(reader);
	slice = VmJsonSkipValue(json);
	cut = VmJsonSliceCut(slice);
	result = ParseDense(reader, slice.start);
	VmJsonSliceMend(slice, cut);
	return result;
}

/* ------------------------------------------------------------------- binary */

static VarBit *
MakeBits(int dim)
{
	Size size = VARBITTOTALLEN(dim);
	VarBit *bits = palloc0(size);

	SET_VARSIZE(bits, size);
	VARBITLEN(bits) = dim;
	return bits;
}

static VarBit *
ParseBits(VmValueReader *reader, const char *text, int len)
{
	int dim = reader->column->field->dim;
	VarBit *bits;

	if (len < 1 || len > VM_MAX_BINARY_DIM || (dim > 0 && len != dim))
		RaiseWrongDim(reader, len, dim);
	bits = MakeBits(len);
	for (int i = 0; i < len; i++)
	{
		if (text[i] != '0' && text[i] != '1')
			VmRaiseValue(reader, VM_INSERT_INVALID,
						 "a binary vector's string may only have 0 and 1: field %s",
						 reader->column->name);
		if (text[i] == '1')
			VARBITS(bits)[i / BITS_PER_BYTE] |= HIGHBIT >> i % BITS_PER_BYTE;
	}
	return bits;
}

static VarBit *
ReadBytes(VmValueReader *reader)
{
	VmJsonText *json = &reader->json;
	int dim = reader->column->field->dim;
	int limit = (dim > 0 ? dim : VM_MAX_BINARY_DIM) / BITS_PER_BYTE;
	int room = dim > 0 ? limit : 256;
	uint8 *bytes = palloc(Max(room, 1));
	int count = 0;
	VarBit *bits;

	VmJsonAdvance(json);
	if (!VmJsonAccept(json, JSON_TOKEN_ARRAY_END))
	{
		do
		{
			int64 byte = VmReadInteger(reader, 0, 255);

			/* Further ones only count: how many there were is the message. */
			if (count < limit)
			{
				if (count == room)
					bytes = repalloc(bytes, room *= 2);
				bytes[count] = (uint8) byte;
			}
			count = Min(count + 1, INT_MAX / BITS_PER_BYTE);
		} while (VmJsonNextElement(json));
	}
	if (count < 1 || count > limit || (dim > 0 && count * BITS_PER_BYTE != dim))
		RaiseWrongDim(reader, (int64) count * BITS_PER_BYTE, dim);
	bits = MakeBits(count * BITS_PER_BYTE);
	memcpy(VARBITS(bits), bytes, count);
	return bits;
}

Datum
VmReadBinaryVector(VmValueReader *reader)
{
	VmJsonText *json = &reader->json;
	StringInfo text = VmJsonTokenString(json);
	VarBit *bits;

	if (VmJsonToken(json) == JSON_TOKEN_ARRAY_START)
		return VarBitPGetDatum(ReadBytes(reader));
	if (VmJsonToken(json) != JSON_TOKEN_STRING)
		VmRaiseWrongKind(reader);
	bits = ParseBits(reader, text->data, text->len);
	VmJsonAdvance(json);
	return VarBitPGetDatum(bits);
}

/* ------------------------------------------------------------------- sparse */

typedef struct Entry
{
	int32 index;
	float value;
} Entry;

typedef struct Entries
{
	Entry *entries;
	int count;
	int room;
	int dim;
} Entries;

static int
SparseDim(const VmValueReader *reader)
{
	int32 typmod = reader->column->typmod;

	return typmod > 0 ? typmod : VM_SPARSEVEC_MAX_DIM;
}

static _Noreturn void
RaiseSparse(VmValueReader *reader, VmCodecStatus status)
{
	VmCodecError err = {.status = status};

	RaiseCodec(reader, &err);
}

/* The entry that is to be filled next. */
static Entry *
NextEntry(VmValueReader *reader, Entries *list)
{
	if (list->count == list->room)
	{
		if (list->room >= VM_SPARSEVEC_MAX_NNZ)
			RaiseSparse(reader, VM_CODEC_TOO_MANY_NONZERO);
		list->room = Min(Max(list->room * 2, 64), VM_SPARSEVEC_MAX_NNZ);
		list->entries = list->entries == NULL ? palloc_array(Entry, list->room) :
												repalloc_array(list->entries, Entry, list->room);
	}
	return &list->entries[list->count++];
}

static float
ReadElement(VmValueReader *reader)
{
	VmJsonSlice slice = VmJsonTokenSlice(&reader->json);
	float value;
	char cut;

	if (VmJsonToken(&reader->json) != JSON_TOKEN_NUMBER)
		VmRaiseWrongKind(reader);
	cut = VmJsonSliceCut(slice);
	value = strtof(slice.start, NULL);
	if (!isfinite(value))
		RaiseNotFinite(reader, slice.start, slice.len);
	VmJsonSliceMend(slice, cut);
	VmJsonAdvance(&reader->json);
	return value;
}

/* A key of {"5": 0.1}. */
static int32
KeyIndex(VmValueReader *reader, const Entries *list)
{
	StringInfo key = VmJsonTokenString(&reader->json);
	int64 index = 0;

	if (key->len < 1 || key->len > 10 || strspn(key->data, "0123456789") != key->len)
		VmRaiseValue(reader, VM_INSERT_INVALID, "\"%s\" is not an index of sparse vector %s",
					 pnstrdup(key->data, pg_mbcliplen(key->data, key->len, 64)),
					 reader->column->name);
	for (int i = 0; i < key->len; i++)
		index = index * 10 + (key->data[i] - '0');
	if (index >= list->dim)
		RaiseSparse(reader, VM_CODEC_INDEX_OUT_OF_BOUNDS);
	return (int32) index;
}

/* {"indices": [...]} or {"values": [...]}: fills one half of the entries. */
static int
ReadHalf(VmValueReader *reader, Entries *list, bool indices)
{
	VmJsonText *json = &reader->json;
	int count = 0;

	if (VmJsonToken(json) != JSON_TOKEN_ARRAY_START)
		VmRaiseWrongKind(reader);
	VmJsonAdvance(json);
	if (VmJsonAccept(json, JSON_TOKEN_ARRAY_END))
		return 0;
	do
	{
		Entry *entry = count < list->count ? &list->entries[count] : NextEntry(reader, list);

		if (indices)
			entry->index = (int32) VmReadInteger(reader, 0, list->dim - 1);
		else
			entry->value = ReadElement(reader);
		count++;
	} while (VmJsonNextElement(json));
	return count;
}

static void
ReadSparseObject(VmValueReader *reader, Entries *list)
{
	VmJsonText *json = &reader->json;
	int indices = -1;
	int values = -1;
	int pairs = 0;

	VmJsonAdvance(json);
	if (VmJsonAccept(json, JSON_TOKEN_OBJECT_END))
		return;
	do
	{
		StringInfo key = VmJsonTokenString(json);
		bool is_indices =
			VmJsonToken(json) == JSON_TOKEN_STRING && strcmp(key->data, "indices") == 0;
		bool is_values = VmJsonToken(json) == JSON_TOKEN_STRING && strcmp(key->data, "values") == 0;
		int32 index = 0;

		if (VmJsonToken(json) == JSON_TOKEN_STRING && !is_indices && !is_values)
			index = KeyIndex(reader, list);
		VmJsonExpect(json, JSON_TOKEN_STRING, JSON_EXPECTED_OBJECT_FIRST);
		VmJsonExpect(json, JSON_TOKEN_COLON, JSON_EXPECTED_COLON);
		if (pairs > 0 && (is_indices || is_values))
			indices = values = -2;
		else if (is_indices && indices < 0)
			indices = ReadHalf(reader, list, true);
		else if (is_values && values < 0)
			values = ReadHalf(reader, list, false);
		else if (indices >= 0 || values >= 0)
			indices = values = -2;
		else
		{
			Entry *entry = NextEntry(reader, list);

			entry->index = index;
			entry->value = ReadElement(reader);
			pairs++;
		}
		if (indices == -2)
			VmRaiseValue(reader, VM_INSERT_INVALID,
						 "sparse vector %s needs one list of indices and one of values",
						 reader->column->name);
	} while (VmJsonNextPair(json));
	if (indices != values)
		VmRaiseValue(reader, VM_INSERT_INVALID, "sparse vector %s has %d indices, but %d values",
					 reader->column->name, Max(indices, 0), Max(values, 0));
}

static _Noreturn void
RaiseNoPair(VmValueReader *reader)
{
	VmRaiseValue(reader, VM_INSERT_INVALID,
				 "an element of sparse vector %s is not a pair of index and value",
				 reader->column->name);
}

/* [[5, 0.1], ...] */
static void
ReadSparsePairs(VmValueReader *reader, Entries *list)
{
	VmJsonText *json = &reader->json;

	VmJsonAdvance(json);
	if (VmJsonAccept(json, JSON_TOKEN_ARRAY_END))
		return;
	do
	{
		Entry *entry = NextEntry(reader, list);

		if (VmJsonToken(json) != JSON_TOKEN_ARRAY_START)
			VmRaiseWrongKind(reader);
		VmJsonAdvance(json);
		entry->index = (int32) VmReadInteger(reader, 0, list->dim - 1);
		if (!VmJsonNextElement(json))
			RaiseNoPair(reader);
		entry->value = ReadElement(reader);
		if (VmJsonNextElement(json))
			RaiseNoPair(reader);
	} while (VmJsonNextElement(json));
}

static int
CompareEntries(const void *a, const void *b)
{
	int32 x = ((const Entry *) a)->index;
	int32 y = ((const Entry *) b)->index;

	return x < y ? -1 : x > y;
}

/* Sorts, refuses duplicates, leaves zeros out. */
static VmSparse *
MakeSparse(VmValueReader *reader, Entries *list)
{
	VmSparse *sparse;
	int nnz = 0;

	if (list->count > 0)
		qsort(list->entries, list->count, sizeof(Entry), CompareEntries);
	for (int i = 0; i < list->count; i++)
	{
		if (i > 0 && list->entries[i].index == list->entries[i - 1].index)
			RaiseSparse(reader, VM_CODEC_INDEX_DUPLICATE);
		nnz += list->entries[i].value != 0;
	}
	sparse = VmSparseCreate(list->dim, nnz);
	nnz = 0;
	for (int i = 0; i < list->count; i++)
	{
		if (list->entries[i].value == 0)
			continue;
		sparse->indices[nnz] = list->entries[i].index;
		VmSparseValues(sparse)[nnz++] = list->entries[i].value;
	}
	return sparse;
}

/* "{1:0.5}/10": whatever dimension it says, ours is stored. */
static VmSparse *
ParseSparse(VmValueReader *reader, const char *text)
{
	int dim = SparseDim(reader);
	VmSparseParts parts;
	VmCodecError err;
	VmSparse *sparse;
	int bound = VmSparseParseBound(text, &err);

	if (bound < 0)
		RaiseCodec(reader, &err);
	parts.indices = palloc_array(int32, Max(bound, 1));
	parts.values = palloc_array(float, Max(bound, 1));
	if (!VmSparseParse(text, bound, -1, &parts, &err))
		RaiseCodec(reader, &err);
	if (parts.nnz > 0 && parts.indices[parts.nnz - 1] >= dim)
		RaiseSparse(reader, VM_CODEC_INDEX_OUT_OF_BOUNDS);
	sparse = VmSparseCreate(dim, parts.nnz);
	memcpy(sparse->indices, parts.indices, parts.nnz * sizeof(int32));
	memcpy(VmSparseValues(sparse), parts.values, parts.nnz * sizeof(float));
	return sparse;
}

Datum
VmReadSparseVector(VmValueReader *reader)
{
	VmJsonText *json = &reader->json;
	Entries list = {.dim = SparseDim(reader)};
	VmSparse *sparse;

	switch (VmJsonToken(json))
	{
		case JSON_TOKEN_STRING:
			sparse = ParseSparse(reader, VmJsonTokenString(json)->data);
			VmJsonAdvance(json);
			return PointerGetDatum(sparse);
		case JSON_TOKEN_OBJECT_START:
			ReadSparseObject(reader, &list);
			break;
		case JSON_TOKEN_ARRAY_START:
			ReadSparsePairs(reader, &list);
			break;
		default:
			VmRaiseWrongKind(reader);
	}
	return PointerGetDatum(MakeSparse(reader, &list));
}
