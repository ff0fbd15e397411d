/*
 * catalog.c
 *		Rows of the tables of schema milvus (catalog.h).
 *
 * Below: one description of each table, the few operations on any of them, and
 * for each kind of row how it becomes a struct and back.
 */
#include "compat/compat.h"
#include "compat/relation.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "collection/catalog.h"

#define MAX_COLUMNS 13

typedef enum TableId
{
	TABLE_COLLECTION,
	TABLE_FIELD,
	TABLE_PARTITION,
	TABLE_ALIAS,
	TABLE_INDEX,
	TABLE_DATABASE,
	TABLE_GROUP
} TableId;

typedef struct Table
{
	const char *name;
	int columns;
	int keys;           /* the first ones: the primary key */
	RegProcedure eq[2]; /* their equality */
	int relation;       /* which column names a table, -1: none */
} Table;

static const Table tables[] = {
	[TABLE_COLLECTION] = {"collection", 12, 1, {F_OIDEQ}, 0},
	[TABLE_FIELD] = {"field", 5, 2, {F_OIDEQ, F_NAMEEQ}, 0},
	[TABLE_PARTITION] = {"partition", 5, 2, {F_OIDEQ, F_NAMEEQ}, 0},
	[TABLE_ALIAS] = {"alias", 3, 2, {F_NAMEEQ, F_OIDEQ}, 1},
	[TABLE_INDEX] = {"index", 13, 2, {F_OIDEQ, F_NAMEEQ}, 0},
	[TABLE_DATABASE] = {"database", 4, 1, {F_NAMEEQ}, -1},
	[TABLE_GROUP] = {"resource_group", 2, 1, {F_NAMEEQ}, -1},
};

/* A tuple taken apart, or what one is to be made of; no column may be NULL. */
typedef struct Row
{
	Datum values[MAX_COLUMNS];
} Row;

/* --------------------------------------------------------------- any table */

static Oid
MilvusRelation(const char *name)
{
	Oid relid = get_relname_relid(name, get_namespace_oid("milvus", false));

	if (!OidIsValid(relid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation \"milvus.%s\" does not exist", name),
						errhint("The extension is damaged: drop and create it again.")));
	return relid;
}

static Relation
OpenTable(TableId id, LOCKMODE lockmode)
{
	Relation table = table_open(MilvusRelation(tables[id].name), lockmode);

	if (RelationGetNumberOfAttributes(table) != tables[id].columns)
		elog(ERROR, "table \"milvus.%s\" has %d columns, not %d", tables[id].name,
			 RelationGetNumberOfAttributes(table), tables[id].columns);
	return table;
}

static int
ColumnCount(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	int count = 0;

	if (HeapTupleIsValid(tuple))
	{
		count = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
		ReleaseSysCache(tuple);
	}
	return count;
}

bool
VmCatalogFits(void)
{
	Oid nspid = get_namespace_oid("milvus", true);

	for (int i = 0; i < lengthof(tables); i++)
	{
		Oid relid = OidIsValid(nspid) ? get_relname_relid(tables[i].name, nspid) : InvalidOid;

		if (!OidIsValid(relid) || ColumnCount(relid) != tables[i].columns)
			return false;
	}
	return true;
}

/* The primary key, which is the one index that these tables have. */
static Oid
KeyIndex(Relation table)
{
	Oid index = VmPrimaryKeyIndex(table);

	if (!OidIsValid(index))
		elog(ERROR, "table \"milvus.%s\" has no primary key", RelationGetRelationName(table));
	return index;
}

static SysScanDesc
BeginScan(Relation table, TableId id, const Datum *keys, int nkeys)
{
	ScanKeyData scan_keys[2];

	for (int i = 0; i < nkeys; i++)
	{
		ScanKeyInit(&scan_keys[i], i + 1, BTEqualStrategyNumber, tables[id].eq[i], keys[i]);
		if (tables[id].eq[i] == F_NAMEEQ)
			scan_keys[i].sk_collation = C_COLLATION_OID;
	}
	return systable_beginscan(table, KeyIndex(table), true, NULL, nkeys, scan_keys);
}

