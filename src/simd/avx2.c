/*
 * avx2.c
 *		AVX2 + FMA + F16C: the sums over float32 and float16, and the table.
 *
 * One skeleton per shape (pair sum, cosine, squared norm) takes the term and
 * the element type as constants.  Four accumulators of eight lanes: a step of
 * eight elements needs two loads, and a core loads two vectors a cycle, so one
 * multiply-add a cycle with a latency of four is all there is to hide.
 *
 * SIMD-6: a float16 or cosine step is so many instructions that the core does
 * not look far enough ahead to keep memory busy; so these kernels prefetch b,
 * the side that may be cold, and never past its end.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define AVX2_INLINE VM_SIMD_INLINE VM_TARGET_AVX2

#define LANES       8
#define STEP        (4 * LANES)
#define MOST        (STEP * VM_SIMD_CHAIN)

#define LINE        64
#define AHEAD       512 /* bytes */

AVX2_INLINE __m256
Load(VmSimdInput v, size_t i)
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
LoadTail(VmSimdInput v, size_t i, size_t n)
{
	/* A byte index with the high bit set gives zero. */
	static const uint8_t window[32] = {0,    1,    2,    3,    4,    5,    6,    7,
									   8,    9,    10,   11,   12,   13,   14,   15,
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
	bits = _mm_shuffle_epi8(bits, _mm_loadu_si128((const __m128i *) (window + 2 * (LANES - n))));
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

VM_SIMD_INLINE size_t
ElementBytes(VmSimdInput v)
{
	return v.half ? sizeof(VmHalf) : sizeof(float);
}

AVX2_INLINE void
PrefetchLine(VmSimdInput v, size_t i)
{
	_mm_prefetch((const char *) v.data + i * ElementBytes(v), _MM_HINT_T0);
}

/* The lines that the step AHEAD bytes on will load. */
AVX2_INLINE void
PrefetchStep(VmSimdInput v, size_t i)
{
	PrefetchLine(v, i + AHEAD / ElementBytes(v));
	if (!v.half)
		PrefetchLine(v, i + (AHEAD + LINE) / ElementBytes(v));
}

AVX2_INLINE __m256
AddFour(__m256 s0, __m256 s1, __m256 s2, __m256 s3)
{
	return _mm256_add_ps(_mm256_add_ps(s0, s1), _mm256_add_ps(s2, s3));
}

AVX2_INLINE __m128
AddHalves(__m256 sum)
{
	return _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
}

/* Four accumulators, for four times eight elements. */
typedef struct Sums
{
	__m256 s0;
	__m256 s1;
	__m256 s2;
	__m256 s3;
} Sums;

AVX2_INLINE Sums
AddStep(Sums sums, VmSimdInput a, VmSimdInput b, size_t i, VmSimdTerm term)
{
	sums.s0 = AddTerm(sums.s0, Load(a, i), Load(b, i), term);
	sums.s1 = AddTerm(sums.s1, Load(a, i + 8), Load(b, i + 8), term);
	sums.s2 = AddTerm(sums.s2, Load(a, i + 16), Load(b, i + 16), term);
	sums.s3 = AddTerm(sums.s3, Load(a, i + 24), Load(b, i + 24), term);
	return sums;
}

AVX2_INLINE float
Sum(VmSimdInput a, VmSimdInput b, size_t n, VmSimdTerm term)
{
	__m256 zero = _mm256_setzero_ps();
	Sums sums = {zero, zero, zero, zero};
	__m128 four;
	size_t i = 0;

	if (b.half)
	{
		for (; n - i >= STEP + AHEAD / ElementBytes(b); i += STEP)
		{
			PrefetchStep(b, i);
			sums = AddStep(sums, a, b, i, term);
		}
	}
	for (; n - i >= STEP; i += STEP)
		sums = AddStep(sums, a, b, i, term);
	if (n - i >= 2 * LANES)
	{
		sums.s0 = AddTerm(sums.s0, Load(a, i), Load(b, i), term);
		sums.s1 = AddTerm(sums.s1, Load(a, i + 8), Load(b, i + 8), term);
		i += 2 * LANES;
	}
	if (n - i >= LANES)
	{
		sums.s2 = AddTerm(sums.s2, Load(a, i), Load(b, i), term);
		i += LANES;
	}
	if (i < n)
		sums.s3 = AddTerm(sums.s3, LoadTail(a, i, n - i), LoadTail(b, i, n - i), term);

	four = AddHalves(AddFour(sums.s0, sums.s1, sums.s2, sums.s3));
	four = _mm_add_ps(four, _mm_movehl_ps(four, four));
	return _mm_cvtss_f32(_mm_add_ss(four, _mm_movehdup_ps(four)));
}

typedef struct CosineLanes
{
	__m256 dot;
	__m256 aa;
	__m256 bb;
} CosineLanes;

typedef struct CosineSums
{
	CosineLanes s0;
	CosineLanes s1;
	CosineLanes s2;
	CosineLanes s3;
} CosineSums;

AVX2_INLINE CosineLanes
AddCosine(CosineLanes sums, __m256 a, __m256 b)
{
	sums.dot = _mm256_fmadd_ps(a, b, sums.dot);
	sums.aa = _mm256_fmadd_ps(a, a, sums.aa);
	sums.bb = _mm256_fmadd_ps(b, b, sums.bb);
	return sums;
}

AVX2_INLINE CosineSums
AddCosineStep(CosineSums sums, VmSimdInput a, VmSimdInput b, size_t i)
{
	sums.s0 = AddCosine(sums.s0, Load(a, i), Load(b, i));
	sums.s1 = AddCosine(sums.s1, Load(a, i + 8), Load(b, i + 8));
	sums.s2 = AddCosine(sums.s2, Load(a, i + 16), Load(b, i + 16));
	sums.s3 = AddCosine(sums.s3, Load(a, i + 24), Load(b, i + 24));
	return sums;
}

/* The three results side by side: a shorter way than three of Sum's. */
AVX2_INLINE VmCosineSums
AddCosineLanes(CosineSums sums)
{
	__m128 dot = AddHalves(AddFour(sums.s0.dot, sums.s1.dot, sums.s2.dot, sums.s3.dot));
	__m128 aa = AddHalves(AddFour(sums.s0.aa, sums.s1.aa, sums.s2.aa, sums.s3.aa));
	__m128 bb = AddHalves(AddFour(sums.s0.bb, sums.s1.bb, sums.s2.bb, sums.s3.bb));
	__m128 pairs = _mm_add_ps(_mm_unpacklo_ps(dot, aa), _mm_unpackhi_ps(dot, aa));
	VmCosineSums result;

	pairs = _mm_add_ps(pairs, _mm_movehl_ps(pairs, pairs));
	bb = _mm_add_ps(bb, _mm_movehl_ps(bb, bb));
	result.dot = _mm_cvtss_f32(pairs);
	result.aa = _mm_cvtss_f32(_mm_movehdup_ps(pairs));
	result.bb = _mm_cvtss_f32(_mm_add_ss(bb, _mm_movehdup_ps(bb)));
	return result;
}

AVX2_INLINE VmCosineSums
Cosine(VmSimdInput a, VmSimdInput b, size_t n)
{
	__m256 zero = _mm256_setzero_ps();
	CosineLanes none = {zero, zero, zero};
	CosineSums sums = {none, none, none, none};
	size_t i = 0;

	for (; n - i >= STEP + AHEAD / ElementBytes(b); i += STEP)
	{
		PrefetchStep(b, i);
		sums = AddCosineStep(sums, a, b, i);
	}
	for (; n - i >= STEP; i += STEP)
		sums = AddCosineStep(sums, a, b, i);
	if (n - i >= 2 * LANES)
	{
		sums.s0 = AddCosine(sums.s0, Load(a, i), Load(b, i));
		sums.s1 = AddCosine(sums.s1, Load(a, i + 8), Load(b, i + 8));
		i += 2 * LANES;
	}
	if (n - i >= LANES)
	{
		sums.s2 = AddCosine(sums.s2, Load(a, i), Load(b, i));
		i += LANES;
	}
	if (i < n)
		sums.s3 = AddCosine(sums.s3, LoadTail(a, i, n - i), LoadTail(b, i, n - i));
	return AddCosineLanes(sums);
}

AVX2_INLINE __m256d
AddSquares(__m256d sum, __m128 floats)
{
	__m256d doubles = _mm256_cvtps_pd(floats);

	return _mm256_fmadd_pd(doubles, doubles, sum);
}

AVX2_INLINE double
Sqnorm(VmSimdInput v, size_t n)
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

VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX2, F32L2sq, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_L2SQ))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX2, F32Dot, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_DOT))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX2, F32L1, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_L1))
VM_SIMD_COSINE_KERNEL(VM_TARGET_AVX2, F32Cosine, float, MOST,
					  Cosine(VM_SIMD_F32(a), VM_SIMD_F32(b), n))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX2, F16L2sq, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_L2SQ))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX2, F16Dot, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_DOT))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX2, F16L1, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_L1))
VM_SIMD_COSINE_KERNEL(VM_TARGET_AVX2, F16Cosine, VmHalf, MOST,
					  Cosine(VM_SIMD_F16(a), VM_SIMD_F16(b), n))

VM_TARGET_AVX2 static double
F32Sqnorm(const float *a, size_t n)
{
	return Sqnorm(VM_SIMD_F32(a), n);
}

VM_TARGET_AVX2 static double
F16Sqnorm(const VmHalf *a, size_t n)
{
	return Sqnorm(VM_SIMD_F16(a), n);
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
	.sparse_dot = VmAvx2SparseDot,
	.sparse_l1 = VmSparseL1,
};

#endif
