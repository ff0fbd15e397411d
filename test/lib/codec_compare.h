/*
 * codec_compare.h
 *		One input through the codecs of src/core and through the reference, and
 *		back: the properties that the unit tests and the fuzzers check.
 *
 * Each function returns NULL when all properties hold, or says which does not.
 *
 *	CompareDenseText	parse = reference; parse(format(x)) = x
 *	CompareSparseText	the same
 *	CompareDenseWire	decode = reference; encode(decode(m)) = m
 *	CompareSparseWire	the same
 *
 * The input must lie so that a read beyond it is caught: at the end of a page
 * (GuardedCopy) or in a sanitizer's heap.
 */
#ifndef VM_TEST_CODEC_COMPARE_H
#define VM_TEST_CODEC_COMPARE_H

#include <sys/mman.h>
#include <unistd.h>

#include "codec_reference.h"

static RefResult compare_ref;

/*
 * A copy of len bytes that ends where the readable memory ends.  Valid until
 * the next call.
 */
static inline void *
GuardedCopy(const void *bytes, size_t len)
{
	static char *memory = NULL;
	static const size_t size = 1 << 20;
	char *copy;

	if (memory == NULL)
	{
		memory =
			mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (memory == MAP_FAILED || mprotect(memory + size, 4096, PROT_NONE) != 0 || len > size)
			abort();
	}
	if (len > size)
		abort();
	copy = memory + size - len;
	memmove(copy, bytes, len);
	return copy;
}

static inline const char *
GuardedText(const char *text)
{
	return GuardedCopy(text, strlen(text) + 1);
}

static inline const char *
CompareErrors(const VmCodecError *err)
{
	if (err->status != compare_ref.status)
		return "another status than the reference's";
	if (err->token != compare_ref.token || err->token_len != compare_ref.token_len)
		return "another token than the reference's";
	if ((err->status == VM_CODEC_WRONG_DIMS || err->status == VM_CODEC_UNUSED_NOT_0) &&
		err->value != compare_ref.value)
		return "another value than the reference's";
	return NULL;
}

/* The elements as the reference holds them: floats, with their signs. */
static inline const char *
CompareDenseElements(VmElement element, const void *x, int dim)
{
	if (dim != compare_ref.dim)
		return "another dimension than the reference's";
	for (int i = 0; i < dim; i++)
	{
		float value = element == VM_ELEMENT_F32 ? ((const float *) x)[i] :
												  VmHalfToFloat(((const VmHalf *) x)[i]);

		if (memcmp(&value, &compare_ref.dense[i], sizeof(value)) != 0)
			return "another element than the reference's";
	}
	return NULL;
}

static inline const char *
CompareSparseEntries(const VmSparseParts *parts)
{
	if (parts->dim != compare_ref.dim || parts->nnz != compare_ref.nnz)
		return "other counts than the reference's";
	for (int i = 0; i < parts->nnz; i++)
	{
		if (parts->indices[i] != compare_ref.sparse[i].index ||
			memcmp(&parts->values[i], &compare_ref.sparse[i].value, sizeof(float)) != 0)
			return "another entry than the reference's";
	}
	return NULL;
}

static inline size_t
CompareElementSize(VmElement element)
{
	return element == VM_ELEMENT_F32 ? sizeof(float) : sizeof(VmHalf);
}

static inline const char *
CompareDenseText(VmElement element, const char *text, int expected_dim)
{
	static float x[VM_VECTOR_MAX_DIM];
	static float again[VM_VECTOR_MAX_DIM];
	VmCodecError err;
	int dim = VmDenseParse(element, text, expected_dim, x, &err);
	bool ref_good = RefDenseParse(element, text, expected_dim, &compare_ref);
	const char *wrong;
	char *printed;
	size_t bound;
	size_t len;

	if (dim < 0)
		return ref_good ? "refused what the reference takes" : CompareErrors(&err);
	if (!ref_good)
		return "took what the reference refuses";
	wrong = CompareDenseElements(element, x, dim);
	if (wrong != NULL)
		return wrong;

	bound = VmDenseFormatBound(dim);
	printed = malloc(bound);
	len = VmDenseFormat(element, x, dim, printed);
	if (len + 1 > bound || strlen(printed) != len)
		wrong = "format's length is wrong";
	else if (VmDenseParse(element, printed, dim, again, &err) != dim ||
			 memcmp(x, again, (size_t) dim * CompareElementSize(element)) != 0)
		wrong = "does not survive format and parse";
	free(printed);
	return wrong;
}

