/*
 * simd_test.h
 *		What the tests of src/simd share: random numbers, memory with a guard
 *		page on either side, and a loop over the levels that this CPU has.
 */
#ifndef VM_TEST_SIMD_TEST_H
#define VM_TEST_SIMD_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "simd/simd.h"
#include "unit.h"

static const char *const simd_test_names[VM_SIMD_LEVELS] = {"scalar", "avx2", "avx512", "neon"};

/* A multiplicative congruential generator (Lehmer, 128 bits): upper half. */
static unsigned __int128 simd_test_state = 0x9E3779B97F4A7C15u;

static inline uint64_t
Random64(void)
{
	simd_test_state *= ((unsigned __int128) 0x12E15E35B500F16Eu << 64) | 0x2E714EB2B37916A5u;
	return (uint64_t) (simd_test_state >> 64);
}

static inline uint32_t
Random32(void)
{
	return (uint32_t) (Random64() >> 32);
}

static inline size_t
RandomBelow(size_t limit)
{
	return Random64() % limit;
}

static inline float
FloatFromBits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static inline uint32_t
BitsFromFloat(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

/*
 * Memory between two pages that may not be touched.  A kernel that reads (or
 * writes) one byte past either end dies of SIGSEGV.
 */
typedef struct Guarded
{
	uint8_t *start;
	uint8_t *end;
} Guarded;

static inline Guarded
GuardedAlloc(size_t bytes)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);
	size_t inner = (bytes + page - 1) / page * page;
	uint8_t *map = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + page, inner, PROT_READ | PROT_WRITE) != 0)
	{
		perror("mmap");
		exit(2);
	}
	return (Guarded) {map + page, map + page + inner};
}

typedef enum GuardedPlace
{
	AT_START,
	AT_END
} GuardedPlace;

static inline void *
GuardedAt(Guarded memory, GuardedPlace place, size_t bytes)
{
	return place == AT_START ? memory.start : memory.end - bytes;
}

/* Runs a test for each level there is, and says which are not. */
static inline void
ForEachLevel(const char *what, void (*test)(const VmSimdKernels *kernels))
{
	for (int level = 0; level < VM_SIMD_LEVELS; level++)
	{
		const VmSimdKernels *kernels = VmSimdGet((VmSimdLevel) level);
		char name[100];

		snprintf(name, sizeof(name), "%s: %s", simd_test_names[level], what);
		if (kernels == NULL)
		{
			UnitSkip(name, "not in this build or not on this CPU");
			continue;
		}
		test(kernels);
		UnitReport(name);
	}
}

#endif
