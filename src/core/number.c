/*
 * number.c
 *		Decimal text to float: every shape, see number.h for the method.
 *
 * Depends on the C library only.
 */
#include "core/number.h"

#include <errno.h>
#include <stdlib.h>

/*
 * An exponent in the text is cut when it has passed this: no text is so long
 * that its digits could bring such a number back into range.
 */
#define EXPONENT_CAP INT64_C(1000000000000000)

const double VmExactPower10[VM_NUMBER_MAX_EXP10 + 1] = {
	1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

const int64_t VmIntegerPower10[19] = {
	INT64_C(1),
	INT64_C(10),
	INT64_C(100),
	INT64_C(1000),
	INT64_C(10000),
	INT64_C(100000),
	INT64_C(1000000),
	INT64_C(10000000),
	INT64_C(100000000),
	INT64_C(1000000000),
	INT64_C(10000000000),
	INT64_C(100000000000),
	INT64_C(1000000000000),
	INT64_C(10000000000000),
	INT64_C(100000000000000),
	INT64_C(1000000000000000),
	INT64_C(10000000000000000),
	INT64_C(100000000000000000),
	INT64_C(1000000000000000000),
};

/* Digits as they are gathered: the number is w * 10^exp10, see number.h. */
typedef struct Decimal
{
	int64_t w;
	int64_t exp10;
	bool any_digit;
} Decimal;

static inline bool
IsDigit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Adds a run of digits, from before the point or after it.  Returns its end.
 */
static const char *
GatherDigits(const char *p, bool after_point, Decimal *decimal)
{
	for (; IsDigit(*p); p++)
	{
		decimal->any_digit = true;
		if (decimal->w < VmIntegerPower10[17])
		{
			decimal->w = decimal->w * 10 + (*p - '0');
			decimal->exp10 -= after_point;
		}
		else
			decimal->exp10 += !after_point;
	}
	return p;
}

/*
 * Adds the exponent at p, if one is there: "e" without digits after it is not
 * part of the number.  Returns its end.
 */
static const char *
GatherExponent(const char *p, Decimal *decimal)
{
	const char *digit = p + 1;
	bool negative;
	int64_t exponent = 0;

	if (*p != 'e' && *p != 'E')
		return p;
	negative = *digit == '-';
	digit += *digit == '-' || *digit == '+';
	if (!IsDigit(*digit))
		return p;
	for (; IsDigit(*digit); digit++)
	{
		if (exponent < EXPONENT_CAP)
			exponent = exponent * 10 + (*digit - '0');
	}
	decimal->exp10 += negative ? -exponent : exponent;
	return digit;
}

/*
 * strtof, but for the white space that it would skip.  What may begin a number
 * is spelled out here, so that LC_CTYPE cannot have a say in what white space
 * is.
 */
static const char *
ParseByLibrary(const char *p, float *value)
{
	char *end;

	if (*p == '\0' || strchr("+-.0123456789iInN", *p) == NULL)
		return p;
	*value = strtof(p, &end);
	return end;
}

/*
 * VmParseFloat without its assumptions about shape and without looking beyond
 * the number.
 */
const char *
VmParseFloatGeneral(const char *p, float *value)
{
	const char *start = p;
	Decimal decimal = {0};
	bool negative = *p == '-';
	double d;

	p += *p == '-' || *p == '+';
	if (*p == '0' && (p[1] == 'x' || p[1] == 'X'))
		return ParseByLibrary(start, value);
	p = GatherDigits(p, false, &decimal);
	if (*p == '.')
		p = GatherDigits(p + 1, true, &decimal);
	if (!decimal.any_digit)
		return ParseByLibrary(start, value);
	p = GatherExponent(p, &decimal);

	if (decimal.w == 0)
		d = 0;
	else if (decimal.exp10 < -VM_NUMBER_MAX_EXP10 || decimal.exp10 > VM_NUMBER_MAX_EXP10)
		return ParseByLibrary(start, value);
	else if (decimal.exp10 < 0)
		d = (double) decimal.w / VmExactPower10[-decimal.exp10];
	else
		d = (double) decimal.w * VmExactPower10[decimal.exp10];

	if (!VmRoundsSafely(d))
		return ParseByLibrary(start, value);
	*value = VmWithSign((float) d, negative);
	return p;
}

/*
 * Whether the number at p, which VmParseFloat accepted, is out of a float's
 * range: strtof's ERANGE.  The value alone cannot tell "1e400" from "inf", nor
 * "1e-400" from "0".
 */
bool
VmFloatOutOfRange(const char *p)
{
	errno = 0;
	(void) strtof(p, NULL);
	return errno == ERANGE;
}
