/*
 * load_params.c
 *		Load parameters: VmLoadRequestRead, VmLoadParamsMake and the rest of
 *		load_params.h.
 */
#include "compat/compat.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/load_params.h"
#include "collection/name.h"
#include "consistency/oracle.h"

#define Invalid(...) ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID), errmsg(__VA_ARGS__)))

/* More columns no table has. */
#define MAX_LOAD_FIELDS 1600

bool
VmGroupExists(const char *name)
{
	VmGroupRow row;

	return strcmp(name, VM_DEFAULT_GROUP) == 0 || VmCatalogGetGroup(name, &row);
}

/* ------------------------------------------------------------------ the request */

static void
CheckReplicaNumber(int64 number)
{
	if (number < 1)
		Invalid("replica_number should be greater than or equal to 1, but got " INT64_FORMAT,
				number);
	if (number > VM_MAX_REPLICAS)
		Invalid("replica_number should be at most %d, but got " INT64_FORMAT, VM_MAX_REPLICAS,
				number);
}

void
VmLoadRequestRead(FunctionCallInfo fcinfo, int first, VmLoadRequest *request)
{
	memset(request, 0, sizeof(*request));
	if (!PG_ARGISNULL(first))
	{
		request->replica_number = PG_GETARG_INT32(first);
		CheckReplicaNumber(request->replica_number);
	}
	request->fields = VmTextArrayArgument(fcinfo, first + 1, "load_fields", &request->nfields);
	request->has_skip_dynamic = !PG_ARGISNULL(first + 2);
	request->skip_dynamic = request->has_skip_dynamic && PG_GETARG_BOOL(first + 2);
	request->groups = VmTextArrayArgument(fcinfo, first + 3, "resource_groups", &request->ngroups);
}

/* --------------------------------------------------------------------- reading */

/* An array under that key, or NULL where there is anything else. */
static Jsonb *
ArrayOf(const Jsonb *json, const char *key)
{
	JsonbValue *value = VmJsonGet(json, key);
	Jsonb *array = value != NULL && value->type == jbvBinary ? JsonbValueToJsonb(value) : NULL;

	return array != NULL && JB_ROOT_IS_ARRAY(array) && !JB_ROOT_IS_SCALAR(array) ? array : NULL;
}

static JsonbValue *
ElementOf(const Jsonb *array, int i)
{
	return getIthJsonbValueFromContainer((JsonbContainer *) &array->root, i);
}

static void
ReadReplica(JsonbValue *element, VmReplica *replica)
{
	Jsonb *object = element->type == jbvBinary ? JsonbValueToJsonb(element) : NULL;
	JsonbValue *id = VmJsonGet(object, "id");
	JsonbValue *group = VmJsonGet(object, "resource_group");
	int64 number;

	if (id != NULL && VmJsonValueInt(id, &number))
		replica->id = number;
	if (group != NULL && group->type == jbvString && group->val.string.len < NAMEDATALEN)
		replica->group = VmJsonValueText(group);
}

VmLoadParams *
VmLoadParamsRead(const Jsonb *json, int64 collection_id)
{
	VmLoadParams *params = palloc0(sizeof(*params));
	Jsonb *replicas = ArrayOf(json, "replicas");
	Jsonb *fields = ArrayOf(json, "load_fields");
	int count = replicas == NULL ? 0 : (int) Min(JB_ROOT_COUNT(replicas), VM_MAX_REPLICAS);
	int nfields = fields == NULL ? 0 : (int) Min(JB_ROOT_COUNT(fields), MAX_LOAD_FIELDS);
	JsonbValue *skip = VmJsonGet(json, "skip_load_dynamic_field");

	params->nreplicas = Max(count, 1);
	params->replicas = palloc0(sizeof(VmReplica) * params->nreplicas);
	for (int i = 0; i < params->nreplicas; i++)
	{
		params->replicas[i] = (VmReplica) {collection_id, VM_DEFAULT_GROUP};
		if (i < count)
			ReadReplica(ElementOf(replicas, i), &params->replicas[i]);
	}
	params->fields = palloc0(sizeof(char *) * Max(nfields, 1));
	for (int i = 0; i < nfields; i++)
	{
		JsonbValue *name = ElementOf(fields, i);

		if (name->type == jbvString)
			params->fields[params->nfields++] = VmJsonValueText(name);
	}
	params->skip_dynamic = skip != NULL && skip->type == jbvBool && skip->val.boolean;
	return params;
}

