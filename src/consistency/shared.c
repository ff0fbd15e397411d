/*
 * shared.c
 *		Shared memory of the consistency module: see shared_private.h.
 */
#include "compat/compat.h"

#include <signal.h>

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/shmem.h"

#include "consistency/shared_private.h"

#define TRANCHE "vecmilvus"

VmSharedState *VmShared = NULL;

static shmem_request_hook_type previous_request = NULL;
static shmem_startup_hook_type previous_startup = NULL;

static void
Request(void)
{
	if (previous_request != NULL)
		previous_request();
	RequestAddinShmemSpace(MAXALIGN(sizeof(VmSharedState)));
	RequestNamedLWLockTranche(TRANCHE, 1 + VM_MAX_DATABASES);
}

/* Also after a backend's crash, when everything begins anew. */
static void
Startup(void)
{
	bool found;

	if (previous_startup != NULL)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	VmShared = ShmemInitStruct("vecmilvus consistency", sizeof(VmSharedState), &found);
	if (!found)
	{
		LWLockPadded *locks = GetNamedLWLockTranche(TRANCHE);

		memset(VmShared, 0, sizeof(VmSharedState));
		VmShared->lock = &locks[0].lock;
		for (int i = 0; i < VM_MAX_DATABASES; i++)
		{
			VmOracleEntry *entry = &VmShared->oracles[i];

			entry->lock = &locks[1 + i].lock;
			pg_atomic_init_u64(&entry->last, 0);
			pg_atomic_init_u64(&entry->limit, 0);
		}
	}
	LWLockRelease(AddinShmemInitLock);
}

void
VmSharedRequest(void)
{
	Assert(process_shared_preload_libraries_in_progress);
	previous_request = shmem_request_hook;
	shmem_request_hook = Request;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = Startup;
}

/* Entries are taken from the front and never given back: the first free is the end. */
static VmOracleEntry *
FindOracle(Oid database, Oid relation)
{
	for (int i = 0; i < VM_MAX_DATABASES; i++)
	{
		VmOracleEntry *entry = &VmShared->oracles[i];

		if (!OidIsValid(entry->database) ||
			(entry->database == database && entry->relation == relation))
			return entry;
	}
	return NULL;
}

VmOracleEntry *
VmSharedOracle(Oid database, Oid relation)
{
	VmOracleEntry *entry;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	entry = FindOracle(database, relation);
	if (entry != NULL)
	{
		entry->database = database;
		entry->relation = relation;
	}
	LWLockRelease(VmShared->lock);
	return entry;
}

VmWorkerSlot *
VmSharedFindWorker(Oid database)
{
	Assert(LWLockHeldByMe(VmShared->lock));
	for (int i = 0; i < VM_MAX_DATABASES; i++)
	{
		if (VmShared->workers[i].database == database)
			return &VmShared->workers[i];
	}
	return NULL;
}

/* A new slot wants a worker: it has to be seen whether the extension is there. */
VmWorkerSlot *
VmSharedAddWorker(Oid database)
{
	VmWorkerSlot *slot = VmSharedFindWorker(database);

	if (slot != NULL)
		return slot;
	slot = VmSharedFindWorker(InvalidOid);
	if (slot == NULL)
		return NULL;
	memset(slot, 0, sizeof(VmWorkerSlot));
	slot->database = database;
	slot->state = VM_WORKER_WANTED;
	return slot;
}

void
VmSharedSignalWorkers(const VmWorkerSlot *slot)
{
	Assert(LWLockHeldByMe(VmShared->lock));
	/* The slot has these pids until their processes are out of the database. */
	if (slot->pid != 0)
		kill(slot->pid, SIGTERM);
	if (slot->helper_pid != 0)
		kill(slot->helper_pid, SIGTERM);
}

void
VmSharedWakeLauncher(void)
{
	PGPROC *launcher = VmShared->launcher;

	/* A launcher that is gone left its PGPROC to another, who looks and sleeps on. */
	if (launcher != NULL)
		SetLatch(&launcher->procLatch);
}
