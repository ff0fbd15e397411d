/*
 * register.c
 *		milvus.register_collection: makes a collection of a table that exists, and
 *		restores what a dump of single tables leaves behind.
 */
#include "compat/compat.h"
#include "compat/relation.h"

#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "collection/alias.h"
#include "collection/catalog.h"
#include "collection/change.h"
#include "collection/create.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/memento.h"
#include "collection/name.h"
#include "collection/partition.h"
#include "collection/properties.h"
#include "consistency/oracle.h"

typedef enum Argument
{
	ARG_RELATION,
	ARG_PARTITION_KEY,
	ARG_NUM_PARTITIONS,
	ARG_CONSISTENCY_LEVEL,
	ARG_PROPERTIES
} Argument;

static _Noreturn void
RaiseUnfit(Relation table, const char *reason)
{
	ereport(ERROR, (VmErrcode(VM_COLLECTION_ILLEGAL_SCHEMA),
					errmsg("table \"%s\" cannot be a collection", RelationGetRelationName(table)),
					errdetail("%s", reason)));
}

static void
CheckTable(Oid relid)
{
	Relation table = table_open(relid, NoLock);

	if (table->rd_rel->relkind != RELKIND_RELATION)
		RaiseUnfit(table, "It is not an ordinary table.");
	if (table->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		RaiseUnfit(table, "It is a temporary table.");
	if (relid < FirstNormalObjectId ||
		get_namespace_oid("milvus", false) == RelationGetNamespace(table))
		RaiseUnfit(table, "It belongs to the system.");
	if (!OidIsValid(VmPrimaryKeyIndex(table)))
		RaiseUnfit(table, "It has no primary key.");
	VmCheckNoAlias(RelationGetRelationName(table), RelationGetNamespace(table));
	table_close(table, NoLock);
}

/* Keys that rows may do without when they are inserted. */
static bool
HasOwnKeys(Oid relid, AttrNumber attnum)
{
	Relation table = table_open(relid, NoLock);
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(table), attnum - 1);
	bool result = attribute->atthasdef || attribute->attidentity != '\0';

	table_close(table, NoLock);
	return result;
}

static void
CheckFields(VmCollection *collection)
{
	VmField *primary = collection->primary;

	if (primary == NULL)
		ereport(ERROR, (VmErrcode(VM_COLLECTION_ILLEGAL_SCHEMA),
						errmsg("table \"%s\" cannot be a collection", collection->name),
						errdetail("Its primary key has more than one column.")));
	if (primary->type != VM_TYPE_INT64 && primary->type != VM_TYPE_INT32 &&
		primary->type != VM_TYPE_INT16 && primary->type != VM_TYPE_VARCHAR)
		ereport(ERROR, (VmErrcode(VM_COLLECTION_ILLEGAL_SCHEMA),
						errmsg("table \"%s\" cannot be a collection", collection->name),
						errdetail("The data type of primary key should be Int64 or VarChar.")));
}

/* A row with what was given, what the memento says, or the defaults. */
static VmCollectionRow
MakeRow(FunctionCallInfo fcinfo, Oid relid, const Jsonb *memento)
{
	Jsonb *old_properties = VmJsonGetObject(memento, "properties");
	VmCollectionRow row = {.relid = relid};

	row.collection_id = VmOracleDraw(1);
	row.auto_id = VmJsonGetBool(memento, "auto_id", false);
	row.consistency_level = (int16) VmJsonGetInt(memento, "consistency_level", VM_BOUNDED);
	if (!PG_ARGISNULL(ARG_CONSISTENCY_LEVEL))
		row.consistency_level = (int16) VmConsistencyLevelFromText(
			VmTextArgument(fcinfo, ARG_CONSISTENCY_LEVEL, "consistency_level"));
	row.num_shards = (int32) VmJsonGetInt(memento, "num_shards", 1);
	row.num_partitions = (int32) VmJsonGetInt(memento, "num_partitions", 0);
	row.properties = VmPropertiesMerge(
		old_properties, PG_ARGISNULL(ARG_PROPERTIES) ? NULL : PG_GETARG_JSONB_P(ARG_PROPERTIES));
	row.functions = VmJsonEmptyArray();
	row.created_ts = row.collection_id;
	row.updated_ts = row.collection_id;
	row.load_params = VmJsonGetObject(memento, "load_params");
	if (row.load_params == NULL)
		row.load_params = VmJsonEmptyObject();
	return row;
}

