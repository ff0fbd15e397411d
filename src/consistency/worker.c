/*
 * worker.c
 *		The worker of one database: ticks, and the tasks of other layers.
 */
#include "compat/compat.h"
#include "compat/process.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/procsignal.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "consistency/clock_private.h"
#include "consistency/oracle_private.h"
#include "consistency/shared_private.h"
#include "consistency/worker.h"
#include "consistency/worker_private.h"

#define MAX_TASKS 16

/* How often a worker that writes no ticks looks whether the extension is there. */
#define LOOK_INTERVAL_MS 5000

/* What a worker does again and again; the ticks are the first of them. */
typedef struct Task
{
	const char *name;
	int interval_ms;
	VmWorkerTask run;
	TimestampTz due;
	bool failing; /* its error has been logged */
} Task;

static Task tasks[MAX_TASKS];
static int task_count = 0;
static int tick_interval = 200;
static bool extension_gone = false;

volatile sig_atomic_t VmLeaveAsked = false;
static volatile sig_atomic_t between_work = false;

#ifdef USE_ASSERT_CHECKING
static char *test_task_error = NULL;

static void
RunTestTask(void)
{
	if (test_task_error != NULL && test_task_error[0] != '\0')
		ereport(ERROR, (errmsg("%s", test_task_error)));
}
#endif

void
VmWorkerDefineSettings(void)
{
	DefineCustomIntVariable("vecmilvus.tick_interval", "Time between two ticks of a database.",
							"Standbys learn by ticks how new their data is; 0 writes none.",
							&tick_interval, 200, 0, 60000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL,
							NULL);
#ifdef USE_ASSERT_CHECKING
	DefineCustomStringVariable(
		"vecmilvus.test_task_error", "Error that a task of the workers raises, for tests.", NULL,
		&test_task_error, "", PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	VmWorkerRegisterTask("test", 100, RunTestTask);
#endif
}

void
VmWorkerRegisterTask(const char *name, int interval_ms, VmWorkerTask task)
{
	if (task_count == MAX_TASKS)
		elog(ERROR, "too many tasks of vecmilvus workers");
	tasks[task_count++] = (Task) {.name = name, .interval_ms = interval_ms, .run = task};
}

void
VmWorkerWant(Oid database)
{
	VmWorkerSlot *slot;

	if (VmShared == NULL)
		return;
	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedAddWorker(database);
	if (slot != NULL)
	{
		slot->asked = true;
		if (slot->state == VM_WORKER_ABSENT)
			slot->state = VM_WORKER_WANTED;
		/* It may be a template, which has no worker. */
		VmShared->rescan |= slot->state == VM_WORKER_WANTED;
	}
	LWLockRelease(VmShared->lock);
	VmSharedWakeLauncher();
}

static void
HandleTerm(SIGNAL_ARGS)
{
	int saved_errno = errno;

	VmLeaveAsked = true;
	if (between_work)
		SetLatch(MyLatch);
	else
		die(postgres_signal_arg);
	errno = saved_errno;
}

void
VmWorkerSetSignals(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, HandleTerm);
	pqsignal(SIGUSR1, procsignal_sigusr1_handler);
	BackgroundWorkerUnblockSignals();
}

bool
VmWorkerSleep(long timeout_ms, uint32 wait_event)
{
	between_work = true;
	if (!VmLeaveAsked && timeout_ms > 0)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, timeout_ms,
						 wait_event);
		ResetLatch(MyLatch);
	}
	between_work = false;
	if (VmLeaveAsked)
		return true;
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	return false;
}

/*
 * Takes the database's slot; false when there is nothing to do for this process,
 * since another one has it or a command wants nobody here.
 */
static bool
ClaimSlot(Oid database)
{
	VmWorkerSlot *slot;
	bool claimed = false;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedFindWorker(database);
	if (slot != NULL && slot->pid == 0)
	{
		if (slot->bars > 0)
			slot->state = VM_WORKER_WANTED;
		else
		{
			slot->pid = MyProcPid;
			slot->asked = false;
			claimed = true;
		}
	}
	LWLockRelease(VmShared->lock);
	return claimed;
}

/*
 * Runs after the process has given up its database.  A state that is left as it
 * is says that the process failed, and the launcher waits before the next.
 */
