/*
 * database_command.c
 *		Commands that need a database without sessions: VmDatabaseNeededAlone.
 *
 * The questions are those that PostgreSQL asks in dbcommands.c.  They come twice
 * because its own come with the database's lock held, and then it is too late to
 * send a worker away; and nobody may send one away for a command that he could
 * not run.
 */
#include "compat/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/syscache.h"

#include "compat/acl.h"
#include "consistency/database_command_private.h"

static bool
MayCreateDatabases(void)
{
	HeapTuple tuple;
	bool may;

	if (superuser())
		return true;
	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetUserId()));
	if (!HeapTupleIsValid(tuple))
		return false;
	may = ((Form_pg_authid) GETSTRUCT(tuple))->rolcreatedb;
	ReleaseSysCache(tuple);
	return may;
}

static bool
IsTemplate(Oid database)
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
	bool is_template;

	if (!HeapTupleIsValid(tuple))
		return false;
	is_template = ((Form_pg_database) GETSTRUCT(tuple))->datistemplate;
	ReleaseSysCache(tuple);
	return is_template;
}

/* A database of this role's other than the one that it is in. */
static Oid
OwnOtherDatabase(const char *name)
{
	Oid database = name == NULL ? InvalidOid : get_database_oid(name, true);

	if (!OidIsValid(database) || database == MyDatabaseId ||
		!VmIsDatabaseOwner(database, GetUserId()))
		return InvalidOid;
	return database;
}

/* What DROP, CREATE and SET TABLESPACE ask of where they are run. */
static bool
IsAlone(ProcessUtilityContext context)
{
	return context == PROCESS_UTILITY_TOPLEVEL && !IsTransactionBlock() && !IsSubTransaction();
}

/* The text of an option of a command, or a default. */
static const char *
OptionText(List *options, const char *name, const char *fallback)
{
	ListCell *cell;

	foreach (cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) == 0 && option->arg != NULL)
			return defGetString(option);
	}
	return fallback;
}

static Oid
Dropped(const DropdbStmt *command)
{
	Oid database = OwnOtherDatabase(command->dbname);

	return OidIsValid(database) && !IsTemplate(database) ? database : InvalidOid;
}

static Oid
Copied(const CreatedbStmt *command)
{
	Oid database;

	if (!MayCreateDatabases() || OidIsValid(get_database_oid(command->dbname, true)))
		return InvalidOid;
	database = get_database_oid(OptionText(command->options, "template", "template1"), true);
	if (!OidIsValid(database) ||
		!(IsTemplate(database) || VmIsDatabaseOwner(database, GetUserId())))
		return InvalidOid;
	return database;
}

static Oid
Renamed(const RenameStmt *command)
{
	if (command->renameType != OBJECT_DATABASE || !MayCreateDatabases() ||
		OidIsValid(get_database_oid(command->newname, true)))
		return InvalidOid;
	return OwnOtherDatabase(command->subname);
}

static Oid
Moved(const AlterDatabaseStmt *command)
{
	if (OptionText(command->options, "tablespace", NULL) == NULL)
		return InvalidOid;
	return OwnOtherDatabase(command->dbname);
}

Oid
VmDatabaseNeededAlone(Node *command, ProcessUtilityContext context)
{
	switch (nodeTag(command))
	{
		case T_DropdbStmt:
			return IsAlone(context) ? Dropped((DropdbStmt *) command) : InvalidOid;
		case T_CreatedbStmt:
			return IsAlone(context) ? Copied((CreatedbStmt *) command) : InvalidOid;
		case T_AlterDatabaseStmt:
			return IsAlone(context) ? Moved((AlterDatabaseStmt *) command) : InvalidOid;
		case T_RenameStmt:
			return Renamed((RenameStmt *) command);
		default:
			return InvalidOid;
	}
}
