/*
 * codec_reference.h
 *		The codecs of src/core/codec.h written a second time, as plainly as
 *		possible, for the unit tests and the fuzzers to compare with.
 *
 * Numbers come from strtof and strtol, messages are read one number at a time,
 * nothing is fast.  Only VmFloatToHalf is shared with the code under test; it
 * has its own exhaustive test.  A result's status, token and value are what the
 * real codec must report.
 */
#ifndef VM_TEST_CODEC_REFERENCE_H
#define VM_TEST_CODEC_REFERENCE_H

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/codec.h"
#include "core/f16.h"

typedef struct RefEntry
{
	int64_t index; /* zero-based */
	float value;
} RefEntry;

typedef struct RefResult
{
	VmCodecStatus status;
	const char *token;
	size_t token_len;
	int64_t value;

	int64_t dim;
	int64_t nnz;
	float dense[VM_VECTOR_MAX_DIM]; /* a halfvec's elements, widened */
	RefEntry sparse[VM_SPARSEVEC_MAX_NNZ];
} RefResult;

static inline const char *
RefSkip(const char *p)
{
	while (*p != '\0' && strchr(" \t\n\r\v\f", *p) != NULL)
		p++;
	return p;
}

static inline bool
RefFail(RefResult *r, VmCodecStatus status)
{
	r->status = status;
	return false;
}

static inline bool
RefCheckDim(RefResult *r, int64_t max_dim)
{
	if (r->dim < 1)
		return RefFail(r, VM_CODEC_NO_DIMS);
	if (r->dim > max_dim)
		return RefFail(r, VM_CODEC_TOO_MANY_DIMS);
	return true;
}

static inline bool
RefCheckExpected(RefResult *r, int expected_dim)
{
	r->value = r->dim;
	if (expected_dim >= 0 && r->dim != expected_dim)
		return RefFail(r, VM_CODEC_WRONG_DIMS);
	r->value = 0;
	return true;
}

static inline bool
RefCheckFloat(RefResult *r, float value)
{
	if (isnan(value))
		return RefFail(r, VM_CODEC_NAN);
	if (isinf(value))
		return RefFail(r, VM_CODEC_INFINITE);
	return true;
}

/* Reads a number at *p; sparse says which errors of range count. */
static inline bool
RefNumber(RefResult *r, const char **p, bool half, bool sparse, float *value)
{
	char *end;
	bool range;

	errno = 0;
	*value = strtof(*p, &end);
	if (end == *p)
		return RefFail(r, VM_CODEC_SYNTAX);
	range = errno == ERANGE && (isinf(*value) || (sparse && *value == 0));
	if (half && isfinite(*value))
	{
		*value = VmHalfToFloat(VmFloatToHalf(*value));
		range = range || isinf(*value);
	}
	if (range)
	{
		r->token = *p;
		r->token_len = (size_t) (end - *p);
		return RefFail(r, VM_CODEC_RANGE);
	}
	*p = end;
	return RefCheckFloat(r, *value);
}

static inline bool
RefDenseParse(VmElement element, const char *text, int expected_dim, RefResult *r)
{
	const char *p = RefSkip(text);

	r->status = VM_CODEC_OK;
	r->token = NULL;
	r->token_len = 0;
	r->value = 0;
	r->dim = 0;
	if (*p++ != '[')
		return RefFail(r, VM_CODEC_SYNTAX_OPEN);
	p = RefSkip(p);
	if (*p == ']')
		return RefFail(r, VM_CODEC_NO_DIMS);
	for (;;)
	{
		if (r->dim == VM_VECTOR_MAX_DIM)
			return RefFail(r, VM_CODEC_TOO_MANY_DIMS);
		p = RefSkip(p);
		if (!RefNumber(r, &p, element == VM_ELEMENT_F16, false, &r->dense[r->dim]))
			return false;
		r->dim++;
		p = RefSkip(p);
		if (*p == ']')
			break;
		if (*p++ != ',')
			return RefFail(r, VM_CODEC_SYNTAX);
	}
	if (*RefSkip(p + 1) != '\0')
		return RefFail(r, VM_CODEC_SYNTAX_JUNK);
	return RefCheckExpected(r, expected_dim);
}

