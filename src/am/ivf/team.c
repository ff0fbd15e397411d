/*
 * team.c
 *		The leader and the parallel workers of a build: VmIvfTeam....
 *
 * The barrier's phase is even while the leader works alone and odd while a step
 * runs.  The leader is attached from the start, so no phase passes without it.
 * A worker attaches when it comes: between steps it waits for the next one,
 * within a step it takes part.  One that never comes is not waited for, and when
 * one fails the leader learns it in BarrierArriveAndWait, which serves
 * interrupts.
 */
#include "compat/compat.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/spin.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "am/blas.h"
#include "am/ivf/build.h"
#include "am/ivf/options.h"
#include "am/parallel.h"

/* Of the shared memory's table of contents. */
#define KEY_SHARED       UINT64CONST(0xD100000000000001)
#define KEY_SCAN         UINT64CONST(0xD100000000000002)
#define KEY_CENTROIDS    UINT64CONST(0xD100000000000003)
#define KEY_ORIGIN       UINT64CONST(0xD100000000000004)
#define KEY_SUMS         UINT64CONST(0xD100000000000005)
#define KEY_COUNTS       UINT64CONST(0xD100000000000006)
#define KEY_SEATS        UINT64CONST(0xD100000000000007)
#define KEY_STARTS       UINT64CONST(0xD100000000000008)
#define KEY_QUERY        UINT64CONST(0xD100000000000009)
#define KEY_WAL_USAGE    UINT64CONST(0xD10000000000000A)
#define KEY_BUFFER_USAGE UINT64CONST(0xD10000000000000B)

/* The rest of the segment: the server's state for workers, roughly. */
#define OTHER_SIZE        ((Size) 512 * 1024)
#define ERROR_QUEUE_SIZE  ((Size) 16 * 1024)

#define LOCK_TRANCHE_NAME "vecmilvus_ivf_build"

PGDLLEXPORT void vm_ivf_build_worker(dsm_segment *segment, shm_toc *toc);

/* ------------------------------------------------------------------- arrays */

typedef struct ArrayPlace
{
	uint64 key;
	Size offset; /* of the pointer in VmIvfBuildArrays */
	Size size;
} ArrayPlace;

#define ARRAY_COUNT 6

static void
PlanArrays(const VmIvfBuildState *build, ArrayPlace places[ARRAY_COUNT])
{
	Size lists = build->ivf.lists;
	Size dims = build->ivf.space.dims;

	places[0] = (ArrayPlace) {KEY_CENTROIDS, offsetof(VmIvfBuildArrays, centroids),
							  mul_size(lists, build->row_size)};
	places[1] = (ArrayPlace) {KEY_ORIGIN, offsetof(VmIvfBuildArrays, origin),
							  mul_size(dims, sizeof(float))};
	places[2] = (ArrayPlace) {KEY_SUMS, offsetof(VmIvfBuildArrays, sums),
							  mul_size(lists, mul_size(dims, sizeof(float)))};
	places[3] = (ArrayPlace) {KEY_COUNTS, offsetof(VmIvfBuildArrays, counts),
							  mul_size(lists, sizeof(uint64))};
	places[4] = (ArrayPlace) {KEY_SEATS, offsetof(VmIvfBuildArrays, seats),
							  mul_size(lists, sizeof(uint32))};
	places[5] = (ArrayPlace) {KEY_STARTS, offsetof(VmIvfBuildArrays, starts),
							  mul_size(lists, sizeof(BlockNumber))};
}

static void
SetArray(VmIvfBuildState *build, const ArrayPlace *place, void *memory)
{
	*(void **) ((char *) &build->arrays + place->offset) = memory;
}

/* ------------------------------------------------------------------- steps */

static void
RunStep(VmIvfBuildState *build)
{
	switch (build->shared->step)
	{
		case VM_IVF_STEP_TRAIN:
			VmIvfTrainStep(build);
			break;
		case VM_IVF_STEP_SPLIT:
			VmIvfSplitStep(build);
			break;
		case VM_IVF_STEP_SUBTRAIN:
			VmIvfSubtrainStep(build);
			break;
		case VM_IVF_STEP_LOAD:
			VmIvfLoadStep(build);
			break;
		case VM_IVF_STEP_WRITE:
			VmIvfWriteStep(build);
			break;
		case VM_IVF_STEP_DONE:
			break;
	}
}

bool
VmIvfNextTask(VmIvfBuildState *build, uint32 *task)
{
	CHECK_FOR_INTERRUPTS();
	*task = pg_atomic_fetch_add_u32(&build->shared->next_task, 1);
	return *task < build->shared->tasks;
}

int
VmIvfMembers(const VmIvfBuildState *build)
{
	return (int) pg_atomic_read_u32(&build->shared->members);
}

void
VmIvfTeamRun(VmIvfBuildState *build, VmIvfStep step, uint32 tasks)
{
	VmIvfBuildShared *shared = build->shared;

	shared->step = step;
	shared->tasks = tasks;
	pg_atomic_write_u32(&shared->next_task, 0);
	if (build->parallel != NULL)
		BarrierArriveAndWait(&shared->barrier, PG_WAIT_EXTENSION);
	RunStep(build);
	if (build->parallel != NULL && step != VM_IVF_STEP_DONE)
		BarrierArriveAndWait(&shared->barrier, PG_WAIT_EXTENSION);
}

