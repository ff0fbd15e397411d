/*
 * number.h
 *		Decimal text to float, as strtof reads it, several times faster.
 *
 *	VmParseFloat		the longest prefix that is a number, rounded to float
 *	VmFloatOutOfRange	whether strtof reports ERANGE for that number
 *
 * Private to src/core: the text codecs use it.  Depends on the C library only.
 *
 * How a number is read
 * --------------------
 * The digits are gathered in an integer w of at most 18 digits and an exponent
 * e, so that the number is w * 10^e, or a little more when digits past the
 * 18th were dropped: the excess is below one unit of w, and w >= 10^17 then.
 * For |e| <= 22 the power of ten is itself a double, and d = w * 10^e costs
 * two roundings.  The error of d, in units of its last place:
 *
 *		w to double				relative 2^-53: at most 1
 *		times or over 10^|e|	rounded to nearest: at most 1/2
 *		dropped digits			relative 10^-17 < 2^-56: at most 1/8
 *
 * which with the products of these is below 2.  A float has 29 bits less than
 * a double, so the numbers that lie half-way between two floats are the
 * doubles whose low 29 bits are exactly 2^28.  When the low bits of d are more
 * than 4 away from 2^28, no half-way point lies between d and the true value:
 * both round to the same float, and (float) d is the answer.  Otherwise, about
 * once in 60 million numbers unless the text is a half-way point, strtof
 * decides.  It also decides all that this page does not cover: other
 * exponents, hexadecimal, infinity, NaN, and what is not a number at all.
 *
 * That holds for normal floats and for what lies above them: the point from
 * which strtof rounds to infinity, and so does the conversion, has the same low
 * bits.  Denormal floats have other half-way points, but the least number with
 * these digits and exponents is 10^-22.
 *
 * strtof is right only where LC_NUMERIC is C.  The server guarantees that
 * (pg_locale.c keeps the category at C); a program that calls setlocale must
 * do so itself.
 */
#ifndef VM_CORE_NUMBER_H
#define VM_CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VM_NUMBER_MAX_EXP10 22

/*
 * What VmParseFloat may look at, from the first byte: sign, 7 digits, point,
 * 3 groups of 8 digits, and the byte after them; rounded up.
 */
#define VM_NUMBER_WINDOW 40

/* The text "00000000". */
#define VM_EIGHT_ZEROS UINT64_C(0x3030303030303030)

extern const double VmExactPower10[VM_NUMBER_MAX_EXP10 + 1];
extern const int64_t VmIntegerPower10[19];

extern const char *VmParseFloatGeneral(const char *p, float *value);

extern bool VmFloatOutOfRange(const char *p);

