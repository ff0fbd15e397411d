/*
 * kernels.c
 *		How fast the distance kernels of src/simd are, as ratios within one run.
 *
 *	kernels [--mb=N] [--rounds=N] [--huge] [--only=NAME] [memory] [cache] [bits]
 *			[sparse]
 *
 * One line per measurement, best of N interleaved rounds, so that a noisy
 * neighbour hits all sides alike:
 *
 *	memory	one query against data far larger than the caches, where=memory one
 *			vector after the other, where=scattered in an order without
 *			neighbours, as an index visits them; ratio is the kernel's rate over
 *			the best of four loops that only read the same in the same order.
 *	cache	vectors in L1 or L2; ratio is the kernel's rate over that of a loop
 *			with the same loads, conversions and multiply-adds, but neither
 *			calls nor final sums (the port bound, measured).  Data aligned to
 *			64 bytes, and 16 bytes off.
 *	bits	pairs in L1; sparse: pairs in L2 or L3.
 *
 * level=naive is the plain loop that a build with -march=native (here AVX2,
 * -O3, -ffast-math) makes of a kernel; for float16, the usual F16C loop with
 * one accumulator.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "simd/simd.h"

#if !defined(__x86_64__)
int
main(void)
{
	puts("bench/kernels measures x86-64 only");
	return 0;
}
#else
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma,f16c,popcnt")))
#ifdef __clang__
#define NAIVE AVX2
#else
#define NAIVE __attribute__((target("avx2,fma,f16c,popcnt"), optimize("O3", "fast-math")))
#endif

#define MIN_TIME       0.001
#define CACHE_BYTES_L1 (24 * 1024)
#define CACHE_BYTES_L2 (256 * 1024)

static int rounds = 7;
static size_t memory_mb;
static bool huge_pages;
static const char *only = "";

/* Results go here, so that no call is dropped. */
static volatile double sink;

static double
Now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double) ts.tv_sec + 1e-9 * (double) ts.tv_nsec;
}

static uint64_t random_state = 88172645463325252u;

static uint32_t
Random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t) (random_state >> 32);
}

static void *
Allocate(size_t bytes)
{
	size_t rounded = (bytes + 4095) / 4096 * 4096;
	void *memory = mmap(NULL, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
	{
		perror("mmap");
		exit(2);
	}
	/* Shared buffers have small pages unless the administrator says otherwise. */
	madvise(memory, rounded, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return memory;
}

/* ------------------------------------------------------------ the kernels */

/* What is measured: a kernel of any level, behind one signature. */
typedef struct Job Job;
typedef double (*Pass)(const Job *job);

struct Job
{
	const char *kernel;
	const char *level;
	Pass pass;
	const VmSimdKernels *table;
	const uint8_t *query;
	const uint8_t *data;
	size_t vectors;
	size_t stride;
	size_t dims;
	size_t vector_bytes;
	double best; /* seconds of the fastest pass */
};

/* The vector after v: the next one, or one far away (stride has no divisor
 * in common with the number of vectors, so each is visited once). */
static inline const uint8_t *
NextVector(const Job *job, const uint8_t *v)
{
	const uint8_t *end = job->data + job->vectors * job->vector_bytes;

	v += job->stride * job->vector_bytes;
	return v < end ? v : v - job->vectors * job->vector_bytes;
}

#define FLOAT_PASS(name, call)                                                                     \
	static double name(const Job *job)                                                             \
	{                                                                                              \
		double total = 0;                                                                          \
		const uint8_t *v = job->data;                                                              \
                                                                                                   \
		for (size_t i = 0; i < job->vectors; i++, v = NextVector(job, v))                          \
			total += call;                                                                         \
		return total;                                                                              \
	}

#define QUERY  (const void *) job->query, (const void *) v, job->dims

FLOAT_PASS(PassF32L2sq, job->table->f32_l2sq(QUERY))
FLOAT_PASS(PassF32Dot, job->table->f32_dot(QUERY))
FLOAT_PASS(PassF32L1, job->table->f32_l1(QUERY))
FLOAT_PASS(PassF32Cosine, job->table->f32_cosine(QUERY).dot)
FLOAT_PASS(PassF16L2sq, job->table->f16_l2sq(QUERY))
FLOAT_PASS(PassF16Dot, job->table->f16_dot(QUERY))
FLOAT_PASS(PassF16L1, job->table->f16_l1(QUERY))
FLOAT_PASS(PassF16Cosine, job->table->f16_cosine(QUERY).dot)
FLOAT_PASS(PassHamming, (double) job->table->bit_hamming(QUERY))
FLOAT_PASS(PassJaccard, (double) job->table->bit_jaccard(QUERY).both)

/* ------------------------------------------------------- the naive loops */

NAIVE static __attribute__((noinline)) float
NaiveF32L2sq(const float *a, const float *b, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		float difference = a[i] - b[i];

		sum += difference * difference;
	}
	return sum;
}

NAIVE static __attribute__((noinline)) float
NaiveF32Dot(const float *a, const float *b, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

NAIVE static __attribute__((noinline)) float
NaiveF32L1(const float *a, const float *b, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += fabsf(a[i] - b[i]);
	return sum;
}

NAIVE static __attribute__((noinline)) VmCosineSums
NaiveF32Cosine(const float *a, const float *b, size_t n)
{
	float dot = 0;
	float aa = 0;
	float bb = 0;

	for (size_t i = 0; i < n; i++)
	{
		dot += a[i] * b[i];
		aa += a[i] * a[i];
		bb += b[i] * b[i];
	}
	return (VmCosineSums) {dot, aa, bb};
}

AVX2 static inline __m256
LoadHalves(const VmHalf *v)
{
	return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) v));
}

