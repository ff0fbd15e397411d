/*
 * alias.c
 *		milvus.create_alias, drop_alias, alter_alias, describe_alias,
 *		list_aliases.
 */
#include "compat/compat.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/alias.h"
#include "collection/catalog.h"
#include "collection/change.h"
#include "collection/collection.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/name.h"
#include "compat/acl.h"
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

void
VmCheckNoAlias(const char *name, Oid nspid)
{
	if (OidIsValid(VmAliasLookup(name, nspid)))
		ereport(ERROR, (VmErrcode(VM_ALIAS_NAME_CONFLICT),
						errmsg("collection name [%s] conflicts with an existing alias, please "
							   "choose a unique name",
							   name)));
}

bool
VmAliasIsFree(const char *alias, Oid relid)
{
	Oid nspid = get_rel_namespace(relid);
	ListCell *cell;

	if (OidIsValid(get_relname_relid(alias, nspid)))
		return false;
	foreach (cell, VmCatalogListAliases(alias))
	{
		Oid other = ((VmAliasRow *) lfirst(cell))->relid;

		if (other != relid && get_rel_namespace(other) == nspid)
			return false;
	}
	return true;
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

static bool
IsAliasOf(Oid relid, const char *alias)
{
	return VmAliasLookup(alias, get_rel_namespace(relid)) == relid;
}

/* Without the database that may be before it ("test.prod"). */
static const char *
OwnName(Oid relid, const char *alias)
{
	const char *dot = strchr(alias, '.');

	return dot != NULL && !IsAliasOf(relid, alias) ? dot + 1 : alias;
}

/* The collection that an alias names, where collections are looked for. */
static Oid
FindAlias(const char *alias)
{
	Oid relid = VmCollectionLookup(alias);

	/* It may be the collection's own name. */
	return OidIsValid(relid) && IsAliasOf(relid, OwnName(relid, alias)) ? relid : InvalidOid;
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
	Oid nspid = collection->nspid;

	VmCheckAliasName(alias);
	VmLockName(nspid, alias);
	collection = VmCollectionOpenToChange(name, AccessShareLock);
	/* The name that is locked is one of this schema. */
	if (collection->nspid != nspid)
		VmRaiseCollectionNotFound(VmDatabaseName(nspid), name);
	return collection;
}

/* As for a table: a name is made in the schema. */
static void
CheckMayName(Oid nspid)
{
	if (VmSchemaAclCheck(nspid, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_SCHEMA, get_namespace_name(nspid));
}

VM_FUNCTION(vm_create_alias);
Datum
vm_create_alias(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *alias = VmTextArgument(fcinfo, 1, "alias");
	VmCollection *collection = OpenForAlias(name, alias);
	Oid taken;

	CheckMayName(collection->nspid);
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
	LockRelationOid(old, AccessShareLock);
	VmLockRows(old);
	/* Dropped, moved or given away while it was waited for: then it has no such alias. */
	if (VmAliasLookup(alias, collection->nspid) != old)
		RaiseAliasNotFound(alias);
	VmCollectionCheckOwner(old);
	VmCatalogDeleteAlias(alias, old);
	VmCollectionTouch(old);
	PutAlias(alias, collection->relid);
	PG_RETURN_VOID();
}

/* Its collection, once nobody else can change the alias; InvalidOid if there is none. */
static Oid
FindAndLockAlias(const char *alias)
{
	Oid relid = FindAlias(alias);

	if (!OidIsValid(relid))
		return InvalidOid;
	VmLockName(get_rel_namespace(relid), OwnName(relid, alias));
	/* It may lead elsewhere by now. */
	return FindAlias(alias);
}

VM_FUNCTION(vm_drop_alias);
Datum
vm_drop_alias(PG_FUNCTION_ARGS)
{
	char *alias = VmTextArgument(fcinfo, 0, "alias");
	Oid relid = FindAndLockAlias(alias);
	VmCollection *collection;

	if (!OidIsValid(relid))
	{
		ereport(NOTICE, (errmsg("alias \"%s\" does not exist, skipping", alias)));
		PG_RETURN_VOID();
	}
	collection = VmCollectionOpenToChange(alias, AccessShareLock);
	if (collection->relid != relid || !IsAliasOf(relid, OwnName(relid, alias)))
		RaiseAliasNotFound(alias);
	VmCatalogDeleteAlias(OwnName(relid, alias), relid);
	VmCollectionTouch(relid);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_describe_alias);
Datum
vm_describe_alias(PG_FUNCTION_ARGS)
{
	char *alias = VmTextArgument(fcinfo, 0, "alias");
	Oid relid = FindAlias(alias);
	char *table = OidIsValid(relid) ? get_rel_name(relid) : NULL;
	VmJsonWriter writer = {0};

	if (table == NULL)
		RaiseAliasNotFound(alias);
	VmJsonBeginObject(&writer, NULL);
	VmJsonPutString(&writer, "alias", OwnName(relid, alias));
	VmJsonPutString(&writer, "collection_name", table);
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
