/*
 * test_kmeans.c
 *		k-means (src/quant): every step against a slow reference, all metrics.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quant/kmeans.h"
#include "simd/simd.h"
#include "unit.h"

#define MAX_ROWS 3000
#define MAX_DIM  70
#define MAX_K    600

static VmKmeansRandom generator;
static float rows[MAX_ROWS * MAX_DIM];
static float centroids[MAX_K * MAX_DIM];
static float bias[MAX_K];
static float scratch[VM_KMEANS_SCRATCH];
static float distances[MAX_ROWS];
static float sums[MAX_K * MAX_DIM];
static uint32_t nearest[MAX_ROWS];
static uint64_t counts[MAX_K];

static double
Uniform(void)
{
	return VmKmeansRandomDouble(&generator);
}

static void
FillRows(size_t n, size_t dim)
{
	for (size_t i = 0; i < n * dim; i++)
		rows[i] = (float) (Uniform() * 2 - 1);
}

static VmKmeansModel
MakeModel(VmKmeansKind kind, size_t dim, size_t count)
{
	VmKmeansModel model = {.kind = kind,
						   .dim = dim,
						   .row_size = VmKmeansRowSize(kind, dim),
						   .count = count,
						   .centroids = centroids,
						   .bias = bias};

	return model;
}

/* ---------------------------------------------------------------- assignment */

static double
ReferenceScore(const VmKmeansModel *model, const float *row, size_t j)
{
	double dot = 0;
	double norm = 0;

	for (size_t d = 0; d < model->dim; d++)
	{
		double c = centroids[j * model->dim + d];

		dot += row[d] * c;
		norm += c * c;
	}
	return model->kind == VM_KMEANS_SPHERICAL ? dot : dot - norm / 2;
}

/* Every row is with a centroid that no other beats by more than rounding. */
static bool
AssignmentIsRight(const VmKmeansModel *model, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		double chosen = ReferenceScore(model, rows + i * model->dim, nearest[i]);

		for (size_t j = 0; j < model->count; j++)
		{
			if (ReferenceScore(model, rows + i * model->dim, j) > chosen + 1e-4)
				return false;
		}
	}
	return true;
}

static void
TestAssign(VmKmeansKind kind, size_t n, size_t dim, size_t count)
{
	VmKmeansModel model = MakeModel(kind, dim, count);
	char name[100];

	FillRows(n, dim);
	VmKmeansRandomCentroids(&model, 0, &generator);
	VmKmeansPrepare(&model);
	VmKmeansAssign(&model, VmGemmPortable, rows, n, scratch, nearest, NULL);
	snprintf(name, sizeof(name), "kind %d: %zu rows x %zu among %zu", (int) kind, n, dim, count);
	UNIT_OK(AssignmentIsRight(&model, n), "%s", name);
}

/* Copies of a centroid: the one with the lowest number, in every tile. */
static void
TestTies(void)
{
	size_t dim = 5;
	VmKmeansModel model = MakeModel(VM_KMEANS_L2, dim, MAX_K);
	bool lowest = true;

	FillRows(300, dim);
	for (size_t j = 0; j < MAX_K; j++)
		memcpy(centroids + j * dim, rows + (j % 7) * dim, dim * sizeof(float));
	VmKmeansPrepare(&model);
	VmKmeansAssign(&model, VmGemmPortable, rows, 300, scratch, nearest, NULL);
	for (size_t i = 0; i < 300; i++)
		lowest &= nearest[i] < 7 && (i >= 7 || nearest[i] == i);
	UNIT_OK(lowest, "ties go to the lowest number");
}

/* A loss is what the rows are away from their centroids. */
static void
TestLoss(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_L2, 8, 20);
	double loss = 0;
	double expected = 0;

	FillRows(500, 8);
	VmKmeansRandomCentroids(&model, 0, &generator);
	VmKmeansPrepare(&model);
	VmKmeansAssign(&model, VmGemmPortable, rows, 500, scratch, nearest, &loss);
	for (size_t i = 0; i < 500; i++)
		expected += VmSimd->f32_l2sq(rows + i * 8, centroids + nearest[i] * 8, 8) / 2;
	UNIT_OK(fabs(loss - expected) < 1e-3 * expected, "the loss is half the squared distances");
}

/* Of directions it is one minus the cosine, so never negative. */
static void
TestSphericalLoss(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_SPHERICAL, 2, 1);
	static const float data[] = {1, 0, 0, 1, 0.6f, 0.8f, -1, 0};
	double loss = 0;

	centroids[0] = 1;
	centroids[1] = 0;
	VmKmeansPrepare(&model);
	VmKmeansAssign(&model, VmGemmPortable, data, 4, scratch, nearest, &loss);
	UNIT_OK(fabs(loss - 3.4) < 1e-6, "the loss of directions is 1 - cosine: %g", loss);
}

