/*
 * test_codec_text.c
 *		Text formats of vector, halfvec and sparsevec.
 *
 * The table holds what pgvector 0.8 answers to each literal, found by asking
 * it; the texts of the statuses are src/types's business.  Then boundaries, and
 * random damage to good literals against the reference of codec_reference.h.
 */
#include <stdlib.h>

#include "codec_compare.h"
#include "unit.h"

static bool seen[VM_CODEC_NO_SPACE + 1];

/* v, h or s in front of the literal says the type. */
typedef struct Literal
{
	const char *text;
	int expected_dim;
	VmCodecStatus status;
	const char *result; /* formatted; the token for VM_CODEC_RANGE */
	int64_t value;
} Literal;

static const Literal literals[] = {
	{"v[1,2,3]", -1, VM_CODEC_OK, "[1,2,3]", 0},
	{"v[-1,-2,-3]", -1, VM_CODEC_OK, "[-1,-2,-3]", 0},
	{"v[1.,2.,3.]", -1, VM_CODEC_OK, "[1,2,3]", 0},
	{"v \t\n\r\v\f[ \t\n\r\v\f1 \t\n\r\v\f,  2 ,    3  ] \t\n\r\v\f", -1, VM_CODEC_OK, "[1,2,3]",
	 0},
	{"v[1.23456]", -1, VM_CODEC_OK, "[1.23456]", 0},
	{"v[1.5e38,-1.5e38]", -1, VM_CODEC_OK, "[1.5e+38,-1.5e+38]", 0},
	{"v[1.5e-38,-1.5e-38]", -1, VM_CODEC_OK, "[1.5e-38,-1.5e-38]", 0},
	{"v[1e-46,1]", -1, VM_CODEC_OK, "[0,1]", 0},
	{"v[-1e-46,1]", -1, VM_CODEC_OK, "[-0,1]", 0},
	{"v[0x1p3,0X.8,+1,.5,5.,-.5e1]", -1, VM_CODEC_OK, "[8,0.5,1,0.5,5,-5]", 0},
	{"v[1,2,3]", 3, VM_CODEC_OK, "[1,2,3]", 0},
	{"v[1,2,3]", 0, VM_CODEC_WRONG_DIMS, NULL, 3},
	{"v[1,2]", 3, VM_CODEC_WRONG_DIMS, NULL, 2},
	{"v[1,2]x", 3, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"v", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"v   ", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"v1,2,3", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"v]", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"v{1:1}/1", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"v[", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[ ", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[,", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[,]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1,]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1,,3]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1, ,3]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1a]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1 2]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1,2,3", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1,2 ", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1,", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1, ", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[[1]]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[hello,1]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1e]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1e+,2]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[0x]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[.]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[+]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[- 1]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1\xC2\xA0]", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[\xA0"
	 "1]",
	 -1, VM_CODEC_SYNTAX, NULL, 0},
	{"v[1,2,3]9", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"v[1]]", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"v[1] x", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"v[1]\xC2\xA0", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"v[]", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"v[ ]", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"v[]x", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"v[] x", 3, VM_CODEC_NO_DIMS, NULL, 0},
	{"v[NaN,1]", -1, VM_CODEC_NAN, NULL, 0},
	{"v[-nan]", -1, VM_CODEC_NAN, NULL, 0},
	{"v[nan(abc),1]", -1, VM_CODEC_NAN, NULL, 0},
	{"v[nan(a b),1]", -1, VM_CODEC_NAN, NULL, 0},
	{"v[nan,4e38]", -1, VM_CODEC_NAN, NULL, 0},
	{"v[Infinity,1]", -1, VM_CODEC_INFINITE, NULL, 0},
	{"v[-Infinity,1]", -1, VM_CODEC_INFINITE, NULL, 0},
	{"v[inf", -1, VM_CODEC_INFINITE, NULL, 0},
	{"v[inf,x]", -1, VM_CODEC_INFINITE, NULL, 0},
	{"v[infinit]", -1, VM_CODEC_INFINITE, NULL, 0},
	{"v[4e38,1]", -1, VM_CODEC_RANGE, "4e38", 0},
	{"v[4e38,nan]", -1, VM_CODEC_RANGE, "4e38", 0},
	{"v[1,\t-1e400\n,2]", -1, VM_CODEC_RANGE, "-1e400", 0},
	{"v[1, 4e38 ]", -1, VM_CODEC_RANGE, "4e38", 0},
	{"v[0x1p200]", -1, VM_CODEC_RANGE, "0x1p200", 0},
	{"v[340282356779733661637539395458142568448]", -1, VM_CODEC_RANGE,
	 "340282356779733661637539395458142568448", 0},
	{"v[340282356779733661637539395458142568447]", -1, VM_CODEC_OK, "[3.4028235e+38]", 0},

	{"h[1,2,3]", -1, VM_CODEC_OK, "[1,2,3]", 0},
	{"h[1.23456]", -1, VM_CODEC_OK, "[1.234375]", 0},
	{"h[65519,-65519]", -1, VM_CODEC_OK, "[65504,-65504]", 0},
	{"h[65519.99]", -1, VM_CODEC_OK, "[65504]", 0},
	{"h[65519.999]", -1, VM_CODEC_RANGE, "65519.999", 0}, /* by way of float */
	{"h[ 65520 ]", -1, VM_CODEC_RANGE, "65520", 0},
	{"h[-65520.0,1]", -1, VM_CODEC_RANGE, "-65520.0", 0},
	{"h[65520 x]", -1, VM_CODEC_RANGE, "65520", 0},
	{"h[1e39]", -1, VM_CODEC_RANGE, "1e39", 0},
	{"h[1e-8,-1e-8]", -1, VM_CODEC_OK, "[0,-0]", 0},
	{"h[1e-50,-1e-50]", -1, VM_CODEC_OK, "[0,-0]", 0},
	{"h[2.98e-8,2.99e-8]", -1, VM_CODEC_OK, "[0,5.9604645e-08]", 0},
	{"h[1.00048828125,1.000488281250000000001]", -1, VM_CODEC_OK, "[1,1]", 0},
	{"h[1.001464843750,1.00048840]", -1, VM_CODEC_OK, "[1.0019531,1.0009766]", 0},
	{"h[inf]", -1, VM_CODEC_INFINITE, NULL, 0},
	{"h[nan]", -1, VM_CODEC_NAN, NULL, 0},
	{"h[]", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"h[1]", 2, VM_CODEC_WRONG_DIMS, NULL, 1},
	{"h[1]x", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"h1", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"h[1 2]", -1, VM_CODEC_SYNTAX, NULL, 0},

	{"s{1:1.5,3:3.5}/5", -1, VM_CODEC_OK, "{1:1.5,3:3.5}/5", 0},
	{"s \t{ \n1 \v: \f1.5 \r,  3  :  3.5  } / 5 ", -1, VM_CODEC_OK, "{1:1.5,3:3.5}/5", 0},
	{"s{1:2.,3:4.}/5", 5, VM_CODEC_OK, "{1:2,3:4}/5", 0},
	{"s{}/1", -1, VM_CODEC_OK, "{}/1", 0},
	{"s{ } /  3", -1, VM_CODEC_OK, "{}/3", 0},
	{"s{}/ +3 ", -1, VM_CODEC_OK, "{}/3", 0},
	{"s{+1:1}/3", -1, VM_CODEC_OK, "{1:1}/3", 0},
	{"s{}/1000000000", -1, VM_CODEC_OK, "{}/1000000000", 0},
	{"s{1000000000:1}/1000000000", -1, VM_CODEC_OK, "{1000000000:1}/1000000000", 0},
	{"s{3:3,1:1,2:2}/3", -1, VM_CODEC_OK, "{1:1,2:2,3:3}/3", 0},
	{"s{3:3,1:0,2:2}/3", -1, VM_CODEC_OK, "{2:2,3:3}/3", 0},
	{"s{1:0,2:1,3:0}/3", -1, VM_CODEC_OK, "{2:1}/3", 0},
	{"s{1:-0,2:0x0p-999,3:0e-999}/3", -1, VM_CODEC_OK, "{}/3", 0},
	{"s{1:1e-45}/1", -1, VM_CODEC_OK, "{1:1e-45}/1", 0},
	{"s{0:0}/3", -1, VM_CODEC_OK, "{}/3", 0}, /* a zero's index is not looked at */
	{"s{-1:0,4:0}/3", -1, VM_CODEC_OK, "{}/3", 0},
	{"s{1:0,1:1}/3", -1, VM_CODEC_OK, "{1:1}/3", 0},
	{"s{1:1,1:0}/3", -1, VM_CODEC_OK, "{1:1}/3", 0},
	{"s", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"s   ", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"s[1]", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"s1:1/3", -1, VM_CODEC_SYNTAX_OPEN, NULL, 0},
	{"s{", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{ ", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{:", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{,", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:1 ", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:1,", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{:}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{,}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1,}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{:1}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1::1}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1a:1}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:1a}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:0.5f}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:1,}/1", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:1,,2:1}/3", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1.5:1}/2", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{0x1:1}/2", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{+:1}/2", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:hello,2:1}/2", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{}/", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{1:1}/ ", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{}/x", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{}//3", -1, VM_CODEC_SYNTAX, NULL, 0},
	{"s{}", -1, VM_CODEC_SYNTAX_END, NULL, 0},
	{"s{1:1} ", -1, VM_CODEC_SYNTAX_END, NULL, 0},
	{"s{}x/1", -1, VM_CODEC_SYNTAX_END, NULL, 0}, /* not the end, but so it says */
	{"s{1:1}}/3", -1, VM_CODEC_SYNTAX_END, NULL, 0},
	{"s{}/1a", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"s{}/1 x", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"s{}/0x3", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"s{}/3.0", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"s{}/1e3", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"s{}/1,,", -1, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"s{1:1,1:1}/3x", 5, VM_CODEC_SYNTAX_JUNK, NULL, 0},
	{"s{1:NaN,2:1}/2", -1, VM_CODEC_NAN, NULL, 0},
	{"s{99:nan}/1", -1, VM_CODEC_NAN, NULL, 0},
	{"s{1:-Infinity,2:1}/2", -1, VM_CODEC_INFINITE, NULL, 0},
	{"s{1: inf }/1", -1, VM_CODEC_INFINITE, NULL, 0},
	{"s{1: 4e38 }/1", -1, VM_CODEC_RANGE, "4e38", 0},
	{"s{1:1e-46,2:1}/2", -1, VM_CODEC_RANGE, "1e-46", 0},
	{"s{1: -1e-46 ,2:1}/1", -1, VM_CODEC_RANGE, "-1e-46", 0},
	{"s{}/0", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"s{}/-1", 5, VM_CODEC_NO_DIMS, NULL, 0},
	{"s{}/-2147483649", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"s{}/-9223372036854775809", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"s{9:1,1:1,1:1}/0", -1, VM_CODEC_NO_DIMS, NULL, 0},
	{"s{}/1000000001", 5, VM_CODEC_TOO_MANY_DIMS, NULL, 0},
	{"s{}/2147483648", -1, VM_CODEC_TOO_MANY_DIMS, NULL, 0},
	{"s{}/9223372036854775808", -1, VM_CODEC_TOO_MANY_DIMS, NULL, 0},
	{"s{}/99999999999999999999999999999999", -1, VM_CODEC_TOO_MANY_DIMS, NULL, 0},
	{"s{}/3", 5, VM_CODEC_WRONG_DIMS, NULL, 3},
	{"s{9:1,1:1,1:1}/3", 5, VM_CODEC_WRONG_DIMS, NULL, 3},
	{"s{0:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{-0:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{2:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{1:1,2:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{2147483647:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{2147483648:1}/1000000000", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{-2147483648:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{-2147483649:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{4294967297:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{18446744073709551617:1}/1", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{5:1,5:1}/3", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{-5:1,-5:1}/3", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{0:1,1:1,1:1}/3", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{-2147483648:1,1:1,1:1}/3", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{-99999999999999999999:1,1:1,1:1}/3", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, NULL, 0},
	{"s{99999999999999999999:1,1:1,1:1}/3", -1, VM_CODEC_INDEX_DUPLICATE, NULL, 0},
	{"s{1:1,1:1}/1", -1, VM_CODEC_INDEX_DUPLICATE, NULL, 0},
	{"s{1:1,2:1,1:1}/2", -1, VM_CODEC_INDEX_DUPLICATE, NULL, 0},
	{"s{5:1,1:1,1:1}/3", -1, VM_CODEC_INDEX_DUPLICATE, NULL, 0}, /* sorted: 1, 1, 5 */
};

/* One literal through its parser; formats a good one into out. */
static VmCodecStatus
ParseLiteral(const char *literal, const char *text, int expected_dim, char *out, VmCodecError *err)
{
	static float dense[VM_VECTOR_MAX_DIM];
	static int32_t indices[VM_SPARSEVEC_MAX_NNZ];
	static float values[VM_SPARSEVEC_MAX_NNZ];
	VmElement element = literal[0] == 'v' ? VM_ELEMENT_F32 : VM_ELEMENT_F16;

	*err = (VmCodecError) {0};
	if (literal[0] == 's')
	{
		VmSparseParts parts = {0, 0, indices, values};
		int bound = VmSparseParseBound(text, err);

		if (bound >= 0 && VmSparseParse(text, bound, expected_dim, &parts, err))
			VmSparseFormat(&parts, out);
	}
	else
	{
		int dim = VmDenseParse(element, text, expected_dim, dense, err);

		if (dim >= 0)
			VmDenseFormat(element, dense, dim, out);
	}
	seen[err->status] = true;
	return err->status;
}

static const char *
Compare(const char *literal, const char *text, int expected_dim)
{
	switch (literal[0])
	{
		case 's':
			return CompareSparseText(text, expected_dim);
		case 'v':
			return CompareDenseText(VM_ELEMENT_F32, text, expected_dim);
		default:
			return CompareDenseText(VM_ELEMENT_F16, text, expected_dim);
	}
}

static void
TestLiterals(void)
{
	for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++)
	{
		const Literal *literal = &literals[i];
		const char *text = GuardedText(literal->text + 1);
		char formatted[1024];
		VmCodecError err;
		VmCodecStatus status;
		const char *wrong;

		status = ParseLiteral(literal->text, text, literal->expected_dim, formatted, &err);
		if (!UNIT_EACH(status == literal->status, "\"%s\": status %d", literal->text, status))
			continue;
		if (status == VM_CODEC_OK)
			UNIT_EACH(strcmp(formatted, literal->result) == 0, "\"%s\": %s", literal->text,
					  formatted);
		else if (status == VM_CODEC_RANGE)
			UNIT_EACH(err.token_len == strlen(literal->result) &&
						  memcmp(err.token, literal->result, err.token_len) == 0,
					  "\"%s\": token \"%.*s\"", literal->text, (int) err.token_len, err.token);
		else
			UNIT_EACH(err.value == literal->value && err.token == NULL, "\"%s\": value %lld",
					  literal->text, (long long) err.value);
		wrong = Compare(literal->text, text, literal->expected_dim);
		UNIT_EACH(wrong == NULL, "\"%s\": %s", literal->text, wrong);
	}
	UnitReport("literals answered as pgvector answers them");
}

/* "[1,1,...,1]" with this many ones, and something else for the end. */
static const char *
Ones(int count, const char *end)
{
	static char text[4 * VM_VECTOR_MAX_DIM];
	char *p = text;

	*p++ = '[';
	for (int i = 0; i < count; i++)
	{
		*p++ = '1';
		*p++ = ',';
	}
	strcpy(p - 1, end);
	return GuardedText(text);
}

static void
TestDenseLimits(void)
{
	static float out[VM_VECTOR_MAX_DIM];
	VmCodecError err;

	for (int i = 0; i < 2; i++)
	{
		VmElement element = i == 0 ? VM_ELEMENT_F32 : VM_ELEMENT_F16;
		static const char *const too_long[] = {",]", ",x]", ",", ",1]"};

		UNIT_EACH(VmDenseParse(element, Ones(16000, "]"), -1, out, &err) == 16000, "16000");
		UNIT_EACH(VmDenseParse(element, Ones(16000, "]"), 16000, out, &err) == 16000, "expected");
		for (size_t j = 0; j < sizeof(too_long) / sizeof(too_long[0]); j++)
		{
			UNIT_EACH(VmDenseParse(element, Ones(16000, too_long[j]), -1, out, &err) == -1 &&
						  err.status == VM_CODEC_TOO_MANY_DIMS,
					  "16000 and \"%s\"", too_long[j]);
		}
		seen[err.status] = true;
		UNIT_EACH(VmDenseParse(element, Ones(16001, "]"), 3, out, &err) == -1 &&
					  err.status == VM_CODEC_TOO_MANY_DIMS,
				  "before the expected dimension");
		UNIT_EACH(VmDenseParse(element, Ones(16000, "] x"), -1, out, &err) == -1 &&
					  err.status == VM_CODEC_SYNTAX_JUNK,
				  "16000 and junk");
		UNIT_EACH(VmDenseParse(element, Ones(16000, " 2]"), -1, out, &err) == -1 &&
					  err.status == VM_CODEC_SYNTAX,
				  "16000 and no comma");
	}
	UnitReport("dense vectors of 16000 dimensions and more");
}

/* A text with this many commas between head and tail. */
static const char *
Commas(const char *head, int count, const char *tail)
{
	static char text[2 * VM_SPARSEVEC_MAX_NNZ];
	size_t len = strlen(head);

	memcpy(text, head, len);
	memset(text + len, ',', (size_t) count);
	strcpy(text + len + count, tail);
	return GuardedText(text);
}

static void
TestSparseLimits(void)
{
	static char text[VM_SPARSEVEC_MAX_NNZ * 16];
	VmCodecError err;
	char *p = text;
	const char *wrong;

	UNIT_EACH(VmSparseParseBound("{}/3", &err) == 0, "bound of nothing");
	UNIT_EACH(VmSparseParseBound("{1:1}/3", &err) == 1, "bound of one");
	UNIT_EACH(VmSparseParseBound("{1:1,2:2}/3", &err) == 2, "bound of two");
	UNIT_EACH(VmSparseParseBound(Commas("", 15999, ""), &err) == 16000, "15999 commas");
	UNIT_EACH(VmSparseParseBound(Commas("", 16000, ""), &err) == -1 &&
				  err.status == VM_CODEC_TOO_MANY_NONZERO,
			  "16000 commas");
	seen[err.status] = true;
	UNIT_EACH(VmSparseParseBound(Commas("{1:1}/1", 16000, "x"), &err) == -1 &&
				  err.status == VM_CODEC_TOO_MANY_NONZERO,
			  "after the end too");
	for (int commas = 0; commas < 300; commas++)
		UNIT_EACH(VmSparseParseBound(Commas("{", commas, ":"), &err) == commas + 1, "%d commas",
				  commas);

	/* Sixteen thousand, in the worst order. */
	*p++ = '{';
	for (int i = 16000; i > 0; i--)
		p += sprintf(p, "%d:1%c", i * 62500, i > 1 ? ',' : '}');
	strcpy(p, "/1000000000");
	wrong = CompareSparseText(GuardedText(text), -1);
	UNIT_EACH(wrong == NULL, "16000 entries: %s", wrong);
	UNIT_EACH(compare_ref.status == VM_CODEC_OK && compare_ref.nnz == 16000, "16000 entries");
	UnitReport("sparse vectors of 16000 entries and more");
}

static void
TestNoSpace(void)
{
	int32_t indices[1] = {77};
	float values[1];
	VmSparseParts parts = {0, 0, indices, values};
	VmCodecError err;

	UNIT_EACH(!VmSparseParse("{1:1,2:2}/3", 1, -1, &parts, &err) && err.status == VM_CODEC_NO_SPACE,
			  "two in the space of one");
	seen[err.status] = true;
	UNIT_EACH(!VmSparseParse("{1:1}/3", 0, -1, &parts, &err) && err.status == VM_CODEC_NO_SPACE,
			  "one in no space");
	UNIT_EACH(VmSparseParse("{1:1,2:0}/3", 1, -1, &parts, &err) && parts.nnz == 1,
			  "zeros need no space");
	UnitReport("a caller's too small buffer");
}

/* The bounds of the formatters hold for the longest numbers there are. */
static void
TestFormatBounds(void)
{
	static const float longest[] = {-1.17549435e-38f, -3.40282347e38f, -1.2345679e-10f,
									-0.00012345679f, -1234567.1f};
	enum
	{
		COUNT = 1000
	};
	float x[COUNT];
	VmHalf h[COUNT];
	int32_t indices[COUNT];
	VmSparseParts parts = {VM_SPARSEVEC_MAX_DIM, COUNT, indices, x};
	char *out;

	for (size_t i = 0; i < sizeof(longest) / sizeof(longest[0]); i++)
	{
		for (int j = 0; j < COUNT; j++)
		{
			x[j] = longest[i];
			h[j] = 0x8001;
			indices[j] = VM_SPARSEVEC_MAX_DIM - COUNT + j;
		}
		for (int dim = 1; dim <= COUNT; dim += 37)
		{
			out = malloc(VmDenseFormatBound(dim));
			UNIT_EACH(VmDenseFormat(VM_ELEMENT_F32, x, dim, out) < VmDenseFormatBound(dim),
					  "vector");
			UNIT_EACH(VmDenseFormat(VM_ELEMENT_F16, h, dim, out) < VmDenseFormatBound(dim),
					  "halfvec");
			free(out);
		}
		for (parts.nnz = 0; parts.nnz <= COUNT; parts.nnz += 50)
		{
			out = malloc(VmSparseFormatBound(parts.nnz));
			UNIT_EACH(VmSparseFormat(&parts, out) < VmSparseFormatBound(parts.nnz), "sparsevec");
			free(out);
		}
	}
	UnitReport("formatters stay within their bounds");
}

/* Every half and a walk over all floats come back from their own text. */
static void
TestRoundTrips(void)
{
	float x[512];
	VmHalf h[512];
	float again[512];
	char text[512 * 16 + 3];
	VmCodecError err;

	for (uint32_t first = 0; first < 0x10000; first += 512)
	{
		int dim = 0;

		for (uint32_t i = first; i < first + 512; i++)
		{
			if (!VmHalfIsNaN((VmHalf) i) && !VmHalfIsInf((VmHalf) i))
				h[dim++] = (VmHalf) i;
		}
		if (dim == 0)
			continue;
		VmDenseFormat(VM_ELEMENT_F16, h, dim, text);
		UNIT_EACH(VmDenseParse(VM_ELEMENT_F16, text, dim, again, &err) == dim &&
					  memcmp(h, again, (size_t) dim * sizeof(VmHalf)) == 0,
				  "halves from %x", first);
	}
	for (uint32_t walk = 0; walk < 2000; walk++)
	{
		int dim = 0;

		while (dim < 512)
		{
			uint32_t bits = (walk * 512 + (uint32_t) dim) * UINT32_C(2654435761);

			if ((bits & 0x7F800000) == 0x7F800000)
				bits ^= 0x40000000;
			memcpy(&x[dim++], &bits, sizeof(bits));
		}
		VmDenseFormat(VM_ELEMENT_F32, x, dim, text);
		UNIT_EACH(VmDenseParse(VM_ELEMENT_F32, text, dim, again, &err) == dim &&
					  memcmp(x, again, sizeof(x)) == 0,
				  "floats of walk %u", walk);
	}
	UnitReport("every half and a million floats survive format and parse");
}

/* Damages a literal at random: what it becomes is the reference's to say. */
static void
TestDamage(void)
{
	static const char spare[] = "0123456789.,:;eExXpPnaif+-[]{}/ \t\n\v\f\r\x80\xA0";
	unsigned int seed = 1;
	long good = 0;

	for (int round = 0; round < 400000; round++)
	{
		const Literal *literal =
			&literals[(unsigned) rand_r(&seed) % (sizeof(literals) / sizeof(literals[0]))];
		char text[256];
		int expected_dim = rand_r(&seed) % 4 == 0 ? 3 : -1;
		size_t len;
		const char *wrong;

		strcpy(text, literal->text + 1);
		len = strlen(text);
		for (int damage = rand_r(&seed) % 4; damage >= 0; damage--)
		{
			size_t at = len > 0 ? (size_t) rand_r(&seed) % len : 0;
			char c = spare[(size_t) rand_r(&seed) % (sizeof(spare) - 1)];

			switch (rand_r(&seed) % 4)
			{
				case 0: /* cut */
					len = at;
					break;
				case 1: /* put in */
					memmove(text + at + 1, text + at, len - at);
					text[at] = c;
					len++;
					break;
				case 2: /* take out */
					if (len > 0)
						memmove(text + at, text + at + 1, --len - at);
					break;
				default: /* overwrite */
					if (len > 0)
						text[at] = c;
					break;
			}
			text[len] = '\0';
		}
		wrong = Compare(literal->text, GuardedText(text), expected_dim);
		UNIT_EACH(wrong == NULL, "%c\"%s\": %s", literal->text[0], text, wrong);
		good += compare_ref.status == VM_CODEC_OK;
	}
	UNIT_EACH(good > 1000, "only %ld literals were still good", good);
	UnitReport("damaged literals answered as the reference answers them");
}

/* What a text can be told; the rest belongs to the wire. */
static void
TestAllSeen(void)
{
	static const VmCodecStatus wanted[] = {VM_CODEC_OK,
										   VM_CODEC_SYNTAX,
										   VM_CODEC_SYNTAX_OPEN,
										   VM_CODEC_SYNTAX_JUNK,
										   VM_CODEC_SYNTAX_END,
										   VM_CODEC_RANGE,
										   VM_CODEC_NAN,
										   VM_CODEC_INFINITE,
										   VM_CODEC_NO_DIMS,
										   VM_CODEC_TOO_MANY_DIMS,
										   VM_CODEC_WRONG_DIMS,
										   VM_CODEC_TOO_MANY_NONZERO,
										   VM_CODEC_INDEX_OUT_OF_BOUNDS,
										   VM_CODEC_INDEX_DUPLICATE,
										   VM_CODEC_NO_SPACE};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		UNIT_EACH(seen[wanted[i]], "status %d was never seen", wanted[i]);
	UnitReport("every status of a text was seen");
}

int
main(void)
{
	TestLiterals();
	TestDenseLimits();
	TestSparseLimits();
	TestNoSpace();
	TestFormatBounds();
	TestRoundTrips();
	TestDamage();
	TestAllSeen();
	return UnitDone();
}
