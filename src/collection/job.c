/*
 * job.c
 *		Dynamic background workers for index builds and compactions (job.h).
 */
#include "compat/compat.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "collection/job.h"
#include "compat/portal.h"

/* Sets our advisory locks apart: those of SQL functions have 1 or 2 here. */
#define JOB_LOCK_CLASS   0x564D
#define TABLE_LOCK_CLASS 0x564F

#define START_POLL_MS    10

StaticAssertDecl(sizeof(VmJob) <= BGW_EXTRALEN, "a job is handed over by bgw_extra");

static void
SetJobTag(LOCKTAG *tag, int64 id)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) ((uint64) id >> 32), (uint32) id,
						 JOB_LOCK_CLASS);
}

/* Held with the job's: which collection the process works for. */
static void
SetTableTag(LOCKTAG *tag, Oid relid, int pid)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, relid, (uint32) pid, TABLE_LOCK_CLASS);
}

/* ------------------------------------------------------------- the caller's side */

bool
VmJobIsRunning(int64 id)
{
	LOCKTAG tag;

	SetJobTag(&tag, id);
	if (LockAcquire(&tag, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	LockRelease(&tag, ShareLock, false);
	return false;
}

static bool
Holds(const LockInstanceData *lock, const LOCKTAG *tag)
{
	return memcmp(&lock->locktag, tag, sizeof(*tag)) == 0 &&
		   (lock->holdMask & LOCKBIT_ON(ExclusiveLock)) != 0;
}

static bool
IsHeld(const LockData *locks, const LOCKTAG *tag)
{
	for (int i = 0; i < locks->nelements; i++)
	{
		if (Holds(&locks->locks[i], tag))
			return true;
	}
	return false;
}

/*
 * The process that runs the job for that collection, or 0.  What a row of
 * schema milvus says of either is not to be believed: only locks are (COLL-4).
 */
static int
FindWorker(Oid relid, int64 id)
{
	LockData *locks = GetLockStatusData();
	LOCKTAG tag;

	SetJobTag(&tag, id);
	for (int i = 0; i < locks->nelements; i++)
	{
		LOCKTAG table_tag;

		if (!Holds(&locks->locks[i], &tag))
			continue;
		SetTableTag(&table_tag, relid, locks->locks[i].pid);
		return IsHeld(locks, &table_tag) ? locks->locks[i].pid : 0;
	}
	return 0;
}

void
VmJobStop(Oid relid, int64 id)
{
	LOCKTAG tag;
	int pid = FindWorker(relid, id);

	if (pid == 0)
		return;
	if (kill(pid, SIGTERM) != 0)
		ereport(WARNING, (errmsg("could not send signal to process %d: %m", pid)));
	SetJobTag(&tag, id);
	(void) LockAcquire(&tag, ShareLock, false, false);
	LockRelease(&tag, ShareLock, false);
}

static BackgroundWorkerHandle *
Register(const char *title, const char *function, const VmJob *job)
{
	BackgroundWorker worker = {0};
	BackgroundWorkerHandle *handle;

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = MyProcPid;
	strlcpy(worker.bgw_library_name, "vecmilvus", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, function, sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_name, title, sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, title, sizeof(worker.bgw_type));
	memcpy(worker.bgw_extra, job, sizeof(*job));
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
						errmsg("no background worker is free for the %s", title),
						errhint("Try again later, or raise max_worker_processes.")));
	return handle;
}

/*
 * Until the worker holds the job's lock.  It cannot have ended before, because
 * it waits for our transaction.
 */
static void
WaitForLock(BackgroundWorkerHandle *handle, const char *title, int64 id)
{
	while (!VmJobIsRunning(id))
	{
		pid_t pid;

		if (GetBackgroundWorkerPid(handle, &pid) == BGWH_STOPPED)
			ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
							errmsg("the background worker for the %s did not start", title),
							errhint("The server log may have more.")));
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, START_POLL_MS,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

