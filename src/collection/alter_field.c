/*
 * alter_field.c
 *		milvus.alter_collection_field: max_length, max_capacity, mmap.enabled.
 *
 * A length or capacity is the column's type and a CHECK, so both are made anew;
 * rows that would not fit are an error first, and the CHECK is what no row gets
 * around.
 */
#include "compat/compat.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "collection/catalog.h"
#include "collection/change.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/schema.h"
#include "collection/statement.h"

#define Invalid(...) ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID), errmsg(__VA_ARGS__)))

/* ---------------------------------------------------------------- what is asked */

/* Checks one parameter, and sets the size that it is about. */
static void
ReadParam(VmField *field, const Jsonb *params, const char *key)
{
	bool is_text = field->type == VM_TYPE_VARCHAR || field->element_type == VM_TYPE_VARCHAR;

	if (strcmp(key, "max_length") == 0)
	{
		if (!is_text)
			Invalid("%s can not modify the maxlength for non-string types", field->name);
		field->max_length = VmCheckMaxLength(field, VmJsonGetInt(params, key, 0));
	}
	else if (strcmp(key, "max_capacity") == 0)
	{
		if (field->type != VM_TYPE_ARRAY)
			Invalid("%s can not modify the maxcapacity for non-array types", field->name);
		field->max_capacity = VmCheckMaxCapacity(field, VmJsonGetInt(params, key, 0));
	}
	else if (strcmp(key, VM_MMAP_PROPERTY) == 0)
		(void) VmJsonGetBool(params, key, false);
	else
		Invalid("%s does not allow update in collection field param", key);
}

typedef struct Change
{
	const Jsonb *params;
	VmField *field;
	VmJsonWriter writer;
} Change;

static void
ReadChange(const char *key, const JsonbValue *value, void *state)
{
	Change *change = state;

	ReadParam(change->field, change->params, key);
}

/* -------------------------------------------------------------------- the column */

static Node *
SkipRelabel(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

static bool
IsColumn(Node *node, AttrNumber attnum)
{
	node = SkipRelabel(node);
	return node != NULL && IsA(node, Var) && ((Var *) node)->varattno == attnum;
}

/* octet_length(column) <= n, milvus.array_fits(column, n, m): what VmFieldCheckSql makes. */
static bool
IsSizeCheck(Node *node, const VmField *field)
{
	FuncExpr *call;

	if (field->type == VM_TYPE_VARCHAR)
	{
		if (node == NULL || !IsA(node, OpExpr) || get_opcode(((OpExpr *) node)->opno) != F_INT4LE ||
			!IsA(lsecond(((OpExpr *) node)->args), Const))
			return false;
		node = linitial(((OpExpr *) node)->args);
	}
	if (node == NULL || !IsA(node, FuncExpr) || ((FuncExpr *) node)->args == NIL)
		return false;
	call = (FuncExpr *) node;
	if (!IsColumn(linitial(call->args), field->attnum))
		return false;
	if (field->type == VM_TYPE_VARCHAR)
		return call->funcid == F_OCTET_LENGTH_TEXT;
	return strcmp(get_func_name(call->funcid), "array_fits") == 0 &&
		   get_func_namespace(call->funcid) == get_namespace_oid("milvus", false);
}

/* Names of the checks of the field's size. */
static List *
SizeChecks(const VmCollection *collection, const VmField *field)
{
	Relation table = table_open(collection->relid, NoLock);
	TupleConstr *constraints = RelationGetDescr(table)->constr;
	List *names = NIL;

	for (int i = 0; constraints != NULL && i < constraints->num_check; i++)
	{
		if (IsSizeCheck(stringToNode(constraints->check[i].ccbin), field))
			names = lappend(names, pstrdup(constraints->check[i].ccname));
	}
	table_close(table, NoLock);
	return names;
}

static char *
CollationSql(Oid collation)
{
	HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation form;
	char *sql;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	sql = quote_qualified_identifier(get_namespace_name(form->collnamespace),
									 NameStr(form->collname));
	ReleaseSysCache(tuple);
	return sql;
}

/* A text that is limited becomes varchar; its collation stays. */
static char *
TypeSql(const VmField *field)
{
	Oid type = field->type == VM_TYPE_ARRAY ? VARCHARARRAYOID : VARCHAROID;

	return psprintf("%s COLLATE %s",
					format_type_with_typemod(type, field->max_length + (int32) VARHDRSZ),
					CollationSql(field->collation));
}

static void
CheckRows(const VmCollection *collection, const VmField *field, const char *check)
{
	int64 count = VmQueryInt(
		psprintf("SELECT pg_catalog.count(*) FROM %s WHERE NOT (%s)", collection->qualified, check),
		0, NULL, NULL);

	if (count > 0)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("field %s has " INT64_FORMAT " rows that the new limit does not allow",
						field->name, count)));
}

