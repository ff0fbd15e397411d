/*
 * oracle.c
 *		Drawing timestamps, and the SQL functions that do: VmOracleDraw,
 *		VmOracleStatementTs, VmOracleTick.
 *
 * Lock order: the table, then the oracle's LWLock, then the page (README.md).
 */
#include "compat/compat.h"
#include "compat/process.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"

#include "consistency/clock_private.h"
#include "consistency/oracle.h"
#include "consistency/oracle_private.h"
#include "consistency/shared_private.h"
#include "consistency/tick_page_private.h"
#include "consistency/timestamp.h"
#include "consistency/worker.h"

/* How far ahead the bound is set, and when the worker sets it anew. */
#define RESERVE_MS 3000
#define RENEW_MS   1000

/* Single draws that a statement reserves at once where every write counts. */
#define STATEMENT_RESERVE 1000

/* The command that is running, as far as a process can tell. */
typedef struct CommandKey
{
	LocalTransactionId transaction;
	CommandId command;
	TimestampTz statement;
} CommandKey;

/* Timestamps that only this command may hand out (CONS-7). */
static struct
{
	CommandKey owner;
	int64 next;
	int64 end;
	bool drew; /* the command has drawn before */
} reserve;

static struct
{
	CommandKey owner;
	int64 ts; /* 0: none */
} statement_ts;

/* This process's way to its oracle; valid while the table's OID is this one. */
static Oid entry_relation = InvalidOid;
static VmOracleEntry *entry_found = NULL;

static CommandKey
CurrentCommand(void)
{
	CommandKey key = {VmLocalTransactionId(), GetCurrentCommandId(false),
					  GetCurrentStatementStartTimestamp()};

	return key;
}

static bool
SameCommand(const CommandKey *a, const CommandKey *b)
{
	return a->transaction == b->transaction && a->command == b->command &&
		   a->statement == b->statement;
}

static void
CheckMayDraw(void)
{
	if (RecoveryInProgress())
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("cannot draw a timestamp during recovery"),
						errhint("Timestamps are drawn on the primary server.")));
	if (XactReadOnly)
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("cannot draw a timestamp in a read-only transaction")));
	if (IsInParallelMode())
		ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_STATE),
						errmsg("cannot draw a timestamp during a parallel operation")));
}

static void
RaiseNoOracle(void)
{
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("this database has no table \"milvus.tick\" of extension \"vecmilvus\""),
					errhint("Use CREATE EXTENSION vecmilvus.")));
}

/* This database's oracle in shared memory; NULL where the page is the oracle. */
static VmOracleEntry *
FindEntry(Oid relation)
{
	if (VmShared == NULL)
		return NULL;
	if (entry_relation != relation)
	{
		entry_found = VmSharedOracle(MyDatabaseId, relation);
		entry_relation = relation;
		VmWorkerWant(MyDatabaseId);
	}
	return entry_found;
}

/*
 * Raises the bound above `wanted`, on disk before in memory (CONS-2), and reads
 * it first when this server has not used it yet (CONS-3).  The caller holds the
 * oracle's lock and the page's; this unlocks the page.
 */
static void
PublishLimit(VmOracleEntry *entry, VmTickPage *page, VmTickRow *row, int64 wanted)
{
	XLogRecPtr end;

	if (pg_atomic_read_u64(&entry->limit) == 0)
	{
		if ((int64) pg_atomic_read_u64(&entry->last) < row->ts_limit)
			pg_atomic_write_u64(&entry->last, row->ts_limit - 1);
		wanted = Max(wanted, row->ts_limit);
	}
	wanted = Max(wanted, VmClockNow()) + VmTimestampFromMs(RESERVE_MS);
	row->ts_limit = Max(row->ts_limit, wanted);
	end = VmTickWrite(page, row);
	if (!XLogRecPtrIsInvalid(end))
		XLogFlush(end);
	pg_atomic_write_u64(&entry->limit, row->ts_limit);
}

/* Makes `wanted` a timestamp that may be handed out. */
static void
RaiseLimit(VmOracleEntry *entry, Oid relation, int64 wanted)
{
	VmTickPage page;
	VmTickRow row;

	if (!VmTickOpen(&page, relation))
		RaiseNoOracle();
	LWLockAcquire(entry->lock, LW_EXCLUSIVE);
	/* Whoever had the lock before may have done it. */
	if (wanted >= (int64) pg_atomic_read_u64(&entry->limit))
	{
		VmTickLock(&page, &row);
		PublishLimit(entry, &page, &row, wanted);
	}
	LWLockRelease(entry->lock);
	VmTickClose(&page);
}

/* Atomics order the two reads: a limit that is old is too low, never too high. */
static int64
DrawFromMemory(VmOracleEntry *entry, Oid relation, int count)
{
	for (;;)
	{
		uint64 last = pg_atomic_read_u64(&entry->last);
		int64 limit = (int64) pg_atomic_read_u64(&entry->limit);
		int64 first = Max((int64) last + 1, VmClockNow());
		int64 end = first + count - 1;

		if (end >= limit)
			RaiseLimit(entry, relation, end);
		else if (pg_atomic_compare_exchange_u64(&entry->last, &last, (uint64) end))
			return first;
	}
}

