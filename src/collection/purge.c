/*
 * purge.c
 *		Deleting expired rows (purge.h): a helper of the database's worker goes
 *		through the collections whose rows expire.
 *
 * A delete runs code of the table's owner, in a process of the superuser, who
 * has other tables to see to.  So
 *
 * - it runs as the owner, restricted as VACUUM restricts index functions (COLL-5);
 * - each batch is a transaction of its own, and one that fails ends the turn of
 *	 its table only;
 * - a table's turn is over after vecmilvus.purge_timeout: no batch begins, and a
 *	 statement that takes that long is cancelled.  Code that catches the cancel
 *	 costs the process its life, and the next one begins with the table after
 *	 that (COLL-14);
 * - rows and tables that others have locked are left for the next time.
 *
 * Batches begin small: one that is cancelled has done nothing, so it must not be
 * too large for a trigger that takes its time.
 */
#include "compat/compat.h"

#include <signal.h>

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "collection/purge.h"
#include "collection/statement.h"
#include "collection/stats.h"
#include "compat/acl.h"
#include "consistency/worker.h"

#define FIRST_BATCH 100
#define QUICK_MS    1000 /* what a batch takes that may grow */
#define SLOW_MS     5000 /* or must shrink */
#define GRACE_MS    5000 /* from the cancel of a statement to the end of the process */

/* A delete may wait for rows of other tables, by foreign keys or triggers. */
#define LOCK_TIMEOUT_TEXT "1s"

PGDLLEXPORT void vm_purge_worker(Datum argument);

static int purge_timeout;
static TimeoutId end_timeout;
static volatile sig_atomic_t overrun = false;
static Oid current_table = InvalidOid;

