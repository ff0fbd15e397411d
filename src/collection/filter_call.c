/*
 * filter_call.c
 *		Functions of filters, exists, null tests and LIKE (filter_private.h).
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "collection/filter_private.h"
#include "collection/json.h"

static void
FieldOperand(VmCompiler *compiler, const VmFilterNode *node, VmOperand *operand)
{
	if (node->kind != VM_FILTER_FIELD)
		VmFilterRaise(compiler, node, "a field is expected");
	VmFilterOperand(compiler, node, operand);
}

/* ------------------------------------------------------------- exists, null */

char *
VmFilterExists(VmCompiler *compiler, const VmFilterNode *node)
{
	VmOperand operand;

	FieldOperand(compiler, node->arg[0], &operand);
	if (operand.kind != VM_OPERAND_JSON || !operand.has_steps)
		VmFilterRaise(compiler, node,
					  "exists operations are only supported on a key of a JSON field");
	return psprintf("milvus.json_exists(%s, %s)", operand.column, operand.path);
}

char *
VmFilterNullTest(VmCompiler *compiler, const VmFilterNode *node)
{
	bool is_null = node->op == VM_FILTER_IS_NULL;
	VmOperand operand;

	FieldOperand(compiler, node->arg[0], &operand);
	if (operand.kind == VM_OPERAND_JSON)
		return psprintf("(%smilvus.json_exists(%s, %s))", is_null ? "NOT " : "", operand.column,
						operand.path);
	return psprintf("(%s IS %sNULL)", operand.column, is_null ? "" : "NOT ");
}

/* ----------------------------------------------------------------- strings */

static void
StringArgument(VmCompiler *compiler, const VmFilterNode *node, VmConstant *constant)
{
	if (!VmFilterConstant(compiler, node, constant) || constant->kind != VM_FILTER_STRING)
		VmFilterRaise(compiler, node, "a string is expected");
}

static char *
StringParam(VmCompiler *compiler, VmParamUse use, const VmConstant *constant)
{
	text *value = cstring_to_text_with_len(constant->string, constant->string_len);

	return VmFilterParam(compiler, TEXTOID, use, PointerGetDatum(value), constant->variable);
}

/* Milvus's patterns are those of SQL, with the backslash to escape. */
char *
VmFilterLike(VmCompiler *compiler, const VmFilterNode *node)
{
	VmConstant pattern;
	VmOperand operand;
	char *value;

	FieldOperand(compiler, node->arg[0], &operand);
	if (operand.kind == VM_OPERAND_ARRAY ||
		(operand.type != VM_TYPE_VARCHAR && operand.type != VM_TYPE_JSON))
		VmFilterRaise(compiler, node,
					  "like operation on non-string or no-json field is unsupported");
	StringArgument(compiler, node->arg[1], &pattern);
	if (operand.kind == VM_OPERAND_JSON)
		value = psprintf("milvus.json_string(%s, %s)", operand.column, operand.path);
	else
		value = operand.column;
	return psprintf("((%s COLLATE pg_catalog.\"C\") OPERATOR(pg_catalog.~~) %s)", value,
					StringParam(compiler, VM_PARAM_PATTERN, &pattern));
}

