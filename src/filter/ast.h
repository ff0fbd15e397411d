/*
 * ast.h
 *		What a filter expression is made of after parsing.
 *
 * A tree of VmFilterNode, all of it in one arena that VmFilterFree releases.
 * Every node says where in the text it stands.  Strings are UTF-8 without NUL,
 * are not terminated, and live as long as the tree.
 *
 *	kind				holds
 *	BOOL INT FLOAT		a constant
 *	STRING				a constant, escapes resolved
 *	LIST				[…]: constants of one type in an array, or nodes (VmFilterList)
 *	TEMPLATE			{name}: string is the name
 *	FIELD				name, $meta, name["key"][0], $meta["key"]: path
 *	STRUCT_FIELD		$, $[name], name[member], name[0][member]: path; newer than 2.5
 *	UNARY				op arg[0]
 *	BINARY				arg[0] op arg[1]
 *	RANGE				arg[0] op arg[1] op2 arg[2]; arg[1] is a FIELD or STRUCT_FIELD,
 *						both ops of { <, <= } or both of { >, >= }
 *	LOGICAL				terms joined by op, AND or OR; at least two (FILT-6)
 *	NULL_TEST			arg[0] (a FIELD), op IS_NULL or IS_NOT_NULL
 *	CALL				name(…): call
 *	TIME				a comparison with ISO "…": time; newer than 2.5
 *
 * Depends on the C library only.
 */
#ifndef VM_FILTER_AST_H
#define VM_FILTER_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum VmFilterKind
{
	VM_FILTER_BOOL,
	VM_FILTER_INT,
	VM_FILTER_FLOAT,
	VM_FILTER_STRING,
	VM_FILTER_LIST,
	VM_FILTER_TEMPLATE,
	VM_FILTER_FIELD,
	VM_FILTER_STRUCT_FIELD,
	VM_FILTER_UNARY,
	VM_FILTER_BINARY,
	VM_FILTER_RANGE,
	VM_FILTER_LOGICAL,
	VM_FILTER_NULL_TEST,
	VM_FILTER_CALL,
	VM_FILTER_TIME
} VmFilterKind;

typedef enum VmFilterOp
{
	VM_FILTER_NO_OP,

	/* BINARY, tightest first */
	VM_FILTER_LIKE,
	VM_FILTER_REGEX,     /* =~, newer than 2.5 */
	VM_FILTER_NOT_REGEX, /* !~, newer than 2.5 */
	VM_FILTER_POWER,
	VM_FILTER_MUL,
	VM_FILTER_DIV,
	VM_FILTER_MOD,
	VM_FILTER_ADD,
	VM_FILTER_SUB,
	VM_FILTER_SHIFT_LEFT,
	VM_FILTER_SHIFT_RIGHT,
	VM_FILTER_IN,
	VM_FILTER_NOT_IN,
	VM_FILTER_LT,
	VM_FILTER_LE,
	VM_FILTER_GT,
	VM_FILTER_GE,
	VM_FILTER_EQ,
	VM_FILTER_NE,
	VM_FILTER_BIT_AND,
	VM_FILTER_BIT_XOR,
	VM_FILTER_BIT_OR,

	/* LOGICAL */
	VM_FILTER_AND,
	VM_FILTER_OR,

	/* UNARY */
	VM_FILTER_EXISTS,
	VM_FILTER_PLUS,
	VM_FILTER_MINUS,
	VM_FILTER_BIT_NOT,
	VM_FILTER_NOT,

	/* NULL_TEST */
	VM_FILTER_IS_NULL,
	VM_FILTER_IS_NOT_NULL
} VmFilterOp;