/* ------------------------------------------------------------------ a worker */

static void
SetUpWorker(VmIvfBuildState *build, VmIvfBuildShared *shared, shm_toc *toc)
{
	ArrayPlace places[ARRAY_COUNT];

	build->shared = shared;
	build->member = (int) pg_atomic_fetch_add_u32(&shared->members, 1);
	PlanArrays(build, places);
	for (int i = 0; i < ARRAY_COUNT; i++)
		SetArray(build, &places[i], shm_toc_lookup(toc, places[i].key, false));
	build->scan = shm_toc_lookup(toc, KEY_SCAN, false);
}

static void
FollowLeader(VmIvfBuildState *build)
{
	Barrier *barrier = &build->shared->barrier;
	int phase = BarrierAttach(barrier);

	for (;;)
	{
		if (phase % 2 == 0)
			BarrierArriveAndWait(barrier, PG_WAIT_EXTENSION);
		if (build->shared->step == VM_IVF_STEP_DONE)
			break;
		RunStep(build);
		BarrierArriveAndWait(barrier, PG_WAIT_EXTENSION);
		phase = 0;
	}
	BarrierDetach(barrier);
}

/* A parallel worker's main function. */
void
vm_ivf_build_worker(dsm_segment *segment, shm_toc *toc)
{
	VmIvfBuildShared *shared = shm_toc_lookup(toc, KEY_SHARED, false);
	LOCKMODE heap_mode = shared->concurrent ? ShareUpdateExclusiveLock : ShareLock;
	LOCKMODE index_mode = shared->concurrent ? RowExclusiveLock : AccessExclusiveLock;
	VmIvfBuildState build = {0};
	IndexInfo *info;
	Relation heap;
	Relation index;

	debug_query_string = shm_toc_lookup(toc, KEY_QUERY, true);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	heap = table_open(shared->heap_id, heap_mode);
	index = index_open(shared->index_id, index_mode);
	info = BuildIndexInfo(index);
	info->ii_Concurrent = shared->concurrent;
	SharedFileSetAttach(&shared->files, segment);
	LWLockRegisterTranche(shared->lock.tranche, LOCK_TRANCHE_NAME);

	VmIvfBuildPrepare(&build, heap, index, info, shared->lists, VmIvfOptionQuantizer(index));
	build.memory = (Size) maintenance_work_mem * 1024 / shared->planned_members;
	SetUpWorker(&build, shared, toc);

	InstrStartParallelQuery();
	FollowLeader(&build);
	InstrEndParallelQuery(
		&((BufferUsage *) shm_toc_lookup(toc, KEY_BUFFER_USAGE, false))[ParallelWorkerNumber],
		&((WalUsage *) shm_toc_lookup(toc, KEY_WAL_USAGE, false))[ParallelWorkerNumber]);

	MemoryContextDelete(build.context);
	index_close(index, index_mode);
	table_close(heap, heap_mode);
}

/* ------------------------------------------------------------------- leader */

static void
InitShared(VmIvfBuildState *build, VmIvfBuildShared *shared, int members, int tranche)
{
	memset(shared, 0, sizeof(VmIvfBuildShared));
	shared->heap_id = build->heap != NULL ? RelationGetRelid(build->heap) : InvalidOid;
	shared->index_id = RelationGetRelid(build->index);
	shared->concurrent = build->info != NULL && build->info->ii_Concurrent;
	shared->lists = build->ivf.lists;
	shared->planned_members = members;
	shared->chunk_rows = VmIvfChunkRows(build->row_size);
	BarrierInit(&shared->barrier, 0);
	BarrierAttach(&shared->barrier); /* before any worker: no phase without us */
	pg_atomic_init_u32(&shared->members, 1);
	pg_atomic_init_u32(&shared->next_task, 0);
	LWLockInitialize(&shared->lock, tranche);
	build->shared = shared;
	build->memory = (Size) maintenance_work_mem * 1024 / members;
}

