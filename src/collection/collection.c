/*
 * collection.c
 *		Opening collections: VmCollectionOpen and the rest of collection.h.
 */
#include "compat/compat.h"
#include "compat/relation.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "common/hashfn.h"
#include "commands/comment.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "collection/catalog.h"
#include "collection/collection.h"
#include "collection/error.h"
#include "collection/index_build.h"
#include "collection/json.h"
#include "collection/schema.h"
#include "compat/acl.h"

/* ---------------------------------------------------------------- databases */

char *
VmDatabaseName(Oid nspid)
{
	char *schema = get_namespace_name(nspid);

	if (schema == NULL)
		return pstrdup("?");
	return strcmp(schema, "public") == 0 ? pstrdup("default") : schema;
}

/* InvalidOid if there is none. */
static Oid
SchemaOfDatabase(const char *database)
{
	bool is_default = strcmp(database, "default") == 0 || database[0] == '\0';

	return get_namespace_oid(is_default ? "public" : database, true);
}

Oid
VmDatabaseSchema(const char *database)
{
	Oid nspid = SchemaOfDatabase(database);

	if (!OidIsValid(nspid))
		VmRaiseDatabaseNotFound(database);
	return nspid;
}

/* ------------------------------------------------------------------- lookup */

static bool
IsCollection(Oid relid)
{
	VmCollectionRow row;

	return OidIsValid(relid) && VmCatalogGetCollection(relid, &row);
}

/* Nothing here lets a name have two meanings; if it has, nobody guesses (COLL-9). */
static _Noreturn void
RaiseAmbiguous(const char *name, Oid nspid)
{
	ereport(ERROR, (VmErrcode(VM_ALIAS_NAME_CONFLICT),
					errmsg("alias and collection name conflict[database=%s][alias=%s]",
						   VmDatabaseName(nspid), name)));
}

Oid
VmCollectionInSchema(const char *name, Oid nspid)
{
	Oid found = get_relname_relid(name, nspid);
	ListCell *cell;

	if (!IsCollection(found))
		found = InvalidOid;
	foreach (cell, VmCatalogListAliases(name))
	{
		Oid relid = ((VmAliasRow *) lfirst(cell))->relid;

		if (get_rel_namespace(relid) != nspid || !IsCollection(relid) || relid == found)
			continue;
		if (OidIsValid(found))
			RaiseAmbiguous(name, nspid);
		found = relid;
	}
	return found;
}

/* Without the right to use a schema its collections cannot be seen. */
static bool
MayUseSchema(Oid nspid)
{
	return VmSchemaAclCheck(nspid, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
}

/*
 * Where names without a database are looked for: in a database if that is what
 * the path begins with, as in Milvus (the schema of the types comes after it),
 * else along the path.
 */
static List *
SchemasToSearch(void)
{
	List *path = fetch_search_path(false);
	VmDatabaseRow row;

	if (list_length(path) > 1 && VmCatalogGetDatabase(linitial_oid(path), &row))
		return list_truncate(path, 1);
	return path;
}

static Oid
LookupInPath(const char *name)
{
	Oid found = InvalidOid;
	List *path = SchemasToSearch();
	ListCell *cell;

	foreach (cell, path)
	{
		found = VmCollectionInSchema(name, lfirst_oid(cell));
		if (OidIsValid(found))
			break;
	}
	list_free(path);
	return found;
}

Oid
VmCollectionLookup(const char *name)
{
	const char *dot = strchr(name, '.');
	Oid found = LookupInPath(name);
	Oid nspid;

	if (OidIsValid(found) || dot == NULL)
		return found;
	nspid = SchemaOfDatabase(pnstrdup(name, dot - name));
	return OidIsValid(nspid) && MayUseSchema(nspid) ? VmCollectionInSchema(dot + 1, nspid) :
													  InvalidOid;
}

Oid
VmCurrentSchema(void)
{
	List *path = fetch_search_path(false);

	if (path == NIL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_SCHEMA),
						errmsg("no schema has been selected to create in"),
						errhint("Set search_path, or call milvus.use_database().")));
	return linitial_oid(path);
}

