/*
 * filter_bind.c
 *		Parameters of filters' conditions, and their values with each call:
 *		VmFilterParam (filter_private.h), VmQualBind, VmTemplateSignature (filter.h).
 */
#include "compat/compat.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "nodes/value.h"
#include "tsearch/ts_utils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "collection/filter_private.h"
#include "collection/json.h"
#include "collection/prepared.h"

/* ---------------------------------------------------------------- text search */

static Datum
SimpleConfig(void)
{
	List *name = list_make2(makeString(pstrdup("pg_catalog")), makeString(pstrdup("simple")));

	return ObjectIdGetDatum(get_ts_config_oid(name, false));
}

/* Quoted as tsquery's text wants it. */
static void
AppendLexeme(StringInfo query, text *lexeme)
{
	const char *data = VARDATA_ANY(lexeme);

	appendStringInfoString(query, query->len == 0 ? "'" : "|'");
	for (int i = 0; i < (int) VARSIZE_ANY_EXHDR(lexeme); i++)
	{
		if (data[i] == '\'' || data[i] == '\\')
			appendStringInfoChar(query, data[i]);
		appendStringInfoChar(query, data[i]);
	}
	appendStringInfoChar(query, '\'');
}

/* Matches nothing; PostgreSQL's parsers would say so with a NOTICE for each call. */
static Datum
EmptyQuery(void)
{
	TSQuery query = palloc0(HDRSIZETQ);

	SET_VARSIZE(query, HDRSIZETQ);
	return TSQueryGetDatum(query);
}

/* Any of the words, or all of them in their order. */
static Datum
WordsQuery(Datum words, bool is_phrase)
{
	Datum vector = DirectFunctionCall2(to_tsvector_byid, SimpleConfig(), words);
	ArrayType *array = DatumGetArrayTypeP(DirectFunctionCall1(tsvector_to_array, vector));
	StringInfoData query;
	Datum *lexemes;
	int count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &lexemes, NULL, &count);
	if (count == 0)
		return EmptyQuery();
	if (is_phrase)
		return DirectFunctionCall2(phraseto_tsquery_byid, SimpleConfig(), words);
	initStringInfo(&query);
	for (int i = 0; i < count; i++)
		AppendLexeme(&query, DatumGetTextPP(lexemes[i]));
	return DirectFunctionCall1(tsqueryin, CStringGetDatum(query.data));
}

/* --------------------------------------------------------------------- values */

static bool
EndsWithBackslash(const char *pattern, int len)
{
	int count = 0;

	while (count < len && pattern[len - count - 1] == '\\')
		count++;
	return count % 2 == 1;
}

static bool
IsZero(Oid type, Datum value)
{
	switch (type)
	{
		case FLOAT4OID:
			return DatumGetFloat4(value) == 0;
		case FLOAT8OID:
			return DatumGetFloat8(value) == 0;
		default:
			return DatumGetInt32(DirectFunctionCall2(numeric_cmp, value,
													 NumericGetDatum(int64_to_numeric(0)))) == 0;
	}
}

/* The value as the condition uses it. */
static Datum
UsedValue(Oid type, VmParamUse use, Datum value)
{
	switch (use)
	{
		case VM_PARAM_VALUE:
			return value;
		case VM_PARAM_DIVISOR:
			if (IsZero(type, value))
				ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
								errmsg("division or modulus by zero in a filter")));
			return value;
		case VM_PARAM_PATTERN:
			if (EndsWithBackslash(VARDATA_ANY(DatumGetPointer(value)),
								  VARSIZE_ANY_EXHDR(DatumGetPointer(value))))
				ereport(ERROR,
						(VmErrcode(VM_PARAMETER_INVALID),
						 errmsg("the pattern of \"like\" must not end with a lone backslash")));
			return value;
		case VM_PARAM_MATCH:
			return WordsQuery(value, false);
		case VM_PARAM_PHRASE:
			return WordsQuery(value, true);
	}
	elog(ERROR, "unexpected use of a parameter: %d", use);
}

