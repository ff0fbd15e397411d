/*
 * parser_private.h
 *		What the lexer, the grammar and the makers of nodes share.
 *
 * Every maker returns NULL, and every bool function false, after filling the
 * error of the parse; the first error stays.  Nothing is freed on its own: all
 * memory is the arena's.
 */
#ifndef VM_FILTER_PARSER_PRIVATE_H
#define VM_FILTER_PARSER_PRIVATE_H

#include <setjmp.h>

#include "filter/arena_private.h"
#include "filter/ast.h"
#include "filter/parse.h"

struct VmFilterAst
{
	VmFilterArena arena;
	VmFilterNode *root;
	const VmFilterNode *newer; /* the first in the text, or NULL */
	const char *newer_name;
};

typedef struct VmFilterParser
{
	VmFilterAst *ast;
	VmFilterError *error;
	bool failed;

	/* The arena's copy of the text, which flex writes to and strings point into. */
	char *text;
	uint32_t length;

	const VmFilterOptions *options;
	void *scanner;
	jmp_buf fatal; /* where flex's fatal errors go */
	uint32_t tokens;
	uint32_t brackets; /* open ones */
	VmFilterSpan last; /* the token before the newest */
	VmFilterSpan newest;

	/* Constants whose values went into a list: their nodes are used again. */
	VmFilterNode *spare;

	/* An INT of 2^63, legal after a minus only, which has not come yet. */
	bool minimum_pending;
	VmFilterSpan minimum;
} VmFilterParser;

/* Values of tokens and of what the grammar makes of them. */
typedef union VmFilterValue
{
	bool boolean;
	int64_t integer;
	double real;
	VmFilterString string;
	VmFilterOp op;
	VmFilterPath *path;
	VmFilterNode *node;
	VmFilterCall *call;
} VmFilterValue;

#define VM_FILTER_PRINTF(format_index)                                                             \
	__attribute__((format(printf, format_index, format_index + 1)))

/* ---- error.c ---- */
extern bool VmFilterFail(VmFilterParser *parser, VmFilterErrorKind kind, size_t offset,
						 const char *format, ...) VM_FILTER_PRINTF(4);
extern void VmFilterHint(VmFilterParser *parser, const char *format, ...) VM_FILTER_PRINTF(2);
extern void VmFilterFailSyntax(VmFilterParser *parser, VmFilterSpan span);
extern bool VmFilterFailTooDeep(VmFilterParser *parser, size_t offset);

/* ---- build.c ---- */
extern bool VmFilterFailMemory(VmFilterParser *parser);
extern void *VmFilterPiece(VmFilterParser *parser, size_t size);
extern void *VmFilterGrowArray(VmFilterParser *parser, void *array, size_t width, size_t count,
							   size_t new_count);
extern bool VmFilterAdopt(VmFilterParser *parser, VmFilterNode *node, const VmFilterNode *child);
extern void VmFilterNoteNewer(VmFilterParser *parser, const VmFilterNode *node, const char *name);
extern VmFilterNode *VmFilterNewNode(VmFilterParser *parser, VmFilterKind kind, VmFilterSpan span);
extern VmFilterNode *VmFilterMakeString(VmFilterParser *parser, VmFilterKind kind,
										VmFilterSpan span, VmFilterString string);
extern VmFilterNode *
VmFilterMakeName(VmFilterParser *parser, VmFilterSpan span, VmFilterString name);
extern VmFilterNode *
VmFilterMakePath(VmFilterParser *parser, VmFilterKind kind, VmFilterSpan span, VmFilterPath *path);
extern VmFilterNode *VmFilterMakeUnary(VmFilterParser *parser, VmFilterOp op, VmFilterSpan span,
									   VmFilterSpan op_span, VmFilterNode *arg);
extern VmFilterNode *
VmFilterMakeBinary(VmFilterParser *parser, VmFilterOp op, VmFilterSpan span, VmFilterSpan op_span,
				   VmFilterNode *left, VmFilterNode *right);
extern VmFilterNode *
VmFilterMakeLogical(VmFilterParser *parser, VmFilterOp op, VmFilterSpan span, VmFilterSpan op_span,
					VmFilterNode *left, VmFilterNode *right);
extern VmFilterNode *VmFilterMakeTime(VmFilterParser *parser, VmFilterSpan span, VmFilterOp op,
									  const VmFilterTime *time);
extern VmFilterOp VmFilterMirror(VmFilterOp op);

/* ---- list.c ---- */
extern VmFilterNode *VmFilterMakeList(VmFilterParser *parser, VmFilterSpan span);
extern bool VmFilterListAdd(VmFilterParser *parser, VmFilterNode *node, VmFilterNode *item);

/* ---- function.c ---- */
extern VmFilterCall *VmFilterMakeArgs(VmFilterParser *parser);
extern bool VmFilterAddArg(VmFilterParser *parser, VmFilterCall *call, VmFilterNode *arg);
extern bool VmFilterSetOption(VmFilterParser *parser, VmFilterCall *call, VmFilterSpan span,
							  VmFilterString name, int64_t value);
extern VmFilterNode *
VmFilterMakeCall(VmFilterParser *parser, VmFilterSpan span, VmFilterSpan name_span,
				 VmFilterCall *call, bool comma_at_end);
extern const char *VmFilterFunctionName(VmFilterFunction function);

/* ---- literal.c: text is a whole token of the copy ---- */
extern bool
VmFilterReadInteger(VmFilterParser *parser, const char *text, size_t size, int64_t *value);
extern bool VmFilterReadFloat(VmFilterParser *parser, const char *text, size_t size, double *value);
extern bool
VmFilterReadString(VmFilterParser *parser, const char *text, size_t size, VmFilterString *value);
extern VmFilterPath *VmFilterReadPath(VmFilterParser *parser, const char *text, size_t size);

/* The first byte that is not part of UTF-8 or is NUL; size when there is none. */
extern size_t VmFilterCheckUtf8(const char *text, size_t size);

/* ---- filter.l; the rest of flex's functions that parse.c needs ---- */
extern int VmFilterScan(VmFilterValue *value, VmFilterParser *parser, void *scanner);
extern bool VmFilterScanBegin(VmFilterParser *parser, char *base, size_t size);
extern VmFilterSpan VmFilterScanSpan(VmFilterParser *parser);

/* ---- parse.c, for filter.y ---- */
extern int VmFilterYylex(VmFilterValue *value, VmFilterSpan *span, VmFilterParser *parser);

#endif
