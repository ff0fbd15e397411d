/*
 * build_parallel.c
 *		The leader and the workers of a parallel build: VmHnswBuildStartParallel,
 *		vm_hnsw_build_worker.
 *
 * The graph lies in the parallel context's shared memory, which has to be asked
 * for at once.  So it is sized by what the table holds, not by
 * maintenance_work_mem alone: containers have little of it.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_am_d.h"
#include "common/pg_prng.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "tcop/tcopprot.h"
#include "utils/rel.h"
#include "utils/sampling.h"
#include "utils/snapmgr.h"

#include "am/hnsw/build_private.h"
#include "am/parallel.h"

#define LIBRARY    "vecmilvus"
#define WORKER     "vm_hnsw_build_worker"

#define LOCKS_NAME "VecmilvusHnswBuild"

/* Of the shared memory's table of contents. */
#define KEY_SHARED       UINT64CONST(0xD200000000000001)
#define KEY_GRAPH        UINT64CONST(0xD200000000000002)
#define KEY_SCAN         UINT64CONST(0xD200000000000003)
#define KEY_QUERY        UINT64CONST(0xD200000000000004)
#define KEY_WAL_USAGE    UINT64CONST(0xD200000000000005)
#define KEY_BUFFER_USAGE UINT64CONST(0xD200000000000006)

/* Of maintenance_work_mem, for all that is shared beside the graph. */
#define OTHER_SIZE (3 * 1024 * 1024)

/* Blocks of the table that are looked at to estimate its rows. */
#define SAMPLE_BLOCKS 1000

PGDLLEXPORT void vm_hnsw_build_worker(dsm_segment *segment, shm_toc *toc);

/* ------------------------------------------------------------------ estimates */