static char *
TextMatch(VmCompiler *compiler, const VmFilterNode *node)
{
	const VmFilterCall *call = node->call;
	bool is_phrase = call->function == VM_FILTER_PHRASE_MATCH;
	VmConstant words;
	VmConstant slop;
	VmOperand operand;

	if (call->option != NULL)
		VmFilterRaiseUnsupported(compiler, node, call->option);
	FieldOperand(compiler, call->args[0], &operand);
	if (operand.kind != VM_OPERAND_COLUMN || operand.type != VM_TYPE_VARCHAR)
		VmFilterRaise(compiler, node, "match operation on non-string is unsupported");
	if (!VmJsonGetBool(operand.field->params, "enable_match", false))
		VmFilterRaise(compiler, node, "field \"%s\" does not enable match", operand.field->name);
	StringArgument(compiler, call->args[1], &words);
	if (call->nargs > 2 &&
		(!VmFilterConstant(compiler, call->args[2], &slop) || slop.kind != VM_FILTER_INT ||
		 slop.variable != NULL || slop.integer < 0))
		VmFilterRaise(compiler, call->args[2], "\"slop\" must be an integer of 0 or more");
	if (call->nargs > 2 && slop.integer > 0)
		VmFilterRaiseUnsupported(compiler, call->args[2], "a slop above 0");
	return psprintf("(pg_catalog.to_tsvector('pg_catalog.simple'::pg_catalog.regconfig, %s) "
					"OPERATOR(pg_catalog.@@) %s)",
					operand.column,
					StringParam(compiler, is_phrase ? VM_PARAM_PHRASE : VM_PARAM_MATCH, &words));
}

/* ------------------------------------------------------------------ arrays */

char *
VmFilterCompareLength(VmCompiler *compiler, const VmFilterNode *node, VmFilterOp op,
					  const VmConstant *constant)
{
	VmOperand operand;

	FieldOperand(compiler, node->call->args[0], &operand);
	if (operand.kind == VM_OPERAND_JSON)
		operand.column = psprintf("milvus.json_length(%s, %s)", operand.column, operand.path);
	else if (operand.kind == VM_OPERAND_ARRAY)
		operand.column = psprintf("pg_catalog.cardinality(%s)", operand.column);
	else
		VmFilterRaise(compiler, node, "array_length operations are only supported on array fields");
	if (constant->kind != VM_FILTER_INT && constant->kind != VM_FILTER_FLOAT)
		VmFilterRaise(compiler, constant->node, "the length of an array is a number");
	operand.kind = VM_OPERAND_COLUMN;
	operand.type = VM_TYPE_INT64;
	return VmFilterCompareColumn(compiler, &operand, op, constant);
}

static char *
Contains(VmCompiler *compiler, const VmFilterNode *node)
{
	const VmFilterCall *call = node->call;
	bool is_one =
		call->function == VM_FILTER_JSON_CONTAINS || call->function == VM_FILTER_ARRAY_CONTAINS;
	VmConstant constant;
	VmOperand operand;

	FieldOperand(compiler, call->args[0], &operand);
	if (!VmFilterConstant(compiler, call->args[1], &constant))
		VmFilterRaise(compiler, call->args[1], "a constant is expected");
	if (!is_one && constant.kind != VM_FILTER_LIST)
		VmFilterRaise(compiler, call->args[1], "a list is expected");
	if (operand.kind == VM_OPERAND_JSON)
		return VmFilterJsonContains(compiler, &operand, call->function, &constant);
	if (operand.kind != VM_OPERAND_ARRAY)
		VmFilterRaise(compiler, node,
					  "contains operations are only supported on JSON or array fields");
	return VmFilterArrayContains(compiler, &operand, call->function, &constant);
}

char *
VmFilterFunctionCall(VmCompiler *compiler, const VmFilterNode *node)
{
	switch (node->call->function)
	{
		case VM_FILTER_JSON_CONTAINS:
		case VM_FILTER_JSON_CONTAINS_ALL:
		case VM_FILTER_JSON_CONTAINS_ANY:
		case VM_FILTER_ARRAY_CONTAINS:
		case VM_FILTER_ARRAY_CONTAINS_ALL:
		case VM_FILTER_ARRAY_CONTAINS_ANY:
			return Contains(compiler, node);
		case VM_FILTER_TEXT_MATCH:
		case VM_FILTER_PHRASE_MATCH:
			return TextMatch(compiler, node);
		case VM_FILTER_ARRAY_LENGTH:
			VmFilterRaise(compiler, node, "predicate is not a boolean expression");
		default:
			VmFilterRaise(compiler, node, "function %s not found",
						  pnstrdup(node->call->name.data, node->call->name.size));
	}
}
