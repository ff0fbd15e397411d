/*
 * print.c
 *		The canonical text of a tree (parse.h, VmFilterPrint).
 *
 * Recursion is bounded by the depth of the tree (FILT-3).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/parser_private.h"

/* What has been written, or would be if it had room. */
typedef struct Output
{
	char *buffer;
	size_t capacity;
	size_t size;
} Output;

static void PrintNode(Output *out, const VmFilterNode *node);

static void
PutBytes(Output *out, const char *bytes, size_t size)
{
	if (out->size < out->capacity)
	{
		size_t room = out->capacity - out->size;

		memcpy(out->buffer + out->size, bytes, size < room ? size : room);
	}
	out->size += size;
}

static void
Put(Output *out, const char *text)
{
	PutBytes(out, text, strlen(text));
}

static void
PutName(Output *out, VmFilterString name)
{
	PutBytes(out, name.data, name.size);
}

static void
PrintString(Output *out, VmFilterString string)
{
	Put(out, "\"");
	for (uint32_t i = 0; i < string.size; i++)
	{
		char c = string.data[i];
		char escape[8];

		if (c == '"' || c == '\\')
			snprintf(escape, sizeof(escape), "\\%c", c);
		else if (c == '\n')
			snprintf(escape, sizeof(escape), "\\n");
		else if ((unsigned char) c < 0x20 || c == 0x7F)
			snprintf(escape, sizeof(escape), "\\%03o", (unsigned) c);
		else
			snprintf(escape, sizeof(escape), "%c", c);
		Put(out, escape);
	}
	Put(out, "\"");
}

static void
PrintInteger(Output *out, int64_t value)
{
	char digits[32];

	snprintf(digits, sizeof(digits), "%lld", (long long) value);
	Put(out, digits);
}

/* In the fewest digits that read back the same, and so that it stays a float. */
static void
PrintReal(Output *out, double value)
{
	char digits[40];

	for (int precision = 15; precision <= 17; precision++)
	{
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	Put(out, digits);
	if (strpbrk(digits, ".e") == NULL)
		Put(out, ".0");
}

static void
PrintPath(Output *out, const VmFilterPath *path)
{
	PutName(out, path->root);
	for (uint32_t i = 0; i < path->nsteps; i++)
	{
		const VmFilterStep *step = &path->steps[i];

		Put(out, "[");
		if (step->kind == VM_FILTER_STEP_KEY)
			PrintString(out, step->name);
		else if (step->kind == VM_FILTER_STEP_INDEX)
			PrintInteger(out, step->index);
		else
			PutName(out, step->name);
		Put(out, "]");
	}
}

static void
PrintList(Output *out, const VmFilterList *list)
{
	Put(out, "[");
	for (uint32_t i = 0; i < list->count; i++)
	{
		if (i > 0)
			Put(out, ", ");
		if (list->kind == VM_FILTER_BOOL)
			Put(out, list->bools[i] ? "true" : "false");
		else if (list->kind == VM_FILTER_INT)
			PrintInteger(out, list->integers[i]);
		else if (list->kind == VM_FILTER_FLOAT)
			PrintReal(out, list->reals[i]);
		else if (list->kind == VM_FILTER_STRING)
			PrintString(out, list->strings[i]);
		else
			PrintNode(out, list->nodes[i]);
	}
	Put(out, "]");
}

static void
PrintCall(Output *out, const VmFilterCall *call)
{
	const char *name = VmFilterFunctionName(call->function);

	if (name[0] != '\0')
		Put(out, name);
	else
		PutName(out, call->name);
	Put(out, "(");
	for (uint32_t i = 0; i < call->nargs; i++)
	{
		if (i > 0)
			Put(out, ", ");
		PrintNode(out, call->args[i]);
	}
	if (call->option != NULL)
	{
		Put(out, ", ");
		Put(out, call->option);
		Put(out, "=");
		PrintInteger(out, call->option_value);
	}
	Put(out, ")");
}

static void
PrintOp(Output *out, VmFilterOp op)
{
	Put(out, " ");
	Put(out, VmFilterOpText(op));
	Put(out, " ");
}

static void
PrintTime(Output *out, VmFilterOp op, const VmFilterTime *time)
{
	PrintNode(out, time->field);
	if (time->sign != VM_FILTER_NO_OP)
	{
		PrintOp(out, time->sign);
		Put(out, "interval ");
		PrintString(out, time->interval);
	}
	PrintOp(out, op);
	Put(out, "iso ");
	PrintString(out, time->iso);
}

/* What goes into parentheses. */
static void
PrintOperation(Output *out, const VmFilterNode *node)
{
	switch (node->kind)
	{
		case VM_FILTER_INT:
			PrintInteger(out, node->integer);
			break;
		case VM_FILTER_FLOAT:
			PrintReal(out, node->real);
			break;
		case VM_FILTER_UNARY:
			Put(out, VmFilterOpText(node->op));
			if (node->op == VM_FILTER_NOT || node->op == VM_FILTER_EXISTS)
				Put(out, " ");
			PrintNode(out, node->arg[0]);
			break;
		case VM_FILTER_NULL_TEST:
			PrintNode(out, node->arg[0]);
			Put(out, " ");
			Put(out, VmFilterOpText(node->op));
			break;
		case VM_FILTER_RANGE:
		case VM_FILTER_BINARY:
			PrintNode(out, node->arg[0]);
			PrintOp(out, node->op);
			PrintNode(out, node->arg[1]);
			if (node->kind == VM_FILTER_RANGE)
			{
				PrintOp(out, node->op2);
				PrintNode(out, node->arg[2]);
			}
			break;
		case VM_FILTER_LOGICAL:
			for (uint32_t i = 0; i < node->nterms; i++)
			{
				if (i > 0)
					PrintOp(out, node->op);
				PrintNode(out, node->terms[i]);
			}
			break;
		case VM_FILTER_TIME:
			PrintTime(out, node->op, node->time);
			break;
		default:
			break;
	}
}

static void
PrintNode(Output *out, const VmFilterNode *node)
{
	bool parens = true;

	switch (node->kind)
	{
		case VM_FILTER_BOOL:
			Put(out, node->boolean ? "true" : "false");
			return;
		case VM_FILTER_STRING:
			PrintString(out, node->string);
			return;
		case VM_FILTER_LIST:
			PrintList(out, node->list);
			return;
		case VM_FILTER_TEMPLATE:
			Put(out, "{");
			PutName(out, node->string);
			Put(out, "}");
			return;
		case VM_FILTER_FIELD:
		case VM_FILTER_STRUCT_FIELD:
			PrintPath(out, node->path);
			return;
		case VM_FILTER_CALL:
			PrintCall(out, node->call);
			return;
		case VM_FILTER_INT:
			parens = node->integer < 0;
			break;
		case VM_FILTER_FLOAT:
			parens = signbit(node->real) != 0;
			break;
		default:
			break;
	}
	if (parens)
		Put(out, "(");
	PrintOperation(out, node);
	if (parens)
		Put(out, ")");
}

size_t
VmFilterPrint(const VmFilterNode *node, char *buffer, size_t capacity)
{
	Output out = {.buffer = buffer, .capacity = capacity > 0 ? capacity - 1 : 0};

	PrintNode(&out, node);
	if (capacity > 0)
		buffer[out.size < out.capacity ? out.size : out.capacity] = '\0';
	return out.size;
}
