/*
 * train.c
 *		Learns the centroids from the sample: VmIvfTrain and the steps of it that
 *		the whole team does.
 *
 * Up to VM_IVF_FLAT_LISTS lists: k-means++ on a few rows a centroid, iterations
 * over a quarter of the chunks while they help, then over all of them.  Above: the same for
 * sqrt(lists) coarse clusters, the sample's rows split into one file a cluster
 * and member, and k-means within each cluster, in memory, for its share of the
 * lists.
 */
#include "compat/compat.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/ivf/build.h"

#define TRAIN_SEED      4711
#define ROUGH_STEP      4  /* of the chunks, while iterating roughly */
#define ROUGH_MIN       16 /* chunks from which on that is done */
#define ROUGH_ROUNDS    8
#define FULL_ROUNDS     10
#define ROUGH_CONVERGED 0.005
#define FULL_CONVERGED  0.001

/* Rows of a file between two looks for interrupts. */
#define ROWS_PER_CHECK 1024

/* Of VmKmeansWork: a row's nearest centroid and distance. */
#define ROW_WORK_BYTES (sizeof(uint32) + sizeof(float))

static void
CheckInterrupts(void *opaque)
{
	CHECK_FOR_INTERRUPTS();
}

void
VmIvfUseModel(VmIvfBuildState *build)
{
	Size dims = build->ivf.space.dims;
	Size lists = build->ivf.lists;

	if (build->scratch == NULL)
	{
		build->scratch = MemoryContextAlloc(build->context, VM_KMEANS_SCRATCH * sizeof(float));
		build->model.bias = MemoryContextAlloc(build->context, lists * sizeof(float));
		build->nearest =
			MemoryContextAlloc(build->context, build->shared->chunk_rows * sizeof(uint32));
	}
	build->model.kind = build->kind;
	build->model.dim = dims;
	build->model.row_size = build->row_size;
	build->model.count = build->shared->centroids;
	build->model.centroids = build->arrays.centroids;
	build->model.interrupt = CheckInterrupts;
	VmKmeansPrepare(&build->model);
}

/* ------------------------------------------------------------ one iteration */

/* Where this member sums up: its own arrays, or the shared ones when alone. */
static void
UseSums(VmIvfBuildState *build)
{
	Size size = (Size) build->ivf.lists * build->ivf.space.dims * sizeof(float);

	if (build->team.scan == NULL)
	{
		build->sums = build->arrays.sums;
		build->counts = build->arrays.counts;
		return;
	}
	if (build->sums == NULL)
	{
		build->sums = MemoryContextAllocHuge(build->context, size);
		build->counts = MemoryContextAlloc(build->context, build->ivf.lists * sizeof(uint64));
	}
	memset(build->sums, 0, build->model.count * build->model.dim * sizeof(float));
	memset(build->counts, 0, build->model.count * sizeof(uint64));
}

void
VmIvfForgetTraining(VmIvfBuildState *build)
{
	if (build->chunk != NULL)
		pfree(build->chunk);
	build->chunk = NULL;
	if (build->team.scan == NULL)
	{
		pfree(build->arrays.sums);
		build->arrays.sums = NULL;
	}
	else if (build->sums != NULL)
	{
		pfree(build->sums);
		pfree(build->counts);
	}
	build->sums = NULL;
	build->counts = NULL;
}

/* Adds what this member has summed up to what is shared. */
static void
ShareSums(VmIvfBuildState *build, double loss)
{
	VmIvfBuildShared *shared = build->shared;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->loss += loss;
	if (build->team.scan != NULL)
	{
		for (Size i = 0; i < build->model.count * build->model.dim; i++)
			build->arrays.sums[i] += build->sums[i];
		for (Size i = 0; i < build->model.count; i++)
			build->arrays.counts[i] += build->counts[i];
	}
	LWLockRelease(&shared->lock);
}

void
VmIvfTrainStep(VmIvfBuildState *build)
{
	BufFile *file = VmIvfSpoolOpen(build, 's', 0, 0);
	double loss = 0;
	uint32 task;

	VmIvfUseModel(build);
	UseSums(build);
	while (VmIvfNextTask(build, &task))
	{
		int rows = VmIvfReadChunk(build, file, task * build->shared->chunk_step);

		VmKmeansAssign(&build->model, build->gemm, build->chunk, rows, build->scratch,
					   build->nearest, &loss);
		VmKmeansAccumulate(&build->model, build->chunk, rows, build->nearest, build->sums,
						   build->counts);
	}
	ShareSums(build, loss);
	VmIvfSpoolClose(build, file);
}

