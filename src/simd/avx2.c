/*
 * avx2.c
 *		AVX2 + FMA + F16C: the sums over float32 and float16, and the table.
 *
 * One skeleton per shape (pair sum, cosine, squared norm) takes the term and
 * the element type as constants.  Four accumulators of eight lanes: each step
 * of eight elements needs two loads, and a core loads two vectors a cycle at
 * best, so one multiply-add a cycle with a latency of four is all there is to
 * hide.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define AVX2_INLINE VM_SIMD_INLINE VM_TARGET_AVX2

#define LANES 8
#define STEP (4 * LANES)

/* A vector of float32 or float16, told apart by a constant. */
typedef struct Input
{
	const void *data;
	bool half;
} Input;

AVX2_INLINE __m256
Load(Input v, size_t i)
{
	if (v.half)
		return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) ((const VmHalf *) v.data + i)));
	return _mm256_loadu_ps((const float *) v.data + i);
}

/* n in 1 to 7 floats, the other lanes zero; masked lanes are not accessed. */
AVX2_INLINE __m256
LoadFloatTail(const float *v, size_t n)
{
	static const int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

	return _mm256_maskload_ps(v, _mm256_loadu_si256((const __m256i *) (window + 8 - n)));
}

/* n in 1 to 7 halves that have no eight halves before their end. */
AVX2_INLINE __m128i
LoadFewHalves(const VmHalf *v, size_t n)
{
	uint64_t low = v[0];
	uint64_t high = 0;

	if (n >= 4)
	{
		memcpy(&low, v, 8);
		if (n > 4)
		{
			memcpy(&high, v + n - 4, 8);
			high >>= 16 * (8 - n);
		}
	}
	else
	{
		if (n >= 2)
			low |= (uint64_t) v[1] << 16;
		if (n == 3)
			low |= (uint64_t) v[2] << 32;
	}
	return _mm_set_epi64x((int64_t) high, (int64_t) low);
}

/* Elements i to i + n, n in 1 to 7, the other lanes zero. */
AVX2_INLINE __m256
LoadTail(Input v, size_t i, size_t n)
{
	/* A byte index with the high bit set gives zero. */
	static const uint8_t window[32] = {0,	 1,	   2,	 3,	   4,	 5,	   6,	 7,
									   8,	 9,	   10,	 11,   12,	 13,   14,	 15,
									   0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
									   0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
	const VmHalf *halves = (const VmHalf *) v.data + i;
	__m128i bits;

	if (!v.half)
		return LoadFloatTail((const float *) v.data + i, n);
	if (i == 0)
		return _mm256_cvtph_ps(LoadFewHalves(halves, n));

	/* The eight halves that end with the vector, moved down. */
	bits = _mm_loadu_si128((const __m128i *) (halves + n - LANES));
	bits = _mm_shuffle_epi8(bits,
							_mm_loadu_si128((const __m128i *) (window + 2 * (LANES - n))));
	return _mm256_cvtph_ps(bits);
}

AVX2_INLINE __m256
AddTerm(__m256 sum, __m256 a, __m256 b, VmSimdTerm term)
{
	__m256 difference;

	if (term == VM_TERM_DOT)
		return _mm256_fmadd_ps(a, b, sum);
	difference = _mm256_sub_ps(a, b);
	if (term == VM_TERM_L2SQ)
		return _mm256_fmadd_ps(difference, difference, sum);
	return _mm256_add_ps(sum, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), difference));
}

AVX2_INLINE __m256
AddFour(__m256 s0, __m256 s1, __m256 s2, __m256 s3)
{
	return _mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3));
}

AVX2_INLINE float
AddLanes(__m256 sum)
{
	__m128 lanes = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));

	lanes = _mm_add_ps(lanes, _mm_movehl_ps(lanes, lanes));
	return _mm_cvtss_f32(_mm_add_ss(lanes, _mm_movehdup_ps(lanes)));
}

/* Where the block that starts at i ends: SIMD-4. */
VM_SIMD_INLINE size_t
BlockEnd(size_t i, size_t n)
{
	size_t steps = (n - i) / STEP;

	return i + STEP * (steps < VM_SIMD_CHAIN ? steps : VM_SIMD_CHAIN);
}

