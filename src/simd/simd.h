/*
 * simd.h
 *		Distance kernels and the one table through which they are called.
 *
 *		float d = VmSimd->f32_l2sq(a, b, dim);
 *
 * Every level (scalar, avx2, avx512, neon) fills the same table.  VmSimdInit
 * picks the best one that the CPU and the operating system support; before it
 * runs the table is the scalar one, so VmSimd is never NULL.
 *
 * Contract of every kernel:
 *	- pointers need only the alignment of their element type; n may be 0;
 *	- nothing is read past the last element (a vector may end a page);
 *	- integers are the same on every level; floats agree within 1e-5 relative
 *	  to the sum of the magnitudes of the terms;
 *	- float32 accumulation: an overflow gives infinity (or NaN where pgvector
 *	  gives NaN), never an error.
 *
 * Plain C; depends on src/core only.
 */
#ifndef VM_SIMD_SIMD_H
#define VM_SIMD_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/f16.h"

typedef enum VmSimdLevel
{
	VM_SIMD_SCALAR,
	VM_SIMD_AVX2,   /* AVX2 + FMA + F16C + POPCNT */
	VM_SIMD_AVX512, /* AVX-512 F+BW+VL+DQ; VPOPCNTDQ where the CPU has it */
	VM_SIMD_NEON
} VmSimdLevel;

#define VM_SIMD_LEVELS 4

/* The three sums of a cosine: similarity = dot / sqrt(aa * bb). */
typedef struct VmCosineSums
{
	float dot;
	float aa;
	float bb;
} VmCosineSums;

/* Bits set in a, in b, and in both. */
typedef struct VmJaccardCounts
{
	uint64_t both;
	uint64_t a;
	uint64_t b;
} VmJaccardCounts;

typedef struct VmSimdKernels
{
	VmSimdLevel level;
	const char *name; /* as in the setting vecmilvus.simd */

	/* float32: sum (a-b)^2, sum a*b, cosine sums, sum |a-b| */
	float (*f32_l2sq)(const float *a, const float *b, size_t n);
	float (*f32_dot)(const float *a, const float *b, size_t n);
	VmCosineSums (*f32_cosine)(const float *a, const float *b, size_t n);
	float (*f32_l1)(const float *a, const float *b, size_t n);
	/* sum a^2, accumulated in double: the norm functions' precision */
	double (*f32_sqnorm)(const float *a, size_t n);

	/* float16, accumulated in float32 (f16_sqnorm in double) */
	float (*f16_l2sq)(const VmHalf *a, const VmHalf *b, size_t n);
	float (*f16_dot)(const VmHalf *a, const VmHalf *b, size_t n);
	VmCosineSums (*f16_cosine)(const VmHalf *a, const VmHalf *b, size_t n);
	float (*f16_l1)(const VmHalf *a, const VmHalf *b, size_t n);
	double (*f16_sqnorm)(const VmHalf *a, size_t n);

	/* conversions: nearest even, overflow to infinity, like core/f16.h */
	void (*f16_to_f32)(const VmHalf *in, float *out, size_t n);
	void (*f32_to_f16)(const float *in, VmHalf *out, size_t n);

	/* true when every element is finite: the check after arithmetic */
	bool (*f32_all_finite)(const float *a, size_t n);
	bool (*f16_all_finite)(const VmHalf *a, size_t n);

	/* bit strings, in whole bytes; padding bits are zero in both */
	uint64_t (*bit_hamming)(const uint8_t *a, const uint8_t *b, size_t bytes);
	VmJaccardCounts (*bit_jaccard)(const uint8_t *a, const uint8_t *b, size_t bytes);

	/* sparse: ascending unique indices, na and nb elements */
	float (*sparse_l2sq)(const int32_t *ia, const float *va, size_t na, const int32_t *ib,
						 const float *vb, size_t nb);
	float (*sparse_dot)(const int32_t *ia, const float *va, size_t na, const int32_t *ib,
						const float *vb, size_t nb);
	float (*sparse_l1)(const int32_t *ia, const float *va, size_t na, const int32_t *ib,
					   const float *vb, size_t nb);
} VmSimdKernels;

/* The table in use.  Set by VmSimdInit and VmSimdSelect only. */
extern const VmSimdKernels *VmSimd;

/* Picks the best supported level. */
extern void VmSimdInit(void);

/* Table of a level, or NULL when this build or this CPU does not have it. */
extern const VmSimdKernels *VmSimdGet(VmSimdLevel level);

/* Uses a level; false, and nothing changed, when it is not supported. */
extern bool VmSimdSelect(VmSimdLevel level);

#endif
