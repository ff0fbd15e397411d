/*
 * index_alter.c
 *		milvus.alter_index_properties, milvus.drop_index_properties.
 *
 * Of an index that exists Milvus lets one property be changed: mmap.enabled,
 * which is stored beside its parameters and shown with them.
 */
#include "compat/compat.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/index_find.h"
#include "collection/json.h"
#include "collection/memento.h"
#include "collection/name.h"
#include "consistency/oracle.h"

/* As it is once the collection's rows are locked. */
static VmIndexInfo *
OpenIndex(FunctionCallInfo fcinfo, VmCollection **collection)
{
	char *name = VmTextArgument(fcinfo, 1, "index_name");
	VmIndexInfo *info;

	*collection =
		VmCollectionOpenToChange(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	info = VmIndexFind(*collection, name);
	if (info == NULL)
		VmRaiseIndexNotFound((*collection)->name, name);
	return info;
}

/* One that was made by hand gets a row now. */
static void
PutParams(VmCollection *collection, const VmIndexInfo *info, Jsonb *params)
{
	VmIndexRow row = {.relid = collection->relid, .state = VM_INDEX_FINISHED, .fail_reason = ""};

	if (info->row != NULL)
		row = *info->row;
	else
	{
		namestrcpy(&row.name, info->name);
		namestrcpy(&row.field, info->field->name);
		row.index_id = VmOracleDraw(1);
		row.index_type = pstrdup(info->index_type);
		row.metric_type = pstrdup(info->metric);
		namestrcpy(&row.pg_name, get_rel_name(info->pg_index));
		row.created_ts = row.index_id;
	}
	row.params = params;
	VmCatalogPutIndex(&row);
	VmMementoWrite(collection->relid);
}

static void
CheckKey(const char *key)
{
	if (strcmp(key, VM_MMAP_PROPERTY) != 0)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("%s is not a configable index property", key)));
}

static void
SetProperty(const char *key, const JsonbValue *value, void *state)
{
	Jsonb **params = state;
	Jsonb *pair;

	CheckKey(key);
	pair = VmJsonSet(VmJsonEmptyObject(), key, VmJsonValueText(value));
	*params = VmJsonSet(*params, key, VmJsonGetBool(pair, key, false) ? "true" : "false");
}

VM_FUNCTION(vm_alter_index_properties);
Datum
vm_alter_index_properties(PG_FUNCTION_ARGS)
{
	VmCollection *collection;
	VmIndexInfo *info = OpenIndex(fcinfo, &collection);
	Jsonb *params = info->params;

	if (PG_ARGISNULL(2))
		(void) VmTextArgument(fcinfo, 2, "properties");
	VmJsonCheckObject(PG_GETARG_JSONB_P(2), "properties");
	VmJsonEach(PG_GETARG_JSONB_P(2), SetProperty, &params);
	PutParams(collection, info, params);
	PG_RETURN_VOID();
}

VM_FUNCTION(vm_drop_index_properties);
Datum
vm_drop_index_properties(PG_FUNCTION_ARGS)
{
	VmCollection *collection;
	VmIndexInfo *info = OpenIndex(fcinfo, &collection);
	Jsonb *params = info->params;
	int count;
	char **keys = VmTextArrayArgument(fcinfo, 2, "property_keys", &count);

	for (int i = 0; i < count; i++)
	{
		CheckKey(keys[i]);
		params = VmJsonSet(params, keys[i], NULL);
	}
	PutParams(collection, info, params);
	PG_RETURN_VOID();
}
