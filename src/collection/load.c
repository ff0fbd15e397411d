/*
 * load.c
 *		The load state: load_collection, release_collection, load_partitions,
 *		release_partitions, get_load_state, refresh_load.
 *
 * PostgreSQL needs no loading, but Milvus refuses to search what is not loaded,
 * and applications rely on that.  So it is a flag of the collection and of each
 * of its partitions; the collection's says that all of them are.  Loading also
 * reads the data into memory where it can.
 */
#include "compat/compat.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/index.h"
#include "collection/index_find.h"
#include "collection/json.h"
#include "collection/load.h"
#include "collection/load_params.h"
#include "collection/memento.h"
#include "collection/name.h"

static bool
HasLoadedPartition(Oid relid)
{
	ListCell *cell;

	foreach (cell, VmCatalogListPartitions(relid))
	{
		if (((VmPartitionRow *) lfirst(cell))->loaded)
			return true;
	}
	return false;
}

bool
VmCollectionIsLoaded(const VmCollection *collection)
{
	return collection->loaded || HasLoadedPartition(collection->relid);
}

bool
VmRowIsLoaded(const VmCollectionRow *row)
{
	return row->loaded || HasLoadedPartition(row->relid);
}

/* ------------------------------------------------------------------ arguments */

static VmCollection *
OpenArgument(FunctionCallInfo fcinfo)
{
	return VmCollectionOpenToChange(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
}

static List *
TextList(FunctionCallInfo fcinfo, int n, const char *name)
{
	int count;
	char **texts = VmTextArrayArgument(fcinfo, n, name, &count);
	List *list = NIL;

	for (int i = 0; i < count; i++)
		list = lappend(list, texts[i]);
	return list;
}

/* -------------------------------------------------------------------- loading */

static void
CheckVectorIndexes(VmCollection *collection)
{
	StringInfoData missing;

	initStringInfo(&missing);
	for (int i = 0; i < collection->nfields; i++)
	{
		VmField *field = &collection->fields[i];
		VmIndexInfo *info;

		if (!VmIsVectorType(field->type))
			continue;
		info = VmIndexOfField(collection, field);
		if (info == NULL || info->state == VM_INDEX_FAILED)
			appendStringInfo(&missing, "%s%s", missing.len > 0 ? " " : "", field->name);
	}
	if (missing.len > 0)
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
						errmsg("there is no vector index on field: [%s], please create index "
							   "firstly: collection=%s: index not found",
							   missing.data, collection->name),
						errhint("Call milvus.create_index(); index type FLAT needs no time to "
								"build.")));
}

/* These say whether they changed anything. */
static bool
SetPartition(VmPartitionRow *row, bool loaded)
{
	if (row->loaded == loaded)
		return false;
	row->loaded = loaded;
	VmCatalogPutPartition(row);
	return true;
}

/* With {} for parameters once nothing is loaded any more. */
static bool
SetCollection(const VmCollection *collection, bool loaded, Jsonb *params)
{
	VmCollectionRow row;

	if (!VmCatalogGetCollection(collection->relid, &row) ||
		(row.loaded == loaded &&
		 compareJsonbContainers(&row.load_params->root, &params->root) == 0))
		return false;
	row.loaded = loaded;
	row.load_params = params;
	VmCatalogPutCollection(&row);
	return true;
}

/* The collection and all of its partitions. */
static void
SetAll(const VmCollection *collection, bool loaded, Jsonb *params)
{
	bool changed = SetCollection(collection, loaded, params);
	ListCell *cell;

	foreach (cell, VmCatalogListPartitions(collection->relid))
		changed |= SetPartition(lfirst(cell), loaded);
	if (changed)
		VmMementoWrite(collection->relid);
}

static void
Load(VmCollection *collection, const VmLoadRequest *request)
{
	Jsonb *params = VmLoadParamsMake(collection, request);

	CheckVectorIndexes(collection);
	SetAll(collection, true, params);
	VmPrewarm(collection);
}

void
VmLoadCollection(VmCollection *collection)
{
	VmLoadRequest request = {0};

	VmLockRows(collection->relid);
	Load(collection, &request);
}

