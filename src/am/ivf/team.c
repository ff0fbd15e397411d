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

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"

#include "am/blas.h"
#include "am/ivf/build.h"
#include "am/ivf/options.h"
#include "am/parallel.h"

#define LOCK_TRANCHE_NAME "vecmilvus_ivf_build"

PGDLLEXPORT void vm_ivf_build_worker(dsm_segment *segment, shm_toc *toc);

/* ------------------------------------------------------------------- arrays */

/* Chunks that the team shares: VmIvfBuildShared, and the arrays. */
#define CHUNK_SHARED 0
#define CHUNK_ARRAY  1

typedef struct ArrayPlace
{
	Size offset; /* of the pointer in VmIvfBuildArrays */
	Size size;
} ArrayPlace;

#define ARRAY_COUNT 6

static void
PlanArrays(const VmIvfBuildState *build, ArrayPlace places[ARRAY_COUNT])
{
	Size lists = build->ivf.lists;
	Size dims = build->ivf.space.dims;

	places[0] =
		(ArrayPlace) {offsetof(VmIvfBuildArrays, centroids), mul_size(lists, build->row_size)};
	places[1] = (ArrayPlace) {offsetof(VmIvfBuildArrays, origin), mul_size(dims, sizeof(float))};
	places[2] = (ArrayPlace) {offsetof(VmIvfBuildArrays, sums),
							  mul_size(lists, mul_size(dims, sizeof(float)))};
	places[3] = (ArrayPlace) {offsetof(VmIvfBuildArrays, counts), mul_size(lists, sizeof(uint64))};
	places[4] = (ArrayPlace) {offsetof(VmIvfBuildArrays, seats), mul_size(lists, sizeof(uint32))};
	places[5] =
		(ArrayPlace) {offsetof(VmIvfBuildArrays, starts), mul_size(lists, sizeof(BlockNumber))};
}

static void
SetArray(VmIvfBuildState *build, const ArrayPlace *place, void *memory)
{
	*(void **) ((char *) &build->arrays + place->offset) = memory;
}

/* What others have set up. */
static void
UseChunks(VmIvfBuildState *build)
{
	ArrayPlace places[ARRAY_COUNT];

	build->shared = VmTeamChunk(&build->team, CHUNK_SHARED);
	PlanArrays(build, places);
	for (int i = 0; i < ARRAY_COUNT; i++)
		SetArray(build, &places[i], VmTeamChunk(&build->team, CHUNK_ARRAY + i));
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
	if (build->team.parallel != NULL)
		BarrierArriveAndWait(&shared->barrier, PG_WAIT_EXTENSION);
	RunStep(build);
	if (build->team.parallel != NULL && step != VM_IVF_STEP_DONE)
		BarrierArriveAndWait(&shared->barrier, PG_WAIT_EXTENSION);
}

/* ------------------------------------------------------------------ a worker */

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
	VmIvfBuildState build = {0};
	VmTeam *team = &build.team;
	VmIvfBuildShared *shared;

	VmTeamJoin(team, toc);
	shared = VmTeamChunk(team, CHUNK_SHARED);
	SharedFileSetAttach(&shared->files, team->memory);
	LWLockRegisterTranche(shared->lock.tranche, LOCK_TRANCHE_NAME);
	VmIvfBuildPrepare(&build, team->heap, team->index, team->info, shared->lists,
					  VmIvfOptionQuantizer(team->index));
	build.memory = (Size) maintenance_work_mem * 1024 / shared->planned_members;
	UseChunks(&build);
	build.member = (int) pg_atomic_fetch_add_u32(&shared->members, 1);

	FollowLeader(&build);

	MemoryContextDelete(build.context);
	VmTeamLeave(team);
}

/* ------------------------------------------------------------------- leader */

static void
InitShared(VmIvfBuildState *build, VmIvfBuildShared *shared, int members, int tranche)
{
	memset(shared, 0, sizeof(VmIvfBuildShared));
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

/* Before the first worker starts. */
static void
Fill(VmTeam *team, void *arg)
{
	VmIvfBuildState *build = arg;
	ArrayPlace places[ARRAY_COUNT];

	InitShared(build, VmTeamChunk(team, CHUNK_SHARED), team->parallel->nworkers + 1,
			   VmLockTranche(LOCK_TRANCHE_NAME));
	SharedFileSetInit(&build->shared->files, team->memory);
	PlanArrays(build, places);
	for (int i = 0; i < ARRAY_COUNT; i++)
		memset(VmTeamChunk(team, CHUNK_ARRAY + i), 0, places[i].size);
	UseChunks(build);
}

static bool
StartParallel(VmIvfBuildState *build, int workers)
{
	ArrayPlace places[ARRAY_COUNT];
	Size sizes[CHUNK_ARRAY + ARRAY_COUNT];
	VmTeamPlan plan = {.am_name = build->ivf.limits->am_name,
					   .worker = "vm_ivf_build_worker",
					   .workers = workers,
					   .chunk_sizes = sizes,
					   .chunk_count = lengthof(sizes)};

	PlanArrays(build, places);
	sizes[CHUNK_SHARED] = sizeof(VmIvfBuildShared);
	for (int i = 0; i < ARRAY_COUNT; i++)
		sizes[CHUNK_ARRAY + i] = places[i].size;
	return VmTeamStart(&build->team, &plan, Fill, build);
}

void
VmIvfTeamStart(VmIvfBuildState *build, int workers)
{
	if (workers == 0 || !StartParallel(build, workers))
		StartAlone(build);
}

/* What is shared goes with it. */
void
VmIvfTeamEnd(VmIvfBuildState *build)
{
	VmIvfSpoolEnd(build);
	if (build->team.parallel == NULL)
		return;
	VmIvfTeamRun(build, VM_IVF_STEP_DONE, 0);
	VmTeamFinish(&build->team);
	VmTeamEnd(&build->team);
}
