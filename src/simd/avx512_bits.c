/*
 * avx512_bits.c
 *		Bit strings with VPOPCNTDQ; a CPU that has AVX-512 without it uses
 *		avx2_bits.c.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define POPCNT_INLINE VM_SIMD_INLINE VM_TARGET_AVX512_POPCNT

#define VECTOR        64

/* Bytes i to n, at most 64 of them, the rest zero. */
POPCNT_INLINE __m512i
Load(const uint8_t *bytes, size_t i, size_t n)
{
	if (n - i >= VECTOR)
		return _mm512_loadu_si512(bytes + i);
	return _mm512_maskz_loadu_epi8((UINT64_C(1) << (n - i)) - 1, bytes + i);
}

POPCNT_INLINE __m512i
AddCount(__m512i sum, __m512i bits)
{
	return _mm512_add_epi64(sum, _mm512_popcnt_epi64(bits));
}

POPCNT_INLINE uint64_t
AddWords(__m512i sum)
{
	return (uint64_t) _mm512_reduce_add_epi64(sum);
}

VM_TARGET_AVX512_POPCNT uint64_t
VmAvx512BitHamming(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	__m512i sum = _mm512_setzero_si512();

	for (size_t i = 0; i < bytes; i += VECTOR)
		sum = AddCount(sum, _mm512_xor_si512(Load(a, i, bytes), Load(b, i, bytes)));
	return AddWords(sum);
}

VM_TARGET_AVX512_POPCNT VmJaccardCounts
VmAvx512BitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	__m512i both = _mm512_setzero_si512();
	__m512i sum_a = both;
	__m512i sum_b = both;
	VmJaccardCounts counts;

	for (size_t i = 0; i < bytes; i += VECTOR)
	{
		__m512i bits_a = Load(a, i, bytes);
		__m512i bits_b = Load(b, i, bytes);

		both = AddCount(both, _mm512_and_si512(bits_a, bits_b));
		sum_a = AddCount(sum_a, bits_a);
		sum_b = AddCount(sum_b, bits_b);
	}
	counts.both = AddWords(both);
	counts.a = AddWords(sum_a);
	counts.b = AddWords(sum_b);
	return counts;
}

#endif
