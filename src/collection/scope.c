/*
 * scope.c
 *		Which rows a read may see (scope.h).
 */
#include "compat/compat.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/load.h"
#include "collection/properties.h"
#include "collection/scope.h"

static bool
PartitionIsLoaded(const VmCollection *collection, const char *name)
{
	VmPartitionRow row;

	return collection->loaded ||
		   (VmCatalogGetPartition(collection->relid, name, &row) && row.loaded);
}

static void
CheckPartition(const VmCollection *collection, const char *name)
{
	if (collection->partition_key != NULL || strcmp(name, VM_DEFAULT_PARTITION) != 0)
		VmCollectionCheckPartition(unconstify(VmCollection *, collection), name);
	if (!PartitionIsLoaded(collection, name))
		ereport(ERROR, (VmErrcode(VM_PARTITION_NOT_LOADED),
						errmsg("partition not loaded[partition=%s]", name),
						errhint("Load it with milvus.load_partitions().")));
}

static Datum
MakeNames(char **names, int count)
{
	Datum *elements = palloc_array(Datum, count);

	for (int i = 0; i < count; i++)
	{
		NameData *name = palloc0(sizeof(NameData));

		namestrcpy(name, names[i]);
		elements[i] = NameGetDatum(name);
	}
	return PointerGetDatum(
		construct_array(elements, count, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR));
}

/* Where single partitions are loaded, a read of all sees those, as in Milvus. */
static Datum
LoadedPartitions(const VmCollection *collection)
{
	List *rows = VmCatalogListPartitions(collection->relid);
	char **names = palloc_array(char *, Max(list_length(rows), 1));
	int count = 0;
	ListCell *cell;

	foreach (cell, rows)
	{
		VmPartitionRow *row = lfirst(cell);

		if (row->loaded)
			names[count++] = NameStr(row->name);
	}
	if (count == 0)
		ereport(ERROR, (VmErrcode(VM_COLLECTION_NOT_LOADED),
						errmsg("collection not loaded[collection=%s]", collection->name),
						errhint("Load it with milvus.load_collection().")));
	return MakeNames(names, count);
}

Datum
VmScopePartitions(const VmCollection *collection, char **names, int count)
{
	for (int i = 0; i < count; i++)
		CheckPartition(collection, names[i]);
	if (count > 0)
		return MakeNames(names, count);
	return collection->loaded ? (Datum) 0 : LoadedPartitions(collection);
}

void
VmAppendScope(StringInfo sql, VmCollection *collection, const char *alias, Datum partitions,
			  int partitions_param, int expiry_param)
{
	if (partitions != 0 && collection->partition_attnum > 0)
		appendStringInfo(sql,
						 " AND %s.\"" VM_PARTITION_COLUMN "\" OPERATOR(pg_catalog.=) ANY ($%d)",
						 alias, partitions_param);
	if (collection->ts_attnum > 0 && VmCollectionTtl(collection) > 0)
		appendStringInfo(sql, " AND %s.\"" VM_TS_COLUMN "\" OPERATOR(pg_catalog.>) $%d", alias,
						 expiry_param);
}

void
VmCheckConsistency(const VmCollection *collection, const char *level)
{
	VmConsistencyLevel wanted = level == NULL || level[0] == '\0' ?
									collection->consistency_level :
									VmConsistencyLevelFromText(level);

	if (!RecoveryInProgress() || wanted == VM_EVENTUALLY)
		return;
	ereport(ERROR, (errcode(MAKE_SQLSTATE('M', 'C', '0', '0', '5')),
					errmsg("consistency level %s cannot be guaranteed on this standby",
						   VmConsistencyLevelName(wanted)),
					errhint("Read from the primary, or with consistency_level => 'Eventually'.")));
}