char *
VmCurrentDatabase(void)
{
	List *path = fetch_search_path(false);

	return path == NIL ? pstrdup("default") : VmDatabaseName(linitial_oid(path));
}

void
VmRaiseNameNotFound(const char *name)
{
	const char *dot = strchr(name, '.');

	if (dot != NULL)
		(void) VmDatabaseSchema(pnstrdup(name, dot - name));
	VmRaiseCollectionNotFound(VmCurrentDatabase(), name);
}

/*
 * Looks up and locks, and looks up again whenever something was changed while
 * the lock was waited for, until both agree.
 */
static Oid
LookupAndLock(const char *name, LOCKMODE lockmode)
{
	Oid relid = InvalidOid;

	for (;;)
	{
		uint64 changes = SharedInvalidMessageCounter;
		Oid found = VmCollectionLookup(name);

		if (OidIsValid(relid) && found == relid)
			return relid;
		if (OidIsValid(relid))
			UnlockRelationOid(relid, lockmode);
		if (!OidIsValid(found))
			VmRaiseNameNotFound(name);
		LockRelationOid(found, lockmode);
		if (changes == SharedInvalidMessageCounter)
			return found;
		relid = found;
	}
}

/* ------------------------------------------------------------------- fields */

static void
SetHiddenColumn(VmCollection *collection, Form_pg_attribute attribute)
{
	const char *name = NameStr(attribute->attname);

	if (strcmp(name, VM_META_COLUMN) == 0)
		collection->meta_attnum = attribute->attnum;
	else if (strcmp(name, VM_PARTITION_COLUMN) == 0)
		collection->partition_attnum = attribute->attnum;
	else if (strcmp(name, VM_TS_COLUMN) == 0)
		collection->ts_attnum = attribute->attnum;
}

static bool
IsHiddenColumn(Form_pg_attribute attribute)
{
	const char *name = NameStr(attribute->attname);

	return strcmp(name, VM_META_COLUMN) == 0 || strcmp(name, VM_PARTITION_COLUMN) == 0 ||
		   strcmp(name, VM_TS_COLUMN) == 0;
}

/* Sizes that the column's type and modifier tell. */
static void
SetSizes(VmField *field)
{
	bool is_text = field->type == VM_TYPE_VARCHAR || field->element_type == VM_TYPE_VARCHAR;

	if (is_text && field->typmod > (int32) VARHDRSZ)
		field->max_length = field->typmod - VARHDRSZ;
	else if (is_text)
		field->max_length = VM_MAX_VARCHAR_LENGTH;
	if (VmIsVectorType(field->type) && field->type != VM_TYPE_SPARSE_FLOAT_VECTOR &&
		field->typmod > 0)
		field->dim = field->typmod;
}

static void
FillField(VmField *field, Oid relid, Form_pg_attribute attribute)
{
	char *comment = GetComment(relid, RelationRelationId, attribute->attnum);

	memset(field, 0, sizeof(*field));
	field->name = pstrdup(NameStr(attribute->attname));
	field->attnum = attribute->attnum;
	field->typid = attribute->atttypid;
	field->typmod = attribute->atttypmod;
	field->collation = attribute->attcollation;
	field->type = VmDataTypeOfColumn(attribute->atttypid, &field->element_type);
	field->nullable = !attribute->attnotnull;
	field->has_default = attribute->atthasdef && !attribute->attgenerated;
	field->description = comment == NULL ? pstrdup("") : comment;
	field->params = VmJsonEmptyObject();
	SetSizes(field);
}

static void
FillFields(VmCollection *collection, Relation relation)
{
	TupleDesc desc = RelationGetDescr(relation);

	collection->natts = desc->natts;
	collection->fields = palloc0(sizeof(VmField) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped)
			continue;
		if (IsHiddenColumn(attribute))
			SetHiddenColumn(collection, attribute);
		else
			FillField(&collection->fields[collection->nfields++], collection->relid, attribute);
	}
}

