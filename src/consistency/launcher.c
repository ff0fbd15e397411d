/*
 * launcher.c
 *		The launcher: starts a worker in every database that has, or may have,
 *		the extension; VmConsistencyInit.
 *
 * It learns of databases from pg_database, at its start, once a minute and when
 * a command makes one; and of the extension from the workers that it sends to
 * look, one at a time, since a server has few background workers.
 */
#include "compat/compat.h"
#include "compat/process.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "consistency/clock_private.h"
#include "consistency/shared_private.h"
#include "consistency/worker.h"
#include "consistency/worker_private.h"

#define SCAN_INTERVAL_MS 60000
#define MIN_DELAY_MS     5000
#define MAX_DELAY_MS     60000

/* What only the launcher knows of a slot; it starts anew with the launcher. */
typedef struct Attempt
{
	Oid database; /* whose this is: a slot may be another's by now */
	BackgroundWorkerHandle *handle;
	TimestampTz retry_at;
	int delay_ms;
} Attempt;

static Attempt attempts[VM_MAX_DATABASES];
static bool told_no_worker = false;
static bool told_no_slot = false;

/* Whether a worker may connect: no template, and not closed or half dropped. */
static bool
IsServed(Form_pg_database database)
{
	return database->datallowconn && !database->datistemplate && database->datconnlimit >= -1;
}

/* The databases that may have a worker, in the caller's memory context. */
static List *
ReadDatabases(void)
{
	MemoryContext context = CurrentMemoryContext;
	List *databases = NIL;
	Relation relation;
	TableScanDesc scan;
	HeapTuple tuple;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (IsServed(database))
		{
			MemoryContext old = MemoryContextSwitchTo(context);

			databases = lappend_oid(databases, database->oid);
			MemoryContextSwitchTo(old);
		}
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return databases;
}

/*
 * Makes the slots agree with pg_database.  One that a command is barring is
 * left alone: its session goes by the slot's place.
 */
static void
Rescan(void)
{
	List *databases = ReadDatabases();
	ListCell *cell;
	bool full = false;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < VM_MAX_DATABASES; i++)
	{
		VmWorkerSlot *slot = &VmShared->workers[i];

		if (!OidIsValid(slot->database) || slot->bars > 0 ||
			list_member_oid(databases, slot->database))
			continue;
		if (slot->pid != 0 || slot->helper_pid != 0)
			VmSharedSignalWorkers(slot);
		else if (slot->state != VM_WORKER_STARTING)
			slot->database = InvalidOid;
	}
	foreach (cell, databases)
		full |= VmSharedAddWorker(lfirst_oid(cell)) == NULL;
	LWLockRelease(VmShared->lock);

	if (full && !told_no_slot)
		ereport(LOG, (errmsg("vecmilvus serves the first %d databases only", VM_MAX_DATABASES),
					  errdetail("The others have no ticks and no background maintenance.")));
	told_no_slot = full;
}

/* Puts off the next attempt, longer each time. */
static void
PutOff(Attempt *attempt)
{
	attempt->delay_ms = Min(Max(attempt->delay_ms * 2, MIN_DELAY_MS), MAX_DELAY_MS);
	attempt->retry_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), attempt->delay_ms);
}

static bool
StartWorker(Attempt *attempt)
{
	BackgroundWorker worker = {0};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker.bgw_library_name, VM_WORKER_LIBRARY, sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "vm_database_worker", sizeof(worker.bgw_function_name));
	snprintf(worker.bgw_name, BGW_MAXLEN, "vecmilvus worker for database %u", attempt->database);
	strlcpy(worker.bgw_type, "vecmilvus worker", BGW_MAXLEN);
	worker.bgw_main_arg = ObjectIdGetDatum(attempt->database);
	worker.bgw_notify_pid = MyProcPid;
	if (RegisterDynamicBackgroundWorker(&worker, &attempt->handle))
	{
		told_no_worker = false;
		return true;
	}
	attempt->handle = NULL;
	if (!told_no_worker)
		ereport(LOG, (errmsg("no background worker is free for database %u", attempt->database),
					  errhint("Increase max_worker_processes. vecmilvus tries again.")));
	told_no_worker = true;
	return false;
}

/* Whether the postmaster still has a worker that was asked for. */
static bool
IsPending(Attempt *attempt)
{
	BgwHandleStatus status;
	pid_t pid;

	if (attempt->handle == NULL)
		return false;
	status = GetBackgroundWorkerPid(attempt->handle, &pid);
	if (status == BGWH_STARTED || status == BGWH_NOT_YET_STARTED)
		return true;
	pfree(attempt->handle);
	attempt->handle = NULL;
	return false;
}