/* Everything by reference is copied to the current context, detoasted. */
static void
ReadRow(Relation table, HeapTuple tuple, Row *row)
{
	TupleDesc desc = RelationGetDescr(table);
	bool nulls[MAX_COLUMNS];

	heap_deform_tuple(tuple, desc, row->values, nulls);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (nulls[i])
			elog(ERROR, "column \"%s\" of \"milvus.%s\" is null", NameStr(attribute->attname),
				 RelationGetRelationName(table));
		if (attribute->attlen == -1)
			row->values[i] = PointerGetDatum(PG_DETOAST_DATUM_COPY(row->values[i]));
		else if (!attribute->attbyval)
			row->values[i] = datumCopy(row->values[i], false, attribute->attlen);
	}
}

/* All rows with these first key columns. */
static List *
FetchRows(TableId id, const Datum *keys, int nkeys)
{
	Relation table = OpenTable(id, AccessShareLock);
	SysScanDesc scan = BeginScan(table, id, keys, nkeys);
	List *rows = NIL;
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Row *row = palloc0(sizeof(Row));

		ReadRow(table, tuple, row);
		rows = lappend(rows, row);
	}
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return rows;
}

static bool
FetchRow(TableId id, const Datum *keys, Row *row)
{
	List *rows = FetchRows(id, keys, tables[id].keys);

	if (rows == NIL)
		return false;
	*row = *(Row *) linitial(rows);
	return true;
}

/* Other sessions read the table's rows anew, this one with its next command. */
static void
Publish(TableId id, const Row *row)
{
	if (tables[id].relation >= 0)
	{
		Oid relid = DatumGetObjectId(row->values[tables[id].relation]);

		if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
			CacheInvalidateRelcacheByRelid(relid);
	}
	CommandCounterIncrement();
}

/* What the executor asks before any DML, which this is not. */
static void
CheckMayWrite(void)
{
	PreventCommandIfReadOnly("a change of schema milvus");
	PreventCommandIfParallelMode("a change of schema milvus");
	PreventCommandDuringRecovery("a change of schema milvus");
}

/*
 * Inserts the row, or replaces the one that has its key.  Changes of one
 * collection are serialised by the lock that its callers have on its table.
 */
static void
PutRow(TableId id, Row *row)
{
	Relation table = OpenTable(id, RowExclusiveLock);
	SysScanDesc scan = BeginScan(table, id, row->values, tables[id].keys);
	bool nulls[MAX_COLUMNS] = {0};
	HeapTuple tuple = heap_form_tuple(RelationGetDescr(table), row->values, nulls);
	HeapTuple old = systable_getnext(scan);

	CheckMayWrite();
	if (HeapTupleIsValid(old))
		CatalogTupleUpdate(table, &old->t_self, tuple);
	else
		CatalogTupleInsert(table, tuple);
	systable_endscan(scan);
	table_close(table, NoLock);
	Publish(id, row);
}

static void
DeleteRows(TableId id, const Datum *keys, int nkeys)
{
	Relation table = OpenTable(id, RowExclusiveLock);
	SysScanDesc scan = BeginScan(table, id, keys, nkeys);
	HeapTuple tuple;
	Row row;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CheckMayWrite();
		ReadRow(table, tuple, &row);
		CatalogTupleDelete(table, &tuple->t_self);
		Publish(id, &row);
	}
	systable_endscan(scan);
	table_close(table, NoLock);
}

/* Whether the text fits into a name column; a longer one names nothing. */
static bool
IsName(const char *text)
{
	return strlen(text) < NAMEDATALEN;
}

static Datum
NameDatum(const char *text)
{
	Name name = palloc0(NAMEDATALEN);

	namestrcpy(name, text);
	return NameGetDatum(name);
}

/* Makes structs of rows, in order. */
typedef void *(*MakeStruct)(const Row *row);

static List *
MakeStructs(List *rows, MakeStruct make)
{
	ListCell *cell;

	foreach (cell, rows)
		lfirst(cell) = make(lfirst(cell));
	return rows;
}

static char *
TextOf(Datum value)
{
	return TextDatumGetCString(value);
}

/* -------------------------------------------------------------- collections */