/* The partition key that the caller names. */
static void
SetPartitionKey(FunctionCallInfo fcinfo, Oid relid)
{
	VmCollection *collection = VmCollectionOfTable(relid);
	char *name = VmTextArgument(fcinfo, ARG_PARTITION_KEY, "partition_key_field");
	VmField *field = VmCollectionGetField(collection, name);
	int count = PG_ARGISNULL(ARG_NUM_PARTITIONS) ? VM_DEFAULT_PARTITIONS :
												   PG_GETARG_INT32(ARG_NUM_PARTITIONS);
	VmFieldRow row = {.relid = relid};
	VmCollectionRow collection_row;

	if (field->is_primary || (field->type != VM_TYPE_INT64 && field->type != VM_TYPE_VARCHAR))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("the data type of partition key should be Int64 or VarChar, field "
							   "name: %s",
							   name)));
	if (count < 1 || count > VM_MAX_PARTITIONS)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("the specified partitions should be in [1, %d], but got %d",
							   VM_MAX_PARTITIONS, count)));
	namestrcpy(&row.name, name);
	row.is_partition_key = true;
	row.is_clustering_key = field->is_clustering_key;
	row.params = field->params;
	VmCatalogPutField(&row);
	if (!VmCatalogGetCollection(relid, &collection_row))
		elog(ERROR, "collection of table %u has gone", relid);
	collection_row.num_partitions = count;
	VmCatalogPutCollection(&collection_row);
}

/* Partitions that rows name; _default always. */
static void
AddDefaultPartition(Oid relid)
{
	VmCollection *collection = VmCollectionOfTable(relid);
	VmPartitionRow row;

	if (collection->partition_key == NULL &&
		!VmCatalogGetPartition(relid, VM_DEFAULT_PARTITION, &row))
		VmPartitionAddRow(relid, VM_DEFAULT_PARTITION, false);
}

/* Names come before tables; the name may change while the table is waited for. */
static void
LockTableAndName(Oid relid)
{
	VmLockName(get_rel_namespace(relid), get_rel_name(relid));
	LockRelationOid(relid, ShareRowExclusiveLock);
	if (get_rel_name(relid) == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	VmCollectionCheckOwner(relid);
	VmLockName(get_rel_namespace(relid), get_rel_name(relid));
	VmLockRows(relid);
}

VM_FUNCTION(vm_register_collection);
Datum
vm_register_collection(PG_FUNCTION_ARGS)
{
	Oid relid;
	Jsonb *memento;
	VmCollectionRow row;
	VmCollection *collection;

	if (PG_ARGISNULL(ARG_RELATION))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"relation\"")));
	relid = PG_GETARG_OID(ARG_RELATION);
	if (get_rel_name(relid) == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation with OID %u does not exist", relid)));
	VmCollectionCheckOwner(relid);
	LockTableAndName(relid);
	CheckTable(relid);
	memento = VmMementoRead(relid);
	if (VmCatalogGetCollection(relid, &row))
		VmCatalogForget(relid);
	row = MakeRow(fcinfo, relid, memento);
	VmCatalogPutCollection(&row);
	VmMementoRestore(relid, memento);
	collection = VmCollectionOfTable(relid);
	CheckFields(collection);
	row.auto_id = HasOwnKeys(relid, collection->primary->attnum);
	VmCatalogPutCollection(&row);
	if (!PG_ARGISNULL(ARG_PARTITION_KEY))
		SetPartitionKey(fcinfo, relid);
	AddDefaultPartition(relid);
	VmCollectionTouch(relid);
	PG_RETURN_VOID();
}