AVX2 static float
AddLanes(__m256 sum)
{
	float lanes[8];

	_mm256_storeu_ps(lanes, sum);
	return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
		   ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/* The dimensions measured are multiples of eight. */
AVX2 static __attribute__((noinline)) float
NaiveF16L2sq(const VmHalf *a, const VmHalf *b, size_t n)
{
	__m256 sum = _mm256_setzero_ps();

	for (size_t i = 0; i < n; i += 8)
	{
		__m256 difference = _mm256_sub_ps(LoadHalves(a + i), LoadHalves(b + i));

		sum = _mm256_fmadd_ps(difference, difference, sum);
	}
	return AddLanes(sum);
}

AVX2 static __attribute__((noinline)) float
NaiveF16Dot(const VmHalf *a, const VmHalf *b, size_t n)
{
	__m256 sum = _mm256_setzero_ps();

	for (size_t i = 0; i < n; i += 8)
		sum = _mm256_fmadd_ps(LoadHalves(a + i), LoadHalves(b + i), sum);
	return AddLanes(sum);
}

AVX2 static __attribute__((noinline)) float
NaiveF16L1(const VmHalf *a, const VmHalf *b, size_t n)
{
	__m256 sum = _mm256_setzero_ps();

	for (size_t i = 0; i < n; i += 8)
	{
		__m256 difference = _mm256_sub_ps(LoadHalves(a + i), LoadHalves(b + i));

		sum = _mm256_add_ps(sum, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), difference));
	}
	return AddLanes(sum);
}

AVX2 static __attribute__((noinline)) VmCosineSums
NaiveF16Cosine(const VmHalf *a, const VmHalf *b, size_t n)
{
	__m256 dot = _mm256_setzero_ps();
	__m256 aa = dot;
	__m256 bb = dot;

	for (size_t i = 0; i < n; i += 8)
	{
		__m256 x = LoadHalves(a + i);
		__m256 y = LoadHalves(b + i);

		dot = _mm256_fmadd_ps(x, y, dot);
		aa = _mm256_fmadd_ps(x, x, aa);
		bb = _mm256_fmadd_ps(y, y, bb);
	}
	return (VmCosineSums) {AddLanes(dot), AddLanes(aa), AddLanes(bb)};
}

NAIVE static __attribute__((noinline)) uint64_t
NaiveHamming(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	uint64_t count = 0;
	size_t i = 0;

	for (; i + 8 <= bytes; i += 8)
	{
		uint64_t word_a;
		uint64_t word_b;

		memcpy(&word_a, a + i, 8);
		memcpy(&word_b, b + i, 8);
		count += (uint64_t) __builtin_popcountll(word_a ^ word_b);
	}
	for (; i < bytes; i++)
		count += (uint64_t) __builtin_popcount((unsigned) (a[i] ^ b[i]));
	return count;
}

NAIVE static __attribute__((noinline)) VmJaccardCounts
NaiveJaccard(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	VmJaccardCounts counts = {0, 0, 0};
	size_t i = 0;

	for (; i + 8 <= bytes; i += 8)
	{
		uint64_t word_a;
		uint64_t word_b;

		memcpy(&word_a, a + i, 8);
		memcpy(&word_b, b + i, 8);
		counts.both += (uint64_t) __builtin_popcountll(word_a & word_b);
		counts.a += (uint64_t) __builtin_popcountll(word_a);
		counts.b += (uint64_t) __builtin_popcountll(word_b);
	}
	for (; i < bytes; i++)
	{
		counts.both += (uint64_t) __builtin_popcount((unsigned) (a[i] & b[i]));
		counts.a += (uint64_t) __builtin_popcount(a[i]);
		counts.b += (uint64_t) __builtin_popcount(b[i]);
	}
	return counts;
}