static double
Iterate(VmIvfBuildState *build, uint32 step, VmKmeansRandom *random)
{
	VmIvfBuildShared *shared = build->shared;

	memset(build->arrays.sums, 0, build->model.count * build->model.dim * sizeof(float));
	memset(build->arrays.counts, 0, build->model.count * sizeof(uint64));
	shared->loss = 0;
	shared->chunk_step = step;
	VmIvfTeamRun(build, VM_IVF_STEP_TRAIN, (VmIvfChunks(build) + step - 1) / step);
	VmKmeansUpdate(&build->model, build->arrays.sums, build->arrays.counts, random);
	return shared->loss;
}

static void
IterateUntil(VmIvfBuildState *build, uint32 step, int rounds, double converged,
			 VmKmeansRandom *random)
{
	double last = INFINITY;

	for (int i = 0; i < rounds; i++)
	{
		double loss = Iterate(build, step, random);

		if (!(loss < last * (1 - converged)))
			return;
		last = loss;
	}
}

/* ------------------------------------------------------------------- seeding */

/*
 * Every so many-th row of the sample, as many as are wanted or fit: in the memory
 * of all members, since the leader is alone.
 */
static char *
ReadSeedRows(VmIvfBuildState *build, uint64 *count)
{
	uint64 rows = build->shared->sample_rows;
	uint64 wanted = VmKmeansSeedRows(build->model.count);
	Size memory = VmIvfSpareMemory(build, true) * build->shared->planned_members;
	BufFile *file = VmIvfSpoolOpen(build, 's', 0, 0);
	char *seeds;
	uint64 next = 0;
	uint64 taken = 0;

	wanted = Min(wanted, Max(build->model.count, memory / 2 / build->row_size));
	wanted = Min(wanted, rows);
	seeds = MemoryContextAllocHuge(build->context, Max(wanted, 1) * build->row_size);
	for (uint32 chunk = 0; chunk < VmIvfChunks(build) && taken < wanted; chunk++)
	{
		uint64 first = (uint64) chunk * build->shared->chunk_rows;
		int in_chunk = VmIvfReadChunk(build, file, chunk);

		while (taken < wanted && next < first + in_chunk)
		{
			memcpy(seeds + taken * build->row_size, build->chunk + (next - first) * build->row_size,
				   build->row_size);
			taken++;
			next = taken * rows / wanted;
		}
		CHECK_FOR_INTERRUPTS();
	}
	VmIvfSpoolClose(build, file);
	*count = taken;
	return seeds;
}

/*
 * k-means++; false when iterating is of no use: every row of the sample has been
 * seen, and there are fewer different ones than centroids.
 */
static bool
Seed(VmIvfBuildState *build, VmKmeansRandom *random)
{
	uint64 rows;
	char *seeds = ReadSeedRows(build, &rows);
	float *distances = MemoryContextAllocHuge(build->context, Max(rows, 1) * sizeof(float));
	Size found = VmKmeansSeed(&build->model, seeds, rows, distances, random);

	VmKmeansRandomCentroids(&build->model, found, random);
	pfree(distances);
	pfree(seeds);
	return found == build->model.count || rows < build->shared->sample_rows;
}

static void
TrainFlat(VmIvfBuildState *build, int centroids, VmKmeansRandom *random)
{
	build->shared->centroids = centroids;
	VmIvfUseModel(build);
	if (!Seed(build, random))
		return;
	if (VmIvfChunks(build) >= ROUGH_MIN)
		IterateUntil(build, ROUGH_STEP, ROUGH_ROUNDS, ROUGH_CONVERGED, random);
	IterateUntil(build, 1, FULL_ROUNDS, FULL_CONVERGED, random);
}

/* ---------------------------------------------------------------- two levels */

void
VmIvfSplitStep(VmIvfBuildState *build)
{
	BufFile *file = VmIvfSpoolOpen(build, 's', 0, 0);
	BufFile **clusters;
	uint32 task;

	VmIvfUseModel(build);
	clusters = palloc(build->model.count * sizeof(BufFile *));
	for (Size i = 0; i < build->model.count; i++)
		clusters[i] = VmIvfSpoolCreate(build, 'c', build->member, (int) i);
	while (VmIvfNextTask(build, &task))
	{
		int rows = VmIvfReadChunk(build, file, task);

		VmKmeansAssign(&build->model, build->gemm, build->chunk, rows, build->scratch,
					   build->nearest, NULL);
		for (int i = 0; i < rows; i++)
			BufFileWrite(clusters[build->nearest[i]], build->chunk + i * build->row_size,
						 build->row_size);
		LWLockAcquire(&build->shared->lock, LW_EXCLUSIVE);
		for (int i = 0; i < rows; i++)
			build->arrays.counts[build->nearest[i]]++;
		LWLockRelease(&build->shared->lock);
	}
	for (Size i = 0; i < build->model.count; i++)
		VmIvfSpoolFinish(build, clusters[i]);
	pfree(clusters);
	VmIvfSpoolClose(build, file);
}

