/*
 * build.c
 *		Building an index: VmHnswBuild, VmHnswBuildEmpty.
 *
 * Depends on build_parallel.c for workers, on graph.c for the graph in memory,
 * flush.c to write it, and insert.c for what does not fit into memory.
 */
#include "compat/compat.h"

#include "access/tableam.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/wait_event.h"

#include "am/hnsw/build_private.h"
#include "am/hnsw/flush.h"
#include "am/hnsw/insert.h"

/* ------------------------------------------------------- in memory or on disk */

/* Announces an insertion into the graph; false when it is on disk. */
static bool
EnterGraph(VmHnswBuildShared *shared)
{
	for (;;)
	{
		VmHnswBuildPhase phase;

		SpinLockAcquire(&shared->mutex);
		phase = shared->phase;
		if (phase == VM_HNSW_BUILD_IN_MEMORY)
			shared->inserting++;
		SpinLockRelease(&shared->mutex);
		if (phase != VM_HNSW_BUILD_FLUSHING)
		{
			ConditionVariableCancelSleep();
			return phase == VM_HNSW_BUILD_IN_MEMORY;
		}
		ConditionVariableSleep(&shared->changed, PG_WAIT_EXTENSION);
	}
}

static void
LeaveGraph(VmHnswBuildShared *shared, bool inserted)
{
	bool wake;

	SpinLockAcquire(&shared->mutex);
	shared->indexed += inserted;
	shared->inserting--;
	wake = shared->phase == VM_HNSW_BUILD_FLUSHING && shared->inserting == 0;
	SpinLockRelease(&shared->mutex);
	if (wake)
		ConditionVariableBroadcast(&shared->changed);
}

/* True for the one process that is to write the graph to pages. */
static bool
ClaimFlush(VmHnswBuildShared *shared)
{
	bool claimed;

	SpinLockAcquire(&shared->mutex);
	claimed = shared->phase == VM_HNSW_BUILD_IN_MEMORY;
	if (claimed)
		shared->phase = VM_HNSW_BUILD_FLUSHING;
	SpinLockRelease(&shared->mutex);
	return claimed;
}

