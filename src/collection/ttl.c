/*
 * ttl.c
 *		Rows that expire (ttl.h): their index, when a purge begins, and
 *		milvus.purge_expired.
 *
 * The worker that ticks only looks whether there is something to do; another
 * process does it (purge.c).
 */
#include "compat/compat.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "collection/name.h"
#include "collection/purge.h"
#include "collection/statement.h"
#include "collection/ttl.h"
#include "compat/acl.h"
#include "consistency/worker.h"

/* Until the next attempt to start a purge that could not be started. */
#define RETRY_MS 5000

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

/*
 * Whether the rows of any collection expire.  This must be quick: a table that
 * somebody has locked is looked at another time.
 */
static bool
AnyExpires(void)
{
	Oid schema = get_namespace_oid("milvus", true);
	Oid table = OidIsValid(schema) ? get_relname_relid("collection", schema) : InvalidOid;
	bool any;

	if (!OidIsValid(table) || !ConditionalLockRelationOid(table, AccessShareLock))
		return false;
	PushActiveSnapshot(GetTransactionSnapshot());
	any = VmQueryInt("SELECT pg_catalog.count(*) FROM (SELECT 1 FROM milvus.collection "
					 "WHERE " VM_PURGE_CONDITION " LIMIT 1) AS c",
					 0, NULL, NULL) > 0;
	PopActiveSnapshot();
	return any;
}

/* The worker's task, which comes by every second. */
static void
PurgeWhenDue(void)
{
	static TimestampTz due = 0;
	TimestampTz now = GetCurrentTimestamp();
	int64 interval_ms = purge_interval * INT64CONST(1000);

	/* A setting or a clock that has changed must not put it off. */
	if (purge_interval == 0 || (now < due && due <= TimestampTzPlusMilliseconds(now, interval_ms)))
		return;
	/* One may be there yet, or none may be had. */
	if (AnyExpires() && !VmHelperStart(VM_PURGE_TITLE, "vm_purge_worker"))
		interval_ms = Min(interval_ms, RETRY_MS);
	due = TimestampTzPlusMilliseconds(now, interval_ms);
}

void
VmTtlInit(void)
{
	DefineCustomIntVariable("vecmilvus.purge_interval",
							"How often expired rows of collections are deleted.",
							"Seconds; 0 leaves them to milvus.purge_expired().", &purge_interval,
							60, 0, 86400, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	VmPurgeDefineSettings();
	VmWorkerRegisterTask("purge expired rows", 1000, PurgeWhenDue);
}

static void
CheckMayDelete(Oid relid)
{
	AclResult result = pg_class_aclcheck(relid, GetUserId(), ACL_DELETE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, get_rel_name(relid));
}

/* For servers without workers, and whoever does not want to wait for one. */
VM_FUNCTION(vm_purge_expired);
Datum
vm_purge_expired(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	Oid relid = VmCollectionLookup(name);
	VmCollection *collection;
	int64 total = 0;
	int64 count;

	/* Before the lock, so that nobody can hold up a table where he may do nothing. */
	if (OidIsValid(relid))
		CheckMayDelete(relid);
	collection = VmCollectionOpen(name, RowExclusiveLock);
	/* The name may have come to mean another table while the lock was waited for. */
	CheckMayDelete(collection->relid);
	while ((count = VmPurge(collection, VM_PURGE_BATCH, false)) > 0)
	{
		CHECK_FOR_INTERRUPTS();
		total += count;
		CommandCounterIncrement();
	}
	PG_RETURN_INT64(total);
}