static void
StartAlone(VmIvfBuildState *build)
{
	ArrayPlace places[ARRAY_COUNT];

	InitShared(build, MemoryContextAlloc(build->context, sizeof(VmIvfBuildShared)), 1,
			   LWTRANCHE_FIRST_USER_DEFINED);
	PlanArrays(build, places);
	for (int i = 0; i < ARRAY_COUNT; i++)
		SetArray(build, &places[i],
				 MemoryContextAllocExtended(build->context, places[i].size,
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
}

static void
EstimateShared(VmIvfBuildState *build, ParallelContext *parallel, Size scan_size)
{
	shm_toc_estimator *estimator = &parallel->estimator;
	ArrayPlace places[ARRAY_COUNT];

	PlanArrays(build, places);
	for (int i = 0; i < ARRAY_COUNT; i++)
		shm_toc_estimate_chunk(estimator, places[i].size);
	shm_toc_estimate_chunk(estimator, sizeof(VmIvfBuildShared));
	shm_toc_estimate_chunk(estimator, scan_size);
	shm_toc_estimate_chunk(estimator, mul_size(sizeof(WalUsage), parallel->nworkers));
	shm_toc_estimate_chunk(estimator, mul_size(sizeof(BufferUsage), parallel->nworkers));
	shm_toc_estimate_keys(estimator, ARRAY_COUNT + 4);
	if (debug_query_string != NULL)
	{
		shm_toc_estimate_chunk(estimator, strlen(debug_query_string) + 1);
		shm_toc_estimate_keys(estimator, 1);
	}
}

static void *
AllocateShared(shm_toc *toc, uint64 key, Size size)
{
	void *memory = shm_toc_allocate(toc, size);

	memset(memory, 0, size);
	shm_toc_insert(toc, key, memory);
	return memory;
}

static void
FillShared(VmIvfBuildState *build, ParallelContext *parallel, Size scan_size)
{
	shm_toc *toc = parallel->toc;
	ArrayPlace places[ARRAY_COUNT];

	InitShared(build, AllocateShared(toc, KEY_SHARED, sizeof(VmIvfBuildShared)),
			   parallel->nworkers + 1, VmLockTranche(LOCK_TRANCHE_NAME));
	SharedFileSetInit(&build->shared->files, parallel->seg);
	PlanArrays(build, places);
	for (int i = 0; i < ARRAY_COUNT; i++)
		SetArray(build, &places[i], AllocateShared(toc, places[i].key, places[i].size));

	build->scan = AllocateShared(toc, KEY_SCAN, scan_size);
	table_parallelscan_initialize(build->heap, build->scan, build->snapshot);
	AllocateShared(toc, KEY_WAL_USAGE, mul_size(sizeof(WalUsage), parallel->nworkers));
	AllocateShared(toc, KEY_BUFFER_USAGE, mul_size(sizeof(BufferUsage), parallel->nworkers));
	if (debug_query_string != NULL)
		strcpy(AllocateShared(toc, KEY_QUERY, strlen(debug_query_string) + 1), debug_query_string);
}

static void
StopParallel(VmIvfBuildState *build, ParallelContext *parallel)
{
	if (IsMVCCSnapshot(build->snapshot))
		UnregisterSnapshot(build->snapshot);
	DestroyParallelContext(parallel);
	ExitParallelMode();
	build->parallel = NULL;
	build->scan = NULL;
}

/* False when no worker can be had. */
static bool
StartParallel(VmIvfBuildState *build, int workers)
{
	ParallelContext *parallel;
	Size scan_size;

	EnterParallelMode();
	parallel = CreateParallelContext("vecmilvus", "vm_ivf_build_worker", workers);
	build->snapshot =
		build->info->ii_Concurrent ? RegisterSnapshot(GetTransactionSnapshot()) : SnapshotAny;
	scan_size = table_parallelscan_estimate(build->heap, build->snapshot);
	EstimateShared(build, parallel, scan_size);
	InitializeParallelDSM(parallel);
	if (parallel->seg == NULL)
	{
		StopParallel(build, parallel);
		return false;
	}
	FillShared(build, parallel, scan_size);
	LaunchParallelWorkers(parallel);
	if (parallel->nworkers_launched == 0)
	{
		WaitForParallelWorkersToFinish(parallel);
		StopParallel(build, parallel);
		return false;
	}
	ereport(DEBUG1, (errmsg("using %d parallel workers", parallel->nworkers_launched)));
	build->parallel = parallel;
	return true;
}

/* About what the segment takes. */
static Size
SharedSize(const VmIvfBuildState *build, int workers)
{
	ArrayPlace places[ARRAY_COUNT];
	Size size = OTHER_SIZE + workers * ERROR_QUEUE_SIZE;

	PlanArrays(build, places);
	for (int i = 0; i < ARRAY_COUNT; i++)
		size = add_size(size, places[i].size);
	return size;
}

void
VmIvfTeamStart(VmIvfBuildState *build, int workers)
{
	if (workers > 0 &&
		VmSharedMemorySuffices(build->ivf.limits->am_name, SharedSize(build, workers)) &&
		StartParallel(build, workers))
		return;
	StartAlone(build);
}

/* What is shared goes with it. */
void
VmIvfTeamEnd(VmIvfBuildState *build)
{
	ParallelContext *parallel = build->parallel;
	WalUsage *wal;
	BufferUsage *buffers;

	VmIvfSpoolEnd(build);
	if (parallel == NULL)
		return;
	VmIvfTeamRun(build, VM_IVF_STEP_DONE, 0);
	WaitForParallelWorkersToFinish(parallel);
	wal = shm_toc_lookup(parallel->toc, KEY_WAL_USAGE, false);
	buffers = shm_toc_lookup(parallel->toc, KEY_BUFFER_USAGE, false);
	for (int i = 0; i < parallel->nworkers_launched; i++)
		InstrAccumParallelQuery(&buffers[i], &wal[i]);
	StopParallel(build, parallel);
}
