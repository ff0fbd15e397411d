/*
 * filter_test.h
 *		What the tests of src/filter share: an expression's canonical text, or
 *		its error.
 */
#ifndef VM_FILTER_TEST_H
#define VM_FILTER_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/parse.h"
#include "unit.h"

#define FILTER_ROOM 4096

typedef struct FilterCase
{
	const char *text;
	const char *expected;
} FilterCase;

/*
 * The canonical text of an expression, folded if asked; or `!OFFSET: message`.
 * The text lies in a block of its own size, so that a sanitizer sees a byte read
 * behind it.  The result lies in buffer.
 */
static inline const char *
FilterAnswer(const char *text, size_t length, bool fold, char *buffer)
{
	VmFilterError error = {.offset = (size_t) -1};
	char *copy = malloc(length + (length == 0));
	VmFilterAst *ast;

	if (length > 0)
		memcpy(copy, text, length);
	ast = VmFilterParse(copy, length, NULL, &error);
	free(copy);
	if (ast == NULL || (fold && !VmFilterFold(ast, &error)))
		snprintf(buffer, FILTER_ROOM, "!%zu: %s", error.offset, error.message);
	else
		VmFilterPrint(VmFilterRoot(ast), buffer, FILTER_ROOM);
	VmFilterFree(ast);
	return buffer;
}

/* One row, and that a canonical text is its own canonical text. */
static inline void
FilterExpect(const char *text, const char *expected, bool fold)
{
	char got[FILTER_ROOM];
	char again[FILTER_ROOM];

	FilterAnswer(text, strlen(text), fold, got);
	UNIT_EACH(strcmp(got, expected) == 0, "%s\n#     got      %s\n#     expected %s", text, got,
			  expected);
	if (got[0] != '!')
		UNIT_EACH(strcmp(FilterAnswer(got, strlen(got), false, again), got) == 0,
				  "%s is printed as %s, which becomes %s", text, got, again);
}

#define FILTER_TABLE(cases, fold, name)                                                            \
	do                                                                                             \
	{                                                                                              \
		for (size_t row = 0; row < sizeof(cases) / sizeof((cases)[0]); row++)                      \
			FilterExpect((cases)[row].text, (cases)[row].expected, fold);                          \
		UnitReport(name);                                                                          \
	} while (0)

#endif
