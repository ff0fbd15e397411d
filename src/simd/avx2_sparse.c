/*
 * avx2_sparse.c
 *		The sparse dot product: blocks of eight indices, all against all.
 *
 * A block of one list is compared with each index of a block of the other, and
 * the products are masked; then whichever block ends first is replaced.  There
 * is no branch on the data, and a step moves on by eight elements where the
 * merge of sparse.c moves by one.  The other sparse sums need to know which
 * elements found no partner, and stay with the merge.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <immintrin.h>

#define AVX2_INLINE VM_SIMD_INLINE VM_TARGET_AVX2

#define LANES       8

/* Above this ratio of the lengths the search of sparse.c is the faster one. */
#define SEARCH_RATIO 48

/* Up to eight elements of the one list, the other lanes unused. */
typedef struct Block
{
	__m256i indices;
	__m256 values;
	__m256 used;
} Block;

AVX2_INLINE Block
LoadBlock(const int32_t *indices, const float *values)
{
	return (Block) {_mm256_loadu_si256((const __m256i *) indices), _mm256_loadu_ps(values),
					_mm256_castsi256_ps(_mm256_set1_epi32(-1))};
}

/* The same of fewer than eight; masked lanes are not accessed. */
AVX2_INLINE Block
LoadPartBlock(const int32_t *indices, const float *values, size_t n)
{
	static const int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
	__m256i used = _mm256_loadu_si256((const __m256i *) (window + LANES - n));

	return (Block) {_mm256_maskload_epi32(indices, used), _mm256_maskload_ps(values, used),
					_mm256_castsi256_ps(used)};
}

/* The product in the lane with this index, zero in the others. */
AVX2_INLINE __m256
Match(Block block, const int32_t *index, const float *value)
{
	__m256i same = _mm256_cmpeq_epi32(block.indices, _mm256_set1_epi32(*index));
	__m256 products = _mm256_mul_ps(block.values, _mm256_set1_ps(*value));

	return _mm256_and_ps(products, _mm256_castsi256_ps(same));
}

AVX2_INLINE __m256
MatchTwo(Block block, const int32_t *indices, const float *values)
{
	return _mm256_add_ps(Match(block, indices, values), Match(block, indices + 1, values + 1));
}

/* At most one product per lane is not zero, so these sums are exact. */
AVX2_INLINE __m256
MatchEight(Block block, const int32_t *indices, const float *values)
{
	__m256 low =
		_mm256_add_ps(MatchTwo(block, indices, values), MatchTwo(block, indices + 2, values + 2));
	__m256 high = _mm256_add_ps(MatchTwo(block, indices + 4, values + 4),
								MatchTwo(block, indices + 6, values + 6));

	return _mm256_add_ps(low, high);
}

AVX2_INLINE __m256d
AddProducts(__m256d total, __m256 products)
{
	total = _mm256_add_pd(total, _mm256_cvtps_pd(_mm256_castps256_ps128(products)));
	return _mm256_add_pd(total, _mm256_cvtps_pd(_mm256_extractf128_ps(products, 1)));
}

/* n when the condition holds, else 0; the compiler may not make it a branch. */
VM_SIMD_INLINE size_t
CountIf(size_t n, bool condition)
{
	return n & -(size_t) condition;
}

VM_TARGET_AVX2 float
VmAvx2SparseDot(const int32_t *ia, const float *va, size_t na, const int32_t *ib, const float *vb,
				size_t nb)
{
	__m256d total = _mm256_setzero_pd();
	__m128d pair;
	size_t i = 0;
	size_t j = 0;

	if (na / SEARCH_RATIO > nb || nb / SEARCH_RATIO > na)
		return VmSparseDot(ia, va, na, ib, vb, nb);

	while (na - i >= LANES && nb - j >= LANES)
	{
		int32_t last_a = ia[i + LANES - 1];
		int32_t last_b = ib[j + LANES - 1];

		total = AddProducts(total, MatchEight(LoadBlock(ib + j, vb + j), ia + i, va + i));
		i += CountIf(LANES, last_a <= last_b);
		j += CountIf(LANES, last_b <= last_a);
	}

	/* At least one list has less than a block left. */
	while (i < na && j < nb)
	{
		size_t count_a = na - i < LANES ? na - i : LANES;
		size_t count_b = nb - j < LANES ? nb - j : LANES;
		int32_t last_a = ia[i + count_a - 1];
		int32_t last_b = ib[j + count_b - 1];
		Block block = LoadPartBlock(ib + j, vb + j, count_b);
		__m256 products = _mm256_setzero_ps();

		for (size_t k = 0; k < count_a; k++)
			products = _mm256_add_ps(products, Match(block, ia + i + k, va + i + k));
		total = AddProducts(total, _mm256_and_ps(products, block.used));
		i += CountIf(count_a, last_a <= last_b);
		j += CountIf(count_b, last_b <= last_a);
	}
	pair = _mm_add_pd(_mm256_castpd256_pd128(total), _mm256_extractf128_pd(total, 1));
	return (float) _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
}

#endif
