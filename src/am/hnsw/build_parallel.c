/*
 * build_parallel.c
 *		The leader and the workers of a parallel build: VmHnswBuildStartParallel,
 *		vm_hnsw_build_worker.
 *
 * The graph lies in shared memory, which has to be asked for at once.  So it is
 * sized by what the index will hold, not by maintenance_work_mem alone: containers
 * have little of it.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/table.h"
#include "access/tableam.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/sampling.h"

#include "am/hnsw/build_private.h"
#include "am/parallel.h"

#define WORKER     "vm_hnsw_build_worker"

#define LOCKS_NAME "VecmilvusHnswBuild"

/* Of maintenance_work_mem, for all that is shared beside the graph. */
#define OTHER_SIZE (3 * 1024 * 1024)

/* Blocks of the table that are looked at to estimate the index's rows. */
#define SAMPLE_BLOCKS     1000
#define EXPRESSION_BLOCKS 32

PGDLLEXPORT void vm_hnsw_build_worker(dsm_segment *segment, shm_toc *toc);

/* ------------------------------------------------------------------ estimates */

static void
CountRow(Relation index, ItemPointer heap_tid, Datum *values, bool *isnull, bool alive, void *arg)
{
	*(double *) arg += !isnull[0];
}

/*
 * Rows that the index will cover: rarely too few, for a graph that is short of
 * room costs more.  Expressions are evaluated, so fewer rows are looked at then.
 */
static double
EstimateRows(const VmTeam *team)
{
	BlockNumber blocks = RelationGetNumberOfBlocks(team->heap);
	int wanted = team->info->ii_Expressions != NIL ? EXPRESSION_BLOCKS : SAMPLE_BLOCKS;
	BlockSamplerData sampler;
	double sum = 0;
	double squares = 0;
	double mean;
	double deviation;
	int n = 0;

	(void) BlockSampler_Init(&sampler, blocks, wanted, pg_prng_uint32(&pg_global_prng_state));
	for (; BlockSampler_HasMore(&sampler); n++)
	{
		double rows = 0;

		CHECK_FOR_INTERRUPTS();
		table_index_build_range_scan(team->heap, team->index, team->info, false, true, false,
									 BlockSampler_Next(&sampler), 1, CountRow, &rows, NULL);
		sum += rows;
		squares += rows * rows;
	}
	if (n == 0)
		return 0;
	mean = sum / n;
	deviation = sqrt(Max(0, squares / n - mean * mean) / n);
	return blocks * (n < blocks ? mean + 4 * deviation : mean);
}

/* Bytes of a payload: where these vary, no more than a row has on average. */
static Size
EstimatePayloadSize(const VmHnswBuildState *build, double rows)
{
	const VmSpace *space = &build->hnsw.space;
	double bytes;

	if (space->kind != VM_VALUE_SPARSEVEC)
		return space->size;
	bytes = (double) table_relation_size(build->team.heap, MAIN_FORKNUM);
	if (OidIsValid(build->team.heap->rd_rel->reltoastrelid))
	{
		Relation toast = table_open(build->team.heap->rd_rel->reltoastrelid, AccessShareLock);

		bytes += (double) table_relation_size(toast, MAIN_FORKNUM);
		table_close(toast, AccessShareLock);
	}
	return (Size) Min((double) space->size, bytes / Max(rows, 1));
}

static Size
EstimateGraph(const VmHnswBuildState *build)
{
	Size limit = (Size) maintenance_work_mem * 1024;
	double rows = EstimateRows(&build->team);

	if (limit > OTHER_SIZE)
		limit -= OTHER_SIZE;
	return VmGraphEstimate(&build->hnsw, rows, EstimatePayloadSize(build, rows), limit);
}

/* -------------------------------------------------------------- shared memory */

/* Chunks that the team shares. */
enum
{
	CHUNK_SHARED, /* VmHnswBuildShared */
	CHUNK_GRAPH,
	CHUNK_COUNT
};

/* The graph's bytes, the line that aligns them, and the one before them. */
static Size
GraphAllocation(Size graph_size)
{
	return add_size(graph_size, 2 * PG_CACHE_LINE_SIZE);
}

static void
AttachGraph(VmHnswBuildState *build)
{
	char *memory = VmTeamChunk(&build->team, CHUNK_GRAPH);

	build->graph =
		VmGraphAttach(&build->shared->graph, &build->hnsw,
					  (char *) TYPEALIGN(PG_CACHE_LINE_SIZE, memory), build->graph_context);
}

typedef struct FillArguments
{
	VmHnswBuildState *build;
	Size graph_size;
} FillArguments;

static void
Fill(VmTeam *team, void *arg)
{
	FillArguments *arguments = arg;
	VmHnswBuildState *build = arguments->build;

	VmHnswBuildInitShared(build, VmTeamChunk(team, CHUNK_SHARED), arguments->graph_size,
						  VmLockTranche(LOCKS_NAME));
	AttachGraph(build);
}

bool
VmHnswBuildStartParallel(VmHnswBuildState *build)
{
	Size sizes[CHUNK_COUNT];
	VmTeamPlan plan = {.am_name = VmHnswLimits.am_name,
					   .worker = WORKER,
					   .chunk_sizes = sizes,
					   .chunk_count = CHUNK_COUNT};
	FillArguments arguments = {.build = build};

	plan.workers = VmPlanBuildWorkers(build->team.heap, build->team.index);
	if (plan.workers == 0)
		return false;
	arguments.graph_size = EstimateGraph(build);
	sizes[CHUNK_SHARED] = sizeof(VmHnswBuildShared);
	sizes[CHUNK_GRAPH] = GraphAllocation(arguments.graph_size);
	if (VmTeamStart(&build->team, &plan, Fill, &arguments))
	{
		WaitForParallelWorkersToAttach(build->team.parallel);
		return true;
	}
	build->shared = NULL;
	build->graph = NULL;
	return false;
}

/* A parallel worker's main function. */
void
vm_hnsw_build_worker(dsm_segment *segment, shm_toc *toc)
{
	VmHnswBuildState build = {0};

	VmTeamJoin(&build.team, toc);
	build.shared = VmTeamChunk(&build.team, CHUNK_SHARED);
	LWLockRegisterTranche(build.shared->graph.alloc_lock.tranche, LOCKS_NAME);
	VmHnswBuildPrepare(&build);
	AttachGraph(&build);
	VmHnswBuildScan(&build);
	VmTeamLeave(&build.team);
}