/* Rows of a block, dead ones included: who is seen is not known here. */
static int
CountRows(Relation heap, BlockNumber block, BufferAccessStrategy strategy)
{
	Buffer buffer = ReadBufferExtended(heap, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
	Page page = BufferGetPage(buffer);
	int rows = 0;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	for (OffsetNumber i = FirstOffsetNumber; i <= PageGetMaxOffsetNumber(page); i++)
		rows += ItemIdIsNormal(PageGetItemId(page, i));
	UnlockReleaseBuffer(buffer);
	return rows;
}

/* Rows of a heap: rarely too few, for a graph that is short of room costs more. */
static double
EstimateHeapRows(Relation heap)
{
	BlockNumber blocks = RelationGetNumberOfBlocks(heap);
	BufferAccessStrategy strategy = GetAccessStrategy(BAS_BULKREAD);
	BlockSamplerData sampler;
	double sum = 0;
	double squares = 0;
	double mean;
	double deviation;
	int n = 0;

	BlockSampler_Init(&sampler, blocks, SAMPLE_BLOCKS, pg_prng_uint32(&pg_global_prng_state));
	for (; BlockSampler_HasMore(&sampler); n++)
	{
		double rows = CountRows(heap, BlockSampler_Next(&sampler), strategy);

		CHECK_FOR_INTERRUPTS();
		sum += rows;
		squares += rows * rows;
	}
	FreeAccessStrategy(strategy);
	if (n == 0)
		return 0;
	mean = sum / n;
	deviation = sqrt(Max(0, squares / n - mean * mean) / n);
	return blocks * (n < blocks ? mean + 4 * deviation : mean);
}

static double
EstimateRows(Relation heap)
{
	BlockNumber blocks;
	double rows;
	double visible;

	if (heap->rd_rel->relam == HEAP_TABLE_AM_OID)
		return EstimateHeapRows(heap);
	table_relation_estimate_size(heap, NULL, &blocks, &rows, &visible);
	return rows * 1.5;
}

/* Bytes of a payload: where these vary, no more than a row has on average. */
static Size
EstimatePayloadSize(const VmHnswBuildState *build, double rows)
{
	const VmSpace *space = &build->hnsw.space;
	double bytes;

	if (space->kind != VM_VALUE_SPARSEVEC)
		return space->size;
	bytes = (double) table_relation_size(build->heap, MAIN_FORKNUM);
	if (OidIsValid(build->heap->rd_rel->reltoastrelid))
	{
		Relation toast = table_open(build->heap->rd_rel->reltoastrelid, AccessShareLock);

		bytes += (double) table_relation_size(toast, MAIN_FORKNUM);
		table_close(toast, AccessShareLock);
	}
	return (Size) Min((double) space->size, bytes / Max(rows, 1));
}

static Size
EstimateGraph(const VmHnswBuildState *build)
{
	Size limit = (Size) maintenance_work_mem * 1024;
	double rows = EstimateRows(build->heap);

	if (limit > OTHER_SIZE)
		limit -= OTHER_SIZE;
	return VmGraphEstimate(&build->hnsw, rows, EstimatePayloadSize(build, rows), limit);
}

/* -------------------------------------------------------------- shared memory */

/* The graph's bytes, the line that aligns them, and the one before them. */
static Size
GraphAllocation(Size graph_size)
{
	return add_size(graph_size, 2 * PG_CACHE_LINE_SIZE);
}

static char *
AlignGraph(void *allocation)
{
	return (char *) TYPEALIGN(PG_CACHE_LINE_SIZE, allocation);
}

static void
EstimateChunk(ParallelContext *parallel, Size size)
{
	shm_toc_estimate_chunk(&parallel->estimator, size);
	shm_toc_estimate_keys(&parallel->estimator, 1);
}

static void *
AllocateChunk(shm_toc *toc, uint64 key, Size size)
{
	void *memory = shm_toc_allocate(toc, size);

	shm_toc_insert(toc, key, memory);
	return memory;
}

static void
EstimateShared(VmHnswBuildState *build, ParallelContext *parallel, Size graph_size)
{
	EstimateChunk(parallel, sizeof(VmHnswBuildShared));
	EstimateChunk(parallel, GraphAllocation(graph_size));
	EstimateChunk(parallel, table_parallelscan_estimate(build->heap, build->snapshot));
	EstimateChunk(parallel, mul_size(sizeof(WalUsage), parallel->nworkers));
	EstimateChunk(parallel, mul_size(sizeof(BufferUsage), parallel->nworkers));
	if (debug_query_string != NULL)
		EstimateChunk(parallel, strlen(debug_query_string) + 1);
}

static void
FillShared(VmHnswBuildState *build, ParallelContext *parallel, Size graph_size)
{
	shm_toc *toc = parallel->toc;
	void *memory = AllocateChunk(toc, KEY_SHARED, sizeof(VmHnswBuildShared));

	VmHnswBuildInitShared(build, memory, graph_size, VmLockTranche(LOCKS_NAME));
	memory = AllocateChunk(toc, KEY_GRAPH, GraphAllocation(graph_size));
	build->graph = VmGraphAttach(&build->shared->graph, &build->hnsw, AlignGraph(memory),
								 build->graph_context);
	build->scan =
		AllocateChunk(toc, KEY_SCAN, table_parallelscan_estimate(build->heap, build->snapshot));
	table_parallelscan_initialize(build->heap, build->scan, build->snapshot);
	AllocateChunk(toc, KEY_WAL_USAGE, mul_size(sizeof(WalUsage), parallel->nworkers));
	AllocateChunk(toc, KEY_BUFFER_USAGE, mul_size(sizeof(BufferUsage), parallel->nworkers));
	if (debug_query_string != NULL)
		strcpy(AllocateChunk(toc, KEY_QUERY, strlen(debug_query_string) + 1), debug_query_string);
}

/* --------------------------------------------------------------------- leader */

void
VmHnswBuildStopParallel(VmHnswBuildState *build)
{
	if (build->parallel == NULL)
		return;
	if (IsMVCCSnapshot(build->snapshot))
		UnregisterSnapshot(build->snapshot);
	DestroyParallelContext(build->parallel);
	ExitParallelMode();
	build->parallel = NULL;
	build->scan = NULL;
	build->shared = NULL;
	build->graph = NULL;
}

static bool
Launch(VmHnswBuildState *build, int workers, Size graph_size)
{
	ParallelContext *parallel;

	EnterParallelMode();
	parallel = build->parallel = CreateParallelContext(LIBRARY, WORKER, workers);
	build->snapshot =
		build->info->ii_Concurrent ? RegisterSnapshot(GetTransactionSnapshot()) : SnapshotAny;
	EstimateShared(build, parallel, graph_size);
	InitializeParallelDSM(parallel);
	if (parallel->seg == NULL)
		return false;
	FillShared(build, parallel, graph_size);
	LaunchParallelWorkers(parallel);
	if (parallel->nworkers_launched > 0)
		return true;
	WaitForParallelWorkersToFinish(parallel);
	return false;
}

bool
VmHnswBuildStartParallel(VmHnswBuildState *build)
{
	int workers = VmPlanBuildWorkers(build->heap, build->hnsw.index);
	Size graph_size;

	if (workers == 0)
		return false;
	graph_size = EstimateGraph(build);
	if (!VmSharedMemorySuffices(VmHnswLimits.am_name, graph_size + OTHER_SIZE))
		return false;
	if (!Launch(build, workers, graph_size))
	{
		VmHnswBuildStopParallel(build);
		return false;
	}
	ereport(DEBUG1, (errmsg("using %d parallel workers", build->parallel->nworkers_launched)));
	WaitForParallelWorkersToAttach(build->parallel);
	return true;
}

void
VmHnswBuildFinishWorkers(VmHnswBuildState *build)
{
	ParallelContext *parallel = build->parallel;
	WalUsage *wal;
	BufferUsage *buffers;

	if (parallel == NULL)
		return;
	WaitForParallelWorkersToFinish(parallel);
	wal = shm_toc_lookup(parallel->toc, KEY_WAL_USAGE, false);
	buffers = shm_toc_lookup(parallel->toc, KEY_BUFFER_USAGE, false);
	for (int i = 0; i < parallel->nworkers_launched; i++)
		InstrAccumParallelQuery(&buffers[i], &wal[i]);
}

/* --------------------------------------------------------------------- worker */

static void
RunWorker(VmHnswBuildState *build, VmHnswBuildShared *shared, shm_toc *toc)
{
	WalUsage *wal = shm_toc_lookup(toc, KEY_WAL_USAGE, false);
	BufferUsage *buffers = shm_toc_lookup(toc, KEY_BUFFER_USAGE, false);

	build->shared = shared;
	build->scan = shm_toc_lookup(toc, KEY_SCAN, false);
	build->graph =
		VmGraphAttach(&shared->graph, &build->hnsw,
					  AlignGraph(shm_toc_lookup(toc, KEY_GRAPH, false)), build->graph_context);
	InstrStartParallelQuery();
	VmHnswBuildScan(build);
	InstrEndParallelQuery(&buffers[ParallelWorkerNumber], &wal[ParallelWorkerNumber]);
}

/* A parallel worker's main function. */
void
vm_hnsw_build_worker(dsm_segment *segment, shm_toc *toc)
{
	VmHnswBuildShared *shared = shm_toc_lookup(toc, KEY_SHARED, false);
	LOCKMODE heap_mode = shared->concurrent ? ShareUpdateExclusiveLock : ShareLock;
	LOCKMODE index_mode = shared->concurrent ? RowExclusiveLock : AccessExclusiveLock;
	VmHnswBuildState build;
	Relation heap;
	Relation index;
	IndexInfo *info;

	debug_query_string = shm_toc_lookup(toc, KEY_QUERY, true);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	LWLockRegisterTranche(shared->graph.alloc_lock.tranche, LOCKS_NAME);
	heap = table_open(shared->heap_id, heap_mode);
	index = index_open(shared->index_id, index_mode);
	info = BuildIndexInfo(index);
	info->ii_Concurrent = shared->concurrent;
	VmHnswBuildPrepare(&build, heap, index, info);
	RunWorker(&build, shared, toc);
	index_close(index, index_mode);
	table_close(heap, heap_mode);
}
