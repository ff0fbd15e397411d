/*
 * avx512.c
 *		AVX-512 F+BW+VL+DQ: the float kernels, and the two tables of the level.
 *
 * The shape is avx2.c's with sixteen lanes; every remainder is one masked
 * load, which does not access the lanes that are masked out.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define AVX512_INLINE VM_SIMD_INLINE VM_TARGET_AVX512

#define LANES         16
#define STEP          (4 * LANES)
#define MOST          (STEP * VM_SIMD_CHAIN)

/* The low n of 16 lanes, n in 1 to 15. */
AVX512_INLINE __mmask16
LowLanes(size_t n)
{
	return (__mmask16) ((1u << n) - 1);
}

AVX512_INLINE __m512
Load(VmSimdInput v, size_t i)
{
	if (v.half)
		return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) ((const VmHalf *) v.data + i)));
	return _mm512_loadu_ps((const float *) v.data + i);
}

/* Elements i to i + n, n in 1 to 15, the other lanes zero. */
AVX512_INLINE __m512
LoadTail(VmSimdInput v, size_t i, size_t n)
{
	if (v.half)
		return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(LowLanes(n), (const VmHalf *) v.data + i));
	return _mm512_maskz_loadu_ps(LowLanes(n), (const float *) v.data + i);
}

AVX512_INLINE __m512
AddTerm(__m512 sum, __m512 a, __m512 b, VmSimdTerm term)
{
	__m512 difference;

	if (term == VM_TERM_DOT)
		return _mm512_fmadd_ps(a, b, sum);
	difference = _mm512_sub_ps(a, b);
	if (term == VM_TERM_L2SQ)
		return _mm512_fmadd_ps(difference, difference, sum);
	return _mm512_add_ps(sum, _mm512_andnot_ps(_mm512_set1_ps(-0.0f), difference));
}

AVX512_INLINE __m512
AddFour(__m512 s0, __m512 s1, __m512 s2, __m512 s3)
{
	return _mm512_add_ps(_mm512_add_ps(s0, s1), _mm512_add_ps(s2, s3));
}

AVX512_INLINE float
Sum(VmSimdInput a, VmSimdInput b, size_t n, VmSimdTerm term)
{
	__m512 s0 = _mm512_setzero_ps();
	__m512 s1 = s0;
	__m512 s2 = s0;
	__m512 s3 = s0;
	size_t i = 0;

	for (; n - i >= STEP; i += STEP)
	{
		s0 = AddTerm(s0, Load(a, i), Load(b, i), term);
		s1 = AddTerm(s1, Load(a, i + 16), Load(b, i + 16), term);
		s2 = AddTerm(s2, Load(a, i + 32), Load(b, i + 32), term);
		s3 = AddTerm(s3, Load(a, i + 48), Load(b, i + 48), term);
	}
	if (n - i >= 2 * LANES)
	{
		s0 = AddTerm(s0, Load(a, i), Load(b, i), term);
		s1 = AddTerm(s1, Load(a, i + 16), Load(b, i + 16), term);
		i += 2 * LANES;
	}
	if (n - i >= LANES)
	{
		s2 = AddTerm(s2, Load(a, i), Load(b, i), term);
		i += LANES;
	}
	if (i < n)
		s3 = AddTerm(s3, LoadTail(a, i, n - i), LoadTail(b, i, n - i), term);
	return _mm512_reduce_add_ps(AddFour(s0, s1, s2, s3));
}

typedef struct CosineLanes
{
	__m512 dot;
	__m512 aa;
	__m512 bb;
} CosineLanes;

AVX512_INLINE CosineLanes
AddCosine(CosineLanes sums, __m512 a, __m512 b)
{
	sums.dot = _mm512_fmadd_ps(a, b, sums.dot);
	sums.aa = _mm512_fmadd_ps(a, a, sums.aa);
	sums.bb = _mm512_fmadd_ps(b, b, sums.bb);
	return sums;
}

AVX512_INLINE VmCosineSums
Cosine(VmSimdInput a, VmSimdInput b, size_t n)
{
	__m512 zero = _mm512_setzero_ps();
	CosineLanes s0 = {zero, zero, zero};
	CosineLanes s1 = s0;
	CosineLanes s2 = s0;
	CosineLanes s3 = s0;
	size_t i = 0;

	for (; n - i >= STEP; i += STEP)
	{
		s0 = AddCosine(s0, Load(a, i), Load(b, i));
		s1 = AddCosine(s1, Load(a, i + 16), Load(b, i + 16));
		s2 = AddCosine(s2, Load(a, i + 32), Load(b, i + 32));
		s3 = AddCosine(s3, Load(a, i + 48), Load(b, i + 48));
	}
	for (; n - i >= LANES; i += LANES)
		s0 = AddCosine(s0, Load(a, i), Load(b, i));
	if (i < n)
		s1 = AddCosine(s1, LoadTail(a, i, n - i), LoadTail(b, i, n - i));
	return (VmCosineSums) {_mm512_reduce_add_ps(AddFour(s0.dot, s1.dot, s2.dot, s3.dot)),
						   _mm512_reduce_add_ps(AddFour(s0.aa, s1.aa, s2.aa, s3.aa)),
						   _mm512_reduce_add_ps(AddFour(s0.bb, s1.bb, s2.bb, s3.bb))};
}

AVX512_INLINE __m512d
AddSquares(__m512d sum, __m256 floats)
{
	__m512d doubles = _mm512_cvtps_pd(floats);

	return _mm512_fmadd_pd(doubles, doubles, sum);
}

