/*
 * codec_binary.c
 *		Wire formats of vector, halfvec and sparsevec: big-endian, README.md
 *		draws them.
 *
 * The loops over elements go in blocks of a known size and only gather whether
 * anything was wrong, so that the compiler makes SIMD of them.  What was wrong,
 * and which error a receiver that reads number by number would have met first
 * (CORE-5), is found by a second look when something was.
 *
 * Depends on the C library only.
 */
#include "core/codec.h"

#include <string.h>

#include "core/codec_private.h"
#include "core/f16.h"

#define DENSE_HEADER_SIZE  4  /* int16 dim, int16 unused */
#define SPARSE_HEADER_SIZE 12 /* int32 dim, int32 nnz, int32 unused */

/* Elements converted at a time. */
#define BLOCK         16

#define F32_EXPONENT  UINT32_C(0x7F800000)
#define F32_MAGNITUDE UINT32_C(0x7FFFFFFF)
#define F16_EXPONENT  UINT16_C(0x7C00)

/* ------------------------------------------------------ numbers on the wire */

/* Big-endian to the host's order and back: the same operation. */
static inline uint16_t
Swap16(uint16_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap16(v);
#else
	return v;
#endif
}

static inline uint32_t
Swap32(uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap32(v);
#else
	return v;
#endif
}

static inline uint16_t
ReadUint16(const uint8_t *wire)
{
	uint16_t v;

	memcpy(&v, wire, sizeof(v));
	return Swap16(v);
}

static inline uint32_t
ReadUint32(const uint8_t *wire)
{
	uint32_t v;

	memcpy(&v, wire, sizeof(v));
	return Swap32(v);
}

static inline uint8_t *
WriteUint16(uint16_t value, uint8_t *wire)
{
	value = Swap16(value);
	memcpy(wire, &value, sizeof(value));
	return wire + sizeof(value);
}

static inline uint8_t *
WriteUint32(uint32_t value, uint8_t *wire)
{
	value = Swap32(value);
	memcpy(wire, &value, sizeof(value));
	return wire + sizeof(value);
}

/*
 * Moves count numbers between the wire and memory, in either direction; from
 * and to need no alignment and do not overlap.
 */
static void
SwapArray32(const void *from, void *to, int count)
{
	const uint8_t *in = from;
	uint8_t *out = to;

	for (; count >= BLOCK; count -= BLOCK)
	{
		uint32_t block[BLOCK];

		memcpy(block, in, sizeof(block));
		for (int i = 0; i < BLOCK; i++)
			block[i] = Swap32(block[i]);
		memcpy(out, block, sizeof(block));
		in += sizeof(block);
		out += sizeof(block);
	}
	for (; count > 0; count--)
	{
		uint32_t v = ReadUint32(in);

		memcpy(out, &v, sizeof(v));
		in += sizeof(v);
		out += sizeof(v);
	}
}

static void
SwapArray16(const void *from, void *to, int count)
{
	const uint8_t *in = from;
	uint8_t *out = to;

	for (; count >= BLOCK; count -= BLOCK)
	{
		uint16_t block[BLOCK];

		memcpy(block, in, sizeof(block));
		for (int i = 0; i < BLOCK; i++)
			block[i] = Swap16(block[i]);
		memcpy(out, block, sizeof(block));
		in += sizeof(block);
		out += sizeof(block);
	}
	for (; count > 0; count--)
	{
		uint16_t v = ReadUint16(in);

		memcpy(out, &v, sizeof(v));
		in += sizeof(v);
		out += sizeof(v);
	}
}

/* ------------------------------------------------------- checks of elements */

/* Whether none of the floats, given by their bits, is NaN or infinite. */
static bool
AllFinite32(const void *x, int count)
{
	const uint8_t *in = x;
	uint32_t bad = 0;

	for (; count >= BLOCK; count -= BLOCK)
	{
		uint32_t block[BLOCK];

		memcpy(block, in, sizeof(block));
		for (int i = 0; i < BLOCK; i++)
			bad |= -(uint32_t) ((block[i] & F32_EXPONENT) == F32_EXPONENT);
		in += sizeof(block);
	}
	for (; count > 0; count--)
	{
		uint32_t v;

		memcpy(&v, in, sizeof(v));
		bad |= (v & F32_EXPONENT) == F32_EXPONENT;
		in += sizeof(v);
	}
	return bad == 0;
}

