/*
 * filter_column.c
 *		Conditions on columns of scalars: VmFilterCompareColumn, VmFilterColumnIn.
 *
 * Columns are compared as they are, with parameters that their btrees take, so
 * that indexes serve.  A comparison whose outcome is known keeps the column's
 * null: "column = column" is true or unknown, "column <> column" false or unknown.
 */
#include "compat/compat.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/filter_private.h"

#define INT64_LIMIT 9223372036854775808.0

char *
VmFilterAlwaysTrue(const VmOperand *operand)
{
	return psprintf("(%s OPERATOR(pg_catalog.=) %s)", operand->column, operand->column);
}

char *
VmFilterAlwaysFalse(const VmOperand *operand)
{
	return psprintf("(%s OPERATOR(pg_catalog.<>) %s)", operand->column, operand->column);
}

bool
VmFilterIsInteger(VmDataType type)
{
	return type == VM_TYPE_INT8 || type == VM_TYPE_INT16 || type == VM_TYPE_INT32 ||
		   type == VM_TYPE_INT64;
}

static char *
Compare(const char *left, VmFilterOp op, const char *right)
{
	return psprintf("(%s OPERATOR(pg_catalog.%s) %s)", left, VmFilterSqlOperator(op), right);
}

static _Noreturn void
RaiseCast(VmCompiler *compiler, const VmOperand *operand, const VmConstant *constant)
{
	VmFilterRaise(compiler, constant->node, "cannot cast value to %s, field: %s",
				  VmDataTypeName(operand->type), operand->field->name);
}

/* ------------------------------------------------------------------- integers */

static char *
CompareInteger(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op, int64 value,
			   const char *variable)
{
	return Compare(
		operand->column, op,
		VmFilterParam(compiler, INT8OID, VM_PARAM_VALUE, Int64GetDatum(value), variable));
}

/* A number that is no integer lies between two. */
static char *
CompareIntegerWithFloat(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op, double value)
{
	bool below = op == VM_FILTER_LT || op == VM_FILTER_LE;

	if (op == VM_FILTER_EQ || op == VM_FILTER_NE)
	{
		if (value == floor(value) && value >= -INT64_LIMIT && value < INT64_LIMIT)
			return CompareInteger(compiler, operand, op, (int64) value, NULL);
		return op == VM_FILTER_EQ ? VmFilterAlwaysFalse(operand) : VmFilterAlwaysTrue(operand);
	}
	if (value >= INT64_LIMIT)
		return below ? VmFilterAlwaysTrue(operand) : VmFilterAlwaysFalse(operand);
	if (value < -INT64_LIMIT)
		return below ? VmFilterAlwaysFalse(operand) : VmFilterAlwaysTrue(operand);
	if (value == floor(value))
		return CompareInteger(compiler, operand, op, (int64) value, NULL);
	return CompareInteger(compiler, operand, below ? VM_FILTER_LE : VM_FILTER_GE,
						  (int64) (below ? floor(value) : ceil(value)), NULL);
}

/* --------------------------------------------------------------------- floats */

/* A FLOAT is compared with the constant as a FLOAT, so that 0.1 is 0.1. */
static char *
CompareFloat(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
			 const VmConstant *constant)
{
	double value = constant->kind == VM_FILTER_INT ? (double) constant->integer : constant->real;
	Oid type = operand->type == VM_TYPE_FLOAT ? FLOAT4OID : FLOAT8OID;
	Datum datum = type == FLOAT4OID ? Float4GetDatum((float4) value) : Float8GetDatum(value);

	return Compare(operand->column, op,
				   VmFilterParam(compiler, type, VM_PARAM_VALUE, datum, constant->variable));
}

/* -------------------------------------------------------------------- strings */

/*
 * Strings are ordered by their bytes.  Columns that milvus.create_collection made
 * have collation "C"; of others the index does not serve for that.
 */
