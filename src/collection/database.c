/*
 * database.c
 *		milvus.create_database, drop_database, list_databases, describe_database,
 *		alter_database_properties, drop_database_properties, use_database.
 *
 * A database is a schema.  Which schemas are databases is noted in
 * milvus.database; "default" is schema public and always there.
 */
#include "compat/compat.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "collection/catalog.h"
#include "collection/collection.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/properties.h"
#include "collection/statement.h"
#include "compat/acl.h"
#include "consistency/oracle.h"

#define MAX_DATABASES    64
#define DEFAULT_DATABASE "default"

/* Rows whose schema was dropped by hand say nothing any more. */
static List *
LiveDatabases(void)
{
	List *live = NIL;
	ListCell *cell;

	foreach (cell, VmCatalogListDatabases())
	{
		VmDatabaseRow *row = lfirst(cell);

		if (OidIsValid(row->nspid))
			live = lappend(live, row);
	}
	return live;
}

static void
PutDatabase(Oid nspid, Jsonb *properties)
{
	VmDatabaseRow row;

	if (!VmCatalogGetDatabase(nspid, &row))
	{
		row.nspid = nspid;
		row.database_id = VmOracleDraw(1);
		row.created_ts = row.database_id;
	}
	row.properties = properties;
	VmCatalogPutDatabase(&row);
}

VM_FUNCTION(vm_create_database);
Datum
vm_create_database(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "db_name");
	Jsonb *properties = VmPropertiesMerge(NULL, PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1));

	VmCheckDatabaseName(name);
	if (strcmp(name, DEFAULT_DATABASE) == 0 || OidIsValid(get_namespace_oid(name, true)))
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED), errmsg("database already exist: %s", name),
						errhint("A Milvus database is a schema here, and that schema exists; "
								"milvus.use_database() works with any schema.")));
	if (list_length(LiveDatabases()) >= MAX_DATABASES)
		ereport(ERROR, (VmErrcode(VM_DATABASE_LIMIT),
						errmsg("exceeded the limit number of database[limit=%d]", MAX_DATABASES)));
	VmRunUtility(psprintf("CREATE SCHEMA %s", quote_identifier(name)));
	CommandCounterIncrement();
	PutDatabase(get_namespace_oid(name, false), properties);
	PG_RETURN_VOID();
}

static bool
HoldsCollections(Oid nspid)
{
	ListCell *cell;

	foreach (cell, VmCatalogListCollections())
	{
		if (get_rel_namespace(((VmCollectionRow *) lfirst(cell))->relid) == nspid)
			return true;
	}
	return false;
}

static void
CheckSchemaOwner(Oid nspid)
{
	if (!VmIsSchemaOwner(nspid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_SCHEMA, get_namespace_name(nspid));
}

VM_FUNCTION(vm_drop_database);
Datum
vm_drop_database(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "db_name");
	Oid nspid;

	if (strcmp(name, DEFAULT_DATABASE) == 0 || strcmp(name, "public") == 0)
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED), errmsg("can not drop default database")));
	nspid = VmDatabaseSchema(name);
	CheckSchemaOwner(nspid);
	if (HoldsCollections(nspid))
		ereport(ERROR,
				(VmErrcode(VM_UNEXPECTED),
				 errmsg("database:%s not empty, must drop all collections before drop database",
						name)));
	VmRunUtility(psprintf("DROP SCHEMA %s", quote_identifier(name)));
	VmCatalogDeleteDatabase(name);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_list_databases);
Datum
vm_list_databases(PG_FUNCTION_ARGS)
{
	VmJsonWriter writer = {0};
	ListCell *cell;

	VmJsonBeginArray(&writer, NULL);
	VmJsonPutString(&writer, NULL, DEFAULT_DATABASE);
	foreach (cell, LiveDatabases())
	{
		VmDatabaseRow *row = lfirst(cell);
		char *name = VmDatabaseName(row->nspid);

		if (strcmp(name, DEFAULT_DATABASE) != 0)
			VmJsonPutString(&writer, NULL, name);
	}
	VmJsonEndArray(&writer);
	return VmJsonDatum(&writer);
}

static void
CopyProperty(const char *key, const JsonbValue *value, void *state)
{
	VmJsonPutValue(state, key, value);
}

VM_FUNCTION(vm_describe_database);
Datum
vm_describe_database(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "db_name");
	Oid nspid = VmDatabaseSchema(name);
	VmJsonWriter writer = {0};
	VmDatabaseRow row;

	VmJsonBeginObject(&writer, NULL);
	VmJsonPutString(&writer, "name", name);
	if (VmCatalogGetDatabase(nspid, &row))
		VmJsonEach(row.properties, CopyProperty, &writer);
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}

/*
 * The schema of a database that the caller owns, and its properties, NULL where
 * none are noted; one change after the other, and no drop between.
 */
static Oid
OpenToChange(const char *name, Jsonb **properties)
{
	Oid nspid = VmDatabaseSchema(name);
	VmDatabaseRow row;

	CheckSchemaOwner(nspid);
	LockDatabaseObject(NamespaceRelationId, nspid, 0, ShareUpdateExclusiveLock);
	if (VmDatabaseSchema(name) != nspid)
		VmRaiseDatabaseNotFound(name);
	CheckSchemaOwner(nspid);
	*properties = VmCatalogGetDatabase(nspid, &row) ? row.properties : NULL;
	return nspid;
}

VM_FUNCTION(vm_alter_database_properties);
Datum
vm_alter_database_properties(PG_FUNCTION_ARGS)
{
	Jsonb *properties;
	Oid nspid = OpenToChange(VmTextArgument(fcinfo, 0, "db_name"), &properties);

	if (PG_ARGISNULL(1))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"properties\"")));
	PutDatabase(nspid, VmPropertiesMerge(properties, PG_GETARG_JSONB_P(1)));
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_drop_database_properties);
Datum
vm_drop_database_properties(PG_FUNCTION_ARGS)
{
	Jsonb *properties;
	Oid nspid = OpenToChange(VmTextArgument(fcinfo, 0, "db_name"), &properties);
	int count;
	char **keys = VmTextArrayArgument(fcinfo, 1, "property_keys", &count);

	if (properties == NULL)
		PG_RETURN_VOID();
	for (int i = 0; i < count; i++)
		properties = VmJsonSet(properties, keys[i], NULL);
	PutDatabase(nspid, properties);
	PG_RETURN_VOID();
}

/*
 * Sets search_path for the session: the database's schema first, then the one
 * that the types and operators of this extension are in.
 */
VM_FUNCTION(vm_use_database);
Datum
vm_use_database(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "db_name");
	char *schema = get_namespace_name(VmDatabaseSchema(name));
	char *types = get_namespace_name(VmExtensionSchema());
	char *path = pstrdup(quote_identifier(schema));

	if (strcmp(schema, types) != 0)
		path = psprintf("%s, %s", path, quote_identifier(types));
	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true,
							 0, false);
	PG_RETURN_VOID();
}
