/*
 * filter_constant.c
 *		Constants of filters, written or given by template variables: VmFilterConstant
 *		(filter_private.h).
 */
#include "compat/compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "collection/filter_private.h"
#include "collection/json.h"

/* More would take more memory than a server should give a filter. */
#define MAX_ITEMS 1000000

VmFilterString
VmFilterServerString(VmFilterString string)
{
	char *converted;

	if (GetDatabaseEncoding() == PG_UTF8 || string.size == 0)
		return string;
	converted = pg_any_to_server(string.data, (int) string.size, PG_UTF8);
	if (converted == string.data)
		return string;
	return (VmFilterString) {converted, (uint32) strlen(converted)};
}

/* -------------------------------------------------------------------- constants */

static void
NumberConstant(const JsonbValue *value, VmConstant *constant)
{
	constant->kind = VM_FILTER_INT;
	if (VmFilterIsBound(value, &constant->integer))
		return;
	constant->kind = VM_FILTER_FLOAT;
	constant->real = DatumGetFloat8(
		DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
}

static void
JsonConstant(VmCompiler *compiler, const VmFilterNode *node, const JsonbValue *value,
			 VmConstant *constant)
{
	constant->node = node;
	switch (value->type)
	{
		case jbvBool:
			constant->kind = VM_FILTER_BOOL;
			constant->boolean = value->val.boolean;
			return;
		case jbvString:
			constant->kind = VM_FILTER_STRING;
			constant->string = value->val.string.val;
			constant->string_len = value->val.string.len;
			return;
		case jbvNumeric:
			NumberConstant(value, constant);
			if (constant->kind == VM_FILTER_FLOAT && !isfinite(constant->real))
				VmFilterRaise(compiler, node,
							  "the value of an expression template variable is out of range");
			return;
		default:
			VmFilterRaise(
				compiler, node,
				"the value of an expression template variable must be a boolean, a number, "
				"a string or a list of these");
	}
}

static void
CheckItems(const VmCompiler *compiler, const VmFilterNode *node, uint32 count)
{
	if (count > MAX_ITEMS)
		VmFilterRaise(compiler, node, "a list has more than %d elements", MAX_ITEMS);
}

static void
ListConstant(VmCompiler *compiler, const VmFilterNode *node, JsonbContainer *array,
			 VmConstant *constant)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbIteratorToken token;
	JsonbValue value;

	check_stack_depth();
	constant->kind = VM_FILTER_LIST;
	constant->node = node;
	CheckItems(compiler, node, JsonContainerSize(array));
	constant->items = palloc0_array(VmConstant, Max(JsonContainerSize(array), 1));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		VmConstant *item = &constant->items[constant->nitems];

		if (token != WJB_ELEM)
			continue;
		constant->nitems++;
		if (value.type == jbvBinary && JsonContainerIsArray(value.val.binary.data))
			ListConstant(compiler, node, value.val.binary.data, item);
		else
			JsonConstant(compiler, node, &value, item);
	}
}

static void
VariableConstant(VmCompiler *compiler, const VmFilterNode *node, VmConstant *constant)
{
	VmFilterString string = VmFilterServerString(node->string);
	char *name = pnstrdup(string.data, string.size);
	JsonbValue *value = VmJsonGet(compiler->templates, name);
	int64 integer;

	if (value == NULL)
		VmFilterRaise(compiler, node,
					  "the value of expression template variable name {%s} is not found", name);
	if (value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data))
		ListConstant(compiler, node, value->val.binary.data, constant);
	else
		JsonConstant(compiler, node, value, constant);
	if (VmFilterIsBound(value, &integer))
		constant->variable = name;
}

static void
SetString(VmConstant *constant, VmFilterString string)
{
	string = VmFilterServerString(string);
	constant->string = string.data;
	constant->string_len = (int) string.size;
}

static void
WrittenItem(const VmFilterNode *node, const VmFilterList *list, uint32 i, VmConstant *item)
{
	item->node = node;
	item->kind = list->kind;
	switch (list->kind)
	{
		case VM_FILTER_BOOL:
			item->boolean = list->bools[i];
			break;
		case VM_FILTER_INT:
			item->integer = list->integers[i];
			break;
		case VM_FILTER_FLOAT:
			item->real = list->reals[i];
			break;
		default:
			SetString(item, list->strings[i]);
	}
}

static bool
WrittenList(VmCompiler *compiler, const VmFilterNode *node, VmConstant *constant)
{
	const VmFilterList *list = node->list;

	CheckItems(compiler, node, list->count);
	constant->kind = VM_FILTER_LIST;
	constant->nitems = (int) list->count;
	constant->items = palloc0_array(VmConstant, Max(list->count, 1));
	for (uint32 i = 0; i < list->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (list->kind != VM_FILTER_LIST)
			WrittenItem(node, list, i, &constant->items[i]);
		else if (list->nodes[i]->kind == VM_FILTER_TEMPLATE ||
				 !VmFilterConstant(compiler, list->nodes[i], &constant->items[i]))
			return false;
	}
	return true;
}

/* -------------------------------------------------------------------- comparing */

