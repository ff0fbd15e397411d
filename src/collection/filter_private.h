/*
 * filter_private.h
 *		The compiler from filter expressions to conditions: what its files share.
 *
 *	filter.c			text to tree, errors
 *	filter_bind.c		parameters, and the values of template variables
 *	filter_constant.c	constants
 *	filter_operand.c	what a name in a filter is
 *	filter_compile.c	logic, comparisons, lists
 *	filter_column.c		conditions on scalars
 *	filter_array.c		conditions on ARRAY fields
 *	filter_json.c		conditions on JSON fields and dynamic keys
 *	filter_arithmetic.c	field, operator, constant
 *	filter_call.c		functions, exists, null tests, LIKE
 *
 * Every condition is SQL text in parentheses with three-valued logic: it is null
 * where Milvus's is unknown.
 */
#ifndef VM_COLLECTION_FILTER_PRIVATE_H
#define VM_COLLECTION_FILTER_PRIVATE_H

#include "compat/compat.h"

#include "collection/error.h"
#include "collection/filter.h"
#include "filter/parse.h"

typedef struct VmCompiler
{
	VmCollection *collection;
	const char *alias;
	int first_param;
	Jsonb *templates;
	const char *text;
	size_t length;
	int nparams;
	int room;
	VmQualParam *params;
	int nranges;
	struct VmFilterRange *ranges; /* those with variables */
} VmCompiler;

/* A constant: written, or a variable's, whose value is then not to be looked at. */
typedef struct VmConstant
{
	VmFilterKind kind; /* BOOL, INT, FLOAT, STRING, LIST */
	const VmFilterNode *node;
	const char *variable;
	bool boolean;
	int64 integer;
	double real;
	const char *string; /* not terminated */
	int string_len;
	struct VmConstant *items; /* of a list */
	int nitems;
} VmConstant;

/* The bounds of a chain, the lower one first. */
typedef struct VmFilterRange
{
	VmConstant lower;
	VmConstant upper;
	bool is_strict; /* at either end */
} VmFilterRange;

#define VM_FILTER_EMPTY_RANGE "invalid range: lowerbound is greater than upperbound"

typedef enum VmOperandKind
{
	VM_OPERAND_COLUMN,  /* a scalar field */
	VM_OPERAND_ARRAY,   /* an ARRAY field */
	VM_OPERAND_ELEMENT, /* an element of one */
	VM_OPERAND_JSON     /* a path of a JSON field or of "$meta" */
} VmOperandKind;

/* What a FIELD of the tree is. */
typedef struct VmOperand
{
	VmOperandKind kind;
	const VmFilterNode *node;
	const VmField *field; /* NULL: "$meta" */
	VmDataType type;      /* of the column or the element */
	char *column;         /* SQL: t."name" */
	char *path;           /* JSON: SQL of a text[] */
	bool has_steps;       /* anything in brackets, or a dynamic key */
} VmOperand;

/* Raises VM_PARAMETER_INVALID with the position of the node in the filter. */
extern _Noreturn void VmFilterRaise(const VmCompiler *compiler, const VmFilterNode *node,
									const char *format, ...) pg_attribute_printf(3, 4);

/* The same with VM_UNSUPPORTED. */
extern _Noreturn void
VmFilterRaiseUnsupported(const VmCompiler *compiler, const VmFilterNode *node, const char *what);

/* A string of the tree in the server's encoding. */
extern VmFilterString VmFilterServerString(VmFilterString string);

/* filter_bind.c: "$5", a parameter of that value, or of the constant's variable. */
extern char *
VmFilterParam(VmCompiler *compiler, Oid type, VmParamUse use, Datum value, const char *variable);

/*
 * filter_constant.c: the constant that a node is; false if it is none.  An
 * integer of a variable is one if JSON wrote it as one and 64 bits hold it.
 */
extern bool VmFilterConstant(VmCompiler *compiler, const VmFilterNode *node, VmConstant *constant);
extern bool VmFilterIsBound(const JsonbValue *value, int64 *integer);

/* Order of two constants (-1, 0, 1); false for kinds that do not compare. */
extern bool VmFilterCompareConstants(const VmConstant *a, const VmConstant *b, int *order);
extern const char *VmFilterKindName(VmFilterKind kind);
extern bool VmFilterRangeIsEmpty(const VmFilterRange *range);

/* As numeric, by the shortest text that gives the number. */
extern Datum VmFilterNumeric(const VmConstant *constant);

/* filter_operand.c: what a FIELD means: a field, or a dynamic key. */
extern void VmFilterOperand(VmCompiler *compiler, const VmFilterNode *node, VmOperand *operand);

/* "=" for VM_FILTER_EQ, and so on; the operator with its sides changed. */
extern const char *VmFilterSqlOperator(VmFilterOp op);
extern VmFilterOp VmFilterSwapSides(VmFilterOp op);

extern bool VmFilterIsComparison(VmFilterOp op);

/* Whether it is +, -, *, / or %, or power. */
extern bool VmFilterIsArithmetic(const VmFilterNode *node);

/*
 * Conditions by kind of operand; op is a comparison.  The first three are for
 * columns and elements of arrays; integers are compared with floats exactly.
 */
extern bool VmFilterIsInteger(VmDataType type);

/* An integer as a value of a column of that type; false if it is out of range. */
extern bool VmFilterIntegerDatum(VmDataType type, int64 value, Datum *datum);

extern char *VmFilterCompareColumn(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
								   const VmConstant *constant);
extern char *
VmFilterColumnIn(VmCompiler *compiler, const VmOperand *operand, const VmConstant *list);
extern char *VmFilterCompareColumns(VmCompiler *compiler, const VmFilterNode *node,
									const VmOperand *left, const VmOperand *right);
extern char *VmFilterAlwaysFalse(const VmOperand *operand);
extern char *VmFilterAlwaysTrue(const VmOperand *operand);

extern char *VmFilterCompareArray(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
								  const VmConstant *constant);
extern char *VmFilterArrayContains(VmCompiler *compiler, const VmOperand *operand,
								   VmFilterFunction function, const VmConstant *constant);

extern char *VmFilterCompareJson(VmCompiler *compiler, const VmOperand *operand, VmFilterOp op,
								 const VmConstant *constant);
extern char *VmFilterJsonIn(VmCompiler *compiler, const VmOperand *operand, const VmConstant *list);
extern char *VmFilterJsonContains(VmCompiler *compiler, const VmOperand *operand,
								  VmFilterFunction function, const VmConstant *constant);

/* Arithmetic on a field, or a length, against a constant. */
extern char *VmFilterCompareArithmetic(VmCompiler *compiler, const VmFilterNode *node,
									   VmFilterOp op, const VmConstant *constant);

/* filter_call.c */
extern char *VmFilterCompareLength(VmCompiler *compiler, const VmFilterNode *node, VmFilterOp op,
								   const VmConstant *constant);
extern char *VmFilterFunctionCall(VmCompiler *compiler, const VmFilterNode *node);
extern char *VmFilterExists(VmCompiler *compiler, const VmFilterNode *node);
extern char *VmFilterNullTest(VmCompiler *compiler, const VmFilterNode *node);
extern char *VmFilterLike(VmCompiler *compiler, const VmFilterNode *node);

#endif
