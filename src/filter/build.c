/*
 * build.c
 *		Makes the nodes of a tree for the grammar (parser_private.h).
 *
 * Here are the rules that precedences do not express: chained ranges, chains of
 * and and or, the one integer that exists only with its minus, and the depth.
 */
#include <string.h>

#include "filter/parser_private.h"

/* The arena gave nothing. */
bool
VmFilterFailMemory(VmFilterParser *parser)
{
	if (parser->ast->arena.over)
		return VmFilterFail(parser, VM_FILTER_ERROR_LIMIT, parser->newest.offset,
							"the expression needs more than %zu bytes of memory",
							parser->ast->arena.limit);
	return VmFilterFail(parser, VM_FILTER_ERROR_MEMORY, parser->newest.offset, "out of memory");
}

/* Memory of the tree. */
void *
VmFilterPiece(VmFilterParser *parser, size_t size)
{
	void *piece = VmFilterAlloc(&parser->ast->arena, size);

	if (piece == NULL)
		VmFilterFailMemory(parser);
	return piece;
}

/* An array of count items made larger; array is NULL when count is 0. */
void *
VmFilterGrowArray(VmFilterParser *parser, void *array, size_t width, size_t count, size_t new_count)
{
	void *piece = VmFilterGrow(&parser->ast->arena, array, width * count, width * new_count);

	if (piece == NULL)
		VmFilterFailMemory(parser);
	return piece;
}

VmFilterNode *
VmFilterNewNode(VmFilterParser *parser, VmFilterKind kind, VmFilterSpan span)
{
	VmFilterNode *node = parser->spare;

	if (node != NULL)
		parser->spare = node->arg[0];
	else
	{
		node = VmFilterPiece(parser, sizeof(VmFilterNode));
		if (node == NULL)
			return NULL;
	}
	memset(node, 0, sizeof(*node));
	node->kind = kind;
	node->depth = 1;
	node->span = span;
	return node;
}

/* The tree keeps the first one in the text; nodes are made in another order. */
void
VmFilterNoteNewer(VmFilterParser *parser, const VmFilterNode *node, const char *name)
{
	VmFilterAst *ast = parser->ast;

	if (ast->newer == NULL || node->span.offset < ast->newer->span.offset)
	{
		ast->newer = node;
		ast->newer_name = name;
	}
}

/* Counts a child into the depth of its parent (FILT-3). */
bool
VmFilterAdopt(VmFilterParser *parser, VmFilterNode *node, const VmFilterNode *child)
{
	if (child->depth >= node->depth)
		node->depth = child->depth + 1;
	if (node->depth > VM_FILTER_MAX_DEPTH)
		return VmFilterFailTooDeep(parser, node->span.offset);
	return true;
}

VmFilterNode *
VmFilterMakeString(VmFilterParser *parser, VmFilterKind kind, VmFilterSpan span,
				   VmFilterString string)
{
	VmFilterNode *node = VmFilterNewNode(parser, kind, span);

	if (node != NULL)
		node->string = string;
	return node;
}

VmFilterNode *
VmFilterMakePath(VmFilterParser *parser, VmFilterKind kind, VmFilterSpan span, VmFilterPath *path)
{
	VmFilterNode *node = VmFilterNewNode(parser, kind, span);

	if (node == NULL)
		return NULL;
	node->path = path;
	if (kind == VM_FILTER_STRUCT_FIELD)
		VmFilterNoteNewer(parser, node, "a member of a struct");
	return node;
}

/* A field without a path. */
VmFilterNode *
VmFilterMakeName(VmFilterParser *parser, VmFilterSpan span, VmFilterString name)
{
	VmFilterPath *path = VmFilterPiece(parser, sizeof(VmFilterPath));

	if (path == NULL)
		return NULL;
	*path = (VmFilterPath) {.root = name};
	return VmFilterMakePath(parser, VM_FILTER_FIELD, span, path);
}

/* The minus that an integer of 2^63 waits for (FILT-5). */
static bool
CompletesMinimum(VmFilterParser *parser, VmFilterOp op, const VmFilterNode *arg)
{
	return op == VM_FILTER_MINUS && parser->minimum_pending && arg->kind == VM_FILTER_INT &&
		   arg->span.offset == parser->minimum.offset;
}