static const VmSimdKernels naive_kernels = {
	.name = "naive",
	.f32_l2sq = NaiveF32L2sq,
	.f32_dot = NaiveF32Dot,
	.f32_cosine = NaiveF32Cosine,
	.f32_l1 = NaiveF32L1,
	.f16_l2sq = NaiveF16L2sq,
	.f16_dot = NaiveF16Dot,
	.f16_cosine = NaiveF16Cosine,
	.f16_l1 = NaiveF16L1,
	.bit_hamming = NaiveHamming,
	.bit_jaccard = NaiveJaccard,
};

/* --------------------------------------------------- loops that only read */

NAIVE static int64_t
ReadPlain(const uint8_t *data, size_t bytes)
{
	const int64_t *words = (const int64_t *) (const void *) data;
	int64_t sum = 0;

	for (size_t i = 0; i < bytes / 8; i++)
		sum += words[i];
	return sum;
}

#define ADD(k) s[k] = _mm256_add_epi64(s[k], _mm256_loadu_si256(v + i + (k)))

/* Bytes that are no multiple of 256 are left out: less than one vector. */
#define READ_LOOP(name, accumulators, before)                                                      \
	AVX2 static int64_t name(const uint8_t *data, size_t bytes)                                    \
	{                                                                                              \
		const __m256i *v = (const __m256i *) (const void *) data;                                  \
		__m256i s[8] = {_mm256_setzero_si256()};                                                   \
		int64_t lanes[4];                                                                          \
                                                                                                   \
		for (int k = 1; k < 8; k++)                                                                \
			s[k] = s[0];                                                                           \
		for (size_t i = 0; i < bytes / 256 * 8; i += accumulators)                                 \
		{                                                                                          \
			before;                                                                                \
			ADD(0), ADD(1), ADD(2), ADD(3);                                                        \
			if (accumulators == 8)                                                                 \
				ADD(4), ADD(5), ADD(6), ADD(7);                                                    \
		}                                                                                          \
		for (int k = 1; k < 8; k++)                                                                \
			s[0] = _mm256_add_epi64(s[0], s[k]);                                                   \
		_mm256_storeu_si256((__m256i *) (void *) lanes, s[0]);                                     \
		return lanes[0] + lanes[1] + lanes[2] + lanes[3];                                          \
	}

#define PREFETCH(offset) _mm_prefetch((const char *) (v + i) + (offset), _MM_HINT_T0)

READ_LOOP(ReadFour, 4, (void) 0)
READ_LOOP(ReadEight, 8, (void) 0)
READ_LOOP(ReadPrefetch, 8, (PREFETCH(1024), PREFETCH(1088), PREFETCH(1152), PREFETCH(1216)))

/* In memory order as one piece, else vector by vector. */
#define READ_PASS(name, read)                                                                      \
	static double name(const Job *job)                                                             \
	{                                                                                              \
		const uint8_t *v = job->data;                                                              \
		int64_t sum = 0;                                                                           \
                                                                                                   \
		if (job->stride == 1)                                                                      \
			return (double) read(v, job->vectors * job->vector_bytes);                             \
		for (size_t i = 0; i < job->vectors; i++, v = NextVector(job, v))                          \
			sum += read(v, job->vector_bytes);                                                     \
		return (double) sum;                                                                       \
	}

READ_PASS(PassReadPlain, ReadPlain)
READ_PASS(PassReadFour, ReadFour)
READ_PASS(PassReadEight, ReadEight)
READ_PASS(PassReadPrefetch, ReadPrefetch)

/* ------------------------------------------------------ measured port bounds
 *
 * Zen 3, per 8 elements: two 256-bit loads a cycle and two multiply-adds a
 * cycle, so 1 cycle for float32 sums (2 loads) and 1.5 for the cosine (3
 * multiply-adds); one conversion of 8 halves a cycle, so 2 for float16.
 * Other CPUs have other bounds; the loops measure whatever holds.
 *
 * Written in assembler, so that no compiler improves on either side.  Each
 * UNIT is 8 elements; the accumulators are four apart, which hides the latency.
 */
