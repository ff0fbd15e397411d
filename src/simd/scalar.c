/*
 * scalar.c
 *		The kernels in portable C: the level of every CPU, and the remainder
 *		code of others.
 *
 * Each sum keeps LANES partial sums in an array of fixed length, which the
 * compiler turns into the baseline's vectors (SSE2) by itself.
 *
 * Plain C; depends on src/core only.
 */
#include <math.h>

#include "simd/kernels.h"

#define LANES 16
#define BLOCK (LANES * VM_SIMD_CHAIN)
/* Halves are converted this many at a time, on the stack. */
#define HALVES 256

VM_SIMD_INLINE float
Term(float a, float b, VmSimdTerm term)
{
	float difference = a - b;

	if (term == VM_TERM_DOT)
		return a * b;
	return term == VM_TERM_L2SQ ? difference * difference : fabsf(difference);
}

VM_SIMD_INLINE float
AddLanes(const float *sums)
{
	float halves[LANES / 2];
	float quarters[LANES / 4];

	for (int i = 0; i < LANES / 2; i++)
		halves[i] = sums[i] + sums[i + LANES / 2];
	for (int i = 0; i < LANES / 4; i++)
		quarters[i] = halves[i] + halves[i + LANES / 4];
	return (quarters[0] + quarters[2]) + (quarters[1] + quarters[3]);
}

/* One block: at most VM_SIMD_CHAIN terms per lane. */
VM_SIMD_INLINE float
SumBlock(const float *a, const float *b, size_t n, VmSimdTerm term)
{
	float sums[LANES] = {0};
	size_t whole = n - n % LANES;

	for (size_t i = 0; i < whole; i += LANES)
	{
		for (size_t lane = 0; lane < LANES; lane++)
			sums[lane] += Term(a[i + lane], b[i + lane], term);
	}
	for (size_t i = whole; i < n; i++)
		sums[i - whole] += Term(a[i], b[i], term);
	return AddLanes(sums);
}

VM_SIMD_INLINE float
Sum(const float *a, const float *b, size_t n, VmSimdTerm term)
{
	float total = 0;

	for (; n > BLOCK; n -= BLOCK, a += BLOCK, b += BLOCK)
		total += SumBlock(a, b, BLOCK, term);
	return total + SumBlock(a, b, n, term);
}

static float
F32L2sq(const float *a, const float *b, size_t n)
{
	return Sum(a, b, n, VM_TERM_L2SQ);
}

static float
F32Dot(const float *a, const float *b, size_t n)
{
	return Sum(a, b, n, VM_TERM_DOT);
}

static float
F32L1(const float *a, const float *b, size_t n)
{
	return Sum(a, b, n, VM_TERM_L1);
}

/* Three passes over blocks that stay in the first-level cache. */
static VmCosineSums
F32Cosine(const float *a, const float *b, size_t n)
{
	VmCosineSums sums = {0, 0, 0};

	while (n > 0)
	{
		size_t block = n < BLOCK ? n : BLOCK;

		sums.dot += SumBlock(a, b, block, VM_TERM_DOT);
		sums.aa += SumBlock(a, a, block, VM_TERM_DOT);
		sums.bb += SumBlock(b, b, block, VM_TERM_DOT);
		n -= block;
		a += block;
		b += block;
	}
	return sums;
}

