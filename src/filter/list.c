/*
 * list.c
 *		Lists, kept as arrays of constants where they can be (VmFilterList).
 *
 * A list of a hundred thousand keys is the usual long filter.  Its items come as
 * nodes; their values are copied to the array and the nodes used again for the
 * next ones, so that an integer takes 16 bytes and not the 64 of a node.
 */
#include "filter/parser_private.h"

#define FIRST_CAPACITY 8

/* A constant as a list stores it; kind is LIST for what is none. */
typedef struct ListItem
{
	VmFilterKind kind;
	bool boolean;
	int64_t integer;
	double real;
	VmFilterString string;
} ListItem;

VmFilterNode *
VmFilterMakeList(VmFilterParser *parser, VmFilterSpan span)
{
	VmFilterNode *node = VmFilterNewNode(parser, VM_FILTER_LIST, span);

	if (node == NULL)
		return NULL;
	node->list = VmFilterPiece(parser, sizeof(VmFilterList));
	if (node->list == NULL)
		return NULL;
	*node->list = (VmFilterList) {.kind = VM_FILTER_LIST};
	return node;
}

/*
 * The value of an item.  A sign before a number is part of it; the sign of the
 * least integer is there already, and a second one overflows: that is left to
 * VmFilterFold.
 */
static ListItem
ItemOf(const VmFilterNode *node)
{
	ListItem item = {.kind = VM_FILTER_LIST};
	bool minus = false;

	if (node->kind == VM_FILTER_UNARY &&
		(node->op == VM_FILTER_MINUS || node->op == VM_FILTER_PLUS) &&
		(node->arg[0]->kind == VM_FILTER_INT || node->arg[0]->kind == VM_FILTER_FLOAT))
	{
		minus = node->op == VM_FILTER_MINUS;
		node = node->arg[0];
	}
	if (!VmFilterIsConstant(node) ||
		(minus && node->kind == VM_FILTER_INT && node->integer == INT64_MIN))
		return item;
	item.kind = node->kind;
	if (node->kind == VM_FILTER_BOOL)
		item.boolean = node->boolean;
	else if (node->kind == VM_FILTER_INT)
		item.integer = minus ? -node->integer : node->integer;
	else if (node->kind == VM_FILTER_FLOAT)
		item.real = minus ? -node->real : node->real;
	else
		item.string = node->string;
	return item;
}

static size_t
Width(VmFilterKind kind)
{
	switch (kind)
	{
		case VM_FILTER_BOOL:
			return sizeof(bool);
		case VM_FILTER_INT:
			return sizeof(int64_t);
		case VM_FILTER_FLOAT:
			return sizeof(double);
		case VM_FILTER_STRING:
			return sizeof(VmFilterString);
		default:
			return sizeof(VmFilterNode *);
	}
}

static bool
Reserve(VmFilterParser *parser, VmFilterList *list)
{
	size_t capacity = list->capacity;
	size_t larger = capacity == 0 ? FIRST_CAPACITY : capacity * 2;
	void *data;

	if (list->count < list->capacity)
		return true;
	data = VmFilterGrowArray(parser, list->data, Width(list->kind), capacity, larger);
	if (data == NULL)
		return false;
	list->data = data;
	if (list->kind != VM_FILTER_LIST)
	{
		VmFilterSpan *spans =
			VmFilterGrowArray(parser, list->spans, sizeof(VmFilterSpan), capacity, larger);

		if (spans == NULL)
			return false;
		list->spans = spans;
	}
	list->capacity = (uint32_t) larger;
	return true;
}

/* The node of one constant in a list, newly made. */
static VmFilterNode *
ConstantAt(VmFilterParser *parser, const VmFilterList *list, uint32_t i)
{
	VmFilterNode *node = VmFilterNewNode(parser, list->kind, list->spans[i]);

	if (node == NULL)
		return NULL;
	if (list->kind == VM_FILTER_BOOL)
		node->boolean = list->bools[i];
	else if (list->kind == VM_FILTER_INT)
		node->integer = list->integers[i];
	else if (list->kind == VM_FILTER_FLOAT)
		node->real = list->reals[i];
	else
		node->string = list->strings[i];
	return node;
}

/* Turns constants into nodes, when an item of another kind comes. */
static bool
MakeNodes(VmFilterParser *parser, VmFilterList *list)
{
	VmFilterNode **nodes =
		VmFilterGrowArray(parser, NULL, sizeof(VmFilterNode *), 0, list->capacity);

	if (nodes == NULL)
		return false;
	for (uint32_t i = 0; i < list->count; i++)
	{
		nodes[i] = ConstantAt(parser, list, i);
		if (nodes[i] == NULL)
			return false;
	}
	list->kind = VM_FILTER_LIST;
	list->nodes = nodes;
	list->spans = NULL;
	return true;
}

/* What held a value that has been copied. */
static void
Recycle(VmFilterParser *parser, VmFilterNode *node)
{
	VmFilterNode *inner = node->kind == VM_FILTER_UNARY ? node->arg[0] : NULL;

	node->arg[0] = parser->spare;
	parser->spare = node;
	if (inner != NULL)
		Recycle(parser, inner);
}

/* Adds an item; node is the list's.  An item that is a constant is used up. */
bool
VmFilterListAdd(VmFilterParser *parser, VmFilterNode *node, VmFilterNode *item)
{
	VmFilterList *list = node->list;
	ListItem value = ItemOf(item);

	if (list->count == 0)
		list->kind = value.kind;
	else if (list->kind != VM_FILTER_LIST && list->kind != value.kind && !MakeNodes(parser, list))
		return false;
	if (!VmFilterAdopt(parser, node, item) || !Reserve(parser, list))
		return false;
	if (list->kind == VM_FILTER_LIST)
	{
		list->nodes[list->count++] = item;
		return true;
	}
	list->spans[list->count] = item->span;
	if (list->kind == VM_FILTER_BOOL)
		list->bools[list->count] = value.boolean;
	else if (list->kind == VM_FILTER_INT)
		list->integers[list->count] = value.integer;
	else if (list->kind == VM_FILTER_FLOAT)
		list->reals[list->count] = value.real;
	else
		list->strings[list->count] = value.string;
	list->count++;
	Recycle(parser, item);
	return true;
}