static char *
StringColumn(const VmOperand *operand, bool is_order)
{
	Oid collation = operand->field->collation;

	if (collation == C_COLLATION_OID ||
		(!is_order && (!OidIsValid(collation) || get_collation_isdeterministic(collation))))
		return operand->column;
	return psprintf("(%s COLLATE pg_catalog.\"C\")", operand->column);
}

static char *
CompareString(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
			  const VmConstant *constant)
{
	text *value = cstring_to_text_with_len(constant->string, constant->string_len);
	bool is_order = op != VM_FILTER_EQ && op != VM_FILTER_NE;

	return Compare(StringColumn(operand, is_order), op,
				   VmFilterParam(compiler, TEXTOID, VM_PARAM_VALUE, PointerGetDatum(value),
								 constant->variable));
}

/* ------------------------------------------------------------------------ any */

char *
VmFilterCompareColumn(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
					  const VmConstant *constant)
{
	bool is_number = constant->kind == VM_FILTER_INT || constant->kind == VM_FILTER_FLOAT;

	if (VmFilterIsInteger(operand->type) && constant->kind == VM_FILTER_INT)
		return CompareInteger(compiler, operand, op, constant->integer, constant->variable);
	if (VmFilterIsInteger(operand->type) && constant->kind == VM_FILTER_FLOAT)
		return CompareIntegerWithFloat(compiler, operand, op, constant->real);
	if ((operand->type == VM_TYPE_FLOAT || operand->type == VM_TYPE_DOUBLE) && is_number)
		return CompareFloat(compiler, operand, op, constant);
	if (operand->type == VM_TYPE_VARCHAR && constant->kind == VM_FILTER_STRING)
		return CompareString(compiler, operand, op, constant);
	if (operand->type == VM_TYPE_BOOL && constant->kind == VM_FILTER_BOOL)
		return Compare(operand->column, op,
					   VmFilterParam(compiler, BOOLOID, VM_PARAM_VALUE,
									 BoolGetDatum(constant->boolean), constant->variable));
	RaiseCast(compiler, operand, constant);
}

/* ---------------------------------------------------------------------- lists */

bool
VmFilterIntegerDatum(VmDataType type, int64 value, Datum *datum)
{
	switch (type)
	{
		case VM_TYPE_INT8:
			*datum = Int16GetDatum((int16) value);
			return value >= PG_INT8_MIN && value <= PG_INT8_MAX;
		case VM_TYPE_INT16:
			*datum = Int16GetDatum((int16) value);
			return value >= PG_INT16_MIN && value <= PG_INT16_MAX;
		case VM_TYPE_INT32:
			*datum = Int32GetDatum((int32) value);
			return value >= PG_INT32_MIN && value <= PG_INT32_MAX;
		default:
			*datum = Int64GetDatum(value);
			return true;
	}
}

/* An item as a value of the list's array; false if the column cannot equal it. */
static bool
ItemDatum(VmCompiler *compiler, const VmOperand *operand, const VmConstant *item, Datum *datum)
{
	bool is_number = item->kind == VM_FILTER_INT || item->kind == VM_FILTER_FLOAT;
	double real = item->kind == VM_FILTER_INT ? (double) item->integer : item->real;

	if (VmFilterIsInteger(operand->type) && item->kind == VM_FILTER_INT)
		return VmFilterIntegerDatum(operand->type, item->integer, datum);
	if (operand->type == VM_TYPE_FLOAT && is_number)
		*datum = Float4GetDatum((float4) real);
	else if (operand->type == VM_TYPE_DOUBLE && is_number)
		*datum = Float8GetDatum(real);
	else if (operand->type == VM_TYPE_VARCHAR && item->kind == VM_FILTER_STRING)
		*datum = PointerGetDatum(cstring_to_text_with_len(item->string, item->string_len));
	else if (operand->type == VM_TYPE_BOOL && item->kind == VM_FILTER_BOOL)
		*datum = BoolGetDatum(item->boolean);
	else
		RaiseCast(compiler, operand, item);
	return true;
}

