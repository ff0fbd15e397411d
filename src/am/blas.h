/*
 * blas.h
 *		Matrix products for index builds: OpenBLAS where it is installed.
 *
 * OpenBLAS is not in a minimal PostgreSQL image and its constructor may start
 * threads, so it is linked by a library of its own, vecmilvus_blas.so, which a
 * backend or worker loads when it first builds an index, from the directory of
 * vecmilvus.so.  Where that library or OpenBLAS is missing the distance kernels
 * do the same work in several times the time; DEBUG1 says which it is.
 */
#ifndef VM_AM_BLAS_H
#define VM_AM_BLAS_H

#include "compat/compat.h"

#include "quant/gemm.h"

/* Never NULL.  The choice is made once a process. */
extern VmGemm VmBlasGemm(void);

/* What VmBlasGemm returned, for a message. */
extern const char *VmBlasDescribe(void);

#endif
