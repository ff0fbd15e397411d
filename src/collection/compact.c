/*
 * compact.c
 *		milvus.flush, flush_all, get_flush_all_state, compact, get_compaction_state.
 *
 * What is committed is in the WAL, so there is nothing to flush.  A compaction
 * is a VACUUM in a background worker.  Jobs are recorded nowhere: one that runs
 * holds the lock of its number (job.h), and a number that was drawn before now
 * and is not locked has ended.
 */
#include "compat/compat.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "collection/catalog.h"
#include "collection/collection.h"
#include "collection/job.h"
#include "collection/name.h"
#include "consistency/oracle.h"
#include "consistency/timestamp.h"

#define TITLE "vecmilvus compaction"

/* How far timestamps may be ahead of the clock, after it was set back. */
#define MAX_LEAD_MS 60000

PGDLLEXPORT void vm_compact_worker(Datum argument);

VM_FUNCTION(vm_flush);
Datum
vm_flush(PG_FUNCTION_ARGS)
{
	(void) VmCollectionOpen(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_flush_all);
Datum
vm_flush_all(PG_FUNCTION_ARGS)
{
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_get_flush_all_state);
Datum
vm_get_flush_all_state(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}

VM_FUNCTION(vm_compact);
Datum
vm_compact(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		VmCollectionOpenOwned(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	int64 id = VmOracleDraw(1);

	VmJobStart(TITLE, "vm_compact_worker", collection->relid, id);
	PG_RETURN_INT64(id);
}

/* "VACUUM" with the table's name of now; NULL if it is gone. */
static char *
VacuumSql(Oid relid, MemoryContext context)
{
	char *sql = NULL;
	char *name;

	StartTransactionCommand();
	LockRelationOid(relid, AccessShareLock);
	name = get_rel_name(relid);
	if (name != NULL)
		sql = MemoryContextStrdup(
			context,
			psprintf("VACUUM %s", quote_qualified_identifier(
									  get_namespace_name(get_rel_namespace(relid)), name)));
	CommitTransactionCommand();
	return sql;
}

void
vm_compact_worker(Datum argument)
{
	MemoryContext context;
	VmJob job;
	char *sql;

	if (!VmJobEnter(&job))
		proc_exit(0);
	context = AllocSetContextCreate(TopMemoryContext, TITLE, ALLOCSET_SMALL_SIZES);
	sql = VacuumSql(job.relid, context);
	MemoryContextSwitchTo(context);
	if (sql != NULL)
		(void) VmJobTryRun(sql);
	proc_exit(0);
}

static int64
NowMs(void)
{
	return GetCurrentTimestamp() / 1000 +
		   (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * INT64CONST(1000);
}

/* No compaction is older than the oldest collection, nor younger than now. */
static bool
MayBeJob(int64 id)
{
	ListCell *cell;

	if (id <= 0 || VmTimestampToMs(id) > NowMs() + MAX_LEAD_MS)
		return false;
	foreach (cell, VmCatalogListCollections())
	{
		if (id > ((VmCollectionRow *) lfirst(cell))->collection_id)
			return true;
	}
	return false;
}

/* Milvus's CompactionState, in its spelling. */
static const char *
CompactionState(int64 id)
{
	if (VmJobIsRunning(id))
		return "Executing";
	return MayBeJob(id) ? "Completed" : "UndefiedState";
}

VM_FUNCTION(vm_get_compaction_state);
Datum
vm_get_compaction_state(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		(void) VmTextArgument(fcinfo, 0, "job_id");
	PG_RETURN_TEXT_P(cstring_to_text(CompactionState(PG_GETARG_INT64(0))));
}
