/*
 * codec.h
 *		Text and binary formats of vector, halfvec and sparsevec.
 *
 * Plain C, no server: this is the code that meets input from outside, so it
 * is what the fuzzers run.  Nothing here allocates, prints or raises; every
 * function reports through VmCodecError, which src/types turns into the
 * server's error texts.
 *
 *	VmDenseParse / VmDenseFormat	"[1,2,3]"			vector, halfvec
 *	VmDenseDecode / VmDenseEncode	binary wire format	vector, halfvec
 *	VmSparseParse / VmSparseFormat	"{1:1.5,3:2}/5"		sparsevec
 *	VmSparseDecode / VmSparseEncode	binary wire format	sparsevec
 *
 * May depend on nothing but the C library and PostgreSQL's shortest-float
 * writer (common/shortest_dec.h, which needs no server either).
 */
#ifndef VM_CORE_CODEC_H
#define VM_CORE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

/* Element of a dense type: float32 (vector) or IEEE binary16 (halfvec). */
typedef enum VmElement
{
	VM_ELEMENT_F32,
	VM_ELEMENT_F16
} VmElement;

typedef enum VmCodecStatus
{
	VM_CODEC_OK = 0,

	/* text */
	VM_CODEC_SYNTAX,      /* invalid input syntax, no detail */
	VM_CODEC_SYNTAX_OPEN, /* does not start with "[" or "{" */
	VM_CODEC_SYNTAX_JUNK, /* something after the end */
	VM_CODEC_SYNTAX_END,  /* sparse: unexpected end of input */
	VM_CODEC_RANGE,       /* token is out of range for the type */

	/* values, text and binary */
	VM_CODEC_NAN,
	VM_CODEC_INFINITE,
	VM_CODEC_NO_DIMS,       /* fewer than 1 dimension */
	VM_CODEC_TOO_MANY_DIMS, /* more than the type's limit */
	VM_CODEC_WRONG_DIMS,    /* not the expected number; value = found */

	/* sparse */
	VM_CODEC_TOO_MANY_NONZERO,    /* more than VM_SPARSEVEC_MAX_NNZ */
	VM_CODEC_NNZ_EXCEEDS_DIMS,    /* more elements than dimensions */
	VM_CODEC_NEGATIVE_NNZ,        /* negative number of elements */
	VM_CODEC_INDEX_OUT_OF_BOUNDS, /* index outside 1..dim */
	VM_CODEC_INDEX_NOT_ASCENDING, /* indices must be in ascending order */
	VM_CODEC_INDEX_DUPLICATE,     /* indices must not contain duplicates */
	VM_CODEC_ZERO_VALUE,          /* binary form holds a zero */

	/* binary */
	VM_CODEC_TRUNCATED,    /* fewer bytes than the header promises */
	VM_CODEC_UNUSED_NOT_0, /* reserved field is not 0; value = found */

	VM_CODEC_NO_SPACE /* caller's buffer is too small: a caller's bug */
} VmCodecStatus;

typedef struct VmCodecError
{
	VmCodecStatus status;
	const char *token; /* VM_CODEC_RANGE: the offending number in the input */
	size_t token_len;
	int64_t value; /* see the status */
} VmCodecError;

/* A sparse vector's parts: indices are 0-based and ascending, values not 0. */
typedef struct VmSparseParts
{
	int32_t dim;
	int32_t nnz;
	int32_t *indices;
	float *values;
} VmSparseParts;

/*
 * Parses NUL-terminated text into out, an array of VM_VECTOR_MAX_DIM elements
 * of the given kind (float or uint16_t).  expected_dim < 0 accepts any
 * dimension.  Returns the dimension, or -1 with *err filled.
 */
extern int
VmDenseParse(VmElement element, const char *text, int expected_dim, void *out, VmCodecError *err);

/* Bytes that VmDenseFormat may write for dim elements, with the NUL. */
extern size_t VmDenseFormatBound(int dim);

/* Writes "[a,b,…]" and a NUL; returns the length without the NUL. */
extern size_t VmDenseFormat(VmElement element, const void *x, int dim, char *out);

/*
 * Reads a dense vector's header from wire bytes: returns the dimension after
 * checking it (limits, expected_dim, that the elements are there), or -1.  The
 * two steps let the caller allocate exactly, and only what the message backs.
 * When elements are missing, a bad one among those present is the error instead
 * (CORE-5), so -1 may come with a status that VmDenseDecode documents.
 */
extern int VmDenseDecodeHeader(VmElement element, const uint8_t *wire, size_t len, int expected_dim,
							   VmCodecError *err);

/*
 * Decodes the elements after a header that VmDenseDecodeHeader accepted, and
 * checks each for NaN and infinity.  Returns the bytes consumed, header
 * included; 0 with *err filled on a bad element.
 */
extern size_t
VmDenseDecode(VmElement element, const uint8_t *wire, int dim, void *out, VmCodecError *err);

/* Writes the wire form; out holds VmDenseWireSize bytes. */
extern size_t VmDenseWireSize(VmElement element, int dim);
extern void VmDenseEncode(VmElement element, const void *x, int dim, uint8_t *out);

/*
 * Upper bound of the elements in a sparse literal, which the caller must make
 * room for: commas + 1; 0 for a text without a colon, like "{}/3".  -1 with
 * VM_CODEC_TOO_MANY_NONZERO when it is over VM_SPARSEVEC_MAX_NNZ.
 */
extern int VmSparseParseBound(const char *text, VmCodecError *err);

/*
 * Parses text into parts, whose arrays have room for bound elements.  Zero
 * values are dropped, the rest sorted by index.  Returns false with *err filled.
 */
extern bool VmSparseParse(const char *text, int bound, int expected_dim, VmSparseParts *parts,
						  VmCodecError *err);

extern size_t VmSparseFormatBound(int nnz);
extern size_t VmSparseFormat(const VmSparseParts *parts, char *out);

/* As for dense vectors: header first (fills parts->dim and nnz), then body. */
extern bool VmSparseDecodeHeader(const uint8_t *wire, size_t len, int expected_dim,
								 VmSparseParts *parts, VmCodecError *err);
extern size_t VmSparseDecode(const uint8_t *wire, VmSparseParts *parts, VmCodecError *err);

extern size_t VmSparseWireSize(int nnz);
extern void VmSparseEncode(const VmSparseParts *parts, uint8_t *out);

#endif
