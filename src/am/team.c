/*
 * team.c
 *		The leader of an index build and its parallel workers: VmTeam....
 */
#include "compat/compat.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "tcop/tcopprot.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "am/parallel.h"
#include "am/team.h"

#define LIBRARY "vecmilvus"

/* Of the parallel context's table of contents. */
#define KEY_HEADER       UINT64CONST(0xD200000000000001)
#define KEY_SCAN         UINT64CONST(0xD200000000000002)
#define KEY_QUERY        UINT64CONST(0xD200000000000003)
#define KEY_WAL_USAGE    UINT64CONST(0xD200000000000004)
#define KEY_BUFFER_USAGE UINT64CONST(0xD200000000000005)

/* Of the segment with the chunks. */
#define CHUNKS_MAGIC UINT64CONST(0xD200000000000006)

struct VmTeamHeader
{
	Oid heap_id;
	Oid index_id;
	bool concurrent;
	bool broken_hot_chain; /* set by workers, read when they are done */
	dsm_handle memory;
};

/* --------------------------------------------------------------------- chunks */

static Size
ChunksSize(const VmTeamPlan *plan)
{
	shm_toc_estimator estimator;

	shm_toc_initialize_estimator(&estimator);
	for (int i = 0; i < plan->chunk_count; i++)
		shm_toc_estimate_chunk(&estimator, plan->chunk_sizes[i]);
	shm_toc_estimate_keys(&estimator, plan->chunk_count);
	return shm_toc_estimate(&estimator);
}

static bool
CreateChunks(VmTeam *team, const VmTeamPlan *plan)
{
	Size size = ChunksSize(plan);

	team->memory = VmCreateSharedMemory(plan->am_name, size);
	if (team->memory == NULL)
		return false;
	team->chunks = shm_toc_create(CHUNKS_MAGIC, dsm_segment_address(team->memory), size);
	for (int i = 0; i < plan->chunk_count; i++)
		shm_toc_insert(team->chunks, i, shm_toc_allocate(team->chunks, plan->chunk_sizes[i]));
	return true;
}

void *
VmTeamChunk(const VmTeam *team, int number)
{
	return shm_toc_lookup(team->chunks, number, false);
}

/* --------------------------------------------------------------------- leader */

static void
EstimateContext(VmTeam *team)
{
	ParallelContext *parallel = team->parallel;
	shm_toc_estimator *estimator = &parallel->estimator;

	shm_toc_estimate_chunk(estimator, sizeof(VmTeamHeader));
	shm_toc_estimate_chunk(estimator, table_parallelscan_estimate(team->heap, team->snapshot));
	shm_toc_estimate_chunk(estimator, mul_size(sizeof(WalUsage), parallel->nworkers));
	shm_toc_estimate_chunk(estimator, mul_size(sizeof(BufferUsage), parallel->nworkers));
	shm_toc_estimate_keys(estimator, 4);
	if (debug_query_string != NULL)
	{
		shm_toc_estimate_chunk(estimator, strlen(debug_query_string) + 1);
		shm_toc_estimate_keys(estimator, 1);
	}
}

static void *
Allocate(shm_toc *toc, uint64 key, Size size)
{
	void *memory = shm_toc_allocate(toc, size);

	shm_toc_insert(toc, key, memory);
	return memory;
}

static void
FillContext(VmTeam *team)
{
	ParallelContext *parallel = team->parallel;
	shm_toc *toc = parallel->toc;

	team->toc = toc;
	team->header = Allocate(toc, KEY_HEADER, sizeof(VmTeamHeader));
	team->header->heap_id = RelationGetRelid(team->heap);
	team->header->index_id = RelationGetRelid(team->index);
	team->header->concurrent = team->info->ii_Concurrent;
	team->header->broken_hot_chain = false;
	team->header->memory = dsm_segment_handle(team->memory);
	team->scan = Allocate(toc, KEY_SCAN, table_parallelscan_estimate(team->heap, team->snapshot));
	table_parallelscan_initialize(team->heap, team->scan, team->snapshot);
	Allocate(toc, KEY_WAL_USAGE, mul_size(sizeof(WalUsage), parallel->nworkers));
	Allocate(toc, KEY_BUFFER_USAGE, mul_size(sizeof(BufferUsage), parallel->nworkers));
	if (debug_query_string != NULL)
		strcpy(Allocate(toc, KEY_QUERY, strlen(debug_query_string) + 1), debug_query_string);
}

