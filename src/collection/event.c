/*
 * event.c
 *		Keeping schema milvus true when tables change by hand, and letting
 *		restores fill it: the extension's triggers.
 *
 *	vm_forget_dropped	event trigger on sql_drop: tables, columns, schemas
 *	vm_follow_rename	event trigger on ddl_command_end: columns, indexes
 *	vm_check_restored	before each row that a restore brings to a table of milvus
 *	vm_skip_replicated	before each row that a statement writes there
 */
#include "compat/compat.h"

#include "access/table.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "tcop/pquery.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "collection/alias.h"
#include "collection/catalog.h"
#include "collection/collection.h"
#include "collection/error.h"
#include "collection/memento.h"
#include "compat/acl.h"

/* -------------------------------------------------------------------- drops */

static void
CheckEventTrigger(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function must be called as an event trigger")));
}

static void
ForgetObject(Oid classid, Oid objid, int32 objsubid, const char *column)
{
	VmCollectionRow row;

	if (classid == NamespaceRelationId)
	{
		if (column != NULL)
			VmCatalogDeleteDatabase(column);
	}
	else if (objsubid != 0 && column != NULL)
	{
		VmCatalogDeleteField(objid, column);
		/* The table may be gone with its column. */
		if (get_rel_name(objid) != NULL && VmCatalogGetCollection(objid, &row))
			VmMementoWrite(objid);
	}
	else if (objsubid == 0)
		VmCatalogForget(objid);
}

/* A column's name is the last of its address. */
static char *
LastElement(SPITupleTable *table, uint64 i, int column)
{
	bool is_null;
	Datum names = SPI_getbinval(table->vals[i], table->tupdesc, column, &is_null);
	Datum *values;
	int count;

	if (is_null)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(names), TEXTOID, -1, false, TYPALIGN_INT, &values, NULL,
					  &count);
	return count == 0 ? NULL : TextDatumGetCString(values[count - 1]);
}

static void
ForgetDropped(SPITupleTable *table, uint64 count)
{
	for (uint64 i = 0; i < count; i++)
	{
		bool is_null;
		TupleDesc desc = table->tupdesc;
		HeapTuple tuple = table->vals[i];

		ForgetObject(DatumGetObjectId(SPI_getbinval(tuple, desc, 1, &is_null)),
					 DatumGetObjectId(SPI_getbinval(tuple, desc, 2, &is_null)),
					 DatumGetInt32(SPI_getbinval(tuple, desc, 3, &is_null)),
					 LastElement(table, i, 4));
	}
}

