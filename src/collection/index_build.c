/*
 * index_build.c
 *		Building an index in a background worker (index_build.h).
 *
 * The worker runs CREATE INDEX CONCURRENTLY, so inserts go on.  That waits until
 * every older snapshot has ended; so nobody may wait for the build with a
 * snapshot of his own (COLL-11): not for the lock of the table, not for the lock
 * of the collection's rows, which the worker takes for moments only, before and
 * after; and builds of one collection queue for a lock without a snapshot.
 */
#include "compat/compat.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "collection/index_build.h"
#include "collection/index_find.h"
#include "collection/job.h"

#define TITLE "vecmilvus index build"

/* Sets the queue of a collection's builds apart from other advisory locks. */
#define QUEUE_LOCK_CLASS 0x564E

PGDLLEXPORT void vm_index_build_worker(Datum argument);

char *
VmIndexSql(const VmCollection *collection, const char *pg_name, const VmIndexPlan *plan,
		   bool concurrently)
{
	return psprintf("CREATE INDEX %s%s ON %s USING %s %s%s", concurrently ? "CONCURRENTLY " : "",
					quote_identifier(pg_name), collection->qualified, plan->access_method,
					plan->key, plan->options);
}

void
VmIndexBuildStart(const VmIndexRow *row)
{
	VmJobStart(TITLE, "vm_index_build_worker", row->relid, row->index_id);
}

void
VmIndexStopBuilds(Oid relid)
{
	ListCell *cell;

	foreach (cell, VmCatalogListIndexes(relid))
	{
		VmIndexRow *row = lfirst(cell);

		if (row->state == VM_INDEX_IN_PROGRESS)
			VmJobStop(relid, row->index_id);
	}
}

/* ------------------------------------------------------------------ the worker */

/*
 * The row, locked against change, and its collection; false if either is gone.
 * Begins a transaction, which the caller ends.
 */
static bool
OpenRow(const VmJob *job, VmIndexRow *row, VmCollection **collection)
{
	StartTransactionCommand();
	VmLockRows(job->relid);
	LockRelationOid(job->relid, AccessShareLock);
	*collection = NULL;
	if (get_rel_relkind(job->relid) != '\0' && VmIndexRowById(job->relid, job->id, row))
		*collection = VmCollectionOfTable(job->relid);
	return *collection != NULL;
}

/* Notes who builds; gives the statement, or NULL if the index is not wanted any more. */
static char *
Begin(const VmJob *job, MemoryContext context)
{
	VmIndexRow row;
	VmCollection *collection;
	char *sql = NULL;

	if (OpenRow(job, &row, &collection))
	{
		VmField *field = VmCollectionFindField(collection, NameStr(row.field));
		VmIndexSpec spec = {row.index_type, row.metric_type, row.params};
		VmIndexPlan plan;

		row.builder_pid = MyProcPid;
		row.builder_start = MyStartTimestamp;
		VmCatalogPutIndex(&row);
		if (field != NULL)
		{
			VmIndexPlanMake(field, &spec, false, &plan);
			sql = MemoryContextStrdup(context,
									  VmIndexSql(collection, NameStr(row.pg_name), &plan, true));
		}
	}
	CommitTransactionCommand();
	return sql;
}

/* Builds of one collection exclude one another; to the end of the process. */
static void
Queue(Oid relid)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, relid, 0, QUEUE_LOCK_CLASS);
	StartTransactionCommand();
	(void) LockAcquire(&tag, ExclusiveLock, true, false);
	CommitTransactionCommand();
}

/* DROP INDEX for what a failed build has left, or NULL. */
static char *
CleanupSql(const VmJob *job, MemoryContext context)
{
	VmIndexRow row;
	VmCollection *collection;
	char *sql = NULL;

	if (OpenRow(job, &row, &collection))
	{
		bool valid;
		Oid pg_index = VmIndexOfRow(collection, &row, &valid);

		if (OidIsValid(pg_index) && !valid)
			sql = MemoryContextStrdup(
				context, psprintf("DROP INDEX CONCURRENTLY %s",
								  quote_qualified_identifier(get_namespace_name(collection->nspid),
															 NameStr(row.pg_name))));
	}
	CommitTransactionCommand();
	return sql;
}

static void
Finish(const VmJob *job, const char *error)
{
	VmIndexRow row;
	VmCollection *collection;

	if (OpenRow(job, &row, &collection))
	{
		row.state = error == NULL ? VM_INDEX_FINISHED : VM_INDEX_FAILED;
		row.fail_reason = pstrdup(error == NULL ? "" : error);
		row.builder_pid = 0;
		row.builder_start = 0;
		VmCatalogPutIndex(&row);
	}
	CommitTransactionCommand();
}

void
vm_index_build_worker(Datum argument)
{
	MemoryContext context;
	VmJob job;
	char *sql;
	char *error;

	if (!VmJobEnter(&job))
		proc_exit(0);
	context = AllocSetContextCreate(TopMemoryContext, TITLE, ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(context);
	sql = Begin(&job, context);
	if (sql == NULL)
		proc_exit(0);
	Queue(job.relid);
	MemoryContextSwitchTo(context);
	error = VmJobTryRun(sql);
	if (error != NULL)
	{
		sql = CleanupSql(&job, context);
		MemoryContextSwitchTo(context);
		if (sql != NULL)
			(void) VmJobTryRun(sql);
	}
	Finish(&job, error);
	proc_exit(0);
}