static int
CompareIntegerFloat(int64 integer, double real)
{
	if (real >= 9223372036854775808.0)
		return -1;
	if (real < -9223372036854775808.0)
		return 1;
	if (integer != (int64) real)
		return integer < (int64) real ? -1 : 1;
	return (real < trunc(real)) - (real > trunc(real));
}

static int
CompareNumbers(const VmConstant *a, const VmConstant *b)
{
	if (a->kind == VM_FILTER_INT && b->kind == VM_FILTER_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if (a->kind == VM_FILTER_INT)
		return CompareIntegerFloat(a->integer, b->real);
	if (b->kind == VM_FILTER_INT)
		return -CompareIntegerFloat(b->integer, a->real);
	return (a->real > b->real) - (a->real < b->real);
}

static bool
IsNumber(const VmConstant *constant)
{
	return constant->kind == VM_FILTER_INT || constant->kind == VM_FILTER_FLOAT;
}

bool
VmFilterCompareConstants(const VmConstant *a, const VmConstant *b, int *order)
{
	if (IsNumber(a) && IsNumber(b))
		*order = CompareNumbers(a, b);
	else if (a->kind == VM_FILTER_STRING && b->kind == VM_FILTER_STRING)
	{
		int result = memcmp(a->string, b->string, Min(a->string_len, b->string_len));

		*order = result != 0 ? result : a->string_len - b->string_len;
	}
	else if (a->kind == VM_FILTER_BOOL && b->kind == VM_FILTER_BOOL)
		*order = (int) a->boolean - (int) b->boolean;
	else
		return false;
	return true;
}

const char *
VmFilterKindName(VmFilterKind kind)
{
	switch (kind)
	{
		case VM_FILTER_BOOL:
			return "Bool";
		case VM_FILTER_INT:
			return "Int64";
		case VM_FILTER_FLOAT:
			return "Double";
		case VM_FILTER_STRING:
			return "VarChar";
		default:
			return "Array";
	}
}

Datum
VmFilterNumeric(const VmConstant *constant)
{
	char text[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (constant->kind == VM_FILTER_INT)
		return NumericGetDatum(int64_to_numeric(constant->integer));
	double_to_shortest_decimal_buf(constant->real, text);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

bool
VmFilterRangeIsEmpty(const VmFilterRange *range)
{
	int order;

	if (!VmFilterCompareConstants(&range->lower, &range->upper, &order))
		elog(ERROR, "bounds of a range do not compare");
	return order > 0 || (order == 0 && range->is_strict);
}

static bool
Holds(VmFilterOp op, int order)
{
	switch (op)
	{
		case VM_FILTER_EQ:
			return order == 0;
		case VM_FILTER_NE:
			return order != 0;
		case VM_FILTER_LT:
			return order < 0;
		case VM_FILTER_LE:
			return order <= 0;
		case VM_FILTER_GT:
			return order > 0;
		default:
			return order >= 0;
	}
}

/* Two constants: a condition that holds, or not. */
static bool
ConstantComparison(VmCompiler *compiler, const VmFilterNode *node, VmConstant *constant)
{
	VmConstant a;
	VmConstant b;
	int order;

	check_stack_depth();
	if (!VmFilterConstant(compiler, node->arg[0], &a) ||
		!VmFilterConstant(compiler, node->arg[1], &b))
		return false;
	if (node->arg[0]->kind == VM_FILTER_TEMPLATE || node->arg[1]->kind == VM_FILTER_TEMPLATE)
		VmFilterRaise(compiler, node,
					  "placeholder was not supported between two constants with operator: %s",
					  VmFilterOpText(node->op));
	if (!VmFilterCompareConstants(&a, &b, &order) ||
		(a.kind == VM_FILTER_BOOL && node->op != VM_FILTER_EQ && node->op != VM_FILTER_NE))
		VmFilterRaise(compiler, node, "comparisons between %s and %s are not supported",
					  VmFilterKindName(a.kind), VmFilterKindName(b.kind));
	constant->kind = VM_FILTER_BOOL;
	constant->boolean = Holds(node->op, order);
	return true;
}

/* ---------------------------------------------------------------- any constant */

bool
VmFilterConstant(VmCompiler *compiler, const VmFilterNode *node, VmConstant *constant)
{
	memset(constant, 0, sizeof(*constant));
	constant->node = node;
	constant->kind = node->kind;
	switch (node->kind)
	{
		case VM_FILTER_BOOL:
			constant->boolean = node->boolean;
			return true;
		case VM_FILTER_INT:
			constant->integer = node->integer;
			return true;
		case VM_FILTER_FLOAT:
			constant->real = node->real;
			return true;
		case VM_FILTER_STRING:
			SetString(constant, node->string);
			return true;
		case VM_FILTER_LIST:
			return WrittenList(compiler, node, constant);
		case VM_FILTER_TEMPLATE:
			VariableConstant(compiler, node, constant);
			return true;
		case VM_FILTER_BINARY:
			return VmFilterIsComparison(node->op) && ConstantComparison(compiler, node, constant);
		default:
			return false;
	}
}
