/*
 * change.c
 *		milvus.drop_collection, rename_collection, truncate_collection,
 *		alter_collection_properties, drop_collection_properties.
 */
#include "compat/compat.h"

#include "catalog/namespace.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/alias.h"
#include "collection/catalog.h"
#include "collection/change.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/memento.h"
#include "collection/name.h"
#include "collection/properties.h"
#include "collection/statement.h"
#include "collection/ttl.h"
#include "consistency/oracle.h"

void
VmCollectionTouch(Oid relid)
{
	VmCollectionRow row;

	if (VmCatalogGetCollection(relid, &row))
	{
		row.updated_ts = VmOracleDraw(1);
		VmCatalogPutCollection(&row);
	}
	VmMementoWrite(relid);
}

/* Milvus drops and renames by the collection's own name only. */
static void
RefuseAlias(VmCollection *collection, const char *name, const char *verb)
{
	const char *dot = strchr(name, '.');

	if (strcmp(name, collection->name) != 0 &&
		(dot == NULL || strcmp(dot + 1, collection->name) != 0))
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
						errmsg("cannot %s the collection via alias = %s", verb, name)));
}

VM_FUNCTION(vm_drop_collection);
Datum
vm_drop_collection(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	VmCollection *collection;
	char *aliases;

	if (!OidIsValid(VmCollectionLookup(name)))
	{
		ereport(NOTICE, (errmsg("collection \"%s\" does not exist, skipping", name)));
		PG_RETURN_VOID();
	}
	collection = VmCollectionOpenToChange(name, AccessExclusiveLock);
	RefuseAlias(collection, name, "drop");
	aliases = VmAliasesText(collection->relid);
	if (aliases != NULL)
		ereport(ERROR,
				(VmErrcode(VM_UNEXPECTED),
				 errmsg("unable to drop the collection [%s] because it has associated aliases "
						"[%s], please remove all aliases before dropping the collection",
						collection->name, aliases),
				 errhint("milvus.drop_alias()")));
	VmCatalogForget(collection->relid);
	VmRunUtility(psprintf("DROP TABLE %s", collection->qualified));
	PG_RETURN_VOID();
}

/* The new name must be free, as a table and as an alias. */
static void
CheckFree(const char *name, Oid nspid)
{
	if (OidIsValid(get_relname_relid(name, nspid)) || OidIsValid(VmAliasLookup(name, nspid)))
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
						errmsg("duplicated new collection name %s in database %s with other "
							   "collection name or alias",
							   name, VmDatabaseName(nspid))));
}

/* An alias belongs to the database of its collection, and would take its name along. */
static void
RefuseAliases(VmCollection *collection)
{
	char *aliases = VmAliasesText(collection->relid);

	if (aliases != NULL)
		ereport(ERROR,
				(VmErrcode(VM_UNEXPECTED),
				 errmsg("fail to rename db name, must drop all aliases of %s before rename",
						collection->name),
				 errdetail("Its aliases are: %s.", aliases), errhint("milvus.drop_alias()")));
}

VM_FUNCTION(vm_rename_collection);
Datum
vm_rename_collection(PG_FUNCTION_ARGS)
{
	char *old_name = VmTextArgument(fcinfo, 0, "old_name");
	char *new_name = VmTextArgument(fcinfo, 1, "new_name");
	char *target = VmOptionalText(fcinfo, 2, "");
	VmCollection *collection = VmCollectionOpenOwned(old_name, AccessShareLock);
	Oid old_nspid = collection->nspid;
	Oid nspid = target[0] == '\0' ? old_nspid : VmDatabaseSchema(target);

	VmCheckCollectionName(new_name);
	VmCheckSchemaFit(nspid);
	VmLockName(nspid, new_name);
	collection = VmCollectionOpenToChange(old_name, AccessExclusiveLock);
	if (collection->nspid != old_nspid)
		VmRaiseCollectionNotFound(VmDatabaseName(old_nspid), old_name);
	RefuseAlias(collection, old_name, "rename");
	if (nspid != collection->nspid)
		RefuseAliases(collection);
	CheckFree(new_name, nspid);
	if (strcmp(new_name, collection->name) != 0)
		VmRunUtility(psprintf("ALTER TABLE %s RENAME TO %s", collection->qualified,
							  quote_identifier(new_name)));
	if (nspid != collection->nspid)
		VmRunUtility(
			psprintf("ALTER TABLE %s SET SCHEMA %s",
					 quote_qualified_identifier(get_namespace_name(collection->nspid), new_name),
					 quote_identifier(get_namespace_name(nspid))));
	VmCollectionTouch(collection->relid);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_truncate_collection);
Datum
vm_truncate_collection(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	/* Like TRUNCATE itself, for whoever has that privilege. */
	VmCollection *collection = VmCollectionOpen(name, AccessShareLock);

	VmRunUtility(psprintf("TRUNCATE TABLE %s", collection->qualified));
	PG_RETURN_VOID();
}

/* --------------------------------------------------------------- properties */

static void
PutProperties(VmCollection *collection, Jsonb *properties)
{
	VmCollectionRow row;

	if (!VmCatalogGetCollection(collection->relid, &row))
		elog(ERROR, "collection \"%s\" has gone", collection->name);
	row.properties = properties;
	VmCatalogPutCollection(&row);
	VmCollectionTouch(collection->relid);
	VmTtlPrepare(VmCollectionOfTable(collection->relid));
}

VM_FUNCTION(vm_alter_collection_properties);
Datum
vm_alter_collection_properties(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	VmCollection *collection = VmCollectionOpenToChange(name, AccessShareLock);

	if (PG_ARGISNULL(1))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"properties\"")));
	PutProperties(collection, VmPropertiesMerge(collection->properties, PG_GETARG_JSONB_P(1)));
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_drop_collection_properties);
Datum
vm_drop_collection_properties(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	VmCollection *collection = VmCollectionOpenToChange(name, AccessShareLock);
	Jsonb *properties = collection->properties;
	int count;
	char **keys = VmTextArrayArgument(fcinfo, 1, "property_keys", &count);

	for (int i = 0; i < count; i++)
		properties = VmJsonSet(properties, keys[i], NULL);
	PutProperties(collection, properties);
	PG_RETURN_VOID();
}
