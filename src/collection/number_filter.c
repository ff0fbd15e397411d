/*
 * number_filter.c
 *		What conditions of filters call for arithmetic (filter_arithmetic.c):
 *		milvus.float_arithmetic, milvus.json_arithmetic.
 */
#include "compat/compat.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

VM_FUNCTION(vm_float4_arithmetic);
VM_FUNCTION(vm_float8_arithmetic);
VM_FUNCTION(vm_json_arithmetic);

static char
ReadOperator(text *name)
{
	char op = VARSIZE_ANY_EXHDR(name) == 1 ? *(char *) VARDATA_ANY(name) : '\0';

	if (op == '\0' || strchr("+-*/%", op) == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" is no operator of arithmetic", text_to_cstring(name))));
	return op;
}

/* What is too large is infinite. */
static double
Compute(double a, char op, double b)
{
	switch (op)
	{
		case '+':
			return a + b;
		case '-':
			return a - b;
		case '*':
			return a * b;
		case '/':
			return a / b;
		default:
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("\"%%\" is for integers only")));
	}
}

/*
 * float_arithmetic(a real, operator text, b real): rounded to real.  One operation
 * in double precision rounded to single is the operation in single precision,
 * since a double has more than twice the digits.
 */
Datum
vm_float4_arithmetic(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT4((float4) Compute(PG_GETARG_FLOAT4(0), ReadOperator(PG_GETARG_TEXT_PP(1)),
									  PG_GETARG_FLOAT4(2)));
}

/* float_arithmetic(a double precision, operator text, b double precision) */
Datum
vm_float8_arithmetic(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(
		Compute(PG_GETARG_FLOAT8(0), ReadOperator(PG_GETARG_TEXT_PP(1)), PG_GETARG_FLOAT8(2)));
}

static Numeric
ComputeNumeric(Numeric a, char op, Numeric b, bool *error)
{
	switch (op)
	{
		case '+':
			return numeric_add_opt_error(a, b, error);
		case '-':
			return numeric_sub_opt_error(a, b, error);
		case '*':
			return numeric_mul_opt_error(a, b, error);
		case '/':
			return numeric_div_opt_error(a, b, error);
		default:
			return numeric_mod_opt_error(a, b, error);
	}
}

/*
 * json_arithmetic(a numeric, operator text, b numeric, whole boolean): whole says
 * that b is an integer; if a is written as one too they divide as integers.
 * "%" of anything else is unknown, and so is what a numeric cannot hold.
 */
Datum
vm_json_arithmetic(PG_FUNCTION_ARGS)
{
	Numeric a = PG_GETARG_NUMERIC(0);
	char op = ReadOperator(PG_GETARG_TEXT_PP(1));
	Numeric b = PG_GETARG_NUMERIC(2);
	bool whole = PG_GETARG_BOOL(3) &&
				 DatumGetInt32(DirectFunctionCall1(numeric_scale, NumericGetDatum(a))) == 0;
	bool error = false;
	Numeric result;

	if (op == '%' && !whole)
		PG_RETURN_NULL();
	if (op == '/' && whole)
		return DirectFunctionCall2(numeric_div_trunc, NumericGetDatum(a), NumericGetDatum(b));
	result = ComputeNumeric(a, op, b, &error);
	if (error)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(result);
}
