/*
 * resource_group.c
 *		milvus.create_resource_group, drop_resource_group, update_resource_groups,
 *		list_resource_groups, describe_resource_group, and the trigger for rows of
 *		groups that a restore brings.
 *
 * A group is a name with a configuration, kept for clients that expect it.  The
 * one node is in __default_resource_group; the others have none, so that what is
 * loaded there is shown as using a node of another group.
 */
#include "compat/compat.h"

#include "commands/dbcommands.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/load.h"
#include "collection/load_params.h"
#include "collection/name.h"
#include "collection/node.h"
#include "compat/acl.h"

#define MAX_GROUPS       1024
#define MAX_CONFIG_BYTES 65536

/* Of the default group: what Milvus gives it. */
#define DEFAULT_CAPACITY 1000000

static const char *const config_keys[] = {"requests", "limits", "transfer_from", "transfer_to",
										  "node_filter"};

/* --------------------------------------------------------------- configurations */

static _Noreturn void
RaiseIllegalConfig(const char *name, const char *reason)
{
	ereport(ERROR, (VmErrcode(VM_GROUP_ILLEGAL_CONFIG),
					errmsg("%s: resource group illegal config[rg=%s]", reason, name),
					errhint("{\"requests\": {\"node_num\": 0}, \"limits\": {\"node_num\": 0}, "
							"\"transfer_from\": [{\"resource_group\": \"name\"}], "
							"\"transfer_to\": []}")));
}

static void
CheckKey(const char *key, const JsonbValue *value, void *state)
{
	for (int i = 0; i < lengthof(config_keys); i++)
	{
		if (strcmp(key, config_keys[i]) == 0)
			return;
	}
	RaiseIllegalConfig(state, psprintf("unknown key \"%s\"", key));
}

static int64
NodeNumber(const char *name, const Jsonb *config, const char *key)
{
	Jsonb *object = VmJsonGetObject(config, key);
	int64 number = VmJsonGetInt(object, "node_num", 0);

	if (object == NULL)
		RaiseIllegalConfig(name, "requests or limits is required");
	if (number < 0)
		RaiseIllegalConfig(name, "node num in `requests` or `limits` should not less than 0");
	if (number > PG_INT32_MAX)
		RaiseIllegalConfig(name, "node num in `requests` or `limits` is out of range");
	return number;
}

/* [{"resource_group": "a"}], or names alone. */
static char *
TransferName(const char *name, JsonbValue *element)
{
	char *other = NULL;

	if (element->type == jbvString)
		other = VmJsonValueText(element);
	else if (element->type == jbvBinary)
		other = VmJsonGetString(JsonbValueToJsonb(element), "resource_group", NULL);
	if (other == NULL)
		RaiseIllegalConfig(name, "a transfer has no \"resource_group\"");
	return other;
}

static void
PutTransfers(VmJsonWriter *writer, const char *name, const Jsonb *config, const char *key)
{
	Jsonb *array = VmJsonGetArray(config, key);
	int count = array == NULL ? 0 : (int) JB_ROOT_COUNT(array);

	VmJsonBeginArray(writer, key);
	for (int i = 0; i < count; i++)
	{
		char *other =
			TransferName(name, getIthJsonbValueFromContainer((JsonbContainer *) &array->root, i));

		if (strcmp(other, name) == 0)
			RaiseIllegalConfig(name, psprintf("resource group in `%s` should not be itself", key));
		if (!VmGroupExists(other))
			RaiseIllegalConfig(name, psprintf("resource group in `%s` %s not exist", key, other));
		VmJsonBeginObject(writer, NULL);
		VmJsonPutString(writer, "resource_group", other);
		VmJsonEndObject(writer);
	}
	VmJsonEndArray(writer);
}

static void
PutNodes(VmJsonWriter *writer, const char *key, int64 number)
{
	VmJsonBeginObject(writer, key);
	VmJsonPutInt(writer, "node_num", number);
	VmJsonEndObject(writer);
}