/*
 * What to do about a slot without a running worker: true to start one now.  With
 * the lock held.
 */
static bool
WantsStart(VmWorkerSlot *slot, Attempt *attempt, bool pending)
{
	if (slot->bars > 0 || pending)
		return false;
	if (slot->state == VM_WORKER_STARTING || slot->state == VM_WORKER_SERVING)
	{
		/* It failed, or it was asked for by a launcher that is gone. */
		slot->state = VM_WORKER_WANTED;
		PutOff(attempt);
	}
	if (slot->state != VM_WORKER_WANTED || GetCurrentTimestamp() < attempt->retry_at)
		return false;
	slot->state = VM_WORKER_STARTING;
	return true;
}

/*
 * Looks after one slot; true when its worker is on its way.  While pg_database
 * is to be read again, a slot may be one that nobody serves.
 */
static bool
AttendSlot(int number, bool may_start)
{
	VmWorkerSlot *slot = &VmShared->workers[number];
	Attempt *attempt = &attempts[number];
	bool pending = IsPending(attempt);
	bool start = false;
	bool on_its_way = false;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	if (attempt->database != slot->database)
	{
		attempt->database = slot->database;
		attempt->retry_at = 0;
		attempt->delay_ms = 0;
	}
	if (slot->pid != 0 && slot->state == VM_WORKER_SERVING)
		attempt->delay_ms = 0;
	else if (OidIsValid(slot->database) && slot->pid == 0 && may_start && !VmShared->rescan)
		start = WantsStart(slot, attempt, pending);
	on_its_way = OidIsValid(slot->database) && slot->state == VM_WORKER_STARTING;
	LWLockRelease(VmShared->lock);

	if (start && !StartWorker(attempt))
	{
		LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
		if (slot->database == attempt->database && slot->state == VM_WORKER_STARTING)
			slot->state = VM_WORKER_WANTED;
		LWLockRelease(VmShared->lock);
		PutOff(attempt);
		return false;
	}
	return on_its_way;
}

/* Goes through all slots; milliseconds until something is due. */
static long
AttendSlots(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = TimestampTzPlusMilliseconds(now, SCAN_INTERVAL_MS);
	bool busy = false;

	for (int i = 0; i < VM_MAX_DATABASES; i++)
	{
		busy |= AttendSlot(i, !busy);
		if (OidIsValid(attempts[i].database) && attempts[i].retry_at > now)
			next = Min(next, attempts[i].retry_at);
	}
	return Max(10, TimestampDifferenceMilliseconds(now, next));
}

static bool
TakeRescan(void)
{
	bool rescan;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	rescan = VmShared->rescan;
	VmShared->rescan = false;
	LWLockRelease(VmShared->lock);
	return rescan;
}

void
vm_launcher_worker(Datum argument)
{
	MemoryContext context;
	TimestampTz scan_at = 0;
	uint32 wait_event;

	VmWorkerSetSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	pgstat_report_appname("vecmilvus launcher");
	wait_event = VmWaitEvent("VecmilvusLauncher");
	context = AllocSetContextCreate(TopMemoryContext, "vecmilvus launcher", ALLOCSET_DEFAULT_SIZES);
	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	VmShared->launcher = MyProc;
	LWLockRelease(VmShared->lock);

	for (;;)
	{
		bool rescan = TakeRescan();

		if (rescan || GetCurrentTimestamp() >= scan_at)
		{
			MemoryContextSwitchTo(context);
			Rescan();
			MemoryContextReset(context);
			scan_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), SCAN_INTERVAL_MS);
		}
		MemoryContextSwitchTo(TopMemoryContext);
		/* By status 0 a worker would say that it is not to be started again. */
		if (VmWorkerSleep(AttendSlots(), wait_event))
			proc_exit(1);
	}
}

void
VmLauncherRegister(void)
{
	BackgroundWorker worker = {0};

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = MIN_DELAY_MS / 1000;
	strlcpy(worker.bgw_library_name, VM_WORKER_LIBRARY, sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "vm_launcher_worker", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, "vecmilvus launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "vecmilvus launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

void
VmConsistencyInit(void)
{
	VmClockDefineSettings();
	VmWorkerDefineSettings();
	if (!process_shared_preload_libraries_in_progress)
		return;
	VmSharedRequest();
	VmLeaveInstallHook();
	/* pg_upgrade wants no session but its own. */
	if (!IsBinaryUpgrade)
		VmLauncherRegister();
}