void
VmPurgeDefineSettings(void)
{
	DefineCustomIntVariable("vecmilvus.purge_timeout",
							"How long expired rows of one collection are deleted at a time.",
							"Then it is the next one's turn; a statement that takes that long is "
							"cancelled.",
							&purge_timeout, 60, 1, 86400, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
}

int64
VmPurge(VmCollection *collection, int batch, bool skip_locked)
{
	int64 expiry = VmExpiryTs(collection);
	Oid types[] = {INT8OID, INT8OID};
	Datum arguments[] = {Int64GetDatum(expiry), Int64GetDatum(batch)};

	if (expiry == PG_INT64_MIN)
		return 0;
	return (int64) VmRunDml(
		psprintf(
			"DELETE FROM ONLY %s WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT ctid FROM ONLY "
			"%s WHERE \"" VM_TS_COLUMN "\" OPERATOR(pg_catalog.<=) $1 LIMIT $2%s)) AND "
			"\"" VM_TS_COLUMN "\" OPERATOR(pg_catalog.<=) $1",
			collection->qualified, collection->qualified,
			skip_locked ? " FOR UPDATE SKIP LOCKED" : ""),
		lengthof(types), types, arguments);
}

/* ------------------------------------------------------------------- one batch */

/* The owner of an ordinary table that outlives sessions; else InvalidOid. */
static Oid
OwnerOfTable(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid owner = InvalidOid;
	Form_pg_class table;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	table = (Form_pg_class) GETSTRUCT(tuple);
	if (table->relkind == RELKIND_RELATION && table->relpersistence != RELPERSISTENCE_TEMP)
		owner = table->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* As the table's owner, who can do no more than that here. */
static int64
PurgeAs(Oid owner, VmCollection *collection, int batch)
{
	Oid user;
	int context;
	int level = NewGUCNestLevel();
	int64 removed;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION);
	VmRestrictSearchPath();
	/* What were deferred would run after this, and PostgreSQL refuses it. */
	VmRunUtility("SET CONSTRAINTS ALL IMMEDIATE");
	removed = VmPurge(collection, batch, true);
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(user, context);
	return removed;
}

static void
TellTable(void *name)
{
	errcontext("while deleting expired rows of %s", (char *) name);
}

/* A transaction; the rows that are gone. */
static int64
RunBatch(Oid relid, int batch)
{
	ErrorContextCallback callback = {.callback = TellTable, .previous = error_context_stack};
	VmCollection *collection = NULL;
	Oid owner = InvalidOid;
	int64 removed = 0;

	callback.arg = psprintf("table %u", relid);
	error_context_stack = &callback;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (ConditionalLockRelationOid(relid, RowExclusiveLock))
		owner = OwnerOfTable(relid);
	if (OidIsValid(owner))
		collection = VmCollectionOfTable(relid);
	if (collection != NULL)
	{
		callback.arg = collection->qualified;
		pgstat_report_activity(STATE_RUNNING, collection->qualified);
		removed = PurgeAs(owner, collection, batch);
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
	error_context_stack = callback.previous;
	return removed;
}

/* SIGALRM: the statement was cancelled, and goes on. */
static void
EndProcess(void)
{
	overrun = true;
	kill(MyProcPid, SIGTERM);
}

static void
TellOverrun(int code, Datum argument)
{
	if (overrun)
		ereport(LOG,
				(errmsg("expired rows of table %u could not be deleted in time", current_table),
				 errdetail("A trigger kept its statement from being cancelled.")));
}

/* Both timers, which no code of users can stop. */
static void
StartTimers(void)
{
	int limit_ms = purge_timeout * 1000;

	enable_timeout_after(STATEMENT_TIMEOUT, limit_ms);
	enable_timeout_after(end_timeout, limit_ms + GRACE_MS);
}

static void
StopTimers(void)
{
	disable_timeout(STATEMENT_TIMEOUT, false);
	disable_timeout(end_timeout, false);
	QueryCancelPending = false;
}

/* The same, with a limit; -1 after an error, which has been logged. */
static int64
TryBatch(Oid relid, int batch)
{
	MemoryContext context = CurrentMemoryContext;
	volatile int64 removed = -1;

	StartTimers();
	PG_TRY();
	{
		removed = RunBatch(relid, batch);
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		StopTimers();
		MemoryContextSwitchTo(context);
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	StopTimers();
	MemoryContextSwitchTo(context);
	pgstat_report_activity(STATE_IDLE, NULL);
	return removed;
}

/* ------------------------------------------------------------------ all tables */

static int
NextBatch(int batch, long took_ms)
{
	if (took_ms < QUICK_MS)
		return Min(batch * 10, VM_PURGE_BATCH);
	return took_ms > SLOW_MS ? Max(batch / 10, 1) : batch;
}

/* One table's turn. */
static void
PurgeTable(Oid relid)
{
	TimestampTz begin = GetCurrentTimestamp();
	TimestampTz now = begin;
	int batch = FIRST_BATCH;

	for (;;)
	{
		TimestampTz before = now;
		int64 removed = TryBatch(relid, batch);

		CHECK_FOR_INTERRUPTS();
		now = GetCurrentTimestamp();
		/* A clock that was set back ends the turn, too. */
		if (removed < batch || now < begin ||
			TimestampDifferenceExceeds(begin, now, purge_timeout * 1000))
			return;
		batch = NextBatch(batch, TimestampDifferenceMilliseconds(before, now));
	}
}

/* Tables in the order of their numbers, from the one after that. */
static List *
ListTables(Oid last)
{
	MemoryContext context = CurrentMemoryContext;
	Oid types[] = {OIDOID};
	Datum arguments[] = {ObjectIdGetDatum(last)};
	List *tables = NIL;
	int result;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	result = SPI_execute_with_args(
		"SELECT relation::pg_catalog.oid FROM milvus.collection WHERE " VM_PURGE_CONDITION
		" ORDER BY relation::pg_catalog.oid OPERATOR(pg_catalog.<=) $1, relation::pg_catalog.oid",
		lengthof(types), types, arguments, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		bool is_null;

		tables =
			lappend_oid(tables, DatumGetObjectId(SPI_getbinval(
									SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null)));
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return tables;
}

/* One round: every table has one turn. */
void
vm_purge_worker(Datum argument)
{
	MemoryContext table_context;
	List *tables;
	ListCell *cell;

	VmHelperEnter(argument, VM_PURGE_TITLE);
	SetConfigOption("lock_timeout", LOCK_TIMEOUT_TEXT, PGC_SUSET, PGC_S_OVERRIDE);
	end_timeout = RegisterTimeout(USER_TIMEOUT, EndProcess);
	before_shmem_exit(TellOverrun, 0);
	MemoryContextSwitchTo(TopMemoryContext);
	tables = ListTables(VmHelperPlace());
	table_context = AllocSetContextCreate(TopMemoryContext, VM_PURGE_TITLE, ALLOCSET_DEFAULT_SIZES);
	foreach (cell, tables)
	{
		current_table = lfirst_oid(cell);
		VmHelperSetPlace(current_table);
		MemoryContextSwitchTo(table_context);
		PurgeTable(current_table);
		(void) pgstat_report_stat(false);
		MemoryContextReset(table_context);
	}
	(void) pgstat_report_stat(true);
	proc_exit(0);
}
