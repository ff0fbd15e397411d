/*
 * entity.c
 *		Rows as Milvus's clients see them (entity.h).
 */
#include "compat/compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/varbit.h"

#include "collection/entity.h"
#include "collection/error.h"
#include "types/types.h"

/* A column of the target list. */
typedef struct Output
{
	const VmField *field; /* NULL: "$meta" */
	const char *name;
	int name_len;
	FmgrInfo to_jsonb; /* columns that Milvus has no type for */
	Oid element_typid; /* arrays */
	int16 element_len;
	bool element_byval;
	char element_align;
} Output;

struct VmEntity
{
	VmCollection *collection;
	int noutputs;
	Output *outputs; /* "$meta" last */
	int key;
	bool has_meta;
	bool all_dynamic; /* every key of "$meta" */
	int nkeys;        /* or these */
	char **keys;
};

/* ------------------------------------------------------------------- set up */

/* to_jsonb learns its argument's type from the expression that it is called by. */
static void
LookupToJsonb(FmgrInfo *function, const VmField *field)
{
	Node *argument = (Node *) makeNullConst(field->typid, field->typmod, field->collation);
	FuncExpr *call = makeFuncExpr(F_TO_JSONB, JSONBOID, list_make1(argument), InvalidOid,
								  InvalidOid, COERCE_EXPLICIT_CALL);

	fmgr_info(F_TO_JSONB, function);
	fmgr_info_set_expr((Node *) call, function);
}

static void
AddOutput(VmEntity *entity, const VmField *field)
{
	Output *output = &entity->outputs[entity->noutputs++];

	memset(output, 0, sizeof(*output));
	output->field = field;
	output->name = field == NULL ? VM_META_COLUMN : field->name;
	output->name_len = (int) strlen(output->name);
	if (field == NULL)
		return;
	if (field->is_primary)
		entity->key = entity->noutputs - 1;
	if (field->type == VM_TYPE_NONE || (field->type == VM_TYPE_JSON && field->typid != JSONBOID))
		LookupToJsonb(&output->to_jsonb, field);
	if (field->type == VM_TYPE_ARRAY)
	{
		output->element_typid = get_element_type(field->typid);
		get_typlenbyvalalign(output->element_typid, &output->element_len, &output->element_byval,
							 &output->element_align);
	}
}

/* Marks what a list names; dynamic keys are remembered in the entity. */
static bool *
ChooseFields(VmEntity *entity, char **fields, int nfields)
{
	VmCollection *collection = entity->collection;
	bool *chosen = palloc0_array(bool, collection->nfields);

	entity->keys = palloc_array(char *, Max(nfields, 1));
	for (int i = 0; i < nfields; i++)
	{
		VmField *field = VmCollectionFindField(collection, fields[i]);

		if (field != NULL)
			chosen[field - collection->fields] = true;
		else if (strcmp(fields[i], "*") == 0)
		{
			memset(chosen, true, collection->nfields * sizeof(bool));
			entity->all_dynamic = collection->meta_attnum > 0;
		}
		else if (collection->meta_attnum == 0)
			VmRaiseFieldNotFound(collection->name, fields[i]);
		else if (strcmp(fields[i], VM_META_COLUMN) == 0)
			entity->all_dynamic = true;
		else
			entity->keys[entity->nkeys++] = pstrdup(fields[i]); /* outlives the call */
	}
	return chosen;
}

VmEntity *
VmEntityCreate(VmCollection *collection, char **fields, int nfields, bool with_key)
{
	VmEntity *entity = palloc0(sizeof(*entity));
	char *everything[] = {"*"};
	bool *chosen;

	entity->collection = collection;
	entity->outputs = palloc_array(Output, collection->nfields + 1);
	if (fields == NULL)
		chosen = ChooseFields(entity, everything, 1);
	else
		chosen = ChooseFields(entity, fields, nfields);
	if (with_key)
		chosen[collection->primary - collection->fields] = true;
	for (int i = 0; i < collection->nfields; i++)
	{
		if (chosen[i])
			AddOutput(entity, &collection->fields[i]);
	}
	entity->has_meta = entity->all_dynamic || entity->nkeys > 0;
	if (entity->has_meta)
		AddOutput(entity, NULL);
	return entity;
}

int
VmEntityColumns(const VmEntity *entity)
{
	return entity->noutputs;
}

Oid
VmEntityColumnType(const VmEntity *entity, int column)
{
	const VmField *field = entity->outputs[column].field;

	return field == NULL ? JSONBOID : field->typid;
}

int
VmEntityKey(const VmEntity *entity)
{
	return entity->key;
}

char *
VmEntityTargets(const VmEntity *entity, const char *alias)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < entity->noutputs; i++)
		appendStringInfo(&sql, "%s%s.%s", i > 0 ? ", " : "", alias,
						 quote_identifier(entity->outputs[i].name));
	return sql.data;
}

