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
#define STEP (8 * LANES)

/* A vector of float32 or float16, told apart by a constant. */
typedef struct Input
{
	const void *data;
	bool half;
} Input;

VM_SIMD_INLINE float32x4_t
Load(Input v, size_t i)
{
	if (v.half)
		return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const VmHalf *) v.data + i)));
	return vld1q_f32((const float *) v.data + i);
}

/* Elements i to i + n, n in 1 to 3, the other lanes zero. */
VM_SIMD_INLINE float32x4_t
LoadTail(Input v, size_t i, size_t n)
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

/* Where the block that starts at i ends: SIMD-4. */
VM_SIMD_INLINE size_t
BlockEnd(size_t i, size_t n, size_t step)
{
	size_t steps = (n - i) / step;

	return i + step * (steps < VM_SIMD_CHAIN ? steps : VM_SIMD_CHAIN);
}

/* Eight accumulators: two to four multiply-adds a cycle with a latency of four. */
VM_SIMD_INLINE float
Sum(Input a, Input b, size_t n, VmSimdTerm term)
{
	float32x4_t total = vdupq_n_f32(0);
	size_t i = 0;

	while (n - i >= STEP)
	{
		size_t end = BlockEnd(i, n, STEP);
		float32x4_t s[8];

		for (int k = 0; k < 8; k++)
			s[k] = vdupq_n_f32(0);
		for (; i < end; i += STEP)
		{
			s[0] = AddTerm(s[0], Load(a, i), Load(b, i), term);
			s[1] = AddTerm(s[1], Load(a, i + 4), Load(b, i + 4), term);
			s[2] = AddTerm(s[2], Load(a, i + 8), Load(b, i + 8), term);
			s[3] = AddTerm(s[3], Load(a, i + 12), Load(b, i + 12), term);
			s[4] = AddTerm(s[4], Load(a, i + 16), Load(b, i + 16), term);
			s[5] = AddTerm(s[5], Load(a, i + 20), Load(b, i + 20), term);
			s[6] = AddTerm(s[6], Load(a, i + 24), Load(b, i + 24), term);
			s[7] = AddTerm(s[7], Load(a, i + 28), Load(b, i + 28), term);
		}
		s[0] = vaddq_f32(vaddq_f32(s[0], s[1]), vaddq_f32(s[2], s[3]));
		s[4] = vaddq_f32(vaddq_f32(s[4], s[5]), vaddq_f32(s[6], s[7]));
		total = vaddq_f32(total, vaddq_f32(s[0], s[4]));
	}
	for (; n - i >= LANES; i += LANES)
		total = AddTerm(total, Load(a, i), Load(b, i), term);
	if (i < n)
		total = AddTerm(total, LoadTail(a, i, n - i), LoadTail(b, i, n - i), term);
	return vaddvq_f32(total);
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

VM_SIMD_INLINE CosineLanes
AddSums(CosineLanes x, CosineLanes y)
{
	x.dot = vaddq_f32(x.dot, y.dot);
	x.aa = vaddq_f32(x.aa, y.aa);
	x.bb = vaddq_f32(x.bb, y.bb);
	return x;
}

VM_SIMD_INLINE VmCosineSums
Cosine(Input a, Input b, size_t n)
{
	const float32x4_t zero = vdupq_n_f32(0);
	CosineLanes total = {zero, zero, zero};
	VmCosineSums result;
	size_t i = 0;

	while (n - i >= 4 * LANES)
	{
		size_t end = BlockEnd(i, n, 4 * LANES);
		CosineLanes s0 = {zero, zero, zero};
		CosineLanes s1 = s0;
		CosineLanes s2 = s0;
		CosineLanes s3 = s0;

		for (; i < end; i += 4 * LANES)
		{
			s0 = AddCosine(s0, Load(a, i), Load(b, i));
			s1 = AddCosine(s1, Load(a, i + 4), Load(b, i + 4));
			s2 = AddCosine(s2, Load(a, i + 8), Load(b, i + 8));
			s3 = AddCosine(s3, Load(a, i + 12), Load(b, i + 12));
		}
		total = AddSums(total, AddSums(AddSums(s0, s1), AddSums(s2, s3)));
	}
	for (; n - i >= LANES; i += LANES)
		total = AddCosine(total, Load(a, i), Load(b, i));
	if (i < n)
		total = AddCosine(total, LoadTail(a, i, n - i), LoadTail(b, i, n - i));
	result.dot = vaddvq_f32(total.dot);
	result.aa = vaddvq_f32(total.aa);
	result.bb = vaddvq_f32(total.bb);
	return result;
}

VM_SIMD_INLINE double
Sqnorm(Input v, size_t n)
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

static float
F32L2sq(const float *a, const float *b, size_t n)
{
	return Sum((Input){a, false}, (Input){b, false}, n, VM_TERM_L2SQ);
}

static float
F32Dot(const float *a, const float *b, size_t n)
{
	return Sum((Input){a, false}, (Input){b, false}, n, VM_TERM_DOT);
}

static float
F32L1(const float *a, const float *b, size_t n)
{
	return Sum((Input){a, false}, (Input){b, false}, n, VM_TERM_L1);
}

static VmCosineSums
F32Cosine(const float *a, const float *b, size_t n)
{
	return Cosine((Input){a, false}, (Input){b, false}, n);
}

static double
F32Sqnorm(const float *a, size_t n)
{
	return Sqnorm((Input){a, false}, n);
}

static float
F16L2sq(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Sum((Input){a, true}, (Input){b, true}, n, VM_TERM_L2SQ);
}

static float
F16Dot(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Sum((Input){a, true}, (Input){b, true}, n, VM_TERM_DOT);
}

static float
F16L1(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Sum((Input){a, true}, (Input){b, true}, n, VM_TERM_L1);
}

static VmCosineSums
F16Cosine(const VmHalf *a, const VmHalf *b, size_t n)
{
	return Cosine((Input){a, true}, (Input){b, true}, n);
}

static double
F16Sqnorm(const VmHalf *a, size_t n)
{
	return Sqnorm((Input){a, true}, n);
}

static void
F16ToF32(const VmHalf *in, float *out, size_t n)
{
	size_t i = 0;

	for (; n - i >= LANES; i += LANES)
		vst1q_f32(out + i, Load((Input){in, true}, i));
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