/* The size is new, so the type and the CHECK are. */
static void
AlterColumn(const VmCollection *collection, const VmField *old, const VmField *field)
{
	const char *column = quote_identifier(field->name);
	char *check = VmFieldCheckSql(field);
	List *names = SizeChecks(collection, old);
	StringInfoData sql;
	ListCell *cell;

	CheckRows(collection, field, check);
	initStringInfo(&sql);
	appendStringInfo(&sql, "ALTER TABLE %s ", collection->qualified);
	foreach (cell, names)
		appendStringInfo(&sql, "DROP CONSTRAINT %s, ", quote_identifier(lfirst(cell)));
	if (field->max_length != old->max_length)
		appendStringInfo(&sql, "ALTER COLUMN %s TYPE %s, ", column, TypeSql(field));
	appendStringInfoString(&sql, "ADD ");
	if (names != NIL)
		appendStringInfo(&sql, "CONSTRAINT %s ", quote_identifier(linitial(names)));
	appendStringInfo(&sql, "CHECK (%s)", check);
	VmRunUtility(sql.data);
}

/* ------------------------------------------------------------------- parameters */

static void
CopyOld(const char *key, const JsonbValue *value, void *state)
{
	Change *change = state;

	if (VmJsonGet(change->params, key) == NULL)
		VmJsonPutValue(&change->writer, key, value);
}

/* Capacity as a number, whatever it came as, so that a schema compares with it. */
static void
CopyNew(const char *key, const JsonbValue *value, void *state)
{
	Change *change = state;

	if (strcmp(key, "max_capacity") == 0)
		VmJsonPutInt(&change->writer, key, change->field->max_capacity);
	else if (strcmp(key, "max_length") != 0 && value->type != jbvNull)
		VmJsonPutValue(&change->writer, key, value);
}

static void
PutFieldRow(const VmCollection *collection, Change *change)
{
	const VmField *field = change->field;
	VmFieldRow row = {.relid = collection->relid};

	VmJsonBeginObject(&change->writer, NULL);
	VmJsonEach(field->params, CopyOld, change);
	VmJsonEach(change->params, CopyNew, change);
	VmJsonEndObject(&change->writer);
	namestrcpy(&row.name, field->name);
	row.is_partition_key = field->is_partition_key;
	row.is_clustering_key = field->is_clustering_key;
	row.params = DatumGetJsonbP(VmJsonDatum(&change->writer));
	VmCatalogPutField(&row);
}

VM_FUNCTION(vm_alter_collection_field);
Datum
vm_alter_collection_field(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	char *field_name = VmTextArgument(fcinfo, 1, "field_name");
	VmCollection *collection = VmCollectionOpenToChange(name, AccessExclusiveLock);
	VmField old = *VmCollectionGetField(collection, field_name);
	VmField field = old;
	Change change = {.field = &field};

	if (PG_ARGISNULL(2))
		(void) VmTextArgument(fcinfo, 2, "field_params");
	change.params = PG_GETARG_JSONB_P(2);
	VmJsonCheckObject(change.params, "field_params");
	VmJsonEach(change.params, ReadChange, &change);
	if (field.max_length != old.max_length || field.max_capacity != old.max_capacity)
		AlterColumn(collection, &old, &field);
	PutFieldRow(collection, &change);
	VmCollectionTouch(collection->relid);
	PG_RETURN_VOID();
}
