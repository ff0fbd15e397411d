/*
 * describe.c
 *		milvus.describe_collection, list_collections, has_collection, and defaults
 *		as values (describe.h).
 */
#include "compat/compat.h"

#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonfuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "collection/catalog.h"
#include "collection/describe.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/partition.h"

/* ----------------------------------------------------------------- defaults */

/* to_jsonb() of a value, whose type it takes from the call's expression. */
static Jsonb *
DatumToJsonb(Datum value, Oid type)
{
	FmgrInfo flinfo;
	LOCAL_FCINFO(fcinfo, 1);
	Const *argument =
		makeConst(type, -1, InvalidOid, get_typlen(type), value, false, get_typbyval(type));
	FuncExpr *call = makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(argument), InvalidOid,
								  InvalidOid, COERCE_EXPLICIT_CALL);

	fmgr_info(F_TO_JSONB, &flinfo);
	fmgr_info_set_expr((Node *) call, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = value;
	fcinfo->args[0].isnull = false;
	return DatumGetJsonbP(FunctionCallInvoke(fcinfo));
}

static bool
IsForeignFunction(Oid function, void *context)
{
	return function >= FirstNormalObjectId || func_volatile(function) != PROVOLATILE_IMMUTABLE;
}

/* Whether evaluating the expression could run anything but PostgreSQL's own functions. */
static bool
HasForeignCode(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, IsForeignFunction, context) || IsA(node, CoerceToDomain) ||
		IsA(node, SubLink) || IsA(node, NextValueExpr))
		return true;
	return expression_tree_walker(node, HasForeignCode, context);
}

/* A domain's check says nothing of the value that is shown. */
static Node *
SkipDomain(Node *node)
{
	while (node != NULL && IsA(node, CoerceToDomain))
		node = (Node *) ((CoerceToDomain *) node)->arg;
	return node;
}

Jsonb *
VmFieldDefault(VmCollection *collection, const VmField *field)
{
	Relation relation;
	Node *expression;
	Jsonb *result = NULL;

	if (!field->has_default || field->type == VM_TYPE_NONE || field->type == VM_TYPE_ARRAY ||
		VmIsVectorType(field->type))
		return NULL;
	relation = table_open(collection->relid, NoLock);
	expression = SkipDomain(build_column_default(relation, field->attnum));
	/* Folding runs functions, with the rights of whoever asks: PostgreSQL's own only. */
	if (expression != NULL && !HasForeignCode(expression, NULL))
		expression = eval_const_expressions(NULL, expression);
	if (expression != NULL && IsA(expression, Const) && !((Const *) expression)->constisnull &&
		exprType(expression) < FirstNormalObjectId)
		result = DatumToJsonb(((Const *) expression)->constvalue, exprType(expression));
	table_close(relation, NoLock);
	return result;
}

/* ------------------------------------------------------------------- fields */

static void
WriteParam(const char *key, const JsonbValue *value, void *state)
{
	if (strcmp(key, "max_capacity") != 0)
		VmJsonPutValue(state, key, value);
}

static void
WriteParams(VmJsonWriter *writer, const VmField *field)
{
	VmJsonBeginObject(writer, "params");
	VmJsonEach(field->params, WriteParam, writer);
	if (field->dim > 0)
		VmJsonPutInt(writer, "dim", field->dim);
	if (field->max_length > 0)
		VmJsonPutInt(writer, "max_length", field->max_length);
	if (field->type == VM_TYPE_ARRAY)
		VmJsonPutInt(writer, "max_capacity", field->max_capacity);
	VmJsonEndObject(writer);
}