/* -------------------------------------------------------------------- updates */

static void
TestUpdate(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_L2, 2, 3);
	static const float data[] = {0, 0, 2, 2, 10, 10, 12, 14};
	static const uint32_t lists[] = {0, 0, 2, 2};

	memset(sums, 0, sizeof(sums));
	memset(counts, 0, sizeof(counts));
	VmKmeansAccumulate(&model, data, 4, lists, sums, counts);
	VmKmeansUpdate(&model, sums, counts, &generator);
	UNIT_OK(fabsf(centroids[4] - 11) < 1e-6f && fabsf(centroids[5] - 12) < 1e-6f,
			"a centroid is its rows' mean");
	UNIT_OK(fabsf(centroids[2] - 1) < 0.01f && fabsf(centroids[0] - 1) < 0.01f &&
				centroids[2] != centroids[0],
			"an empty centroid takes half of the largest cluster");
}

static void
TestOverflow(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_L2, 1, 1);
	static const float data[] = {3e38f, 3e38f};
	static const uint32_t lists[] = {0, 0};

	centroids[0] = 5;
	memset(sums, 0, sizeof(sums));
	memset(counts, 0, sizeof(counts));
	VmKmeansAccumulate(&model, data, 2, lists, sums, counts);
	VmKmeansUpdate(&model, sums, counts, &generator);
	UNIT_OK(isfinite(centroids[0]), "centroids stay finite when sums do not");
}

/* Both halves of a split cluster: finite at the limit, apart at zero. */
static void
TestSplit(VmKmeansKind kind, float element)
{
	VmKmeansModel model = MakeModel(kind, 2, 2);
	double norm;

	centroids[0] = centroids[1] = element;
	memset(sums, 0, sizeof(sums));
	memset(counts, 0, sizeof(counts));
	counts[0] = 2;
	sums[0] = sums[1] = element * 2; /* may overflow: then the centroid stays */
	VmKmeansUpdate(&model, sums, counts, &generator);
	UNIT_OK(VmSimd->f32_all_finite(centroids, 4), "halves of %g are finite", element);
	UNIT_OK(memcmp(centroids, centroids + 2, 2 * sizeof(float)) != 0, "and differ");
	if (kind != VM_KMEANS_SPHERICAL)
		return;
	norm = VmSimd->f32_sqnorm(centroids, 2) + VmSimd->f32_sqnorm(centroids + 2, 2);
	UNIT_OK(fabs(norm - 2) < 1e-6, "and have length one");
}

static void
TestSpherical(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_SPHERICAL, 3, 1);
	static const float data[] = {2, 0, 0, 0, 2, 0};
	static const float opposite[] = {1, 0, 0, -1, 0, 0};
	static const uint32_t lists[] = {0, 0};

	memset(sums, 0, sizeof(sums));
	memset(counts, 0, sizeof(counts));
	VmKmeansAccumulate(&model, data, 2, lists, sums, counts);
	VmKmeansUpdate(&model, sums, counts, &generator);
	UNIT_OK(fabs(VmSimd->f32_sqnorm(centroids, 3) - 1) < 1e-6,
			"spherical centroids have length one");

	memset(sums, 0, sizeof(sums));
	memset(counts, 0, sizeof(counts));
	VmKmeansAccumulate(&model, opposite, 2, lists, sums, counts);
	VmKmeansUpdate(&model, sums, counts, &generator);
	UNIT_OK(fabs(VmSimd->f32_sqnorm(centroids, 3) - 1) < 1e-6, "even where rows cancel out");
}

static void
TestBits(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_BIT, 11, 2);
	static const uint8_t data[] = {0xFF, 0xE0, 0xFF, 0x00, 0x00, 0x00, 0x80, 0x00, 0xFF, 0xE0};
	uint8_t *bits = (uint8_t *) centroids;
	double loss = 0;

	memcpy(bits, "\xFF\xE0\x00\x00", 4);
	VmKmeansAssign(&model, NULL, data, 5, scratch, nearest, &loss);
	UNIT_OK(nearest[0] == 0 && nearest[1] == 0 && nearest[2] == 1 && nearest[3] == 1 &&
				nearest[4] == 0 && loss == 4,
			"bits are assigned by Hamming distance");

	memset(sums, 0, sizeof(sums));
	memset(counts, 0, sizeof(counts));
	VmKmeansAccumulate(&model, data, 5, nearest, sums, counts);
	VmKmeansUpdate(&model, sums, counts, &generator);
	UNIT_OK(memcmp(bits, "\xFF\xE0\x00\x00", 4) == 0, "a bit centroid is the majority's");

	VmKmeansRandomCentroids(&model, 0, &generator);
	UNIT_OK((bits[1] & 0x1F) == 0 && (bits[3] & 0x1F) == 0, "padding bits of a centroid are zero");
}

