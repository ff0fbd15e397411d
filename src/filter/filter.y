/*
 * filter.y
 *		The grammar of Milvus's filter expressions.
 *
 * Entry point: VmFilterYyparse, called by parse.c only.  It leaves the tree in
 * parser->ast->root, or returns other than 0 with the error filled.
 *
 * Milvus's own grammar is a list of alternatives of which earlier ones bind
 * tighter; here that list is a table of precedences, loosest first.  What
 * precedences cannot say is done elsewhere: chained ranges in VmFilterMakeBinary,
 * arguments of functions in function.c, and tokens that join two words in
 * filter.l (NOT_IN, COMPARE_ISO, SIGN_INTERVAL).
 */
%code requires {
#include "filter/parser_private.h"
}

%code {
#include <string.h>

/* The parser's stack lies on ours and does not grow: no malloc, no leak (FILT-3). */
#define YYINITDEPTH 2000
#define YYMAXDEPTH  YYINITDEPTH

#define MAKE(result, maker) \
	do \
	{ \
		(result) = (maker); \
		if ((result) == NULL) \
			YYABORT; \
	} while (0)

#define TRY(call) \
	do \
	{ \
		if (!(call)) \
			YYABORT; \
	} while (0)

#define BINARY(result, left, op, right, span, op_span) \
	MAKE(result, VmFilterMakeBinary(parser, op, span, op_span, left, right))

/* From the start of the first symbol to the end of the last. */
#define YYLLOC_DEFAULT(current, rhs, n) \
	do \
	{ \
		if ((n) > 0) \
		{ \
			(current).offset = YYRHSLOC(rhs, 1).offset; \
			(current).length = YYRHSLOC(rhs, n).offset + YYRHSLOC(rhs, n).length - \
							   (current).offset; \
		} \
		else \
		{ \
			(current).offset = YYRHSLOC(rhs, 0).offset + YYRHSLOC(rhs, 0).length; \
			(current).length = 0; \
		} \
	} while (0)

static void VmFilterYyerror(VmFilterSpan *span, VmFilterParser *parser, const char *message);
}

%define api.prefix {VmFilterYy}
%define api.token.prefix {VM_TOKEN_}
%define api.pure full
%define api.value.type {union VmFilterValue}
%define api.location.type {VmFilterSpan}
%locations
%lex-param {VmFilterParser *parser}
%parse-param {VmFilterParser *parser}
%expect 0

%initial-action {
	@$ = (VmFilterSpan) {0, 0};
	(void) yynerrs; /* bison counts errors and looks at the number nowhere */
}

%token <boolean> BOOL
%token <integer> INT
%token <real> FLOAT
%token <string> STRING IDENT
%token <path> PATH META STRUCT_PATH
%token <op> COMPARE_ISO SIGN_INTERVAL
%token ISO ASSIGN COMMA LPAREN RPAREN LBRACKET RBRACKET LBRACE RBRACE

%left <op> OR
%left <op> AND
%left <op> BIT_OR
%left <op> BIT_XOR
%left <op> BIT_AND
%left <op> EQ NE
%left <op> LT LE GT GE
%left <op> IN NOT_IN
%left <op> SHIFT_LEFT SHIFT_RIGHT
%left <op> PLUS MINUS
%left <op> MUL DIV MOD
%precedence <op> SIGN BIT_NOT NOT
%left <op> POWER
%left <op> NOT_REGEX
%left <op> REGEX
%left <op> LIKE
%precedence <op> EXISTS
%token <op> IS_NULL IS_NOT_NULL

%type <node> expr constant name list items time
%type <call> args
%type <op> comparison

%%

filter:
		expr
			{ parser->ast->root = $1; }
	;

expr:
		constant
	|	list
	|	time
	|	name
	|	name IS_NULL
			{ MAKE($$, VmFilterMakeUnary(parser, $2, @$, @2, $1)); }
	|	name IS_NOT_NULL
			{ MAKE($$, VmFilterMakeUnary(parser, $2, @$, @2, $1)); }
	|	META
			{ MAKE($$, VmFilterMakePath(parser, VM_FILTER_FIELD, @$, $1)); }
	|	STRUCT_PATH
			{ MAKE($$, VmFilterMakePath(parser, VM_FILTER_STRUCT_FIELD, @$, $1)); }
	|	LBRACE IDENT RBRACE
			{ MAKE($$, VmFilterMakeString(parser, VM_FILTER_TEMPLATE, @$, $2)); }
	|	LPAREN expr RPAREN
			{
				$$ = $2;
				$$->parens = true;
			}
	|	IDENT LPAREN RPAREN
			{
				VmFilterCall *call;

				MAKE(call, VmFilterMakeArgs(parser));
				call->name = $1;
				MAKE($$, VmFilterMakeCall(parser, @$, @1, call, false));
			}
	|	IDENT LPAREN args RPAREN
			{
				$3->name = $1;
				MAKE($$, VmFilterMakeCall(parser, @$, @1, $3, false));
			}
	|	IDENT LPAREN args COMMA RPAREN
			{
				$3->name = $1;
				MAKE($$, VmFilterMakeCall(parser, @$, @1, $3, true));
			}
	|	EXISTS expr
			{ MAKE($$, VmFilterMakeUnary(parser, $1, @$, @1, $2)); }
	|	PLUS expr %prec SIGN
			{ MAKE($$, VmFilterMakeUnary(parser, VM_FILTER_PLUS, @$, @1, $2)); }
	|	MINUS expr %prec SIGN
			{ MAKE($$, VmFilterMakeUnary(parser, VM_FILTER_MINUS, @$, @1, $2)); }
	|	BIT_NOT expr
			{ MAKE($$, VmFilterMakeUnary(parser, $1, @$, @1, $2)); }
	|	NOT expr
			{ MAKE($$, VmFilterMakeUnary(parser, $1, @$, @1, $2)); }
	|	expr LIKE expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr REGEX expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr NOT_REGEX expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr POWER expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr MUL expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr DIV expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr MOD expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr PLUS expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr MINUS expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr SHIFT_LEFT expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr SHIFT_RIGHT expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr IN expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr NOT_IN expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr LT expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr LE expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr GT expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr GE expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr EQ expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr NE expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr BIT_AND expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr BIT_XOR expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr BIT_OR expr
			{ BINARY($$, $1, $2, $3, @$, @2); }
	|	expr AND expr
			{ MAKE($$, VmFilterMakeLogical(parser, $2, @$, @2, $1, $3)); }
	|	expr OR expr
			{ MAKE($$, VmFilterMakeLogical(parser, $2, @$, @2, $1, $3)); }
	;

