/*
 * fuzz_codec.h
 *		What the fuzz targets of the codecs share.
 *
 * An input is checked without an expected dimension and with one that fits one
 * input in many.  It lies in a heap block of its own size, so that the address
 * sanitizer sees a read of the byte after it.  A violated property aborts.
 */
#ifndef VM_FUZZ_CODEC_H
#define VM_FUZZ_CODEC_H

#include <stdio.h>

#include "codec_compare.h"

#define FUZZ_EXPECTED_DIM 3

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
FuzzRequire(const char *wrong)
{
	if (wrong == NULL)
		return;
	fprintf(stderr, "property violated: %s\n", wrong);
	abort();
}

/* The input as a C string: up to its first NUL. */
static inline char *
FuzzText(const uint8_t *data, size_t size)
{
	size_t len = size > 0 ? strnlen((const char *) data, size) : 0;
	char *text = malloc(len + 1);

	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

static inline uint8_t *
FuzzWire(const uint8_t *data, size_t size)
{
	uint8_t *wire = malloc(size + (size == 0));

	if (size > 0)
		memcpy(wire, data, size);
	return wire;
}

static inline void
FuzzDenseText(VmElement element, const uint8_t *data, size_t size)
{
	char *text = FuzzText(data, size);

	FuzzRequire(CompareDenseText(element, text, -1));
	FuzzRequire(CompareDenseText(element, text, FUZZ_EXPECTED_DIM));
	free(text);
}

static inline void
FuzzSparseText(const uint8_t *data, size_t size)
{
	char *text = FuzzText(data, size);

	FuzzRequire(CompareSparseText(text, -1));
	FuzzRequire(CompareSparseText(text, FUZZ_EXPECTED_DIM));
	free(text);
}

static inline void
FuzzDenseWire(VmElement element, const uint8_t *data, size_t size)
{
	uint8_t *wire = FuzzWire(data, size);

	FuzzRequire(CompareDenseWire(element, wire, size, -1));
	FuzzRequire(CompareDenseWire(element, wire, size, FUZZ_EXPECTED_DIM));
	free(wire);
}

static inline void
FuzzSparseWire(const uint8_t *data, size_t size)
{
	uint8_t *wire = FuzzWire(data, size);

	FuzzRequire(CompareSparseWire(wire, size, -1));
	FuzzRequire(CompareSparseWire(wire, size, FUZZ_EXPECTED_DIM));
	free(wire);
}

#endif