VM_FUNCTION(vm_forget_dropped);
Datum
vm_forget_dropped(PG_FUNCTION_ARGS)
{
	CheckEventTrigger(fcinfo);
	/* The extension itself may be what is dropped: then there is nothing to keep. */
	if (!VmCatalogFits() || (VmCatalogListCollections() == NIL && VmCatalogListDatabases() == NIL))
		PG_RETURN_NULL();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute("SELECT classid, objid, objsubid, address_names "
					"FROM pg_catalog.pg_event_trigger_dropped_objects() "
					"WHERE object_type OPERATOR(pg_catalog.=) ANY "
					"(ARRAY['table', 'table column', 'schema']::pg_catalog.text[])",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list dropped objects");
	ForgetDropped(SPI_tuptable, SPI_processed);
	SPI_finish();
	PG_RETURN_NULL();
}

/* ------------------------------------------------------------------- renames */

static void
RenameField(Oid relid, const char *old_name, const char *new_name)
{
	VmFieldRow field;
	ListCell *cell;

	if (VmCatalogGetField(relid, old_name, &field))
	{
		VmCatalogDeleteField(relid, old_name);
		namestrcpy(&field.name, new_name);
		VmCatalogPutField(&field);
	}
	foreach (cell, VmCatalogListIndexes(relid))
	{
		VmIndexRow *index = lfirst(cell);

		if (strcmp(NameStr(index->field), old_name) != 0)
			continue;
		namestrcpy(&index->field, new_name);
		VmCatalogPutIndex(index);
	}
	VmMementoWrite(relid);
}

static void
RenameIndex(Oid index_oid, const char *old_name, const char *new_name)
{
	Oid relid = IndexGetRelation(index_oid, true);
	VmCollectionRow row;
	ListCell *cell;

	if (!OidIsValid(relid) || !VmCatalogGetCollection(relid, &row))
		return;
	/* Renaming an index does not lock its table. */
	VmLockRows(relid);
	foreach (cell, VmCatalogListIndexes(relid))
	{
		VmIndexRow *index = lfirst(cell);

		if (strcmp(NameStr(index->pg_name), old_name) != 0)
			continue;
		namestrcpy(&index->pg_name, new_name);
		VmCatalogPutIndex(index);
		VmMementoWrite(relid);
	}
}

/* A table and its aliases keep off the names that others have (COLL-9). */
static void
CheckNames(Oid relid)
{
	Oid nspid = get_rel_namespace(relid);
	VmCollectionRow row;
	ListCell *cell;

	if (!VmCatalogGetCollection(relid, &row))
		return;
	VmLockName(nspid, get_rel_name(relid));
	VmCheckNoAlias(get_rel_name(relid), nspid);
	foreach (cell, VmCatalogListAliases(NULL))
	{
		VmAliasRow *alias = lfirst(cell);

		if (alias->relid != relid)
			continue;
		VmLockName(nspid, NameStr(alias->alias));
		if (!VmAliasIsFree(NameStr(alias->alias), relid))
			ereport(ERROR, (VmErrcode(VM_ALIAS_NAME_CONFLICT),
							errmsg("alias and collection name conflict[database=%s][alias=%s]",
								   VmDatabaseName(nspid), NameStr(alias->alias))));
	}
}

static void
RenameDatabase(const char *old_name, const char *new_name)
{
	VmDatabaseRow row;

	/* The row has the old name, its schema the new one already. */
	if (!VmCatalogGetDatabaseNamed(old_name, &row))
		return;
	VmCatalogDeleteDatabase(old_name);
	row.nspid = get_namespace_oid(new_name, false);
	VmCatalogPutDatabase(&row);
}

/* "ALTER TABLE x RENAME TO y" renames indexes too, and the statement has old names. */
static void
FollowRename(RenameStmt *statement)
{
	RangeVar *relation = statement->relation;
	bool is_column = statement->renameType == OBJECT_COLUMN;
	VmCollectionRow row;
	Oid oid;

	if (statement->renameType == OBJECT_SCHEMA)
	{
		RenameDatabase(statement->subname, statement->newname);
		return;
	}
	if (relation == NULL || (!is_column && statement->renameType != OBJECT_INDEX &&
							 statement->renameType != OBJECT_TABLE))
		return;
	relation = copyObject(relation);
	if (!is_column)
		relation->relname = statement->newname;
	oid = RangeVarGetRelid(relation, NoLock, true);
	if (!OidIsValid(oid))
		return;
	if (is_column && VmCatalogGetCollection(oid, &row))
		RenameField(oid, statement->subname, statement->newname);
	else if (!is_column && get_rel_relkind(oid) == RELKIND_INDEX)
		RenameIndex(oid, statement->relation->relname, statement->newname);
	else if (!is_column)
		CheckNames(oid);
}

/* ALTER TABLE ... SET SCHEMA: the aliases go along. */
static void
FollowMove(AlterObjectSchemaStmt *statement)
{
	RangeVar *relation = statement->relation;
	Oid oid;

	if (relation == NULL || statement->objectType != OBJECT_TABLE)
		return;
	relation = copyObject(relation);
	relation->schemaname = statement->newschema;
	oid = RangeVarGetRelid(relation, NoLock, true);
	if (OidIsValid(oid))
		CheckNames(oid);
}

VM_FUNCTION(vm_follow_rename);
Datum
vm_follow_rename(PG_FUNCTION_ARGS)
{
	EventTriggerData *data;

	CheckEventTrigger(fcinfo);
	data = (EventTriggerData *) fcinfo->context;
	if (!VmCatalogFits())
		PG_RETURN_NULL();
	if (IsA(data->parsetree, RenameStmt))
		FollowRename((RenameStmt *) data->parsetree);
	else if (IsA(data->parsetree, AlterObjectSchemaStmt))
		FollowMove((AlterObjectSchemaStmt *) data->parsetree);
	PG_RETURN_NULL();
}

/* ------------------------------------------------------------------ restores */

static _Noreturn void
RefuseRow(Relation table)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("permission denied for table %s", RelationGetRelationName(table)),
					errdetail("A row is written by the owner of what it is about, in a restore."),
					errhint("Use the functions of schema milvus.")));
}

