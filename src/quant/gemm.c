/*
 * gemm.c
 *		Matrix products without OpenBLAS: VmGemmPortable.
 */
#include "quant/gemm.h"

#include "simd/simd.h"

/* Rows of b whose bytes stay in the second-level cache over all rows of a. */
#define TILE_BYTES ((size_t) 256 * 1024)

void
VmGemmPortable(size_t a_rows, size_t b_rows, size_t dim, const float *a, const float *b, float *out)
{
	size_t tile = dim == 0 ? 1 : TILE_BYTES / (dim * sizeof(float));

	if (tile == 0)
		tile = 1;
	for (size_t start = 0; start < b_rows; start += tile)
	{
		size_t end = start + tile < b_rows ? start + tile : b_rows;

		for (size_t i = 0; i < a_rows; i++)
		{
			for (size_t j = start; j < end; j++)
				out[i * b_rows + j] = VmSimd->f32_dot(a + i * dim, b + j * dim, dim);
		}
	}
}