VM_FUNCTION(vm_load_collection);
Datum
vm_load_collection(PG_FUNCTION_ARGS)
{
	VmCollection *collection = OpenArgument(fcinfo);
	VmLoadRequest request;

	VmLoadRequestRead(fcinfo, 1, &request);
	Load(collection, &request);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_release_collection);
Datum
vm_release_collection(PG_FUNCTION_ARGS)
{
	SetAll(OpenArgument(fcinfo), false, VmJsonEmptyObject());
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_refresh_load);
Datum
vm_refresh_load(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		VmCollectionOpenOwned(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);

	if (!VmCollectionIsLoaded(collection))
		ereport(ERROR, (VmErrcode(VM_COLLECTION_NOT_LOADED),
						errmsg("collection not loaded[collection=%s]", collection->name),
						errhint("Call milvus.load_collection('%s').", collection->name)));
	VmPrewarm(collection);
	PG_RETURN_VOID();
}

/* ----------------------------------------------------------------- partitions */

/* Where a collection never had partitions, "_default" is all of it. */
static bool
IsWholeCollection(const VmCollection *collection, const char *partition)
{
	return collection->partition_key == NULL && strcmp(partition, VM_DEFAULT_PARTITION) == 0 &&
		   VmCatalogListPartitions(collection->relid) == NIL;
}

static void
SetPartitions(VmCollection *collection, List *names, bool loaded, Jsonb *params)
{
	ListCell *cell;
	bool changed = false;
	bool all = true;
	bool any = false;

	foreach (cell, names)
	{
		VmPartitionRow row;

		if (IsWholeCollection(collection, lfirst(cell)))
			continue;
		VmCollectionCheckPartition(collection, lfirst(cell));
		if (VmCatalogGetPartition(collection->relid, lfirst(cell), &row))
			changed |= SetPartition(&row, loaded);
	}
	foreach (cell, VmCatalogListPartitions(collection->relid))
	{
		all = all && ((VmPartitionRow *) lfirst(cell))->loaded;
		any = any || ((VmPartitionRow *) lfirst(cell))->loaded;
	}
	changed |=
		SetCollection(collection, loaded && all, loaded || any ? params : VmJsonEmptyObject());
	if (changed)
		VmMementoWrite(collection->relid);
}

static List *
PartitionArgument(FunctionCallInfo fcinfo, int n)
{
	List *names = TextList(fcinfo, n, "partition_names");

	if (names == NIL)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"partition_names\"")));
	return names;
}

VM_FUNCTION(vm_load_partitions);
Datum
vm_load_partitions(PG_FUNCTION_ARGS)
{
	VmCollection *collection = OpenArgument(fcinfo);
	List *names = PartitionArgument(fcinfo, 1);
	VmLoadRequest request;
	Jsonb *params;

	VmLoadRequestRead(fcinfo, 2, &request);
	params = VmLoadParamsMake(collection, &request);
	CheckVectorIndexes(collection);
	SetPartitions(collection, names, true, params);
	VmPrewarm(collection);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_release_partitions);
Datum
vm_release_partitions(PG_FUNCTION_ARGS)
{
	VmCollection *collection = OpenArgument(fcinfo);

	SetPartitions(collection, PartitionArgument(fcinfo, 1), false, collection->load_params);
	PG_RETURN_VOID();
}

/* ---------------------------------------------------------------------- state */

static Datum
State(const char *state)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonPutString(&writer, "state", state);
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}

static bool
PartitionIsLoaded(VmCollection *collection, const char *partition)
{
	VmPartitionRow row;

	if (IsWholeCollection(collection, partition))
		return collection->loaded;
	VmCollectionCheckPartition(collection, partition);
	return VmCatalogGetPartition(collection->relid, partition, &row) && row.loaded;
}

VM_FUNCTION(vm_get_load_state);
Datum
vm_get_load_state(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *partition = VmOptionalText(fcinfo, 1, "");
	VmCollection *collection;
	bool loaded;

	if (!OidIsValid(VmCollectionLookup(name)))
		PG_RETURN_DATUM(State("NotExist"));
	collection = VmCollectionOpen(name, AccessShareLock);
	loaded = partition[0] == '\0' ? VmCollectionIsLoaded(collection) :
									PartitionIsLoaded(collection, partition);
	PG_RETURN_DATUM(State(loaded ? "Loaded" : "NotLoad"));
}