static bool
Launch(VmTeam *team, const VmTeamPlan *plan, VmTeamFill fill, void *arg)
{
	ParallelContext *parallel;

	EnterParallelMode();
	parallel = team->parallel = CreateParallelContext(LIBRARY, plan->worker, plan->workers);
	team->snapshot =
		team->info->ii_Concurrent ? RegisterSnapshot(GetTransactionSnapshot()) : SnapshotAny;
	EstimateContext(team);
	InitializeParallelDSM(parallel);
	if (parallel->seg == NULL)
		return false;
	FillContext(team);
	fill(team, arg);
	LaunchParallelWorkers(parallel);
	if (parallel->nworkers_launched > 0)
		return true;
	WaitForParallelWorkersToFinish(parallel);
	return false;
}

bool
VmTeamStart(VmTeam *team, const VmTeamPlan *plan, VmTeamFill fill, void *arg)
{
	if (!CreateChunks(team, plan))
		return false;
	if (!Launch(team, plan, fill, arg))
	{
		VmTeamEnd(team);
		return false;
	}
	ereport(DEBUG1, (errmsg("using %d parallel workers", team->parallel->nworkers_launched)));
	return true;
}

void
VmTeamFinish(VmTeam *team)
{
	ParallelContext *parallel = team->parallel;
	WalUsage *wal;
	BufferUsage *buffers;

	if (parallel == NULL)
		return;
	WaitForParallelWorkersToFinish(parallel);
	wal = shm_toc_lookup(team->toc, KEY_WAL_USAGE, false);
	buffers = shm_toc_lookup(team->toc, KEY_BUFFER_USAGE, false);
	for (int i = 0; i < parallel->nworkers_launched; i++)
		InstrAccumParallelQuery(&buffers[i], &wal[i]);
	if (team->header->broken_hot_chain)
		team->info->ii_BrokenHotChain = true;
}

void
VmTeamEnd(VmTeam *team)
{
	if (team->parallel == NULL)
		return;
	if (IsMVCCSnapshot(team->snapshot))
		UnregisterSnapshot(team->snapshot);
	DestroyParallelContext(team->parallel);
	ExitParallelMode();
	dsm_detach(team->memory);
	team->parallel = NULL;
	team->scan = NULL;
	team->header = NULL;
	team->toc = NULL;
	team->memory = NULL;
	team->chunks = NULL;
}

/* --------------------------------------------------------------------- worker */

static LOCKMODE
HeapLock(const VmTeamHeader *header)
{
	return header->concurrent ? ShareUpdateExclusiveLock : ShareLock;
}

static LOCKMODE
IndexLock(const VmTeamHeader *header)
{
	return header->concurrent ? RowExclusiveLock : AccessExclusiveLock;
}

static void
AttachChunks(VmTeam *team)
{
	team->memory = dsm_attach(team->header->memory);
	if (team->memory == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("could not map dynamic shared memory segment")));
	team->chunks = shm_toc_attach(CHUNKS_MAGIC, dsm_segment_address(team->memory));
	if (team->chunks == NULL)
		elog(ERROR, "invalid magic number in dynamic shared memory segment");
}

void
VmTeamJoin(VmTeam *team, shm_toc *toc)
{
	VmTeamHeader *header = shm_toc_lookup(toc, KEY_HEADER, false);

	debug_query_string = shm_toc_lookup(toc, KEY_QUERY, true);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	memset(team, 0, sizeof(*team));
	team->toc = toc;
	team->header = header;
	team->heap = table_open(header->heap_id, HeapLock(header));
	team->index = index_open(header->index_id, IndexLock(header));
	team->info = BuildIndexInfo(team->index);
	team->info->ii_Concurrent = header->concurrent;
	team->scan = shm_toc_lookup(toc, KEY_SCAN, false);
	AttachChunks(team);
	InstrStartParallelQuery();
}

void
VmTeamLeave(VmTeam *team)
{
	WalUsage *wal = shm_toc_lookup(team->toc, KEY_WAL_USAGE, false);
	BufferUsage *buffers = shm_toc_lookup(team->toc, KEY_BUFFER_USAGE, false);

	InstrEndParallelQuery(&buffers[ParallelWorkerNumber], &wal[ParallelWorkerNumber]);
	if (team->info->ii_BrokenHotChain)
		team->header->broken_hot_chain = true;
	index_close(team->index, IndexLock(team->header));
	table_close(team->heap, HeapLock(team->header));
	dsm_detach(team->memory);
}
