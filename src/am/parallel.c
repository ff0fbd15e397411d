/*
 * parallel.c
 *		What the parallel builds of every access method need: VmPlanBuildWorkers,
 *		VmCreateSharedMemory, VmLockTranche.
 */
#include "compat/compat.h"

#include <sys/statvfs.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "storage/dsm_impl.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "am/parallel.h"

int
VmPlanBuildWorkers(Relation heap, Relation index)
{
	int workers = plan_create_index_workers(RelationGetRelid(heap), RelationGetRelid(index));

	if (workers == 0)
		return 0;
	workers = RelationGetParallelWorkers(heap, -1);
	if (workers < 0)
		return max_parallel_maintenance_workers;
	return Min(workers, max_parallel_maintenance_workers);
}

/* Bytes that a shared memory segment can have; false when that is not known. */
static bool
GetSharedMemoryLeft(Size *left)
{
	const char *place = NULL;
	struct statvfs status;

	if (dynamic_shared_memory_type == DSM_IMPL_POSIX)
		place = "/dev/shm";
	else if (dynamic_shared_memory_type == DSM_IMPL_MMAP)
		place = PG_DYNSHMEM_DIR;
	if (place == NULL || statvfs(place, &status) != 0)
		return false;
	*left = (Size) status.f_bavail * status.f_frsize;
	return true;
}

static void
NoticeNoMemory(const char *am_name, Size size, const char *why)
{
	ereport(NOTICE, (errmsg("%s index is built without parallel workers for lack of shared memory",
							am_name),
					 errdetail("They would share about %zu MB: %s.", size / (1024 * 1024) + 1, why),
					 errhint("Give the server more shared memory (/dev/shm) for a faster build.")));
}

/* Whether an error of dsm_create says that there is not enough of something. */
static bool
IsShortage(int sqlstate)
{
	return sqlstate == ERRCODE_DISK_FULL ||
		   ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES);
}

/*
 * A segment, or NULL and why there is none.  Somebody else may take what is left
 * at the same time, so the attempt alone tells; a subtransaction, whose cost is
 * that a failure ends what pg_stat_progress_create_index shows, gives back what
 * the attempt has taken.
 */
static dsm_segment *
TryToCreate(Size size, char **why)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	dsm_segment *volatile segment = NULL;

	*why = "too many dynamic shared memory segments";
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		segment = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);
		if (segment != NULL)
			dsm_pin_mapping(segment);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (!IsShortage(error->sqlerrcode))
			ReThrowError(error);
		*why = error->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	/* It is the build's from here on, and goes when that fails. */
	if (segment != NULL)
		dsm_unpin_mapping(segment);
	return segment;
}

dsm_segment *
VmCreateSharedMemory(const char *am_name, Size size)
{
	dsm_segment *segment = NULL;
	char *why;
	Size left;

	if (GetSharedMemoryLeft(&left) && size > left)
		why = psprintf("%zu MB are left", left / (1024 * 1024));
	else
		segment = TryToCreate(size, &why);
	if (segment == NULL)
		NoticeNoMemory(am_name, size, why);
	return segment;
}

int
VmLockTranche(const char *name)
{
	bool found;
	int tranche;
	int *shared;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct(name, sizeof(int), &found);
	if (!found)
		*shared = LWLockNewTrancheId();
	tranche = *shared;
	LWLockRelease(AddinShmemInitLock);
	LWLockRegisterTranche(tranche, name);
	return tranche;
}
