/*
 * memento.c
 *		Collections' metadata as a comment on the primary key (memento.h).
 *
 *	{"vecmilvus": 1, "auto_id", "consistency_level", "num_shards", "num_partitions", "properties",
 *	 "load_params", "fields": [{"name", "is_partition_key", "is_clustering_key", "params"}], "partitions": [name],
 *	 "aliases": [name], "indexes": [{"name", "field", "index_type", "metric_type", "params",
 *	 "pg_name"}]}
 */
#include "compat/compat.h"
#include "compat/relation.h"
#include "compat/json.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_constraint.h"
#include "commands/comment.h"
#include "utils/builtins.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "collection/alias.h"
#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/memento.h"
#include "consistency/oracle.h"

#define MEMENTO_VERSION 1

/* What tells a memento from a comment of a user's own. */
#define MEMENTO_KEY "\"vecmilvus\": "

/* The constraint that the comment is on; InvalidOid without a primary key. */
static Oid
PrimaryKeyConstraint(Oid relid)
{
	Relation relation = table_open(relid, NoLock);
	Oid index = VmPrimaryKeyIndex(relation);

	table_close(relation, NoLock);
	return OidIsValid(index) ? get_index_constraint(index) : InvalidOid;
}

/* ------------------------------------------------------------------ writing */

static void
WriteFields(VmJsonWriter *writer, Oid relid)
{
	ListCell *cell;

	VmJsonBeginArray(writer, "fields");
	foreach (cell, VmCatalogListFields(relid))
	{
		VmFieldRow *field = lfirst(cell);

		VmJsonBeginObject(writer, NULL);
		VmJsonPutString(writer, "name", NameStr(field->name));
		VmJsonPutBool(writer, "is_partition_key", field->is_partition_key);
		VmJsonPutBool(writer, "is_clustering_key", field->is_clustering_key);
		VmJsonPutJsonb(writer, "params", field->params);
		VmJsonEndObject(writer);
	}
	VmJsonEndArray(writer);
}

static void
WriteNames(VmJsonWriter *writer, Oid relid)
{
	ListCell *cell;

	VmJsonBeginArray(writer, "partitions");
	foreach (cell, VmCatalogListPartitions(relid))
		VmJsonPutString(writer, NULL, NameStr(((VmPartitionRow *) lfirst(cell))->name));
	VmJsonEndArray(writer);

	VmJsonBeginArray(writer, "aliases");
	foreach (cell, VmCatalogListAliases(NULL))
	{
		VmAliasRow *alias = lfirst(cell);

		if (alias->relid == relid)
			VmJsonPutString(writer, NULL, NameStr(alias->alias));
	}
	VmJsonEndArray(writer);
}

static void
WriteIndexes(VmJsonWriter *writer, Oid relid)
{
	ListCell *cell;

	VmJsonBeginArray(writer, "indexes");
	foreach (cell, VmCatalogListIndexes(relid))
	{
		VmIndexRow *index = lfirst(cell);

		if (index->state != VM_INDEX_FINISHED)
			continue;
		VmJsonBeginObject(writer, NULL);
		VmJsonPutString(writer, "name", NameStr(index->name));
		VmJsonPutString(writer, "field", NameStr(index->field));
		VmJsonPutString(writer, "index_type", index->index_type);
		VmJsonPutString(writer, "metric_type", index->metric_type);
		VmJsonPutJsonb(writer, "params", index->params);
		VmJsonPutString(writer, "pg_name", NameStr(index->pg_name));
		VmJsonEndObject(writer);
	}
	VmJsonEndArray(writer);
}

/* A comment of the user's own stays; then a dump of this table alone loses the metadata. */
static bool
MayWriteComment(Oid constraint)
{
	char *comment = GetComment(constraint, ConstraintRelationId, 0);

	return comment == NULL || strstr(comment, MEMENTO_KEY) != NULL;
}

void
VmMementoWrite(Oid relid)
{
	Oid constraint = PrimaryKeyConstraint(relid);
	VmJsonWriter writer = {0};
	VmCollectionRow row;
	Jsonb *memento;

	if (!OidIsValid(constraint) || !VmCatalogGetCollection(relid, &row))
		return;
	VmJsonBeginObject(&writer, NULL);
	VmJsonPutInt(&writer, "vecmilvus", MEMENTO_VERSION);
	VmJsonPutBool(&writer, "auto_id", row.auto_id);
	VmJsonPutInt(&writer, "consistency_level", row.consistency_level);
	VmJsonPutInt(&writer, "num_shards", row.num_shards);
	VmJsonPutInt(&writer, "num_partitions", row.num_partitions);
	VmJsonPutJsonb(&writer, "properties", row.properties);
	VmJsonPutJsonb(&writer, "load_params", row.load_params);
	WriteFields(&writer, relid);
	WriteNames(&writer, relid);
	WriteIndexes(&writer, relid);
	VmJsonEndObject(&writer);
	memento = DatumGetJsonbP(VmJsonDatum(&writer));
	if (!MayWriteComment(constraint))
		return;
	CreateComments(constraint, ConstraintRelationId, 0,
				   JsonbToCString(NULL, &memento->root, VARSIZE(memento)));
	CommandCounterIncrement();
}

