/*
 * helper.c
 *		The helper of a database: a second process for what would hold up the
 *		ticks (worker.h).
 *
 * At most one runs in a database.  It has a place in the database's slot as the
 * worker does (CONS-10), so that commands that need the database to themselves
 * send it away as well (leave.c).
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "consistency/shared_private.h"
#include "consistency/worker.h"
#include "consistency/worker_private.h"

/* The worker's: the helper that it has started last. */
static BackgroundWorkerHandle *started = NULL;
static bool told_no_worker = false;

/* Whether one that was started has not ended; it may not have begun. */
static bool
IsPending(void)
{
	BgwHandleStatus status;
	pid_t pid;

	if (started == NULL)
		return false;
	status = GetBackgroundWorkerPid(started, &pid);
	if (status == BGWH_STARTED || status == BGWH_NOT_YET_STARTED)
		return true;
	pfree(started);
	started = NULL;
	return false;
}

/* Another worker of the database, which has ended, may have started it. */
static bool
IsPresent(void)
{
	VmWorkerSlot *slot;
	bool present;

	LWLockAcquire(VmShared->lock, LW_SHARED);
	slot = VmSharedFindWorker(MyDatabaseId);
	present = slot != NULL && slot->helper_pid != 0;
	LWLockRelease(VmShared->lock);
	return present;
}

static bool
Register(const char *title, const char *function)
{
	BackgroundWorker worker = {0};
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	bool registered;

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker.bgw_library_name, VM_WORKER_LIBRARY, sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, function, sizeof(worker.bgw_function_name));
	snprintf(worker.bgw_name, BGW_MAXLEN, "%s for database %u", title, MyDatabaseId);
	strlcpy(worker.bgw_type, title, sizeof(worker.bgw_type));
	worker.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId);
	worker.bgw_notify_pid = MyProcPid;
	registered = RegisterDynamicBackgroundWorker(&worker, &started);
	if (!registered)
		started = NULL;
	MemoryContextSwitchTo(old);
	return registered;
}

bool
VmHelperStart(const char *title, const char *function)
{
	if (VmShared == NULL || IsPending() || IsPresent())
		return false;
	if (Register(title, function))
	{
		told_no_worker = false;
		return true;
	}
	if (!told_no_worker)
		ereport(LOG, (errmsg("no background worker is free for the %s of database %u", title,
							 MyDatabaseId),
					  errhint("Increase max_worker_processes. vecmilvus tries again.")));
	told_no_worker = true;
	return false;
}

static bool
ClaimPlace(Oid database)
{
	VmWorkerSlot *slot;
	bool claimed;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedFindWorker(database);
	claimed = slot != NULL && slot->helper_pid == 0 && slot->bars == 0;
	if (claimed)
		slot->helper_pid = MyProcPid;
	LWLockRelease(VmShared->lock);
	return claimed;
}

/* Runs after the process has given up its database. */
static void
FreePlace(int code, Datum argument)
{
	VmWorkerSlot *slot;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedFindWorker(DatumGetObjectId(argument));
	if (slot != NULL && slot->helper_pid == MyProcPid)
		slot->helper_pid = 0;
	LWLockRelease(VmShared->lock);
}

void
VmHelperEnter(Datum argument, const char *title)
{
	Oid database = DatumGetObjectId(argument);

	VmWorkerSetSignals();
	if (VmShared == NULL || !ClaimPlace(database))
		proc_exit(0);
	on_shmem_exit(FreePlace, argument);
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	pgstat_report_appname(title);
	VmWorkerOverrideSettings();
}

void
VmHelperSetPlace(Oid place)
{
	VmWorkerSlot *slot;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedFindWorker(MyDatabaseId);
	if (slot != NULL)
		slot->helper_place = place;
	LWLockRelease(VmShared->lock);
}

Oid
VmHelperPlace(void)
{
	VmWorkerSlot *slot;
	Oid place;

	LWLockAcquire(VmShared->lock, LW_SHARED);
	slot = VmSharedFindWorker(MyDatabaseId);
	place = slot == NULL ? InvalidOid : slot->helper_place;
	LWLockRelease(VmShared->lock);
	return place;
}
