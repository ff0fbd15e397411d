/*
 * alias.c
 *		milvus.create_alias, drop_alias, alter_alias, describe_alias,
 *		list_aliases.
 */
#include "compat/compat.h"

#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/alias.h"
#include "collection/catalog.h"
#include "collection/change.h"
#include "collection/collection.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/name.h"
#include "consistency/oracle.h"

Oid
VmAliasLookup(const char *name, Oid nspid)
{
	ListCell *cell;

	foreach (cell, VmCatalogListAliases(name))
	{
		VmAliasRow *alias = lfirst(cell);

		if (get_rel_namespace(alias->relid) == nspid)
			return alias->relid;
	}
	return InvalidOid;
}

char *
VmAliasesText(Oid relid)
{
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	foreach (cell, VmCatalogListAliases(NULL))
	{
		VmAliasRow *alias = lfirst(cell);

		if (alias->relid == relid)
			appendStringInfo(&text, "%s%s", text.len == 0 ? "" : ", ", NameStr(alias->alias));
	}
	return text.len == 0 ? NULL : text.data;
}

static _Noreturn void
RaiseAliasNotFound(const char *alias)
{
	ereport(ERROR, (VmErrcode(VM_ALIAS_NOT_FOUND),
					errmsg("alias not found[database=%s][alias=%s]", VmCurrentDatabase(), alias),
					errhint("milvus.list_aliases() shows the aliases.")));
}

/* The collection that an alias names, in the caller's search_path. */
static Oid
FindAlias(const char *alias)
{
	ListCell *cell;

	foreach (cell, fetch_search_path(false))
	{
		Oid relid = VmAliasLookup(alias, lfirst_oid(cell));

		if (OidIsValid(relid))
			return relid;
	}
	return InvalidOid;
}

static void
PutAlias(const char *alias, Oid relid)
{
	VmAliasRow row = {.relid = relid};

	namestrcpy(&row.alias, alias);
	row.created_ts = VmOracleDraw(1);
	VmCatalogPutAlias(&row);
	VmCollectionTouch(relid);
}

/* An alias changes under a lock on its name, whatever collection it leads to. */
static VmCollection *
OpenForAlias(const char *name, const char *alias)
{
	VmCollection *collection = VmCollectionOpenOwned(name, AccessShareLock);

	VmCheckAliasName(alias);
	VmLockName(collection->nspid, alias);
	return VmCollectionOpenToChange(name, AccessShareLock);
}

VM_FUNCTION(vm_create_alias);
Datum
vm_create_alias(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *alias = VmTextArgument(fcinfo, 1, "alias");
	VmCollection *collection = OpenForAlias(name, alias);
	Oid taken;

	if (OidIsValid(get_relname_relid(alias, collection->nspid)))
		ereport(ERROR, (VmErrcode(VM_ALIAS_NAME_CONFLICT),
						errmsg("alias and collection name conflict[database=%s][alias=%s]",
							   collection->database, alias)));
	taken = VmAliasLookup(alias, collection->nspid);
	if (taken == collection->relid)
		PG_RETURN_VOID();
	if (OidIsValid(taken))
		ereport(ERROR, (VmErrcode(VM_ALIAS_EXISTS),
						errmsg("%s is alias to another collection: %s: alias already exist"
							   "[database=%s][alias=%s]",
							   alias, get_rel_name(taken), collection->database, alias),
						errhint("milvus.alter_alias() points it to another collection.")));
	PutAlias(alias, collection->relid);
	PG_RETURN_VOID();
}

/* Both collections must be the caller's. */
VM_FUNCTION(vm_alter_alias);
Datum
vm_alter_alias(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *alias = VmTextArgument(fcinfo, 1, "alias");
	VmCollection *collection = OpenForAlias(name, alias);
	Oid old = VmAliasLookup(alias, collection->nspid);

	if (!OidIsValid(old))
		RaiseAliasNotFound(alias);
	VmCollectionCheckOwner(old);
	if (old == collection->relid)
		PG_RETURN_VOID();
	VmCatalogDeleteAlias(alias, old);
	VmCollectionTouch(old);
	PutAlias(alias, collection->relid);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_drop_alias);
Datum
vm_drop_alias(PG_FUNCTION_ARGS)
{
	char *alias = VmTextArgument(fcinfo, 0, "alias");
	Oid relid = FindAlias(alias);
	VmCollection *collection;

	if (!OidIsValid(relid))
	{
		ereport(NOTICE, (errmsg("alias \"%s\" does not exist, skipping", alias)));
		PG_RETURN_VOID();
	}
	VmLockName(get_rel_namespace(relid), alias);
	collection = VmCollectionOpenToChange(alias, AccessShareLock);
	VmCatalogDeleteAlias(alias, collection->relid);
	VmCollectionTouch(collection->relid);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_describe_alias);
Datum
vm_describe_alias(PG_FUNCTION_ARGS)
{
	char *alias = VmTextArgument(fcinfo, 0, "alias");
	Oid relid = FindAlias(alias);
	VmJsonWriter writer = {0};

	if (!OidIsValid(relid))
		RaiseAliasNotFound(alias);
	VmJsonBeginObject(&writer, NULL);
	VmJsonPutString(&writer, "alias", alias);
	VmJsonPutString(&writer, "collection_name", get_rel_name(relid));
	VmJsonPutString(&writer, "db_name", VmDatabaseName(get_rel_namespace(relid)));
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}

/* Of one collection, or of all in the current database. */
VM_FUNCTION(vm_list_aliases);
Datum
vm_list_aliases(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		PG_ARGISNULL(0) ?
			NULL :
			VmCollectionOpen(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	Oid nspid = collection == NULL ? VmCurrentSchema() : collection->nspid;
	VmJsonWriter writer = {0};
	ListCell *cell;

	VmJsonBeginObject(&writer, NULL);
	VmJsonBeginArray(&writer, "aliases");
	foreach (cell, VmCatalogListAliases(NULL))
	{
		VmAliasRow *alias = lfirst(cell);

		if (collection == NULL ? get_rel_namespace(alias->relid) == nspid :
								 alias->relid == collection->relid)
			VmJsonPutString(&writer, NULL, NameStr(alias->alias));
	}
	VmJsonEndArray(&writer);
	VmJsonPutString(&writer, "collection_name", collection == NULL ? "" : collection->name);
	VmJsonPutString(&writer, "db_name", VmDatabaseName(nspid));
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}