static inline const char *
CompareSparseText(const char *text, int expected_dim)
{
	VmCodecError err;
	VmSparseParts parts;
	VmSparseParts again;
	int bound = VmSparseParseBound(text, &err);
	bool ref_good = RefSparseParse(text, expected_dim, &compare_ref);
	const char *wrong = NULL;
	char *printed;
	size_t format_bound;
	size_t len;

	if (bound < 0)
		return ref_good ? "refused what the reference takes" : CompareErrors(&err);

	/* Exactly what the bound promises to be enough. */
	parts.indices = malloc((size_t) bound * sizeof(int32_t) + 1);
	parts.values = malloc((size_t) bound * sizeof(float) + 1);
	again.indices = malloc((size_t) bound * sizeof(int32_t) + 1);
	again.values = malloc((size_t) bound * sizeof(float) + 1);

	if (!VmSparseParse(text, bound, expected_dim, &parts, &err))
		wrong = ref_good ? "refused what the reference takes" : CompareErrors(&err);
	else if (!ref_good)
		wrong = "took what the reference refuses";
	else
	{
		wrong = CompareSparseEntries(&parts);
		format_bound = VmSparseFormatBound(parts.nnz);
		printed = malloc(format_bound);
		len = VmSparseFormat(&parts, printed);
		if (wrong == NULL && (len + 1 > format_bound || strlen(printed) != len))
			wrong = "format's length is wrong";
		if (wrong == NULL &&
			(!VmSparseParse(printed, bound, parts.dim, &again, &err) || again.dim != parts.dim ||
			 again.nnz != parts.nnz ||
			 memcmp(parts.indices, again.indices, (size_t) parts.nnz * sizeof(int32_t)) != 0 ||
			 memcmp(parts.values, again.values, (size_t) parts.nnz * sizeof(float)) != 0))
			wrong = "does not survive format and parse";
		free(printed);
	}
	free(parts.indices);
	free(parts.values);
	free(again.indices);
	free(again.values);
	return wrong;
}

static inline const char *
CompareDenseWire(VmElement element, const uint8_t *wire, size_t len, int expected_dim)
{
	VmCodecError err;
	int dim = VmDenseDecodeHeader(element, wire, len, expected_dim, &err);
	bool ref_good = RefDenseDecode(element, wire, len, expected_dim, &compare_ref);
	const char *wrong = NULL;
	size_t consumed;
	void *x;
	uint8_t *again;

	if (dim < 0)
		return ref_good ? "refused what the reference takes" : CompareErrors(&err);

	x = malloc((size_t) dim * CompareElementSize(element));
	consumed = VmDenseDecode(element, wire, dim, x, &err);
	if (consumed == 0)
		wrong = ref_good ? "refused what the reference takes" : CompareErrors(&err);
	else if (!ref_good)
		wrong = "took what the reference refuses";
	else if (consumed > len || consumed != VmDenseWireSize(element, dim))
		wrong = "consumed the wrong number of bytes";
	else
	{
		wrong = CompareDenseElements(element, x, dim);
		again = malloc(consumed);
		VmDenseEncode(element, x, dim, again);
		if (wrong == NULL && memcmp(wire, again, consumed) != 0)
			wrong = "does not survive decode and encode";
		free(again);
	}
	free(x);
	return wrong;
}

static inline const char *
CompareSparseWire(const uint8_t *wire, size_t len, int expected_dim)
{
	VmCodecError err;
	VmSparseParts parts;
	bool header_good = VmSparseDecodeHeader(wire, len, expected_dim, &parts, &err);
	bool ref_good = RefSparseDecode(wire, len, expected_dim, &compare_ref);
	const char *wrong = NULL;
	size_t consumed;
	uint8_t *again;

	if (!header_good)
		return ref_good ? "refused what the reference takes" : CompareErrors(&err);

	parts.indices = malloc((size_t) parts.nnz * sizeof(int32_t) + 1);
	parts.values = malloc((size_t) parts.nnz * sizeof(float) + 1);
	consumed = VmSparseDecode(wire, &parts, &err);
	if (consumed == 0)
		wrong = ref_good ? "refused what the reference takes" : CompareErrors(&err);
	else if (!ref_good)
		wrong = "took what the reference refuses";
	else if (consumed > len || consumed != VmSparseWireSize(parts.nnz))
		wrong = "consumed the wrong number of bytes";
	else
	{
		wrong = CompareSparseEntries(&parts);
		again = malloc(consumed);
		VmSparseEncode(&parts, again);
		if (wrong == NULL && memcmp(wire, again, consumed) != 0)
			wrong = "does not survive decode and encode";
		free(again);
	}
	free(parts.indices);
	free(parts.values);
	return wrong;
}

#endif