/* -------------------------------------------------------------------- seeding */

static void
TestSeed(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_L2, 2, 10);

	for (size_t i = 0; i < 100; i++)
	{
		rows[2 * i] = (float) (i % 4);
		rows[2 * i + 1] = 1;
	}
	UNIT_OK(VmKmeansSeed(&model, rows, 100, distances, &generator) == 4,
			"no more seeds than different rows");
	UNIT_OK(VmKmeansSeed(&model, rows, 0, distances, &generator) == 0, "no rows, no seeds");
	model.count = 4;
	UNIT_OK(VmKmeansSeed(&model, rows, 100, distances, &generator) == 4, "as many as there are");
}

/* Far-apart clusters are all found, whatever the seed. */
static void
TestClusters(void)
{
	size_t dim = 16;
	size_t count = 20;
	VmKmeansModel model = MakeModel(VM_KMEANS_L2, dim, count);
	VmKmeansWork work = {scratch, nearest, distances, sums, counts};
	bool found_all = true;

	for (uint64_t seed = 1; seed <= 20; seed++)
	{
		double loss = 0;

		VmKmeansRandomInit(&generator, seed);
		FillRows(2000, dim);
		for (size_t i = 0; i < 2000; i++)
			rows[i * dim + i % count % dim] += (i % count) < dim ? 100 : -100;
		VmKmeans(&model, VmGemmPortable, rows, 2000, 20, &work, &generator);
		VmKmeansAssign(&model, VmGemmPortable, rows, 2000, scratch, nearest, &loss);
		found_all &= loss / 2000 < dim;
	}
	UNIT_OK(found_all, "well separated clusters are found");
}

static void
CountCall(void *opaque)
{
	(*(int *) opaque)++;
}

/* Interrupt calls of so many iterations at most over tight groups of directions. */
static int
CallsForTightGroups(int iterations)
{
	size_t dim = 16;
	int calls = 0;
	VmKmeansModel model = MakeModel(VM_KMEANS_SPHERICAL, dim, dim);
	VmKmeansWork work = {scratch, nearest, distances, sums, counts};

	model.interrupt = CountCall;
	model.opaque = &calls;
	VmKmeansRandomInit(&generator, 3);
	for (size_t i = 0; i < 1024; i++)
	{
		for (size_t d = 0; d < dim; d++)
			rows[i * dim + d] = (float) (d == i % dim ? 1 : 0.001 * (Uniform() - 0.5));
	}
	VmKmeans(&model, VmGemmPortable, rows, 1024, iterations, &work, &generator);
	return calls;
}

/* Every tile lets interrupts in, and rows that have found their place end it. */
static void
TestInterruptsAndConvergence(void)
{
	int one = CallsForTightGroups(1);
	int two = CallsForTightGroups(2);
	int many = CallsForTightGroups(50);

	UNIT_OK(two - one >= 1024 / (int) VM_KMEANS_TILE_ROWS, "an iteration calls for each tile: %d",
			two - one);
	UNIT_OK(many < one + 10 * (two - one), "iterations over directions end: %d calls", many);
}

static void
TestRepeatable(void)
{
	VmKmeansModel model = MakeModel(VM_KMEANS_L2, 8, 30);
	VmKmeansWork work = {scratch, nearest, distances, sums, counts};
	static float first[30 * 8];

	for (int round = 0; round < 2; round++)
	{
		VmKmeansRandomInit(&generator, 7);
		FillRows(1000, 8);
		VmKmeans(&model, VmGemmPortable, rows, 1000, 5, &work, &generator);
		if (round == 0)
			memcpy(first, centroids, sizeof(first));
	}
	UNIT_OK(memcmp(first, centroids, sizeof(first)) == 0, "the same seed gives the same centroids");
}

int
main(void)
{
	VmSimdInit();
	VmKmeansRandomInit(&generator, 1);
	TestAssign(VM_KMEANS_L2, 1, 1, 1);
	TestAssign(VM_KMEANS_L2, 257, 3, 5);
	TestAssign(VM_KMEANS_L2, 600, 70, 513);
	TestAssign(VM_KMEANS_SPHERICAL, 600, 64, 600);
	TestTies();
	TestLoss();
	TestSphericalLoss();
	TestUpdate();
	TestOverflow();
	TestSplit(VM_KMEANS_L2, 3.4e38f);
	TestSplit(VM_KMEANS_L2, -3.4e38f);
	TestSplit(VM_KMEANS_L2, 0);
	TestSplit(VM_KMEANS_SPHERICAL, 0.70710678f);
	TestSpherical();
	TestBits();
	TestSeed();
	TestClusters();
	TestInterruptsAndConvergence();
	TestRepeatable();
	return UnitDone();
}