static void *
MakeCollection(const Row *row)
{
	VmCollectionRow *result = palloc(sizeof(*result));

	result->relid = DatumGetObjectId(row->values[0]);
	result->collection_id = DatumGetInt64(row->values[1]);
	result->auto_id = DatumGetBool(row->values[2]);
	result->loaded = DatumGetBool(row->values[3]);
	result->consistency_level = DatumGetInt16(row->values[4]);
	result->num_shards = DatumGetInt32(row->values[5]);
	result->num_partitions = DatumGetInt32(row->values[6]);
	result->properties = DatumGetJsonbP(row->values[7]);
	result->functions = DatumGetJsonbP(row->values[8]);
	result->created_ts = DatumGetInt64(row->values[9]);
	result->updated_ts = DatumGetInt64(row->values[10]);
	result->load_params = DatumGetJsonbP(row->values[11]);
	return result;
}

bool
VmCatalogGetCollection(Oid relid, VmCollectionRow *result)
{
	Datum key = ObjectIdGetDatum(relid);
	Row row;

	if (!FetchRow(TABLE_COLLECTION, &key, &row))
		return false;
	*result = *(VmCollectionRow *) MakeCollection(&row);
	return true;
}

void
VmCatalogPutCollection(const VmCollectionRow *collection)
{
	Row row = {{
		ObjectIdGetDatum(collection->relid),
		Int64GetDatum(collection->collection_id),
		BoolGetDatum(collection->auto_id),
		BoolGetDatum(collection->loaded),
		Int16GetDatum(collection->consistency_level),
		Int32GetDatum(collection->num_shards),
		Int32GetDatum(collection->num_partitions),
		JsonbPGetDatum(collection->properties),
		JsonbPGetDatum(collection->functions),
		Int64GetDatum(collection->created_ts),
		Int64GetDatum(collection->updated_ts),
		JsonbPGetDatum(collection->load_params),
	}};

	PutRow(TABLE_COLLECTION, &row);
}

List *
VmCatalogListCollections(void)
{
	return MakeStructs(FetchRows(TABLE_COLLECTION, NULL, 0), MakeCollection);
}

/* ------------------------------------------------------------------- fields */

static void *
MakeField(const Row *row)
{
	VmFieldRow *result = palloc(sizeof(*result));

	result->relid = DatumGetObjectId(row->values[0]);
	result->name = *DatumGetName(row->values[1]);
	result->is_partition_key = DatumGetBool(row->values[2]);
	result->is_clustering_key = DatumGetBool(row->values[3]);
	result->params = DatumGetJsonbP(row->values[4]);
	return result;
}


bool
VmCatalogGetField(Oid relid, const char *name, VmFieldRow *result)
{
	Datum keys[] = {ObjectIdGetDatum(relid), NameDatum(name)};
	Row row;

	if (!IsName(name) || !FetchRow(TABLE_FIELD, keys, &row))
		return false;
	*result = *(VmFieldRow *) MakeField(&row);
	return true;
}

void
VmCatalogPutField(const VmFieldRow *field)
{
	Row row = {{
		ObjectIdGetDatum(field->relid),
		NameGetDatum(&field->name),
		BoolGetDatum(field->is_partition_key),
		BoolGetDatum(field->is_clustering_key),
		JsonbPGetDatum(field->params),
	}};

	PutRow(TABLE_FIELD, &row);
}

List *
VmCatalogListFields(Oid relid)
{
	Datum key = ObjectIdGetDatum(relid);

	return MakeStructs(FetchRows(TABLE_FIELD, &key, 1), MakeField);
}

void
VmCatalogDeleteField(Oid relid, const char *name)
{
	Datum keys[] = {ObjectIdGetDatum(relid), NameDatum(name)};

	DeleteRows(TABLE_FIELD, keys, 2);
}

/* --------------------------------------------------------------- partitions */

static void *
MakePartition(const Row *row)
{
	VmPartitionRow *result = palloc(sizeof(*result));

	result->relid = DatumGetObjectId(row->values[0]);
	result->name = *DatumGetName(row->values[1]);
	result->partition_id = DatumGetInt64(row->values[2]);
	result->loaded = DatumGetBool(row->values[3]);
	result->created_ts = DatumGetInt64(row->values[4]);
	return result;
}

bool
VmCatalogGetPartition(Oid relid, const char *name, VmPartitionRow *result)
{
	Datum keys[] = {ObjectIdGetDatum(relid), NameDatum(name)};
	Row row;

	if (!IsName(name) || !FetchRow(TABLE_PARTITION, keys, &row))
		return false;
	*result = *(VmPartitionRow *) MakePartition(&row);
	return true;
}

