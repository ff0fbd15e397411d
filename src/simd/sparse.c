/*
 * sparse.c
 *		Sparse distances: two ascending index lists, merged.
 *
 * Shared by all levels.  Lists of like length are merged without a branch on
 * the comparison (which no predictor can learn); when one list is much longer,
 * each index of the short one is looked up in the long one: in the next few
 * elements, then by a search that doubles its step.
 *
 * Terms are float32, as in the dense kernels, and so overflow alike; their sum
 * is kept in double, because here it is one chain of additions.
 *
 * Plain C; depends on src/core only.
 */
#include <math.h>

#include "simd/kernels.h"

/* The search pays from this ratio of the lengths on: bench/kernels.c sparse. */
#define SEARCH_RATIO 4

/* It looks at so many elements one by one before it jumps. */
#define NEAR 16

typedef struct Sparse
{
	const int32_t *indices;
	const float *values;
	size_t n;
} Sparse;

/* The value when it is wanted, else zero; without a branch. */
VM_SIMD_INLINE float
ValueIf(float value, bool wanted)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	bits &= -(uint32_t) wanted;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

VM_SIMD_INLINE float
Term(float a, float b, VmSimdTerm term)
{
	float difference = a - b;

	if (term == VM_TERM_DOT)
		return a * b;
	return term == VM_TERM_L2SQ ? difference * difference : fabsf(difference);
}

/* What elements without a partner add. */
VM_SIMD_INLINE double
SumAlone(const float *values, size_t n, VmSimdTerm term)
{
	double sums[4] = {0, 0, 0, 0};
	size_t i = 0;

	if (term == VM_TERM_DOT)
		return 0;
	for (; n - i >= 4; i += 4)
	{
		for (size_t lane = 0; lane < 4; lane++)
			sums[lane] += Term(values[i + lane], 0, term);
	}
	for (; i < n; i++)
		sums[0] += Term(values[i], 0, term);
	return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

VM_SIMD_INLINE double
SumMerged(Sparse a, Sparse b, VmSimdTerm term)
{
	double total = 0;
	size_t i = 0;
	size_t j = 0;

	while (i < a.n && j < b.n)
	{
		int32_t index_a = a.indices[i];
		int32_t index_b = b.indices[j];
		bool take_a = index_a <= index_b;
		bool take_b = index_b <= index_a;

		if (term != VM_TERM_DOT)
			total += Term(ValueIf(a.values[i], take_a), ValueIf(b.values[j], take_b), term);
		else if (index_a == index_b)
			total += Term(a.values[i], b.values[j], term);
		i += take_a;
		j += take_b;
	}
	total += SumAlone(a.values + i, a.n - i, term);
	return total + SumAlone(b.values + j, b.n - j, term);
}

/* First position from `low` on whose index is not below `wanted`. */
VM_SIMD_INLINE size_t
Search(Sparse list, size_t low, int32_t wanted)
{
	size_t near_end = list.n - low < NEAR ? list.n : low + NEAR;
	size_t step = NEAR;
	size_t length;

	for (; low < near_end; low++)
	{
		if (list.indices[low] >= wanted)
			return low;
	}
	while (step <= list.n - low && list.indices[low + step - 1] < wanted)
	{
		low += step;
		step *= 2;
	}
	length = step - 1 < list.n - low ? step - 1 : list.n - low;

	/* Everything before low is below; low + length is not, or is the end. */
	while (length > 0)
	{
		size_t half = length / 2;
		bool below = list.indices[low + half] < wanted;

		low = below ? low + half + 1 : low;
		length = below ? length - half - 1 : half;
	}
	return low;
}

VM_SIMD_INLINE double
SumSearched(Sparse few, Sparse many, VmSimdTerm term)
{
	double total = 0;
	size_t j = 0;

	for (size_t i = 0; i < few.n; i++)
	{
		size_t found = Search(many, j, few.indices[i]);

		total += SumAlone(many.values + j, found - j, term);
		j = found;
		if (j < many.n && many.indices[j] == few.indices[i])
		{
			total += Term(few.values[i], many.values[j], term);
			j++;
		}
		else
			total += SumAlone(few.values + i, 1, term);
	}
	return total + SumAlone(many.values + j, many.n - j, term);
}

/* The terms are symmetric, so the shorter list may always come first. */
VM_SIMD_INLINE float
Sum(Sparse a, Sparse b, VmSimdTerm term)
{
	if (a.n > b.n)
	{
		Sparse swap = a;

		a = b;
		b = swap;
	}
	if (a.n <= b.n / SEARCH_RATIO)
		return (float) SumSearched(a, b, term);
	return (float) SumMerged(a, b, term);
}

float
VmSparseL2sq(const int32_t *ia, const float *va, size_t na, const int32_t *ib, const float *vb,
			 size_t nb)
{
	return Sum((Sparse) {ia, va, na}, (Sparse) {ib, vb, nb}, VM_TERM_L2SQ);
}

float
VmSparseDot(const int32_t *ia, const float *va, size_t na, const int32_t *ib, const float *vb,
			size_t nb)
{
	return Sum((Sparse) {ia, va, na}, (Sparse) {ib, vb, nb}, VM_TERM_DOT);
}

float
VmSparseL1(const int32_t *ia, const float *va, size_t na, const int32_t *ib, const float *vb,
		   size_t nb)
{
	return Sum((Sparse) {ia, va, na}, (Sparse) {ib, vb, nb}, VM_TERM_L1);
}