#define F32_LOAD(off, x) "vmovups " off "*32(%[a]), %%ymm" x "\n\t"
#define F16_LOADS(off, x, y)                                                                       \
	"vcvtph2ps " off "*16(%[a]), %%ymm" x "\n\tvcvtph2ps " off "*16(%[b]), %%ymm" y "\n\t"
#define FMA(x, y, sum) "vfmadd231ps %%ymm" x ", %%ymm" y ", %%ymm" sum "\n\t"
#define SUB(x, y, to)  "vsubps %%ymm" y ", %%ymm" x ", %%ymm" to "\n\t"

#define F32_L2SQ_UNIT(off, x, y, s, s2, s3)                                                        \
	F32_LOAD(off, x) "vsubps " off "*32(%[b]), %%ymm" x ", %%ymm" x "\n\t" FMA(x, x, s)
#define F32_DOT_UNIT(off, x, y, s, s2, s3)                                                         \
	F32_LOAD(off, x) "vfmadd231ps " off "*32(%[b]), %%ymm" x ", %%ymm" s "\n\t"
#define F32_L1_UNIT(off, x, y, s, s2, s3)                                                          \
	F32_LOAD(off, x)                                                                               \
	"vsubps " off "*32(%[b]), %%ymm" x ", %%ymm" x "\n\tvandps %%ymm15, %%ymm" x ", %%ymm" x       \
	"\n\tvaddps %%ymm" x ", %%ymm" s ", %%ymm" s "\n\t"
#define F32_COSINE_UNIT(off, x, y, s, s2, s3)                                                      \
	F32_LOAD(off, x)                                                                               \
	"vmovups " off "*32(%[b]), %%ymm" y "\n\t" FMA(x, y, s) FMA(x, x, s2) FMA(y, y, s3)
#define F16_L2SQ_UNIT(off, x, y, s, s2, s3) F16_LOADS(off, x, y) SUB(x, y, x) FMA(x, x, s)
#define F16_DOT_UNIT(off, x, y, s, s2, s3)  F16_LOADS(off, x, y) FMA(x, y, s)
#define F16_L1_UNIT(off, x, y, s, s2, s3)                                                          \
	F16_LOADS(off, x, y)                                                                           \
	SUB(x, y, x)                                                                                   \
	"vandps %%ymm15, %%ymm" x ", %%ymm" x "\n\tvaddps %%ymm" x ", %%ymm" s ", %%ymm" s "\n\t"
#define F16_COSINE_UNIT(off, x, y, s, s2, s3)                                                      \
	F16_LOADS(off, x, y) FMA(x, y, s) FMA(x, x, s2) FMA(y, y, s3)

/* The dimensions measured are multiples of 32. */
#define BOUND(name, UNIT, element)                                                                 \
	AVX2 static double name(const Job *job)                                                        \
	{                                                                                              \
		const uint8_t *v = job->data;                                                              \
                                                                                                   \
		for (size_t i = 0; i < job->vectors; i++, v += job->vector_bytes)                          \
		{                                                                                          \
			const uint8_t *a = job->query;                                                         \
			const uint8_t *b = v;                                                                  \
			size_t steps = job->dims / 32;                                                         \
                                                                                                   \
			__asm__ volatile(                                                                      \
				".p2align 5\n1:\n\t" UNIT("0", "12", "13", "0", "4", "8")                          \
					UNIT("1", "14", "15", "1", "5", "9") UNIT("2", "12", "13", "2", "6", "10")     \
						UNIT("3", "14", "15", "3", "7", "11") "add %[step], %[a]\n\t"              \
															  "add %[step], %[b]\n\t"              \
															  "dec %[steps]\n\t"                   \
															  "jnz 1b"                             \
				: [a] "+r"(a), [b] "+r"(b), [steps] "+r"(steps)                                    \
				: [step] "i"(32 * (element))                                                       \
				: "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",  \
				  "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");           \
		}                                                                                          \
		return 0;                                                                                  \
	}

BOUND(BoundF32L2sq, F32_L2SQ_UNIT, 4)
BOUND(BoundF32Dot, F32_DOT_UNIT, 4)
BOUND(BoundF32L1, F32_L1_UNIT, 4)
BOUND(BoundF32Cosine, F32_COSINE_UNIT, 4)
BOUND(BoundF16L2sq, F16_L2SQ_UNIT, 2)
BOUND(BoundF16Dot, F16_DOT_UNIT, 2)
BOUND(BoundF16L1, F16_L1_UNIT, 2)
BOUND(BoundF16Cosine, F16_COSINE_UNIT, 2)

