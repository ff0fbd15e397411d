/*
 * kmeans.c
 *		The steps of k-means: VmKmeans....
 */
#include "quant/kmeans.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "simd/simd.h"

/* Iterations end when the loss falls by less than this share. */
#define CONVERGED 0.001

/*
 * How far the two halves of a split cluster start from each other: by this share,
 * and, as a centroid of zeros has none, by so much.
 */
#define SPLIT      1e-3f
#define SPLIT_ZERO 1e-10f

static inline void
ServeInterrupts(const VmKmeansModel *model)
{
	if (model->interrupt != NULL)
		model->interrupt(model->opaque);
}

static inline const float *
FloatRow(const VmKmeansModel *model, const void *rows, size_t i)
{
	return (const float *) rows + i * model->dim;
}

static inline const uint8_t *
BitRow(const VmKmeansModel *model, const void *rows, size_t i)
{
	return (const uint8_t *) rows + i * model->row_size;
}

static inline float *
FloatCentroid(const VmKmeansModel *model, size_t j)
{
	return (float *) model->centroids + j * model->dim;
}

static inline uint8_t *
BitCentroid(const VmKmeansModel *model, size_t j)
{
	return (uint8_t *) model->centroids + j * model->row_size;
}

/* -------------------------------------------------------------------- random */

static uint64_t
Next(VmKmeansRandom *random)
{
	uint64_t a = random->state[0];
	uint64_t b = random->state[1];

	random->state[0] = b;
	a ^= a << 23;
	a ^= a >> 17;
	a ^= b ^ (b >> 26);
	random->state[1] = a;
	return a + b;
}

