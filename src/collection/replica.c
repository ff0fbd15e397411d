/*
 * replica.c
 *		milvus.describe_replica and milvus.transfer_replica.
 *
 * Replicas are as many as the collection was loaded with; the node of each is
 * this server.
 */
#include "compat/compat.h"

#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/json.h"
#include "collection/load.h"
#include "collection/load_params.h"
#include "collection/memento.h"
#include "collection/name.h"
#include "collection/node.h"
#include "collection/schema.h"

static void
CheckLoaded(const VmCollection *collection)
{
	if (!VmCollectionIsLoaded(collection))
		ereport(ERROR, (VmErrcode(VM_COLLECTION_NOT_LOADED),
						errmsg("collection not loaded[collection=%s]", collection->name),
						errhint("Call milvus.load_collection('%s').", collection->name)));
}

/* ---------------------------------------------------------------- describe_replica */

static void
PutNodeIds(VmJsonWriter *writer, const char *key)
{
	VmJsonBeginArray(writer, key);
	VmJsonPutInt(writer, NULL, VM_NODE_ID);
	VmJsonEndArray(writer);
}

static void
PutShards(VmJsonWriter *writer, const VmCollection *collection)
{
	int count = Min(collection->num_shards, VM_MAX_SHARDS);

	VmJsonBeginArray(writer, "shards");
	for (int i = 0; i < count; i++)
	{
		VmJsonBeginObject(writer, NULL);
		VmJsonPutString(writer, "channel_name", psprintf(INT64_FORMAT "v%d", collection->id, i));
		PutNodeIds(writer, "shard_nodes");
		VmJsonPutInt(writer, "shard_leader", VM_NODE_ID);
		VmJsonEndObject(writer);
	}
	VmJsonEndArray(writer);
}

/* Nodes that a replica uses of another group than its own, which has none. */
static void
PutOutboundNodes(VmJsonWriter *writer, const VmReplica *replica)
{
	VmJsonBeginObject(writer, "num_outbound_node");
	if (strcmp(replica->group, VM_DEFAULT_GROUP) != 0)
		VmJsonPutInt(writer, VM_DEFAULT_GROUP, 1);
	VmJsonEndObject(writer);
}

VM_FUNCTION(vm_describe_replica);
Datum
vm_describe_replica(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		VmCollectionOpen(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	VmLoadParams *params = VmLoadParamsRead(collection->load_params, collection->id);
	VmJsonWriter writer = {0};

	CheckLoaded(collection);
	VmJsonBeginArray(&writer, NULL);
	for (int i = 0; i < params->nreplicas; i++)
	{
		VmJsonBeginObject(&writer, NULL);
		VmJsonPutInt(&writer, "replica_id", params->replicas[i].id);
		PutShards(&writer, collection);
		PutNodeIds(&writer, "group_nodes");
		VmJsonPutString(&writer, "resource_group", params->replicas[i].group);
		PutOutboundNodes(&writer, &params->replicas[i]);
		VmJsonEndObject(&writer);
	}
	VmJsonEndArray(&writer);
	return VmJsonDatum(&writer);
}

/* ---------------------------------------------------------------- transfer_replica */

static void
CheckGroups(const char *source, const char *target)
{
	VmLockGroups(ShareLock);
	if (!VmGroupExists(source))
		VmRaiseGroupNotFound(source);
	if (!VmGroupExists(target))
		VmRaiseGroupNotFound(target);
	if (strcmp(source, target) == 0)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("source resource group and target resource group should not be the "
							   "same, resource group: %s",
							   source)));
}

static void
Transfer(const VmCollection *collection, VmLoadParams *params, const char *source, char *target,
		 int number)
{
	int found = 0;

	for (int i = 0; i < params->nreplicas; i++)
	{
		if (strcmp(params->replicas[i].group, source) == 0 && found++ < number)
			params->replicas[i].group = target;
	}
	if (found < number)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("only found [%d] replicas of collection [%s] in source resource "
							   "group [%s]",
							   found, collection->name, source)));
}

VM_FUNCTION(vm_transfer_replica);
Datum
vm_transfer_replica(PG_FUNCTION_ARGS)
{
	char *source = VmTextArgument(fcinfo, 0, "source_group");
	char *target = VmTextArgument(fcinfo, 1, "target_group");
	VmCollection *collection =
		VmCollectionOpenToChange(VmTextArgument(fcinfo, 2, "collection_name"), AccessShareLock);
	int number = VmIntArgument(fcinfo, 3, 1);
	VmLoadParams *params = VmLoadParamsRead(collection->load_params, collection->id);
	VmCollectionRow row;

	CheckGroups(source, target);
	CheckLoaded(collection);
	if (number < 1)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("invalid NumReplica %d: invalid parameter[expected=NumReplica > "
							   "0][actual=%d]",
							   number, number)));
	Transfer(collection, params, source, target, number);
	if (!VmCatalogGetCollection(collection->relid, &row))
		elog(ERROR, "collection \"%s\" has gone", collection->name);
	row.load_params = VmLoadParamsJson(params);
	VmCatalogPutCollection(&row);
	VmMementoWrite(collection->relid);
	PG_RETURN_VOID();
}
