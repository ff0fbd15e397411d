/*
 * test_simd_bits.c
 *		Bit strings and sparse vectors of every level against slow oracles.
 */
#include <float.h>
#include <math.h>

#include "simd_test.h"

#define MAX_BYTES   10000
#define SHORT_BYTES 300
#define MAX_SPARSE  16000

static Guarded memory_a;
static Guarded memory_b;
static Guarded values_a;
static Guarded values_b;

typedef enum Bits
{
	RANDOM_BITS,
	ALL_ONES,
	COMPLEMENT,
	FEW_BITS,
	BITS
} Bits;

static void
FillBits(uint8_t *a, uint8_t *b, size_t bytes, Bits bits)
{
	for (size_t i = 0; i < bytes; i++)
	{
		a[i] = (uint8_t) Random32();
		b[i] = (uint8_t) Random32();
		if (bits == ALL_ONES)
			a[i] = b[i] = 0xFF;
		else if (bits == COMPLEMENT)
			b[i] = (uint8_t) ~a[i];
		else if (bits == FEW_BITS)
		{
			a[i] &= 0x11;
			b[i] = Random32() % 8 == 0;
		}
	}
}

static size_t
CountOnes(unsigned byte)
{
	size_t ones = 0;

	for (; byte != 0; byte >>= 1)
		ones += byte & 1;
	return ones;
}

static void
CheckBits(const VmSimdKernels *kernels, const uint8_t *a, const uint8_t *b, size_t bytes)
{
	VmJaccardCounts jaccard = kernels->bit_jaccard(a, b, bytes);
	VmJaccardCounts expected = {0, 0, 0};
	uint64_t hamming = 0;

	for (size_t i = 0; i < bytes; i++)
	{
		hamming += CountOnes(a[i] ^ b[i]);
		expected.both += CountOnes(a[i] & b[i]);
		expected.a += CountOnes(a[i]);
		expected.b += CountOnes(b[i]);
	}
	UNIT_EACH(kernels->bit_hamming(a, b, bytes) == hamming, "bit_hamming bytes=%zu", bytes);
	UNIT_EACH(jaccard.both == expected.both && jaccard.a == expected.a && jaccard.b == expected.b,
			  "bit_jaccard bytes=%zu", bytes);
}

static void
TestBits(const VmSimdKernels *kernels)
{
	for (size_t k = 0; k <= SHORT_BYTES + 60; k++)
	{
		size_t bytes = k <= SHORT_BYTES ? k : RandomBelow(MAX_BYTES + 1);

		for (int bits = 0; bits < BITS; bits++)
		{
			for (int place = AT_START; place <= AT_END; place++)
			{
				uint8_t *a = GuardedAt(memory_a, (GuardedPlace) place, bytes);
				uint8_t *b = GuardedAt(memory_b, (GuardedPlace) place, bytes);

				FillBits(a, b, bytes, (Bits) bits);
				CheckBits(kernels, a, b, bytes);
			}
		}
	}
}

static void
TestUnalignedBits(const VmSimdKernels *kernels)
{
	for (size_t offset = 0; offset < 64; offset++)
	{
		for (size_t bytes = 1; bytes < 600; bytes += 37)
		{
			uint8_t *a = memory_a.start + offset;
			uint8_t *b = memory_b.start + RandomBelow(64);

			FillBits(a, b, bytes, RANDOM_BITS);
			CheckBits(kernels, a, b, bytes);
		}
	}
}

/* Ascending indices, each step 1 to max_step. */
static void
FillSparse(int32_t *indices, float *values, size_t n, int32_t first, size_t max_step)
{
	int32_t index = first;

	for (size_t i = 0; i < n; i++)
	{
		indices[i] = index;
		values[i] = (float) ((int32_t) Random32() * 0x1p-31);
		index += 1 + (int32_t) RandomBelow(max_step);
	}
}

typedef struct SparseOracle
{
	double l2sq;
	double dot;
	double l1;
	double dot_magnitude;
} SparseOracle;

static void
OracleAdd(SparseOracle *oracle, double a, double b)
{
	oracle->l2sq += (a - b) * (a - b);
	oracle->dot += a * b;
	oracle->dot_magnitude += fabs(a * b);
	oracle->l1 += fabs(a - b);
}

/* Looks every index of each list up in the other, one after another. */
static SparseOracle
SparseExact(const int32_t *ia, const float *va, size_t na, const int32_t *ib, const float *vb,
			size_t nb)
{
	SparseOracle oracle = {0, 0, 0, 0};
	size_t j = 0;

	for (size_t i = 0; i < na; i++)
	{
		for (; j < nb && ib[j] < ia[i]; j++)
			OracleAdd(&oracle, 0, vb[j]);
		if (j < nb && ib[j] == ia[i])
			OracleAdd(&oracle, va[i], vb[j++]);
		else
			OracleAdd(&oracle, va[i], 0);
	}
	for (; j < nb; j++)
		OracleAdd(&oracle, 0, vb[j]);
	return oracle;
}