/* ------------------------------------------------------------------ numbers */

static void
SetString(JsonbValue *value, const char *text, int len)
{
	value->type = jbvString;
	value->val.string.val = unconstify(char *, text);
	value->val.string.len = len;
}

static void
SetInteger(JsonbValue *value, int64 number)
{
	value->type = jbvNumeric;
	value->val.numeric = int64_to_numeric(number);
}

/*
 * A number from its shortest decimal text: digits and places after the point,
 * which is several times faster than reading the text back.  Texts with an
 * exponent, or too many digits, are read.
 */
static void
SetDecimal(JsonbValue *value, const char *text)
{
	bool negative = *text == '-';
	int64 digits = 0;
	int count = 0;
	int places = -1;
	const char *p;

	for (p = text + negative; *p != '\0' && count <= 18; p++)
	{
		if (*p == '.' && places < 0)
			places = 0;
		else if (*p >= '0' && *p <= '9')
		{
			digits = digits * 10 + (*p - '0');
			count++;
			places += places >= 0;
		}
		else
			break;
	}
	value->type = jbvNumeric;
	if (*p == '\0' && count <= 18)
		value->val.numeric = int64_div_fast_to_numeric(negative ? -digits : digits, Max(places, 0));
	else
		value->val.numeric = DatumGetNumeric(DirectFunctionCall3(
			numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* JSON has no NaN and no infinity: strings, as to_jsonb makes them. */
static void
SetFloat(JsonbValue *value, float number)
{
	char text[FLOAT_SHORTEST_DECIMAL_LEN + 1];

	if (!isfinite(number))
	{
		const char *name = isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";

		SetString(value, name, (int) strlen(name));
		return;
	}
	float_to_shortest_decimal_buf(number, text);
	SetDecimal(value, text);
}

static void
SetDouble(JsonbValue *value, double number)
{
	char text[DOUBLE_SHORTEST_DECIMAL_LEN + 1];

	if (!isfinite(number))
	{
		SetFloat(value, (float) number);
		return;
	}
	double_to_shortest_decimal_buf(number, text);
	SetDecimal(value, text);
}

/* ------------------------------------------------------------------- values */

static void
SetScalar(JsonbValue *value, VmDataType type, Datum datum)
{
	switch (type)
	{
		case VM_TYPE_BOOL:
			value->type = jbvBool;
			value->val.boolean = DatumGetBool(datum);
			break;
		case VM_TYPE_INT8:
		case VM_TYPE_INT16:
			SetInteger(value, DatumGetInt16(datum));
			break;
		case VM_TYPE_INT32:
			SetInteger(value, DatumGetInt32(datum));
			break;
		case VM_TYPE_INT64:
			SetInteger(value, DatumGetInt64(datum));
			break;
		case VM_TYPE_FLOAT:
			SetFloat(value, DatumGetFloat4(datum));
			break;
		case VM_TYPE_DOUBLE:
			SetDouble(value, DatumGetFloat8(datum));
			break;
		case VM_TYPE_VARCHAR:
		{
			text *string = DatumGetTextPP(datum);

			SetString(value, VARDATA_ANY(string), (int) VARSIZE_ANY_EXHDR(string));
			break;
		}
		default:
			elog(ERROR, "unexpected scalar type %d", type);
	}
}

static void
PushArray(JsonbParseState **state, const Output *output, Datum datum)
{
	ArrayType *array = DatumGetArrayTypeP(datum);
	Datum *elements;
	bool *nulls;
	int count;

	deconstruct_array(array, output->element_typid, output->element_len, output->element_byval,
					  output->element_align, &elements, &nulls, &count);
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
	{
		JsonbValue value = {.type = jbvNull};

		if (!nulls[i])
			SetScalar(&value, output->field->element_type, elements[i]);
		pushJsonbValue(state, WJB_ELEM, &value);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
PushDense(JsonbParseState **state, const VmDenseType *type, Datum datum)
{
	VmDense *vector = VmDatumGetDense(datum, type);

	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < vector->dim; i++)
	{
		JsonbValue value;

		SetFloat(&value, VmDenseGet(type, vector, i));
		pushJsonbValue(state, WJB_ELEM, &value);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
	VmFreeIfCopy(vector, datum);
}

static void
PushBits(JsonbParseState **state, Datum datum)
{
	VarBit *bits = DatumGetVarBitP(datum);

	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < VARBITBYTES(bits); i++)
	{
		JsonbValue value;

		SetInteger(&value, VARBITS(bits)[i]);
		pushJsonbValue(state, WJB_ELEM, &value);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

static void
PushSparse(JsonbParseState **state, Datum datum)
{
	VmSparse *sparse = VmDatumGetSparse(datum);

	VmCheckSparseIndices(sparse);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < sparse->nnz; i++)
	{
		char *index = palloc(12);
		JsonbValue value;

		SetString(&value, index, pg_ltoa(sparse->indices[i], index));
		pushJsonbValue(state, WJB_KEY, &value);
		SetFloat(&value, VmSparseValues(sparse)[i]);
		pushJsonbValue(state, WJB_VALUE, &value);
	}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

static void
PushJsonb(JsonbParseState **state, Jsonb *json)
{
	JsonbValue value;

	if (JB_ROOT_IS_SCALAR(json))
		JsonbExtractScalar(&json->root, &value);
	else
	{
		value.type = jbvBinary;
		value.val.binary.data = &json->root;
		value.val.binary.len = VARSIZE(json) - VARHDRSZ;
	}
	pushJsonbValue(state, WJB_VALUE, &value);
}

static void
PushValue(JsonbParseState **state, Output *output, Datum datum)
{
	JsonbValue value;

	switch (output->field->type)
	{
		case VM_TYPE_NONE:
			PushJsonb(state, DatumGetJsonbP(FunctionCall1(&output->to_jsonb, datum)));
			break;
		case VM_TYPE_JSON:
			if (output->field->typid != JSONBOID)
				datum = FunctionCall1(&output->to_jsonb, datum);
			PushJsonb(state, DatumGetJsonbP(datum));
			break;
		case VM_TYPE_ARRAY:
			PushArray(state, output, datum);
			break;
		case VM_TYPE_FLOAT_VECTOR:
			PushDense(state, &VmVectorType, datum);
			break;
		case VM_TYPE_FLOAT16_VECTOR:
			PushDense(state, &VmHalfvecType, datum);
			break;
		case VM_TYPE_BINARY_VECTOR:
			PushBits(state, datum);
			break;
		case VM_TYPE_SPARSE_FLOAT_VECTOR:
			PushSparse(state, datum);
			break;
		default:
			SetScalar(&value, output->field->type, datum);
			pushJsonbValue(state, WJB_VALUE, &value);
	}
}

/* -------------------------------------------------------------- dynamic keys */

/* Whether a field of that name exists, so that a key of "$meta" is hidden. */
static bool
IsField(const VmEntity *entity, const JsonbValue *key)
{
	for (int i = 0; i < entity->collection->nfields; i++)
	{
		const char *name = entity->collection->fields[i].name;

		if (strlen(name) == key->val.string.len &&
			memcmp(name, key->val.string.val, key->val.string.len) == 0)
			return true;
	}
	return false;
}

static void
PushAllKeys(const VmEntity *entity, JsonbParseState **state, Jsonb *meta)
{
	JsonbIterator *iterator = JsonbIteratorInit(&meta->root);
	JsonbIteratorToken token;
	JsonbValue value;
	bool shown = false;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			shown = !IsField(entity, &value);
		if ((token == WJB_KEY || token == WJB_VALUE) && shown)
			pushJsonbValue(state, token, &value);
	}
}

static void
PushNamedKeys(const VmEntity *entity, JsonbParseState **state, Jsonb *meta)
{
	for (int i = 0; i < entity->nkeys; i++)
	{
		int len = (int) strlen(entity->keys[i]);
		JsonbValue *value = getKeyJsonValueFromContainer(&meta->root, entity->keys[i], len, NULL);
		JsonbValue key;

		if (value == NULL)
			continue;
		SetString(&key, entity->keys[i], len);
		pushJsonbValue(state, WJB_KEY, &key);
		pushJsonbValue(state, WJB_VALUE, value);
	}
}

Jsonb *
VmEntityBuild(VmEntity *entity, const Datum *values, const bool *nulls)
{
	int fields = entity->noutputs - entity->has_meta;
	JsonbParseState *state = NULL;
	JsonbValue value;

	CHECK_FOR_INTERRUPTS();
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < fields; i++)
	{
		Output *output = &entity->outputs[i];

		SetString(&value, output->name, output->name_len);
		pushJsonbValue(&state, WJB_KEY, &value);
		value.type = jbvNull;
		if (nulls[i])
			pushJsonbValue(&state, WJB_VALUE, &value);
		else
			PushValue(&state, output, values[i]);
	}
	if (entity->has_meta && !nulls[fields])
	{
		Jsonb *meta = DatumGetJsonbP(values[fields]);

		/* Somebody may have written something else there by hand. */
		if (JB_ROOT_IS_OBJECT(meta) && entity->all_dynamic)
			PushAllKeys(entity, &state, meta);
		else if (JB_ROOT_IS_OBJECT(meta))
			PushNamedKeys(entity, &state, meta);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}