/* A prefix operator, or a test for null. */
VmFilterNode *
VmFilterMakeUnary(VmFilterParser *parser, VmFilterOp op, VmFilterSpan span, VmFilterSpan op_span,
				  VmFilterNode *arg)
{
	bool null_test = op == VM_FILTER_IS_NULL || op == VM_FILTER_IS_NOT_NULL;
	VmFilterNode *node;

	if (CompletesMinimum(parser, op, arg))
	{
		parser->minimum_pending = false;
		arg->span = span;
		arg->parens = false;
		return arg;
	}
	node = VmFilterNewNode(parser, null_test ? VM_FILTER_NULL_TEST : VM_FILTER_UNARY, span);
	if (node == NULL || !VmFilterAdopt(parser, node, arg))
		return NULL;
	node->op = op;
	node->op_offset = op_span.offset;
	node->arg[0] = arg;
	return node;
}

static bool
IsUp(VmFilterOp op)
{
	return op == VM_FILTER_LT || op == VM_FILTER_LE;
}

static bool
IsDown(VmFilterOp op)
{
	return op == VM_FILTER_GT || op == VM_FILTER_GE;
}

/*
 * Whether `left op …` goes on with a range: left is `a < name` without
 * parentheses, and op points the same way.
 */
static bool
IsHalfRange(const VmFilterNode *left, VmFilterOp op)
{
	const VmFilterNode *middle;

	if (left->kind != VM_FILTER_BINARY || left->parens)
		return false;
	if (!(IsUp(left->op) && IsUp(op)) && !(IsDown(left->op) && IsDown(op)))
		return false;
	middle = left->arg[1];
	if (middle->parens)
		return false;
	return middle->kind == VM_FILTER_STRUCT_FIELD ||
		   (middle->kind == VM_FILTER_FIELD &&
			!(middle->path->is_meta && middle->path->nsteps == 0));
}

VmFilterNode *
VmFilterMakeBinary(VmFilterParser *parser, VmFilterOp op, VmFilterSpan span, VmFilterSpan op_span,
				   VmFilterNode *left, VmFilterNode *right)
{
	VmFilterNode *node;

	if (IsHalfRange(left, op))
	{
		left->kind = VM_FILTER_RANGE;
		left->op2 = op;
		left->arg[2] = right;
		left->span = span;
		return VmFilterAdopt(parser, left, right) ? left : NULL;
	}
	node = VmFilterNewNode(parser, VM_FILTER_BINARY, span);
	if (node == NULL || !VmFilterAdopt(parser, node, left) || !VmFilterAdopt(parser, node, right))
		return NULL;
	node->op = op;
	node->op_offset = op_span.offset;
	node->arg[0] = left;
	node->arg[1] = right;
	if (op == VM_FILTER_REGEX || op == VM_FILTER_NOT_REGEX)
		VmFilterNoteNewer(parser, node, VmFilterOpText(op));
	return node;
}

/* Terms lie in a place for the next power of two. */
static bool
AddTerm(VmFilterParser *parser, VmFilterNode *node, VmFilterNode *term)
{
	uint32_t count = node->nterms;

	if (count >= 2 && (count & (count - 1)) == 0)
	{
		VmFilterNode **terms = VmFilterGrowArray(parser, node->terms, sizeof(VmFilterNode *), count,
												 (size_t) count * 2);

		if (terms == NULL)
			return false;
		node->terms = terms;
	}
	node->terms[node->nterms++] = term;
	return VmFilterAdopt(parser, node, term);
}

/* A chain `a and b and c` is one node, however long (FILT-6). */
VmFilterNode *
VmFilterMakeLogical(VmFilterParser *parser, VmFilterOp op, VmFilterSpan span, VmFilterSpan op_span,
					VmFilterNode *left, VmFilterNode *right)
{
	VmFilterNode *node = left;

	if (left->kind != VM_FILTER_LOGICAL || left->op != op || left->parens)
	{
		node = VmFilterNewNode(parser, VM_FILTER_LOGICAL, span);
		if (node == NULL)
			return NULL;
		node->op = op;
		node->op_offset = op_span.offset;
		node->terms = VmFilterPiece(parser, 2 * sizeof(VmFilterNode *));
		if (node->terms == NULL || !AddTerm(parser, node, left))
			return NULL;
	}
	node->span = span;
	return AddTerm(parser, node, right) ? node : NULL;
}

/* The operator that says the same with its sides exchanged. */
VmFilterOp
VmFilterMirror(VmFilterOp op)
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

VmFilterNode *
VmFilterMakeTime(VmFilterParser *parser, VmFilterSpan span, VmFilterOp op, const VmFilterTime *time)
{
	VmFilterNode *node = VmFilterNewNode(parser, VM_FILTER_TIME, span);

	if (node == NULL)
		return NULL;
	node->time = VmFilterPiece(parser, sizeof(VmFilterTime));
	if (node->time == NULL)
		return NULL;
	*node->time = *time;
	node->op = op;
	node->depth = 2;
	VmFilterNoteNewer(parser, node, "iso");
	return node;
}
