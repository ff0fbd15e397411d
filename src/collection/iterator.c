/*
 * iterator.c
 *		milvus.query_iterator and search_iterator: cursors over what a query or an
 *		exact search finds, however much it is; milvus.make_entity, which their
 *		statements call for each row.
 *
 * A cursor has the snapshot of the statement that opened it, so batches are of
 * one state while others write; it ends with the transaction.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/portal.h"

#include "collection/error.h"
#include "collection/iterator.h"
#include "collection/name.h"
#include "collection/scope.h"

/* Of milvus.make_entity, before the columns. */
#define ENTITY_ARGUMENTS 3

/* ------------------------------------------------------------------ make_entity */

static VmEntity *
LookUpEntity(FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	Oid relid = PG_GETARG_OID(0);
	VmCollection *collection;
	VmEntity *entity;
	char **fields;
	int nfields;

	/* The entity is made once. */
	for (int i = 0; i < ENTITY_ARGUMENTS; i++)
	{
		if (!VmArgumentIsConstant(fcinfo, i))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("argument %d must be a constant", i + 1)));
	}
	LockRelationOid(relid, AccessShareLock);
	collection = get_rel_name(relid) == NULL ? NULL : VmCollectionOfTable(relid);
	if (collection == NULL || collection->primary == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("relation with OID %u is no collection", relid)));
	fields = VmTextArrayArgument(fcinfo, 1, "fields", &nfields);
	entity = VmEntityCreate(collection, fields, nfields, PG_GETARG_BOOL(2));
	MemoryContextSwitchTo(old);
	return entity;
}

/* Values are read as what their fields are, so they must be that. */
static void
CheckColumns(FunctionCallInfo fcinfo, const VmEntity *entity)
{
	int given = PG_NARGS() - ENTITY_ARGUMENTS;

	if (get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("columns are expected, not an array of them")));
	if (given != VmEntityColumns(entity))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d columns are expected, not %d", VmEntityColumns(entity), given)));
	for (int i = 0; i < given; i++)
	{
		Oid type = get_fn_expr_argtype(fcinfo->flinfo, ENTITY_ARGUMENTS + i);

		if (type != VmEntityColumnType(entity, i))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column %d is of type %s, not %s", i + 1, format_type_be(type),
								   format_type_be(VmEntityColumnType(entity, i)))));
	}
}

VM_FUNCTION(vm_make_entity);
Datum
vm_make_entity(PG_FUNCTION_ARGS)
{
	VmEntity *entity = fcinfo->flinfo->fn_extra;
	Datum *values;
	bool *nulls;
	int count = PG_NARGS() - ENTITY_ARGUMENTS;

	for (int i = 0; i < ENTITY_ARGUMENTS; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("argument %d must not be null", i + 1)));
	}
	if (entity == NULL)
	{
		entity = LookUpEntity(fcinfo);
		CheckColumns(fcinfo, entity);
		fcinfo->flinfo->fn_extra = entity;
	}
	values = palloc_array(Datum, Max(count, 1));
	nulls = palloc_array(bool, Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		values[i] = PG_GETARG_DATUM(ENTITY_ARGUMENTS + i);
		nulls[i] = PG_ARGISNULL(ENTITY_ARGUMENTS + i);
	}
	PG_RETURN_POINTER(VmEntityBuild(entity, values, nulls));
}

/* ------------------------------------------------------------------- statement */

static void
AppendFields(StringInfo sql, char **fields, int nfields)
{
	appendStringInfoString(sql, "ARRAY[");
	if (fields == NULL)
		appendStringInfoString(sql, "'*'");
	for (int i = 0; fields != NULL && i < nfields; i++)
		appendStringInfo(sql, "%s%s", i > 0 ? ", " : "", quote_literal_cstr(fields[i]));
	appendStringInfoString(sql, "]::pg_catalog.text[]");
}

/* Of columns, as many as arguments of a function may be. */
static int
CountColumns(const VmIteratorStatement *statement)
{
	int count = statement->entity == NULL ? 0 : VmEntityColumns(statement->entity);

	if (count > FUNC_MAX_ARGS - ENTITY_ARGUMENTS)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("an iterator shows at most %d fields, not %d",
							   FUNC_MAX_ARGS - ENTITY_ARGUMENTS, count),
						errhint("Name those to show with output_fields.")));
	return count;
}

char *
VmIteratorSql(const VmIteratorStatement *statement)
{
	const VmCollection *collection = statement->collection;
	int ncolumns = CountColumns(statement);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s AS id, s.k::pg_catalog.text AS pk, ",
					 collection->primary->type == VM_TYPE_VARCHAR ? "NULL::pg_catalog.int8" :
																	"s.k::pg_catalog.int8");
	if (statement->value != NULL)
		appendStringInfo(&sql, "%s AS distance, ", statement->value);
	if (ncolumns == 0)
		appendStringInfoString(&sql, "'{}'::pg_catalog.jsonb");
	else
	{
		appendStringInfo(&sql, "milvus.make_entity(%u::pg_catalog.oid, ", collection->relid);
		AppendFields(&sql, statement->fields, statement->nfields);
		appendStringInfo(&sql, ", %s", statement->with_key ? "true" : "false");
		for (int i = 0; i < ncolumns; i++)
			appendStringInfo(&sql, ", s.c%d", i);
		appendStringInfoChar(&sql, ')');
	}
	appendStringInfo(&sql, " AS entity FROM (%s) AS s (%s", statement->inner, statement->columns);
	for (int i = 0; i < ncolumns; i++)
		appendStringInfo(&sql, ", c%d", i);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

Datum
VmIteratorOpen(MemoryContext context, const char *cursor, const char *sql, ParamListInfo params)
{
	SPIParseOpenOptions options = {.params = params, .cursorOptions = CURSOR_OPT_NO_SCROLL};
	MemoryContext old;
	Portal portal;
	Datum name;

	options.read_only = true;
	portal = SPI_cursor_parse_open(cursor, sql, &options);
	if (portal == NULL)
		elog(ERROR, "could not open a cursor: %s", SPI_result_code_string(SPI_result));
	old = MemoryContextSwitchTo(context);
	name = CStringGetTextDatum(portal->name);
	MemoryContextSwitchTo(old);
	return name;
}