static bool
AllFinite16(const void *x, int count)
{
	const uint8_t *in = x;
	uint16_t bad = 0;

	for (; count >= BLOCK; count -= BLOCK)
	{
		uint16_t block[BLOCK];

		memcpy(block, in, sizeof(block));
		for (int i = 0; i < BLOCK; i++)
			bad |= (uint16_t) -((block[i] & F16_EXPONENT) == F16_EXPONENT);
		in += sizeof(block);
	}
	for (; count > 0; count--)
	{
		uint16_t v;

		memcpy(&v, in, sizeof(v));
		bad |= (v & F16_EXPONENT) == F16_EXPONENT;
		in += sizeof(v);
	}
	return bad == 0;
}

/* Whether none of the floats is zero. */
static bool
NoneZero32(const void *x, int count)
{
	const uint8_t *in = x;
	uint32_t bad = 0;

	for (int i = 0; i < count; i++)
	{
		uint32_t v;

		memcpy(&v, in, sizeof(v));
		bad |= (v & F32_MAGNITUDE) == 0;
		in += sizeof(v);
	}
	return bad == 0;
}

static bool
CheckFloat(uint32_t bits, VmCodecError *err)
{
	if ((bits & F32_MAGNITUDE) > F32_EXPONENT)
		return VmCodecFail(err, VM_CODEC_NAN);
	if ((bits & F32_MAGNITUDE) == F32_EXPONENT)
		return VmCodecFail(err, VM_CODEC_INFINITE);
	return true;
}

static bool
CheckHalf(VmHalf half, VmCodecError *err)
{
	if (VmHalfIsNaN(half))
		return VmCodecFail(err, VM_CODEC_NAN);
	if (VmHalfIsInf(half))
		return VmCodecFail(err, VM_CODEC_INFINITE);
	return true;
}

/* ---------------------------------------------------------- dense vectors */

static inline size_t
ElementSize(VmElement element)
{
	return element == VM_ELEMENT_F32 ? sizeof(float) : sizeof(VmHalf);
}

static inline int
MaxDim(VmElement element)
{
	return element == VM_ELEMENT_F32 ? VM_VECTOR_MAX_DIM : VM_HALFVEC_MAX_DIM;
}

/*
 * Checks count elements on the wire one by one, for the sake of the error: true
 * when all are good.
 */
static bool
CheckDenseElements(VmElement element, const uint8_t *wire, int count, VmCodecError *err)
{
	for (int i = 0; i < count; i++)
	{
		const uint8_t *x = wire + (size_t) i * ElementSize(element);

		if (element == VM_ELEMENT_F32 ? !CheckFloat(ReadUint32(x), err) :
										!CheckHalf(ReadUint16(x), err))
			return false;
	}
	return true;
}

int
VmDenseDecodeHeader(VmElement element, const uint8_t *wire, size_t len, int expected_dim,
					VmCodecError *err)
{
	int16_t dim;
	int16_t unused;
	size_t present;

	if (len < DENSE_HEADER_SIZE)
	{
		VmCodecFail(err, VM_CODEC_TRUNCATED);
		return -1;
	}
	dim = (int16_t) ReadUint16(wire);
	unused = (int16_t) ReadUint16(wire + 2);

	if (!VmCodecCheckDim(dim, MaxDim(element), err) ||
		!VmCodecCheckExpected(dim, expected_dim, err))
		return -1;
	if (unused != 0)
	{
		VmCodecFailValue(err, VM_CODEC_UNUSED_NOT_0, unused);
		return -1;
	}

	present = (len - DENSE_HEADER_SIZE) / ElementSize(element);
	if (present < (size_t) dim)
	{
		/* CORE-5: a bad element before the cut comes first. */
		if (CheckDenseElements(element, wire + DENSE_HEADER_SIZE, (int) present, err))
			VmCodecFail(err, VM_CODEC_TRUNCATED);
		return -1;
	}
	return dim;
}

size_t
VmDenseDecode(VmElement element, const uint8_t *wire, int dim, void *out, VmCodecError *err)
{
	const uint8_t *elements = wire + DENSE_HEADER_SIZE;
	bool good;

	if (element == VM_ELEMENT_F32)
	{
		SwapArray32(elements, out, dim);
		good = AllFinite32(out, dim);
	}
	else
	{
		SwapArray16(elements, out, dim);
		good = AllFinite16(out, dim);
	}
	if (!good && !CheckDenseElements(element, elements, dim, err))
		return 0;
	return VmDenseWireSize(element, dim);
}

size_t
VmDenseWireSize(VmElement element, int dim)
{
	return DENSE_HEADER_SIZE + (size_t) dim * ElementSize(element);
}

