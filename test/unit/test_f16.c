/*
 * test_f16.c
 *		IEEE binary16 conversions of core/f16.h.
 *
 * Every half is compared with its value computed by ldexp, and every rounding
 * with the definition: between two neighbouring halves, up to and above their
 * middle.  Nothing here uses the compiler's own _Float16.
 */
#include <math.h>

#include "core/f16.h"
#include "unit.h"

/* The value of a finite half, from the definition. */
static double
Value(VmHalf h)
{
	int exponent = (h >> 10) & 0x1F;
	int mantissa = h & 0x3FF;
	double magnitude = exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);

	return (h & 0x8000) != 0 ? -magnitude : magnitude;
}

static bool
SameFloat(float a, float b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void
TestEveryHalf(void)
{
	for (uint32_t i = 0; i < 0x10000; i++)
	{
		VmHalf h = (VmHalf) i;
		float f = VmHalfToFloat(h);

		if ((h & 0x7FFF) > 0x7C00)
		{
			VmHalf back = VmFloatToHalf(f);

			UNIT_EACH(isnan(f) && VmHalfIsNaN(h) && !VmHalfIsInf(h), "%04x is NaN", i);
			UNIT_EACH(VmHalfIsNaN(back) && (back & 0x8000) == (h & 0x8000), "%04x stays NaN", i);
			continue;
		}
		if ((h & 0x7FFF) == 0x7C00)
			UNIT_EACH(isinf(f) && (f < 0) == (h == 0xFC00) && VmHalfIsInf(h) && !VmHalfIsNaN(h),
					  "%04x is infinite", i);
		else
			UNIT_EACH(SameFloat(f, (float) Value(h)) && !VmHalfIsInf(h) && !VmHalfIsNaN(h),
					  "%04x is %a", i, Value(h));
		UNIT_EACH(VmHalfIsZero(h) == (f == 0), "zero %04x", i);
		UNIT_EACH(VmFloatToHalf(f) == h, "%04x comes back", i);
	}
	UnitReport("every half is what the standard says and comes back");
}

/* From the largest finite half the next step is to 2^16. */
static void
TestRounding(void)
{
	for (uint32_t i = 0; i < 0x7C00; i++)
	{
		double low = Value((VmHalf) i);
		double high = i == 0x7BFF ? 65536 : Value((VmHalf) (i + 1));
		float middle = (float) ((low + high) / 2); /* exact: one bit more */
		VmHalf even = (VmHalf) (i % 2 == 0 ? i : i + 1);

		for (int negative = 0; negative < 2; negative++)
		{
			VmHalf sign = negative ? 0x8000 : 0;
			float f = negative ? -middle : middle;
			float away = negative ? -INFINITY : INFINITY;

			UNIT_EACH(VmFloatToHalf(f) == (even | sign), "the middle above %04x", i);
			UNIT_EACH(VmFloatToHalf(nextafterf(f, 0)) == (i | sign), "below it, %04x", i);
			UNIT_EACH(VmFloatToHalf(nextafterf(f, away)) == ((i + 1) | sign), "above it, %04x", i);
		}
	}
	UnitReport("rounding between any two halves");
}

static void
TestExtremes(void)
{
	UNIT_OK(VmFloatToHalf(VM_HALF_MAX) == 0x7BFF, "the largest half");
	UNIT_OK(VmFloatToHalf(65519.996f) == 0x7BFF, "just below the middle above it");
	UNIT_OK(VmFloatToHalf(65520.0f) == 0x7C00, "the middle is infinite");
	UNIT_OK(VmFloatToHalf(3.4028235e38f) == 0x7C00, "the largest float is infinite");
	UNIT_OK(VmFloatToHalf(INFINITY) == 0x7C00, "infinity");
	UNIT_OK(VmFloatToHalf(-INFINITY) == 0xFC00, "minus infinity");
	UNIT_OK(VmFloatToHalf(1e-45f) == 0x0000, "the least float is zero");
	UNIT_OK(VmFloatToHalf(-1e-45f) == 0x8000, "with its sign");
	UNIT_OK(VmFloatToHalf(0x1p-25f) == 0x0000, "half of the least half is even: zero");
	UNIT_OK(VmFloatToHalf(0x1.000002p-25f) == 0x0001, "a little more is the least half");
	UNIT_OK(VmHalfIsNaN(VmFloatToHalf(NAN)), "NaN");
}

int
main(void)
{
	TestEveryHalf();
	TestRounding();
	TestExtremes();
	return UnitDone();
}
