/*
 * json.c
 *		Reading and writing jsonb (json.h).
 */
#include "compat/compat.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "collection/error.h"
#include "collection/json.h"

static _Noreturn void
RaiseWrongType(const char *key, const char *expected)
{
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
					errmsg("invalid parameter: \"%s\" must be %s", key, expected)));
}

/* ------------------------------------------------------------------- reading */

JsonbValue *
VmJsonGet(const Jsonb *object, const char *key)
{
	JsonbValue *value;

	if (object == NULL || !JB_ROOT_IS_OBJECT((Jsonb *) object))
		return NULL;
	value = getKeyJsonValueFromContainer((JsonbContainer *) &object->root, key, (int) strlen(key),
										 NULL);
	return value == NULL || value->type == jbvNull ? NULL : value;
}

char *
VmJsonValueText(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNull:
			return pstrdup("null");
		default:
		{
			Jsonb *jsonb = JsonbValueToJsonb((JsonbValue *) value);

			return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
		}
	}
}

bool
VmJsonValueInt(const JsonbValue *value, int64 *result)
{
	char *text;
	char *end;

	if (value->type != jbvNumeric && value->type != jbvString)
		return false;
	text = VmJsonValueText(value);
	errno = 0;
	*result = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

char *
VmJsonGetString(const Jsonb *object, const char *key, char *missing)
{
	JsonbValue *value = VmJsonGet(object, key);

	if (value == NULL)
		return missing;
	if (value->type != jbvString)
		RaiseWrongType(key, "a string");
	return VmJsonValueText(value);
}

int64
VmJsonGetInt(const Jsonb *object, const char *key, int64 missing)
{
	JsonbValue *value = VmJsonGet(object, key);
	int64 result;

	if (value == NULL)
		return missing;
	if (!VmJsonValueInt(value, &result))
		RaiseWrongType(key, "an integer");
	return result;
}

bool
VmJsonGetBool(const Jsonb *object, const char *key, bool missing)
{
	JsonbValue *value = VmJsonGet(object, key);
	bool result;

	if (value == NULL)
		return missing;
	if (value->type == jbvBool)
		return value->val.boolean;
	if (value->type != jbvString ||
		!parse_bool_with_len(value->val.string.val, value->val.string.len, &result))
		RaiseWrongType(key, "true or false");
	return result;
}

static Jsonb *
GetContainer(const Jsonb *object, const char *key, bool is_array)
{
	JsonbValue *value = VmJsonGet(object, key);
	Jsonb *result;

	if (value == NULL)
		return NULL;
	if (value->type != jbvBinary)
		RaiseWrongType(key, is_array ? "an array" : "an object");
	result = JsonbValueToJsonb(value);
	if (is_array ? !JB_ROOT_IS_ARRAY(result) : !JB_ROOT_IS_OBJECT(result))
		RaiseWrongType(key, is_array ? "an array" : "an object");
	return result;
}

Jsonb *
VmJsonGetObject(const Jsonb *object, const char *key)
{
	return GetContainer(object, key, false);
}

Jsonb *
VmJsonGetArray(const Jsonb *object, const char *key)
{
	return GetContainer(object, key, true);
}

void
VmJsonCheckObject(const Jsonb *value, const char *what)
{
	if (value != NULL && !JB_ROOT_IS_OBJECT((Jsonb *) value))
		RaiseWrongType(what, "an object");
}

void
VmJsonCheckArray(const Jsonb *value, const char *what)
{
	if (value != NULL && (!JB_ROOT_IS_ARRAY((Jsonb *) value) || JB_ROOT_IS_SCALAR((Jsonb *) value)))
		RaiseWrongType(what, "an array");
}

Jsonb *
VmJsonArgument(FunctionCallInfo fcinfo, int n, const char *name)
{
	Jsonb *json;

	if (PG_ARGISNULL(n))
		return NULL;
	json = PG_GETARG_JSONB_P(n);
	VmJsonCheckObject(json, name);
	return json;
}

void
VmJsonEach(const Jsonb *object, VmJsonVisit visit, void *state)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	char *key = NULL;

	if (object == NULL)
		return;
	iterator = JsonbIteratorInit((JsonbContainer *) &object->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = VmJsonValueText(&value);
		else if (token == WJB_VALUE && key != NULL)
			visit(key, &value, state);
	}
}

Jsonb **
VmJsonObjects(const Jsonb *array, const char *what, int *count)
{
	int size = (int) JB_ROOT_COUNT((Jsonb *) array);
	Jsonb **objects;

	VmJsonCheckArray(array, what);
	objects = palloc(sizeof(Jsonb *) * Max(size, 1));
	for (int i = 0; i < size; i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer((JsonbContainer *) &array->root, i);

		if (value->type != jbvBinary)
			RaiseWrongType(what, "an array of objects");
		objects[i] = JsonbValueToJsonb(value);
		if (!JB_ROOT_IS_OBJECT(objects[i]))
			RaiseWrongType(what, "an array of objects");
	}
	*count = size;
	return objects;
}

