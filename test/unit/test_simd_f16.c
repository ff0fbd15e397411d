/*
 * test_simd_f16.c
 *		float16 conversions, core/f16.h against arithmetic and every level
 *		against core/f16.h, and the finiteness checks.
 */
#include <math.h>

#include "simd_test.h"

#define MAX_N          100
#define RANDOM_BATCH   4096
#define RANDOM_BATCHES 2500
#define HALF_VALUES    65536

static Guarded input;
static Guarded output;

/* The value of a finite half, from the definition of the format. */
static double
HalfValue(VmHalf h)
{
	int exponent = (h >> 10) & 0x1F;
	double mantissa = h & 0x3FF;
	double value = exponent == 0 ? ldexp(mantissa, -24) : ldexp(mantissa + 1024, exponent - 25);

	return h & 0x8000 ? -value : value;
}

/*
 * Nearest even by comparing with the two neighbours' midpoint; magnitudes
 * order as their bit patterns do.
 */
static VmHalf
NearestHalf(float f)
{
	double magnitude = fabs((double) f);
	VmHalf sign = signbit(f) ? 0x8000 : 0;
	VmHalf low = 0;
	VmHalf high = 0x7C00;
	double middle;

	if (isinf(f))
		return sign | 0x7C00;
	while (high - low > 1)
	{
		VmHalf middle_bits = (VmHalf) ((low + high) / 2);

		if (HalfValue(middle_bits) <= magnitude)
			low = middle_bits;
		else
			high = middle_bits;
	}
	/* Infinity rounds as if it were the next power of two. */
	middle = (HalfValue(low) + (high == 0x7C00 ? 65536.0 : HalfValue(high))) / 2;
	if (magnitude > middle || (magnitude == middle && low % 2 == 1))
		return sign | high;
	return sign | low;
}

static void
TestReferenceToFloat(void)
{
	for (uint32_t i = 0; i < HALF_VALUES; i++)
	{
		VmHalf h = (VmHalf) i;
		float f = VmHalfToFloat(h);

		if (VmHalfIsNaN(h))
			/* A quiet NaN with the payload in the upper bits. */
			UNIT_EACH(BitsFromFloat(f) == ((uint32_t) (h & 0x8000) << 16 | 0x7FC00000 |
										   (uint32_t) (h & 0x3FF) << 13),
					  "NaN %04x: %08x", h, BitsFromFloat(f));
		else if (VmHalfIsInf(h))
			UNIT_EACH(isinf(f) && !signbit(f) == !(h & 0x8000), "infinity %04x: %g", h, f);
		else
			UNIT_EACH((double) f == HalfValue(h) && !signbit(f) == !(h & 0x8000), "%04x: %g", h, f);
	}
	UnitReport("core/f16.h: all halves to float");
}

static void
CheckReferenceToHalf(uint32_t bits)
{
	float f = FloatFromBits(bits);
	VmHalf expected = isnan(f) ? (VmHalf) ((bits >> 16 & 0x8000) | 0x7E00 | (bits >> 13 & 0x1FF)) :
								 NearestHalf(f);

	UNIT_EACH(VmFloatToHalf(f) == expected, "%08x: %04x instead of %04x", bits, VmFloatToHalf(f),
			  expected);
}

/* The float midway between a half's magnitude and the next one's. */
static float
MidpointAbove(VmHalf h)
{
	double next = h == 0x7BFF ? 65536.0 : HalfValue((VmHalf) (h + 1));

	return (float) ((HalfValue(h) + next) / 2);
}

static void
TestReferenceToHalf(void)
{
	for (uint32_t h = 0; h < 0x7C00; h++)
	{
		uint32_t midpoint = BitsFromFloat(MidpointAbove((VmHalf) h));
		uint32_t exact = BitsFromFloat((float) HalfValue((VmHalf) h));

		for (int step = -3; step <= 3; step++)
		{
			CheckReferenceToHalf(midpoint + (uint32_t) step);
			CheckReferenceToHalf((midpoint + (uint32_t) step) | 0x80000000);
			if (exact > 3)
				CheckReferenceToHalf(exact + (uint32_t) step);
		}
	}
	for (int i = 0; i < 500000; i++)
		CheckReferenceToHalf(Random32());
	CheckReferenceToHalf(0);
	CheckReferenceToHalf(0x80000000);
	UnitReport("core/f16.h: float to half against the nearest of all halves");
}

static void
TestAllHalves(const VmSimdKernels *kernels)
{
	static VmHalf halves[HALF_VALUES];
	static float floats[HALF_VALUES];
	static VmHalf back[HALF_VALUES];

	for (uint32_t i = 0; i < HALF_VALUES; i++)
		halves[i] = (VmHalf) i;
	kernels->f16_to_f32(halves, floats, HALF_VALUES);
	kernels->f32_to_f16(floats, back, HALF_VALUES);
	for (uint32_t i = 0; i < HALF_VALUES; i++)
	{
		UNIT_EACH(BitsFromFloat(floats[i]) == BitsFromFloat(VmHalfToFloat(halves[i])),
				  "%04x: %08x instead of %08x", i, BitsFromFloat(floats[i]),
				  BitsFromFloat(VmHalfToFloat(halves[i])));
		UNIT_EACH(back[i] == (VmHalfIsNaN(halves[i]) ? halves[i] | 0x200 : halves[i]),
				  "%04x comes back as %04x", i, back[i]);
	}
}

