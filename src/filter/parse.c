/*
 * parse.c
 *		Runs lexer and grammar over a text (parse.h).
 */
#include <stdlib.h>
#include <string.h>

#include "filter/gram.h"
#include "filter/parser_private.h"

/* How many tokens pass between two questions whether to stop. */
#define TOKENS_PER_CHECK 4096

/* flex wants two NULs after the text. */
#define TAIL 2

static bool
CheckText(VmFilterParser *parser, const char *text, size_t length)
{
	size_t good;

	if (length > VM_FILTER_MAX_TEXT)
		return VmFilterFail(parser, VM_FILTER_ERROR_LIMIT, 0,
							"the expression has more than %u bytes", VM_FILTER_MAX_TEXT);
	good = VmFilterCheckUtf8(text, length);
	if (good < length)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, good,
							text[good] == '\0' ? "the expression holds a NUL byte" :
												 "the expression is not valid UTF-8");
	return true;
}

/* Bison asks here for tokens. */
int
VmFilterYylex(VmFilterValue *value, VmFilterSpan *span, VmFilterParser *parser)
{
	const VmFilterOptions *options = parser->options;
	int token;

	if (++parser->tokens % TOKENS_PER_CHECK == 0 && options != NULL &&
		options->interrupted != NULL && options->interrupted(options->interrupted_arg))
	{
		VmFilterFail(parser, VM_FILTER_ERROR_INTERRUPTED, parser->newest.offset, "interrupted");
		return VM_TOKEN_VMFILTERYYerror;
	}
	token = VmFilterScan(value, parser, parser->scanner);
	parser->last = parser->newest;
	if (token == VM_TOKEN_YYEOF)
		parser->newest = (VmFilterSpan) {parser->length, 0};
	else
		parser->newest = VmFilterScanSpan(parser);
	*span = parser->newest;

	if (token == VM_TOKEN_LPAREN || token == VM_TOKEN_LBRACKET)
	{
		if (++parser->brackets > VM_FILTER_MAX_DEPTH)
		{
			VmFilterFailTooDeep(parser, span->offset);
			return VM_TOKEN_VMFILTERYYerror;
		}
	}
	else if ((token == VM_TOKEN_RPAREN || token == VM_TOKEN_RBRACKET) && parser->brackets > 0)
		parser->brackets--;
	return token;
}

static bool
Run(VmFilterParser *parser, const char *text, size_t length)
{
	parser->text = VmFilterPiece(parser, length + TAIL);
	if (parser->text == NULL)
		return false;
	if (length > 0)
		memcpy(parser->text, text, length);
	memset(parser->text + length, 0, TAIL);
	parser->length = (uint32_t) length;

	if (setjmp(parser->fatal) != 0 || !VmFilterScanBegin(parser, parser->text, length + TAIL))
		return VmFilterFailMemory(parser);
	/* The error is there already; this one would stay only if it were not. */
	if (VmFilterYyparse(parser) != 0)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, parser->newest.offset, "syntax error");
	if (parser->minimum_pending)
		return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, parser->minimum.offset,
							"integer \"%.*s\" is out of range", (int) parser->minimum.length,
							parser->text + parser->minimum.offset);
	return true;
}

VmFilterAst *
VmFilterParse(const char *text, size_t length, const VmFilterOptions *options, VmFilterError *error)
{
	VmFilterParser parser = {.error = error, .options = options};
	size_t limit =
		options != NULL && options->max_memory > 0 ? options->max_memory : VM_FILTER_MAX_MEMORY;

	if (!CheckText(&parser, text, length))
		return NULL;
	parser.ast = calloc(1, sizeof(VmFilterAst));
	if (parser.ast == NULL)
	{
		VmFilterFail(&parser, VM_FILTER_ERROR_MEMORY, 0, "out of memory");
		return NULL;
	}
	VmFilterArenaInit(&parser.ast->arena, limit);
	if (Run(&parser, text, length))
		return parser.ast;
	VmFilterFree(parser.ast);
	return NULL;
}

void
VmFilterFree(VmFilterAst *ast)
{
	if (ast == NULL)
		return;
	VmFilterArenaFree(&ast->arena);
	free(ast);
}

VmFilterNode *
VmFilterRoot(const VmFilterAst *ast)
{
	return ast->root;
}

size_t
VmFilterMemory(const VmFilterAst *ast)
{
	return ast->arena.used;
}

const VmFilterNode *
VmFilterNewerForm(const VmFilterAst *ast, const char **name)
{
	*name = ast->newer_name;
	return ast->newer;
}

void
VmFilterLine(const char *text, size_t length, size_t offset, int *line, int *column)
{
	*line = *column = 1;
	if (offset > length)
		offset = length;
	for (size_t i = 0; i < offset; i++)
	{
		if (text[i] == '\n')
		{
			(*line)++;
			*column = 1;
		}
		else if (((unsigned char) text[i] & 0xC0) != 0x80)
			(*column)++;
	}
}