static inline int
RefCompareEntries(const void *a, const void *b)
{
	int64_t x = ((const RefEntry *) a)->index;
	int64_t y = ((const RefEntry *) b)->index;

	return (x > y) - (x < y);
}

/* Zero-based index i against the one before it, -1 when there is none. */
static inline bool
RefCheckIndex(RefResult *r, int64_t index, int64_t previous)
{
	if (index < 0 || index >= r->dim)
		return RefFail(r, VM_CODEC_INDEX_OUT_OF_BOUNDS);
	if (previous >= 0 && index == previous)
		return RefFail(r, VM_CODEC_INDEX_DUPLICATE);
	if (previous >= 0 && index < previous)
		return RefFail(r, VM_CODEC_INDEX_NOT_ASCENDING);
	return true;
}

static inline bool
RefSparseParse(const char *text, int expected_dim, RefResult *r)
{
	const char *p;
	char *end;
	int64_t commas = 0;

	r->status = VM_CODEC_OK;
	r->token = NULL;
	r->token_len = 0;
	r->value = 0;
	r->dim = 0;
	r->nnz = 0;
	for (p = text; *p != '\0'; p++)
		commas += *p == ',';
	if (commas + 1 > VM_SPARSEVEC_MAX_NNZ)
		return RefFail(r, VM_CODEC_TOO_MANY_NONZERO);

	p = RefSkip(text);
	if (*p++ != '{')
		return RefFail(r, VM_CODEC_SYNTAX_OPEN);
	p = RefSkip(p);
	for (bool first = true; !first || *p != '}'; first = false)
	{
		int64_t index;
		float value;

		p = RefSkip(p);
		index = strtol(p, &end, 10);
		if (end == p)
			return RefFail(r, VM_CODEC_SYNTAX);
		p = RefSkip(end);
		if (*p++ != ':')
			return RefFail(r, VM_CODEC_SYNTAX);
		p = RefSkip(p);
		if (!RefNumber(r, &p, false, true, &value))
			return false;
		if (value != 0)
		{
			/* Clamped, as the real one stores 32 bits: far out either way. */
			index = index > INT32_MAX ? INT32_MAX : index;
			index = index < INT32_MIN ? INT32_MIN : index;
			r->sparse[r->nnz].index = index - 1;
			r->sparse[r->nnz].value = value;
			r->nnz++;
		}
		p = RefSkip(p);
		if (*p == '}')
			break;
		if (*p++ != ',')
			return RefFail(r, VM_CODEC_SYNTAX);
	}
	p = RefSkip(p + 1);
	if (*p++ != '/')
		return RefFail(r, VM_CODEC_SYNTAX_END);
	p = RefSkip(p);
	r->dim = strtol(p, &end, 10);
	if (end == p)
		return RefFail(r, VM_CODEC_SYNTAX);
	if (*RefSkip(end) != '\0')
		return RefFail(r, VM_CODEC_SYNTAX_JUNK);
	if (!RefCheckDim(r, VM_SPARSEVEC_MAX_DIM) || !RefCheckExpected(r, expected_dim))
		return false;
	qsort(r->sparse, (size_t) r->nnz, sizeof(RefEntry), RefCompareEntries);
	for (int64_t i = 0; i < r->nnz; i++)
	{
		if (!RefCheckIndex(r, r->sparse[i].index, i > 0 ? r->sparse[i - 1].index : -1))
			return false;
	}
	return true;
}

/* A message and how far it has been read. */
typedef struct RefReader
{
	const uint8_t *wire;
	size_t len;
	size_t at;
} RefReader;

