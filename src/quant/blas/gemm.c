/*
 * gemm.c
 *		vecmilvus_blas.so: matrix products by OpenBLAS, with one thread.
 *
 * Parallelism is the server's: each of its processes multiplies its own share.
 * The one symbol that leaves the library is the table at the end.
 */
#include <cblas.h>

#include "quant/gemm.h"

static void
Gemm(size_t a_rows, size_t b_rows, size_t dim, const float *a, const float *b, float *out)
{
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (blasint) a_rows, (blasint) b_rows,
				(blasint) dim, 1, a, (blasint) dim, b, (blasint) dim, 0, out, (blasint) b_rows);
}

static const char *
Describe(void)
{
	return openblas_get_config();
}

/* Declared here alone: others find it by its name. */
extern __attribute__((visibility("default"))) const VmBlasFunctions vm_blas_functions;

const VmBlasFunctions vm_blas_functions = {
	.abi = VM_BLAS_ABI,
	.gemm = Gemm,
	.describe = Describe,
};
