/*
 * filter_array.c
 *		Conditions on ARRAY fields: VmFilterCompareArray, VmFilterArrayContains
 *		(filter_private.h).
 *
 * Constants become an array of the column's own type, so that a GIN index serves
 * @> and &&.  A constant that is no value of the elements' type (1.5 or 300
 * among INT8, 0.1 among FLOAT) equals none of them.
 */
#include "compat/compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/filter_private.h"

static _Noreturn void
RaiseElement(VmCompiler *compiler, const VmOperand *operand, const VmConstant *item)
{
	VmFilterRaise(compiler, item->node, "cannot cast value to %s, field: %s",
				  VmDataTypeName(operand->type), operand->field->name);
}

/* The integer that a number is, if it is one of the type. */
static bool
IntegerElement(VmDataType type, const VmConstant *item, Datum *datum)
{
	int64 value = item->integer;

	if (item->kind == VM_FILTER_FLOAT)
	{
		if (item->real != floor(item->real) || item->real < -9223372036854775808.0 ||
			item->real >= 9223372036854775808.0)
			return false;
		value = (int64) item->real;
	}
	return VmFilterIntegerDatum(type, value, datum);
}

static bool
FloatElement(VmDataType type, const VmConstant *item, Datum *datum)
{
	double value = item->kind == VM_FILTER_INT ? (double) item->integer : item->real;

	if (type == VM_TYPE_DOUBLE)
		*datum = Float8GetDatum(value);
	else
		*datum = Float4GetDatum((float4) value);
	return type == VM_TYPE_DOUBLE || (double) (float4) value == value;
}

/* A constant as an element; false if no element can equal it. */
static bool
Element(VmCompiler *compiler, const VmOperand *operand, const VmConstant *item, Datum *datum)
{
	bool is_number = item->kind == VM_FILTER_INT || item->kind == VM_FILTER_FLOAT;

	if (is_number && VmFilterIsInteger(operand->type))
		return IntegerElement(operand->type, item, datum);
	if (is_number && (operand->type == VM_TYPE_FLOAT || operand->type == VM_TYPE_DOUBLE))
		return FloatElement(operand->type, item, datum);
	if (operand->type == VM_TYPE_VARCHAR && item->kind == VM_FILTER_STRING)
		*datum = PointerGetDatum(cstring_to_text_with_len(item->string, item->string_len));
	else if (operand->type == VM_TYPE_BOOL && item->kind == VM_FILTER_BOOL)
		*datum = BoolGetDatum(item->boolean);
	else
		RaiseElement(compiler, operand, item);
	return true;
}

/* An array of those constants that can be elements; *all tells whether all can. */
static char *
ArrayParam(VmCompiler *compiler, const VmOperand *operand, const VmConstant *items, int count,
		   bool *all)
{
	Oid type = get_element_type(operand->field->typid);
	Datum *elements = palloc_array(Datum, Max(count, 1));
	ArrayType *array;
	int used = 0;
	int16 len;
	bool byval;
	char align;

	if (!OidIsValid(type))
		VmFilterRaise(compiler, operand->node, "field %s is no array", operand->field->name);
	for (int i = 0; i < count; i++)
		used += Element(compiler, operand, &items[i], &elements[used]) ? 1 : 0;
	get_typlenbyvalalign(type, &len, &byval, &align);
	array = construct_array(elements, used, type, len, byval, align);
	*all = used == count;
	return VmFilterParam(compiler, operand->field->typid, VM_PARAM_VALUE, PointerGetDatum(array),
						 NULL);
}

char *
VmFilterCompareArray(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
					 const VmConstant *constant)
{
	char *param;
	bool all;

	if ((op != VM_FILTER_EQ && op != VM_FILTER_NE) || constant->kind != VM_FILTER_LIST)
		VmFilterRaise(
			compiler, operand->node,
			"array field %s can be compared with a list only, by == and !=", operand->field->name);
	param = ArrayParam(compiler, operand, constant->items, constant->nitems, &all);
	if (!all)
		return op == VM_FILTER_EQ ? VmFilterAlwaysFalse(operand) : VmFilterAlwaysTrue(operand);
	return psprintf("(%s OPERATOR(pg_catalog.%s) %s)", operand->column, VmFilterSqlOperator(op),
					param);
}

char *
VmFilterArrayContains(VmCompiler *compiler, const VmOperand *operand, VmFilterFunction function,
					  const VmConstant *constant)
{
	bool is_any =
		function == VM_FILTER_JSON_CONTAINS_ANY || function == VM_FILTER_ARRAY_CONTAINS_ANY;
	bool is_one = function == VM_FILTER_JSON_CONTAINS || function == VM_FILTER_ARRAY_CONTAINS;
	char *param;
	bool all;

	if (is_one && constant->kind == VM_FILTER_FLOAT && VmFilterIsInteger(operand->type))
		RaiseElement(compiler, operand, constant);
	if (is_one)
		param = ArrayParam(compiler, operand, constant, 1, &all);
	else
		param = ArrayParam(compiler, operand, constant->items, constant->nitems, &all);
	if (!is_any && !all)
		return VmFilterAlwaysFalse(operand);
	return psprintf("(%s OPERATOR(pg_catalog.%s) %s)", operand->column, is_any ? "&&" : "@>",
					param);
}