/* The one column of the primary key; a collection without one stays readable. */
static void
FindPrimary(VmCollection *collection, Relation relation)
{
	Oid index_oid = VmPrimaryKeyIndex(relation);
	HeapTuple tuple;
	Form_pg_index index;

	if (!OidIsValid(index_oid))
		return;
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index_oid));
	if (!HeapTupleIsValid(tuple))
		return;
	index = (Form_pg_index) GETSTRUCT(tuple);
	for (int i = 0; i < collection->nfields && index->indnkeyatts == 1; i++)
	{
		if (collection->fields[i].attnum == index->indkey.values[0])
			collection->primary = &collection->fields[i];
	}
	ReleaseSysCache(tuple);
}

static void
ApplyFieldRows(VmCollection *collection)
{
	ListCell *cell;

	foreach (cell, VmCatalogListFields(collection->relid))
	{
		VmFieldRow *row = lfirst(cell);
		VmField *field = VmCollectionFindField(collection, NameStr(row->name));

		if (field == NULL)
			continue;
		field->is_clustering_key = row->is_clustering_key;
		field->params = row->params;
		field->max_capacity = (int) VmJsonGetInt(row->params, "max_capacity", 0);
		if (row->is_partition_key)
		{
			field->is_partition_key = true;
			collection->partition_key = field;
		}
	}
	for (int i = 0; i < collection->nfields; i++)
	{
		VmField *field = &collection->fields[i];

		if (field->type == VM_TYPE_ARRAY && field->max_capacity == 0)
			field->max_capacity = VM_MAX_ARRAY_CAPACITY;
	}
}

/* ------------------------------------------------------------------ opening */

static void
ApplyCollectionRow(VmCollection *collection, const VmCollectionRow *row)
{
	collection->id = row->collection_id;
	collection->auto_id = row->auto_id;
	collection->loaded = row->loaded;
	/* An owner's restore may bring anything (COLL-4). */
	collection->num_shards = Max(row->num_shards, 1);
	collection->num_partitions = Min(Max(row->num_partitions, 0), VM_MAX_PARTITIONS);
	collection->consistency_level =
		row->consistency_level >= VM_STRONG && row->consistency_level <= VM_CUSTOMIZED ?
			(VmConsistencyLevel) row->consistency_level :
			VM_BOUNDED;
	collection->properties = row->properties;
	collection->load_params = row->load_params;
	collection->created_ts = row->created_ts;
	collection->updated_ts = row->updated_ts;
}

VmCollection *
VmCollectionOfTable(Oid relid)
{
	VmCollection *collection;
	VmCollectionRow row;
	Relation relation;
	char *comment;

	if (!VmCatalogGetCollection(relid, &row))
		return NULL;
	relation = table_open(relid, NoLock);
	comment = GetComment(relid, RelationRelationId, 0);
	collection = palloc0(sizeof(*collection));
	collection->relid = relid;
	collection->nspid = RelationGetNamespace(relation);
	collection->name = pstrdup(RelationGetRelationName(relation));
	collection->database = VmDatabaseName(collection->nspid);
	collection->qualified =
		quote_qualified_identifier(get_namespace_name(collection->nspid), collection->name);
	collection->description = comment == NULL ? pstrdup("") : comment;
	ApplyCollectionRow(collection, &row);
	FillFields(collection, relation);
	FindPrimary(collection, relation);
	table_close(relation, NoLock);
	ApplyFieldRows(collection);
	if (collection->primary != NULL)
		collection->primary->is_primary = true;
	return collection;
}

void
VmCollectionCheckPrimary(const VmCollection *collection)
{
	if (collection->primary == NULL)
		ereport(ERROR,
				(VmErrcode(VM_COLLECTION_ILLEGAL_SCHEMA),
				 errmsg("collection \"%s\" has no primary key", collection->name),
				 errhint("Add one with ALTER TABLE: a single column of type bigint or varchar.")));
}

