/*
 * kernels.h
 *		What the files of this folder share: the tables of the levels, and the
 *		kernels that a table takes from another file.
 *
 * Private to src/simd; everyone else includes simd.h.
 */
#ifndef VM_SIMD_KERNELS_H
#define VM_SIMD_KERNELS_H

#include "simd/simd.h"

#if defined(__x86_64__)
#define VM_SIMD_X86 1
#elif defined(__aarch64__) && defined(__ARM_NEON)
#define VM_SIMD_ARM 1
#endif

#define VM_SIMD_INLINE static inline __attribute__((always_inline))

/*
 * What one pair of elements adds to a sum.  The loops take it as a constant
 * argument, so each kernel is one call of an inlined skeleton.
 */
typedef enum VmSimdTerm
{
	VM_TERM_L2SQ,
	VM_TERM_DOT,
	VM_TERM_L1
} VmSimdTerm;

/*
 * SIMD-4: no accumulator takes more than this many terms.  A chain of k
 * additions of terms of one sign is off by at most k half ulps (6e-8), so 64,
 * the sum of the lanes and the halvings below stay well within the 1e-5 of the
 * contract, whatever the numbers.
 */
#define VM_SIMD_CHAIN 64

/*
 * Define a kernel of two vectors: `sum` computes it from a, b and n, for n up
 * to `most`; a longer vector is the sum of its halves.  Halves are multiples
 * of 64 elements, so only the end of a vector has a remainder.  The recursion
 * is a function of its own to keep the common case free of saved registers.
 */
#define VM_SIMD_HALF(n) ((n) / 2 / 64 * 64)

#define VM_SIMD_KERNEL(target, result, name, type, most, sum, add)                                 \
	target static result name(const type *a, const type *b, size_t n);                             \
                                                                                                   \
	static __attribute__((noinline)) result name##Halves(const type *a, const type *b, size_t n)   \
	{                                                                                              \
		size_t half = VM_SIMD_HALF(n);                                                             \
                                                                                                   \
		return add(name(a, b, half), name(a + half, b + half, n - half));                          \
	}                                                                                              \
                                                                                                   \
	target static result name(const type *a, const type *b, size_t n)                              \
	{                                                                                              \
		return n > (most) ? name##Halves(a, b, n) : sum;                                           \
	}

#define VM_SIMD_PAIR_KERNEL(target, name, type, most, sum)                                         \
	VM_SIMD_KERNEL(target, float, name, type, most, sum, VmSimdAddFloats)
#define VM_SIMD_COSINE_KERNEL(target, name, type, most, sum)                                       \
	VM_SIMD_KERNEL(target, VmCosineSums, name, type, most, sum, VmSimdAddCosine)

VM_SIMD_INLINE float
VmSimdAddFloats(float x, float y)
{
	return x + y;
}

VM_SIMD_INLINE VmCosineSums
VmSimdAddCosine(VmCosineSums x, VmCosineSums y)
{
	return (VmCosineSums) {x.dot + y.dot, x.aa + y.aa, x.bb + y.bb};
}

/* A vector of float32 or float16, told apart by a constant. */
typedef struct VmSimdInput
{
	const void *data;
	bool half;
} VmSimdInput;

#define VM_SIMD_F32(v) ((VmSimdInput) {(v), false})
#define VM_SIMD_F16(v) ((VmSimdInput) {(v), true})

extern const VmSimdKernels VmSimdScalarKernels;

extern uint64_t VmScalarBitHamming(const uint8_t *a, const uint8_t *b, size_t bytes);
extern VmJaccardCounts VmScalarBitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes);

extern float VmSparseL2sq(const int32_t *ia, const float *va, size_t na, const int32_t *ib,
						  const float *vb, size_t nb);
extern float VmSparseDot(const int32_t *ia, const float *va, size_t na, const int32_t *ib,
						 const float *vb, size_t nb);
extern float VmSparseL1(const int32_t *ia, const float *va, size_t na, const int32_t *ib,
						const float *vb, size_t nb);

#ifdef VM_SIMD_X86

#define VM_TARGET_AVX2 __attribute__((target("avx2,fma,f16c,popcnt")))
#define VM_TARGET_AVX512                                                                           \
	__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c,popcnt")))
#define VM_TARGET_AVX512_POPCNT                                                                    \
	__attribute__((                                                                                \
		target("avx512vpopcntdq,avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c,popcnt")))

extern const VmSimdKernels VmSimdAvx2Kernels;
extern const VmSimdKernels VmSimdAvx512Kernels;
/* The same level on a CPU with VPOPCNTDQ: other bit kernels. */
extern const VmSimdKernels VmSimdAvx512PopcntKernels;

extern void VmAvx2F16ToF32(const VmHalf *in, float *out, size_t n);
extern void VmAvx2F32ToF16(const float *in, VmHalf *out, size_t n);
extern bool VmAvx2F32AllFinite(const float *a, size_t n);
extern bool VmAvx2F16AllFinite(const VmHalf *a, size_t n);
extern uint64_t VmAvx2BitHamming(const uint8_t *a, const uint8_t *b, size_t bytes);
extern VmJaccardCounts VmAvx2BitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes);

extern float VmAvx2SparseDot(const int32_t *ia, const float *va, size_t na, const int32_t *ib,
							 const float *vb, size_t nb);

extern uint64_t VmAvx512BitHamming(const uint8_t *a, const uint8_t *b, size_t bytes);
extern VmJaccardCounts VmAvx512BitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes);

#endif

#ifdef VM_SIMD_ARM

#define VM_TARGET_NEON /* nothing beyond the base architecture */

extern const VmSimdKernels VmSimdNeonKernels;

#endif

#endif