/* What an expression may call; VM_FILTER_UNKNOWN_FUNCTION is any other name. */
typedef enum VmFilterFunction
{
	VM_FILTER_UNKNOWN_FUNCTION,
	VM_FILTER_JSON_CONTAINS,
	VM_FILTER_JSON_CONTAINS_ALL,
	VM_FILTER_JSON_CONTAINS_ANY,
	VM_FILTER_ARRAY_CONTAINS,
	VM_FILTER_ARRAY_CONTAINS_ALL,
	VM_FILTER_ARRAY_CONTAINS_ANY,
	VM_FILTER_ARRAY_LENGTH,
	VM_FILTER_TEXT_MATCH,
	VM_FILTER_PHRASE_MATCH,

	/* newer than 2.5 from here on */
	VM_FILTER_RANDOM_SAMPLE,
	VM_FILTER_ELEMENT_FILTER,
	VM_FILTER_MATCH_ALL,
	VM_FILTER_MATCH_ANY,
	VM_FILTER_MATCH_LEAST,
	VM_FILTER_MATCH_MOST,
	VM_FILTER_MATCH_EXACT,
	VM_FILTER_ST_EQUALS,
	VM_FILTER_ST_TOUCHES,
	VM_FILTER_ST_OVERLAPS,
	VM_FILTER_ST_CROSSES,
	VM_FILTER_ST_CONTAINS,
	VM_FILTER_ST_INTERSECTS,
	VM_FILTER_ST_WITHIN,
	VM_FILTER_ST_DWITHIN,
	VM_FILTER_ST_ISVALID
} VmFilterFunction;

/* Bytes of the text that was parsed. */
typedef struct VmFilterSpan
{
	uint32_t offset;
	uint32_t length;
} VmFilterSpan;

typedef struct VmFilterString
{
	const char *data;
	uint32_t size;
} VmFilterString;

/* One [..] of a path. */
typedef enum VmFilterStepKind
{
	VM_FILTER_STEP_KEY,   /* ["key"], also r"key" */
	VM_FILTER_STEP_INDEX, /* [0] */
	VM_FILTER_STEP_MEMBER /* [member], of a STRUCT_FIELD only */
} VmFilterStepKind;

typedef struct VmFilterStep
{
	VmFilterStepKind kind;
	VmFilterString name;
	int64_t index;
} VmFilterStep;

typedef struct VmFilterPath
{
	VmFilterString root; /* a name, "$meta" or "$" */
	bool is_meta;        /* root is $meta */
	uint32_t nsteps;
	VmFilterStep *steps;
} VmFilterPath;

typedef struct VmFilterNode VmFilterNode;

/*
 * The items of a list.  kind is BOOL, INT, FLOAT or STRING when all of them are
 * constants of that kind (a sign before a number belongs to it), and LIST when
 * they are anything else, an empty list included: then they are nodes.
 */
typedef struct VmFilterList
{
	VmFilterKind kind;
	uint32_t count;
	uint32_t capacity;
	VmFilterSpan *spans; /* where each stands; NULL when they are nodes */
	union
	{
		void *data;
		bool *bools;
		int64_t *integers;
		double *reals;
		VmFilterString *strings;
		VmFilterNode **nodes;
	};
} VmFilterList;

typedef struct VmFilterCall
{
	VmFilterFunction function;
	VmFilterString name; /* as written */
	VmFilterSpan name_span;
	uint32_t nargs;
	VmFilterNode **args;

	/* minimum_should_match=N, threshold=N: option is NULL without one */
	const char *option;
	int64_t option_value;
	VmFilterSpan option_span;
} VmFilterCall;

/* field ± INTERVAL "interval" op ISO "iso"; the mirrored form is turned round. */
typedef struct VmFilterTime
{
	VmFilterNode *field;
	VmFilterOp sign; /* ADD, SUB, or NO_OP without an interval */
	VmFilterString interval;
	VmFilterString iso;
} VmFilterTime;

struct VmFilterNode
{
	VmFilterKind kind;
	VmFilterOp op;
	VmFilterOp op2;
	uint16_t depth; /* levels of nodes from here down, 1 for a leaf (FILT-3) */
	bool parens;    /* the text has parentheses around it */
	VmFilterSpan span;
	uint32_t op_offset; /* where op is written (the first one); 0 without */
	union
	{
		bool boolean;
		int64_t integer;
		double real;
		VmFilterString string;
		VmFilterList *list;
		VmFilterPath *path;
		VmFilterCall *call;
		VmFilterTime *time;
		VmFilterNode *arg[3];
		struct
		{
			VmFilterNode **terms;
			uint32_t nterms;
		};
	};
};

/* How an operator is written: "==", "not in", "and". */
extern const char *VmFilterOpText(VmFilterOp op);

/* BOOL, INT, FLOAT or STRING. */
static inline bool
VmFilterIsConstant(const VmFilterNode *node)
{
	return node->kind <= VM_FILTER_STRING;
}

#endif
