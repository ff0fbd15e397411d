/*
 * parse.c
 *		Benchmark of the types' text and binary codecs, with strtof per element
 *		over the same text as the yardstick.
 *
 *	make build/plain/bench/parse && build/plain/bench/parse [rounds]
 *
 * Every line is the best of the rounds; the two sides of a ratio take turns
 * within each round, so that a busy machine slows both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/shortest_dec.h"
#include "core/codec.h"
#include "core/f16.h"

#define DIMS          768
#define LITERALS      64 /* different ones, so that no branch is learnt by heart */
#define TEXT_MAX      32 /* of one element */
#define SPARSE_DIM    30522
#define SPARSE_NNZ    128
#define DEFAULT_ROUND 200

static char texts[LITERALS][DIMS * TEXT_MAX];
static uint64_t random_state = UINT64_C(88172645463325252);
static volatile float sink;

static double
Random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double) (random_state >> 11) * 0x1p-53;
}

/* Roughly normal, with the deviation of a unit vector's elements. */
static double
RandomElement(void)
{
	return (Random() + Random() + Random() + Random() - 2) * 0.0625;
}

static double
Now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double) ts.tv_sec * 1e6 + (double) ts.tv_nsec * 1e-3;
}

/* ------------------------------------------------------------- the shapes */

static int
PutFloat9(char *out)
{
	return float_to_shortest_decimal_bufn((float) RandomElement(), out);
}

static int
PutDouble17(char *out)
{
	return double_to_shortest_decimal_bufn(RandomElement(), out);
}

static int
PutFixed6(char *out)
{
	return sprintf(out, "%.6f", RandomElement());
}

static int
PutScientific(char *out)
{
	return sprintf(out, "%.8e", RandomElement());
}

static int
PutByte(char *out)
{
	return sprintf(out, "%d", (int) (Random() * 256));
}

typedef struct Shape
{
	const char *name;
	int (*put)(char *out);
	const char *separator;
} Shape;

static const Shape shapes[] = {
	{"float9", PutFloat9, ","},         /* what PostgreSQL and numpy print */
	{"float9_spaced", PutFloat9, ", "}, /* as JSON and Python lists */
	{"double17", PutDouble17, ","},     /* Python floats */
	{"fixed6", PutFixed6, ","},         /* C's %f */
	{"scientific8", PutScientific, ","}, {"byte", PutByte, ","}, /* 0 to 255 */
};

static void
FillTexts(const Shape *shape)
{
	for (int i = 0; i < LITERALS; i++)
	{
		char *p = texts[i];

		*p++ = '[';
		for (int j = 0; j < DIMS; j++)
		{
			if (j > 0)
				p = stpcpy(p, shape->separator);
			p += shape->put(p);
		}
		strcpy(p, "]");
	}
}

/* ------------------------------------------------------------- the contest */

static float parsed[DIMS];
static VmHalf parsed_half[DIMS];
static float by_library[DIMS];

/* The plainest parser there is for a literal known to be good. */
static void
ParseByLibrary(const char *text, float *out)
{
	const char *p = text + 1;

	for (int i = 0; i < DIMS; i++)
	{
		char *end;

		out[i] = strtof(p, &end);
		p = end + 1;
	}
}

static void
Parse(VmElement element, const char *text, void *out)
{
	VmCodecError err;

	if (VmDenseParse(element, text, -1, out, &err) != DIMS)
	{
		fprintf(stderr, "parse: status %d\n", err.status);
		exit(1);
	}
}

static void
BenchParse(const Shape *shape, int rounds)
{
	double best = 1e30;
	double best_half = 1e30;
	double best_library = 1e30;

	FillTexts(shape);
	for (int round = 0; round < rounds; round++)
	{
		double start = Now();
		double middle;
		double half;
		double end;

		for (int i = 0; i < LITERALS; i++)
			Parse(VM_ELEMENT_F32, texts[i], parsed);
		middle = Now();
		for (int i = 0; i < LITERALS; i++)
			Parse(VM_ELEMENT_F16, texts[i], parsed_half);
		half = Now();
		for (int i = 0; i < LITERALS; i++)
			ParseByLibrary(texts[i], by_library);
		end = Now();

		best = middle - start < best ? middle - start : best;
		best_half = half - middle < best_half ? half - middle : best_half;
		best_library = end - half < best_library ? end - half : best_library;
	}
	if (memcmp(parsed, by_library, sizeof(parsed)) != 0)
	{
		fprintf(stderr, "parse: shape %s: strtof disagrees\n", shape->name);
		exit(1);
	}
	printf("parse shape=%s dims=%d us=%.2f half_us=%.2f strtof_us=%.2f ratio=%.2f\n", shape->name,
		   DIMS, best / LITERALS, best_half / LITERALS, best_library / LITERALS,
		   best_library / best);
}