void
VmDenseEncode(VmElement element, const void *x, int dim, uint8_t *out)
{
	out = WriteUint16((uint16_t) dim, out);
	out = WriteUint16(0, out);
	if (element == VM_ELEMENT_F32)
		SwapArray32(x, out, dim);
	else
		SwapArray16(x, out, dim);
}

/* --------------------------------------------------------- sparse vectors */

/*
 * Checks what there is of the indices and values on the wire, in the order in
 * which they stand; present counts the numbers of both.  True when all are good.
 */
static bool
CheckSparseBody(const uint8_t *body, const VmSparseParts *parts, size_t present, VmCodecError *err)
{
	size_t nnz = (size_t) parts->nnz;
	int32_t previous = -1;

	for (size_t i = 0; i < nnz && i < present; i++)
	{
		int32_t index = (int32_t) ReadUint32(body + 4 * i);

		if (!VmCodecCheckIndex(index, previous, parts->dim, err))
			return false;
		previous = index;
	}
	for (size_t i = nnz; i < 2 * nnz && i < present; i++)
	{
		uint32_t bits = ReadUint32(body + 4 * i);

		if (!CheckFloat(bits, err))
			return false;
		if ((bits & F32_MAGNITUDE) == 0)
			return VmCodecFail(err, VM_CODEC_ZERO_VALUE);
	}
	return true;
}

bool
VmSparseDecodeHeader(const uint8_t *wire, size_t len, int expected_dim, VmSparseParts *parts,
					 VmCodecError *err)
{
	int32_t unused;
	size_t present;

	if (len < SPARSE_HEADER_SIZE)
		return VmCodecFail(err, VM_CODEC_TRUNCATED);
	parts->dim = (int32_t) ReadUint32(wire);
	parts->nnz = (int32_t) ReadUint32(wire + 4);
	unused = (int32_t) ReadUint32(wire + 8);

	if (!VmCodecCheckDim(parts->dim, VM_SPARSEVEC_MAX_DIM, err))
		return false;
	if (parts->nnz < 0)
		return VmCodecFail(err, VM_CODEC_NEGATIVE_NNZ);
	if (parts->nnz > VM_SPARSEVEC_MAX_NNZ)
		return VmCodecFail(err, VM_CODEC_TOO_MANY_NONZERO);
	if (parts->nnz > parts->dim)
		return VmCodecFail(err, VM_CODEC_NNZ_EXCEEDS_DIMS);
	if (!VmCodecCheckExpected(parts->dim, expected_dim, err))
		return false;
	if (unused != 0)
		return VmCodecFailValue(err, VM_CODEC_UNUSED_NOT_0, unused);

	present = (len - SPARSE_HEADER_SIZE) / 4;
	if (present < 2 * (size_t) parts->nnz)
	{
		/* CORE-5: a bad index or value before the cut comes first. */
		if (CheckSparseBody(wire + SPARSE_HEADER_SIZE, parts, present, err))
			VmCodecFail(err, VM_CODEC_TRUNCATED);
		return false;
	}
	return true;
}

/* Whether the indices rise and stay within the dimension. */
static bool
IndicesAscend(const VmSparseParts *parts)
{
	int32_t previous = -1;
	bool good = true;

	for (int i = 0; i < parts->nnz; i++)
	{
		good &= parts->indices[i] > previous;
		previous = parts->indices[i];
	}
	return good && previous < parts->dim;
}

size_t
VmSparseDecode(const uint8_t *wire, VmSparseParts *parts, VmCodecError *err)
{
	const uint8_t *body = wire + SPARSE_HEADER_SIZE;

	SwapArray32(body, parts->indices, parts->nnz);
	SwapArray32(body + 4 * (size_t) parts->nnz, parts->values, parts->nnz);

	if ((!IndicesAscend(parts) || !AllFinite32(parts->values, parts->nnz) ||
		 !NoneZero32(parts->values, parts->nnz)) &&
		!CheckSparseBody(body, parts, 2 * (size_t) parts->nnz, err))
		return 0;
	return VmSparseWireSize(parts->nnz);
}

size_t
VmSparseWireSize(int nnz)
{
	return SPARSE_HEADER_SIZE + (size_t) nnz * (sizeof(int32_t) + sizeof(float));
}

void
VmSparseEncode(const VmSparseParts *parts, uint8_t *out)
{
	out = WriteUint32((uint32_t) parts->dim, out);
	out = WriteUint32((uint32_t) parts->nnz, out);
	out = WriteUint32(0, out);
	SwapArray32(parts->indices, out, parts->nnz);
	SwapArray32(parts->values, out + 4 * (size_t) parts->nnz, parts->nnz);
}
