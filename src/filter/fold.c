/*
 * fold.c
 *		Arithmetic of constants (parse.h, VmFilterFold).
 *
 * As in Milvus: integers divide towards zero, ** gives a float whatever it is
 * given, an integer beside a float becomes one, % and the bit operators take
 * integers only.  Unlike Milvus, which wraps around or refuses: an overflow and
 * an infinite result are errors; << >> and ~ are computed.
 *
 * Recursion is bounded by the depth of the tree (FILT-3).
 */
#include <math.h>

#include "filter/parser_private.h"

static bool FoldNode(VmFilterParser *parser, VmFilterNode *node);

static bool
IsNumber(const VmFilterNode *node)
{
	return node->kind == VM_FILTER_INT || node->kind == VM_FILTER_FLOAT;
}

static double
RealOf(const VmFilterNode *node)
{
	return node->kind == VM_FILTER_FLOAT ? node->real : (double) node->integer;
}

static void
BecomeConstant(VmFilterNode *node, VmFilterKind kind)
{
	node->kind = kind;
	node->op = VM_FILTER_NO_OP;
	node->depth = 1;
}

static bool
BecomeInteger(VmFilterNode *node, int64_t value)
{
	BecomeConstant(node, VM_FILTER_INT);
	node->integer = value;
	return true;
}

static bool
FailRange(VmFilterParser *parser, const VmFilterNode *node)
{
	return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, node->op_offset,
						"the result of \"%s\" is out of range", VmFilterOpText(node->op));
}

static bool
BecomeReal(VmFilterParser *parser, VmFilterNode *node, double value)
{
	if (!isfinite(value))
		return FailRange(parser, node);
	BecomeConstant(node, VM_FILTER_FLOAT);
	node->real = value;
	return true;
}

static bool
FailZero(VmFilterParser *parser, const VmFilterNode *node)
{
	return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, node->op_offset, "division by zero");
}

/* value << count, if it keeps every bit and the sign. */
static bool
ShiftLeft(int64_t value, int64_t count, int64_t *result)
{
	*result = (int64_t) ((uint64_t) value << count);
	return *result >> count == value;
}

/* Two integers; ** is not among the operators. */
static bool
FoldIntegers(VmFilterParser *parser, VmFilterNode *node, int64_t a, int64_t b)
{
	bool shift = node->op == VM_FILTER_SHIFT_LEFT || node->op == VM_FILTER_SHIFT_RIGHT;
	bool fits = true;
	int64_t result = 0;

	if ((node->op == VM_FILTER_DIV || node->op == VM_FILTER_MOD) && b == 0)
		return FailZero(parser, node);
	if (shift && (b < 0 || b > 63))
		return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, node->op_offset,
							"a shift must be by 0 to 63 bits");
	switch (node->op)
	{
		case VM_FILTER_ADD:
			fits = !__builtin_add_overflow(a, b, &result);
			break;
		case VM_FILTER_SUB:
			fits = !__builtin_sub_overflow(a, b, &result);
			break;
		case VM_FILTER_MUL:
			fits = !__builtin_mul_overflow(a, b, &result);
			break;
		case VM_FILTER_DIV:
			fits = !(a == INT64_MIN && b == -1);
			result = fits ? a / b : 0;
			break;
		case VM_FILTER_MOD:
			result = b == -1 ? 0 : a % b;
			break;
		case VM_FILTER_SHIFT_LEFT:
			fits = ShiftLeft(a, b, &result);
			break;
		case VM_FILTER_SHIFT_RIGHT:
			result = a >> b;
			break;
		case VM_FILTER_BIT_AND:
			result = a & b;
			break;
		case VM_FILTER_BIT_XOR:
			result = a ^ b;
			break;
		case VM_FILTER_BIT_OR:
			result = a | b;
			break;
		default:
			return true;
	}
	return fits ? BecomeInteger(node, result) : FailRange(parser, node);
}