/*
 * The page as oracle.  Its tick is the first of the range, which nobody had when
 * the record was written: a timestamp that is handed out later without a write
 * is above it, so that the tick does not promise what came after it (CONS-7).
 */
static int64
DrawOnPage(VmTickPage *page, int count, bool flush)
{
	VmTickRow row;
	XLogRecPtr end;
	int64 first;

	VmTickLock(page, &row);
	first = Max(VmClockNow(), Max(row.ts_limit, row.ts + 1));
	row.ts = first;
	row.ts_limit = first + count;
	end = VmTickWrite(page, &row);
	if (flush && !XLogRecPtrIsInvalid(end))
		XLogFlush(end);
	return first;
}

static int64
DrawFromPage(Oid relation, int count)
{
	VmTickPage page;
	int64 first;

	if (!VmTickOpen(&page, relation))
		RaiseNoOracle();
	first = DrawOnPage(&page, count, true);
	VmTickClose(&page);
	return first;
}

/*
 * From the page, sparing writes: from a statement's second single draw on a
 * range is reserved.  A batch that does not fit lets the rest go, so that what a
 * process draws rises.
 */
static int64
DrawForCommand(Oid relation, int count)
{
	CommandKey key = CurrentCommand();
	int64 first;

	if (!SameCommand(&key, &reserve.owner))
	{
		reserve.owner = key;
		reserve.next = reserve.end = 0;
		reserve.drew = false;
	}
	if (reserve.end - reserve.next < count)
	{
		int64 range = reserve.drew ? Max(count, STATEMENT_RESERVE) : count;

		reserve.next = reserve.end = 0;
		first = DrawFromPage(relation, range);
		reserve.next = first;
		reserve.end = first + range;
	}
	reserve.drew = true;
	first = reserve.next;
	reserve.next += count;
	return first;
}

int64
VmOracleDraw(int count)
{
	Oid relation;
	VmOracleEntry *entry;

	if (count < 1 || count > VM_ORACLE_MAX_COUNT)
		elog(ERROR, "cannot draw %d timestamps at once", count);
	CheckMayDraw();
	relation = VmTickRelationId();
	if (!OidIsValid(relation))
		RaiseNoOracle();
	entry = FindEntry(relation);
	if (entry == NULL)
		return DrawForCommand(relation, count);
	return DrawFromMemory(entry, relation, count);
}

int64
VmOracleStatementTs(void)
{
	CommandKey key = CurrentCommand();

	if (statement_ts.ts == 0 || !SameCommand(&key, &statement_ts.owner))
	{
		statement_ts.ts = 0;
		statement_ts.ts = VmOracleDraw(1);
		statement_ts.owner = key;
	}
	return statement_ts.ts;
}

/* Draw first, write second: what was committed before lies before in WAL (CONS-9). */
static void
TickFromMemory(VmOracleEntry *entry, Oid relation, VmTickPage *page)
{
	int64 ts = DrawFromMemory(entry, relation, 1);
	VmTickRow row;

	LWLockAcquire(entry->lock, LW_EXCLUSIVE);
	VmTickLock(page, &row);
	row.ts = Max(row.ts, ts);
	if ((int64) pg_atomic_read_u64(&entry->limit) - ts < VmTimestampFromMs(RENEW_MS))
		PublishLimit(entry, page, &row, ts);
	else
		(void) VmTickWrite(page, &row);
	LWLockRelease(entry->lock);
}

bool
VmOracleTick(void)
{
	Oid relation = VmTickRelationId();
	VmOracleEntry *entry;
	VmTickPage page;

	if (!OidIsValid(relation) || !VmTickOpen(&page, relation))
		return false;
	entry = FindEntry(relation);
	if (entry != NULL)
		TickFromMemory(entry, relation, &page);
	else
		(void) DrawOnPage(&page, 1, false);
	VmTickClose(&page);
	return true;
}

bool
VmOraclePresent(void)
{
	return OidIsValid(VmTickRelationId());
}

VM_FUNCTION(vm_current_ts);
Datum
vm_current_ts(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(VmOracleDraw(1));
}

VM_FUNCTION(vm_next_id);
Datum
vm_next_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(VmOracleDraw(1));
}

/*
 * The default of "$ts" columns.  A trigger's own commands raise the command's
 * number in the middle of a statement; so a call keeps what it gave before as
 * long as it is the same call of the same execution.
 */
VM_FUNCTION(vm_statement_ts);
Datum
vm_statement_ts(PG_FUNCTION_ARGS)
{
	typedef struct Kept
	{
		CommandKey owner;
		int64 ts;
	} Kept;
	CommandKey key = CurrentCommand();
	Kept *kept = fcinfo->flinfo->fn_extra;

	if (kept == NULL)
		kept = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Kept));
	if (kept->ts == 0 || kept->owner.transaction != key.transaction ||
		kept->owner.statement != key.statement)
	{
		kept->ts = VmOracleStatementTs();
		kept->owner = key;
	}
	PG_RETURN_INT64(kept->ts);
}