/* Numbers of nodes alone: what a group has to which nothing was said. */
static Jsonb *
PlainConfig(int64 requests, int64 limits)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	PutNodes(&writer, "requests", requests);
	PutNodes(&writer, "limits", limits);
	VmJsonBeginArray(&writer, "transfer_from");
	VmJsonEndArray(&writer);
	VmJsonBeginArray(&writer, "transfer_to");
	VmJsonEndArray(&writer);
	VmJsonEndObject(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

/* The configuration as it is stored; NULL and {} stand for no nodes. */
static Jsonb *
CheckedConfig(const char *name, const Jsonb *config)
{
	VmJsonWriter writer = {0};
	Jsonb *filter;
	int64 requests;
	int64 limits;

	VmJsonCheckObject(config, "config");
	if (config == NULL || JB_ROOT_COUNT((Jsonb *) config) == 0)
		return PlainConfig(0, 0);
	if (VARSIZE(config) > MAX_CONFIG_BYTES)
		RaiseIllegalConfig(name, psprintf("more than %d bytes", MAX_CONFIG_BYTES));
	VmJsonEach(config, CheckKey, unconstify(char *, name));
	requests = NodeNumber(name, config, "requests");
	limits = NodeNumber(name, config, "limits");
	if (limits < requests)
		RaiseIllegalConfig(name, "limits node num should not less than requests node num");
	filter = VmJsonGetObject(config, "node_filter");
	VmJsonBeginObject(&writer, NULL);
	PutNodes(&writer, "requests", requests);
	PutNodes(&writer, "limits", limits);
	PutTransfers(&writer, name, config, "transfer_from");
	PutTransfers(&writer, name, config, "transfer_to");
	if (filter != NULL)
		VmJsonPutJsonb(&writer, "node_filter", filter);
	VmJsonEndObject(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

/* Raises VM_GROUP_NOT_FOUND. */
static Jsonb *
ConfigOf(const char *name)
{
	VmGroupRow row;

	if (VmCatalogGetGroup(name, &row))
		return row.config;
	if (strcmp(name, VM_DEFAULT_GROUP) != 0)
		VmRaiseGroupNotFound(name);
	return PlainConfig(0, DEFAULT_CAPACITY);
}

/* Of a row that may have come by a restore, which asks nothing of it. */
static int64
CapacityOf(const Jsonb *config)
{
	JsonbValue *limits = VmJsonGet(config, "limits");
	Jsonb *object = limits != NULL && limits->type == jbvBinary ? JsonbValueToJsonb(limits) : NULL;
	JsonbValue *number = VmJsonGet(object, "node_num");
	int64 result;

	return number != NULL && VmJsonValueInt(number, &result) ? result : 0;
}

/* ------------------------------------------------------------------- changing */

/* Groups are the database's, so whoever may create in it may change them. */
static void
LockToChange(void)
{
	AclResult result = VmDatabaseAclCheck(GetUserId(), ACL_CREATE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_DATABASE, get_database_name(MyDatabaseId));
	VmLockGroups(ExclusiveLock);
}

static void
PutGroup(const char *name, Jsonb *config)
{
	VmGroupRow row = {.config = config};

	namestrcpy(&row.name, name);
	VmCatalogPutGroup(&row);
}

/* The default group is one of them, with a row or without. */
static int
CountGroups(void)
{
	VmGroupRow row;

	return list_length(VmCatalogListGroups()) + (VmCatalogGetGroup(VM_DEFAULT_GROUP, &row) ? 0 : 1);
}

VM_FUNCTION(vm_create_resource_group);
Datum
vm_create_resource_group(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "name");
	Jsonb *config = PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1);

	VmCheckGroupName(name);
	LockToChange();
	config = CheckedConfig(name, config);
	if (VmGroupExists(name))
	{
		if (compareJsonbContainers(&ConfigOf(name)->root, &config->root) == 0)
			PG_RETURN_VOID();
		ereport(ERROR, (VmErrcode(VM_GROUP_EXISTS),
						errmsg("resource group already exist, but create with different "
							   "config[rg=%s]",
							   name)));
	}
	if (CountGroups() >= MAX_GROUPS)
		ereport(ERROR,
				(VmErrcode(VM_GROUP_LIMIT),
				 errmsg("resource group num reach limit[rg=%s][limit=%d]", name, MAX_GROUPS)));
	PutGroup(name, config);
	PG_RETURN_VOID();
}

typedef struct Update
{
	List *names;
	List *configs;
} Update;

static void
CollectUpdate(const char *name, const JsonbValue *value, void *state)
{
	Update *update = state;

	if (!VmGroupExists(name))
		VmRaiseGroupNotFound(name);
	if (value->type != jbvBinary)
		RaiseIllegalConfig(name, "an object is expected");
	update->names = lappend(update->names, pstrdup(name));
	update->configs =
		lappend(update->configs, CheckedConfig(name, JsonbValueToJsonb((JsonbValue *) value)));
}

VM_FUNCTION(vm_update_resource_groups);
Datum
vm_update_resource_groups(PG_FUNCTION_ARGS)
{
	Update update = {NIL, NIL};
	ListCell *name;
	ListCell *config;

	if (PG_ARGISNULL(0))
		(void) VmTextArgument(fcinfo, 0, "configs");
	VmJsonCheckObject(PG_GETARG_JSONB_P(0), "configs");
	LockToChange();
	VmJsonEach(PG_GETARG_JSONB_P(0), CollectUpdate, &update);
	forboth(name, update.names, config, update.configs) PutGroup(lfirst(name), lfirst(config));
	PG_RETURN_VOID();
}

/* ------------------------------------------------------------------- dropping */

/* How many replicas of it are in that group; 0 if it is not loaded. */
static int
ReplicasInGroup(const VmCollectionRow *row, const char *group)
{
	VmLoadParams *params;
	int count = 0;

	if (!VmRowIsLoaded(row))
		return 0;
	params = VmLoadParamsRead(row->load_params, row->collection_id);
	for (int i = 0; i < params->nreplicas; i++)
		count += strcmp(params->replicas[i].group, group) == 0 ? 1 : 0;
	return count;
}

static void
CheckNotLoaded(const char *group)
{
	ListCell *cell;

	foreach (cell, VmCatalogListCollections())
	{
		VmCollectionRow *row = lfirst(cell);
		char *name = get_rel_name(row->relid);

		CHECK_FOR_INTERRUPTS();
		if (name != NULL && ReplicasInGroup(row, group) > 0)
			ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
							errmsg("resource group %s has collection %s loaded: invalid "
								   "parameter[expected=empty resource group][actual=%s]",
								   group, name, group),
							errhint("milvus.transfer_replica(), or "
									"milvus.release_collection().")));
	}
}