/* --------------------------------------------------------------- measuring */

typedef struct FloatKernel
{
	const char *name;
	Pass pass;
	Pass bound;
	size_t element;
} FloatKernel;

static const FloatKernel float_kernels[] = {
	{"f32_l2sq", PassF32L2sq, BoundF32L2sq, 4},       {"f32_dot", PassF32Dot, BoundF32Dot, 4},
	{"f32_cosine", PassF32Cosine, BoundF32Cosine, 4}, {"f32_l1", PassF32L1, BoundF32L1, 4},
	{"f16_l2sq", PassF16L2sq, BoundF16L2sq, 2},       {"f16_dot", PassF16Dot, BoundF16Dot, 2},
	{"f16_cosine", PassF16Cosine, BoundF16Cosine, 2}, {"f16_l1", PassF16L1, BoundF16L1, 2},
};

#define FLOAT_KERNELS (sizeof(float_kernels) / sizeof(float_kernels[0]))
#define MAX_JOBS      12

typedef struct Jobs
{
	Job job[MAX_JOBS];
	int count;
} Jobs;

static Job *
AddJob(Jobs *jobs, const Job *like, const char *level, Pass pass, const VmSimdKernels *table)
{
	Job *job = &jobs->job[jobs->count++];

	*job = *like;
	job->level = level;
	job->pass = pass;
	job->table = table;
	job->best = INFINITY;
	return job;
}

static void
AddLevels(Jobs *jobs, const Job *like, VmSimdLevel from, Pass pass)
{
	for (int level = from; level < VM_SIMD_LEVELS; level++)
	{
		const VmSimdKernels *table = VmSimdGet((VmSimdLevel) level);

		if (table != NULL)
			AddJob(jobs, like, table->name, pass, table);
	}
	AddJob(jobs, like, "naive", pass, &naive_kernels);
}

/* Seconds per pass, of as many passes as take MIN_TIME. */
static void
RunJobs(Jobs *jobs, int times)
{
	int passes[MAX_JOBS];

	for (int k = 0; k < jobs->count; k++)
	{
		Job *job = &jobs->job[k];
		double start = Now();
		double once;

		sink += job->pass(job);
		once = Now() - start;
		start = Now();
		sink += job->pass(job);
		once = Now() - start < once ? Now() - start : once;
		passes[k] = once > MIN_TIME ? 1 : (int) (MIN_TIME / once) + 1;
	}
	for (int round = 0; round < times; round++)
	{
		for (int k = 0; k < jobs->count; k++)
		{
			Job *job = &jobs->job[k];
			double start = Now();
			double seconds;

			for (int pass = 0; pass < passes[k]; pass++)
				sink += job->pass(job);
			seconds = (Now() - start) / passes[k];
			job->best = seconds < job->best ? seconds : job->best;
		}
	}
}

static double
Rate(const Job *job)
{
	return (double) job->vectors * (double) job->vector_bytes / job->best * 1e-9;
}

/* Random numbers in [-1, 1): 1 MB of them, over and over. */
static void
FillFloats(uint8_t *data, size_t bytes, size_t element)
{
	size_t pattern = bytes < 1 << 20 ? bytes : 1 << 20;

	for (size_t i = 0; i < pattern / element; i++)
	{
		float f = (float) ((int32_t) Random32() * 0x1p-31);
		VmHalf h = VmFloatToHalf(f);

		memcpy(data + i * element, element == 4 ? (void *) &f : (void *) &h, element);
	}
	for (size_t done = pattern; done < bytes; done += pattern)
		memcpy(data + done, data, bytes - done < pattern ? bytes - done : pattern);
}

/* About 0.6 of n, without a common divisor. */
static size_t
ScatterStride(size_t n)
{
	size_t stride = (size_t) ((double) n * 0.6180339887);

	for (;; stride++)
	{
		size_t x = n;
		size_t y = stride;

		while (y != 0)
		{
			size_t rest = x % y;

			x = y;
			y = rest;
		}
		if (x == 1)
			return stride;
	}
}

