/*
 * json_filter.c
 *		What conditions of filters call for JSON fields and dynamic keys:
 *		milvus.json_compare, json_in, json_contains, json_contains_all,
 *		json_contains_any, json_exists, json_string, json_number, json_length.
 *
 * A path is a text[] of steps by the rules of JSON pointers: a step finds the
 * key of that text in an object, and in an array the element of that number,
 * written without a sign or leading zeros.  A value that is not there, or null,
 * or of a kind that a comparison does not fit, makes it unknown (SQL's null),
 * never an error.  Numbers compare as numbers, exactly; strings by bytes.
 *
 * Paths and lists are constants of a statement as a rule: they are taken apart
 * once, for fn_extra, and again when they turn out to be others.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "collection/name.h"

typedef struct Step
{
	char *key;
	int len;
	bool is_index;
	uint32 index;
} Step;

/* A list of constants, to be searched. */
typedef struct Members
{
	int nstrings;
	JsonbValue *strings; /* sorted */
	int nnumbers;
	JsonbValue *numbers; /* sorted */
	bool has_true;
	bool has_false;
	int nothers; /* arrays */
	JsonbValue *others;
} Members;

/* Arguments taken apart, and what they were. */
typedef struct Known
{
	MemoryContext context;
	ArrayType *path;
	int nsteps;
	Step *steps;
	Jsonb *list; /* NULL: none; the members point into it */
	Members *members;
} Known;

/* ----------------------------------------------------------------------- paths */

/* 0, or digits that do not begin with one. */
static bool
IsIndex(const char *text, int len, uint32 *index)
{
	uint64 value = 0;

	if (len < 1 || len > 9 || (text[0] == '0' && len > 1))
		return false;
	for (int i = 0; i < len; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*index = (uint32) value;
	return true;
}

static void
ReadPath(Known *known)
{
	Datum *elements;
	bool *nulls;

	deconstruct_array(known->path, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
					  &known->nsteps);
	known->steps = palloc_array(Step, Max(known->nsteps, 1));
	for (int i = 0; i < known->nsteps; i++)
	{
		Step *step = &known->steps[i];

		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("a path must not have null steps")));
		step->key = TextDatumGetCString(elements[i]);
		step->len = (int) strlen(step->key);
		step->is_index = IsIndex(step->key, step->len, &step->index);
	}
}

static JsonbValue *
TakeStep(JsonbContainer *container, const Step *step)
{
	if (JsonContainerIsObject(container))
		return getKeyJsonValueFromContainer(container, step->key, step->len, NULL);
	if (JsonContainerIsArray(container) && !JsonContainerIsScalar(container) && step->is_index)
		return getIthJsonbValueFromContainer(container, step->index);
	return NULL;
}

/* The value at the path; false if there is none, or it is null. */
static bool
Find(Jsonb *document, const Known *known, JsonbValue *result)
{
	JsonbContainer *container = &document->root;

	result->type = jbvBinary;
	result->val.binary.data = container;
	result->val.binary.len = VARSIZE(document) - VARHDRSZ;
	if (known->nsteps == 0 && JB_ROOT_IS_SCALAR(document))
		(void) JsonbExtractScalar(container, result);
	for (int i = 0; i < known->nsteps; i++)
	{
		JsonbValue *next = container == NULL ? NULL : TakeStep(container, &known->steps[i]);

		if (next == NULL)
			return false;
		*result = *next;
		container = next->type == jbvBinary ? next->val.binary.data : NULL;
	}
	return result->type != jbvNull;
}

/* ----------------------------------------------------------------- comparisons */

static bool
IsArray(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) &&
		   !JsonContainerIsScalar(value->val.binary.data);
}

static int
CompareStrings(const JsonbValue *a, const JsonbValue *b)
{
	int result =
		memcmp(a->val.string.val, b->val.string.val, Min(a->val.string.len, b->val.string.len));

	if (result != 0)
		return result;
	return (a->val.string.len > b->val.string.len) - (a->val.string.len < b->val.string.len);
}

static int
CompareNumbers(const JsonbValue *a, const JsonbValue *b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(a->val.numeric),
											 NumericGetDatum(b->val.numeric)));
}

/* False if values of these kinds do not compare. */
static bool
Compare(const JsonbValue *a, const JsonbValue *b, int *result)
{
	if (IsArray(a) && IsArray(b))
	{
		*result = compareJsonbContainers(a->val.binary.data, b->val.binary.data);
		return true;
	}
	if (a->type != b->type)
		return false;
	switch (a->type)
	{
		case jbvString:
			*result = CompareStrings(a, b);
			return true;
		case jbvNumeric:
			*result = CompareNumbers(a, b);
			return true;
		case jbvBool:
			*result = (int) a->val.boolean - (int) b->val.boolean;
			return true;
		default:
			return false;
	}
}