/* Eight bytes of text; the first is the least significant. */
static inline uint64_t
VmLoadEight(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/*
 * How many of the eight bytes, from the first, are digits.  digits is the text
 * with '0' taken away (by exclusive or), so a digit is a byte of at most 9:
 * adding 0x76 carries any larger one into its top bit, or it is there already.
 * A carry out of a byte only reaches bytes after the first that is no digit.
 */
static inline int
VmCountDigits(uint64_t digits)
{
	uint64_t others =
		((digits + UINT64_C(0x7676767676767676)) | digits) & UINT64_C(0x8080808080808080);

	return others == 0 ? 8 : __builtin_ctzll(others) >> 3;
}

/*
 * The value of eight digits, the first in the least significant byte.  Each
 * step joins neighbours, to numbers of two, four and eight digits: multiplied,
 * the word meets itself moved up by one place, and the upper of each two places
 * holds their sum.
 */
static inline int64_t
VmJoinEight(uint64_t digits)
{
	digits = (digits * (10 << 8 | 1)) >> 8 & UINT64_C(0x00FF00FF00FF00FF);
	digits = (digits * (100 << 16 | 1)) >> 16 & UINT64_C(0x0000FFFF0000FFFF);
	return (int64_t) (digits * (UINT64_C(10000) << 32 | 1) >> 32);
}

/*
 * The value of the first count of eight bytes.  Moving them to the far end puts
 * zeros before them.  The move is done in two halves, as it may be by 64 bits.
 */
static inline int64_t
VmJoinDigits(uint64_t digits, int count)
{
	int half = 32 - 4 * count;

	return VmJoinEight((digits << half) << half);
}

/* The proof above: whether d, known to within 2 units, has one float to be. */
static inline bool
VmRoundsSafely(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	return (bits & 0x1FFFFFFF) - (0x10000000 - 4) > 8;
}

/*
 * Signs come in no order that a branch could predict, so there is none.  In
 * VmIsMinus there is no comparison either: gcc makes a byte-wide SETcc of it,
 * into a register that still holds the number before, and waits for that.
 */
static inline uint32_t
VmIsMinus(char c)
{
	return (((uint32_t) (unsigned char) c ^ '-') - 1) >> 31;
}

static inline float
VmWithSign(float magnitude, uint32_t negative)
{
	uint32_t bits;

	memcpy(&bits, &magnitude, sizeof(bits));
	bits |= negative << 31;
	memcpy(&magnitude, &bits, sizeof(bits));
	return magnitude;
}

/*
 * VmParseFloat for the shapes that vectors are written in: up to 7 digits
 * before the point and 22 after it, 18 that count, no exponent.  Returns NULL
 * for anything else.  The value is finite.  Inlined by force: as a call, it would
 * hand the value over in memory.
 */
static inline __attribute__((always_inline)) const char *
VmParseFloatFast(const char *p, const char *limit, float *value)
{
	uint32_t negative = VmIsMinus(*p);
	uint64_t digits;
	int count;
	int64_t w;
	int fraction = 0;
	double d;

	if (limit - p < VM_NUMBER_WINDOW)
		return NULL;
	p += negative;

	if (p[1] == '.')
	{
		w = (unsigned char) *p - '0';
		if (w < 0 || w > 9)
			return NULL;
		p++;
	}
	else
	{
		digits = VmLoadEight(p) ^ VM_EIGHT_ZEROS;
		count = VmCountDigits(digits);
		if (count == 0 || count == 8)
			return NULL;
		w = VmJoinDigits(digits, count);
		p += count;
	}

	if (*p == '.')
	{
		p++;
		digits = VmLoadEight(p) ^ VM_EIGHT_ZEROS;
		count = VmCountDigits(digits);
		if (count == 8)
		{
			w = w * 100000000 + VmJoinEight(digits);
			fraction = 8;
			p += 8;
			digits = VmLoadEight(p) ^ VM_EIGHT_ZEROS;
			count = VmCountDigits(digits);
			if (count == 8)
			{
				if (w >= VmIntegerPower10[10])
					return NULL;
				w = w * 100000000 + VmJoinEight(digits);
				fraction = 16;
				p += 8;
				digits = VmLoadEight(p) ^ VM_EIGHT_ZEROS;
				count = VmCountDigits(digits);
			}
		}
		fraction += count;
		if (fraction > VM_NUMBER_MAX_EXP10 || w >= VmIntegerPower10[18 - count])
			return NULL;
		w = w * VmIntegerPower10[count] + VmJoinDigits(digits, count);
		p += count;
	}

	/* A letter may continue the number, and further digits cannot be here. */
	d = (double) w / VmExactPower10[fraction];
	if ((unsigned char) ((*p | 0x20) - 'a') < 26 || !VmRoundsSafely(d))
		return NULL;
	*value = VmWithSign((float) d, negative);
	return p;
}

/*
 * Reads a number from p as strtof does, except that nothing is skipped before
 * it.  Returns the first byte after it, or p when there is none.  limit is the
 * text's terminating NUL.
 */
static inline const char *
VmParseFloat(const char *p, const char *limit, float *value)
{
	const char *end = VmParseFloatFast(p, limit, value);

	return end != NULL ? end : VmParseFloatGeneral(p, value);
}

#endif