char **
VmJsonStrings(const Jsonb *array, const char *what, int *count)
{
	int size = (int) JB_ROOT_COUNT((Jsonb *) array);
	char **strings;

	VmJsonCheckArray(array, what);
	strings = palloc(sizeof(char *) * Max(size, 1));
	for (int i = 0; i < size; i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer((JsonbContainer *) &array->root, i);

		if (value->type != jbvString)
			RaiseWrongType(what, "an array of strings");
		strings[i] = VmJsonValueText(value);
	}
	*count = size;
	return strings;
}

/* ------------------------------------------------------------------- writing */

static void
SetString(JsonbValue *value, const char *text)
{
	value->type = jbvString;
	value->val.string.val = unconstify(char *, text);
	value->val.string.len = (int) strlen(text);
}

static void
PutKey(VmJsonWriter *writer, const char *key)
{
	JsonbValue value;

	if (key == NULL)
		return;
	SetString(&value, pstrdup(key));
	pushJsonbValue(&writer->state, WJB_KEY, &value);
}

static void
PutValue(VmJsonWriter *writer, const char *key, JsonbValue *value)
{
	PutKey(writer, key);
	pushJsonbValue(&writer->state, key == NULL ? WJB_ELEM : WJB_VALUE, value);
}

void
VmJsonBeginObject(VmJsonWriter *writer, const char *key)
{
	PutKey(writer, key);
	pushJsonbValue(&writer->state, WJB_BEGIN_OBJECT, NULL);
}

void
VmJsonEndObject(VmJsonWriter *writer)
{
	writer->result = pushJsonbValue(&writer->state, WJB_END_OBJECT, NULL);
}

void
VmJsonBeginArray(VmJsonWriter *writer, const char *key)
{
	PutKey(writer, key);
	pushJsonbValue(&writer->state, WJB_BEGIN_ARRAY, NULL);
}

void
VmJsonEndArray(VmJsonWriter *writer)
{
	writer->result = pushJsonbValue(&writer->state, WJB_END_ARRAY, NULL);
}

void
VmJsonPutString(VmJsonWriter *writer, const char *key, const char *text)
{
	JsonbValue value;

	SetString(&value, pstrdup(text));
	PutValue(writer, key, &value);
}

void
VmJsonPutInt(VmJsonWriter *writer, const char *key, int64 number)
{
	JsonbValue value;

	value.type = jbvNumeric;
	value.val.numeric = int64_to_numeric(number);
	PutValue(writer, key, &value);
}

void
VmJsonPutBool(VmJsonWriter *writer, const char *key, bool boolean)
{
	JsonbValue value;

	value.type = jbvBool;
	value.val.boolean = boolean;
	PutValue(writer, key, &value);
}

void
VmJsonPutNull(VmJsonWriter *writer, const char *key)
{
	JsonbValue value;

	value.type = jbvNull;
	PutValue(writer, key, &value);
}

void
VmJsonPutValue(VmJsonWriter *writer, const char *key, const JsonbValue *value)
{
	PutValue(writer, key, (JsonbValue *) value);
}

void
VmJsonPutJsonb(VmJsonWriter *writer, const char *key, const Jsonb *jsonb)
{
	JsonbValue value;

	if (JB_ROOT_IS_SCALAR((Jsonb *) jsonb))
	{
		if (!JsonbExtractScalar((JsonbContainer *) &jsonb->root, &value))
			elog(ERROR, "scalar jsonb without a value");
	}
	else
	{
		value.type = jbvBinary;
		value.val.binary.data = (JsonbContainer *) &jsonb->root;
		value.val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
	}
	PutValue(writer, key, &value);
}

Datum
VmJsonDatum(VmJsonWriter *writer)
{
	return JsonbPGetDatum(JsonbValueToJsonb(writer->result));
}

Jsonb *
VmJsonEmptyObject(void)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonEndObject(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

Jsonb *
VmJsonEmptyArray(void)
{
	VmJsonWriter writer = {0};

	VmJsonBeginArray(&writer, NULL);
	VmJsonEndArray(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

/* ----------------------------------------------------------------- changing */

typedef struct Change
{
	VmJsonWriter writer;
	const char *key;
} Change;

static void
CopyOther(const char *key, const JsonbValue *value, void *state)
{
	Change *change = state;

	if (strcmp(key, change->key) != 0)
		VmJsonPutValue(&change->writer, key, value);
}

Jsonb *
VmJsonSet(const Jsonb *object, const char *key, const char *value)
{
	Change change = {.key = key};

	VmJsonBeginObject(&change.writer, NULL);
	VmJsonEach(object, CopyOther, &change);
	if (value != NULL)
		VmJsonPutString(&change.writer, key, value);
	VmJsonEndObject(&change.writer);
	return DatumGetJsonbP(VmJsonDatum(&change.writer));
}
