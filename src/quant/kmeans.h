/*
 * kmeans.h
 *		k-means in the steps that a build spreads over processes and over batches
 *		of rows that do not fit in memory together.
 *
 *		VmKmeansSeed(&model, rows, n, ...);				// k-means++
 *		repeat:
 *			VmKmeansPrepare(&model);
 *			VmKmeansAssign(&model, gemm, batch, n, ...);	// each batch
 *			VmKmeansAccumulate(&model, batch, n, ..., sums, counts);
 *			VmKmeansUpdate(&model, sums, counts, &random);
 *
 * VmKmeans does all of it for rows that are in memory.
 *
 * The nearest centroid is the one with the greatest score x.c - bias, where bias
 * is |c|^2 / 2 for Euclidean distance (the order of |x - c|^2) and 0 for unit
 * centroids and inner products.  Ties go to the lowest number, so equal rows are
 * always assigned alike.  Bit strings are compared by Hamming distance and their
 * centroids are rounded.
 *
 * Plain C; allocates nothing: every buffer is the caller's.
 */
#ifndef VM_QUANT_KMEANS_H
#define VM_QUANT_KMEANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quant/gemm.h"

typedef enum VmKmeansKind
{
	VM_KMEANS_L2,        /* float rows, means */
	VM_KMEANS_SPHERICAL, /* float rows, means brought to length one */
	VM_KMEANS_BIT        /* bytes of bits */
} VmKmeansKind;

/*
 * Called every now and then by all that may take long: a tile of products, a
 * seed, a row of bits.  May leave by a longjmp: nothing is held meanwhile.
 */
typedef void (*VmKmeansInterrupt)(void *opaque);

typedef struct VmKmeansModel
{
	VmKmeansKind kind;
	size_t dim;      /* elements, or bits */
	size_t row_size; /* bytes of a row and of a centroid: VmKmeansRowSize */
	size_t count;    /* centroids */
	void *centroids;
	float *bias;                 /* one a centroid; set by VmKmeansPrepare; not for bits */
	VmKmeansInterrupt interrupt; /* or NULL */
	void *opaque;                /* for it */
} VmKmeansModel;

static inline size_t
VmKmeansRowSize(VmKmeansKind kind, size_t dim)
{
	return kind == VM_KMEANS_BIT ? (dim + 7) / 8 : dim * sizeof(float);
}

/* xorshift128+; seeded, so that the same rows give the same centroids. */
typedef struct VmKmeansRandom
{
	uint64_t state[2];
} VmKmeansRandom;

extern void VmKmeansRandomInit(VmKmeansRandom *random, uint64_t seed);
extern double VmKmeansRandomDouble(VmKmeansRandom *random); /* [0, 1) */

/* Floats that VmKmeansAssign needs to work in. */
#define VM_KMEANS_TILE_ROWS      ((size_t) 256)
#define VM_KMEANS_TILE_CENTROIDS ((size_t) 512)
#define VM_KMEANS_SCRATCH        (VM_KMEANS_TILE_ROWS * VM_KMEANS_TILE_CENTROIDS)

/* To be called whenever centroids have changed. */
extern void VmKmeansPrepare(VmKmeansModel *model);

/*
 * Number of the nearest centroid of each row, and, when loss is not NULL, adds
 * to it how far rows are: |x - c|^2 / 2, which for unit rows and centroids is
 * 1 - x.c, or Hamming distances; summed.
 */
extern void VmKmeansAssign(const VmKmeansModel *model, VmGemm gemm, const void *rows, size_t n,
						   float *scratch, uint32_t *nearest, double *loss);

/* sums: dim floats a centroid; counts: rows. */
extern void VmKmeansAccumulate(const VmKmeansModel *model, const void *rows, size_t n,
							   const uint32_t *nearest, float *sums, uint64_t *counts);

/*
 * Centroids from sums, finite whatever they are.  One without rows takes half of
 * the largest cluster: both halves start beside its mean.
 */
extern void
VmKmeansUpdate(VmKmeansModel *model, const float *sums, uint64_t *counts, VmKmeansRandom *random);

/*
 * Rows to choose seeds among: enough that no well-separated cluster is missing
 * from them; more take time and hardly help.
 */
static inline size_t
VmKmeansSeedRows(size_t count)
{
	return 4 * count < 2048 ? 2048 : 4 * count;
}

/*
 * k-means++: chooses model->count rows, far ones more likely.  Returns how many
 * different rows it found; the rest of the centroids is left to
 * VmKmeansRandomCentroids.  distances: n floats.
 */
extern size_t VmKmeansSeed(VmKmeansModel *model, const void *rows, size_t n, float *distances,
						   VmKmeansRandom *random);

/*
 * Centroids from `first` on at random: what an index over an empty table starts
 * with, and what is left when there are fewer different rows than centroids.
 */
extern void VmKmeansRandomCentroids(VmKmeansModel *model, size_t first, VmKmeansRandom *random);

/* Rows, sums, counts and so on for VmKmeans; all the caller's. */
typedef struct VmKmeansWork
{
	float *scratch;    /* VM_KMEANS_SCRATCH */
	uint32_t *nearest; /* n */
	float *distances;  /* n */
	float *sums;       /* count * dim */
	uint64_t *counts;  /* count */
} VmKmeansWork;

/*
 * Seeds and iterates until the loss falls by less than a thousandth.  Changes
 * the order of the rows.
 */
extern void VmKmeans(VmKmeansModel *model, VmGemm gemm, void *rows, size_t n, int max_iterations,
					 const VmKmeansWork *work, VmKmeansRandom *random);

#endif