static void
MeasureMemory(const FloatKernel *kernel, size_t dims, uint8_t *data, size_t bytes, bool scattered)
{
	static const Pass readers[] = {PassReadPlain, PassReadFour, PassReadEight, PassReadPrefetch};
	static const char *const names[] = {"plain", "four", "eight", "prefetch"};
	Job like = {.kernel = kernel->name, .dims = dims, .vector_bytes = dims * kernel->element};
	uint8_t *query = Allocate(like.vector_bytes);
	const Job *reader = NULL;
	Jobs jobs = {.count = 0};

	FillFloats(query, like.vector_bytes, kernel->element);
	like.query = query;
	like.data = data;
	like.vectors = bytes / like.vector_bytes;
	like.stride = scattered ? ScatterStride(like.vectors) : 1;
	for (int k = 0; k < 4; k++)
		AddJob(&jobs, &like, names[k], readers[k], NULL);
	/* The scalar level is measured in the caches; here it would take the most time. */
	AddLevels(&jobs, &like, VM_SIMD_AVX2, kernel->pass);
	RunJobs(&jobs, rounds);

	for (int k = 0; k < 4; k++)
		reader = reader == NULL || jobs.job[k].best < reader->best ? &jobs.job[k] : reader;
	for (int k = 4; k < jobs.count; k++)
	{
		const Job *job = &jobs.job[k];

		printf("kernel=%s level=%s dims=%zu where=%s gbps=%.2f read_gbps=%.2f ratio=%.3f read=%s\n",
			   job->kernel, job->level, dims, scattered ? "scattered" : "memory", Rate(job),
			   Rate(reader), Rate(job) / Rate(reader), reader->level);
	}
	fflush(stdout);
	munmap(query, (like.vector_bytes + 4095) / 4096 * 4096);
}

static void
BenchMemory(void)
{
	static const size_t dims[] = {768, 1536};
	size_t bytes = memory_mb << 20;
	uint8_t *data = Allocate(bytes);

	printf("# memory: %zu MB, %s pages, best of %d\n", memory_mb, huge_pages ? "huge" : "4 kB",
		   rounds);
	for (size_t element = 4; element >= 2; element -= 2)
	{
		FillFloats(data, bytes, element);
		for (size_t k = 0; k < FLOAT_KERNELS; k++)
		{
			if (float_kernels[k].element != element || strstr(float_kernels[k].name, only) == NULL)
				continue;
			for (int d = 0; d < 2; d++)
			{
				MeasureMemory(&float_kernels[k], dims[d], data, bytes, false);
				MeasureMemory(&float_kernels[k], dims[d], data, bytes, true);
			}
		}
	}
	munmap(data, bytes);
}

/* Cycles per second, by a chain of additions that takes one each. */
static double
MeasureClock(void)
{
	double best = INFINITY;

	for (int round = 0; round < 50; round++)
	{
		uint64_t count = 20000;
		uint64_t chain = 0;
		double start = Now();
		double seconds;

		__asm__ volatile("1:\n\t"
						 "lea 1(%[chain]), %[chain]\n\tlea 1(%[chain]), %[chain]\n\t"
						 "lea 1(%[chain]), %[chain]\n\tlea 1(%[chain]), %[chain]\n\t"
						 "lea 1(%[chain]), %[chain]\n\tlea 1(%[chain]), %[chain]\n\t"
						 "lea 1(%[chain]), %[chain]\n\tlea 1(%[chain]), %[chain]\n\t"
						 "dec %[count]\n\t"
						 "jnz 1b"
						 : [chain] "+r"(chain), [count] "+r"(count)
						 :
						 : "cc");
		seconds = Now() - start;
		best = seconds < best ? seconds : best;
	}
	return 160000 / best;
}

static void
MeasureCache(const FloatKernel *kernel, size_t dims, size_t bytes, size_t offset, double clock)
{
	Job like = {.kernel = kernel->name, .dims = dims, .vector_bytes = dims * kernel->element};
	size_t total;
	uint8_t *memory;
	Jobs jobs = {.count = 0};
	const Job *bound;
	double bound_rate;

	like.vectors = bytes / like.vector_bytes - 1;
	like.stride = 1;
	total = (like.vectors + 1) * like.vector_bytes;
	memory = Allocate(total + 64);
	FillFloats(memory + offset, total, kernel->element);
	like.query = memory + offset;
	like.data = memory + offset + like.vector_bytes;
	bound = AddJob(&jobs, &like, "bound", kernel->bound, NULL);
	AddLevels(&jobs, &like, VM_SIMD_SCALAR, kernel->pass);
	RunJobs(&jobs, rounds * 10);
	bound_rate = Rate(bound);

	for (int k = 1; k < jobs.count; k++)
	{
		const Job *job = &jobs.job[k];
		double steps = (double) job->vectors * (double) dims / 8;

		printf("kernel=%s level=%s dims=%zu where=%s offset=%zu ns=%.1f gbps=%.1f "
			   "bound_gbps=%.1f ratio=%.3f cycles8=%.2f bound_cycles8=%.2f\n",
			   job->kernel, job->level, dims, bytes <= CACHE_BYTES_L1 ? "L1" : "L2", offset,
			   job->best / (double) job->vectors * 1e9, Rate(job), bound_rate,
			   Rate(job) / bound_rate, job->best * clock / steps, bound->best * clock / steps);
	}
	fflush(stdout);
	munmap(memory, (total + 64 + 4095) / 4096 * 4096);
}

