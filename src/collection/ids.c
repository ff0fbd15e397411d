/*
 * ids.c
 *		Primary keys that a call names (ids.h).
 */
#include "compat/compat.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/varlena.h"

#include "collection/error.h"
#include "collection/ids.h"
#include "collection/json.h"

typedef struct Id
{
	Datum value;
	int place;
} Id;

typedef struct Ids
{
	const VmCollection *collection;
	bool is_text;
	Id *ids;
	int count;
} Ids;

static _Noreturn void
RaiseWrongId(const Ids *list, const JsonbValue *value)
{
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
					errmsg("the type of primary key \"%s\" is %s, but got %s",
						   list->collection->primary->name,
						   VmDataTypeName(list->collection->primary->type), VmJsonValueText(value)),
					errhint("ids is a key, or a JSON array of keys.")));
}

static Datum
IdDatum(const Ids *list, const JsonbValue *value)
{
	int64 number;

	if (list->is_text)
	{
		if (value->type != jbvString)
			RaiseWrongId(list, value);
		return PointerGetDatum(
			cstring_to_text_with_len(value->val.string.val, value->val.string.len));
	}
	if (!VmJsonValueInt(value, &number))
		RaiseWrongId(list, value);
	return Int64GetDatum(number);
}

static int
CompareValues(const Ids *list, const Id *a, const Id *b)
{
	if (!list->is_text)
		return DatumGetInt64(a->value) < DatumGetInt64(b->value) ?
				   -1 :
				   DatumGetInt64(a->value) > DatumGetInt64(b->value);
	return varstr_cmp(VARDATA_ANY(DatumGetPointer(a->value)),
					  VARSIZE_ANY_EXHDR(DatumGetPointer(a->value)),
					  VARDATA_ANY(DatumGetPointer(b->value)),
					  VARSIZE_ANY_EXHDR(DatumGetPointer(b->value)), C_COLLATION_OID);
}

static int
CompareIds(const void *a, const void *b, void *arg)
{
	const Id *x = a;
	const Id *y = b;
	int order = CompareValues(arg, x, y);

	return order != 0 ? order : x->place - y->place;
}

static int
ComparePlaces(const void *a, const void *b)
{
	return ((const Id *) a)->place - ((const Id *) b)->place;
}

/* Keeps the first of equal ones, in the order given. */
static void
RemoveDuplicates(Ids *list)
{
	int count = 0;

	qsort_arg(list->ids, list->count, sizeof(Id), CompareIds, list);
	for (int i = 0; i < list->count; i++)
	{
		if (count == 0 || CompareValues(list, &list->ids[count - 1], &list->ids[i]) != 0)
			list->ids[count++] = list->ids[i];
	}
	list->count = count;
	qsort(list->ids, list->count, sizeof(Id), ComparePlaces);
}

static void
ReadIds(Ids *list, Jsonb *json)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue value;

	/* A single value is an array of one, to jsonb. */
	if (!JB_ROOT_IS_ARRAY(json))
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("invalid parameter \"ids\": an array of keys, or a key, is expected")));
	list->ids =
		MemoryContextAllocHuge(CurrentMemoryContext, Max(JB_ROOT_COUNT(json), 1) * sizeof(Id));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		CHECK_FOR_INTERRUPTS();
		list->ids[list->count].value = IdDatum(list, &value);
		list->ids[list->count].place = list->count;
		list->count++;
	}
}

void
VmCheckKeyType(const VmCollection *collection)
{
	switch (collection->primary->type)
	{
		case VM_TYPE_INT16:
		case VM_TYPE_INT32:
		case VM_TYPE_INT64:
		case VM_TYPE_VARCHAR:
			return;
		default:
			ereport(ERROR, (VmErrcode(VM_UNSUPPORTED),
							errmsg("primary key \"%s\" is neither an integer nor a string",
								   collection->primary->name)));
	}
}

ArrayType *
VmIdsFromJson(const VmCollection *collection, Jsonb *json, Oid *type)
{
	Ids list = {.collection = collection, .is_text = collection->primary->type == VM_TYPE_VARCHAR};
	Datum *values;

	VmCheckKeyType(collection);
	ReadIds(&list, json);
	RemoveDuplicates(&list);
	values = MemoryContextAllocHuge(CurrentMemoryContext, Max(list.count, 1) * sizeof(Datum));
	for (int i = 0; i < list.count; i++)
		values[i] = list.ids[i].value;
	*type = list.is_text ? TEXTARRAYOID : INT8ARRAYOID;
	if (list.is_text)
		return construct_array(values, list.count, TEXTOID, -1, false, TYPALIGN_INT);
	return construct_array(values, list.count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						   TYPALIGN_DOUBLE);
}