static void
CheckNotReferred(const char *group, const VmGroupRow *other, const char *key)
{
	JsonbValue *value = VmJsonGet(other->config, key);
	Jsonb *array = value != NULL && value->type == jbvBinary ? JsonbValueToJsonb(value) : NULL;
	int count = array != NULL && JB_ROOT_IS_ARRAY(array) ? (int) JB_ROOT_COUNT(array) : 0;

	for (int i = 0; i < count; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer((JsonbContainer *) &array->root, i);
		Jsonb *object = element->type == jbvBinary ? JsonbValueToJsonb(element) : NULL;
		JsonbValue *name = VmJsonGet(object, "resource_group");

		if (name != NULL && strcmp(VmJsonValueText(name), group) == 0)
			ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
							errmsg("resource group %s is used by %s's `%s`, remove that "
								   "configuration first",
								   group, NameStr(other->name), key)));
	}
}

/* Of one that is not there nothing is said, as in Milvus. */
VM_FUNCTION(vm_drop_resource_group);
Datum
vm_drop_resource_group(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "name");
	ListCell *cell;
	VmGroupRow row;

	LockToChange();
	if (strcmp(name, VM_DEFAULT_GROUP) == 0)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("default resource group is not deletable: invalid "
							   "parameter[expected=not default resource group][actual=%s]",
							   name)));
	if (!VmCatalogGetGroup(name, &row))
		PG_RETURN_VOID();
	if (CapacityOf(row.config) != 0)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("resource group's limits node num is not 0: invalid "
							   "parameter[expected=not empty resource group][actual=%s]",
							   name),
						errhint("Set it with milvus.update_resource_groups().")));
	CheckNotLoaded(name);
	foreach (cell, VmCatalogListGroups())
	{
		CheckNotReferred(name, lfirst(cell), "transfer_from");
		CheckNotReferred(name, lfirst(cell), "transfer_to");
	}
	VmCatalogDeleteGroup(name);
	PG_RETURN_VOID();
}

/* -------------------------------------------------------------------- reading */

