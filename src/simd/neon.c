/*
 * neon.c
 *		64-bit ARM: every kernel with the instructions of the base architecture.
 *
 * float16 is widened with FCVTL, which every such CPU has; the optional float16
 * arithmetic would round the sums.
 *
 * Plain C; depends on src/core only.
 */
#include "simd/kernels.h"

#ifdef VM_SIMD_ARM
#include <arm_neon.h>

#define LANES 4
#define STEP  (4 * LANES)
#define MOST  (STEP * VM_SIMD_CHAIN)

VM_SIMD_INLINE float32x4_t
Load(VmSimdInput v, size_t i)
{
	if (v.half)
		return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const VmHalf *) v.data + i)));
	return vld1q_f32((const float *) v.data + i);
}

/* Elements i to i + n, n in 1 to 3, the other lanes zero. */
VM_SIMD_INLINE float32x4_t
LoadTail(VmSimdInput v, size_t i, size_t n)
{
	const float *floats = (const float *) v.data + i;
	const VmHalf *halves = (const VmHalf *) v.data + i;
	float32x4_t result = vdupq_n_f32(0);
	uint16x4_t bits = vdup_n_u16(0);

	if (v.half)
	{
		bits = vld1_lane_u16(halves, bits, 0);
		if (n > 1)
			bits = vld1_lane_u16(halves + 1, bits, 1);
		if (n > 2)
			bits = vld1_lane_u16(halves + 2, bits, 2);
		return vcvt_f32_f16(vreinterpret_f16_u16(bits));
	}
	result = vld1q_lane_f32(floats, result, 0);
	if (n > 1)
		result = vld1q_lane_f32(floats + 1, result, 1);
	if (n > 2)
		result = vld1q_lane_f32(floats + 2, result, 2);
	return result;
}

VM_SIMD_INLINE float32x4_t
AddTerm(float32x4_t sum, float32x4_t a, float32x4_t b, VmSimdTerm term)
{
	float32x4_t difference;

	if (term == VM_TERM_DOT)
		return vfmaq_f32(sum, a, b);
	difference = vsubq_f32(a, b);
	if (term == VM_TERM_L2SQ)
		return vfmaq_f32(sum, difference, difference);
	return vaddq_f32(sum, vabsq_f32(difference));
}

VM_SIMD_INLINE float32x4_t
AddFour(float32x4_t s0, float32x4_t s1, float32x4_t s2, float32x4_t s3)
{
	return vaddq_f32(vaddq_f32(s0, s1), vaddq_f32(s2, s3));
}

/* Eight accumulators: two to four multiply-adds a cycle with a latency of four. */
VM_SIMD_INLINE float
Sum(VmSimdInput a, VmSimdInput b, size_t n, VmSimdTerm term)
{
	float32x4_t s0 = vdupq_n_f32(0);
	float32x4_t s1 = s0;
	float32x4_t s2 = s0;
	float32x4_t s3 = s0;
	float32x4_t s4 = s0;
	float32x4_t s5 = s0;
	float32x4_t s6 = s0;
	float32x4_t s7 = s0;
	size_t i = 0;

	for (; n - i >= 2 * STEP; i += 2 * STEP)
	{
		s0 = AddTerm(s0, Load(a, i), Load(b, i), term);
		s1 = AddTerm(s1, Load(a, i + 4), Load(b, i + 4), term);
		s2 = AddTerm(s2, Load(a, i + 8), Load(b, i + 8), term);
		s3 = AddTerm(s3, Load(a, i + 12), Load(b, i + 12), term);
		s4 = AddTerm(s4, Load(a, i + 16), Load(b, i + 16), term);
		s5 = AddTerm(s5, Load(a, i + 20), Load(b, i + 20), term);
		s6 = AddTerm(s6, Load(a, i + 24), Load(b, i + 24), term);
		s7 = AddTerm(s7, Load(a, i + 28), Load(b, i + 28), term);
	}
	for (; n - i >= LANES; i += LANES)
		s0 = AddTerm(s0, Load(a, i), Load(b, i), term);
	if (i < n)
		s1 = AddTerm(s1, LoadTail(a, i, n - i), LoadTail(b, i, n - i), term);
	return vaddvq_f32(vaddq_f32(AddFour(s0, s1, s2, s3), AddFour(s4, s5, s6, s7)));
}