AVX512_INLINE double
Sqnorm(VmSimdInput v, size_t n)
{
	__m512d even = _mm512_setzero_pd();
	__m512d odd = even;

	for (size_t i = 0; i < n; i += LANES)
	{
		__m512 floats = n - i >= LANES ? Load(v, i) : LoadTail(v, i, n - i);

		even = AddSquares(even, _mm512_castps512_ps256(floats));
		odd = AddSquares(odd, _mm512_extractf32x8_ps(floats, 1));
	}
	return _mm512_reduce_add_pd(_mm512_add_pd(even, odd));
}

VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX512, F32L2sq, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_L2SQ))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX512, F32Dot, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_DOT))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX512, F32L1, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_L1))
VM_SIMD_COSINE_KERNEL(VM_TARGET_AVX512, F32Cosine, float, MOST,
					  Cosine(VM_SIMD_F32(a), VM_SIMD_F32(b), n))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX512, F16L2sq, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_L2SQ))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX512, F16Dot, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_DOT))
VM_SIMD_PAIR_KERNEL(VM_TARGET_AVX512, F16L1, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_L1))
VM_SIMD_COSINE_KERNEL(VM_TARGET_AVX512, F16Cosine, VmHalf, MOST,
					  Cosine(VM_SIMD_F16(a), VM_SIMD_F16(b), n))

VM_TARGET_AVX512 static double
F32Sqnorm(const float *a, size_t n)
{
	return Sqnorm(VM_SIMD_F32(a), n);
}

VM_TARGET_AVX512 static double
F16Sqnorm(const VmHalf *a, size_t n)
{
	return Sqnorm(VM_SIMD_F16(a), n);
}

VM_TARGET_AVX512 static void
F16ToF32(const VmHalf *in, float *out, size_t n)
{
	VmSimdInput halves = VM_SIMD_F16(in);
	size_t i = 0;

	for (; n - i >= LANES; i += LANES)
		_mm512_storeu_ps(out + i, Load(halves, i));
	if (i < n)
		_mm512_mask_storeu_ps(out + i, LowLanes(n - i), LoadTail(halves, i, n - i));
}

AVX512_INLINE __m256i
ToHalves(__m512 floats)
{
	return _mm512_cvtps_ph(floats, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

VM_TARGET_AVX512 static void
F32ToF16(const float *in, VmHalf *out, size_t n)
{
	VmSimdInput floats = VM_SIMD_F32(in);
	size_t i = 0;

	for (; n - i >= LANES; i += LANES)
		_mm256_storeu_si256((__m256i *) (out + i), ToHalves(Load(floats, i)));
	if (i < n)
		_mm256_mask_storeu_epi16(out + i, LowLanes(n - i), ToHalves(LoadTail(floats, i, n - i)));
}

/* The scalar kernel's test: the exponent bits of an infinity or a NaN. */
VM_TARGET_AVX512 static bool
F32AllFinite(const float *a, size_t n)
{
	__m512i exponent = _mm512_set1_epi32(0x7F800000);
	__mmask16 bad = 0;

	for (size_t i = 0; i < n; i += LANES)
	{
		__m512i bits = n - i >= LANES ? _mm512_loadu_si512(a + i) :
										_mm512_maskz_loadu_epi32(LowLanes(n - i), a + i);

		bad |= _mm512_cmpeq_epi32_mask(_mm512_and_si512(bits, exponent), exponent);
	}
	return bad == 0;
}

VM_TARGET_AVX512 static bool
F16AllFinite(const VmHalf *a, size_t n)
{
	__m512i exponent = _mm512_set1_epi16(0x7C00);
	__mmask32 bad = 0;

	for (size_t i = 0; i < n; i += 32)
	{
		__m512i bits = n - i >= 32 ? _mm512_loadu_si512(a + i) :
									 _mm512_maskz_loadu_epi16((1u << (n - i)) - 1, a + i);

		bad |= _mm512_cmpeq_epi16_mask(_mm512_and_si512(bits, exponent), exponent);
	}
	return bad == 0;
}

#define AVX512_FLOAT_KERNELS                                                                       \
	.level = VM_SIMD_AVX512, .name = "avx512", .f32_l2sq = F32L2sq, .f32_dot = F32Dot,             \
	.f32_cosine = F32Cosine, .f32_l1 = F32L1, .f32_sqnorm = F32Sqnorm, .f16_l2sq = F16L2sq,        \
	.f16_dot = F16Dot, .f16_cosine = F16Cosine, .f16_l1 = F16L1, .f16_sqnorm = F16Sqnorm,          \
	.f16_to_f32 = F16ToF32, .f32_to_f16 = F32ToF16, .f32_all_finite = F32AllFinite,                \
	.f16_all_finite = F16AllFinite, .sparse_l2sq = VmSparseL2sq, .sparse_dot = VmAvx2SparseDot,    \
	.sparse_l1 = VmSparseL1

const VmSimdKernels VmSimdAvx512Kernels = {
	AVX512_FLOAT_KERNELS,
	.bit_hamming = VmAvx2BitHamming,
	.bit_jaccard = VmAvx2BitJaccard,
};

const VmSimdKernels VmSimdAvx512PopcntKernels = {
	AVX512_FLOAT_KERNELS,
	.bit_hamming = VmAvx512BitHamming,
	.bit_jaccard = VmAvx512BitJaccard,
};

#endif
