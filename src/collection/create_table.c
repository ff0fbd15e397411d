/*
 * create_table.c
 *		The table of a new collection, and whether an existing one is the same:
 *		VmCreateTable, VmSchemaMatches (create.h).
 */
#include "compat/compat.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/catalog.h"
#include "collection/create.h"
#include "collection/describe.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/memento.h"
#include "collection/partition.h"
#include "collection/statement.h"
#include "consistency/oracle.h"

/* Beyond that a btree entry may not fit on a page. */
#define MAX_BTREE_BYTES 2000

static char *
CreateTableSql(const VmSchema *schema, const char *qualified)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE TABLE %s (", qualified);
	for (int i = 0; i < schema->nfields; i++)
		appendStringInfo(&sql, "%s, ", VmFieldColumnSql(&schema->fields[i], schema->auto_id));
	if (schema->enable_dynamic_field)
		appendStringInfoString(&sql,
							   "\"" VM_META_COLUMN "\" pg_catalog.jsonb NOT NULL DEFAULT '{}', ");
	appendStringInfo(&sql,
					 "\"" VM_TS_COLUMN "\" pg_catalog.int8 NOT NULL DEFAULT milvus.statement_ts(), "
					 "PRIMARY KEY (%s))",
					 quote_identifier(schema->primary->name));
	return sql.data;
}

char *
VmKeyIndexSql(const char *qualified, const char *column, int max_length)
{
	return psprintf("CREATE INDEX ON %s USING %s (%s)", qualified,
					max_length > MAX_BTREE_BYTES ? "hash" : "btree", quote_identifier(column));
}

static void
WriteComments(Oid relid, const VmSchema *schema, const char *description)
{
	if (description[0] != '\0')
		CreateComments(relid, RelationRelationId, 0, description);
	for (int i = 0; i < schema->nfields; i++)
	{
		if (schema->fields[i].description[0] != '\0')
			CreateComments(relid, RelationRelationId, get_attnum(relid, schema->fields[i].name),
						   schema->fields[i].description);
	}
}

/* Rows for fields that have something to say that the column does not. */
static void
WriteFieldRows(Oid relid, const VmSchema *schema)
{
	for (int i = 0; i < schema->nfields; i++)
	{
		const VmField *field = &schema->fields[i];
		VmFieldRow row = {.relid = relid};
		Jsonb *params = field->params;

		if (!field->is_partition_key && !field->is_clustering_key && JB_ROOT_COUNT(params) == 0)
			continue;
		namestrcpy(&row.name, field->name);
		row.is_partition_key = field->is_partition_key;
		row.is_clustering_key = field->is_clustering_key;
		row.params = params;
		VmCatalogPutField(&row);
	}
}

static void
WriteCollectionRow(Oid relid, const VmSchema *schema, const VmCreateOptions *options)
{
	VmCollectionRow row = {.relid = relid};

	row.collection_id = VmOracleDraw(1);
	row.auto_id = schema->auto_id;
	row.loaded = false;
	row.consistency_level = (int16) options->consistency_level;
	row.num_shards = options->num_shards;
	row.num_partitions = options->num_partitions;
	row.properties = options->properties;
	row.functions = VmJsonEmptyArray();
	row.created_ts = row.collection_id;
	row.updated_ts = row.collection_id;
	row.load_params = VmJsonEmptyObject();
	VmCatalogPutCollection(&row);
}

Oid
VmCreateTable(const VmSchema *schema, const VmCreateOptions *options)
{
	char *qualified = quote_qualified_identifier(get_namespace_name(options->nspid), options->name);
	Oid relid;

	VmRunUtility(CreateTableSql(schema, qualified));
	CommandCounterIncrement();
	relid = get_relname_relid(options->name, options->nspid);
	if (!OidIsValid(relid))
		elog(ERROR, "table of collection \"%s\" has not come into being", options->name);
	if (schema->partition_key != NULL)
		VmRunUtility(VmKeyIndexSql(qualified, schema->partition_key->name,
								   schema->partition_key->max_length));
	WriteComments(relid, schema, options->description);
	WriteCollectionRow(relid, schema, options);
	WriteFieldRows(relid, schema);
	if (schema->partition_key == NULL)
		VmPartitionAddRow(relid, VM_DEFAULT_PARTITION, false);
	VmMementoWrite(relid);
	CommandCounterIncrement();
	return relid;
}

/* --------------------------------------------------------------- comparison */

static bool
SameJsonb(Jsonb *a, Jsonb *b)
{
	return compareJsonbContainers(&a->root, &b->root) == 0;
}

static bool
DefaultMatches(VmCollection *collection, const VmField *old, const VmField *new)
{
	Jsonb *value = VmFieldDefault(collection, old);

	if (value == NULL || new->default_value == NULL)
		return value == NULL && new->default_value == NULL;
	return SameJsonb(value, JsonbValueToJsonb(new->default_value));
}

static bool
FieldMatches(VmCollection *collection, const VmField *old, const VmField *new)
{
	return strcmp(old->name, new->name) == 0 && old->type == new->type &&
		   old->element_type == new->element_type && old->dim == new->dim &&
		   old->max_length == new->max_length && old->max_capacity == new->max_capacity &&
		   old->is_primary == new->is_primary && old->is_partition_key == new->is_partition_key &&
		   old->is_clustering_key == new->is_clustering_key && old->nullable == new->nullable &&
		   (old->is_primary || DefaultMatches(collection, old, new)) &&
		   strcmp(old->description, new->description) == 0 && SameJsonb(old->params, new->params);
}

bool
VmSchemaMatches(VmCollection *collection, const VmSchema *schema, const VmCreateOptions *options)
{
	if (collection->nfields != schema->nfields || collection->auto_id != schema->auto_id ||
		(collection->meta_attnum != 0) != schema->enable_dynamic_field ||
		collection->num_shards != options->num_shards ||
		collection->num_partitions != options->num_partitions ||
		collection->consistency_level != options->consistency_level ||
		strcmp(collection->description, options->description) != 0 ||
		!SameJsonb(collection->properties, options->properties))
		return false;
	for (int i = 0; i < schema->nfields; i++)
	{
		if (!FieldMatches(collection, &collection->fields[i], &schema->fields[i]))
			return false;
	}
	return true;
}
