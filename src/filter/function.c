/*
 * function.c
 *		Calls: which functions there are and what they take.
 *
 * A name is a function's only before "(", in lower or in upper case throughout;
 * elsewhere it names a field, so that fields may be called `threshold` or
 * `match_any`.  A function that is in no Milvus is left to the caller.
 */
#include <string.h>

#include "filter/parser_private.h"

typedef enum FirstArg
{
	ANYTHING,
	FIELD_NAME, /* a name without a path */
	FIELD_PATH  /* a name or a path */
} FirstArg;

typedef struct Function
{
	const char *name;
	uint32_t min_args;
	uint32_t max_args;
	FirstArg first;
	const char *option;
	bool option_needed;
	bool newer; /* than Milvus 2.5 */
} Function;

static const Function functions[] = {
	[VM_FILTER_JSON_CONTAINS] = {"json_contains", 2, 2, ANYTHING, NULL, false, false},
	[VM_FILTER_JSON_CONTAINS_ALL] = {"json_contains_all", 2, 2, ANYTHING, NULL, false, false},
	[VM_FILTER_JSON_CONTAINS_ANY] = {"json_contains_any", 2, 2, ANYTHING, NULL, false, false},
	[VM_FILTER_ARRAY_CONTAINS] = {"array_contains", 2, 2, ANYTHING, NULL, false, false},
	[VM_FILTER_ARRAY_CONTAINS_ALL] = {"array_contains_all", 2, 2, ANYTHING, NULL, false, false},
	[VM_FILTER_ARRAY_CONTAINS_ANY] = {"array_contains_any", 2, 2, ANYTHING, NULL, false, false},
	[VM_FILTER_ARRAY_LENGTH] = {"array_length", 1, 1, FIELD_PATH, NULL, false, false},
	[VM_FILTER_TEXT_MATCH] = {"text_match", 2, 2, FIELD_NAME, "minimum_should_match", false, false},
	[VM_FILTER_PHRASE_MATCH] = {"phrase_match", 2, 3, FIELD_NAME, NULL, false, false},
	[VM_FILTER_RANDOM_SAMPLE] = {"random_sample", 1, 1, ANYTHING, NULL, false, true},
	[VM_FILTER_ELEMENT_FILTER] = {"element_filter", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_MATCH_ALL] = {"match_all", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_MATCH_ANY] = {"match_any", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_MATCH_LEAST] = {"match_least", 2, 2, FIELD_NAME, "threshold", true, true},
	[VM_FILTER_MATCH_MOST] = {"match_most", 2, 2, FIELD_NAME, "threshold", true, true},
	[VM_FILTER_MATCH_EXACT] = {"match_exact", 2, 2, FIELD_NAME, "threshold", true, true},
	[VM_FILTER_ST_EQUALS] = {"st_equals", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_TOUCHES] = {"st_touches", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_OVERLAPS] = {"st_overlaps", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_CROSSES] = {"st_crosses", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_CONTAINS] = {"st_contains", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_INTERSECTS] = {"st_intersects", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_WITHIN] = {"st_within", 2, 2, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_DWITHIN] = {"st_dwithin", 3, 3, FIELD_NAME, NULL, false, true},
	[VM_FILTER_ST_ISVALID] = {"st_isvalid", 1, 1, FIELD_NAME, NULL, false, true},
};

#define NFUNCTIONS (sizeof(functions) / sizeof(functions[0]))

/* In lower case; "" for an unknown one. */
const char *
VmFilterFunctionName(VmFilterFunction function)
{
	const char *name = functions[function].name;

	return name != NULL ? name : "";
}

/* Whether name is word, all in lower or all in upper case; word is in lower case. */
static bool
IsKeyword(VmFilterString name, const char *word)
{
	bool upper = name.size > 0 && name.data[0] >= 'A' && name.data[0] <= 'Z';

	if (strlen(word) != name.size)
		return false;
	for (uint32_t i = 0; i < name.size; i++)
	{
		char c = word[i];

		if (upper && c >= 'a' && c <= 'z')
			c = (char) (c - 'a' + 'A');
		if (name.data[i] != c)
			return false;
	}
	return true;
}

static VmFilterFunction
FindFunction(VmFilterString name)
{
	for (size_t i = VM_FILTER_UNKNOWN_FUNCTION + 1; i < NFUNCTIONS; i++)
	{
		if (IsKeyword(name, functions[i].name))
			return (VmFilterFunction) i;
	}
	return VM_FILTER_UNKNOWN_FUNCTION;
}

/* A call without arguments yet; its name comes with VmFilterMakeCall. */
VmFilterCall *
VmFilterMakeArgs(VmFilterParser *parser)
{
	VmFilterCall *call = VmFilterPiece(parser, sizeof(VmFilterCall));

	if (call != NULL)
		*call = (VmFilterCall) {0};
	return call;
}