/* splitmix64 spreads a small seed over the state. */
static uint64_t
Spread(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

void
VmKmeansRandomInit(VmKmeansRandom *random, uint64_t seed)
{
	random->state[0] = Spread(&seed);
	random->state[1] = Spread(&seed) | 1;
}

double
VmKmeansRandomDouble(VmKmeansRandom *random)
{
	return (double) (Next(random) >> 11) * (1.0 / (double) (UINT64_C(1) << 53));
}

/* ---------------------------------------------------------------- assignment */

void
VmKmeansPrepare(VmKmeansModel *model)
{
	if (model->kind == VM_KMEANS_BIT)
		return;
	for (size_t j = 0; j < model->count; j++)
		model->bias[j] = model->kind == VM_KMEANS_SPHERICAL ?
							 0 :
							 (float) (VmSimd->f32_sqnorm(FloatCentroid(model, j), model->dim) / 2);
}

/* Keeps the best of a tile's scores: strictly greater, so the lowest number. */
static void
KeepBest(const float *scores, const float *bias, size_t count, size_t first, float *best,
		 uint32_t *nearest)
{
	float greatest = *best;
	uint32_t where = *nearest;

	for (size_t j = 0; j < count; j++)
	{
		float score = scores[j] - bias[j];

		if (score > greatest)
		{
			greatest = score;
			where = (uint32_t) (first + j);
		}
	}
	*best = greatest;
	*nearest = where;
}

/*
 * |x - c|^2 / 2 of each row, summed.  Rounding may take it below 0 where a row is
 * its centroid.
 */
static double
TileLoss(const VmKmeansModel *model, const float *rows, size_t n, const float *best)
{
	double unit = model->kind == VM_KMEANS_SPHERICAL ? 0.5 : 0;
	double loss = 0;

	for (size_t i = 0; i < n; i++)
		loss += fmax(VmSimd->f32_sqnorm(rows + i * model->dim, model->dim) / 2 + unit - best[i], 0);
	return loss;
}

/* At most VM_KMEANS_TILE_ROWS rows. */
static void
AssignFloatTile(const VmKmeansModel *model, VmGemm gemm, const float *rows, size_t n,
				float *scratch, uint32_t *nearest, double *loss)
{
	float best[VM_KMEANS_TILE_ROWS];

	for (size_t i = 0; i < n; i++)
	{
		best[i] = -INFINITY;
		nearest[i] = 0;
	}
	for (size_t first = 0; first < model->count; first += VM_KMEANS_TILE_CENTROIDS)
	{
		size_t left = model->count - first;
		size_t count = left < VM_KMEANS_TILE_CENTROIDS ? left : VM_KMEANS_TILE_CENTROIDS;

		ServeInterrupts(model);
		gemm(n, count, model->dim, rows, FloatCentroid(model, first), scratch);
		for (size_t i = 0; i < n; i++)
			KeepBest(scratch + i * count, model->bias + first, count, first, &best[i], &nearest[i]);
	}
	if (loss != NULL)
		*loss += TileLoss(model, rows, n, best);
}

static void
AssignBits(const VmKmeansModel *model, const void *rows, size_t n, uint32_t *nearest, double *loss)
{
	for (size_t i = 0; i < n; i++)
	{
		const uint8_t *row = BitRow(model, rows, i);
		uint64_t least = UINT64_MAX;

		ServeInterrupts(model);
		nearest[i] = 0;
		for (size_t j = 0; j < model->count; j++)
		{
			uint64_t distance = VmSimd->bit_hamming(BitCentroid(model, j), row, model->row_size);

			if (distance < least)
			{
				least = distance;
				nearest[i] = (uint32_t) j;
			}
		}
		if (loss != NULL)
			*loss += (double) least;
	}
}

void
VmKmeansAssign(const VmKmeansModel *model, VmGemm gemm, const void *rows, size_t n, float *scratch,
			   uint32_t *nearest, double *loss)
{
	if (model->kind == VM_KMEANS_BIT)
	{
		AssignBits(model, rows, n, nearest, loss);
		return;
	}
	for (size_t i = 0; i < n; i += VM_KMEANS_TILE_ROWS)
	{
		size_t count = n - i < VM_KMEANS_TILE_ROWS ? n - i : VM_KMEANS_TILE_ROWS;

		AssignFloatTile(model, gemm, FloatRow(model, rows, i), count, scratch, nearest + i, loss);
	}
}

/* -------------------------------------------------------------------- update */

static void
AddBits(float *sum, const uint8_t *row, size_t dim)
{
	for (size_t d = 0; d < dim; d++)
		sum[d] += (float) ((row[d / 8] >> (7 - d % 8)) & 1);
}

static void
AddFloats(float *restrict sum, const float *restrict row, size_t dim)
{
	for (size_t d = 0; d < dim; d++)
		sum[d] += row[d];
}

void
VmKmeansAccumulate(const VmKmeansModel *model, const void *rows, size_t n, const uint32_t *nearest,
				   float *sums, uint64_t *counts)
{
	for (size_t i = 0; i < n; i++)
	{
		float *sum = sums + nearest[i] * model->dim;

		if (i % VM_KMEANS_TILE_ROWS == 0)
			ServeInterrupts(model);
		counts[nearest[i]]++;
		if (model->kind == VM_KMEANS_BIT)
			AddBits(sum, BitRow(model, rows, i), model->dim);
		else
			AddFloats(sum, FloatRow(model, rows, i), model->dim);
	}
}

static void
SetBits(uint8_t *centroid, const float *sum, size_t dim, float half)
{
	memset(centroid, 0, (dim + 7) / 8);
	for (size_t d = 0; d < dim; d++)
	{
		if (sum[d] > half)
			centroid[d / 8] |= (uint8_t) (1 << (7 - d % 8));
	}
}

/* Brings a centroid to length one; one that has no direction gets some. */
static void
Normalize(float *centroid, size_t dim)
{
	double norm = sqrt(VmSimd->f32_sqnorm(centroid, dim));

	if (norm > 0)
	{
		for (size_t d = 0; d < dim; d++)
			centroid[d] = (float) (centroid[d] / norm);
	}
	else if (dim > 0)
		centroid[0] = 1;
}

/*
 * The mean.  A sum of floats may overflow although each is finite; a centroid
 * must not, or nothing would ever be near it.
 */
static void
SetMean(const VmKmeansModel *model, size_t j, const float *sum, uint64_t count)
{
	float *centroid = FloatCentroid(model, j);

	for (size_t d = 0; d < model->dim; d++)
	{
		float mean = sum[d] / (float) count;

		if (isfinite(mean))
			centroid[d] = mean;
	}
	if (model->kind == VM_KMEANS_SPHERICAL)
		Normalize(centroid, model->dim);
}

/* An element of a half of a split cluster; finite, as the centroid was. */
static float
MoveElement(float element, bool up)
{
	float moved = up ? element * (1 + SPLIT) + SPLIT_ZERO : element * (1 - SPLIT) - SPLIT_ZERO;

	return fminf(fmaxf(moved, -FLT_MAX), FLT_MAX);
}

/* Moves an empty centroid and the one of the largest cluster to its two halves. */
static void
SplitLargest(VmKmeansModel *model, size_t empty, uint64_t *counts, VmKmeansRandom *random)
{
	size_t largest = 0;
	bool up = false;

	for (size_t j = 1; j < model->count; j++)
	{
		if (counts[j] > counts[largest])
			largest = j;
	}
	if (counts[largest] < 2)
		return;

	memcpy((char *) model->centroids + empty * model->row_size,
		   (char *) model->centroids + largest * model->row_size, model->row_size);
	for (size_t d = 0; d < model->dim; d++)
	{
		/* Neighbours move against each other, or directions might stay the same. */
		up = d % 2 == 0 ? (Next(random) & 1) != 0 : !up;
		if (model->kind == VM_KMEANS_BIT)
		{
			if (VmKmeansRandomDouble(random) < 0.1)
				BitCentroid(model, empty)[d / 8] ^= (uint8_t) (1 << (7 - d % 8));
			continue;
		}
		FloatCentroid(model, empty)[d] = MoveElement(FloatCentroid(model, empty)[d], up);
		FloatCentroid(model, largest)[d] = MoveElement(FloatCentroid(model, largest)[d], !up);
	}
	if (model->kind == VM_KMEANS_SPHERICAL)
	{
		Normalize(FloatCentroid(model, empty), model->dim);
		Normalize(FloatCentroid(model, largest), model->dim);
	}
	counts[empty] = counts[largest] / 2;
	counts[largest] -= counts[empty];
}

void
VmKmeansUpdate(VmKmeansModel *model, const float *sums, uint64_t *counts, VmKmeansRandom *random)
{
	for (size_t j = 0; j < model->count; j++)
	{
		const float *sum = sums + j * model->dim;

		if (counts[j] == 0)
			continue;
		if (model->kind == VM_KMEANS_BIT)
			SetBits(BitCentroid(model, j), sum, model->dim, (float) counts[j] / 2);
		else
			SetMean(model, j, sum, counts[j]);
	}
	for (size_t j = 0; j < model->count; j++)
	{
		if (counts[j] > 0)
			continue;
		ServeInterrupts(model);
		SplitLargest(model, j, counts, random);
	}
}

/* -------------------------------------------------------------------- seeding */

static float
RowDistance(const VmKmeansModel *model, const void *rows, size_t i, size_t j)
{
	if (model->kind == VM_KMEANS_BIT)
		return (float) VmSimd->bit_hamming(BitCentroid(model, j), BitRow(model, rows, i),
										   model->row_size);
	return VmSimd->f32_l2sq(FloatCentroid(model, j), FloatRow(model, rows, i), model->dim);
}

static void
TakeRow(VmKmeansModel *model, const void *rows, size_t i, size_t j)
{
	memcpy((char *) model->centroids + j * model->row_size,
		   (const char *) rows + i * model->row_size, model->row_size);
	if (model->kind == VM_KMEANS_SPHERICAL)
		Normalize(FloatCentroid(model, j), model->dim);
}

/* A row with a probability proportional to its distance; n when all are 0. */
static size_t
ChooseFar(const float *distances, size_t n, double sum, VmKmeansRandom *random)
{
	double choice = VmKmeansRandomDouble(random) * sum;
	size_t last = n;

	for (size_t i = 0; i < n; i++)
	{
		if (!(distances[i] > 0))
			continue;
		last = i;
		choice -= distances[i];
		if (choice < 0)
			return i;
	}
	return last;
}

size_t
VmKmeansSeed(VmKmeansModel *model, const void *rows, size_t n, float *distances,
			 VmKmeansRandom *random)
{
	size_t chosen = (size_t) (VmKmeansRandomDouble(random) * (double) n);

	if (n == 0 || model->count == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		distances[i] = INFINITY;

	for (size_t j = 0;; j++)
	{
		double sum = 0;

		ServeInterrupts(model);
		TakeRow(model, rows, chosen, j);
		if (j + 1 == model->count)
			return model->count;
		for (size_t i = 0; i < n; i++)
		{
			float distance = RowDistance(model, rows, i, j);

			if (distance < distances[i])
				distances[i] = distance;
			if (isfinite(distances[i]))
				sum += distances[i];
		}
		/* A copy of a centroid is at distance 0, whatever rounding does. */
		distances[chosen] = 0;
		chosen = ChooseFar(distances, n, sum, random);
		if (chosen == n)
			return j + 1;
	}
}

void
VmKmeansRandomCentroids(VmKmeansModel *model, size_t first, VmKmeansRandom *random)
{
	for (size_t j = first; j < model->count; j++)
	{
		if (model->kind == VM_KMEANS_BIT)
			memset(BitCentroid(model, j), 0, model->row_size);
		for (size_t d = 0; d < model->dim; d++)
		{
			if (model->kind != VM_KMEANS_BIT)
				FloatCentroid(model, j)[d] = (float) VmKmeansRandomDouble(random);
			else if (Next(random) & 1)
				BitCentroid(model, j)[d / 8] |= (uint8_t) (1 << (7 - d % 8));
		}
		if (model->kind == VM_KMEANS_SPHERICAL)
			Normalize(FloatCentroid(model, j), model->dim);
	}
}

/* ------------------------------------------------------------------ in memory */

static void
SwapRows(char *a, char *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
	{
		char byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

/*
 * Brings rows that the seeds are chosen among to the front, any row as likely as
 * another.  Returns how many.
 */
static size_t
MoveSeedRows(const VmKmeansModel *model, char *rows, size_t n, VmKmeansRandom *random)
{
	size_t enough = VmKmeansSeedRows(model->count);

	if (n <= enough)
		return n;
	for (size_t i = 0; i < enough; i++)
	{
		size_t other = i + (size_t) (VmKmeansRandomDouble(random) * (double) (n - i));

		if (other != i)
			SwapRows(rows + i * model->row_size, rows + other * model->row_size, model->row_size);
	}
	return enough;
}

void
VmKmeans(VmKmeansModel *model, VmGemm gemm, void *rows, size_t n, int max_iterations,
		 const VmKmeansWork *work, VmKmeansRandom *random)
{
	double last = INFINITY;
	size_t seed_rows = MoveSeedRows(model, rows, n, random);
	size_t found = VmKmeansSeed(model, rows, seed_rows, work->distances, random);

	VmKmeansRandomCentroids(model, found, random);
	VmKmeansPrepare(model);
	if (found < model->count && seed_rows == n)
		return;
	for (int i = 0; i < max_iterations; i++)
	{
		double loss = 0;

		memset(work->sums, 0, model->count * model->dim * sizeof(float));
		memset(work->counts, 0, model->count * sizeof(uint64_t));
		VmKmeansAssign(model, gemm, rows, n, work->scratch, work->nearest, &loss);
		VmKmeansAccumulate(model, rows, n, work->nearest, work->sums, work->counts);
		VmKmeansUpdate(model, work->sums, work->counts, random);
		VmKmeansPrepare(model);
		if (!(loss < last * (1 - CONVERGED)))
			return;
		last = loss;
	}
}