/* ------------------------------------------------------------------------ lists */

static int
SortStrings(const void *a, const void *b, void *unused)
{
	return CompareStrings(a, b);
}

static int
SortNumbers(const void *a, const void *b, void *unused)
{
	return CompareNumbers(a, b);
}

static void
AddMember(Members *members, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			members->strings[members->nstrings++] = *value;
			break;
		case jbvNumeric:
			members->numbers[members->nnumbers++] = *value;
			break;
		case jbvBool:
			members->has_true = members->has_true || value->val.boolean;
			members->has_false = members->has_false || !value->val.boolean;
			break;
		default:
			members->others[members->nothers++] = *value;
	}
}

/* Sorted, each once; their number. */
static int
SortValues(JsonbValue *values, int count, qsort_arg_comparator compare)
{
	int kept = Min(count, 1);

	qsort_interruptible(values, count, sizeof(JsonbValue), compare, NULL);
	for (int i = 1; i < count; i++)
	{
		if (compare(&values[kept - 1], &values[i], NULL) != 0)
			values[kept++] = values[i];
	}
	return kept;
}

static Members *
ReadMembers(Jsonb *list)
{
	Members *members = palloc0(sizeof(*members));
	int count = JB_ROOT_IS_ARRAY(list) && !JB_ROOT_IS_SCALAR(list) ? (int) JB_ROOT_COUNT(list) : 0;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;

	if (!JB_ROOT_IS_ARRAY(list) || JB_ROOT_IS_SCALAR(list))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("an array of values is expected")));
	members->strings = palloc_array(JsonbValue, Max(count, 1));
	members->numbers = palloc_array(JsonbValue, Max(count, 1));
	members->others = palloc_array(JsonbValue, Max(count, 1));
	iterator = JsonbIteratorInit(&list->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
			AddMember(members, &value);
	}
	members->nstrings = SortValues(members->strings, members->nstrings, SortStrings);
	members->nnumbers = SortValues(members->numbers, members->nnumbers, SortNumbers);
	return members;
}

static bool
HasOther(const Members *members, const JsonbValue *value)
{
	int order;

	for (int i = 0; i < members->nothers; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (Compare(&members->others[i], value, &order) && order == 0)
			return true;
	}
	return false;
}

static JsonbValue *
FindString(const Members *members, const JsonbValue *value)
{
	return bsearch_arg(value, members->strings, members->nstrings, sizeof(JsonbValue), SortStrings,
					   NULL);
}

static JsonbValue *
FindNumber(const Members *members, const JsonbValue *value)
{
	return bsearch_arg(value, members->numbers, members->nnumbers, sizeof(JsonbValue), SortNumbers,
					   NULL);
}

static bool
HasMember(const Members *members, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return FindString(members, value) != NULL;
		case jbvNumeric:
			return FindNumber(members, value) != NULL;
		case jbvBool:
			return value->val.boolean ? members->has_true : members->has_false;
		default:
			return HasOther(members, value);
	}
}

/* Whether all members are of the value's kind. */
static bool
IsOfKind(const Members *members, const JsonbValue *value)
{
	bool bools = members->has_true || members->has_false;

	if (members->nstrings == 0 && members->nnumbers == 0 && !bools && members->nothers == 0)
		return true;
	switch (value->type)
	{
		case jbvString:
			return members->nnumbers == 0 && !bools && members->nothers == 0;
		case jbvNumeric:
			return members->nstrings == 0 && !bools && members->nothers == 0;
		case jbvBool:
			return members->nstrings == 0 && members->nnumbers == 0 && members->nothers == 0;
		default:
			return IsArray(value) && members->nstrings == 0 && members->nnumbers == 0 && !bools;
	}
}

/* ------------------------------------------------------------------ known arguments */

static bool
IsStill(FunctionCallInfo fcinfo, int argument, const void *known)
{
	const void *value;

	if (VmArgumentIsConstant(fcinfo, argument))
		return true;
	value = PG_DETOAST_DATUM(PG_GETARG_DATUM(argument));
	return VARSIZE(value) == VARSIZE(known) && memcmp(value, known, VARSIZE(known)) == 0;
}