/* ------------------------------------------------------------------ reading */

static bool
IsJson(char *text)
{
	return pg_parse_json(VmMakeJsonLexer(text, strlen(text)), &nullSemAction) == JSON_SUCCESS;
}

/* A comment is anybody's text: what is no JSON of ours is no memento. */
Jsonb *
VmMementoRead(Oid relid)
{
	Oid constraint = PrimaryKeyConstraint(relid);
	char *comment = OidIsValid(constraint) ? GetComment(constraint, ConstraintRelationId, 0) : NULL;
	Jsonb *memento;

	if (comment == NULL || !IsJson(comment))
		return NULL;
	memento = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(comment)));
	if (VmJsonGet(memento, "vecmilvus") == NULL)
		return NULL;
	if (VmJsonGetInt(memento, "vecmilvus", 0) != MEMENTO_VERSION)
		ereport(ERROR, (VmErrcode(VM_COLLECTION_ILLEGAL_SCHEMA),
						errmsg("the comment on the primary key has an unknown version"),
						errhint("Update the extension, or remove the comment.")));
	return memento;
}

static void
RestoreFields(Oid relid, const Jsonb *memento)
{
	Jsonb *array = VmJsonGetArray(memento, "fields");
	Jsonb **fields;
	int count = 0;

	fields = array == NULL ? NULL : VmJsonObjects(array, "fields", &count);
	for (int i = 0; i < count; i++)
	{
		VmFieldRow row = {.relid = relid};
		Jsonb *params = VmJsonGetObject(fields[i], "params");

		namestrcpy(&row.name, VmJsonGetString(fields[i], "name", ""));
		row.is_partition_key = VmJsonGetBool(fields[i], "is_partition_key", false);
		row.is_clustering_key = VmJsonGetBool(fields[i], "is_clustering_key", false);
		row.params = params == NULL ? VmJsonEmptyObject() : params;
		VmCatalogPutField(&row);
	}
}

static void
RestorePartitions(Oid relid, const Jsonb *memento)
{
	Jsonb *array = VmJsonGetArray(memento, "partitions");
	char **names;
	int count = 0;

	names = array == NULL ? NULL : VmJsonStrings(array, "partitions", &count);
	for (int i = 0; i < count; i++)
	{
		VmPartitionRow row = {.relid = relid, .loaded = false};

		namestrcpy(&row.name, names[i]);
		row.partition_id = VmOracleDraw(1);
		row.created_ts = row.partition_id;
		VmCatalogPutPartition(&row);
	}
}

static void
RestoreAliases(Oid relid, const Jsonb *memento)
{
	Jsonb *array = VmJsonGetArray(memento, "aliases");
	char **names;
	int count = 0;

	names = array == NULL ? NULL : VmJsonStrings(array, "aliases", &count);
	for (int i = 0; i < count; i++)
	{
		VmAliasRow row = {.relid = relid};

		/* Two copies of a collection cannot both have its aliases. */
		VmLockName(get_rel_namespace(relid), names[i]);
		if (!VmAliasIsFree(names[i], relid))
		{
			ereport(NOTICE, (errmsg("alias \"%s\" is taken and was left out", names[i])));
			continue;
		}
		namestrcpy(&row.alias, names[i]);
		row.created_ts = VmOracleDraw(1);
		VmCatalogPutAlias(&row);
	}
}

static void
RestoreIndexes(Oid relid, const Jsonb *memento)
{
	Jsonb *array = VmJsonGetArray(memento, "indexes");
	Jsonb **indexes;
	int count = 0;

	indexes = array == NULL ? NULL : VmJsonObjects(array, "indexes", &count);
	for (int i = 0; i < count; i++)
	{
		VmIndexRow row = {.relid = relid, .state = VM_INDEX_FINISHED, .fail_reason = ""};
		Jsonb *params = VmJsonGetObject(indexes[i], "params");

		namestrcpy(&row.name, VmJsonGetString(indexes[i], "name", ""));
		namestrcpy(&row.field, VmJsonGetString(indexes[i], "field", ""));
		namestrcpy(&row.pg_name, VmJsonGetString(indexes[i], "pg_name", ""));
		row.index_type = VmJsonGetString(indexes[i], "index_type", "");
		row.metric_type = VmJsonGetString(indexes[i], "metric_type", "");
		row.params = params == NULL ? VmJsonEmptyObject() : params;
		row.index_id = VmOracleDraw(1);
		row.created_ts = row.index_id;
		VmCatalogPutIndex(&row);
	}
}

void
VmMementoRestore(Oid relid, const Jsonb *memento)
{
	RestoreFields(relid, memento);
	RestorePartitions(relid, memento);
	RestoreAliases(relid, memento);
	RestoreIndexes(relid, memento);
}
