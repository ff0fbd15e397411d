/*
 * index_describe.c
 *		milvus.describe_index and milvus.list_indexes.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/rel.h"

#include "collection/error.h"
#include "collection/index_find.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/statement.h"

/*
 * Rows that the builder has put into the index: what its progress view counts
 * while it builds, all that there are when it goes on to look for those that
 * came meanwhile and waits.
 */
static int64
CountIndexed(int pid, int64 total)
{
	Oid types[] = {INT4OID, INT8OID};
	Datum values[] = {Int32GetDatum(pid), Int64GetDatum(total)};

	return VmQueryInt("SELECT pg_catalog.max(CASE "
					  "WHEN phase OPERATOR(pg_catalog.~~) 'building index%' THEN tuples_done "
					  "WHEN phase OPERATOR(pg_catalog.~~) '%validation%' "
					  "OR phase OPERATOR(pg_catalog.=) 'waiting for old snapshots' THEN $2 "
					  "ELSE 0 END) FROM pg_catalog.pg_stat_progress_create_index "
					  "WHERE pid OPERATOR(pg_catalog.=) $1",
					  2, types, values);
}

/*
 * Rows of the collection: what the last vacuum or index build counted, scaled
 * to today's size; a count where nobody has counted yet.
 */
static int64
CountRows(VmCollection *collection)
{
	Relation table = table_open(collection->relid, NoLock);
	double tuples = table->rd_rel->reltuples;
	double pages = table->rd_rel->relpages;
	double pages_now = RelationGetNumberOfBlocks(table);

	table_close(table, NoLock);
	if (pages_now == 0)
		return 0;
	if (tuples > 0 && pages > 0)
		return (int64) rint(tuples / pages * pages_now);
	if (pg_class_aclcheck(collection->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return 0;
	return VmQueryInt(psprintf("SELECT pg_catalog.count(*) FROM %s", collection->qualified), 0,
					  NULL, NULL);
}

static const char *
StateName(VmIndexState state)
{
	switch (state)
	{
		case VM_INDEX_NONE:
			return "IndexStateNone";
		case VM_INDEX_UNISSUED:
			return "Unissued";
		case VM_INDEX_IN_PROGRESS:
			return "InProgress";
		case VM_INDEX_FINISHED:
			return "Finished";
		case VM_INDEX_FAILED:
			break;
	}
	return "Failed";
}

static void
PutParam(const char *key, const JsonbValue *value, void *state)
{
	VmJsonPutString(state, key, VmJsonValueText(value));
}

static void
PutRows(VmJsonWriter *writer, VmCollection *collection, const VmIndexInfo *info)
{
	int64 total = CountRows(collection);
	int64 indexed = 0;

	if (info->state == VM_INDEX_FINISHED)
		indexed = total;
	else if (info->state == VM_INDEX_IN_PROGRESS && info->row->builder_pid != 0)
		indexed = Min(CountIndexed(info->row->builder_pid, total), total);
	VmJsonPutInt(writer, "total_rows", total);
	VmJsonPutInt(writer, "indexed_rows", indexed);
	VmJsonPutInt(writer, "pending_index_rows", total - indexed);
}

/* As MilvusClient.describe_index() shows it: build parameters beside the rest. */
static Datum
Describe(VmCollection *collection, const VmIndexInfo *info)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonEach(info->params, PutParam, &writer);
	VmJsonPutString(&writer, "index_name", info->name);
	VmJsonPutString(&writer, "field_name", info->field->name);
	VmJsonPutString(&writer, "index_type", info->index_type);
	if (info->metric[0] != '\0')
		VmJsonPutString(&writer, "metric_type", info->metric);
	PutRows(&writer, collection, info);
	VmJsonPutString(&writer, "state", StateName(info->state));
	if (info->fail_reason[0] != '\0')
		VmJsonPutString(&writer, "index_state_fail_reason", info->fail_reason);
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}

VM_FUNCTION(vm_describe_index);
Datum
vm_describe_index(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		VmCollectionOpen(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	char *name = VmTextArgument(fcinfo, 1, "index_name");
	VmIndexInfo *info = VmIndexFind(collection, name);

	if (info == NULL)
		VmRaiseIndexNotFound(collection->name, name);
	PG_RETURN_DATUM(Describe(collection, info));
}

VM_FUNCTION(vm_list_indexes);
Datum
vm_list_indexes(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		VmCollectionOpen(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	char *field_name = VmOptionalText(fcinfo, 1, "");
	VmJsonWriter writer = {0};
	ListCell *cell;

	VmJsonBeginArray(&writer, NULL);
	foreach (cell, VmIndexList(collection))
	{
		VmIndexInfo *info = lfirst(cell);

		if (field_name[0] == '\0' || strcmp(info->field->name, field_name) == 0)
			VmJsonPutString(&writer, NULL, info->name);
	}
	VmJsonEndArray(&writer);
	PG_RETURN_DATUM(VmJsonDatum(&writer));
}
