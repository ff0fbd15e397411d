/*
 * search_params.c
 *		Limits of a search's arguments, and search_params: VmSearchCheckArguments,
 *		VmSearchKey, VmSearchParamsRead (search.h).
 */
#include "compat/compat.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "collection/error.h"
#include "collection/json.h"
#include "collection/search.h"

#define MAX_ROUND_DECIMAL 6

static void
CheckRange(const char *what, int value, int min)
{
	if (value < min || value > VM_MAX_TOPK)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("%s [%d] is invalid, it should be in range [%d, %d]", what, value,
							   min, VM_MAX_TOPK)));
}

void
VmSearchCheckArguments(const VmSearchArguments *arguments)
{
	CheckRange("topk", arguments->topk, 1);
	CheckRange("offset", arguments->skip, 0);
	CheckRange("offset+limit", arguments->topk + arguments->skip, 1);
	if (arguments->group_by_field != NULL)
		CheckRange("group_size", arguments->group_size, 1);
	if (arguments->round_decimal < -1 || arguments->round_decimal > MAX_ROUND_DECIMAL)
		ereport(
			ERROR,
			(VmErrcode(VM_PARAMETER_INVALID),
			 errmsg("round_decimal [%d] is invalid, it should be -1 or an integer in range [0, %d]",
					arguments->round_decimal, MAX_ROUND_DECIMAL)));
}

/* ----------------------------------------------------------------------- key */

void
VmSearchKey(StringInfo key, const VmSearchArguments *arguments)
{
	int numbers[] = {arguments->topk, arguments->skip, arguments->round_decimal,
					 arguments->group_size, arguments->strict_group_size};

	appendBinaryStringInfo(key, (char *) numbers, sizeof(numbers));
	VmKeyText(key, arguments->anns_field);
	VmKeyText(key, arguments->filter);
	VmKeyText(key, arguments->group_by_field);
	VmKeyTexts(key, arguments->output_fields, arguments->noutputs);
	VmKeyTexts(key, arguments->partitions, arguments->npartitions);
	VmKeyJson(key, arguments->search_params);
	VmTemplateSignature(key, arguments->filter_params);
}

/* ------------------------------------------------------------- search_params */

/* At the top, or in "params". */
static JsonbValue *
FindParam(Jsonb *json, const char *key)
{
	JsonbValue *value = VmJsonGet(json, key);
	Jsonb *nested;

	if (value != NULL || VmJsonGet(json, "params") == NULL)
		return value;
	nested = VmJsonGetObject(json, "params");
	return VmJsonGet(nested, key);
}

static _Noreturn void
RaiseParam(const char *key, const JsonbValue *value, const char *wanted)
{
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
					errmsg("invalid search parameter \"%s\": %s", key, VmJsonValueText(value)),
					errhint("%s is %s.", key, wanted)));
}

/* A count from 1 up, as a number or a string; 0 if it is not there. */
static int
CountParam(Jsonb *json, const char *key)
{
	JsonbValue *value = FindParam(json, key);
	int64 number;

	if (value == NULL)
		return 0;
	if (!VmJsonValueInt(value, &number) || number < 1)
		RaiseParam(key, value, "an integer from 1 up");
	return (int) Min(number, INT_MAX);
}

static bool
NumberParam(Jsonb *json, const char *key, double *number)
{
	JsonbValue *value = FindParam(json, key);

	if (value == NULL)
		return false;
	if (value->type != jbvNumeric)
		RaiseParam(key, value, "a number");
	/* Milvus's distances are floats: 0.6 means the float of that name. */
	*number = (float4) DatumGetFloat8(
		DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	return true;
}

static char *
TextParam(Jsonb *json, const char *key)
{
	JsonbValue *value = FindParam(json, key);
	char *text;

	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		RaiseParam(key, value, "a string");
	text = VmJsonValueText(value);
	return text[0] == '\0' ? NULL : text;
}

void
VmSearchParamsRead(Jsonb *json, VmSearchParams *params)
{
	memset(params, 0, sizeof(*params));
	if (json == NULL)
		return;
	VmJsonCheckObject(json, "search_params");
	params->metric = TextParam(json, "metric_type");
	for (char *c = params->metric; c != NULL && *c != '\0'; c++)
		*c = pg_ascii_toupper((unsigned char) *c);
	params->ef = CountParam(json, "ef");
	params->nprobe = CountParam(json, "nprobe");
	params->has_radius = NumberParam(json, "radius", &params->radius);
	params->has_range_filter = NumberParam(json, "range_filter", &params->range_filter);
	if (params->has_range_filter && !params->has_radius)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_MISSING), errmsg("missing required parameter: \"radius\""),
				 errhint("A range search needs a radius; range_filter is its other end.")));
}
