/*
 * filter_json.c
 *		Conditions on JSON fields and dynamic keys, by the functions of
 *		json_filter.c: comparisons, lists, and constants as jsonb.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "collection/filter_private.h"
#include "collection/json.h"

static void
PushConstant(VmCompiler *compiler, VmJsonWriter *writer, const VmConstant *constant)
{
	JsonbValue value;

	switch (constant->kind)
	{
		case VM_FILTER_BOOL:
			VmJsonPutBool(writer, NULL, constant->boolean);
			return;
		case VM_FILTER_INT:
			VmJsonPutInt(writer, NULL, constant->integer);
			return;
		case VM_FILTER_FLOAT:
			value.type = jbvNumeric;
			value.val.numeric = DatumGetNumeric(VmFilterNumeric(constant));
			VmJsonPutValue(writer, NULL, &value);
			return;
		case VM_FILTER_STRING:
			value.type = jbvString;
			value.val.string.val = unconstify(char *, constant->string);
			value.val.string.len = constant->string_len;
			VmJsonPutValue(writer, NULL, &value);
			return;
		case VM_FILTER_LIST:
			VmJsonBeginArray(writer, NULL);
			for (int i = 0; i < constant->nitems; i++)
				PushConstant(compiler, writer, &constant->items[i]);
			VmJsonEndArray(writer);
			return;
		default:
			VmFilterRaise(compiler, constant->node, "a constant is expected");
	}
}

/* As jsonb: of a list an array, else a scalar, which is an array's element first. */
static Datum
ConstantJson(VmCompiler *compiler, const VmConstant *constant)
{
	VmJsonWriter writer = {0};
	JsonbValue *element;
	Jsonb *array;

	VmJsonBeginArray(&writer, NULL);
	PushConstant(compiler, &writer, constant);
	VmJsonEndArray(&writer);
	array = DatumGetJsonbP(VmJsonDatum(&writer));
	element = getIthJsonbValueFromContainer(&array->root, 0);
	return JsonbPGetDatum(JsonbValueToJsonb(element));
}

static char *
JsonParam(VmCompiler *compiler, const VmConstant *constant)
{
	return VmFilterParam(compiler, JSONBOID, VM_PARAM_VALUE, ConstantJson(compiler, constant),
						 constant->variable);
}

char *
VmFilterCompareJson(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
					const VmConstant *constant)
{
	if (constant->kind == VM_FILTER_LIST && op != VM_FILTER_EQ && op != VM_FILTER_NE)
		VmFilterRaise(compiler, constant->node, "a list can be compared by == and != only");
	return psprintf("milvus.json_compare(%s, %s, '%s', %s)", operand->column, operand->path,
					VmFilterOpText(op), JsonParam(compiler, constant));
}

char *
VmFilterJsonIn(VmCompiler *compiler, const VmOperand *operand, const VmConstant *list)
{
	return psprintf("milvus.json_in(%s, %s, %s)", operand->column, operand->path,
					JsonParam(compiler, list));
}

char *
VmFilterJsonContains(VmCompiler *compiler, const VmOperand *operand, VmFilterFunction function,
					 const VmConstant *constant)
{
	const char *name = "json_contains";

	if (function == VM_FILTER_JSON_CONTAINS_ALL || function == VM_FILTER_ARRAY_CONTAINS_ALL)
		name = "json_contains_all";
	if (function == VM_FILTER_JSON_CONTAINS_ANY || function == VM_FILTER_ARRAY_CONTAINS_ANY)
		name = "json_contains_any";
	return psprintf("milvus.%s(%s, %s, %s)", name, operand->column, operand->path,
					JsonParam(compiler, constant));
}