/* Reads a signed big-endian number of size bytes. */
static inline bool
RefRead(RefResult *r, RefReader *reader, size_t size, int64_t *value)
{
	uint64_t v = 0;

	if (reader->len - reader->at < size)
		return RefFail(r, VM_CODEC_TRUNCATED);
	for (size_t i = 0; i < size; i++)
		v = v << 8 | reader->wire[reader->at + i];
	reader->at += size;
	*value = size == 2 ? (int64_t) (int16_t) v : (int64_t) (int32_t) v;
	return true;
}

static inline bool
RefReadFloat(RefResult *r, RefReader *reader, float *value)
{
	int64_t v;
	uint32_t bits;

	if (!RefRead(r, reader, 4, &v))
		return false;
	bits = (uint32_t) v;
	memcpy(value, &bits, sizeof(bits));
	return RefCheckFloat(r, *value);
}

static inline bool
RefReadHalf(RefResult *r, RefReader *reader, float *value)
{
	int64_t v;

	if (!RefRead(r, reader, 2, &v))
		return false;
	*value = VmHalfToFloat((VmHalf) v);
	return RefCheckFloat(r, *value);
}

static inline bool
RefCheckUnused(RefResult *r, int64_t unused)
{
	r->value = unused;
	return unused == 0 || RefFail(r, VM_CODEC_UNUSED_NOT_0);
}

static inline bool
RefDenseDecode(VmElement element, const uint8_t *wire, size_t len, int expected_dim, RefResult *r)
{
	RefReader reader = {wire, len, 0};
	int64_t unused;

	r->status = VM_CODEC_OK;
	r->token = NULL;
	r->token_len = 0;
	r->value = 0;
	if (!RefRead(r, &reader, 2, &r->dim) || !RefRead(r, &reader, 2, &unused) ||
		!RefCheckDim(r, VM_VECTOR_MAX_DIM) || !RefCheckExpected(r, expected_dim) ||
		!RefCheckUnused(r, unused))
		return false;
	for (int64_t i = 0; i < r->dim; i++)
	{
		if (element == VM_ELEMENT_F32 ? !RefReadFloat(r, &reader, &r->dense[i]) :
										!RefReadHalf(r, &reader, &r->dense[i]))
			return false;
	}
	return true;
}

static inline bool
RefSparseDecode(const uint8_t *wire, size_t len, int expected_dim, RefResult *r)
{
	RefReader reader = {wire, len, 0};
	int64_t unused;

	r->status = VM_CODEC_OK;
	r->token = NULL;
	r->token_len = 0;
	r->value = 0;
	if (!RefRead(r, &reader, 4, &r->dim) || !RefRead(r, &reader, 4, &r->nnz) ||
		!RefRead(r, &reader, 4, &unused) || !RefCheckDim(r, VM_SPARSEVEC_MAX_DIM))
		return false;
	if (r->nnz < 0)
		return RefFail(r, VM_CODEC_NEGATIVE_NNZ);
	if (r->nnz > VM_SPARSEVEC_MAX_NNZ)
		return RefFail(r, VM_CODEC_TOO_MANY_NONZERO);
	if (r->nnz > r->dim)
		return RefFail(r, VM_CODEC_NNZ_EXCEEDS_DIMS);
	if (!RefCheckExpected(r, expected_dim) || !RefCheckUnused(r, unused))
		return false;
	for (int64_t i = 0; i < r->nnz; i++)
	{
		if (!RefRead(r, &reader, 4, &r->sparse[i].index) ||
			!RefCheckIndex(r, r->sparse[i].index, i > 0 ? r->sparse[i - 1].index : -1))
			return false;
	}
	for (int64_t i = 0; i < r->nnz; i++)
	{
		if (!RefReadFloat(r, &reader, &r->sparse[i].value))
			return false;
		if (r->sparse[i].value == 0)
			return RefFail(r, VM_CODEC_ZERO_VALUE);
	}
	return true;
}

#endif