static void
CheckSparse(const VmSimdKernels *kernels, size_t na, size_t step_a, size_t nb, size_t step_b)
{
	int32_t *ia = GuardedAt(memory_a, AT_END, na * sizeof(int32_t));
	int32_t *ib = GuardedAt(memory_b, AT_END, nb * sizeof(int32_t));
	float *va = GuardedAt(values_a, AT_END, na * sizeof(float));
	float *vb = GuardedAt(values_b, AT_END, nb * sizeof(float));
	SparseOracle exact;

	FillSparse(ia, va, na, (int32_t) RandomBelow(3), step_a);
	FillSparse(ib, vb, nb, (int32_t) RandomBelow(3), step_b);
	if (na > 0 && Random32() % 4 == 0)
		ia[na - 1] = INT32_MAX;
	if (nb > 0 && Random32() % 4 == 0)
		ib[nb - 1] = INT32_MAX;
	exact = SparseExact(ia, va, na, ib, vb, nb);
	UNIT_EACH(fabs(kernels->sparse_l2sq(ia, va, na, ib, vb, nb) - exact.l2sq) <= 1e-6 * exact.l2sq,
			  "sparse_l2sq %zu %zu", na, nb);
	UNIT_EACH(fabs(kernels->sparse_dot(ia, va, na, ib, vb, nb) - exact.dot) <=
				  1e-6 * exact.dot_magnitude,
			  "sparse_dot %zu %zu", na, nb);
	UNIT_EACH(fabs(kernels->sparse_l1(ia, va, na, ib, vb, nb) - exact.l1) <= 1e-6 * exact.l1,
			  "sparse_l1 %zu %zu", na, nb);
}

static void
TestSparse(const VmSimdKernels *kernels)
{
	for (size_t na = 0; na <= 24; na++)
	{
		for (size_t nb = 0; nb <= 24; nb++)
		{
			CheckSparse(kernels, na, 1, nb, 1);
			CheckSparse(kernels, na, 4, nb, 4);
			CheckSparse(kernels, na, 40, nb, 2);
		}
	}
	for (int i = 0; i < 400; i++)
	{
		size_t few = RandomBelow(60);
		size_t many = RandomBelow(MAX_SPARSE + 1);

		/* Spread alike, so that matches fall over the whole of both. */
		CheckSparse(kernels, few, 2 * many / (few + 1) + 1, many, 2);
		CheckSparse(kernels, many, 2, few, 2 * many / (few + 1) + 1);
		CheckSparse(kernels, many, 1 + RandomBelow(8), RandomBelow(many + 1), 1 + RandomBelow(8));
	}
}

/* Terms are float32: what overflows densely overflows here. */
static void
TestSparseOverflow(const VmSimdKernels *kernels)
{
	static const int32_t index[2] = {1, 7};
	static const float huge[2] = {3e38f, 3e38f};
	static const float negative[2] = {-3e38f, -3e38f};
	static const int32_t zero = 0;
	static const float infinity = INFINITY;

	UNIT_EACH(isinf(kernels->sparse_l2sq(index, huge, 2, index, negative, 2)), "l2sq");
	UNIT_EACH(kernels->sparse_dot(index, huge, 2, index, huge, 2) == INFINITY, "dot");
	UNIT_EACH(kernels->sparse_dot(index, huge, 2, index, negative, 2) == -INFINITY, "dot");
	UNIT_EACH(kernels->sparse_l1(index, huge, 2, index, huge, 0) == INFINITY, "l1");
	/* Lanes without an element multiply nothing, not even zero. */
	UNIT_EACH(kernels->sparse_dot(&zero, &infinity, 1, index, huge, 2) == 0, "unused lanes");
	UNIT_EACH(kernels->sparse_l1(index, huge, 2, index, huge, 2) == 0, "l1 of equal vectors");
}

int
main(void)
{
	memory_a = GuardedAlloc(MAX_SPARSE * sizeof(int32_t));
	memory_b = GuardedAlloc(MAX_SPARSE * sizeof(int32_t));
	values_a = GuardedAlloc(MAX_SPARSE * sizeof(float));
	values_b = GuardedAlloc(MAX_SPARSE * sizeof(float));
	ForEachLevel("bit strings of every length", TestBits);
	ForEachLevel("bit strings at every offset", TestUnalignedBits);
	ForEachLevel("sparse vectors", TestSparse);
	ForEachLevel("sparse vectors that overflow", TestSparseOverflow);
	return UnitDone();
}