static void
FreeSlot(int code, Datum argument)
{
	VmWorkerSlot *slot;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedFindWorker(DatumGetObjectId(argument));
	if (slot != NULL && slot->pid == MyProcPid)
	{
		slot->pid = 0;
		if (VmLeaveAsked || (extension_gone && slot->asked))
		{
			slot->state = VM_WORKER_WANTED;
			VmShared->rescan = true;
		}
		else if (extension_gone)
			slot->state = VM_WORKER_ABSENT;
	}
	LWLockRelease(VmShared->lock);
	VmSharedWakeLauncher();
}

static void
AnnounceServing(Oid database)
{
	VmWorkerSlot *slot;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedFindWorker(database);
	if (slot != NULL)
		slot->state = VM_WORKER_SERVING;
	LWLockRelease(VmShared->lock);
	VmSharedWakeLauncher();
}

void
VmWorkerOverrideSettings(void)
{
	static const char *const settings[][2] = {{"default_transaction_read_only", "off"},
											  {"default_transaction_isolation", "read committed"},
											  {"statement_timeout", "0"},
											  {"lock_timeout", "0"},
											  {"synchronous_commit", "local"},
											  {"transaction_timeout", "0"},
											  {"idle_in_transaction_session_timeout", "0"},
											  {"search_path", "pg_catalog"},
											  {"vecmilvus.stop_point", ""}};

	for (int i = 0; i < lengthof(settings); i++)
	{
		if (GetConfigOption(settings[i][0], true, false) != NULL)
			SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_OVERRIDE);
	}
}

/* Logs the error in hand, unless the task failed the last time as well. */
static void
HandleTaskError(Task *task, MemoryContext context)
{
	ErrorData *error;

	HOLD_INTERRUPTS();
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	AbortCurrentTransaction();
	MemoryContextSwitchTo(context);
	ereport(task->failing ? DEBUG1 : WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("task \"%s\" of the vecmilvus worker failed: %s", task->name, error->message),
			 error->detail ? errdetail_internal("%s", error->detail) : 0,
			 error->hint ? errhint("%s", error->hint) : 0));
	FreeErrorData(error);
	task->failing = true;
	RESUME_INTERRUPTS();
}

static void
RunTask(Task *task)
{
	MemoryContext context = CurrentMemoryContext;

	pgstat_report_activity(STATE_RUNNING, task->name);
	PG_TRY();
	{
		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		task->run();
		CommitTransactionCommand();
		task->failing = false;
	}
	PG_CATCH();
	{
		HandleTaskError(task, context);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	pgstat_report_activity(STATE_IDLE, NULL);
}

static void
Tick(void)
{
	extension_gone = !VmOracleTick();
}

static void
Look(void)
{
	extension_gone = !VmOraclePresent();
}

/* Runs a task when it is time; gives back when it is time again. */
static TimestampTz
RunIfDue(Task *task, int interval_ms)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next;

	/* A clock that was set back must not stop anything. */
	if (now < task->due && task->due <= TimestampTzPlusMilliseconds(now, interval_ms))
		return task->due;
	RunTask(task);
	next = TimestampTzPlusMilliseconds(now, interval_ms);
	task->due = next;
	return next;
}

static long
WorkOnce(Task *tick, Task *look)
{
	TimestampTz next;

	if (tick_interval > 0)
		next = RunIfDue(tick, tick_interval);
	else
		next = RunIfDue(look, LOOK_INTERVAL_MS);
	for (int i = 0; i < task_count && !extension_gone && !VmLeaveAsked; i++)
		next = Min(next, RunIfDue(&tasks[i], tasks[i].interval_ms));
	return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), next);
}

void
vm_database_worker(Datum argument)
{
	Oid database = DatumGetObjectId(argument);
	Task tick = {.name = "tick", .run = Tick};
	Task look = {.name = "look", .run = Look};
	MemoryContext context;
	uint32 wait_event;

	VmWorkerSetSignals();
	if (VmShared == NULL || !ClaimSlot(database))
		proc_exit(0);
	on_shmem_exit(FreeSlot, ObjectIdGetDatum(database));
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	pgstat_report_appname("vecmilvus worker");
	VmWorkerOverrideSettings();
	wait_event = VmWaitEvent("VecmilvusWorker");
	context = AllocSetContextCreate(TopMemoryContext, "vecmilvus worker", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	RunTask(&look);
	if (extension_gone)
		proc_exit(0);
	AnnounceServing(database);
	for (;;)
	{
		long sleep_ms = WorkOnce(&tick, &look);

		MemoryContextReset(context);
		if (extension_gone)
			proc_exit(0);
		(void) pgstat_report_stat(false);
		if (VmWorkerSleep(sleep_ms, wait_event))
			proc_exit(0);
	}
}
