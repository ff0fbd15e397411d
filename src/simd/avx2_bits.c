/*
 * avx2_bits.c
 *		Bit strings: POPCNT when short, byte counters in vectors when longer,
 *		and carry-save adders (Harley and Seal's method) when long.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define AVX2_INLINE VM_SIMD_INLINE VM_TARGET_AVX2

#define VECTOR      32

/* A counter byte takes 31 vectors of at most 8 before it overflows. */
#define FLUSH 31

/*
 * From these lengths on vectors beat POPCNT, and adders in front of them beat
 * vectors alone: bench/kernels.c bits.
 */
#define VECTORS_PAY 64
#define ADDERS_PAY  512
#define ADDER_BLOCK (8 * VECTOR)

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

/* Four 64-bit sums of a vector of byte counts. */
AVX2_INLINE __m256i
WidenBytes(__m256i counts)
{
	return _mm256_sad_epu8(counts, _mm256_setzero_si256());
}

AVX2_INLINE uint64_t
AddWords(__m256i sum)
{
	__m128i pair = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));

	return (uint64_t) _mm_cvtsi128_si64(pair) + (uint64_t) _mm_extract_epi64(pair, 1);
}

VM_SIMD_INLINE size_t
VectorsToFlush(size_t bytes)
{
	return bytes / VECTOR < FLUSH ? bytes / VECTOR : FLUSH;
}

/* The whole vectors of a string. */
AVX2_INLINE uint64_t
HammingVectors(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	__m256i sum = _mm256_setzero_si256();

	while (bytes >= VECTOR)
	{
		size_t vectors = VectorsToFlush(bytes);
		__m256i counts = _mm256_setzero_si256();

		bytes -= vectors * VECTOR;
		for (; vectors > 0; vectors--, a += VECTOR, b += VECTOR)
			counts =
				_mm256_add_epi8(counts, CountBytes(_mm256_xor_si256(LoadBits(a), LoadBits(b))));
		sum = _mm256_add_epi64(sum, WidenBytes(counts));
	}
	return AddWords(sum);
}

/* Three bits of each position, as a two-bit number. */
typedef struct Added
{
	__m256i sum;
	__m256i carry;
} Added;

AVX2_INLINE Added
AddBits(__m256i x, __m256i y, __m256i z)
{
	__m256i odd = _mm256_xor_si256(x, y);

	return (Added) {_mm256_xor_si256(odd, z),
					_mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(odd, z))};
}

AVX2_INLINE __m256i
LoadDifference(const uint8_t *a, const uint8_t *b, size_t vector)
{
	return _mm256_xor_si256(LoadBits(a + vector * VECTOR), LoadBits(b + vector * VECTOR));
}

/* What the adders carry on: bits that count 1, 2 and 4. */
typedef struct Carried
{
	__m256i ones;
	__m256i twos;
	__m256i fours;
} Carried;

/* Adds eight vectors; returns the bits that count 8. */
AVX2_INLINE __m256i
AddEight(Carried *carried, const uint8_t *a, const uint8_t *b)
{
	Added one = AddBits(carried->ones, LoadDifference(a, b, 0), LoadDifference(a, b, 1));
	Added other = AddBits(one.sum, LoadDifference(a, b, 2), LoadDifference(a, b, 3));
	Added two = AddBits(carried->twos, one.carry, other.carry);
	Added more;
	Added four;

	one = AddBits(other.sum, LoadDifference(a, b, 4), LoadDifference(a, b, 5));
	other = AddBits(one.sum, LoadDifference(a, b, 6), LoadDifference(a, b, 7));
	more = AddBits(two.sum, one.carry, other.carry);
	four = AddBits(carried->fours, two.carry, more.carry);
	*carried = (Carried) {other.sum, more.sum, four.sum};
	return four.carry;
}

/* Whole blocks of eight vectors. */
AVX2_INLINE uint64_t
HammingBlocks(const uint8_t *a, const uint8_t *b, size_t blocks)
{
	__m256i zero = _mm256_setzero_si256();
	Carried carried = {zero, zero, zero};
	__m256i sum = zero;

	while (blocks > 0)
	{
		size_t some = blocks < FLUSH ? blocks : FLUSH;
		__m256i eights = zero;

		blocks -= some;
		for (; some > 0; some--, a += ADDER_BLOCK, b += ADDER_BLOCK)
			eights = _mm256_add_epi8(eights, CountBytes(AddEight(&carried, a, b)));
		sum = _mm256_add_epi64(sum, WidenBytes(eights));
	}
	sum = _mm256_add_epi64(_mm256_add_epi64(sum, sum), WidenBytes(CountBytes(carried.fours)));
	sum = _mm256_add_epi64(_mm256_add_epi64(sum, sum), WidenBytes(CountBytes(carried.twos)));
	sum = _mm256_add_epi64(_mm256_add_epi64(sum, sum), WidenBytes(CountBytes(carried.ones)));
	return AddWords(sum);
}

VM_TARGET_AVX2 uint64_t
VmAvx2BitHamming(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	uint64_t count = 0;
	size_t i = 0;

	if (bytes >= ADDERS_PAY)
	{
		count = HammingBlocks(a, b, bytes / ADDER_BLOCK);
		i = bytes / ADDER_BLOCK * ADDER_BLOCK;
	}
	if (bytes - i >= VECTORS_PAY)
	{
		count += HammingVectors(a + i, b + i, bytes - i);
		i = bytes / VECTOR * VECTOR;
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

AVX2_INLINE VmJaccardCounts
JaccardVectors(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	__m256i sum_both = _mm256_setzero_si256();
	__m256i sum_a = sum_both;
	__m256i sum_b = sum_both;

	while (bytes >= VECTOR)
	{
		size_t vectors = VectorsToFlush(bytes);
		__m256i bytes_both = _mm256_setzero_si256();
		__m256i bytes_a = bytes_both;
		__m256i bytes_b = bytes_both;

		bytes -= vectors * VECTOR;
		for (; vectors > 0; vectors--, a += VECTOR, b += VECTOR)
		{
			__m256i bits_a = LoadBits(a);
			__m256i bits_b = LoadBits(b);

			bytes_both = _mm256_add_epi8(bytes_both, CountBytes(_mm256_and_si256(bits_a, bits_b)));
			bytes_a = _mm256_add_epi8(bytes_a, CountBytes(bits_a));
			bytes_b = _mm256_add_epi8(bytes_b, CountBytes(bits_b));
		}
		sum_both = _mm256_add_epi64(sum_both, WidenBytes(bytes_both));
		sum_a = _mm256_add_epi64(sum_a, WidenBytes(bytes_a));
		sum_b = _mm256_add_epi64(sum_b, WidenBytes(bytes_b));
	}
	return (VmJaccardCounts) {AddWords(sum_both), AddWords(sum_a), AddWords(sum_b)};
}

VM_TARGET_AVX2 VmJaccardCounts
VmAvx2BitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	VmJaccardCounts counts = {0, 0, 0};
	size_t i = 0;

	if (bytes >= VECTORS_PAY)
	{
		counts = JaccardVectors(a, b, bytes);
		i = bytes / VECTOR * VECTOR;
	}
	for (; bytes - i >= 8; i += 8)
		CountJaccard(&counts, LoadWord(a + i), LoadWord(b + i));
	if (i < bytes)
		CountJaccard(&counts, LoadPartWord(a, i, bytes - i), LoadPartWord(b, i, bytes - i));
	return counts;
}

#endif
