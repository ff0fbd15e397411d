/*
 * fuzz_filter.c
 *		libFuzzer target: filter expressions.
 *
 * Properties: an error lies within the text and has a message; what is parsed is
 * printed as a text that parses and is printed the same; folding is an error or
 * gives a tree of which that holds, too.  The input lies in a block of its own size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/parse.h"

/* Longer texts are for the unit tests. */
#define MEMORY ((size_t) 64 << 20)

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
Require(bool holds, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "property violated: %s\n", property);
	abort();
}

static char *
Print(const VmFilterAst *ast, size_t *size)
{
	char *text;

	*size = VmFilterPrint(VmFilterRoot(ast), NULL, 0);
	text = malloc(*size + 1);
	Require(VmFilterPrint(VmFilterRoot(ast), text, *size + 1) == *size, "printing twice is equal");
	Require(text[*size] == '\0' && strlen(text) == *size, "a printed text has no NUL");
	return text;
}

static VmFilterAst *
Parse(const char *text, size_t size, VmFilterError *error)
{
	VmFilterOptions options = {.max_memory = MEMORY};

	memset(error, 0xFF, sizeof(*error));
	return VmFilterParse(text, size, &options, error);
}

static void
CheckError(const VmFilterError *error, size_t size)
{
	Require(error->kind <= VM_FILTER_ERROR_INTERRUPTED, "an error has a kind");
	Require(error->offset <= size, "an error lies in the text");
	Require(memchr(error->message, '\0', sizeof(error->message)) != NULL &&
				error->message[0] != '\0',
			"an error has a message");
	Require(memchr(error->hint, '\0', sizeof(error->hint)) != NULL, "a hint ends");
}

/* The canonical text says the same as the tree that it was made of. */
static void
CheckRoundTrip(const VmFilterAst *ast)
{
	VmFilterError error;
	size_t size;
	size_t size_again;
	char *text = Print(ast, &size);
	VmFilterAst *again = Parse(text, size, &error);
	char *text_again;

	/* More parentheses than the text had may be too many. */
	if (again == NULL)
		Require(error.kind == VM_FILTER_ERROR_LIMIT, "a printed text parses");
	else
	{
		text_again = Print(again, &size_again);
		Require(size == size_again && memcmp(text, text_again, size) == 0,
				"a printed text is printed the same");
		free(text_again);
	}
	VmFilterFree(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + (size == 0));
	VmFilterError error;
	VmFilterAst *ast;

	if (size > 0)
		memcpy(text, data, size);
	ast = Parse(text, size, &error);
	free(text);
	if (ast == NULL)
	{
		CheckError(&error, size);
		return 0;
	}
	Require(VmFilterRoot(ast)->span.offset + VmFilterRoot(ast)->span.length <= size,
			"the tree lies in the text");
	Require(VmFilterRoot(ast)->depth <= VM_FILTER_MAX_DEPTH, "the tree is not too deep");
	CheckRoundTrip(ast);
	if (VmFilterFold(ast, &error))
		CheckRoundTrip(ast);
	else
		CheckError(&error, size);
	VmFilterFree(ast);
	return 0;
}