static void
CheckBatch(const VmSimdKernels *kernels, const float *floats, size_t n)
{
	VmHalf halves[RANDOM_BATCH];

	kernels->f32_to_f16(floats, halves, n);
	for (size_t i = 0; i < n; i++)
		UNIT_EACH(halves[i] == VmFloatToHalf(floats[i]), "%08x: %04x instead of %04x",
				  BitsFromFloat(floats[i]), halves[i], VmFloatToHalf(floats[i]));
}

static void
TestHalfway(const VmSimdKernels *kernels)
{
	for (uint32_t h = 0; h < 0x7C00; h++)
	{
		uint32_t midpoint = BitsFromFloat(MidpointAbove((VmHalf) h));
		float floats[18];

		for (uint32_t k = 0; k < 9; k++)
		{
			floats[k] = FloatFromBits(midpoint + k - 4);
			floats[k + 9] = -floats[k];
		}
		CheckBatch(kernels, floats, 18);
	}
}

static void
TestRandomFloats(const VmSimdKernels *kernels)
{
	float floats[RANDOM_BATCH];

	for (int batch = 0; batch < RANDOM_BATCHES; batch++)
	{
		for (int i = 0; i < RANDOM_BATCH; i += 2)
		{
			uint64_t bits = Random64();

			/* Of every other batch, only exponents that reach float16. */
			if (batch % 2 == 1)
				bits = (bits & UINT64_C(0x8FFFFFFF8FFFFFFF)) + UINT64_C(0x3000000030000000);
			floats[i] = FloatFromBits((uint32_t) bits);
			floats[i + 1] = FloatFromBits((uint32_t) (bits >> 32));
		}
		CheckBatch(kernels, floats, RANDOM_BATCH);
	}
}

/* Every length, against the guard pages, with nothing written past the end. */
static void
TestLengths(const VmSimdKernels *kernels)
{
	for (size_t n = 0; n <= MAX_N; n++)
	{
		for (int place = AT_START; place <= AT_END; place++)
		{
			VmHalf *halves = GuardedAt(input, (GuardedPlace) place, n * sizeof(VmHalf));
			float *floats = GuardedAt(output, (GuardedPlace) place, n * sizeof(float));
			VmHalf back[MAX_N + 1];

			for (size_t i = 0; i < n; i++)
				halves[i] = (VmHalf) (Random32() & 0xBFFF);
			kernels->f16_to_f32(halves, floats, n);
			memset(back, 0xFF, sizeof(back));
			kernels->f32_to_f16(floats, back, n);
			UNIT_EACH(memcmp(back, halves, n * sizeof(VmHalf)) == 0, "n=%zu there and back", n);
			UNIT_EACH(back[n] == 0xFFFF, "f32_to_f16 n=%zu wrote past the end", n);
			if (place == AT_START)
			{
				floats[n] = -1;
				kernels->f16_to_f32(halves, floats, n);
				UNIT_EACH(floats[n] == -1, "f16_to_f32 n=%zu wrote past the end", n);
			}
			memset(halves, 0, n * sizeof(VmHalf));
			kernels->f32_to_f16(floats, halves, n);
			UNIT_EACH(memcmp(back, halves, n * sizeof(VmHalf)) == 0, "n=%zu at a guard page", n);
		}
	}
}

static void
TestFinite(const VmSimdKernels *kernels)
{
	static const uint32_t bad_floats[] = {0x7F800000, 0xFF800000, 0x7FC00000,
										  0xFFC00000, 0x7F800001, 0xFFFFFFFF};
	static const VmHalf bad_halves[] = {0x7C00, 0xFC00, 0x7E00, 0xFE00, 0x7C01, 0xFFFF};

	for (size_t n = 0; n <= MAX_N; n++)
	{
		uint32_t *floats = GuardedAt(input, AT_END, n * sizeof(float));
		VmHalf *halves = GuardedAt(output, AT_END, n * sizeof(VmHalf));

		for (size_t i = 0; i < n; i++)
		{
			/* The largest finite values, of both signs, and zeros. */
			floats[i] = i % 3 == 0 ? 0 : (uint32_t) (i % 2) << 31 | 0x7F7FFFFF;
			halves[i] = (VmHalf) (i % 3 == 0 ? 0 : (i % 2) << 15 | 0x7BFF);
		}
		UNIT_EACH(kernels->f32_all_finite((float *) floats, n), "f32 n=%zu finite", n);
		UNIT_EACH(kernels->f16_all_finite(halves, n), "f16 n=%zu finite", n);
		for (size_t i = 0; i < n; i++)
		{
			uint32_t float_before = floats[i];
			VmHalf half_before = halves[i];

			for (int k = 0; k < 6; k++)
			{
				floats[i] = bad_floats[k];
				halves[i] = bad_halves[k];
				UNIT_EACH(!kernels->f32_all_finite((float *) floats, n), "f32 n=%zu i=%zu %08x", n,
						  i, bad_floats[k]);
				UNIT_EACH(!kernels->f16_all_finite(halves, n), "f16 n=%zu i=%zu %04x", n, i,
						  bad_halves[k]);
			}
			floats[i] = float_before;
			halves[i] = half_before;
		}
	}
}

int
main(void)
{
	input = GuardedAlloc(2 * MAX_N * sizeof(float));
	output = GuardedAlloc(2 * MAX_N * sizeof(float));
	TestReferenceToFloat();
	TestReferenceToHalf();
	ForEachLevel("all halves to float and back", TestAllHalves);
	ForEachLevel("float to half around all midpoints", TestHalfway);
	ForEachLevel("random floats to half", TestRandomFloats);
	ForEachLevel("conversions of every length", TestLengths);
	ForEachLevel("infinities and NaNs at every position", TestFinite);
	return UnitDone();
}