char *
VmFilterParam(VmCompiler *compiler, Oid type, VmParamUse use, Datum value, const char *variable)
{
	VmQualParam *param;

	if (compiler->nparams == compiler->room)
	{
		compiler->room = Max(compiler->room * 2, 8);
		compiler->params = compiler->params == NULL ?
							   palloc_array(VmQualParam, compiler->room) :
							   repalloc_array(compiler->params, VmQualParam, compiler->room);
	}
	/* The protocol counts parameters with 16 bits; a few are the caller's. */
	if (compiler->first_param + compiler->nparams >= PG_UINT16_MAX)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID), errmsg("filter has too many constants"),
						errhint("Put values of one field into a list: field in [...].")));
	param = &compiler->params[compiler->nparams++];
	param->type = use == VM_PARAM_MATCH || use == VM_PARAM_PHRASE ? TSQUERYOID : type;
	param->use = use;
	param->value = UsedValue(type, use, value);
	param->variable = variable == NULL ? NULL : pstrdup(variable);
	return psprintf("$%d", compiler->first_param + compiler->nparams - 1);
}

/* ------------------------------------------------------------------- variables */

/*
 * Integers of 64 bits, strings and booleans are bound with each call; a condition
 * may depend on the value of any other, so that is in the signature.
 */
bool
VmFilterIsBound(const JsonbValue *value, int64 *integer)
{
	*integer = 0;
	if (value->type == jbvNumeric)
		return DatumGetInt32(
				   DirectFunctionCall1(numeric_scale, NumericGetDatum(value->val.numeric))) == 0 &&
			   VmJsonValueInt(value, integer);
	return value->type == jbvString || value->type == jbvBool;
}

static void
AppendSignature(const char *key, const JsonbValue *value, void *state)
{
	StringInfo text = state;
	int64 integer;
	bool is_bound = VmFilterIsBound(value, &integer);

	VmKeyText(text, key);
	appendStringInfo(text, "%d%c", (int) value->type, is_bound ? 'b' : 'v');
	if (!is_bound)
		VmKeyText(text, VmJsonValueText(value));
}

void
VmTemplateSignature(StringInfo key, Jsonb *templates)
{
	if (templates != NULL)
		VmJsonEach(templates, AppendSignature, key);
}

static Datum
BindValue(const VmQualParam *param, Jsonb *templates)
{
	JsonbValue *value = VmJsonGet(templates, param->variable);
	int64 integer;

	if (value == NULL || !VmFilterIsBound(value, &integer))
		elog(ERROR, "variable \"%s\" has changed its type", param->variable);
	switch (param->type)
	{
		case INT8OID:
			return Int64GetDatum(integer);
		case FLOAT4OID:
			return Float4GetDatum((float4) integer);
		case FLOAT8OID:
			return Float8GetDatum((float8) integer);
		case NUMERICOID:
			return NumericGetDatum(int64_to_numeric(integer));
		case BOOLOID:
			return BoolGetDatum(value->type == jbvBool && value->val.boolean);
		case TEXTOID:
		case TSQUERYOID:
			if (value->type != jbvString)
				elog(ERROR, "variable \"%s\" is no string", param->variable);
			return PointerGetDatum(
				cstring_to_text_with_len(value->val.string.val, value->val.string.len));
		case JSONBOID:
			return JsonbPGetDatum(JsonbValueToJsonb(value));
		default:
			elog(ERROR, "a parameter of type %u cannot be bound", param->type);
	}
}

static void
BindBound(VmConstant *bound, Jsonb *templates)
{
	JsonbValue *value;

	if (bound->variable == NULL)
		return;
	value = VmJsonGet(templates, bound->variable);
	if (value == NULL || !VmFilterIsBound(value, &bound->integer))
		elog(ERROR, "variable \"%s\" has changed its type", bound->variable);
	if (value->type != jbvString)
		return;
	bound->string = value->val.string.val;
	bound->string_len = value->val.string.len;
}

static void
CheckRange(const VmFilterRange *range, Jsonb *templates)
{
	VmFilterRange bound = *range;

	BindBound(&bound.lower, templates);
	BindBound(&bound.upper, templates);
	if (VmFilterRangeIsEmpty(&bound))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID), errmsg(VM_FILTER_EMPTY_RANGE)));
}

void
VmQualBind(const VmQual *qual, Jsonb *templates, Datum *values)
{
	for (int i = 0; i < qual->nranges; i++)
		CheckRange(&qual->ranges[i], templates);
	for (int i = 0; i < qual->nparams; i++)
	{
		const VmQualParam *param = &qual->params[i];

		values[i] = param->variable == NULL ?
						param->value :
						UsedValue(param->type, param->use, BindValue(param, templates));
	}
}
