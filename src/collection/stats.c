/*
 * stats.c
 *		milvus.get_collection_stats, and what is expired (stats.h).
 */
#include "compat/compat.h"

#include "access/xact.h"
#include "utils/timestamp.h"

#include "collection/name.h"
#include "collection/json.h"
#include "collection/statement.h"
#include "collection/stats.h"
#include "consistency/timestamp.h"

int64
VmExpiryTs(VmCollection *collection)
{
	int64 ttl = VmCollectionTtl(collection);
	int64 now_ms;

	if (ttl <= 0 || collection->ts_attnum == 0)
		return PG_INT64_MIN;
	now_ms = (GetCurrentTransactionStartTimestamp() / 1000) +
			 (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * INT64CONST(1000);
	return VmTimestampFromMs(Max(now_ms - ttl * 1000, 0));
}

Datum
VmRowCountJson(VmCollection *collection, const char *condition)
{
	int64 expiry = VmExpiryTs(collection);
	VmJsonWriter writer = {0};
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT pg_catalog.count(*) FROM %s WHERE %s", collection->qualified,
					 condition == NULL ? "true" : condition);
	if (expiry != PG_INT64_MIN)
		appendStringInfo(&sql,
						 " AND \"" VM_TS_COLUMN "\" OPERATOR(pg_catalog.>) " INT64_FORMAT
						 "::pg_catalog.int8",
						 expiry);
	VmJsonBeginObject(&writer, NULL);
	VmJsonPutInt(&writer, "row_count", VmQueryInt(sql.data, 0, NULL, NULL));
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}

VM_FUNCTION(vm_get_collection_stats);
Datum
vm_get_collection_stats(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");

	return VmRowCountJson(VmCollectionOpen(name, AccessShareLock), NULL);
}