typedef struct ListType
{
	Oid element;
	Oid array;
	int16 len;
	bool byval;
	char align;
} ListType;

/* The type of columns of that kind: "=" within a type is what their btrees take. */
static ListType
ListTypeOf(VmDataType type)
{
	switch (type)
	{
		case VM_TYPE_BOOL:
			return (ListType) {BOOLOID, BOOLARRAYOID, 1, true, TYPALIGN_CHAR};
		case VM_TYPE_INT8:
		case VM_TYPE_INT16:
			return (ListType) {INT2OID, INT2ARRAYOID, 2, true, TYPALIGN_SHORT};
		case VM_TYPE_INT32:
			return (ListType) {INT4OID, INT4ARRAYOID, 4, true, TYPALIGN_INT};
		case VM_TYPE_FLOAT:
			return (ListType) {FLOAT4OID, FLOAT4ARRAYOID, 4, true, TYPALIGN_INT};
		case VM_TYPE_DOUBLE:
			return (ListType) {FLOAT8OID, FLOAT8ARRAYOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE};
		case VM_TYPE_VARCHAR:
			return (ListType) {TEXTOID, TEXTARRAYOID, -1, false, TYPALIGN_INT};
		default:
			return (ListType) {INT8OID, INT8ARRAYOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE};
	}
}

char *
VmFilterColumnIn(VmCompiler *compiler, const VmOperand *operand, const VmConstant *list)
{
	ListType type = ListTypeOf(operand->type);
	Datum *items = palloc_array(Datum, Max(list->nitems, 1));
	ArrayType *array;
	int count = 0;

	for (int i = 0; i < list->nitems; i++)
		count += ItemDatum(compiler, operand, &list->items[i], &items[count]) ? 1 : 0;
	if (count == 0)
		return VmFilterAlwaysFalse(operand);
	array = construct_array(items, count, type.element, type.len, type.byval, type.align);
	return psprintf(
		"(%s OPERATOR(pg_catalog.=) ANY (%s))",
		operand->type == VM_TYPE_VARCHAR ? StringColumn(operand, false) : operand->column,
		VmFilterParam(compiler, type.array, VM_PARAM_VALUE, PointerGetDatum(array), NULL));
}

/* ----------------------------------------------------------------- two columns */

static bool
IsNumber(const VmOperand *operand)
{
	return VmFilterIsInteger(operand->type) || operand->type == VM_TYPE_FLOAT ||
		   operand->type == VM_TYPE_DOUBLE;
}

/* Numbers of which one is a float compare as doubles. */
char *
VmFilterCompareColumns(VmCompiler *compiler, const VmFilterNode *node, const VmOperand *left,
					   const VmOperand *right)
{
	if (left->type == VM_TYPE_JSON || right->type == VM_TYPE_JSON)
		VmFilterRaise(compiler, node, "two column comparison with JSON type is not supported");
	if (left->kind != VM_OPERAND_COLUMN || right->kind != VM_OPERAND_COLUMN)
		VmFilterRaise(compiler, node, "two column comparison with Array type is not supported");
	if (VmFilterIsInteger(left->type) && VmFilterIsInteger(right->type))
		return Compare(left->column, node->op, right->column);
	if (IsNumber(left) && IsNumber(right))
		return Compare(psprintf("%s::pg_catalog.float8", left->column), node->op,
					   psprintf("%s::pg_catalog.float8", right->column));
	if (left->type == VM_TYPE_BOOL && right->type == VM_TYPE_BOOL)
		return Compare(left->column, node->op, right->column);
	if (left->type == VM_TYPE_VARCHAR && right->type == VM_TYPE_VARCHAR)
		return Compare(psprintf("(%s COLLATE pg_catalog.\"C\")", left->column), node->op,
					   right->column);
	VmFilterRaise(compiler, node, "comparisons between %s and %s are not supported",
				  VmDataTypeName(left->type), VmDataTypeName(right->type));
}