void
VmCatalogPutPartition(const VmPartitionRow *partition)
{
	Row row = {{
		ObjectIdGetDatum(partition->relid),
		NameGetDatum(&partition->name),
		Int64GetDatum(partition->partition_id),
		BoolGetDatum(partition->loaded),
		Int64GetDatum(partition->created_ts),
	}};

	PutRow(TABLE_PARTITION, &row);
}

List *
VmCatalogListPartitions(Oid relid)
{
	Datum key = ObjectIdGetDatum(relid);

	return MakeStructs(FetchRows(TABLE_PARTITION, &key, 1), MakePartition);
}

void
VmCatalogDeletePartition(Oid relid, const char *name)
{
	Datum keys[] = {ObjectIdGetDatum(relid), NameDatum(name)};

	DeleteRows(TABLE_PARTITION, keys, 2);
}

/* ------------------------------------------------------------------ aliases */

static void *
MakeAlias(const Row *row)
{
	VmAliasRow *result = palloc(sizeof(*result));

	result->alias = *DatumGetName(row->values[0]);
	result->relid = DatumGetObjectId(row->values[1]);
	result->created_ts = DatumGetInt64(row->values[2]);
	return result;
}

List *
VmCatalogListAliases(const char *alias)
{
	Datum key = (Datum) 0;

	if (alias == NULL)
		return MakeStructs(FetchRows(TABLE_ALIAS, NULL, 0), MakeAlias);
	if (!IsName(alias))
		return NIL;
	key = NameDatum(alias);
	return MakeStructs(FetchRows(TABLE_ALIAS, &key, 1), MakeAlias);
}

void
VmCatalogPutAlias(const VmAliasRow *alias)
{
	Row row = {{
		NameGetDatum(&alias->alias),
		ObjectIdGetDatum(alias->relid),
		Int64GetDatum(alias->created_ts),
	}};

	PutRow(TABLE_ALIAS, &row);
}

void
VmCatalogDeleteAlias(const char *alias, Oid relid)
{
	Datum keys[] = {NameDatum(alias), ObjectIdGetDatum(relid)};

	DeleteRows(TABLE_ALIAS, keys, 2);
}

/* ------------------------------------------------------------------ indexes */

static void *
MakeIndex(const Row *row)
{
	VmIndexRow *result = palloc(sizeof(*result));

	result->relid = DatumGetObjectId(row->values[0]);
	result->name = *DatumGetName(row->values[1]);
	result->field = *DatumGetName(row->values[2]);
	result->index_id = DatumGetInt64(row->values[3]);
	result->index_type = TextOf(row->values[4]);
	result->metric_type = TextOf(row->values[5]);
	result->params = DatumGetJsonbP(row->values[6]);
	result->pg_name = *DatumGetName(row->values[7]);
	result->state = DatumGetInt16(row->values[8]);
	result->fail_reason = TextOf(row->values[9]);
	result->builder_pid = DatumGetInt32(row->values[10]);
	result->builder_start = DatumGetTimestampTz(row->values[11]);
	result->created_ts = DatumGetInt64(row->values[12]);
	return result;
}

bool
VmCatalogGetIndex(Oid relid, const char *name, VmIndexRow *result)
{
	Datum keys[] = {ObjectIdGetDatum(relid), NameDatum(name)};
	Row row;

	if (!IsName(name) || !FetchRow(TABLE_INDEX, keys, &row))
		return false;
	*result = *(VmIndexRow *) MakeIndex(&row);
	return true;
}

void
VmCatalogPutIndex(const VmIndexRow *index)
{
	Row row = {{
		ObjectIdGetDatum(index->relid),
		NameGetDatum(&index->name),
		NameGetDatum(&index->field),
		Int64GetDatum(index->index_id),
		CStringGetTextDatum(index->index_type),
		CStringGetTextDatum(index->metric_type),
		JsonbPGetDatum(index->params),
		NameGetDatum(&index->pg_name),
		Int16GetDatum(index->state),
		CStringGetTextDatum(index->fail_reason),
		Int32GetDatum(index->builder_pid),
		TimestampTzGetDatum(index->builder_start),
		Int64GetDatum(index->created_ts),
	}};

	PutRow(TABLE_INDEX, &row);
}

List *
VmCatalogListIndexes(Oid relid)
{
	Datum key = ObjectIdGetDatum(relid);

	return MakeStructs(FetchRows(TABLE_INDEX, &key, 1), MakeIndex);
}