static void
BenchCache(void)
{
	static const size_t dims[] = {768, 1536};
	static const size_t sizes[] = {CACHE_BYTES_L1, CACHE_BYTES_L2};
	double clock = MeasureClock();

	printf("# cache: best of %d; clock %.2f GHz; cycles8 is cycles per 8 elements\n", rounds * 10,
		   clock * 1e-9);
	for (int s = 0; s < 2; s++)
	{
		for (size_t k = 0; k < FLOAT_KERNELS; k++)
		{
			for (int d = 0; d < 2 && strstr(float_kernels[k].name, only) != NULL; d++)
			{
				for (size_t offset = 0; offset <= 16; offset += 16)
					MeasureCache(&float_kernels[k], dims[d], sizes[s], offset, clock);
			}
		}
	}
}

static void
MeasureBits(const char *name, Pass pass, size_t bits)
{
	Job like = {.kernel = name, .dims = bits / 8, .vector_bytes = bits / 8};
	uint8_t *memory = Allocate(CACHE_BYTES_L1);
	Jobs jobs = {.count = 0};
	double naive;

	for (size_t i = 0; i < CACHE_BYTES_L1; i++)
		memory[i] = (uint8_t) Random32();
	like.vectors = CACHE_BYTES_L1 / like.vector_bytes - 1;
	like.stride = 1;
	like.query = memory;
	like.data = memory + like.vector_bytes;
	AddLevels(&jobs, &like, VM_SIMD_SCALAR, pass);
	RunJobs(&jobs, rounds * 10);
	naive = jobs.job[jobs.count - 1].best;
	for (int k = 0; k < jobs.count; k++)
	{
		const Job *job = &jobs.job[k];

		printf("kernel=%s level=%s bits=%zu where=L1 ns=%.1f gbps=%.1f vs_naive=%.2f\n", name,
			   job->level, bits, job->best / (double) job->vectors * 1e9, Rate(job),
			   naive / job->best);
	}
	munmap(memory, CACHE_BYTES_L1);
}

static void
BenchBits(void)
{
	static const size_t bits[] = {128, 768, 1536, 4096, 16000};

	puts("# bits");
	for (size_t k = 0; k < sizeof(bits) / sizeof(bits[0]); k++)
		MeasureBits("bit_hamming", PassHamming, bits[k]);
	for (size_t k = 0; k < sizeof(bits) / sizeof(bits[0]); k++)
		MeasureBits("bit_jaccard", PassJaccard, bits[k]);
}

/* ------------------------------------------------------------------ sparse */

#define SPARSE_PAIRS  512 /* too many for the branch predictor to learn */

typedef struct SparseList
{
	int32_t *indices;
	float *values;
	size_t n;
} SparseList;

static SparseList sparse_few[SPARSE_PAIRS];
static SparseList sparse_many[SPARSE_PAIRS];

static SparseList
MakeSparse(size_t n, size_t universe)
{
	SparseList list = {malloc(n * sizeof(int32_t)), malloc(n * sizeof(float)), n};
	double gap = (double) universe / (double) n;
	double at = 0;

	for (size_t i = 0; i < n; i++)
	{
		/* Gaps of 0.1 to 1.9 of the mean: irregular, as words are. */
		at += gap * (0.1 + 1.8 * Random32() * 0x1p-32);
		list.indices[i] = (int32_t) at + (int32_t) i;
		list.values[i] = (float) ((int32_t) Random32() * 0x1p-31);
	}
	return list;
}

static float
NaiveSparseDot(const int32_t *ia, const float *va, size_t na, const int32_t *ib, const float *vb,
			   size_t nb)
{
	float sum = 0;
	size_t i = 0;
	size_t j = 0;

	while (i < na && j < nb)
	{
		if (ia[i] == ib[j])
			sum += va[i++] * vb[j++];
		else if (ia[i] < ib[j])
			i++;
		else
			j++;
	}
	return sum;
}

static const VmSimdKernels naive_sparse = {.name = "naive", .sparse_dot = NaiveSparseDot};