typedef struct CosineLanes
{
	float32x4_t dot;
	float32x4_t aa;
	float32x4_t bb;
} CosineLanes;

VM_SIMD_INLINE CosineLanes
AddCosine(CosineLanes sums, float32x4_t a, float32x4_t b)
{
	sums.dot = vfmaq_f32(sums.dot, a, b);
	sums.aa = vfmaq_f32(sums.aa, a, a);
	sums.bb = vfmaq_f32(sums.bb, b, b);
	return sums;
}

VM_SIMD_INLINE VmCosineSums
Cosine(VmSimdInput a, VmSimdInput b, size_t n)
{
	const float32x4_t zero = vdupq_n_f32(0);
	CosineLanes s0 = {zero, zero, zero};
	CosineLanes s1 = s0;
	CosineLanes s2 = s0;
	CosineLanes s3 = s0;
	size_t i = 0;

	for (; n - i >= STEP; i += STEP)
	{
		s0 = AddCosine(s0, Load(a, i), Load(b, i));
		s1 = AddCosine(s1, Load(a, i + 4), Load(b, i + 4));
		s2 = AddCosine(s2, Load(a, i + 8), Load(b, i + 8));
		s3 = AddCosine(s3, Load(a, i + 12), Load(b, i + 12));
	}
	for (; n - i >= LANES; i += LANES)
		s0 = AddCosine(s0, Load(a, i), Load(b, i));
	if (i < n)
		s1 = AddCosine(s1, LoadTail(a, i, n - i), LoadTail(b, i, n - i));
	return (VmCosineSums) {vaddvq_f32(AddFour(s0.dot, s1.dot, s2.dot, s3.dot)),
						   vaddvq_f32(AddFour(s0.aa, s1.aa, s2.aa, s3.aa)),
						   vaddvq_f32(AddFour(s0.bb, s1.bb, s2.bb, s3.bb))};
}

VM_SIMD_INLINE double
Sqnorm(VmSimdInput v, size_t n)
{
	float64x2_t even = vdupq_n_f64(0);
	float64x2_t odd = even;

	for (size_t i = 0; i < n; i += LANES)
	{
		float32x4_t floats = n - i >= LANES ? Load(v, i) : LoadTail(v, i, n - i);
		float64x2_t low = vcvt_f64_f32(vget_low_f32(floats));
		float64x2_t high = vcvt_high_f64_f32(floats);

		even = vfmaq_f64(even, low, low);
		odd = vfmaq_f64(odd, high, high);
	}
	return vaddvq_f64(vaddq_f64(even, odd));
}

VM_SIMD_PAIR_KERNEL(VM_TARGET_NEON, F32L2sq, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_L2SQ))
VM_SIMD_PAIR_KERNEL(VM_TARGET_NEON, F32Dot, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_DOT))
VM_SIMD_PAIR_KERNEL(VM_TARGET_NEON, F32L1, float, MOST,
					Sum(VM_SIMD_F32(a), VM_SIMD_F32(b), n, VM_TERM_L1))
VM_SIMD_COSINE_KERNEL(VM_TARGET_NEON, F32Cosine, float, MOST,
					  Cosine(VM_SIMD_F32(a), VM_SIMD_F32(b), n))
VM_SIMD_PAIR_KERNEL(VM_TARGET_NEON, F16L2sq, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_L2SQ))
VM_SIMD_PAIR_KERNEL(VM_TARGET_NEON, F16Dot, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_DOT))
VM_SIMD_PAIR_KERNEL(VM_TARGET_NEON, F16L1, VmHalf, MOST,
					Sum(VM_SIMD_F16(a), VM_SIMD_F16(b), n, VM_TERM_L1))
VM_SIMD_COSINE_KERNEL(VM_TARGET_NEON, F16Cosine, VmHalf, MOST,
					  Cosine(VM_SIMD_F16(a), VM_SIMD_F16(b), n))

static double
F32Sqnorm(const float *a, size_t n)
{
	return Sqnorm(VM_SIMD_F32(a), n);
}

static double
F16Sqnorm(const VmHalf *a, size_t n)
{
	return Sqnorm(VM_SIMD_F16(a), n);
}

