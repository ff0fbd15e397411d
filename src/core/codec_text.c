/*
 * codec_text.c
 *		Text formats of vector, halfvec and sparsevec.
 *
 * Reads what pgvector 0.8 reads and finds the same error first: both go from
 * left to right and stop at the first thing that is wrong.  README.md lists the
 * order of the checks (CORE-3, CORE-4).
 *
 * Depends on the C library and on common/shortest_dec.h.
 */
#include "core/codec.h"

#include <math.h>
#include <string.h>

#include "common/shortest_dec.h"
#include "core/codec_private.h"
#include "core/f16.h"
#include "core/number.h"

/* Longest output of float_to_shortest_decimal_bufn: its length counts a NUL. */
#define FLOAT_TEXT_MAX (FLOAT_SHORTEST_DECIMAL_LEN - 1)

/* Longest int32_t: a sign and ten digits. */
#define INT32_TEXT_MAX 11

/* ------------------------------------------------------------- the tokens */

static inline bool
IsSpace(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline const char *
SkipSpace(const char *p)
{
	/* The first test is all that most bytes meet. */
	while ((unsigned char) *p <= ' ' && IsSpace(*p))
		p++;
	return p;
}

/*
 * Reads a decimal integer as strtol does, without skipping white space, and
 * saturates it to the range of int32_t.  Returns its end, or p when there is
 * none.
 */
static const char *
ParseInteger(const char *p, int32_t *value)
{
	const char *digit = p;
	bool negative = *p == '-';
	int64_t magnitude = 0;

	digit += *p == '-' || *p == '+';
	if (*digit < '0' || *digit > '9')
		return p;
	for (; *digit >= '0' && *digit <= '9'; digit++)
	{
		if (magnitude <= INT32_MAX)
			magnitude = magnitude * 10 + (*digit - '0');
	}
	if (negative)
		*value = magnitude > INT32_MAX ? INT32_MIN : (int32_t) -magnitude;
	else
		*value = magnitude > INT32_MAX ? INT32_MAX : (int32_t) magnitude;
	return digit;
}

/* Fails with the number from p to end as the error's token. */
static bool
FailRange(VmCodecError *err, const char *p, const char *end)
{
	VmCodecFail(err, VM_CODEC_RANGE);
	err->token = p;
	err->token_len = (size_t) (end - p);
	return false;
}

/* Says why a float that is NaN or infinite was read from p to end. */
static bool
FailNotFinite(VmCodecError *err, const char *p, const char *end, float value)
{
	if (isnan(value))
		return VmCodecFail(err, VM_CODEC_NAN);
	if (VmFloatOutOfRange(p))
		return FailRange(err, p, end);
	return VmCodecFail(err, VM_CODEC_INFINITE);
}

static size_t
WriteFloat(float value, char *out)
{
	return (size_t) float_to_shortest_decimal_bufn(value, out);
}

static size_t
WriteInteger(int32_t value, char *out)
{
	char digits[INT32_TEXT_MAX];
	uint32_t magnitude = value < 0 ? -(uint32_t) value : (uint32_t) value;
	size_t count = 0;
	size_t len = 0;

	do
	{
		digits[count++] = (char) ('0' + magnitude % 10);
		magnitude /= 10;
	} while (magnitude > 0);

	if (value < 0)
		out[len++] = '-';
	while (count > 0)
		out[len++] = digits[--count];
	return len;
}

/* ---------------------------------------------------------- dense vectors */

/*
 * Reads one element into out[dim].  Inlined once per element type.  Returns
 * the number's end, or NULL with *err filled.
 */
static inline const char *
ParseElement(VmElement element, const char *p, const char *limit, void *out, int dim,
			 VmCodecError *err)
{
	float value;
	const char *end = VmParseFloatFast(p, limit, &value);

	if (end == NULL)
	{
		float general; /* so that value itself can live in a register */

		end = VmParseFloatGeneral(p, &general);
		value = general;
		if (end == p)
		{
			VmCodecFail(err, VM_CODEC_SYNTAX);
			return NULL;
		}
		if (!isfinite(value))
		{
			FailNotFinite(err, p, end, value);
			return NULL;
		}
	}
	if (element == VM_ELEMENT_F32)
		((float *) out)[dim] = value;
	else
	{
		VmHalf half = VmFloatToHalf(value);

		if (VmHalfIsInf(half))
		{
			FailRange(err, p, end);
			return NULL;
		}
		((VmHalf *) out)[dim] = half;
	}
	return end;
}

/*
 * Reads "1,2,3]" and stores the end, after the bracket, in *rest.  Returns the
 * dimension, or -1 with *err filled.
 */
static inline __attribute__((always_inline)) int
ParseElements(VmElement element, const char *p, const char *limit, void *out, const char **rest,
			  VmCodecError *err)
{
	int dim = 0;

	for (;;)
	{
		/* Before the number is looked at, as pgvector does: CORE-3. */
		if (dim == VM_VECTOR_MAX_DIM)
		{
			VmCodecFail(err, VM_CODEC_TOO_MANY_DIMS);
			return -1;
		}
		p = ParseElement(element, SkipSpace(p), limit, out, dim, err);
		if (p == NULL)
			return -1;
		dim++;

		p = SkipSpace(p);
		if (*p == ',')
			p++;
		else if (*p == ']')
			break;
		else
		{
			VmCodecFail(err, VM_CODEC_SYNTAX);
			return -1;
		}
	}
	*rest = p + 1;
	return dim;
}

int
VmDenseParse(VmElement element, const char *text, int expected_dim, void *out, VmCodecError *err)
{
	const char *limit = text + strlen(text);
	const char *p = SkipSpace(text);
	int dim;

	if (*p != '[')
	{
		VmCodecFail(err, VM_CODEC_SYNTAX_OPEN);
		return -1;
	}
	p = SkipSpace(p + 1);
	if (*p == ']')
	{
		VmCodecFail(err, VM_CODEC_NO_DIMS);
		return -1;
	}

	if (element == VM_ELEMENT_F32)
		dim = ParseElements(VM_ELEMENT_F32, p, limit, out, &p, err);
	else
		dim = ParseElements(VM_ELEMENT_F16, p, limit, out, &p, err);
	if (dim < 0)
		return -1;

	if (*SkipSpace(p) != '\0')
	{
		VmCodecFail(err, VM_CODEC_SYNTAX_JUNK);
		return -1;
	}
	if (!VmCodecCheckExpected(dim, expected_dim, err))
		return -1;
	return dim;
}

size_t
VmDenseFormatBound(int dim)
{
	/* A number and its comma or bracket each; "[" and the NUL. */
	return (size_t) dim * (FLOAT_TEXT_MAX + 1) + 2;
}

size_t
VmDenseFormat(VmElement element, const void *x, int dim, char *out)
{
	char *p = out;

	*p++ = '[';
	for (int i = 0; i < dim; i++)
	{
		if (i > 0)
			*p++ = ',';
		if (element == VM_ELEMENT_F32)
			p += WriteFloat(((const float *) x)[i], p);
		else
			p += WriteFloat(VmHalfToFloat(((const VmHalf *) x)[i]), p);
	}
	*p++ = ']';
	*p = '\0';
	return (size_t) (p - out);
}

/* --------------------------------------------------------- sparse vectors */

/* Blocks of a known size, so that the compiler makes SIMD of the inner loop. */
#define COUNT_BLOCK 64

static size_t
CountCommas(const char *text, size_t len)
{
	size_t commas = 0;
	size_t i = 0;

	for (; i + COUNT_BLOCK <= len; i += COUNT_BLOCK)
	{
		uint8_t in_block = 0;

		for (int j = 0; j < COUNT_BLOCK; j++)
			in_block += text[i + j] == ',';
		commas += in_block;
	}
	for (; i < len; i++)
		commas += text[i] == ',';
	return commas;
}

int
VmSparseParseBound(const char *text, VmCodecError *err)
{
	size_t commas = CountCommas(text, strlen(text));

	/* Wherever they stand, even after the dimension: as pgvector counts. */
	if (commas + 1 > VM_SPARSEVEC_MAX_NNZ)
	{
		VmCodecFail(err, VM_CODEC_TOO_MANY_NONZERO);
		return -1;
	}
	if (commas == 0 && strchr(text, ':') == NULL)
		return 0;
	return (int) commas + 1;
}

/*
 * Reads "1:1.5" at p.  Returns its end, or NULL with *err filled.  *index is
 * the one-based index of the text.
 */
static const char *
ParseEntry(const char *p, const char *limit, int32_t *index, float *value, VmCodecError *err)
{
	const char *end = ParseInteger(p, index);

	if (end == p)
	{
		VmCodecFail(err, VM_CODEC_SYNTAX);
		return NULL;
	}
	p = SkipSpace(end);
	if (*p != ':')
	{
		VmCodecFail(err, VM_CODEC_SYNTAX);
		return NULL;
	}
	p = SkipSpace(p + 1);

	end = VmParseFloat(p, limit, value);
	if (end == p)
	{
		VmCodecFail(err, VM_CODEC_SYNTAX);
		return NULL;
	}
	if (!isfinite(*value))
	{
		FailNotFinite(err, p, end, *value);
		return NULL;
	}
	/* Unlike a dense element, one that vanishes is an error: CORE-4. */
	if (*value == 0 && VmFloatOutOfRange(p))
	{
		FailRange(err, p, end);
		return NULL;
	}
	return end;
}

/*
 * Reads "1:1.5,3:2}" at p, adding what is not zero to parts.  Returns the byte
 * after the brace, or NULL with *err filled.
 */
static const char *
ParseEntries(const char *p, const char *limit, int bound, VmSparseParts *parts, VmCodecError *err)
{
	p = SkipSpace(p);
	if (*p == '}')
		return p + 1;

	for (;;)
	{
		int32_t index;
		float value;

		p = ParseEntry(SkipSpace(p), limit, &index, &value, err);
		if (p == NULL)
			return NULL;
		if (value != 0)
		{
			if (parts->nnz >= bound)
			{
				VmCodecFail(err, VM_CODEC_NO_SPACE);
				return NULL;
			}
			/* From one-based to zero-based; the least stays out of bounds. */
			parts->indices[parts->nnz] = index > INT32_MIN ? index - 1 : INT32_MIN;
			parts->values[parts->nnz] = value;
			parts->nnz++;
		}

		p = SkipSpace(p);
		if (*p == ',')
			p++;
		else if (*p == '}')
			return p + 1;
		else
		{
			VmCodecFail(err, VM_CODEC_SYNTAX);
			return NULL;
		}
	}
}

/* Reads "/5" and the end of the text at p. */
static bool
ParseDimensions(const char *p, int32_t *dim, VmCodecError *err)
{
	const char *end;

	p = SkipSpace(p);
	if (*p != '/')
		return VmCodecFail(err, VM_CODEC_SYNTAX_END);
	p = SkipSpace(p + 1);
	end = ParseInteger(p, dim);
	if (end == p)
		return VmCodecFail(err, VM_CODEC_SYNTAX);
	if (*SkipSpace(end) != '\0')
		return VmCodecFail(err, VM_CODEC_SYNTAX_JUNK);
	return true;
}

static void
SwapEntries(VmSparseParts *parts, int a, int b)
{
	int32_t index = parts->indices[a];
	float value = parts->values[a];

	parts->indices[a] = parts->indices[b];
	parts->values[a] = parts->values[b];
	parts->indices[b] = index;
	parts->values[b] = value;
}

/* Lets the entry at root sink until none of its children has a larger index. */
static void
SiftDown(VmSparseParts *parts, int root, int count)
{
	for (;;)
	{
		int child = 2 * root + 1;

		if (child >= count)
			return;
		if (child + 1 < count && parts->indices[child] < parts->indices[child + 1])
			child++;
		if (parts->indices[root] >= parts->indices[child])
			return;
		SwapEntries(parts, root, child);
		root = child;
	}
}

/*
 * Sorts by index.  A heapsort: in place over the two arrays, and no input makes
 * it slow.  Duplicates end up in any order, but they are an error anyway.
 */
static void
SortEntries(VmSparseParts *parts)
{
	bool sorted = true;

	for (int i = 1; i < parts->nnz; i++)
		sorted &= parts->indices[i - 1] <= parts->indices[i];
	if (sorted)
		return;

	for (int root = parts->nnz / 2 - 1; root >= 0; root--)
		SiftDown(parts, root, parts->nnz);
	for (int last = parts->nnz - 1; last > 0; last--)
	{
		SwapEntries(parts, 0, last);
		SiftDown(parts, 0, last);
	}
}

bool
VmSparseParse(const char *text, int bound, int expected_dim, VmSparseParts *parts,
			  VmCodecError *err)
{
	const char *limit = text + strlen(text);
	const char *p = SkipSpace(text);

	parts->nnz = 0;
	if (*p != '{')
		return VmCodecFail(err, VM_CODEC_SYNTAX_OPEN);
	p = ParseEntries(p + 1, limit, bound, parts, err);
	if (p == NULL || !ParseDimensions(p, &parts->dim, err))
		return false;

	if (!VmCodecCheckDim(parts->dim, VM_SPARSEVEC_MAX_DIM, err))
		return false;
	if (!VmCodecCheckExpected(parts->dim, expected_dim, err))
		return false;

	SortEntries(parts);
	for (int i = 0; i < parts->nnz; i++)
	{
		if (!VmCodecCheckIndex(parts->indices[i], i > 0 ? parts->indices[i - 1] : -1, parts->dim,
							   err))
			return false;
	}
	return true;
}

size_t
VmSparseFormatBound(int nnz)
{
	/* Index, colon, value and comma each; "{}/", the dimension, the NUL. */
	return (size_t) nnz * (INT32_TEXT_MAX + FLOAT_TEXT_MAX + 2) + INT32_TEXT_MAX + 4;
}

size_t
VmSparseFormat(const VmSparseParts *parts, char *out)
{
	char *p = out;

	*p++ = '{';
	for (int i = 0; i < parts->nnz; i++)
	{
		if (i > 0)
			*p++ = ',';
		p += WriteInteger(parts->indices[i] + 1, p);
		*p++ = ':';
		p += WriteFloat(parts->values[i], p);
	}
	*p++ = '}';
	*p++ = '/';
	p += WriteInteger(parts->dim, p);
	*p = '\0';
	return (size_t) (p - out);
}