static bool
IsCopy(void)
{
	return ActivePortal != NULL && ActivePortal->commandTag == CMDTAG_COPY;
}

/* Whether the role owns what the row is about: a table, or a schema. */
static bool
OwnsSubject(Oid oid, bool is_schema)
{
	if (is_schema)
		return get_namespace_name(oid) != NULL && VmIsSchemaOwner(oid, GetUserId());
	LockRelationOid(oid, AccessShareLock);
	return get_rel_name(oid) != NULL && VmIsTableOwner(oid, GetUserId());
}

/* What the row is about, which the first column of these names says. */
static Oid
SubjectOf(Relation table, HeapTuple tuple, bool *is_schema)
{
	TupleDesc desc = RelationGetDescr(table);
	int column = SPI_fnumber(desc, "relation");
	bool is_null;
	Datum value;

	*is_schema = column <= 0;
	if (*is_schema)
		column = SPI_fnumber(desc, "database");
	if (column <= 0)
		elog(ERROR, "table \"%s\" is about nothing", RelationGetRelationName(table));
	value = heap_getattr(tuple, column, desc, &is_null);
	if (is_null)
		return InvalidOid;
	return *is_schema ? get_namespace_oid(NameStr(*DatumGetName(value)), true) :
						DatumGetObjectId(value);
}

/* An alias must not take a name that is another's; other rows have none that is looked up. */
static bool
NameIsFree(Relation table, HeapTuple tuple, Oid relid)
{
	TupleDesc desc = RelationGetDescr(table);
	int column = SPI_fnumber(desc, "alias");
	bool is_null;
	Datum name;

	if (column <= 0)
		return true;
	name = heap_getattr(tuple, column, desc, &is_null);
	if (is_null)
		return false;
	VmLockName(get_rel_namespace(relid), NameStr(*DatumGetName(name)));
	return VmAliasIsFree(NameStr(*DatumGetName(name)), relid);
}

static void
CheckRestoreTrigger(FunctionCallInfo fcinfo)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function must be called before each row of an insert")));
}

VM_FUNCTION(vm_check_restored);
Datum
vm_check_restored(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool is_schema;
	Oid subject;

	CheckRestoreTrigger(fcinfo);
	subject = SubjectOf(data->tg_relation, data->tg_trigtuple, &is_schema);
	if (!OwnsSubject(subject, is_schema))
	{
		if (!IsCopy())
			RefuseRow(data->tg_relation);
		/* A restore goes on without it: one bad row must not cost all the others. */
		ereport(WARNING,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a row of table %s was left out: the role does not own what it is about",
						RelationGetRelationName(data->tg_relation))));
		PG_RETURN_POINTER(NULL);
	}
	if (!is_schema && !NameIsFree(data->tg_relation, data->tg_trigtuple, subject))
	{
		ereport(WARNING, (VmErrcode(VM_ALIAS_NAME_CONFLICT),
						  errmsg("a row of table %s was left out: its name is taken",
								 RelationGetRelationName(data->tg_relation))));
		PG_RETURN_POINTER(NULL);
	}
	if (!is_schema)
		CacheInvalidateRelcacheByRelid(subject);
	PG_RETURN_POINTER(data->tg_trigtuple);
}

/* So that sessions forget what they remember of the table (COLL-10). */
static void
InvalidateSubject(Relation table, HeapTuple tuple)
{
	TupleDesc desc = RelationGetDescr(table);
	int column = SPI_fnumber(desc, "relation");
	bool is_null;
	Datum relid;

	if (column <= 0)
		return;
	relid = heap_getattr(tuple, column, desc, &is_null);
	if (!is_null && get_rel_name(DatumGetObjectId(relid)) != NULL)
		CacheInvalidateRelcacheByRelid(DatumGetObjectId(relid));
}

/*
 * Before each row that is written to a table of milvus by a statement: what another
 * server's rows say is about that server's tables and ticks.
 */
VM_FUNCTION(vm_skip_replicated);
Datum
vm_skip_replicated(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function must be called before each row")));
	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA)
		PG_RETURN_POINTER(NULL);
	InvalidateSubject(data->tg_relation, data->tg_trigtuple);
	PG_RETURN_POINTER(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple :
																data->tg_trigtuple);
}
