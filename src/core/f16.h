/*
 * f16.h
 *		IEEE 754 binary16, converted one number at a time in integer arithmetic.
 *
 * The reference for the SIMD conversions of src/simd.
 */
#ifndef VM_CORE_F16_H
#define VM_CORE_F16_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t VmHalf;

#define VM_HALF_MAX 65504.0f

static inline bool
VmHalfIsNaN(VmHalf h)
{
	return (h & 0x7FFF) > 0x7C00;
}

static inline bool
VmHalfIsInf(VmHalf h)
{
	return (h & 0x7FFF) == 0x7C00;
}

static inline bool
VmHalfIsZero(VmHalf h)
{
	return (h & 0x7FFF) == 0;
}

/* Exact: every half is a float.  A NaN becomes quiet and keeps its payload. */
static inline float
VmHalfToFloat(VmHalf h)
{
	uint32_t sign = (uint32_t) (h & 0x8000) << 16;
	uint32_t exponent = (h >> 10) & 0x1F;
	uint32_t mantissa = h & 0x3FF;
	uint32_t bits;
	float f;

	if (exponent == 0x1F)
		bits = sign | 0x7F800000 | (mantissa << 13) | (mantissa != 0 ? 0x00400000 : 0);
	else if (exponent != 0)
		bits = sign | ((exponent + 112) << 23) | (mantissa << 13);
	else
	{
		/* Zero or subnormal: mantissa * 2^-24 is exact in float. */
		float magnitude = (float) mantissa * 0x1p-24f;

		memcpy(&bits, &magnitude, sizeof(bits));
		bits |= sign;
	}
	memcpy(&f, &bits, sizeof(f));
	return f;
}

/*
 * Rounds to nearest, ties to even; too large becomes infinity.  A NaN becomes
 * quiet and keeps the upper bits of its payload.  As the processors do it.
 */
static inline VmHalf
VmFloatToHalf(float f)
{
	uint32_t bits;
	uint32_t magnitude;
	VmHalf sign;

	memcpy(&bits, &f, sizeof(bits));
	sign = (VmHalf) ((bits >> 16) & 0x8000);
	magnitude = bits & 0x7FFFFFFF;

	if (magnitude > 0x7F800000)
		return sign | 0x7E00 | (VmHalf) ((magnitude >> 13) & 0x1FF);
	if (magnitude >= 0x477FF000) /* 65520: the midpoint above the largest */
		return sign | 0x7C00;
	if (magnitude >= 0x38800000) /* 2^-14: the smallest normal */
	{
		uint32_t odd = (magnitude >> 13) & 1;

		return sign | (VmHalf) ((magnitude - 0x38000000 + 0xFFF + odd) >> 13);
	}

	/*
	 * Subnormal: adding 0.5 puts the value's 2^-24 units into the low bits of
	 * the sum, and the addition itself rounds to nearest even.
	 */
	{
		float shifted;
		uint32_t units;

		memcpy(&shifted, &magnitude, sizeof(shifted));
		shifted += 0.5f;
		memcpy(&units, &shifted, sizeof(units));
		return sign | (VmHalf) (units - 0x3F000000);
	}
}

#endif