static void
AwaitInserters(VmHnswBuildShared *shared)
{
	for (;;)
	{
		int inserting;

		SpinLockAcquire(&shared->mutex);
		inserting = shared->inserting;
		SpinLockRelease(&shared->mutex);
		if (inserting == 0)
			break;
		ConditionVariableSleep(&shared->changed, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
}

static void
EndFlush(VmHnswBuildShared *shared)
{
	SpinLockAcquire(&shared->mutex);
	shared->phase = VM_HNSW_BUILD_ON_DISK;
	SpinLockRelease(&shared->mutex);
	ConditionVariableBroadcast(&shared->changed);
}

/* A graph in shared memory stays until the workers are done. */
static void
FreeGraph(VmHnswBuildState *build)
{
	MemoryContextReset(build->graph_context);
	build->graph = NULL;
}

/* The graph has no room for a value: sees to it that it is on disk. */
static void
MoveToDisk(VmHnswBuildState *build)
{
	VmHnswBuildShared *shared = build->shared;

	if (!ClaimFlush(shared))
		return;
	AwaitInserters(shared);
	ereport(NOTICE, (errmsg("hnsw graph no longer fits into maintenance_work_mem after %lld tuples",
							(long long) shared->indexed),
					 errdetail("Building will take significantly more time."),
					 errhint("Increase maintenance_work_mem to speed up builds.")));
	VmHnswFlush(&build->hnsw, build->graph);
	EndFlush(shared);
	if (build->team.scan == NULL)
		FreeGraph(build);
}

/* ---------------------------------------------------------------- the rows */

static void
CountOnDisk(VmHnswBuildShared *shared)
{
	SpinLockAcquire(&shared->mutex);
	shared->indexed++;
	SpinLockRelease(&shared->mutex);
}

static void
IndexPayload(VmHnswBuildState *build, const void *payload, Size size, ItemPointer heap_tid)
{
	while (EnterGraph(build->shared))
	{
		bool inserted = VmGraphInsert(build->graph, payload, size, heap_tid);

		LeaveGraph(build->shared, inserted);
		if (inserted)
			return;
		MoveToDisk(build);
	}
	VmHnswInsertTuple(&build->hnsw, payload, size, heap_tid);
	CountOnDisk(build->shared);
}

/* Called for every row by the scan. */
static void
IndexRow(Relation index, ItemPointer heap_tid, Datum *values, bool *isnull, bool alive, void *arg)
{
	VmHnswBuildState *build = arg;
	MemoryContext old;
	const void *payload;
	Size size;

	if (isnull[0])
		return;
	old = MemoryContextSwitchTo(build->value_context);
	payload = VmSpacePayload(&build->hnsw.space, values[0], &VmHnswLimits, &size);
	if (payload != NULL)
		IndexPayload(build, payload, size, heap_tid);
	MemoryContextSwitchTo(old);
	MemoryContextReset(build->value_context);
	if (!IsParallelWorker())
		pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_DONE,
									 (int64) build->shared->indexed);
}

void
VmHnswBuildScan(VmHnswBuildState *build)
{
	VmTeam *team = &build->team;
	TableScanDesc scan = NULL;
	double tuples;

	if (team->scan != NULL)
		scan = table_beginscan_parallel(team->heap, team->scan);
	tuples = table_index_build_scan(team->heap, team->index, team->info, true, !IsParallelWorker(),
									IndexRow, build, scan);
	SpinLockAcquire(&build->shared->mutex);
	build->shared->heap_tuples += tuples;
	SpinLockRelease(&build->shared->mutex);
}

/* ------------------------------------------------------------------ a build */

void
VmHnswBuildPrepare(VmHnswBuildState *build)
{
	VmHnswOpenForBuild(&build->hnsw, build->team.index);
	build->graph_context =
		AllocSetContextCreate(CurrentMemoryContext, "hnsw graph", ALLOCSET_DEFAULT_SIZES);
	build->value_context =
		AllocSetContextCreate(CurrentMemoryContext, "hnsw build value", ALLOCSET_DEFAULT_SIZES);
}

void
VmHnswBuildInitShared(VmHnswBuildState *build, VmHnswBuildShared *shared, Size graph_size,
					  int tranche)
{
	memset(shared, 0, offsetof(VmHnswBuildShared, graph));
	SpinLockInit(&shared->mutex);
	ConditionVariableInit(&shared->changed);
	VmGraphInit(&shared->graph, &build->hnsw, graph_size, tranche);
	build->shared = shared;
}

static void
StartAlone(VmHnswBuildState *build)
{
	VmHnswBuildShared *shared = palloc(sizeof(VmHnswBuildShared));

	VmHnswBuildInitShared(build, shared, (Size) maintenance_work_mem * 1024,
						  LWTRANCHE_FIRST_USER_DEFINED);
	build->graph = VmGraphAttach(&shared->graph, &build->hnsw, NULL, build->graph_context);
}

static void
IndexTable(VmHnswBuildState *build)
{
	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, VM_HNSW_PHASE_LOAD);
	VmHnswBuildScan(build);
	VmTeamFinish(&build->team);
	if (ClaimFlush(build->shared))
		VmHnswFlush(&build->hnsw, build->graph);
}

IndexBuildResult *
VmHnswBuild(Relation heap, Relation index, IndexInfo *info)
{
	IndexBuildResult *result = palloc(sizeof(IndexBuildResult));
	VmHnswBuildState build = {.team = {.heap = heap, .index = index, .info = info}};

	if (RelationGetNumberOfBlocks(index) != 0)
		elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(index));
	VmHnswBuildPrepare(&build);
	VmHnswCreateMetapage(&build.hnsw, MAIN_FORKNUM);

	if (!VmHnswBuildStartParallel(&build))
		StartAlone(&build);
	IndexTable(&build);
	result->heap_tuples = build.shared->heap_tuples;
	result->index_tuples = (double) build.shared->indexed;
	VmTeamEnd(&build.team);
	MemoryContextDelete(build.graph_context);
	MemoryContextDelete(build.value_context);

	VmPageLogBuild(index, MAIN_FORKNUM);
	return result;
}

void
VmHnswBuildEmpty(Relation index)
{
	VmHnsw hnsw;

	VmHnswOpenForBuild(&hnsw, index);
	VmHnswCreateMetapage(&hnsw, INIT_FORKNUM);
	VmPageLogBuild(index, INIT_FORKNUM);
}
