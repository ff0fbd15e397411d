/*
 * filter_compile.c
 *		Logic and comparisons of filters: VmFilterCondition (filter_compile.h).
 */
#include "compat/compat.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "collection/filter_compile.h"

/* ------------------------------------------------------------------- operators */

const char *
VmFilterSqlOperator(VmFilterOp op)
{
	switch (op)
	{
		case VM_FILTER_EQ:
			return "=";
		case VM_FILTER_NE:
			return "<>";
		case VM_FILTER_LT:
			return "<";
		case VM_FILTER_LE:
			return "<=";
		case VM_FILTER_GT:
			return ">";
		case VM_FILTER_GE:
			return ">=";
		default:
			elog(ERROR, "operator %d is no comparison", op);
	}
}

VmFilterOp
VmFilterSwapSides(VmFilterOp op)
{
	switch (op)
	{
		case VM_FILTER_LT:
			return VM_FILTER_GT;
		case VM_FILTER_LE:
			return VM_FILTER_GE;
		case VM_FILTER_GT:
			return VM_FILTER_LT;
		case VM_FILTER_GE:
			return VM_FILTER_LE;
		default:
			return op;
	}
}

bool
VmFilterIsComparison(VmFilterOp op)
{
	return op >= VM_FILTER_LT && op <= VM_FILTER_NE;
}

bool
VmFilterIsArithmetic(const VmFilterNode *node)
{
	return node->kind == VM_FILTER_BINARY && node->op >= VM_FILTER_POWER &&
		   node->op <= VM_FILTER_SUB;
}

/* ----------------------------------------------------------------- comparisons */

static char *
Compare(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op, const VmConstant *constant)
{
	switch (operand->kind)
	{
		case VM_OPERAND_COLUMN:
		case VM_OPERAND_ELEMENT:
			return VmFilterCompareColumn(compiler, operand, op, constant);
		case VM_OPERAND_JSON:
			return VmFilterCompareJson(compiler, operand, op, constant);
		case VM_OPERAND_ARRAY:
			return VmFilterCompareArray(compiler, operand, op, constant);
	}
	elog(ERROR, "unexpected operand %d", operand->kind);
}

static char *
CompareFields(VmCompiler *compiler, const VmFilterNode *node)
{
	VmOperand left;
	VmOperand right;

	VmFilterOperand(compiler, node->arg[0], &left);
	VmFilterOperand(compiler, node->arg[1], &right);
	return VmFilterCompareColumns(compiler, node, &left, &right);
}

/* One side a constant, which is then the right one. */
static char *
CompareWithConstant(VmCompiler *compiler, const VmFilterNode *side, VmFilterOp op,
					const VmConstant *constant)
{
	VmOperand operand;

	if (VmFilterIsArithmetic(side))
		return VmFilterCompareArithmetic(compiler, side, op, constant);
	if (side->kind == VM_FILTER_CALL && side->call->function == VM_FILTER_ARRAY_LENGTH)
		return VmFilterCompareLength(compiler, side, op, constant);
	if (side->kind == VM_FILTER_UNARY && side->op == VM_FILTER_PLUS)
		return CompareWithConstant(compiler, side->arg[0], op, constant);
	if (side->kind != VM_FILTER_FIELD)
		VmFilterRaise(compiler, side, "a field is expected beside a constant%s",
					  side->kind == VM_FILTER_UNARY && side->op == VM_FILTER_NOT ?
						  ": \"not\" binds tighter than a comparison, write not (a == 1)" :
						  "");
	VmFilterOperand(compiler, side, &operand);
	return Compare(compiler, &operand, op, constant);
}

static char *
Comparison(VmCompiler *compiler, const VmFilterNode *node)
{
	VmConstant left;
	VmConstant right;
	VmFilterOp op = node->op;
	bool left_is_constant;
	bool right_is_constant;

	if (VmFilterConstant(compiler, node, &left))
		return pstrdup(left.boolean ? "true" : "false");
	left_is_constant = VmFilterConstant(compiler, node->arg[0], &left);
	right_is_constant = VmFilterConstant(compiler, node->arg[1], &right);
	if (right_is_constant)
		return CompareWithConstant(compiler, node->arg[0], op, &right);
	if (left_is_constant)
		return CompareWithConstant(compiler, node->arg[1], VmFilterSwapSides(op), &left);
	if (node->arg[0]->kind == VM_FILTER_FIELD && node->arg[1]->kind == VM_FILTER_FIELD)
		return CompareFields(compiler, node);
	VmFilterRaise(compiler, node, "complicated arithmetic operations are not supported");
}