/* Two numbers of which one is a float, or any two for **. */
static bool
FoldReals(VmFilterParser *parser, VmFilterNode *node, double a, double b)
{
	switch (node->op)
	{
		case VM_FILTER_ADD:
			return BecomeReal(parser, node, a + b);
		case VM_FILTER_SUB:
			return BecomeReal(parser, node, a - b);
		case VM_FILTER_MUL:
			return BecomeReal(parser, node, a * b);
		case VM_FILTER_DIV:
			return b == 0 ? FailZero(parser, node) : BecomeReal(parser, node, a / b);
		case VM_FILTER_POWER:
			return BecomeReal(parser, node, pow(a, b));
		case VM_FILTER_MOD:
		case VM_FILTER_SHIFT_LEFT:
		case VM_FILTER_SHIFT_RIGHT:
		case VM_FILTER_BIT_AND:
		case VM_FILTER_BIT_XOR:
		case VM_FILTER_BIT_OR:
			return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, node->op_offset,
								"operator \"%s\" takes integers only", VmFilterOpText(node->op));
		default:
			return true;
	}
}

static bool
FoldBinary(VmFilterParser *parser, VmFilterNode *node)
{
	VmFilterNode *left = node->arg[0];
	VmFilterNode *right = node->arg[1];

	if (!FoldNode(parser, left) || !FoldNode(parser, right))
		return false;
	if (!IsNumber(left) || !IsNumber(right))
		return true;
	if (left->kind == VM_FILTER_INT && right->kind == VM_FILTER_INT && node->op != VM_FILTER_POWER)
		return FoldIntegers(parser, node, left->integer, right->integer);
	return FoldReals(parser, node, RealOf(left), RealOf(right));
}

static bool
FoldUnary(VmFilterParser *parser, VmFilterNode *node)
{
	VmFilterNode *arg = node->arg[0];

	if (!FoldNode(parser, arg))
		return false;
	if (!IsNumber(arg))
		return true;
	switch (node->op)
	{
		case VM_FILTER_PLUS:
			return arg->kind == VM_FILTER_INT ? BecomeInteger(node, arg->integer) :
												BecomeReal(parser, node, arg->real);
		case VM_FILTER_MINUS:
			if (arg->kind == VM_FILTER_FLOAT)
				return BecomeReal(parser, node, -arg->real);
			if (arg->integer == INT64_MIN)
				return FailRange(parser, node);
			return BecomeInteger(node, -arg->integer);
		case VM_FILTER_BIT_NOT:
			if (arg->kind == VM_FILTER_FLOAT)
				return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, node->op_offset,
									"operator \"~\" takes integers only");
			return BecomeInteger(node, ~arg->integer);
		default:
			return true;
	}
}

static bool
FoldAll(VmFilterParser *parser, VmFilterNode **nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
	{
		if (!FoldNode(parser, nodes[i]))
			return false;
	}
	return true;
}

/* Items that were `1 + 1` are constants now: the list may become an array. */
static bool
FoldList(VmFilterParser *parser, VmFilterNode *node)
{
	VmFilterList *list = node->list;
	VmFilterKind kind;
	VmFilterNode *compact;

	if (list->kind != VM_FILTER_LIST || list->count == 0)
		return true;
	if (!FoldAll(parser, list->nodes, list->count))
		return false;
	kind = list->nodes[0]->kind;
	for (uint32_t i = 0; i < list->count; i++)
	{
		if (!VmFilterIsConstant(list->nodes[i]) || list->nodes[i]->kind != kind)
			return true;
	}
	compact = VmFilterMakeList(parser, node->span);
	if (compact == NULL)
		return false;
	for (uint32_t i = 0; i < list->count; i++)
	{
		if (!VmFilterListAdd(parser, compact, list->nodes[i]))
			return false;
	}
	node->list = compact->list;
	return true;
}

static bool
FoldNode(VmFilterParser *parser, VmFilterNode *node)
{
	switch (node->kind)
	{
		case VM_FILTER_UNARY:
			return FoldUnary(parser, node);
		case VM_FILTER_BINARY:
			return FoldBinary(parser, node);
		case VM_FILTER_RANGE:
			return FoldAll(parser, node->arg, 3);
		case VM_FILTER_LOGICAL:
			return FoldAll(parser, node->terms, node->nterms);
		case VM_FILTER_CALL:
			return FoldAll(parser, node->call->args, node->call->nargs);
		case VM_FILTER_LIST:
			return FoldList(parser, node);
		default:
			return true;
	}
}

bool
VmFilterFold(VmFilterAst *ast, VmFilterError *error)
{
	VmFilterParser parser = {.ast = ast, .error = error};

	return FoldNode(&parser, ast->root);
}