/* Of argument 1, the path, and the list that is argument list_argument, if not 0. */
static Known *
ReadKnown(FunctionCallInfo fcinfo, int list_argument)
{
	Known *known = palloc0(sizeof(*known));

	known->context = CurrentMemoryContext;
	known->path = DatumGetArrayTypePCopy(PG_GETARG_DATUM(1));
	ReadPath(known);
	if (list_argument == 0)
		return known;
	known->list = DatumGetJsonbPCopy(PG_GETARG_DATUM(list_argument));
	known->members = ReadMembers(known->list);
	return known;
}

static Known *
GetKnown(FunctionCallInfo fcinfo, int list_argument)
{
	FmgrInfo *function = fcinfo->flinfo;
	Known *known = function->fn_extra;
	MemoryContext old;

	if (known != NULL && IsStill(fcinfo, 1, known->path) &&
		(list_argument == 0 || IsStill(fcinfo, list_argument, known->list)))
		return known;
	function->fn_extra = NULL;
	if (known != NULL)
		MemoryContextDelete(known->context);
	old = MemoryContextSwitchTo(
		AllocSetContextCreate(function->fn_mcxt, "vecmilvus JSON path", ALLOCSET_SMALL_SIZES));
	known = ReadKnown(fcinfo, list_argument);
	MemoryContextSwitchTo(old);
	function->fn_extra = known;
	return known;
}

/* ------------------------------------------------------------------------ functions */

/* A constant: a scalar, or an array. */
static void
ReadConstant(Jsonb *json, JsonbValue *value)
{
	value->type = jbvBinary;
	value->val.binary.data = &json->root;
	value->val.binary.len = VARSIZE(json) - VARHDRSZ;
	if (JB_ROOT_IS_SCALAR(json))
		(void) JsonbExtractScalar(&json->root, value);
}

static bool
Holds(const char *operator, int order)
{
	if (strcmp(operator, "==") == 0)
		return order == 0;
	if (strcmp(operator, "!=") == 0)
		return order != 0;
	if (strcmp(operator, "<") == 0)
		return order < 0;
	if (strcmp(operator, "<=") == 0)
		return order <= 0;
	if (strcmp(operator, ">") == 0)
		return order > 0;
	if (strcmp(operator, ">=") == 0)
		return order >= 0;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%s\" is no comparison", operator)));
}

/* json_compare(document jsonb, path text[], operator text, value jsonb) */
VM_FUNCTION(vm_json_compare);
Datum
vm_json_compare(PG_FUNCTION_ARGS)
{
	Known *known = GetKnown(fcinfo, 0);
	JsonbValue found;
	JsonbValue constant;
	int order;

	ReadConstant(PG_GETARG_JSONB_P(3), &constant);
	if (!Find(PG_GETARG_JSONB_P(0), known, &found) || !Compare(&found, &constant, &order))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(Holds(text_to_cstring(PG_GETARG_TEXT_PP(2)), order));
}

/* json_in(document jsonb, path text[], list jsonb) */
VM_FUNCTION(vm_json_in);
Datum
vm_json_in(PG_FUNCTION_ARGS)
{
	Known *known = GetKnown(fcinfo, 2);
	JsonbValue found;

	if (!Find(PG_GETARG_JSONB_P(0), known, &found))
		PG_RETURN_NULL();
	if (HasMember(known->members, &found))
		PG_RETURN_BOOL(true);
	if (!IsOfKind(known->members, &found))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(false);
}

/* json_exists(document jsonb, path text[]): never null */
VM_FUNCTION(vm_json_exists);
Datum
vm_json_exists(PG_FUNCTION_ARGS)
{
	JsonbValue found;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(Find(PG_GETARG_JSONB_P(0), GetKnown(fcinfo, 0), &found));
}

/* json_string(document jsonb, path text[]): null if it is none */
VM_FUNCTION(vm_json_string);
Datum
vm_json_string(PG_FUNCTION_ARGS)
{
	JsonbValue found;

	if (!Find(PG_GETARG_JSONB_P(0), GetKnown(fcinfo, 0), &found) || found.type != jbvString)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(found.val.string.val, found.val.string.len));
}

/* json_number(document jsonb, path text[]): null if it is none */
VM_FUNCTION(vm_json_number);
Datum
vm_json_number(PG_FUNCTION_ARGS)
{
	JsonbValue found;

	if (!Find(PG_GETARG_JSONB_P(0), GetKnown(fcinfo, 0), &found) || found.type != jbvNumeric)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(DatumGetNumericCopy(NumericGetDatum(found.val.numeric)));
}