/*
 * Shares the lists out among the coarse clusters by their rows; seats[i] is the
 * first list of cluster i.
 */
static void
ShareOutLists(VmIvfBuildState *build, int coarse)
{
	uint64 before = 0;

	for (int i = 0; i < coarse; i++)
	{
		build->arrays.seats[i] =
			(uint32) (before * build->ivf.lists / Max(build->shared->sample_rows, 1));
		before += build->arrays.counts[i];
	}
	build->arrays.seats[coarse] = build->ivf.lists;
}

/* The cluster's rows from every member's file, as many as fit. */
static char *
ReadCluster(VmIvfBuildState *build, int cluster, uint64 limit, uint64 *count)
{
	char *rows = palloc_extended(Max(limit, 1) * build->row_size, MCXT_ALLOC_HUGE);

	*count = 0;
	for (int member = 0; member < VmIvfMembers(build); member++)
	{
		BufFile *file = VmIvfSpoolOpen(build, 'c', member, cluster);

		if (file == NULL)
			continue;
		while (*count < limit &&
			   VmIvfSpoolRead(file, rows + *count * build->row_size, build->row_size))
		{
			if ((*count)++ % ROWS_PER_CHECK == 0)
				CHECK_FOR_INTERRUPTS();
		}
		VmIvfSpoolClose(build, file);
	}
	return rows;
}

static void
TrainCluster(VmIvfBuildState *build, int cluster)
{
	uint32 first = build->arrays.seats[cluster];
	VmKmeansModel model = build->model;
	VmKmeansWork work;
	VmKmeansRandom random;
	uint64 rows;
	uint64 fit = VmIvfSpareMemory(build, true) / (build->row_size + ROW_WORK_BYTES);
	uint64 limit = Min(build->arrays.counts[cluster], fit);
	char *data;

	model.count = build->arrays.seats[cluster + 1] - first;
	if (model.count == 0)
		return;
	model.centroids = build->arrays.centroids + first * build->row_size;
	data = ReadCluster(build, cluster, limit, &rows);

	work.scratch = build->scratch;
	work.nearest = palloc_extended(Max(rows, 1) * sizeof(uint32), MCXT_ALLOC_HUGE);
	work.distances = palloc_extended(Max(rows, 1) * sizeof(float), MCXT_ALLOC_HUGE);
	work.sums = build->sums;

	/* Not build->counts: a build without workers keeps the clusters' sizes there. */
	work.counts = palloc(model.count * sizeof(uint64));
	VmKmeansRandomInit(&random, TRAIN_SEED + cluster);
	VmKmeans(&model, build->gemm, data, rows, FULL_ROUNDS, &work, &random);
}

void
VmIvfSubtrainStep(VmIvfBuildState *build)
{
	MemoryContext context =
		AllocSetContextCreate(build->context, "ivf cluster", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	uint32 task;

	build->shared->centroids = build->ivf.lists;
	VmIvfUseModel(build);
	UseSums(build);
	while (VmIvfNextTask(build, &task))
	{
		TrainCluster(build, (int) task);
		VmIvfSpoolDrop(build, 'c', (int) task);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

static void
TrainTwoLevels(VmIvfBuildState *build, VmKmeansRandom *random)
{
	int coarse = (int) sqrt(build->ivf.lists);

	TrainFlat(build, coarse, random);
	memset(build->arrays.counts, 0, build->ivf.lists * sizeof(uint64));
	VmIvfTeamRun(build, VM_IVF_STEP_SPLIT, VmIvfChunks(build));
	VmIvfSpoolDrop(build, 's', 0);
	ShareOutLists(build, coarse);
	VmIvfTeamRun(build, VM_IVF_STEP_SUBTRAIN, coarse);
}

void
VmIvfTrain(VmIvfBuildState *build)
{
	VmKmeansRandom random;

	VmKmeansRandomInit(&random, TRAIN_SEED);
	if (build->ivf.lists <= VM_IVF_FLAT_LISTS)
		TrainFlat(build, build->ivf.lists, &random);
	else
		TrainTwoLevels(build, &random);
	VmIvfSpoolDrop(build, 's', 0);
}