/* Keys that a client shows only when they are true are written only then. */
static void
WriteField(VmJsonWriter *writer, VmCollection *collection, const VmField *field)
{
	Jsonb *default_value = field->is_primary ? NULL : VmFieldDefault(collection, field);

	VmJsonBeginObject(writer, NULL);
	VmJsonPutInt(writer, "field_id", VM_FIRST_FIELD_ID + field->attnum - 1);
	VmJsonPutString(writer, "name", field->name);
	VmJsonPutString(writer, "description", field->description);
	VmJsonPutInt(writer, "type", field->type);
	WriteParams(writer, field);
	if (field->type == VM_TYPE_NONE)
		VmJsonPutString(writer, "pg_type", format_type_with_typemod(field->typid, field->typmod));
	if (field->type == VM_TYPE_ARRAY)
		VmJsonPutInt(writer, "element_type", field->element_type);
	if (field->is_primary && collection->auto_id)
		VmJsonPutBool(writer, "auto_id", true);
	if (field->is_primary)
		VmJsonPutBool(writer, "is_primary", true);
	if (field->is_partition_key)
		VmJsonPutBool(writer, "is_partition_key", true);
	if (field->is_clustering_key)
		VmJsonPutBool(writer, "is_clustering_key", true);
	if (field->nullable)
		VmJsonPutBool(writer, "nullable", true);
	if (default_value != NULL)
		VmJsonPutJsonb(writer, "default_value", default_value);
	VmJsonEndObject(writer);
}

/* --------------------------------------------------------------- collections */

static void
WriteAliases(VmJsonWriter *writer, VmCollection *collection)
{
	ListCell *cell;

	VmJsonBeginArray(writer, "aliases");
	foreach (cell, VmCatalogListAliases(NULL))
	{
		VmAliasRow *alias = lfirst(cell);

		if (alias->relid == collection->relid)
			VmJsonPutString(writer, NULL, NameStr(alias->alias));
	}
	VmJsonEndArray(writer);
}

VM_FUNCTION(vm_describe_collection);
Datum
vm_describe_collection(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "collection_name");
	VmCollection *collection = VmCollectionOpen(name, AccessShareLock);
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonPutString(&writer, "collection_name", collection->name);
	VmJsonPutBool(&writer, "auto_id", collection->auto_id);
	VmJsonPutInt(&writer, "num_shards", collection->num_shards);
	VmJsonPutString(&writer, "description", collection->description);
	VmJsonBeginArray(&writer, "fields");
	for (int i = 0; i < collection->nfields; i++)
		WriteField(&writer, collection, &collection->fields[i]);
	VmJsonEndArray(&writer);
	VmJsonBeginArray(&writer, "functions");
	VmJsonEndArray(&writer);
	WriteAliases(&writer, collection);
	VmJsonPutInt(&writer, "collection_id", collection->id);
	VmJsonPutInt(&writer, "consistency_level", collection->consistency_level);
	VmJsonPutJsonb(&writer, "properties", collection->properties);
	VmJsonPutInt(&writer, "num_partitions", list_length(VmPartitionNames(collection)));
	VmJsonPutBool(&writer, "enable_dynamic_field", collection->meta_attnum != 0);
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}

/* Collections of the current database, or of the one that is named. */
VM_FUNCTION(vm_list_collections);
Datum
vm_list_collections(PG_FUNCTION_ARGS)
{
	Oid nspid = PG_ARGISNULL(0) ? VmCurrentSchema() :
								  VmDatabaseSchema(VmTextArgument(fcinfo, 0, "db_name"));
	VmJsonWriter writer = {0};
	ListCell *cell;

	VmJsonBeginArray(&writer, NULL);
	foreach (cell, VmCatalogListCollections())
	{
		VmCollectionRow *row = lfirst(cell);
		char *name = get_rel_name(row->relid);

		if (name != NULL && get_rel_namespace(row->relid) == nspid)
			VmJsonPutString(&writer, NULL, name);
	}
	VmJsonEndArray(&writer);
	return VmJsonDatum(&writer);
}

VM_FUNCTION(vm_has_collection);
Datum
vm_has_collection(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(OidIsValid(VmCollectionLookup(VmTextArgument(fcinfo, 0, "collection_name"))));
}