AVX2_INLINE float
Sum(Input a, Input b, size_t n, VmSimdTerm term)
{
	__m256 total = _mm256_setzero_ps();
	size_t i = 0;

	while (n - i >= STEP)
	{
		size_t end = BlockEnd(i, n);
		__m256 s0 = _mm256_setzero_ps();
		__m256 s1 = s0;
		__m256 s2 = s0;
		__m256 s3 = s0;

		for (; i < end; i += STEP)
		{
			s0 = AddTerm(s0, Load(a, i), Load(b, i), term);
			s1 = AddTerm(s1, Load(a, i + 8), Load(b, i + 8), term);
			s2 = AddTerm(s2, Load(a, i + 16), Load(b, i + 16), term);
			s3 = AddTerm(s3, Load(a, i + 24), Load(b, i + 24), term);
		}
		total = _mm256_add_ps(total, AddFour(s0, s1, s2, s3));
	}
	for (; n - i >= LANES; i += LANES)
		total = AddTerm(total, Load(a, i), Load(b, i), term);
	if (i < n)
		total = AddTerm(total, LoadTail(a, i, n - i), LoadTail(b, i, n - i), term);
	return AddLanes(total);
}

typedef struct CosineLanes
{
	__m256 dot;
	__m256 aa;
	__m256 bb;
} CosineLanes;

AVX2_INLINE CosineLanes
AddCosine(CosineLanes sums, __m256 a, __m256 b)
{
	sums.dot = _mm256_fmadd_ps(a, b, sums.dot);
	sums.aa = _mm256_fmadd_ps(a, a, sums.aa);
	sums.bb = _mm256_fmadd_ps(b, b, sums.bb);
	return sums;
}

/* The four lanes of the result: dot, aa, bb, bb. */
AVX2_INLINE VmCosineSums
AddCosineLanes(CosineLanes sums)
{
	__m256 pairs = _mm256_hadd_ps(sums.dot, sums.aa);
	__m256 quads = _mm256_hadd_ps(pairs, _mm256_hadd_ps(sums.bb, sums.bb));
	__m128 all = _mm_add_ps(_mm256_castps256_ps128(quads), _mm256_extractf128_ps(quads, 1));
	VmCosineSums result;

	result.dot = _mm_cvtss_f32(all);
	result.aa = _mm_cvtss_f32(_mm_movehdup_ps(all));
	result.bb = _mm_cvtss_f32(_mm_movehl_ps(all, all));
	return result;
}

AVX2_INLINE VmCosineSums
Cosine(Input a, Input b, size_t n)
{
	__m256 zero = _mm256_setzero_ps();
	CosineLanes total = {zero, zero, zero};
	size_t i = 0;

	while (n - i >= STEP)
	{
		size_t end = BlockEnd(i, n);
		CosineLanes s0 = {zero, zero, zero};
		CosineLanes s1 = s0;
		CosineLanes s2 = s0;
		CosineLanes s3 = s0;

		for (; i < end; i += STEP)
		{
			s0 = AddCosine(s0, Load(a, i), Load(b, i));
			s1 = AddCosine(s1, Load(a, i + 8), Load(b, i + 8));
			s2 = AddCosine(s2, Load(a, i + 16), Load(b, i + 16));
			s3 = AddCosine(s3, Load(a, i + 24), Load(b, i + 24));
		}
		total.dot = _mm256_add_ps(total.dot, AddFour(s0.dot, s1.dot, s2.dot, s3.dot));
		total.aa = _mm256_add_ps(total.aa, AddFour(s0.aa, s1.aa, s2.aa, s3.aa));
		total.bb = _mm256_add_ps(total.bb, AddFour(s0.bb, s1.bb, s2.bb, s3.bb));
	}
	for (; n - i >= LANES; i += LANES)
		total = AddCosine(total, Load(a, i), Load(b, i));
	if (i < n)
		total = AddCosine(total, LoadTail(a, i, n - i), LoadTail(b, i, n - i));
	return AddCosineLanes(total);
}

