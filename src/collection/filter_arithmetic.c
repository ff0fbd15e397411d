/*
 * filter_arithmetic.c
 *		A field, an operator and a constant, against a constant:
 *		VmFilterCompareArithmetic (filter_private.h).
 *
 * Integers are computed exactly, as numeric; FLOAT and DOUBLE with their own
 * width, where what is too large is infinite, not an error; numbers of JSON as
 * numeric, by whole numbers if both are.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "collection/filter_private.h"

static _Noreturn void
RaiseOperands(const VmCompiler *compiler, const VmFilterNode *node, const VmOperand *operand,
			  const VmConstant *constant)
{
	VmFilterRaise(compiler, node, "'%s' cannot perform arithmetic between %s field and %s",
				  VmFilterOpText(node->op), VmDataTypeName(operand->type),
				  VmFilterKindName(constant->kind));
}

static bool
IsFloat(const VmOperand *operand)
{
	return operand->type == VM_TYPE_FLOAT || operand->type == VM_TYPE_DOUBLE;
}

static void
CheckTypes(const VmCompiler *compiler, const VmFilterNode *node, const VmOperand *operand,
		   const VmConstant *constant)
{
	bool is_integer = VmFilterIsInteger(operand->type);

	if (operand->kind == VM_OPERAND_ARRAY ||
		(!is_integer && !IsFloat(operand) && operand->kind != VM_OPERAND_JSON) ||
		(constant->kind != VM_FILTER_INT && constant->kind != VM_FILTER_FLOAT))
		RaiseOperands(compiler, node, operand, constant);
	if (node->op == VM_FILTER_MOD && (IsFloat(operand) || constant->kind != VM_FILTER_INT))
		VmFilterRaise(compiler, node, "modulo can only apply on integer types");
	if (is_integer && constant->kind != VM_FILTER_INT)
		RaiseOperands(compiler, node, operand, constant);
	if ((node->op == VM_FILTER_DIV || node->op == VM_FILTER_MOD) && constant->variable == NULL &&
		(constant->kind == VM_FILTER_INT ? constant->integer == 0 : constant->real == 0))
		VmFilterRaise(compiler, node, "division or modulus by zero");
}

/* The field and the constant of field op constant, or constant op field. */
static void
ReadSides(VmCompiler *compiler, const VmFilterNode *node, VmOperand *operand, VmConstant *constant)
{
	const VmFilterNode *field = node->arg[0];

	if (node->op == VM_FILTER_POWER)
		VmFilterRaise(compiler, node, "power can only apply on constants");
	if (!VmFilterConstant(compiler, node->arg[1], constant))
	{
		field = node->arg[1];
		if (!VmFilterConstant(compiler, node->arg[0], constant))
			VmFilterRaise(compiler, node,
						  "not supported to do arithmetic operations between multiple fields");
		if (node->op != VM_FILTER_ADD && node->op != VM_FILTER_MUL)
			VmFilterRaise(compiler, node, "'%s' field is not yet supported",
						  VmFilterOpText(node->op));
	}
	while (field->kind == VM_FILTER_UNARY && field->op == VM_FILTER_PLUS)
		field = field->arg[0];
	if (field->kind != VM_FILTER_FIELD)
		VmFilterRaise(compiler, node, "complicated arithmetic operations are not supported");
	VmFilterOperand(compiler, field, operand);
	CheckTypes(compiler, node, operand, constant);
}

static char
OperatorChar(VmFilterOp op)
{
	switch (op)
	{
		case VM_FILTER_ADD:
			return '+';
		case VM_FILTER_SUB:
			return '-';
		case VM_FILTER_MUL:
			return '*';
		case VM_FILTER_DIV:
			return '/';
		default:
			return '%';
	}
}

static VmParamUse
UseOf(VmFilterOp op)
{
	return op == VM_FILTER_DIV || op == VM_FILTER_MOD ? VM_PARAM_DIVISOR : VM_PARAM_VALUE;
}

static char *
NumericParam(VmCompiler *compiler, VmParamUse use, const VmConstant *constant)
{
	return VmFilterParam(compiler, NUMERICOID, use, VmFilterNumeric(constant), constant->variable);
}

static char *
FloatParam(VmCompiler *compiler, VmDataType type, VmParamUse use, const VmConstant *constant)
{
	double value = constant->kind == VM_FILTER_INT ? (double) constant->integer : constant->real;

	if (type == VM_TYPE_FLOAT)
		return VmFilterParam(compiler, FLOAT4OID, use, Float4GetDatum((float4) value),
							 constant->variable);
	return VmFilterParam(compiler, FLOAT8OID, use, Float8GetDatum(value), constant->variable);
}

static char *
IntegerArithmetic(const VmOperand *operand, VmFilterOp op, const char *param)
{
	if (op == VM_FILTER_DIV)
		return psprintf("pg_catalog.div(%s::pg_catalog.numeric, %s)", operand->column, param);
	return psprintf("(%s::pg_catalog.numeric OPERATOR(pg_catalog.%c) %s)", operand->column,
					OperatorChar(op), param);
}

char *
VmFilterCompareArithmetic(VmCompiler *compiler, const VmFilterNode *node, VmFilterOp op,
						  const VmConstant *limit)
{
	VmOperand operand;
	VmConstant constant;
	VmParamUse use = UseOf(node->op);
	char *value;

	ReadSides(compiler, node, &operand, &constant);
	if (limit->kind != VM_FILTER_INT && limit->kind != VM_FILTER_FLOAT)
		RaiseOperands(compiler, node, &operand, limit);
	if (operand.kind == VM_OPERAND_JSON)
		value = psprintf("milvus.json_arithmetic(milvus.json_number(%s, %s), '%c', %s, %s)",
						 operand.column, operand.path, OperatorChar(node->op),
						 NumericParam(compiler, use, &constant),
						 constant.kind == VM_FILTER_INT ? "true" : "false");
	else if (IsFloat(&operand))
		value =
			psprintf("milvus.float_arithmetic(%s, '%c', %s)", operand.column,
					 OperatorChar(node->op), FloatParam(compiler, operand.type, use, &constant));
	else
		value = IntegerArithmetic(&operand, node->op, NumericParam(compiler, use, &constant));
	return psprintf("(%s OPERATOR(pg_catalog.%s) %s)", value, VmFilterSqlOperator(op),
					IsFloat(&operand) ? FloatParam(compiler, operand.type, VM_PARAM_VALUE, limit) :
										NumericParam(compiler, VM_PARAM_VALUE, limit));
}
