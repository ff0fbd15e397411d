/*
 * avx2_convert.c
 *		AVX2 + F16C: float16 to float32 and back, and the finiteness checks.
 *
 * A remainder is done by repeating the last whole vector at the end: the
 * results of the overlap are written, or looked at, twice.  Below one vector
 * the portable code of core/f16.h takes over.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define AVX2_INLINE VM_SIMD_INLINE VM_TARGET_AVX2

AVX2_INLINE void
ToFloats(const VmHalf *in, float *out)
{
	_mm256_storeu_ps(out, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) in)));
}

AVX2_INLINE void
ToHalves(const float *in, VmHalf *out)
{
	_mm_storeu_si128((__m128i *) out,
					 _mm256_cvtps_ph(_mm256_loadu_ps(in), _MM_FROUND_TO_NEAREST_INT));
}

VM_TARGET_AVX2 void
VmAvx2F16ToF32(const VmHalf *in, float *out, size_t n)
{
	if (n < 8)
	{
		for (size_t i = 0; i < n; i++)
			out[i] = VmHalfToFloat(in[i]);
		return;
	}
	for (size_t i = 0; i < n - 8; i += 8)
		ToFloats(in + i, out + i);
	ToFloats(in + n - 8, out + n - 8);
}

VM_TARGET_AVX2 void
VmAvx2F32ToF16(const float *in, VmHalf *out, size_t n)
{
	if (n < 8)
	{
		for (size_t i = 0; i < n; i++)
			out[i] = VmFloatToHalf(in[i]);
		return;
	}
	for (size_t i = 0; i < n - 8; i += 8)
		ToHalves(in + i, out + i);
	ToHalves(in + n - 8, out + n - 8);
}

AVX2_INLINE __m256i
LargerF32(__m256i largest, const float *a)
{
	__m256i bits = _mm256_loadu_si256((const __m256i *) a);

	return _mm256_max_epu32(largest, _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF)));
}

AVX2_INLINE __m256i
LargerF16(__m256i largest, const VmHalf *a)
{
	__m256i bits = _mm256_loadu_si256((const __m256i *) a);

	return _mm256_max_epu16(largest, _mm256_and_si256(bits, _mm256_set1_epi16(0x7FFF)));
}

/* Magnitudes have no sign bit, so the signed comparison is right. */
VM_TARGET_AVX2 bool
VmAvx2F32AllFinite(const float *a, size_t n)
{
	__m256i even = _mm256_setzero_si256();
	__m256i odd = even;
	size_t i = 0;

	if (n < 8)
		return VmSimdScalarKernels.f32_all_finite(a, n);
	for (; n - i >= 16; i += 16)
	{
		even = LargerF32(even, a + i);
		odd = LargerF32(odd, a + i + 8);
	}
	if (n - i >= 8)
		even = LargerF32(even, a + i);
	odd = LargerF32(odd, a + n - 8);
	even = _mm256_max_epu32(even, odd);
	return _mm256_movemask_epi8(_mm256_cmpgt_epi32(even, _mm256_set1_epi32(0x7F7FFFFF))) == 0;
}

VM_TARGET_AVX2 bool
VmAvx2F16AllFinite(const VmHalf *a, size_t n)
{
	__m256i even = _mm256_setzero_si256();
	__m256i odd = even;
	size_t i = 0;

	if (n < 16)
		return VmSimdScalarKernels.f16_all_finite(a, n);
	for (; n - i >= 32; i += 32)
	{
		even = LargerF16(even, a + i);
		odd = LargerF16(odd, a + i + 16);
	}
	if (n - i >= 16)
		even = LargerF16(even, a + i);
	odd = LargerF16(odd, a + n - 16);
	even = _mm256_max_epu16(even, odd);
	return _mm256_movemask_epi8(_mm256_cmpgt_epi16(even, _mm256_set1_epi16(0x7BFF))) == 0;
}

#endif
