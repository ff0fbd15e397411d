/*
 * gemm.h
 *		Matrix products, and the interface of the library vecmilvus_blas.so.
 *
 * The library exports one symbol, VM_BLAS_SYMBOL: a table of functions that
 * starts with a version.  It calls nothing back and raises nothing.
 */
#ifndef VM_QUANT_GEMM_H
#define VM_QUANT_GEMM_H

#include <stddef.h>
#include <stdint.h>

/*
 * out[i][j] = sum over d of a[i][d] * b[j][d]: the inner products of every row
 * of a with every row of b.  All three are dense and row after row; out has a
 * row for each of a's.
 */
typedef void (*VmGemm)(size_t a_rows, size_t b_rows, size_t dim, const float *a, const float *b,
					   float *out);

/* To be raised with every change of VmBlasFunctions. */
#define VM_BLAS_ABI    1

#define VM_BLAS_SYMBOL "vm_blas_functions"

typedef struct VmBlasFunctions
{
	uint32_t abi; /* VM_BLAS_ABI; first for good */
	VmGemm gemm;
	const char *(*describe)(void); /* OpenBLAS's version and kernel */
} VmBlasFunctions;

/* The same by the distance kernels: works everywhere, several times slower. */
extern void VmGemmPortable(size_t a_rows, size_t b_rows, size_t dim, const float *a, const float *b,
						   float *out);

#endif
