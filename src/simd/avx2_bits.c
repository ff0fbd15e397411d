/*
 * avx2_bits.c
 *		Bit strings with POPCNT and, when long, with AVX2 byte counters.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define AVX2_INLINE VM_SIMD_INLINE VM_TARGET_AVX2

/* A counter byte takes 31 vectors of at most 8 before it overflows. */
#define FLUSH 31

AVX2_INLINE uint64_t
LoadWord(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* The last 1 to 7 bytes of a string, moved down; the rest zero. */
AVX2_INLINE uint64_t
LoadPartWord(const uint8_t *string, size_t i, size_t n)
{
	uint64_t word = 0;

	if (i > 0)
		return LoadWord(string + i + n - 8) >> (8 * (8 - n));
	for (size_t k = 0; k < n; k++)
		word |= (uint64_t) string[k] << (8 * k);
	return word;
}

AVX2_INLINE uint64_t
Count(uint64_t word)
{
	return (uint64_t) _mm_popcnt_u64(word);
}

AVX2_INLINE __m256i
LoadBits(const uint8_t *bytes)
{
	return _mm256_loadu_si256((const __m256i *) bytes);
}

/* Bits per byte: each half byte looks its count up. */
AVX2_INLINE __m256i
CountBytes(__m256i bits)
{
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
										   2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i low_half = _mm256_set1_epi8(0x0F);
	__m256i low = _mm256_and_si256(bits, low_half);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bits, 4), low_half);

	return _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high));
}

/* Adds a vector of byte counts to four 64-bit sums. */
AVX2_INLINE __m256i
Flush(__m256i sum, __m256i bytes)
{
	return _mm256_add_epi64(sum, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
}

AVX2_INLINE uint64_t
AddWords(__m256i sum)
{
	__m128i pair = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));

	return (uint64_t) _mm_cvtsi128_si64(pair) + (uint64_t) _mm_extract_epi64(pair, 1);
}

VM_TARGET_AVX2 uint64_t
VmAvx2BitHamming(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	uint64_t count = 0;
	size_t i = 0;

	if (bytes >= 256)
	{
		__m256i sum = _mm256_setzero_si256();

		while (bytes - i >= 32)
		{
			size_t vectors = (bytes - i) / 32 < FLUSH ? (bytes - i) / 32 : FLUSH;
			__m256i counts = _mm256_setzero_si256();

			for (; vectors > 0; vectors--, i += 32)
				counts = _mm256_add_epi8(
					counts, CountBytes(_mm256_xor_si256(LoadBits(a + i), LoadBits(b + i))));
			sum = Flush(sum, counts);
		}
		count = AddWords(sum);
	}
	for (; bytes - i >= 8; i += 8)
		count += Count(LoadWord(a + i) ^ LoadWord(b + i));
	if (i < bytes)
		count += Count(LoadPartWord(a, i, bytes - i) ^ LoadPartWord(b, i, bytes - i));
	return count;
}

AVX2_INLINE void
CountJaccard(VmJaccardCounts *counts, uint64_t a, uint64_t b)
{
	counts->both += Count(a & b);
	counts->a += Count(a);
	counts->b += Count(b);
}

VM_TARGET_AVX2 VmJaccardCounts
VmAvx2BitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	VmJaccardCounts counts = {0, 0, 0};
	size_t i = 0;

	for (; bytes - i >= 8; i += 8)
		CountJaccard(&counts, LoadWord(a + i), LoadWord(b + i));
	if (i < bytes)
		CountJaccard(&counts, LoadPartWord(a, i, bytes - i), LoadPartWord(b, i, bytes - i));
	return counts;
}

#endif