constant:
		BOOL
			{
				MAKE($$, VmFilterNewNode(parser, VM_FILTER_BOOL, @$));
				$$->boolean = $1;
			}
	|	INT
			{
				MAKE($$, VmFilterNewNode(parser, VM_FILTER_INT, @$));
				$$->integer = $1;
			}
	|	FLOAT
			{
				MAKE($$, VmFilterNewNode(parser, VM_FILTER_FLOAT, @$));
				$$->real = $1;
			}
	|	STRING
			{ MAKE($$, VmFilterMakeString(parser, VM_FILTER_STRING, @$, $1)); }
	;

name:
		IDENT
			{ MAKE($$, VmFilterMakeName(parser, @$, $1)); }
	|	PATH
			{ MAKE($$, VmFilterMakePath(parser, VM_FILTER_FIELD, @$, $1)); }
	;

list:
		LBRACKET RBRACKET
			{ MAKE($$, VmFilterMakeList(parser, @$)); }
	|	LBRACKET items RBRACKET
			{
				$$ = $2;
				$$->span = @$;
			}
	|	LBRACKET items COMMA RBRACKET
			{
				$$ = $2;
				$$->span = @$;
			}
	;

items:
		expr
			{
				MAKE($$, VmFilterMakeList(parser, @$));
				TRY(VmFilterListAdd(parser, $$, $1));
			}
	|	items COMMA expr
			{
				$$ = $1;
				TRY(VmFilterListAdd(parser, $$, $3));
			}
	;

args:
		expr
			{
				MAKE($$, VmFilterMakeArgs(parser));
				TRY(VmFilterAddArg(parser, $$, $1));
			}
	|	args COMMA expr
			{
				$$ = $1;
				TRY(VmFilterAddArg(parser, $$, $3));
			}
	|	args COMMA IDENT ASSIGN INT
			{
				VmFilterSpan span = {@3.offset, @5.offset + @5.length - @3.offset};

				$$ = $1;
				TRY(VmFilterSetOption(parser, $$, span, $3, $5));
			}
	;

time:
		IDENT COMPARE_ISO STRING
			{
				VmFilterTime time = {.iso = $3};

				MAKE(time.field, VmFilterMakeName(parser, @1, $1));
				MAKE($$, VmFilterMakeTime(parser, @$, $2, &time));
			}
	|	IDENT SIGN_INTERVAL STRING COMPARE_ISO STRING
			{
				VmFilterTime time = {.sign = $2, .interval = $3, .iso = $5};

				MAKE(time.field, VmFilterMakeName(parser, @1, $1));
				MAKE($$, VmFilterMakeTime(parser, @$, $4, &time));
			}
	|	ISO STRING comparison IDENT
			{
				VmFilterTime time = {.iso = $2};

				MAKE(time.field, VmFilterMakeName(parser, @4, $4));
				MAKE($$, VmFilterMakeTime(parser, @$, VmFilterMirror($3), &time));
			}
	|	ISO STRING comparison IDENT SIGN_INTERVAL STRING
			{
				VmFilterTime time = {.sign = $5, .interval = $6, .iso = $2};

				MAKE(time.field, VmFilterMakeName(parser, @4, $4));
				MAKE($$, VmFilterMakeTime(parser, @$, VmFilterMirror($3), &time));
			}
	;

comparison:
		LT | LE | GT | GE | EQ | NE
	;

%%

/* No rule goes on with the token at span, or the stack is full. */
static void
VmFilterYyerror(VmFilterSpan *span, VmFilterParser *parser, const char *message)
{
	if (strcmp(message, "memory exhausted") == 0)
		VmFilterFailTooDeep(parser, span->offset);
	else
		VmFilterFailSyntax(parser, *span);
}