static double
F32Sqnorm(const float *a, size_t n)
{
	double sums[4] = {0, 0, 0, 0};
	size_t whole = n - n % 4;

	for (size_t i = 0; i < whole; i += 4)
	{
		for (size_t lane = 0; lane < 4; lane++)
			sums[lane] += (double) a[i + lane] * a[i + lane];
	}
	for (size_t i = whole; i < n; i++)
		sums[i - whole] += (double) a[i] * a[i];
	return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/*
 * VmHalfToFloat without a branch, for the compiler to turn into vectors.  The
 * product is exact, also of a subnormal half: it only moves the exponent.
 */
VM_SIMD_INLINE float
HalfToFloat(VmHalf h)
{
	uint32_t magnitude = (uint32_t) (h & 0x7FFF) << 13;
	uint32_t special = 0;
	float f;
	uint32_t bits;

	special |= magnitude >= 0x0F800000 ? 0x7F800000 : 0;
	special |= magnitude > 0x0F800000 ? 0x00400000 : 0;
	memcpy(&f, &magnitude, sizeof(f));
	f *= 0x1p112f;
	memcpy(&bits, &f, sizeof(bits));
	bits |= special | (uint32_t) (h & 0x8000) << 16;
	memcpy(&f, &bits, sizeof(f));
	return f;
}

static void
F16ToF32(const VmHalf *in, float *out, size_t n)
{
	size_t whole = n - n % LANES;

	for (size_t i = 0; i < whole; i += LANES)
	{
		for (size_t lane = 0; lane < LANES; lane++)
			out[i + lane] = HalfToFloat(in[i + lane]);
	}
	for (size_t i = whole; i < n; i++)
		out[i] = HalfToFloat(in[i]);
}

static void
F32ToF16(const float *in, VmHalf *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = VmFloatToHalf(in[i]);
}

VM_SIMD_INLINE float
HalfSum(const VmHalf *a, const VmHalf *b, size_t n, VmSimdTerm term)
{
	float floats_a[HALVES];
	float floats_b[HALVES];
	float total = 0;

	while (n > 0)
	{
		size_t block = n < HALVES ? n : HALVES;

		F16ToF32(a, floats_a, block);
		F16ToF32(b, floats_b, block);
		total += SumBlock(floats_a, floats_b, block, term);
		n -= block;
		a += block;
		b += block;
	}
	return total;
}

static float
F16L2sq(const VmHalf *a, const VmHalf *b, size_t n)
{
	return HalfSum(a, b, n, VM_TERM_L2SQ);
}

static float
F16Dot(const VmHalf *a, const VmHalf *b, size_t n)
{
	return HalfSum(a, b, n, VM_TERM_DOT);
}

static float
F16L1(const VmHalf *a, const VmHalf *b, size_t n)
{
	return HalfSum(a, b, n, VM_TERM_L1);
}

static VmCosineSums
F16Cosine(const VmHalf *a, const VmHalf *b, size_t n)
{
	float floats_a[HALVES];
	float floats_b[HALVES];
	VmCosineSums sums = {0, 0, 0};

	while (n > 0)
	{
		size_t block = n < HALVES ? n : HALVES;

		F16ToF32(a, floats_a, block);
		F16ToF32(b, floats_b, block);
		sums.dot += SumBlock(floats_a, floats_b, block, VM_TERM_DOT);
		sums.aa += SumBlock(floats_a, floats_a, block, VM_TERM_DOT);
		sums.bb += SumBlock(floats_b, floats_b, block, VM_TERM_DOT);
		n -= block;
		a += block;
		b += block;
	}
	return sums;
}

static double
F16Sqnorm(const VmHalf *a, size_t n)
{
	float floats[HALVES];
	double total = 0;

	while (n > 0)
	{
		size_t block = n < HALVES ? n : HALVES;

		F16ToF32(a, floats, block);
		total += F32Sqnorm(floats, block);
		n -= block;
		a += block;
	}
	return total;
}

/*
 * Finite is a statement about the exponent, read as an integer: the largest
 * magnitude below infinity's bit pattern.
 */
static bool
F32AllFinite(const float *a, size_t n)
{
	uint32_t largest = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint32_t bits;

		memcpy(&bits, &a[i], sizeof(bits));
		bits &= 0x7FFFFFFF;
		largest = bits > largest ? bits : largest;
	}
	return largest < 0x7F800000;
}

static bool
F16AllFinite(const VmHalf *a, size_t n)
{
	VmHalf largest = 0;

	for (size_t i = 0; i < n; i++)
	{
		VmHalf bits = a[i] & 0x7FFF;

		largest = bits > largest ? bits : largest;
	}
	return largest < 0x7C00;
}

VM_SIMD_INLINE uint64_t
LoadWord(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* The last up to seven bytes, the rest zero. */
VM_SIMD_INLINE uint64_t
LoadPartWord(const uint8_t *bytes, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t) bytes[i] << (8 * i);
	return word;
}

/* Without the POPCNT instruction: sums of 2, 4 and 8 bits side by side. */
VM_SIMD_INLINE uint64_t
CountBits(uint64_t word)
{
	word -= (word >> 1) & UINT64_C(0x5555555555555555);
	word = (word & UINT64_C(0x3333333333333333)) + ((word >> 2) & UINT64_C(0x3333333333333333));
	word = (word + (word >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	return (word * UINT64_C(0x0101010101010101)) >> 56;
}

uint64_t
VmScalarBitHamming(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	uint64_t count = 0;
	size_t i = 0;

	for (; bytes - i >= 8; i += 8)
		count += CountBits(LoadWord(a + i) ^ LoadWord(b + i));
	return count + CountBits(LoadPartWord(a + i, bytes - i) ^ LoadPartWord(b + i, bytes - i));
}

VM_SIMD_INLINE void
CountJaccard(VmJaccardCounts *counts, uint64_t a, uint64_t b)
{
	counts->both += CountBits(a & b);
	counts->a += CountBits(a);
	counts->b += CountBits(b);
}

VmJaccardCounts
VmScalarBitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	VmJaccardCounts counts = {0, 0, 0};
	size_t i = 0;

	for (; bytes - i >= 8; i += 8)
		CountJaccard(&counts, LoadWord(a + i), LoadWord(b + i));
	CountJaccard(&counts, LoadPartWord(a + i, bytes - i), LoadPartWord(b + i, bytes - i));
	return counts;
}

const VmSimdKernels VmSimdScalarKernels = {
	.level = VM_SIMD_SCALAR,
	.name = "scalar",
	.f32_l2sq = F32L2sq,
	.f32_dot = F32Dot,
	.f32_cosine = F32Cosine,
	.f32_l1 = F32L1,
	.f32_sqnorm = F32Sqnorm,
	.f16_l2sq = F16L2sq,
	.f16_dot = F16Dot,
	.f16_cosine = F16Cosine,
	.f16_l1 = F16L1,
	.f16_sqnorm = F16Sqnorm,
	.f16_to_f32 = F16ToF32,
	.f32_to_f16 = F32ToF16,
	.f32_all_finite = F32AllFinite,
	.f16_all_finite = F16AllFinite,
	.bit_hamming = VmScalarBitHamming,
	.bit_jaccard = VmScalarBitJaccard,
	.sparse_l2sq = VmSparseL2sq,
	.sparse_dot = VmSparseDot,
	.sparse_l1 = VmSparseL1,
};
