/*
 * test_simd.c
 *		Dispatch, and the sums of every level against an oracle in double.
 *
 * All inputs lie against a guard page, so a read past either end crashes.
 */
#include <float.h>
#include <math.h>

#include "simd_test.h"

#define MAX_DIM    16000
#define SHORT_DIMS 70
#define LONG_CASES 60

static const size_t fixed_dims[] = {127,  128,  129,  255,  256,  257,  511,    512,
									513,  768,  1023, 1024, 1025, 1536, 2047,   2048,
									2049, 4096, 4097, 4127, 8191, 8192, MAX_DIM};

typedef enum Values
{
	UNIFORM,
	CONSTANT,
	EQUAL,
	DENORMAL,
	TINY,
	HUGE_VALUES,
	SIGNED_ZERO,
	MIXED,
	VALUES
} Values;

static const char *const values_names[VALUES] = {"uniform", "constant", "equal",       "denormal",
												 "tiny",    "huge",     "signed zero", "mixed"};

static Guarded memory_a;
static Guarded memory_b;

static float
Uniform(void)
{
	return (float) ((int32_t) Random32() * 0x1p-31);
}

static float
RandomFloat(Values values)
{
	switch (values)
	{
		case UNIFORM:
		case EQUAL:
			return Uniform();
		case CONSTANT:
			/* Every rounding of a running sum errs to the same side. */
			return 0.1f;
		case DENORMAL:
			return FloatFromBits(Random32() & 0x807FFFFF);
		case TINY:
			return Uniform() * 1e-20f;
		case HUGE_VALUES:
			return (Uniform() > 0 ? 1 : -1) * ldexpf(1 + fabsf(Uniform()), 60 + Random32() % 67);
		case SIGNED_ZERO:
			return Random32() % 8 == 0 ? Uniform() : (Random32() % 2 ? 0.0f : -0.0f);
		default:
			return ldexpf(Uniform(), (int) (Random32() % 40) - 20);
	}
}

static VmHalf
RandomHalf(Values values)
{
	switch (values)
	{
		case DENORMAL:
			return Random32() & 0x83FF;
		case TINY:
			return Random32() & 0x8FFF;
		case HUGE_VALUES:
			return (Random32() & 0x83FF) | 0x7800;
		case MIXED:
		{
			VmHalf bits = (VmHalf) Random32();

			return (bits & 0x7C00) == 0x7C00 ? bits & 0x83FF : bits;
		}
		default:
			return VmFloatToHalf(RandomFloat(values));
	}
}

/* A sum, the sum of its terms' magnitudes, and whether all are of one sign. */
typedef struct Exact
{
	double sum;
	double magnitude;
	bool mixed;
} Exact;

static void
AddExact(Exact *exact, double term)
{
	exact->mixed |= term < 0 ? exact->sum > 0 : exact->sum < 0;
	exact->sum += term;
	exact->magnitude += fabs(term);
}

static bool
Agrees(float got, Exact exact, size_t n)
{
	/* Terms below the smallest float are lost one by one. */
	double allowed = 1e-5 * exact.magnitude + (n + 1) * 0x1p-149;

	if (exact.magnitude < FLT_MAX * (1 - 1e-5))
		return fabs(got - exact.sum) <= allowed;
	/* Sums of one sign overflow; others may pass through either infinity. */
	if (exact.magnitude > FLT_MAX * (1 + 1e-5) && !exact.mixed)
		return isinf(got) && (got > 0) == (exact.sum > 0);
	return true;
}

static bool
AgreesDouble(double got, Exact exact)
{
	return fabs(got - exact.sum) <= 1e-12 * exact.magnitude;
}

typedef struct Oracle
{
	Exact l2sq;
	Exact dot;
	Exact l1;
	Exact aa;
	Exact bb;
} Oracle;

static void
OracleAdd(Oracle *oracle, double a, double b)
{
	AddExact(&oracle->l2sq, (a - b) * (a - b));
	AddExact(&oracle->dot, a * b);
	AddExact(&oracle->l1, fabs(a - b));
	AddExact(&oracle->aa, a * a);
	AddExact(&oracle->bb, b * b);
}

#define CHECK(kernel, got, exact)                                                                  \
	UNIT_EACH(Agrees(got, exact, n), "%s n=%zu %s: %.9g instead of %.9g (magnitude %.9g)", kernel, \
			  n, values, (double) (got), (exact).sum, (exact).magnitude)