void
VmCatalogDeleteIndex(Oid relid, const char *name)
{
	Datum keys[] = {ObjectIdGetDatum(relid), NameDatum(name)};

	DeleteRows(TABLE_INDEX, keys, 2);
}

/* ---------------------------------------------------------------- databases */

static void *
MakeDatabase(const Row *row)
{
	VmDatabaseRow *result = palloc(sizeof(*result));

	result->nspid = get_namespace_oid(NameStr(*DatumGetName(row->values[0])), true);
	result->database_id = DatumGetInt64(row->values[1]);
	result->properties = DatumGetJsonbP(row->values[2]);
	result->created_ts = DatumGetInt64(row->values[3]);
	return result;
}

bool
VmCatalogGetDatabase(Oid nspid, VmDatabaseRow *result)
{
	char *name = get_namespace_name(nspid);

	return name != NULL && VmCatalogGetDatabaseNamed(name, result);
}

bool
VmCatalogGetDatabaseNamed(const char *name, VmDatabaseRow *result)
{
	Datum key = NameDatum(name);
	Row row;

	if (!FetchRow(TABLE_DATABASE, &key, &row))
		return false;
	*result = *(VmDatabaseRow *) MakeDatabase(&row);
	return true;
}

void
VmCatalogPutDatabase(const VmDatabaseRow *database)
{
	Row row = {{
		NameDatum(get_namespace_name(database->nspid)),
		Int64GetDatum(database->database_id),
		JsonbPGetDatum(database->properties),
		Int64GetDatum(database->created_ts),
	}};

	PutRow(TABLE_DATABASE, &row);
}

List *
VmCatalogListDatabases(void)
{
	return MakeStructs(FetchRows(TABLE_DATABASE, NULL, 0), MakeDatabase);
}

void
VmCatalogDeleteDatabase(const char *name)
{
	Datum key = NameDatum(name);

	DeleteRows(TABLE_DATABASE, &key, 1);
}

/* ---------------------------------------------------------- resource groups */

static void *
MakeGroup(const Row *row)
{
	VmGroupRow *result = palloc(sizeof(*result));

	result->name = *DatumGetName(row->values[0]);
	result->config = DatumGetJsonbP(row->values[1]);
	return result;
}

bool
VmCatalogGetGroup(const char *name, VmGroupRow *result)
{
	Datum key = NameDatum(name);
	Row row;

	if (!IsName(name) || !FetchRow(TABLE_GROUP, &key, &row))
		return false;
	*result = *(VmGroupRow *) MakeGroup(&row);
	return true;
}

void
VmCatalogPutGroup(const VmGroupRow *group)
{
	Row row = {{NameGetDatum(&group->name), JsonbPGetDatum(group->config)}};

	PutRow(TABLE_GROUP, &row);
}

List *
VmCatalogListGroups(void)
{
	return MakeStructs(FetchRows(TABLE_GROUP, NULL, 0), MakeGroup);
}

void
VmCatalogDeleteGroup(const char *name)
{
	Datum key = NameDatum(name);

	DeleteRows(TABLE_GROUP, &key, 1);
}

void
VmLockGroups(LOCKMODE lockmode)
{
	LockDatabaseObject(RelationRelationId, MilvusRelation(tables[TABLE_GROUP].name), 0, lockmode);
}

/* -------------------------------------------------------------- a whole table */

void
VmLockRows(Oid relid)
{
	LockDatabaseObject(RelationRelationId, relid, 0, ExclusiveLock);
}

void
VmCatalogForget(Oid relid)
{
	Datum key = ObjectIdGetDatum(relid);
	VmCollectionRow row;
	/* No index leads to them from a table, so they are not looked for in vain. */
	List *aliases = VmCatalogGetCollection(relid, &row) ? VmCatalogListAliases(NULL) : NIL;
	ListCell *cell;

	DeleteRows(TABLE_COLLECTION, &key, 1);
	DeleteRows(TABLE_FIELD, &key, 1);
	DeleteRows(TABLE_PARTITION, &key, 1);
	DeleteRows(TABLE_INDEX, &key, 1);
	foreach (cell, aliases)
	{
		VmAliasRow *alias = lfirst(cell);

		if (alias->relid == relid)
			VmCatalogDeleteAlias(NameStr(alias->alias), relid);
	}
}