/* json_length(document jsonb, path text[]): of an array, null if it is none */
VM_FUNCTION(vm_json_length);
Datum
vm_json_length(PG_FUNCTION_ARGS)
{
	JsonbValue found;

	if (!Find(PG_GETARG_JSONB_P(0), GetKnown(fcinfo, 0), &found) || !IsArray(&found))
		PG_RETURN_NULL();
	PG_RETURN_INT32((int32) JsonContainerSize(found.val.binary.data));
}

/* --------------------------------------------------------------------- containment */

/* The array at the path. */
static bool
FindArray(FunctionCallInfo fcinfo, const Known *known, JsonbContainer **array)
{
	JsonbValue found;

	if (!Find(PG_GETARG_JSONB_P(0), known, &found) || !IsArray(&found))
		return false;
	*array = found.val.binary.data;
	return true;
}

static bool
ArrayHas(JsonbContainer *array, const JsonbValue *constant)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbIteratorToken token;
	JsonbValue value;
	int order;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_ELEM && Compare(&value, constant, &order) && order == 0)
			return true;
	}
	return false;
}

/* json_contains(document jsonb, path text[], value jsonb) */
VM_FUNCTION(vm_json_contains);
Datum
vm_json_contains(PG_FUNCTION_ARGS)
{
	JsonbContainer *array;
	JsonbValue constant;

	ReadConstant(PG_GETARG_JSONB_P(2), &constant);
	if (!FindArray(fcinfo, GetKnown(fcinfo, 0), &array))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(ArrayHas(array, &constant));
}

/* json_contains_any(document jsonb, path text[], list jsonb) */
VM_FUNCTION(vm_json_contains_any);
Datum
vm_json_contains_any(PG_FUNCTION_ARGS)
{
	Known *known = GetKnown(fcinfo, 2);
	JsonbContainer *array;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;

	if (!FindArray(fcinfo, known, &array))
		PG_RETURN_NULL();
	iterator = JsonbIteratorInit(array);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_ELEM && HasMember(known->members, &value))
			PG_RETURN_BOOL(true);
	}
	PG_RETURN_BOOL(false);
}

/* Which members were found, each counted once. */
typedef struct Tally
{
	const Members *members;
	bool *strings;
	bool *numbers;
	bool *others;
	bool true_found;
	bool false_found;
	int left;
} Tally;

static void
BeginTally(Tally *tally, const Members *members)
{
	tally->members = members;
	tally->strings = palloc0_array(bool, Max(members->nstrings, 1));
	tally->numbers = palloc0_array(bool, Max(members->nnumbers, 1));
	tally->others = palloc0_array(bool, Max(members->nothers, 1));
	tally->true_found = !members->has_true;
	tally->false_found = !members->has_false;
	tally->left = members->nstrings + members->nnumbers + members->nothers +
				  (members->has_true ? 1 : 0) + (members->has_false ? 1 : 0);
}

static void
EndTally(Tally *tally)
{
	pfree(tally->strings);
	pfree(tally->numbers);
	pfree(tally->others);
}

static void
Mark(Tally *tally, bool *found)
{
	if (!*found)
		tally->left--;
	*found = true;
}

static void
MarkOthers(Tally *tally, const JsonbValue *value)
{
	int order;

	for (int i = 0; i < tally->members->nothers; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (Compare(&tally->members->others[i], value, &order) && order == 0)
			Mark(tally, &tally->others[i]);
	}
}

static void
MarkMember(Tally *tally, const JsonbValue *value)
{
	const Members *members = tally->members;
	const JsonbValue *found;

	switch (value->type)
	{
		case jbvString:
			found = FindString(members, value);
			if (found != NULL)
				Mark(tally, &tally->strings[found - members->strings]);
			break;
		case jbvNumeric:
			found = FindNumber(members, value);
			if (found != NULL)
				Mark(tally, &tally->numbers[found - members->numbers]);
			break;
		case jbvBool:
			Mark(tally, value->val.boolean ? &tally->true_found : &tally->false_found);
			break;
		default:
			MarkOthers(tally, value);
	}
}

/* json_contains_all(document jsonb, path text[], list jsonb) */
VM_FUNCTION(vm_json_contains_all);
Datum
vm_json_contains_all(PG_FUNCTION_ARGS)
{
	Known *known = GetKnown(fcinfo, 2);
	JsonbContainer *array;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	Tally tally;

	if (!FindArray(fcinfo, known, &array))
		PG_RETURN_NULL();
	BeginTally(&tally, known->members);
	iterator = JsonbIteratorInit(array);
	while (tally.left > 0 && (token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_ELEM)
			MarkMember(&tally, &value);
	}
	EndTally(&tally);
	PG_RETURN_BOOL(tally.left == 0);
}