VM_FUNCTION(vm_list_resource_groups);
Datum
vm_list_resource_groups(PG_FUNCTION_ARGS)
{
	VmJsonWriter writer = {0};
	ListCell *cell;

	VmJsonBeginArray(&writer, NULL);
	VmJsonPutString(&writer, NULL, VM_DEFAULT_GROUP);
	foreach (cell, VmCatalogListGroups())
	{
		char *name = NameStr(((VmGroupRow *) lfirst(cell))->name);

		if (strcmp(name, VM_DEFAULT_GROUP) != 0)
			VmJsonPutString(&writer, NULL, name);
	}
	VmJsonEndArray(&writer);
	return VmJsonDatum(&writer);
}

/* Alone in the current database, else with its own. */
static char *
NameHere(Oid relid)
{
	char *database = VmDatabaseName(get_rel_namespace(relid));
	char *name = get_rel_name(relid);

	if (name == NULL || strcmp(database, VmCurrentDatabase()) == 0)
		return name;
	return psprintf("%s.%s", database, name);
}

typedef enum Count
{
	COUNT_REPLICAS,       /* in this group */
	COUNT_OUTGOING_NODES, /* of others, that this group's replicas use */
	COUNT_INCOMING_NODES  /* of this group, that others' replicas use */
} Count;

static int
CountOf(const VmCollectionRow *row, const char *group, Count count)
{
	bool is_default = strcmp(group, VM_DEFAULT_GROUP) == 0;
	int here = ReplicasInGroup(row, group);
	int all;

	switch (count)
	{
		case COUNT_REPLICAS:
			return here;
		case COUNT_OUTGOING_NODES:
			return !is_default && here > 0 ? 1 : 0;
		case COUNT_INCOMING_NODES:
			break;
	}
	all =
		VmRowIsLoaded(row) ? VmLoadParamsRead(row->load_params, row->collection_id)->nreplicas : 0;
	return is_default && all > here ? 1 : 0;
}

static void
PutCounts(VmJsonWriter *writer, const char *key, const char *group, Count count)
{
	ListCell *cell;

	VmJsonBeginObject(writer, key);
	foreach (cell, VmCatalogListCollections())
	{
		VmCollectionRow *row = lfirst(cell);
		int number = CountOf(row, group, count);
		char *name = number > 0 ? NameHere(row->relid) : NULL;

		CHECK_FOR_INTERRUPTS();
		if (name != NULL)
			VmJsonPutInt(writer, name, number);
	}
	VmJsonEndObject(writer);
}

VM_FUNCTION(vm_describe_resource_group);
Datum
vm_describe_resource_group(PG_FUNCTION_ARGS)
{
	char *name = VmTextArgument(fcinfo, 0, "name");
	Jsonb *config = ConfigOf(name);
	bool is_default = strcmp(name, VM_DEFAULT_GROUP) == 0;
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonPutString(&writer, "name", name);
	VmJsonPutInt(&writer, "capacity", CapacityOf(config));
	VmJsonPutInt(&writer, "num_available_node", is_default ? 1 : 0);
	PutCounts(&writer, "num_loaded_replica", name, COUNT_REPLICAS);
	PutCounts(&writer, "num_outgoing_node", name, COUNT_OUTGOING_NODES);
	PutCounts(&writer, "num_incoming_node", name, COUNT_INCOMING_NODES);
	VmJsonPutJsonb(&writer, "config", config);
	VmJsonBeginArray(&writer, "nodes");
	if (is_default)
		VmPutNode(&writer);
	VmJsonEndArray(&writer);
	VmJsonEndObject(&writer);
	return VmJsonDatum(&writer);
}

/* ------------------------------------------------------------------- restores */

/* Before each row that a restore brings: of a role that may create in the database. */
VM_FUNCTION(vm_check_restored_group);
Datum
vm_check_restored_group(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function must be called before each row of an insert")));
	if (VmDatabaseAclCheck(GetUserId(), ACL_CREATE) == ACLCHECK_OK)
		PG_RETURN_POINTER(data->tg_trigtuple);
	ereport(WARNING, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					  errmsg("a row of table %s was left out: the role may not create in the "
							 "database",
							 RelationGetRelationName(data->tg_relation))));
	PG_RETURN_POINTER(NULL);
}