bool
VmFilterAddArg(VmFilterParser *parser, VmFilterCall *call, VmFilterNode *arg)
{
	uint32_t count = call->nargs;

	if (call->option != NULL)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, arg->span.offset,
							"no argument may follow %s", call->option);
	if ((count & (count - 1)) == 0)
	{
		VmFilterNode **args = VmFilterGrowArray(parser, call->args, sizeof(VmFilterNode *), count,
												count == 0 ? 1 : (size_t) count * 2);

		if (args == NULL)
			return false;
		call->args = args;
	}
	call->args[call->nargs++] = arg;
	return true;
}

/* name = value, the last argument of some functions. */
bool
VmFilterSetOption(VmFilterParser *parser, VmFilterCall *call, VmFilterSpan span,
				  VmFilterString name, int64_t value)
{
	if (call->option != NULL)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, span.offset,
							"no argument may follow %s", call->option);
	for (size_t i = 0; i < NFUNCTIONS; i++)
	{
		if (functions[i].option != NULL && IsKeyword(name, functions[i].option))
			call->option = functions[i].option;
	}
	if (call->option == NULL)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, span.offset,
							"no function has an option \"%.*s\"",
							(int) (name.size > 64 ? 64 : name.size), name.data);
	call->option_value = value;
	call->option_span = span;
	return true;
}

static bool
CheckCount(VmFilterParser *parser, const Function *function, const VmFilterCall *call)
{
	if (call->nargs >= function->min_args && call->nargs <= function->max_args)
		return true;
	if (function->min_args < function->max_args)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, call->name_span.offset,
							"%s takes %u or %u arguments, not %u", function->name,
							function->min_args, function->max_args, call->nargs);
	return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, call->name_span.offset,
						"%s takes %u argument%s, not %u", function->name, function->min_args,
						function->min_args == 1 ? "" : "s", call->nargs);
}

static bool
CheckFirst(VmFilterParser *parser, const Function *function, const VmFilterCall *call)
{
	const VmFilterNode *arg = call->args[0];
	bool field = arg->kind == VM_FILTER_FIELD && !arg->parens && !arg->path->is_meta;

	if (function->first == ANYTHING ||
		(function->first == FIELD_NAME && field && arg->path->nsteps == 0))
		return true;
	if (function->first == FIELD_PATH &&
		((arg->kind == VM_FILTER_FIELD && !arg->parens) || arg->kind == VM_FILTER_STRUCT_FIELD))
		return true;
	return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, arg->span.offset,
						function->first == FIELD_NAME ?
							"the first argument of %s must be the name of a field" :
							"the argument of %s must be a field",
						function->name);
}

static bool
CheckOption(VmFilterParser *parser, const Function *function, const VmFilterCall *call)
{
	if (call->option == NULL && function->option_needed)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, call->name_span.offset,
							"%s needs %s = a number as its last argument", function->name,
							function->option);
	if (call->option != NULL && call->option != function->option)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, call->option_span.offset,
							"%s has no option \"%s\"", function->name, call->option);
	return true;
}

static bool
CheckCall(VmFilterParser *parser, const VmFilterCall *call)
{
	const Function *function = &functions[call->function];

	if (call->function == VM_FILTER_UNKNOWN_FUNCTION)
	{
		if (call->option == NULL)
			return true;
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, call->option_span.offset,
							"the function has no option \"%s\"", call->option);
	}
	return CheckCount(parser, function, call) && CheckFirst(parser, function, call) &&
		   CheckOption(parser, function, call);
}

/* call has its name and arguments, and becomes the node's. */
VmFilterNode *
VmFilterMakeCall(VmFilterParser *parser, VmFilterSpan span, VmFilterSpan name_span,
				 VmFilterCall *call, bool comma_at_end)
{
	VmFilterNode *node = VmFilterNewNode(parser, VM_FILTER_CALL, span);

	if (node == NULL)
		return NULL;
	call->name_span = name_span;
	call->function = FindFunction(call->name);
	node->call = call;
	if (!CheckCall(parser, call))
		return NULL;
	if (comma_at_end && (call->function != VM_FILTER_UNKNOWN_FUNCTION || call->option != NULL))
	{
		VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, span.offset + span.length - 1,
					 "syntax error at or near \")\"");
		return NULL;
	}
	for (uint32_t i = 0; i < call->nargs; i++)
	{
		if (!VmFilterAdopt(parser, node, call->args[i]))
			return NULL;
	}
	if (functions[call->function].newer)
		VmFilterNoteNewer(parser, node, functions[call->function].name);
	return node;
}