static void
CheckF32(const VmSimdKernels *kernels, const float *a, const float *b, size_t n, const char *values)
{
	Oracle oracle = {0};
	VmCosineSums cosine = kernels->f32_cosine(a, b, n);

	for (size_t i = 0; i < n; i++)
		OracleAdd(&oracle, a[i], b[i]);
	CHECK("f32_l2sq", kernels->f32_l2sq(a, b, n), oracle.l2sq);
	CHECK("f32_dot", kernels->f32_dot(a, b, n), oracle.dot);
	CHECK("f32_l1", kernels->f32_l1(a, b, n), oracle.l1);
	CHECK("f32_cosine dot", cosine.dot, oracle.dot);
	CHECK("f32_cosine aa", cosine.aa, oracle.aa);
	CHECK("f32_cosine bb", cosine.bb, oracle.bb);
	UNIT_EACH(AgreesDouble(kernels->f32_sqnorm(a, n), oracle.aa), "f32_sqnorm n=%zu %s: %.17g", n,
			  values, kernels->f32_sqnorm(a, n));
	UNIT_EACH(kernels->f32_all_finite(a, n), "f32_all_finite n=%zu %s", n, values);
}

static void
CheckF16(const VmSimdKernels *kernels, const VmHalf *a, const VmHalf *b, size_t n,
		 const char *values)
{
	Oracle oracle = {0};
	VmCosineSums cosine = kernels->f16_cosine(a, b, n);

	for (size_t i = 0; i < n; i++)
		OracleAdd(&oracle, VmHalfToFloat(a[i]), VmHalfToFloat(b[i]));
	CHECK("f16_l2sq", kernels->f16_l2sq(a, b, n), oracle.l2sq);
	CHECK("f16_dot", kernels->f16_dot(a, b, n), oracle.dot);
	CHECK("f16_l1", kernels->f16_l1(a, b, n), oracle.l1);
	CHECK("f16_cosine dot", cosine.dot, oracle.dot);
	CHECK("f16_cosine aa", cosine.aa, oracle.aa);
	CHECK("f16_cosine bb", cosine.bb, oracle.bb);
	UNIT_EACH(AgreesDouble(kernels->f16_sqnorm(a, n), oracle.aa), "f16_sqnorm n=%zu %s: %.17g", n,
			  values, kernels->f16_sqnorm(a, n));
	UNIT_EACH(kernels->f16_all_finite(a, n), "f16_all_finite n=%zu %s", n, values);
}

static void
CheckDim(const VmSimdKernels *kernels, size_t n, Values values, GuardedPlace place)
{
	float *a = GuardedAt(memory_a, place, n * sizeof(float));
	float *b = GuardedAt(memory_b, place, n * sizeof(float));
	VmHalf *half_a;
	VmHalf *half_b;

	for (size_t i = 0; i < n; i++)
	{
		a[i] = RandomFloat(values);
		b[i] = values == EQUAL ? a[i] : RandomFloat(values);
	}
	CheckF32(kernels, a, b, n, values_names[values]);

	half_a = GuardedAt(memory_a, place, n * sizeof(VmHalf));
	half_b = GuardedAt(memory_b, place, n * sizeof(VmHalf));
	for (size_t i = 0; i < n; i++)
	{
		half_a[i] = RandomHalf(values);
		half_b[i] = values == EQUAL ? half_a[i] : RandomHalf(values);
	}
	CheckF16(kernels, half_a, half_b, n, values_names[values]);
}

static void
TestShort(const VmSimdKernels *kernels)
{
	for (size_t n = 0; n <= SHORT_DIMS; n++)
	{
		for (int values = 0; values < VALUES; values++)
		{
			CheckDim(kernels, n, (Values) values, AT_START);
			CheckDim(kernels, n, (Values) values, AT_END);
		}
	}
}

static void
TestLong(const VmSimdKernels *kernels)
{
	size_t count = sizeof(fixed_dims) / sizeof(fixed_dims[0]);

	for (size_t k = 0; k < count + LONG_CASES; k++)
	{
		size_t n = k < count ? fixed_dims[k] : RandomBelow(MAX_DIM + 1);

		for (int values = 0; values < VALUES; values++)
			CheckDim(kernels, n, (Values) values, Random32() % 2 ? AT_START : AT_END);
	}
}

