/*
 * parse.h
 *		Milvus's filter expressions: text to tree, tree to text, constants folded.
 *
 *	VmFilterParse		text to VmFilterAst, or an error with its position
 *	VmFilterFree		releases all of it
 *	VmFilterFold		computes what is constant in a tree
 *	VmFilterPrint		the canonical text of a tree
 *	VmFilterNewerForm	the first thing in it that Milvus 2.5 does not have
 *	VmFilterLine		byte offset to line and column
 *
 * Nothing here exits, prints, or keeps state between calls.  Memory is malloc's,
 * so a caller who may leave by longjmp has VmFilterFree called from a cleanup
 * that the jump does not skip (in a server: a reset callback of the memory
 * context); inside these functions nothing of the caller's is called but
 * `interrupted`, which must return.
 */
#ifndef VM_FILTER_PARSE_H
#define VM_FILTER_PARSE_H

#include "filter/ast.h"

/* Limits; README.md has the reasons. */
#define VM_FILTER_MAX_TEXT   (64u << 20)
#define VM_FILTER_MAX_DEPTH  200
#define VM_FILTER_MAX_MEMORY ((size_t) 1 << 30)

typedef enum VmFilterErrorKind
{
	VM_FILTER_ERROR_SYNTAX,     /* the text is no expression */
	VM_FILTER_ERROR_VALUE,      /* a constant out of range, a division by zero */
	VM_FILTER_ERROR_LIMIT,      /* too long, too deep, too much memory */
	VM_FILTER_ERROR_MEMORY,     /* malloc gave none */
	VM_FILTER_ERROR_INTERRUPTED /* `interrupted` said so */
} VmFilterErrorKind;

typedef struct VmFilterError
{
	VmFilterErrorKind kind;
	size_t offset; /* in bytes from the start of the text, at most its length */
	char message[256];
	char hint[192]; /* a sentence, or empty */
} VmFilterError;

typedef struct VmFilterOptions
{
	size_t max_memory; /* of the tree, in bytes; 0 is VM_FILTER_MAX_MEMORY */

	/* Asked now and then, unless NULL; true stops the parser. */
	bool (*interrupted)(void *arg);
	void *interrupted_arg;
} VmFilterOptions;

typedef struct VmFilterAst VmFilterAst;

/*
 * Parses length bytes of UTF-8, which need no NUL after them and are not needed
 * afterwards.  options may be NULL.  Returns NULL with *error filled; then
 * nothing is left to be freed.
 */
extern VmFilterAst *VmFilterParse(const char *text, size_t length, const VmFilterOptions *options,
								  VmFilterError *error);

/* ast may be NULL. */
extern void VmFilterFree(VmFilterAst *ast);

extern VmFilterNode *VmFilterRoot(const VmFilterAst *ast);

/* Bytes of memory that the tree takes. */
extern size_t VmFilterMemory(const VmFilterAst *ast);

/*
 * The first form in the text that is newer than Milvus 2.5, with what it is
 * called in *name; NULL when there is none.
 */
extern const VmFilterNode *VmFilterNewerForm(const VmFilterAst *ast, const char **name);

/*
 * Computes + - * / % ** << >> & ^ | ~ and signs where all operands are integer
 * or float constants, as Milvus does, except that an integer overflow is an
 * error.  Comparisons and logic are left alone.  Returns false with *error filled
 * and the tree partly folded.
 */
extern bool VmFilterFold(VmFilterAst *ast, VmFilterError *error);

/*
 * Writes the canonical text of a tree: every operation in parentheses, strings in
 * double quotes.  Parsed again, it prints the same.  Like snprintf: at most
 * capacity bytes including a final NUL, and returns how many there are without
 * that NUL.
 */
extern size_t VmFilterPrint(const VmFilterNode *node, char *buffer, size_t capacity);

/* Line and column of a byte, both from 1; columns count characters. */
extern void VmFilterLine(const char *text, size_t length, size_t offset, int *line, int *column);

#endif
