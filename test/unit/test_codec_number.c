/*
 * test_codec_number.c
 *		core/number.h against strtof: the same float to the bit, the same end of
 *		the number, and the same opinion on what is out of range.
 *
 * Every number is read twice: with more text after it, which is what the fast
 * path needs, and at the end of the readable memory.  VM_TEST_NUMBERS is how
 * many random numbers to try, 20 million unless the environment says otherwise.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "codec_compare.h"
#include "common/shortest_dec.h"
#include "core/number.h"
#include "unit.h"

/* More text than VM_NUMBER_WINDOW, beginning as what follows a number does. */
#define FOLLOWING ",0.123456789,0.123456789,0.123456789,0.123456789"

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t
Random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

/* Below n, which is small: the bias does not matter. */
static uint32_t
RandomBelow(uint32_t n)
{
	return (uint32_t) (((Random() >> 32) * n) >> 32);
}

static float
FloatFromBits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static uint32_t
BitsOfFloat(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

/* The same bits, except that one NaN is as good as another. */
static bool
SameFloat(float a, float b)
{
	return (isnan(a) && isnan(b)) || BitsOfFloat(a) == BitsOfFloat(b);
}

/* Reads what text, in a buffer with room for FOLLOWING, holds up to len. */
static void
CheckNumber(char *text, size_t len, bool guarded)
{
	char *ref_end;
	float ref;
	float value = 0;
	bool ref_range;
	const char *end;

	text[len] = '\0';
	errno = 0;
	ref = strtof(text, &ref_end);
	ref_range = errno == ERANGE;

	if (guarded)
	{
		const char *copy = GuardedText(text);

		end = VmParseFloat(copy, copy + len, &value);
		UNIT_EACH(end - copy == ref_end - text, "end of \"%s\" alone", text);
		UNIT_EACH(end == copy || SameFloat(value, ref), "value of \"%s\" alone: %a, not %a", text,
				  value, ref);
	}

	/* The reference's end may move when text follows: only "nan(" does that. */
	memcpy(text + len, FOLLOWING, sizeof(FOLLOWING));
	end = VmParseFloat(text, text + len + sizeof(FOLLOWING) - 1, &value);
	if (!UNIT_EACH(end == ref_end, "end of \"%.*s\"", (int) len, text))
		return;
	if (end == text)
		return;
	UNIT_EACH(SameFloat(value, ref), "value of \"%.*s\": %a, not %a", (int) len, text, value, ref);
	if (guarded)
		UNIT_EACH(VmFloatOutOfRange(text) == ref_range, "range of \"%.*s\"", (int) len, text);
}

static size_t
PutDigits(char *out, int count)
{
	uint64_t bits = Random();

	for (int i = 0; i < count; i++)
	{
		if (i % 16 == 0)
			bits = Random();
		out[i] = (char) ('0' + ((bits & 15) * 10 >> 4));
		bits >>= 4;
	}
	return (size_t) count;
}

static size_t
PutZeros(char *out, int count)
{
	memset(out, '0', (size_t) count);
	return (size_t) count;
}

/* A literal of any shape that strtof's decimal grammar has, mostly usual ones. */
static size_t
PutRandomDecimal(char *out)
{
	size_t len = 0;
	uint32_t shape = RandomBelow(16);

	switch (RandomBelow(8))
	{
		case 0:
			out[len++] = '+';
			break;
		case 1:
		case 2:
		case 3:
			out[len++] = '-';
			break;
	}
	if (shape < 8)
		out[len++] = (char) ('0' + (shape < 5 ? 0 : RandomBelow(10)));
	else if (shape < 12)
		len += PutDigits(out + len, (int) RandomBelow(10));
	else
		len += PutDigits(out + len, (int) RandomBelow(25));
	if (RandomBelow(16) != 0)
	{
		out[len++] = '.';
		if (RandomBelow(4) == 0)
			len += PutZeros(out + len, (int) RandomBelow(12));
		if (shape < 14)
			len += PutDigits(out + len, (int) RandomBelow(20));
		else
			len += PutDigits(out + len, (int) RandomBelow(40));
	}
	if (RandomBelow(4) == 0)
	{
		out[len++] = RandomBelow(2) ? 'e' : 'E';
		switch (RandomBelow(4))
		{
			case 0:
				out[len++] = '+';
				break;
			case 1:
			case 2:
				out[len++] = '-';
				break;
		}
		len += PutDigits(out + len, (int) RandomBelow(16) == 0 ? 3 : (int) RandomBelow(3));
	}
	return len;
}

static void
TestRandom(long count)
{
	char text[256];

	for (long i = 0; i < count; i++)
		CheckNumber(text, PutRandomDecimal(text), i % 64 == 0);
	UnitReport("random decimals read as strtof reads them");
}

/* What PostgreSQL prints, for random floats of every exponent. */
static void
TestShortest(long count)
{
	char text[256];

	for (long i = 0; i < count; i++)
	{
		float f = FloatFromBits((uint32_t) Random());
		size_t len;

		/* Every other one from the range of embeddings. */
		if (i % 2 == 0)
			f = ((float) RandomBelow(1 << 24) - (1 << 23)) * (i % 4 == 0 ? 0x1p-25f : 0x1.234p-23f);
		if (!isfinite(f))
			continue;
		len = (size_t) float_to_shortest_decimal_bufn(f, text);
		CheckNumber(text, len, false);
		text[len] = '\0';
		UNIT_EACH(SameFloat(strtof(text, NULL), f), "strtof(\"%s\")", text);
	}
	UnitReport("shortest floats come back");
}

/* The shortest text of a double, as Python and JSON writers print it. */
static void
TestDoubles(long count)
{
	char text[256];

	for (long i = 0; i < count; i++)
	{
		double d = ((double) (int64_t) Random()) * 0x1p-63;

		if (i % 4 == 0)
			d *= d * d * 1e-3;
		CheckNumber(text, (size_t) double_to_shortest_decimal_bufn(d, text), false);
	}
	UnitReport("shortest doubles read as strtof reads them");
}

/*
 * The exact point between two floats, and texts just below and just above it,
 * cut or continued after any number of digits.
 */
static void
TestHalfway(long count)
{
	char exact[256];
	char text[512];

	for (long i = 0; i < count; i++)
	{
		uint32_t bits = (uint32_t) Random() & 0x7FFFFFFF;
		double halfway;
		int len;

		if (i % 2 == 0) /* exponents that the fast path takes */
			bits = (bits & 0x007FFFFF) | ((97 + RandomBelow(60)) << 23);
		else if (i % 16 == 1) /* denormals */
			bits &= 0x007FFFFF;
		if (bits >= 0x7F7FFFFF)
			continue;
		halfway = ((double) FloatFromBits(bits) + (double) FloatFromBits(bits + 1)) / 2;

		/* With 160 digits every such double is exact. */
		if (i % 3 == 0)
			len = snprintf(exact, sizeof(exact), "%.160f", halfway);
		else
			len = snprintf(exact, sizeof(exact), "%.*e", (int) RandomBelow(150), halfway);
		memcpy(text, exact, (size_t) len);
		CheckNumber(text, (size_t) len, true);

		/* Cut, then the last digit moved by one. */
		if (i % 3 == 0)
		{
			int cut = 1 + (int) RandomBelow((uint32_t) len - 1);

			memcpy(text, exact, (size_t) cut);
			CheckNumber(text, (size_t) cut, true);
			memcpy(text, exact, (size_t) cut);
			if (text[cut - 1] >= '1' && text[cut - 1] <= '9')
			{
				text[cut - 1]--;
				CheckNumber(text, (size_t) cut, true);
				text[cut - 1] += text[cut - 1] < '8' ? 2 : 1;
				CheckNumber(text, (size_t) cut, true);
			}
			memcpy(text, exact, (size_t) len);
			text[len] = '1';
			CheckNumber(text, (size_t) len + 1, true);
		}
	}

	/* Short ones: odd integers between 2^24 and 2^25, and halves below. */
	for (long i = 0; i < count; i++)
	{
		uint32_t odd = (1 << 24) + 2 * RandomBelow(1 << 23) + 1;
		int len = i % 2 == 0 ? snprintf(text, sizeof(text), "%u", odd) :
							   snprintf(text, sizeof(text), "%u.5", odd >> 1);

		CheckNumber(text, (size_t) len, true);
	}
	UnitReport("half-way points, just below and just above");
}

/* Every string of up to five of these characters. */
static void
TestEveryShortString(void)
{
	static const char alphabet[] = "019.eExpnaif+-";
	const int letters = (int) sizeof(alphabet) - 1;
	char text[64];
	long total = 1;

	for (int len = 0; len <= 5; len++)
	{
		for (long i = 0; i < total; i++)
		{
			long rest = i;

			for (int j = 0; j < len; j++)
			{
				text[j] = alphabet[rest % letters];
				rest /= letters;
			}
			CheckNumber(text, (size_t) len, true);
		}
		total *= letters;
	}
	UnitReport("every string of up to five of \"019.eExpnaif+-\"");
}

static void
TestChosen(void)
{
	static const char *const chosen[] = {
		"0",
		"-0",
		"0.0",
		"-0.000000000000000000000000000000000",
		"0e5",
		"0e99999999999999999999",
		"0e-99999999999999999999",
		"1e99999999999999999999",
		"1e-99999999999999999999",
		"-1e-46",
		"7.006492321624085e-46",  /* half the least denormal: 0 */
		"7.006492321624086e-46",  /* above: the least denormal */
		"1.401298464324817e-45",  /* the least denormal */
		"1.1754943508222875e-38", /* the least normal */
		"1.1754943157898258e-38", /* the largest denormal, nearly */
		"3.4028234663852886e38",  /* the largest float */
		"340282346638528859811704183484516925440",
		"340282356779733661637539395458142568447", /* rounds down to it */
		"340282356779733661637539395458142568448", /* rounds up to infinity */
		"3.40282357e38",
		"16777217",
		"16777216.9999999999999999999999",
		"16777217.0000000000000000000001",
		"9007199254740993",
		"123456789012345678",
		"1234567890123456789",
		"12345678901234567890",
		"0.000000000000000000000012345",
		"0.0000000000000000000000123456789012345678901234567890",
		"1.00000000000000000000000000000000000000000000000001",
		"99999999999999999.9",
		"999999999999999999.9",
		"1234567.8",
		"12345678.9",
		"123456789.01",
		"1.7976931348623157e308",
		"0x1p3",
		"0X.8",
		"0x1.fffffep127",
		"0x1.ffffffp127",
		"0x1p-149",
		"0x1p-150",
		"0x",
		"0xg",
		"0x.",
		"-0x1p",
		"inf",
		"INFINITY",
		"infinit",
		"-iNf",
		"nan",
		"NAN(abc_1)",
		"nan(abc",
		"nan(a b)",
		"- 1",
		"e5",
		".e5",
		"1.e5",
		".5e-1",
		":.5", /* the characters beside the digits */
		"/.5",
		"-:.5",
		"1:5",
		"1./",
		"1.:",
		"--1",
		"+-1",
		"1..2",
		"1.2.3",
		"1e5e5",
		"1e+-5",
		"1_000",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++)
	{
		size_t len = strlen(chosen[i]);

		memcpy(text, chosen[i], len + 1);
		CheckNumber(text, len, true);
	}
	UnitReport("chosen numbers");
}

/* An exponent and a run of zeros that cancel, beyond any counter's comfort. */
static void
TestLongDigits(void)
{
	static char text[400000];

	for (int zeros = 99980; zeros <= 100020; zeros++)
	{
		int len;

		text[0] = '0';
		text[1] = '.';
		PutZeros(text + 2, zeros);
		len = 2 + zeros;
		len += sprintf(text + len, "123e%d", zeros);
		CheckNumber(text, (size_t) len, true);

		memset(text, '0', 2);
		len = 2 + (int) PutZeros(text + 2, zeros);
		len += sprintf(text + len, "1000000");
		CheckNumber(text, (size_t) len, true);

		text[0] = '1';
		len = 1 + (int) PutZeros(text + 1, zeros);
		len += sprintf(text + len, "e-%d", zeros);
		CheckNumber(text, (size_t) len, true);

		/* Exponents of more digits than one keeps. */
		text[0] = '0';
		text[1] = '.';
		len = 2 + (int) PutZeros(text + 2, zeros);
		len += sprintf(text + len, "1e1000000");
		CheckNumber(text, (size_t) len, true);
	}
	UnitReport("a hundred thousand digits and exponents that cancel them");
}

/* White space is the caller's to skip, though strtof would. */
static void
TestNoSkipping(void)
{
	static const char *const texts[] = {" 1",
										"\t1",
										"\n1",
										"\v1",
										"\f1",
										"\r1",
										"\xA0"
										"1"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
	{
		const char *text = GuardedText(texts[i]);
		char padded[64];
		float value;

		UNIT_EACH(VmParseFloat(text, text + strlen(text), &value) == text, "alone %zu", i);
		snprintf(padded, sizeof(padded), "%s%s", texts[i], FOLLOWING);
		UNIT_EACH(VmParseFloat(padded, padded + strlen(padded), &value) == padded, "padded %zu", i);
	}
	UnitReport("white space before a number is not skipped");
}

int
main(void)
{
	const char *setting = getenv("VM_TEST_NUMBERS");
	long count = setting != NULL ? atol(setting) : 20000000;

	TestChosen();
	TestNoSkipping();
	TestLongDigits();
	TestEveryShortString();
	TestHalfway(count / 200);
	TestDoubles(count / 10);
	TestShortest(count / 10);
	TestRandom(count - count / 10 * 2 - count / 200);
	return UnitDone();
}