VmCollection *
VmCollectionOpen(const char *name, LOCKMODE lockmode)
{
	VmCollection *collection = VmCollectionOfTable(LookupAndLock(name, lockmode));

	if (collection == NULL)
		VmRaiseCollectionNotFound(VmCurrentDatabase(), name);
	VmCollectionCheckPrimary(collection);
	return collection;
}

void
VmCollectionCheckOwner(Oid relid)
{
	if (!VmIsTableOwner(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(relid));
}

VmCollection *
VmCollectionOpenOwned(const char *name, LOCKMODE lockmode)
{
	Oid relid = VmCollectionLookup(name);

	VmCollection *collection;

	/* Before the lock, so that nobody can hold up a table that is not theirs. */
	if (OidIsValid(relid))
		VmCollectionCheckOwner(relid);
	collection = VmCollectionOpen(name, lockmode);
	/* The name may have come to mean another table while the lock was waited for. */
	VmCollectionCheckOwner(collection->relid);
	return collection;
}

VmCollection *
VmCollectionOpenToChange(const char *name, LOCKMODE lockmode)
{
	VmCollection *collection;
	Oid relid = VmCollectionLookup(name);

	if (OidIsValid(relid) && lockmode > RowExclusiveLock)
	{
		VmCollectionCheckOwner(relid);
		VmIndexStopBuilds(relid);
	}
	collection = VmCollectionOpenOwned(name, lockmode);
	VmLockRows(collection->relid);
	collection = VmCollectionOfTable(collection->relid);
	if (collection == NULL)
		VmRaiseCollectionNotFound(VmCurrentDatabase(), name);
	return collection;
}

void
VmCheckSchemaFit(Oid nspid)
{
	if (isAnyTempNamespace(nspid) || nspid < FirstNormalObjectId ?
			nspid != get_namespace_oid("public", true) :
			nspid == get_namespace_oid("milvus", false))
		ereport(ERROR, (VmErrcode(VM_DATABASE_INVALID_NAME),
						errmsg("schema \"%s\" cannot hold collections", get_namespace_name(nspid)),
						errhint("Set search_path, or call milvus.use_database().")));
}

void
VmLockName(Oid nspid, const char *name)
{
	uint32 hash = hash_bytes((const unsigned char *) name, (int) strlen(name));

	LockDatabaseObject(NamespaceRelationId, nspid, (uint16) (hash & 0x7fff) + 1, ExclusiveLock);
}

/* ------------------------------------------------------------------ reading */

VmField *
VmCollectionFindField(VmCollection *collection, const char *name)
{
	for (int i = 0; i < collection->nfields; i++)
	{
		if (strcmp(collection->fields[i].name, name) == 0)
			return &collection->fields[i];
	}
	return NULL;
}

VmField *
VmCollectionGetField(VmCollection *collection, const char *name)
{
	VmField *field = VmCollectionFindField(collection, name);

	if (field == NULL)
		VmRaiseFieldNotFound(collection->name, name);
	return field;
}

void
VmCollectionCheckPartition(VmCollection *collection, const char *partition)
{
	VmPartitionRow row;

	if (collection->partition_key != NULL)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("not support manually specifying the partition names if partition "
							   "key mode is used"),
						errhint("Field \"%s\" decides on the partition.",
								collection->partition_key->name)));
	if (!VmCatalogGetPartition(collection->relid, partition, &row))
		VmRaisePartitionNotFound(partition);
}

char *
VmCollectionProperty(VmCollection *collection, const char *key)
{
	JsonbValue *value = VmJsonGet(collection->properties, key);

	return value == NULL ? NULL : VmJsonValueText(value);
}

int64
VmCollectionTtl(VmCollection *collection)
{
	JsonbValue *value = VmJsonGet(collection->properties, VM_TTL_PROPERTY);
	int64 seconds;

	if (value == NULL || !VmJsonValueInt(value, &seconds))
		return 0;
	return seconds < 0 || seconds > VM_MAX_TTL_SECONDS ? 0 : seconds;
}