void
VmJobStart(const char *title, const char *function, Oid relid, int64 id)
{
	VmJob job = {
		.id = id,
		.relid = relid,
		.database = MyDatabaseId,
		.login = GetAuthenticatedUserId(),
		.role = GetUserId(),
		.creator = GetTopTransactionId(),
		.maintenance_work_mem = maintenance_work_mem,
		.parallel_workers = max_parallel_maintenance_workers,
	};

	WaitForLock(Register(title, function, &job), title, id);
}

/* ------------------------------------------------------------- the worker's side */

static void
SetSetting(const char *name, const char *value)
{
	SetConfigOption(name, value, PGC_USERSET, PGC_S_SESSION);
}

/* Of the role's and the database's settings some would get in the way. */
static void
ApplySettings(const VmJob *job)
{
	SetSetting("search_path", "pg_catalog, pg_temp");
	SetSetting("lock_timeout", "0");
	SetSetting("default_transaction_read_only", "off");
	SetSetting("default_transaction_isolation", "read committed");
	SetSetting("maintenance_work_mem", psprintf("%d", job->maintenance_work_mem));
	SetSetting("max_parallel_maintenance_workers", psprintf("%d", job->parallel_workers));
}

bool
VmJobEnter(VmJob *job)
{
	LOCKTAG tag;
	bool committed;

	memcpy(job, MyBgworkerEntry->bgw_extra, sizeof(*job));
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(job->database, job->login, 0);
	/* Roles that cannot log in have no connection of their own before 17. */
	SetUserIdAndSecContext(job->role, 0);
	ApplySettings(job);

	StartTransactionCommand();
	SetTableTag(&tag, job->relid, MyProcPid);
	(void) LockAcquire(&tag, ExclusiveLock, true, false);
	SetJobTag(&tag, job->id);
	(void) LockAcquire(&tag, ExclusiveLock, true, false);
	pgstat_report_activity(STATE_RUNNING, "waiting for the transaction that started the job");
	XactLockTableWait(job->creator, NULL, NULL, XLTW_None);
	committed = TransactionIdDidCommit(job->creator);
	CommitTransactionCommand();
	return committed;
}

/* A portal for the one statement in sql, ready to run. */
static Portal
MakePortal(const char *sql)
{
	List *statements = pg_parse_query(sql);
	RawStmt *statement = linitial_node(RawStmt, statements);
	List *queries = pg_analyze_and_rewrite_fixedparams(statement, sql, NULL, 0, NULL);
	List *plans = pg_plan_queries(queries, sql, 0, NULL);
	Portal portal = CreatePortal("", true, true);

	Assert(list_length(statements) == 1);
	portal->visible = false;
	PortalDefineQuery(portal, NULL, sql, CreateCommandTag(statement->stmt), plans, NULL);
	PortalStart(portal, NULL, 0, InvalidSnapshot);
	return portal;
}

/*
 * The statement may commit in between, as CREATE INDEX CONCURRENTLY and VACUUM
 * do, so what it is made of lives outside of its transactions.
 */
void
VmJobRun(const char *sql)
{
	MemoryContext context =
		AllocSetContextCreate(TopMemoryContext, "vecmilvus job", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = CurrentMemoryContext;
	Portal portal;

	debug_query_string = sql;
	pgstat_report_activity(STATE_RUNNING, sql);
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	MemoryContextSwitchTo(context);
	portal = MakePortal(sql);
	VmPortalRunAll(portal, CreateDestReceiver(DestNone));
	PortalDrop(portal, false);
	CommitTransactionCommand();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
	debug_query_string = NULL;
}

char *
VmJobTryRun(const char *sql)
{
	MemoryContext context = CurrentMemoryContext;
	char *volatile message = NULL;

	PG_TRY();
	{
		VmJobRun(sql);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		message = pstrdup(error->message == NULL ? "unknown error" : error->message);
		FreeErrorData(error);
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		MemoryContextSwitchTo(context);
		pgstat_report_activity(STATE_IDLE, NULL);
		debug_query_string = NULL;
	}
	PG_END_TRY();
	return message;
}
