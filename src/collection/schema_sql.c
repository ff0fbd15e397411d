/*
 * schema_sql.c
 *		Fields as columns of a CREATE TABLE: VmFieldColumnSql, VmDefaultSql
 *		(schema.h).
 *
 * Every name is quoted, every operator and function qualified: the statement
 * runs under the caller's search_path (COLL-1).
 */
#include "compat/compat.h"

#include <math.h>

#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/json.h"
#include "collection/schema.h"

static _Noreturn void
RaiseDefaultType(const VmField *field, const JsonbValue *value)
{
	ereport(ERROR,
			(VmErrcode(VM_PARAMETER_INVALID),
			 errmsg("type (%s) of field (%s) is not equal to the type of its default_value: %s",
					VmDataTypeName(field->type), field->name, VmJsonValueText(value))));
}

static int64
LargestInt(VmDataType type)
{
	switch (type)
	{
		case VM_TYPE_INT8:
			return PG_INT8_MAX;
		case VM_TYPE_INT16:
			return PG_INT16_MAX;
		case VM_TYPE_INT32:
			return PG_INT32_MAX;
		default:
			return PG_INT64_MAX;
	}
}

static char *
IntDefault(const VmField *field, const JsonbValue *value)
{
	int64 most = LargestInt(field->type);
	int64 number;

	if (value->type != jbvNumeric || !VmJsonValueInt(value, &number))
		RaiseDefaultType(field, value);
	if (number > most || number < -most - 1)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("the default_value " INT64_FORMAT " of field %s is out of range of %s",
						number, field->name, VmDataTypeName(field->type))));
	return psprintf("'" INT64_FORMAT "'", number);
}

static char *
FloatDefault(const VmField *field, const JsonbValue *value)
{
	double number;

	if (value->type != jbvNumeric)
		RaiseDefaultType(field, value);
	number = DatumGetFloat8(
		DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	if (isinf(number) || (field->type == VM_TYPE_FLOAT && isinf((float) number)))
		RaiseDefaultType(field, value);
	return quote_literal_cstr(VmJsonValueText(value));
}

static char *
TextDefault(const VmField *field, const JsonbValue *value)
{
	if (value->type != jbvString)
		RaiseDefaultType(field, value);
	if (value->val.string.len > field->max_length)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("the length (%d) of string exceeds max length (%d): default_value of "
						"field %s",
						value->val.string.len, field->max_length, field->name)));
	return quote_literal_cstr(VmJsonValueText(value));
}

char *
VmDefaultSql(const VmField *field, const JsonbValue *value)
{
	switch (field->type)
	{
		case VM_TYPE_BOOL:
			if (value->type != jbvBool)
				RaiseDefaultType(field, value);
			return pstrdup(value->val.boolean ? "true" : "false");
		case VM_TYPE_INT8:
		case VM_TYPE_INT16:
		case VM_TYPE_INT32:
		case VM_TYPE_INT64:
			return IntDefault(field, value);
		case VM_TYPE_FLOAT:
		case VM_TYPE_DOUBLE:
			return FloatDefault(field, value);
		case VM_TYPE_VARCHAR:
			return TextDefault(field, value);
		default:
			RaiseDefaultType(field, value);
	}
}

static void
AppendDefault(StringInfo sql, const VmField *field, bool auto_id)
{
	if (field->is_primary && auto_id && field->type == VM_TYPE_VARCHAR)
		appendStringInfoString(sql, " DEFAULT (milvus.next_id())::pg_catalog.text");
	else if (field->is_primary && auto_id)
		appendStringInfoString(sql, " DEFAULT milvus.next_id()");
	else if (field->default_value != NULL)
		appendStringInfo(sql, " DEFAULT %s", VmDefaultSql(field, field->default_value));
}

/* varchar(n) counts characters, Milvus bytes; an array has no limit of its own. */
char *
VmFieldCheckSql(const VmField *field)
{
	const char *column = quote_identifier(field->name);

	if (field->type == VM_TYPE_VARCHAR)
		return psprintf("pg_catalog.octet_length((%s)::pg_catalog.text) "
						"OPERATOR(pg_catalog.<=) %d",
						column, field->max_length);
	if (field->type == VM_TYPE_ARRAY)
		return psprintf("milvus.array_fits(%s, %d, %d)", column, field->max_capacity,
						field->max_length);
	return NULL;
}

char *
VmFieldColumnSql(const VmField *field, bool auto_id)
{
	const char *column = quote_identifier(field->name);
	int size = field->dim > 0 ? field->dim : field->max_length;
	char *check = VmFieldCheckSql(field);
	StringInfoData sql;

	if (field->type == VM_TYPE_SPARSE_FLOAT_VECTOR)
		size = VM_SPARSE_DIM;
	initStringInfo(&sql);
	appendStringInfo(&sql, "%s %s", column, VmDataTypeSql(field->type, field->element_type, size));
	if (!field->nullable)
		appendStringInfoString(&sql, " NOT NULL");
	AppendDefault(&sql, field, auto_id);
	if (check != NULL)
		appendStringInfo(&sql, " CHECK (%s)", check);
	return sql.data;
}
