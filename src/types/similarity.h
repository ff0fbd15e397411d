/*
 * similarity.h
 *		From sums to similarities, the same for dense and sparse.
 */
#ifndef VM_TYPES_SIMILARITY_H
#define VM_TYPES_SIMILARITY_H

#include <math.h>

/* Keeps rounding errors inside [-1, 1]; NaN stays NaN. */
static inline double
VmClampSimilarity(double similarity)
{
	return similarity > 1 ? 1 : similarity < -1 ? -1 : similarity;
}

/* 1 - dot / sqrt(aa * bb); NaN for a zero vector, as in pgvector. */
static inline double
VmCosineDistance(float dot, float aa, float bb)
{
	return 1 - VmClampSimilarity((double) dot / sqrt((double) aa * (double) bb));
}

#endif
