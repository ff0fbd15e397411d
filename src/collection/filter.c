/*
 * filter.c
 *		Filter expressions as conditions (filter.h): text to tree, and errors.
 */
#include "compat/compat.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "collection/filter_compile.h"
#include "collection/filter_private.h"

/* How much of a filter an error shows. */
#define EXCERPT_BYTES 80

/* --------------------------------------------------------------------- errors */

static char *
Excerpt(const char *text, size_t length)
{
	int shown =
		pg_encoding_mbcliplen(PG_UTF8, text, (int) Min(length, PG_INT32_MAX), EXCERPT_BYTES);

	return psprintf("%s%s", pnstrdup(text, shown), (size_t) shown < length ? "..." : "");
}

static char *
Server(const char *utf8)
{
	return pg_any_to_server(utf8, (int) strlen(utf8), PG_UTF8);
}

static _Noreturn void
RaiseAt(const char *text, size_t length, size_t offset, VmMilvusCode code, const char *message,
		const char *hint)
{
	int line;
	int column;

	VmFilterLine(text, length, offset, &line, &column);
	ereport(ERROR, (VmErrcode(code),
					errmsg("cannot parse expression: %s, error: %s", Server(Excerpt(text, length)),
						   message),
					line > 1 ? errdetail("At line %d, character %d.", line, column) :
							   errdetail("At character %d.", column),
					hint == NULL || hint[0] == '\0' ? 0 : errhint("%s", hint)));
}

void
VmFilterRaise(const VmCompiler *compiler, const VmFilterNode *node, const char *format, ...)
{
	StringInfoData message;

	initStringInfo(&message);
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, format);
		needed = appendStringInfoVA(&message, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&message, needed);
	}
	RaiseAt(compiler->text, compiler->length, node->span.offset, VM_PARAMETER_INVALID, message.data,
			NULL);
}

void
VmFilterRaiseUnsupported(const VmCompiler *compiler, const VmFilterNode *node, const char *what)
{
	RaiseAt(compiler->text, compiler->length, node->span.offset, VM_UNSUPPORTED,
			psprintf("%s is not supported", what), NULL);
}

/* -------------------------------------------------------------------- compiling */

static bool
IsInterrupted(void *arg)
{
	return InterruptPending && (QueryCancelPending || ProcDiePending);
}

static void
FreeTree(void *tree)
{
	VmFilterFree(tree);
}

static _Noreturn void
RaiseParser(const char *text, size_t length, const VmFilterError *error)
{
	CHECK_FOR_INTERRUPTS();
	if (error->kind == VM_FILTER_ERROR_MEMORY)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	RaiseAt(text, length, error->offset, VM_PARAMETER_INVALID, Server(error->message),
			Server(error->hint));
}

/* The tree is freed with the context, whatever happens. */
static VmFilterAst *
Parse(const char *text, size_t length)
{
	VmFilterOptions options = {.interrupted = IsInterrupted};
	MemoryContextCallback *callback = palloc0(sizeof(*callback));
	const char *form = NULL;
	const VmFilterNode *newer;
	VmFilterError error;
	VmFilterAst *tree = VmFilterParse(text, length, &options, &error);

	if (tree == NULL)
		RaiseParser(text, length, &error);
	callback->func = FreeTree;
	callback->arg = tree;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	newer = VmFilterNewerForm(tree, &form);
	if (newer != NULL)
		RaiseAt(text, length, newer->span.offset, VM_UNSUPPORTED,
				psprintf("%s is not supported", form), "It is newer than Milvus 2.5.");
	if (!VmFilterFold(tree, &error))
		RaiseParser(text, length, &error);
	return tree;
}

static VmQual *
MakeQual(const VmCompiler *compiler, char *condition)
{
	VmQual *qual = palloc0(sizeof(*qual));

	qual->sql = condition;
	qual->nparams = compiler->nparams;
	qual->params = compiler->params;
	qual->nranges = compiler->nranges;
	qual->ranges = compiler->ranges;
	return qual;
}

VmQual *
VmFilterCompile(VmCollection *collection, const char *filter, Jsonb *templates, const char *alias,
				int first_param)
{
	VmCompiler compiler = {.collection = collection, .alias = alias, .first_param = first_param};
	char *utf8;
	char *condition;

	if (filter[strspn(filter, " \t\r\n")] == '\0')
		return NULL;
	/* The parser reads UTF-8, whatever the database has. */
	utf8 = (char *) pg_server_to_any(filter, (int) strlen(filter), PG_UTF8);
	compiler.templates = templates;
	compiler.text = utf8;
	compiler.length = strlen(utf8);
	condition = VmFilterCondition(&compiler, VmFilterRoot(Parse(utf8, compiler.length)));
	return MakeQual(&compiler, condition);
}