/* Bounds are looked at once, or with each call if a variable gives one. */
static void
AddRange(VmCompiler *compiler, const VmFilterNode *node, const VmConstant *lower,
		 const VmConstant *upper)
{
	bool is_rising = node->op == VM_FILTER_LT || node->op == VM_FILTER_LE;
	VmFilterRange range = {.lower = is_rising ? *lower : *upper,
						   .upper = is_rising ? *upper : *lower};

	range.is_strict = node->op == VM_FILTER_LT || node->op == VM_FILTER_GT ||
					  node->op2 == VM_FILTER_LT || node->op2 == VM_FILTER_GT;
	if (lower->variable == NULL && upper->variable == NULL)
	{
		if (VmFilterRangeIsEmpty(&range))
			VmFilterRaise(compiler, node, "%s", VM_FILTER_EMPTY_RANGE);
		return;
	}
	if (compiler->nranges == 0)
		compiler->ranges = palloc_array(VmFilterRange, 1);
	else
		compiler->ranges = repalloc_array(compiler->ranges, VmFilterRange, compiler->nranges + 1);
	compiler->ranges[compiler->nranges++] = range;
}

static char *
Range(VmCompiler *compiler, const VmFilterNode *node)
{
	VmConstant lower;
	VmConstant upper;
	VmOperand operand;
	int order;

	if (!VmFilterConstant(compiler, node->arg[0], &lower) ||
		!VmFilterConstant(compiler, node->arg[2], &upper))
		VmFilterRaise(compiler, node, "the bounds of a range must be constants");
	VmFilterOperand(compiler, node->arg[1], &operand);
	if (operand.kind == VM_OPERAND_ARRAY || operand.type == VM_TYPE_BOOL ||
		lower.kind == VM_FILTER_BOOL || upper.kind == VM_FILTER_BOOL ||
		!VmFilterCompareConstants(&lower, &upper, &order))
		VmFilterRaise(compiler, node, "invalid range operations");
	AddRange(compiler, node, &lower, &upper);
	return psprintf("(%s AND %s)", Compare(compiler, &operand, VmFilterSwapSides(node->op), &lower),
					Compare(compiler, &operand, node->op2, &upper));
}

/* Texts of terms are not kept: many levels of them would be the text many times. */
static char *
Negate(char *condition)
{
	char *sql = psprintf("(NOT %s)", condition);

	pfree(condition);
	return sql;
}

static char *
Membership(VmCompiler *compiler, const VmFilterNode *node)
{
	VmConstant list;
	VmOperand operand;
	char *condition;

	if (node->arg[0]->kind != VM_FILTER_FIELD)
		VmFilterRaise(compiler, node->arg[0], "'term' can only be used on single field");
	if (!VmFilterConstant(compiler, node->arg[1], &list))
		VmFilterRaise(compiler, node->arg[1], "values of a list must be constants");
	if (list.kind != VM_FILTER_LIST)
		VmFilterRaise(compiler, node->arg[1],
					  "the value of term expression template variable is not array");
	VmFilterOperand(compiler, node->arg[0], &operand);
	switch (operand.kind)
	{
		case VM_OPERAND_COLUMN:
		case VM_OPERAND_ELEMENT:
			condition = VmFilterColumnIn(compiler, &operand, &list);
			break;
		case VM_OPERAND_JSON:
			condition = VmFilterJsonIn(compiler, &operand, &list);
			break;
		default:
			VmFilterRaise(compiler, node, "'term' cannot be used on the whole of array field %s",
						  operand.field->name);
	}
	return node->op == VM_FILTER_NOT_IN ? Negate(condition) : condition;
}

/* ------------------------------------------------------------------------ logic */

static char *
Logic(VmCompiler *compiler, const VmFilterNode *node)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (uint32 i = 0; i < node->nterms; i++)
	{
		char *term = VmFilterCondition(compiler, node->terms[i]);

		appendStringInfo(&sql, "%s%s",
						 i == 0                    ? "(" :
						 node->op == VM_FILTER_AND ? " AND " :
													 " OR ",
						 term);
		pfree(term);
	}
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

static _Noreturn void
RaiseNoCondition(const VmCompiler *compiler, const VmFilterNode *node)
{
	VmFilterRaise(compiler, node, "predicate is not a boolean expression");
}

static char *
Unary(VmCompiler *compiler, const VmFilterNode *node)
{
	if (node->op == VM_FILTER_NOT)
		return Negate(VmFilterCondition(compiler, node->arg[0]));
	if (node->op == VM_FILTER_EXISTS)
		return VmFilterExists(compiler, node);
	RaiseNoCondition(compiler, node);
}

char *
VmFilterCondition(VmCompiler *compiler, const VmFilterNode *node)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	switch (node->kind)
	{
		case VM_FILTER_BOOL:
			return pstrdup(node->boolean ? "true" : "false");
		case VM_FILTER_LOGICAL:
			return Logic(compiler, node);
		case VM_FILTER_UNARY:
			return Unary(compiler, node);
		case VM_FILTER_RANGE:
			return Range(compiler, node);
		case VM_FILTER_NULL_TEST:
			return VmFilterNullTest(compiler, node);
		case VM_FILTER_CALL:
			return VmFilterFunctionCall(compiler, node);
		case VM_FILTER_BINARY:
			if (VmFilterIsComparison(node->op))
				return Comparison(compiler, node);
			if (node->op == VM_FILTER_IN || node->op == VM_FILTER_NOT_IN)
				return Membership(compiler, node);
			if (node->op == VM_FILTER_LIKE)
				return VmFilterLike(compiler, node);
			break;
		default:
			break;
	}
	RaiseNoCondition(compiler, node);
}
