/*
 * parallel.c
 *		What the parallel builds of every access method need: VmPlanBuildWorkers,
 *		VmSharedMemorySuffices, VmLockTranche.
 */
#include "compat/compat.h"

#include <sys/statvfs.h>

#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "storage/dsm_impl.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/rel.h"

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

bool
VmSharedMemorySuffices(const char *am_name, Size needed)
{
	Size left;

	if (!GetSharedMemoryLeft(&left) || needed <= left)
		return true;
	ereport(NOTICE, (errmsg("%s index is built without parallel workers for lack of shared memory",
							am_name),
					 errdetail("They would share about %zu MB, and %zu MB are left.",
							   needed / (1024 * 1024) + 1, left / (1024 * 1024)),
					 errhint("Give the server more shared memory (/dev/shm) for a faster build.")));
	return false;
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
