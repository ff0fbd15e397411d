/*
 * filter_explain.c
 *		milvus.explain_filter: what a filter becomes.
 */
#include "compat/compat.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/collection.h"
#include "collection/error.h"
#include "collection/filter.h"
#include "collection/json.h"
#include "collection/write.h"

/* How much of a value is shown. */
#define VALUE_BYTES 1000

VM_FUNCTION(vm_explain_filter);

static void
AppendParam(StringInfo text, int number, Oid type, Datum value)
{
	Oid output;
	bool is_varlena;
	char *shown;
	int len;
	int limit;

	getTypeOutputInfo(type, &output, &is_varlena);
	shown = OidOutputFunctionCall(output, value);
	len = (int) strlen(shown);
	limit = len <= VALUE_BYTES ? len : pg_mbcliplen(shown, len, VALUE_BYTES);
	appendStringInfo(text, "\n$%d = %s%s::%s", number, quote_literal_cstr(pnstrdup(shown, limit)),
					 limit < len ? "..." : "", format_type_be(type));
}

/* explain_filter(collection_name text, filter text, filter_params jsonb) → text */
Datum
vm_explain_filter(PG_FUNCTION_ARGS)
{
	VmCollection *collection;
	StringInfoData lines;
	Jsonb *templates;
	Datum *values;
	VmQual *qual;

	VmCheckArgument(fcinfo, 0, "collection_name");
	VmCheckArgument(fcinfo, 1, "filter");
	collection = VmCollectionOpen(text_to_cstring(PG_GETARG_TEXT_PP(0)), AccessShareLock);
	templates = VmJsonArgument(fcinfo, 2, "filter_params");
	qual = VmFilterCompile(collection, text_to_cstring(PG_GETARG_TEXT_PP(1)), templates, "t", 1);
	if (qual == NULL)
		PG_RETURN_TEXT_P(cstring_to_text("true"));
	values = palloc_array(Datum, Max(qual->nparams, 1));
	VmQualBind(qual, templates, values);
	initStringInfo(&lines);
	appendStringInfoString(&lines, qual->sql);
	for (int i = 0; i < qual->nparams; i++)
		AppendParam(&lines, i + 1, qual->params[i].type, values[i]);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(lines.data, lines.len));
}
