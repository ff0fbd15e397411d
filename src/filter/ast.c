/*
 * ast.c
 *		Names of what a tree holds (ast.h).
 */
#include "filter/ast.h"

static const char *const op_text[] = {
	[VM_FILTER_NO_OP] = "",
	[VM_FILTER_LIKE] = "like",
	[VM_FILTER_REGEX] = "=~",
	[VM_FILTER_NOT_REGEX] = "!~",
	[VM_FILTER_POWER] = "**",
	[VM_FILTER_MUL] = "*",
	[VM_FILTER_DIV] = "/",
	[VM_FILTER_MOD] = "%",
	[VM_FILTER_ADD] = "+",
	[VM_FILTER_SUB] = "-",
	[VM_FILTER_SHIFT_LEFT] = "<<",
	[VM_FILTER_SHIFT_RIGHT] = ">>",
	[VM_FILTER_IN] = "in",
	[VM_FILTER_NOT_IN] = "not in",
	[VM_FILTER_LT] = "<",
	[VM_FILTER_LE] = "<=",
	[VM_FILTER_GT] = ">",
	[VM_FILTER_GE] = ">=",
	[VM_FILTER_EQ] = "==",
	[VM_FILTER_NE] = "!=",
	[VM_FILTER_BIT_AND] = "&",
	[VM_FILTER_BIT_XOR] = "^",
	[VM_FILTER_BIT_OR] = "|",
	[VM_FILTER_AND] = "and",
	[VM_FILTER_OR] = "or",
	[VM_FILTER_EXISTS] = "exists",
	[VM_FILTER_PLUS] = "+",
	[VM_FILTER_MINUS] = "-",
	[VM_FILTER_BIT_NOT] = "~",
	[VM_FILTER_NOT] = "not",
	[VM_FILTER_IS_NULL] = "is null",
	[VM_FILTER_IS_NOT_NULL] = "is not null",
};

const char *
VmFilterOpText(VmFilterOp op)
{
	return op_text[op];
}