/* Every offset from a cache line that the element type allows, on both sides. */
static void
TestUnaligned(const VmSimdKernels *kernels)
{
	static const size_t dims[] = {1, 3, 7, 8, 15, 17, 31, 33, 64, 95, 100};

	for (size_t offset_a = 0; offset_a < 64; offset_a += 2)
	{
		for (size_t k = 0; k < sizeof(dims) / sizeof(dims[0]); k++)
		{
			size_t n = dims[k];
			size_t offset_b = RandomBelow(32) * 2;
			VmHalf *half_a = (VmHalf *) (memory_a.start + offset_a);
			VmHalf *half_b = (VmHalf *) (memory_b.start + offset_b);
			float *a = (float *) (memory_a.start + offset_a / 4 * 4);
			float *b = (float *) (memory_b.start + offset_b / 4 * 4);

			for (size_t i = 0; i < n; i++)
			{
				half_a[i] = RandomHalf(MIXED);
				half_b[i] = RandomHalf(MIXED);
			}
			CheckF16(kernels, half_a, half_b, n, "unaligned");
			for (size_t i = 0; i < n; i++)
			{
				a[i] = RandomFloat(MIXED);
				b[i] = RandomFloat(MIXED);
			}
			CheckF32(kernels, a, b, n, "unaligned");
		}
	}
}

/* No element is skipped: a NaN anywhere reaches every sum. */
static void
TestNaN(const VmSimdKernels *kernels)
{
	for (size_t n = 1; n <= SHORT_DIMS; n++)
	{
		float *a = GuardedAt(memory_a, AT_END, n * sizeof(float));
		float *b = GuardedAt(memory_b, AT_END, n * sizeof(float));
		VmHalf *half_a = (VmHalf *) memory_a.start;
		VmHalf *half_b = (VmHalf *) memory_b.start;

		for (size_t i = 0; i < n; i++)
		{
			a[i] = b[i] = 1;
			half_a[i] = half_b[i] = 0x3C00;
		}
		for (size_t i = 0; i < n; i++)
		{
			b[i] = NAN;
			half_b[i] = 0x7E00;
			UNIT_EACH(isnan(kernels->f32_l2sq(a, b, n)), "f32_l2sq n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f32_dot(a, b, n)), "f32_dot n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f32_l1(a, b, n)), "f32_l1 n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f32_sqnorm(b, n)), "f32_sqnorm n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f32_cosine(a, b, n).bb), "f32_cosine n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f16_l2sq(half_a, half_b, n)), "f16_l2sq n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f16_dot(half_a, half_b, n)), "f16_dot n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f16_l1(half_a, half_b, n)), "f16_l1 n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f16_sqnorm(half_b, n)), "f16_sqnorm n=%zu i=%zu", n, i);
			UNIT_EACH(isnan(kernels->f16_cosine(half_a, half_b, n).bb), "f16_cosine n=%zu i=%zu", n,
					  i);
			b[i] = 1;
			half_b[i] = 0x3C00;
		}
	}
}

static void
TestDispatch(void)
{
	const VmSimdKernels *best = VmSimd;

	UNIT_OK(VmSimd->level == VM_SIMD_SCALAR, "before VmSimdInit the scalar table is in use");
	for (int level = 0; level < VM_SIMD_LEVELS; level++)
	{
		const VmSimdKernels *kernels = VmSimdGet((VmSimdLevel) level);
		const VmSimdKernels *before = VmSimd;
		bool selected = VmSimdSelect((VmSimdLevel) level);

		printf("# level %s: %s\n", simd_test_names[level], kernels ? "tested" : "not supported");
		UNIT_OK(selected == (kernels != NULL), "%s: VmSimdSelect agrees with VmSimdGet",
				simd_test_names[level]);
		UNIT_OK(VmSimd == (selected ? kernels : before), "%s: the table is %s",
				simd_test_names[level], selected ? "in use" : "unchanged");
		if (kernels == NULL)
			continue;
		best = kernels;
		UNIT_OK(kernels->level == (VmSimdLevel) level &&
					strcmp(kernels->name, simd_test_names[level]) == 0,
				"%s: the table names its level", simd_test_names[level]);
	}
	UNIT_OK(VmSimdGet((VmSimdLevel) VM_SIMD_LEVELS) == NULL &&
				!VmSimdSelect((VmSimdLevel) VM_SIMD_LEVELS),
			"a level that is none is refused");
	VmSimdSelect(VM_SIMD_SCALAR);
	VmSimdInit();
	UNIT_OK(VmSimd == best, "VmSimdInit takes the best level: %s", VmSimd->name);
}

int
main(void)
{
	memory_a = GuardedAlloc(MAX_DIM * sizeof(float));
	memory_b = GuardedAlloc(MAX_DIM * sizeof(float));
	TestDispatch();
	ForEachLevel("sums of 0 to 70 dimensions", TestShort);
	ForEachLevel("sums of up to 16000 dimensions", TestLong);
	ForEachLevel("unaligned vectors", TestUnaligned);
	ForEachLevel("a NaN reaches every sum", TestNaN);
	return UnitDone();
}
