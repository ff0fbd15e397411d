/*
 * ttl.c
 *		Deleting expired rows (ttl.h); milvus.purge_expired.
 *
 * The worker is a superuser, and a delete runs the table's triggers: so each
 * table is purged as its owner, restricted as VACUUM restricts index functions
 * (COLL-5), and in a subtransaction of its own, so that one that fails holds up
 * no other.
 */
#include "compat/compat.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "collection/catalog.h"
#include "collection/name.h"
#include "collection/statement.h"
#include "collection/stats.h"
#include "collection/ttl.h"
#include "compat/acl.h"
#include "consistency/worker.h"

/* Rows of one statement: a purge never is one long transaction's worth of work. */
#define PURGE_BATCH 10000

static int purge_interval;

static bool
HasIndexOn(Oid relid, AttrNumber attnum)
{
	Relation relation = table_open(relid, NoLock);
	bool found = false;
	ListCell *cell;

	foreach (cell, RelationGetIndexList(relation))
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		found = found || index->rd_index->indkey.values[0] == attnum;
		index_close(index, NoLock);
	}
	table_close(relation, NoLock);
	return found;
}

void
VmTtlPrepare(VmCollection *collection)
{
	if (VmCollectionTtl(collection) > 0 && collection->ts_attnum != 0 &&
		!HasIndexOn(collection->relid, collection->ts_attnum))
		VmRunUtility(psprintf("CREATE INDEX ON %s USING brin (\"" VM_TS_COLUMN "\")",
							  collection->qualified));
}

/* Deletes a batch of expired rows; returns how many there were. */
static int64
PurgeCollection(VmCollection *collection)
{
	int64 expiry = VmExpiryTs(collection);
	Oid type = INT8OID;
	Datum argument = Int64GetDatum(expiry);

	if (expiry == PG_INT64_MIN)
		return 0;
	return (int64) VmRunDml(
		psprintf(
			"DELETE FROM ONLY %s WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT ctid FROM ONLY "
			"%s WHERE \"" VM_TS_COLUMN "\" OPERATOR(pg_catalog.<=) $1 LIMIT %d)) AND "
			"\"" VM_TS_COLUMN "\" OPERATOR(pg_catalog.<=) $1",
			collection->qualified, collection->qualified, PURGE_BATCH),
		1, &type, &argument);
}

/* As the table's owner, who can do no more than that here. */
static void
PurgeAsOwner(Oid relid)
{
	Oid user;
	int context;
	int level = NewGUCNestLevel();
	VmCollection *collection = VmCollectionOfTable(relid);
	Relation relation = table_open(relid, NoLock);
	Oid owner = relation->rd_rel->relowner;

	table_close(relation, NoLock);
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION);
	VmRestrictSearchPath();
	if (collection != NULL)
		(void) PurgeCollection(collection);
	AtEOXact_GUC(false, level);
	SetUserIdAndSecContext(user, context);
}

/* Errors are logged, and the next table is looked at. */
static void
PurgeGuarded(Oid relid)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		if (ConditionalLockRelationOid(relid, RowExclusiveLock) && get_rel_name(relid) != NULL)
			PurgeAsOwner(relid);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		EmitErrorReport();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

static void
PurgeAll(void)
{
	ListCell *cell;

	PushActiveSnapshot(GetTransactionSnapshot());
	foreach (cell, VmCatalogListCollections())
	{
		VmCollectionRow *row = lfirst(cell);
		VmCollection probe = {.properties = row->properties};

		CHECK_FOR_INTERRUPTS();
		if (VmCollectionTtl(&probe) > 0)
			PurgeGuarded(row->relid);
	}
	PopActiveSnapshot();
}

/* The worker's task, which comes by every second. */
static void
PurgeWhenDue(void)
{
	static TimestampTz last = 0;
	TimestampTz now = GetCurrentTimestamp();

	if (purge_interval == 0 ||
		(now >= last && now < TimestampTzPlusMilliseconds(last, purge_interval * INT64CONST(1000))))
		return;
	last = now;
	PurgeAll();
}

void
VmTtlInit(void)
{
	DefineCustomIntVariable("vecmilvus.purge_interval",
							"How often expired rows of collections are deleted.",
							"Seconds; 0 leaves them to milvus.purge_expired().", &purge_interval,
							60, 0, 86400, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	VmWorkerRegisterTask("purge expired rows", 1000, PurgeWhenDue);
}

/* For servers without workers, and whoever does not want to wait for one. */
VM_FUNCTION(vm_purge_expired);
Datum
vm_purge_expired(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	VmCollection *collection = VmCollectionOpen(name, RowExclusiveLock);
	int64 total = 0;
	int64 count;

	while ((count = PurgeCollection(collection)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		total += count;
		CommandCounterIncrement();
	}
	PG_RETURN_INT64(total);
}