Jsonb *
VmLoadParamsJson(const VmLoadParams *params)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonBeginArray(&writer, "replicas");
	for (int i = 0; i < params->nreplicas; i++)
	{
		VmJsonBeginObject(&writer, NULL);
		VmJsonPutInt(&writer, "id", params->replicas[i].id);
		VmJsonPutString(&writer, "resource_group", params->replicas[i].group);
		VmJsonEndObject(&writer);
	}
	VmJsonEndArray(&writer);
	VmJsonBeginArray(&writer, "load_fields");
	for (int i = 0; i < params->nfields; i++)
		VmJsonPutString(&writer, NULL, params->fields[i]);
	VmJsonEndArray(&writer);
	VmJsonPutBool(&writer, "skip_load_dynamic_field", params->skip_dynamic);
	VmJsonEndObject(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

/* ------------------------------------------------------------- what properties say */

/* The collection's property of that name, else its database's, else NULL. */
static JsonbValue *
Property(const VmCollection *collection, const char *name)
{
	JsonbValue *value = VmJsonGet(collection->properties, psprintf("collection.%s", name));
	VmDatabaseRow database;

	if (value == NULL && VmCatalogGetDatabase(collection->nspid, &database))
		value = VmJsonGet(database.properties, psprintf("database.%s", name));
	return value;
}

static int
NumberOfProperties(const VmCollection *collection)
{
	JsonbValue *value = Property(collection, "replica.number");
	int64 number = 1;

	if (value == NULL)
		return 1;
	if (!VmJsonValueInt(value, &number))
		Invalid("invalid value of property \"%s\": %s", "replica.number", VmJsonValueText(value));
	CheckReplicaNumber(number);
	return (int) number;
}

/* "rg1,rg2"; NULL and count 0 where no property says any. */
static char **
GroupsOfProperties(const VmCollection *collection, int *count)
{
	JsonbValue *value = Property(collection, "resource_groups");
	char *text = value == NULL ? pstrdup("") : VmJsonValueText(value);
	char **groups = palloc(sizeof(char *) * (strlen(text) + 1));
	char *end;

	*count = 0;
	for (char *part = strtok_r(text, ", ", &end); part != NULL; part = strtok_r(NULL, ", ", &end))
		groups[(*count)++] = part;
	return groups;
}

/* -------------------------------------------------------------------- deciding */

static char *
JoinNames(char **names, int count)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < count; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? "," : "", names[i]);
	return text.data;
}

/* One group for all replicas, or one for each. */
static void
AssignGroups(VmLoadParams *params, char **groups, int count)
{
	if (count > 1 && count != params->nreplicas)
		Invalid("replica=[%d] resource group=[%s], resource group num can only be 0, 1 or same as "
				"replica number",
				params->nreplicas, JoinNames(groups, count));
	for (int i = 0; i < count; i++)
	{
		if (!VmGroupExists(groups[i]))
			VmRaiseGroupNotFound(groups[i]);
	}
	for (int i = 0; i < params->nreplicas; i++)
		params->replicas[i].group = count == 0 ? VM_DEFAULT_GROUP : groups[count == 1 ? 0 : i];
}

/* As many replicas as that, those that are there first; new ones are of no group yet. */
static void
Resize(VmLoadParams *params, int number, int kept)
{
	VmReplica *replicas = palloc0(sizeof(VmReplica) * number);

	for (int i = 0; i < number; i++)
	{
		if (i < kept)
			replicas[i] = params->replicas[i];
		else
			replicas[i].id = VmOracleDraw(1);
	}
	params->replicas = replicas;
	params->nreplicas = number;
}

/* Where groups were dropped, or a dump was restored without them. */
static void
ReplaceLostGroups(VmLoadParams *params)
{
	for (int i = 0; i < params->nreplicas; i++)
	{
		if (!VmGroupExists(params->replicas[i].group))
			params->replicas[i].group = VM_DEFAULT_GROUP;
	}
}

static void
SetReplicas(VmCollection *collection, const VmLoadRequest *request, VmLoadParams *params)
{
	bool is_known = ArrayOf(collection->load_params, "replicas") != NULL;
	int known = is_known ? params->nreplicas : 0;
	int number = request->replica_number;
	char **groups = request->groups;
	int ngroups = request->ngroups;

	if (number == 0)
		number = is_known ? known : NumberOfProperties(collection);
	Resize(params, number, Min(known, number));
	if (ngroups == 0 && number == known)
	{
		ReplaceLostGroups(params);
		return;
	}
	if (ngroups == 0)
		groups = GroupsOfProperties(collection, &ngroups);
	AssignGroups(params, groups, ngroups);
}

static bool
HasName(char **names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Milvus loads no collection without its keys and one vector. */
static void
CheckLoadFields(VmCollection *collection, char **fields, int count)
{
	char *names = JoinNames(fields, count);
	int vectors = 0;

	for (int i = 0; i < count; i++)
	{
		VmField *field = VmCollectionGetField(collection, fields[i]);

		vectors += VmIsVectorType(field->type) ? 1 : 0;
	}
	for (int i = 0; i < collection->nfields; i++)
	{
		VmField *field = &collection->fields[i];
		bool is_missing = !HasName(fields, count, field->name);

		if (field->is_primary && is_missing)
			Invalid("load field list [%s] does not contain primary key field %s", names,
					field->name);
		if (field->is_partition_key && is_missing)
			Invalid("load field list [%s] does not contain partition key field %s", names,
					field->name);
		if (field->is_clustering_key && is_missing)
			Invalid("load field list [%s] does not contain clustering key field %s", names,
					field->name);
	}
	if (vectors == 0)
		Invalid("load field list [%s] does not contain vector field", names);
}

/* Names that fields have no more say nothing. */
static void
KeepFields(VmCollection *collection, VmLoadParams *params)
{
	int kept = 0;

	for (int i = 0; i < params->nfields; i++)
	{
		if (VmCollectionFindField(collection, params->fields[i]) != NULL)
			params->fields[kept++] = params->fields[i];
	}
	params->nfields = kept;
}

Jsonb *
VmLoadParamsMake(VmCollection *collection, const VmLoadRequest *request)
{
	VmLoadParams *params = VmLoadParamsRead(collection->load_params, collection->id);

	VmLockGroups(ShareLock);
	SetReplicas(collection, request, params);
	KeepFields(collection, params);
	if (request->nfields > 0)
	{
		CheckLoadFields(collection, request->fields, request->nfields);
		params->fields = request->fields;
		params->nfields = request->nfields;
	}
	if (request->has_skip_dynamic)
		params->skip_dynamic = request->skip_dynamic;
	return VmLoadParamsJson(params);
}
