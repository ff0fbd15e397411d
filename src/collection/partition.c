/*
 * partition.c
 *		milvus.create_partition, drop_partition, has_partition, list_partitions,
 *		get_partition_stats.
 *
 * A partition is a row of milvus.partition and a value of the column
 * "$partition", which the table gets with its first partition but _default.
 * With a partition key there are neither: the key decides, and num_partitions
 * names _default_0 and so on stand for as many classes of its hash, so that
 * what clients ask of them has an answer.
 */
#include "compat/compat.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "collection/catalog.h"
#include "collection/create.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/memento.h"
#include "collection/name.h"
#include "collection/partition.h"
#include "collection/statement.h"
#include "collection/stats.h"
#include "consistency/oracle.h"

#define KEY_PARTITION_PREFIX VM_DEFAULT_PARTITION "_"

void
VmPartitionAddRow(Oid relid, const char *name, bool loaded)
{
	VmPartitionRow row = {.relid = relid, .loaded = loaded};

	namestrcpy(&row.name, name);
	row.partition_id = VmOracleDraw(1);
	row.created_ts = row.partition_id;
	VmCatalogPutPartition(&row);
}

List *
VmPartitionNames(VmCollection *collection)
{
	List *names = NIL;
	ListCell *cell;

	for (int i = 0; i < collection->num_partitions; i++)
		names = lappend(names, psprintf(KEY_PARTITION_PREFIX "%d", i));
	if (collection->partition_key != NULL)
		return names;
	foreach (cell, VmCatalogListPartitions(collection->relid))
		names = lappend(names, pstrdup(NameStr(((VmPartitionRow *) lfirst(cell))->name)));
	return names;
}

/* Position among the names, -1 if it is none. */
static int
FindPartition(VmCollection *collection, const char *name)
{
	List *names = VmPartitionNames(collection);

	for (int i = 0; i < list_length(names); i++)
	{
		if (strcmp(list_nth(names, i), name) == 0)
			return i;
	}
	return -1;
}

/* Milvus refuses partitions by hand where a key decides. */
static void
RefusePartitionKey(VmCollection *collection, const char *verb)
{
	if (collection->partition_key != NULL)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("disable %s partition if partition key mode is used", verb),
						errhint("Field \"%s\" decides on the partition.",
								collection->partition_key->name)));
}

/* The first partition beside _default: rows that exist belong to _default. */
static void
AddColumn(VmCollection *collection)
{
	VmRunUtility(psprintf("ALTER TABLE %s ADD COLUMN \"" VM_PARTITION_COLUMN
						  "\" pg_catalog.name NOT NULL DEFAULT '" VM_DEFAULT_PARTITION "'",
						  collection->qualified));
	VmRunUtility(VmKeyIndexSql(collection->qualified, VM_PARTITION_COLUMN, 0));
	CommandCounterIncrement();
}

VM_FUNCTION(vm_create_partition);
Datum
vm_create_partition(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *partition = VmTextArgument(fcinfo, 1, "partition_name");
	VmCollection *collection = VmCollectionOpenOwned(name, AccessShareLock);
	bool has_column = collection->partition_attnum != 0;

	VmCheckPartitionName(partition);
	RefusePartitionKey(collection, "create");
	collection = VmCollectionOpenToChange(name, has_column ? AccessShareLock : AccessExclusiveLock);
	RefusePartitionKey(collection, "create");
	if (FindPartition(collection, partition) >= 0)
		PG_RETURN_VOID();
	if (list_length(VmPartitionNames(collection)) >= VM_MAX_PARTITIONS)
		ereport(ERROR,
				(VmErrcode(VM_UNEXPECTED),
				 errmsg("partition number (%d) exceeds max configuration (%d), collection: %s",
						VM_MAX_PARTITIONS, VM_MAX_PARTITIONS, collection->name)));
	if (collection->partition_attnum == 0)
		AddColumn(collection);
	VmPartitionAddRow(collection->relid, partition, collection->loaded);
	VmMementoWrite(collection->relid);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_drop_partition);
Datum
vm_drop_partition(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *partition = VmTextArgument(fcinfo, 1, "partition_name");
	VmCollection *collection = VmCollectionOpenToChange(name, RowExclusiveLock);
	VmPartitionRow row;
	Oid type = NAMEOID;
	NameData value;
	Datum argument = NameGetDatum(&value);

	RefusePartitionKey(collection, "drop");
	if (strcmp(partition, VM_DEFAULT_PARTITION) == 0)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID), errmsg("default partition cannot be deleted")));
	if (!VmCatalogGetPartition(collection->relid, partition, &row))
	{
		ereport(NOTICE, (errmsg("partition \"%s\" does not exist, skipping", partition)));
		PG_RETURN_VOID();
	}
	if (row.loaded)
		ereport(
			ERROR,
			(VmErrcode(VM_UNEXPECTED),
			 errmsg("partition cannot be dropped, partition is loaded, please release it first"),
			 errhint("milvus.release_partitions()")));
	namestrcpy(&value, partition);
	(void) VmRunDml(psprintf("DELETE FROM ONLY %s WHERE \"" VM_PARTITION_COLUMN
							 "\" OPERATOR(pg_catalog.=) $1",
							 collection->qualified),
					1, &type, &argument);
	VmCatalogDeletePartition(collection->relid, partition);
	VmMementoWrite(collection->relid);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_has_partition);
Datum
vm_has_partition(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *partition = VmTextArgument(fcinfo, 1, "partition_name");
	VmCollection *collection = VmCollectionOpen(name, AccessShareLock);

	PG_RETURN_BOOL(FindPartition(collection, partition) >= 0);
}

VM_FUNCTION(vm_list_partitions);
Datum
vm_list_partitions(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	VmCollection *collection = VmCollectionOpen(name, AccessShareLock);
	VmJsonWriter writer = {0};
	ListCell *cell;

	VmJsonBeginArray(&writer, NULL);
	foreach (cell, VmPartitionNames(collection))
		VmJsonPutString(&writer, NULL, lfirst(cell));
	VmJsonEndArray(&writer);
	return VmJsonDatum(&writer);
}

/* Which rows a partition has, as a condition. */
static char *
PartitionCondition(VmCollection *collection, const char *partition, int position)
{
	VmField *key = collection->partition_key;

	if (key != NULL)
		return psprintf("(pg_catalog.%s(%s, 0) OPERATOR(pg_catalog.&) %s) OPERATOR(pg_catalog.%%) "
						"%d::pg_catalog.int8 OPERATOR(pg_catalog.=) %d",
						key->type == VM_TYPE_VARCHAR ? "hashtextextended" : "hashint8extended",
						quote_identifier(key->name), "9223372036854775807::pg_catalog.int8",
						collection->num_partitions, position);
	if (collection->partition_attnum == 0)
		return pstrdup("true");
	return psprintf("\"" VM_PARTITION_COLUMN "\" OPERATOR(pg_catalog.=) %s",
					quote_literal_cstr(partition));
}

VM_FUNCTION(vm_get_partition_stats);
Datum
vm_get_partition_stats(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *partition = VmTextArgument(fcinfo, 1, "partition_name");
	VmCollection *collection = VmCollectionOpen(name, AccessShareLock);
	int position = FindPartition(collection, partition);

	if (position < 0)
		VmRaisePartitionNotFound(partition);
	return VmRowCountJson(collection, PartitionCondition(collection, partition, position));
}
