/*
 * simd.c
 *		Which level the CPU and the operating system support, and the table in
 *		use: VmSimdInit, VmSimdGet, VmSimdSelect.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_X86
#include <cpuid.h>
#endif

const VmSimdKernels *VmSimd = &VmSimdScalarKernels;

#ifdef VM_SIMD_X86

/* State that the operating system must save: SSE and AVX, and AVX-512's three. */
#define XCR0_AVX    0x06u
#define XCR0_AVX512 0xE6u

typedef struct CpuFeatures
{
	bool avx2;
	bool avx512;
	bool vpopcntdq;
} CpuFeatures;

static bool
HasAll(uint32_t bits, uint32_t wanted)
{
	return (bits & wanted) == wanted;
}

/* Legal only when cpuid reports OSXSAVE. */
static uint32_t
ReadXcr0(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

static CpuFeatures
DetectCpu(void)
{
	const uint32_t leaf1_bits = bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C | bit_POPCNT;
	const uint32_t avx512_bits = bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ;
	CpuFeatures cpu = {false, false, false};
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
	uint32_t xcr0;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !HasAll(ecx, leaf1_bits))
		return cpu;
	xcr0 = ReadXcr0();
	if (!HasAll(xcr0, XCR0_AVX) || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx))
		return cpu;

	cpu.avx2 = HasAll(ebx, bit_AVX2);
	cpu.avx512 = cpu.avx2 && HasAll(ebx, avx512_bits) && HasAll(xcr0, XCR0_AVX512);
	cpu.vpopcntdq = cpu.avx512 && HasAll(ecx, bit_AVX512VPOPCNTDQ);
	return cpu;
}

static const VmSimdKernels *
GetX86(VmSimdLevel level)
{
	CpuFeatures cpu = DetectCpu();

	if (level == VM_SIMD_AVX2 && cpu.avx2)
		return &VmSimdAvx2Kernels;
	if (level == VM_SIMD_AVX512 && cpu.avx512)
		return cpu.vpopcntdq ? &VmSimdAvx512PopcntKernels : &VmSimdAvx512Kernels;
	return NULL;
}

#endif

const VmSimdKernels *
VmSimdGet(VmSimdLevel level)
{
	if (level == VM_SIMD_SCALAR)
		return &VmSimdScalarKernels;
#ifdef VM_SIMD_X86
	return GetX86(level);
#elif defined(VM_SIMD_ARM)
	/* Part of every 64-bit ARM CPU. */
	return level == VM_SIMD_NEON ? &VmSimdNeonKernels : NULL;
#else
	return NULL;
#endif
}

bool
VmSimdSelect(VmSimdLevel level)
{
	const VmSimdKernels *kernels = VmSimdGet(level);

	if (kernels == NULL)
		return false;
	VmSimd = kernels;
	return true;
}

void
VmSimdInit(void)
{
	for (int level = VM_SIMD_LEVELS - 1; level >= 0; level--)
	{
		if (VmSimdSelect((VmSimdLevel) level))
			return;
	}
}