static void
F16ToF32(const VmHalf *in, float *out, size_t n)
{
	size_t i = 0;

	for (; n - i >= LANES; i += LANES)
		vst1q_f32(out + i, Load(VM_SIMD_F16(in), i));
	for (; i < n; i++)
		out[i] = VmHalfToFloat(in[i]);
}

static void
F32ToF16(const float *in, VmHalf *out, size_t n)
{
	size_t i = 0;

	for (; n - i >= LANES; i += LANES)
		vst1_u16(out + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(in + i))));
	for (; i < n; i++)
		out[i] = VmFloatToHalf(in[i]);
}

/* The scalar kernels' test: the largest magnitude, read as an integer. */
static bool
F32AllFinite(const float *a, size_t n)
{
	uint32x4_t largest = vdupq_n_u32(0);
	size_t i = 0;

	for (; n - i >= 4; i += 4)
	{
		uint32x4_t bits = vreinterpretq_u32_f32(vld1q_f32(a + i));

		largest = vmaxq_u32(largest, vbicq_u32(bits, vdupq_n_u32(0x80000000)));
	}
	return vmaxvq_u32(largest) < 0x7F800000 && VmSimdScalarKernels.f32_all_finite(a + i, n - i);
}

static bool
F16AllFinite(const VmHalf *a, size_t n)
{
	uint16x8_t largest = vdupq_n_u16(0);
	size_t i = 0;

	for (; n - i >= 8; i += 8)
		largest = vmaxq_u16(largest, vbicq_u16(vld1q_u16(a + i), vdupq_n_u16(0x8000)));
	return vmaxvq_u16(largest) < 0x7C00 && VmSimdScalarKernels.f16_all_finite(a + i, n - i);
}

/* Adds the bits of 16 bytes to two 64-bit sums. */
VM_SIMD_INLINE uint64x2_t
AddCount(uint64x2_t sum, uint8x16_t bits)
{
	return vpadalq_u32(sum, vpaddlq_u16(vpaddlq_u8(vcntq_u8(bits))));
}

static uint64_t
BitHamming(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	uint64x2_t sum = vdupq_n_u64(0);
	size_t i = 0;

	for (; bytes - i >= 16; i += 16)
		sum = AddCount(sum, veorq_u8(vld1q_u8(a + i), vld1q_u8(b + i)));
	return vaddvq_u64(sum) + VmScalarBitHamming(a + i, b + i, bytes - i);
}

static VmJaccardCounts
BitJaccard(const uint8_t *a, const uint8_t *b, size_t bytes)
{
	uint64x2_t both = vdupq_n_u64(0);
	uint64x2_t sum_a = both;
	uint64x2_t sum_b = both;
	VmJaccardCounts counts;
	size_t i = 0;

	for (; bytes - i >= 16; i += 16)
	{
		uint8x16_t bits_a = vld1q_u8(a + i);
		uint8x16_t bits_b = vld1q_u8(b + i);

		both = AddCount(both, vandq_u8(bits_a, bits_b));
		sum_a = AddCount(sum_a, bits_a);
		sum_b = AddCount(sum_b, bits_b);
	}
	counts = VmScalarBitJaccard(a + i, b + i, bytes - i);
	counts.both += vaddvq_u64(both);
	counts.a += vaddvq_u64(sum_a);
	counts.b += vaddvq_u64(sum_b);
	return counts;
}

const VmSimdKernels VmSimdNeonKernels = {
	.level = VM_SIMD_NEON,
	.name = "neon",
	.f32_l2sq = F32L2sq,
	.f32_dot = F32Dot,
	.f32_cosine = F32Cosine,
	.f32_l1 = F32L1,
	.f32_sqnorm = F32Sqnorm,
	.f16_l2sq = F16L2sq,
	.f16_dot = F16Dot,
	.f16_cosine = F16Cosine,
	.f16_l1 = F16L1,
	.f16_sqnorm = F16Sqnorm,
	.f16_to_f32 = F16ToF32,
	.f32_to_f16 = F32ToF16,
	.f32_all_finite = F32AllFinite,
	.f16_all_finite = F16AllFinite,
	.bit_hamming = BitHamming,
	.bit_jaccard = BitJaccard,
	.sparse_l2sq = VmSparseL2sq,
	.sparse_dot = VmSparseDot,
	.sparse_l1 = VmSparseL1,
};

#endif