#define SPARSE_ARGUMENTS                                                                           \
	sparse_few[i].indices, sparse_few[i].values, sparse_few[i].n, sparse_many[i].indices,          \
		sparse_many[i].values, sparse_many[i].n

static double
PassSparseDot(const Job *job)
{
	double total = 0;

	for (int i = 0; i < SPARSE_PAIRS; i++)
		total += job->table->sparse_dot(SPARSE_ARGUMENTS);
	return total;
}

static double
PassSparseL2sq(const Job *job)
{
	double total = 0;

	for (int i = 0; i < SPARSE_PAIRS; i++)
		total += job->table->sparse_l2sq(SPARSE_ARGUMENTS);
	return total;
}

static void
BenchSparse(void)
{
	static const size_t sizes[][2] = {{32, 32},   {128, 128}, {64, 256}, {32, 256},   {16, 256},
									  {32, 1000}, {64, 4000}, {8, 4000}, {1000, 1000}};

	puts("# sparse: non-zeros of either side, of 30000 dimensions");
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
	{
		Job like = {.kernel = "sparse_dot"};
		Jobs jobs = {.count = 0};

		for (int i = 0; i < SPARSE_PAIRS; i++)
		{
			sparse_few[i] = MakeSparse(sizes[k][0], 30000);
			sparse_many[i] = MakeSparse(sizes[k][1], 30000);
		}
		for (int level = 0; level < VM_SIMD_LEVELS; level++)
		{
			const VmSimdKernels *table = VmSimdGet((VmSimdLevel) level);

			if (table == NULL)
				continue;
			AddJob(&jobs, &like, table->name, PassSparseDot, table);
			AddJob(&jobs, &like, table->name, PassSparseL2sq, table)->kernel = "sparse_l2sq";
		}
		AddJob(&jobs, &like, "naive", PassSparseDot, &naive_sparse);
		RunJobs(&jobs, rounds * 10);
		for (int j = 0; j < jobs.count; j++)
			printf("kernel=%s level=%s nnz=%zux%zu ns=%.1f vs_naive_dot=%.2f\n", jobs.job[j].kernel,
				   jobs.job[j].level, sizes[k][0], sizes[k][1],
				   jobs.job[j].best / SPARSE_PAIRS * 1e9,
				   jobs.job[jobs.count - 1].best / jobs.job[j].best);
		for (int i = 0; i < SPARSE_PAIRS; i++)
		{
			free(sparse_few[i].indices);
			free(sparse_few[i].values);
			free(sparse_many[i].indices);
			free(sparse_many[i].values);
		}
	}
}

int
main(int argc, char **argv)
{
	size_t quarter_free = (size_t) sysconf(_SC_AVPHYS_PAGES) / 4 * (size_t) sysconf(_SC_PAGESIZE);
	bool memory = false;
	bool cache = false;
	bool bits = false;
	bool sparse = false;

	memory_mb = quarter_free >> 20 < 1536 ? quarter_free >> 20 : 1536;
	for (int i = 1; i < argc; i++)
	{
		if (strncmp(argv[i], "--mb=", 5) == 0)
			memory_mb = strtoul(argv[i] + 5, NULL, 10);
		else if (strncmp(argv[i], "--rounds=", 9) == 0)
			rounds = atoi(argv[i] + 9);
		else if (strcmp(argv[i], "--huge") == 0)
			huge_pages = true;
		else if (strncmp(argv[i], "--only=", 7) == 0)
			only = argv[i] + 7;
		else if (strcmp(argv[i], "memory") == 0)
			memory = true;
		else if (strcmp(argv[i], "cache") == 0)
			cache = true;
		else if (strcmp(argv[i], "bits") == 0)
			bits = true;
		else if (strcmp(argv[i], "sparse") == 0)
			sparse = true;
		else
		{
			fprintf(stderr,
					"usage: %s [--mb=N] [--rounds=N] [--huge] [--only=NAME] [memory] "
					"[cache] [bits] [sparse]\n",
					argv[0]);
			return 2;
		}
	}
	if (VmSimdGet(VM_SIMD_AVX2) == NULL)
	{
		puts("bench/kernels needs AVX2 for the loops it compares with");
		return 0;
	}
	if (!memory && !cache && !bits && !sparse)
		memory = cache = bits = sparse = true;
	if (cache)
		BenchCache();
	if (bits)
		BenchBits();
	if (sparse)
		BenchSparse();
	if (memory)
		BenchMemory();
	return 0;
}

#endif