/* -------------------------------------------------- the other directions */

static void
BenchFormat(int rounds)
{
	float x[DIMS];
	char *out = malloc(VmDenseFormatBound(DIMS));
	double best = 1e30;

	for (int i = 0; i < DIMS; i++)
		x[i] = (float) RandomElement();
	for (int round = 0; round < rounds; round++)
	{
		double start = Now();
		double end;

		for (int i = 0; i < LITERALS; i++)
			sink = (float) VmDenseFormat(VM_ELEMENT_F32, x, DIMS, out);
		end = Now();
		best = end - start < best ? end - start : best;
	}
	printf("format dims=%d us=%.2f\n", DIMS, best / LITERALS);
	free(out);
}

static void
BenchBinary(VmElement element, const char *name, int rounds)
{
	enum
	{
		REPEAT = 256
	};
	size_t size = VmDenseWireSize(element, DIMS);
	uint8_t *wire = malloc(size);
	float x[DIMS];
	VmCodecError err;
	double best_decode = 1e30;
	double best_encode = 1e30;

	/* The halves are the floats' halves, whose bits might be anything. */
	for (int i = 0; i < DIMS; i++)
	{
		if (element == VM_ELEMENT_F32)
			x[i] = (float) RandomElement();
		else
			((VmHalf *) x)[i] = VmFloatToHalf((float) RandomElement());
	}
	for (int round = 0; round < rounds; round++)
	{
		double start = Now();
		double middle;
		double end;

		for (int i = 0; i < REPEAT; i++)
		{
			VmDenseEncode(element, x, DIMS, wire);
			sink = wire[i + 4];
		}
		middle = Now();
		for (int i = 0; i < REPEAT; i++)
		{
			if (VmDenseDecodeHeader(element, wire, size, -1, &err) != DIMS ||
				VmDenseDecode(element, wire, DIMS, x, &err) != size)
				exit(1);
			sink = x[i];
		}
		end = Now();
		best_encode = middle - start < best_encode ? middle - start : best_encode;
		best_decode = end - middle < best_decode ? end - middle : best_decode;
	}
	printf("binary type=%s dims=%d encode_gb_s=%.2f decode_gb_s=%.2f\n", name, DIMS,
		   (double) size * REPEAT / best_encode * 1e-3,
		   (double) size * REPEAT / best_decode * 1e-3);
	free(wire);
}

static void
BenchSparse(int rounds)
{
	static int32_t indices[SPARSE_NNZ];
	static float values[SPARSE_NNZ];
	static int32_t again_indices[SPARSE_NNZ];
	static float again_values[SPARSE_NNZ];
	VmSparseParts parts = {SPARSE_DIM, SPARSE_NNZ, indices, values};
	VmSparseParts again = {0, 0, again_indices, again_values};
	char *text = malloc(VmSparseFormatBound(SPARSE_NNZ));
	VmCodecError err;
	double best_parse = 1e30;
	double best_format = 1e30;

	for (int i = 0; i < SPARSE_NNZ; i++)
	{
		indices[i] = i * (SPARSE_DIM / SPARSE_NNZ) + (int) (Random() * 200);
		values[i] = (float) (Random() * 3 + 0.001);
	}
	for (int round = 0; round < rounds; round++)
	{
		double start = Now();
		double middle;
		double end;

		for (int i = 0; i < LITERALS; i++)
			VmSparseFormat(&parts, text);
		middle = Now();
		for (int i = 0; i < LITERALS; i++)
		{
			if (!VmSparseParse(text, VmSparseParseBound(text, &err), -1, &again, &err))
				exit(1);
		}
		end = Now();
		best_format = middle - start < best_format ? middle - start : best_format;
		best_parse = end - middle < best_parse ? end - middle : best_parse;
	}
	printf("sparse nnz=%d parse_us=%.2f format_us=%.2f\n", SPARSE_NNZ, best_parse / LITERALS,
		   best_format / LITERALS);
	free(text);
}

int
main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : DEFAULT_ROUND;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		BenchParse(&shapes[i], rounds);
	BenchFormat(rounds);
	BenchBinary(VM_ELEMENT_F32, "vector", rounds);
	BenchBinary(VM_ELEMENT_F16, "halfvec", rounds);
	BenchSparse(rounds);
	return 0;
}
