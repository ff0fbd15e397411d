/*
 * limits.h
 *		Limits of the types, the same as pgvector's.
 */
#ifndef VM_CORE_LIMITS_H
#define VM_CORE_LIMITS_H

#define VM_VECTOR_MAX_DIM    16000
#define VM_HALFVEC_MAX_DIM   16000
#define VM_SPARSEVEC_MAX_DIM 1000000000
#define VM_SPARSEVEC_MAX_NNZ 16000

#endif
