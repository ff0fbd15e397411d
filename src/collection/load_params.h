/*
 * load_params.h
 *		What a collection was loaded with: replicas and their resource groups,
 *		fields.
 *
 * They are about the machines of a Milvus cluster: stored and reported, and of
 * no effect here.  In milvus.collection:
 *
 *	{"replicas": [{"id", "resource_group"}], "load_fields": [name], "skip_load_dynamic_field"}
 *
 * An object without replicas stands for one in the default group.
 */
#ifndef VM_COLLECTION_LOAD_PARAMS_H
#define VM_COLLECTION_LOAD_PARAMS_H

#include "compat/compat.h"

#include "collection/collection.h"

#define VM_DEFAULT_GROUP "__default_resource_group"
#define VM_MAX_REPLICAS  1024

typedef struct VmReplica
{
	int64 id;
	char *group;
} VmReplica;

typedef struct VmLoadParams
{
	int nreplicas; /* at least 1 */
	VmReplica *replicas;
	int nfields; /* 0: all */
	char **fields;
	bool skip_dynamic;
} VmLoadParams;

/* What a call asks for; what it leaves open stays, or comes from properties. */
typedef struct VmLoadRequest
{
	int replica_number; /* 0: left open */
	int ngroups;        /* 0: left open */
	char **groups;
	int nfields; /* 0: left open */
	char **fields;
	bool has_skip_dynamic;
	bool skip_dynamic;
} VmLoadRequest;

/*
 * Arguments from the first on: replica_number, load_fields,
 * skip_load_dynamic_field, resource_groups.  Raises VM_PARAMETER_INVALID.
 */
extern void VmLoadRequestRead(FunctionCallInfo fcinfo, int first, VmLoadRequest *request);

/*
 * The parameters with which the collection is loaded now.  The order in which a
 * number is looked for: the request, what it is or was loaded with, property
 * collection.replica.number, the database's database.replica.number, 1; groups
 * likewise.  The caller has locked the collection's rows.  Raises
 * VM_GROUP_NOT_FOUND, VM_FIELD_NOT_FOUND, VM_PARAMETER_INVALID.
 */
extern Jsonb *VmLoadParamsMake(VmCollection *collection, const VmLoadRequest *request);

/* From a row, which a restore may have brought: raises nothing. */
extern VmLoadParams *VmLoadParamsRead(const Jsonb *json, int64 collection_id);
extern Jsonb *VmLoadParamsJson(const VmLoadParams *params);

/* Whether there is such a resource group. */
extern bool VmGroupExists(const char *name);

#endif