AVX2_INLINE __m256d
AddSquares(__m256d sum, __m128 floats)
{
	__m256d doubles = _mm256_cvtps_pd(floats);

	return _mm256_fmadd_pd(doubles, doubles, sum);
}

AVX2_INLINE double
Sqnorm(Input v, size_t n)
{
	__m256d s0 = _mm256_setzero_pd();
	__m256d s1 = s0;
	__m256d s2 = s0;
	__m256d s3 = s0;
	__m256 floats;
	__m128d pair;
	size_t i = 0;

	for (; n - i >= 2 * LANES; i += 2 * LANES)
	{
		floats = Load(v, i);
		s0 = AddSquares(s0, _mm256_castps256_ps128(floats));
		s1 = AddSquares(s1, _mm256_extractf128_ps(floats, 1));
		floats = Load(v, i + LANES);
		s2 = AddSquares(s2, _mm256_castps256_ps128(floats));
		s3 = AddSquares(s3, _mm256_extractf128_ps(floats, 1));
	}
	while (i < n)
	{
		size_t lanes = n - i < LANES ? n - i : LANES;

		floats = lanes == LANES ? Load(v, i) : LoadTail(v, i, lanes);
		s0 = AddSquares(s0, _mm256_castps256_ps128(floats));
		s1 = AddSquares(s1, _mm256_extractf128_ps(floats, 1));
		i += lanes;
	}
	s0 = _mm256_add_pd(_mm256_add_pd(s0, s1), _mm256_add_pd(s2, s3));
	pair = _mm_add_pd(_mm256_castpd256_pd128(s0), _mm256_extractf128_pd(s0, 1));
	return _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
}

VM_TARGET_AVX2 static float
F32L2sq(const float *a, const float *b, size_t n)
{
	return Sum((Input){a, false}, (Input){b, false}, n, VM_TERM_L2SQ);
}

VM_TARGET_AVX2 static float
F32Dot(const float *a, const float *b, size_t n)
{
	return Sum((Input){a, false}, (Input){b, false}, n, VM_TERM_DOT);
}

VM_TARGET_AVX2 static float
F32L1(const float *a, const float *b, size_t n)
{
	return Sum((Input){a, false}, (Input){b, false}, n, VM_TERM_L1);
}

VM_TARGET_AVX2 static VmCosineSums
F32Cosine(const float *a, const float *b, size_t n)
{
	return Cosine((Input){a, false}, (Input){b, false}, n);
}

VM_TARGET_AVX2 static double
F32Sqnorm(const float *a, size_t n)
{
	return Sqnorm((Input){a, false}, n);
}

VM_TARGET_AVX2 static float
F16L2sq(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Sum((Input){a, true}, (Input){b, true}, n, VM_TERM_L2SQ);
}

VM_TARGET_AVX2 static float
F16Dot(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Sum((Input){a, true}, (Input){b, true}, n, VM_TERM_DOT);
}

VM_TARGET_AVX2 static float
F16L1(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Sum((Input){a, true}, (Input){b, true}, n, VM_TERM_L1);
}

VM_TARGET_AVX2 static VmCosineSums
F16Cosine(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Cosine((Input){a, true}, (Input){b, true}, n);
}

VM_TARGET_AVX2 static double
F16Sqnorm(const VmHalf *a, size_t n)
{
	return Sqnorm((Input){a, true}, n);
}

const VmSimdKernels VmSimdAvx2Kernels = {
	.level = VM_SIMD_AVX2,
	.name = "avx2",
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
	.f16_to_f32 = VmAvx2F16ToF32,
	.f32_to_f16 = VmAvx2F32ToF16,
	.f32_all_finite = VmAvx2F32AllFinite,
	.f16_all_finite = VmAvx2F16AllFinite,
	.bit_hamming = VmAvx2BitHamming,
	.bit_jaccard = VmAvx2BitJaccard,
	.sparse_l2sq = VmSparseL2sq,
	.sparse_dot = VmSparseDot,
	.sparse_l1 = VmSparseL1,
};

#endif
