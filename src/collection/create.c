/*
 * create.c
 *		milvus.create_collection: arguments, names, then table, indexes, load.
 */
#include "compat/compat.h"

#include "catalog/namespace.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/alias.h"
#include "collection/catalog.h"
#include "collection/create.h"
#include "collection/error.h"
#include "collection/index.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/properties.h"
#include "collection/ttl.h"

/* Positions of the arguments, as in sql/parts/42_collection.sql. */
typedef enum Argument
{
	ARG_NAME,
	ARG_DIMENSION,
	ARG_SCHEMA,
	ARG_INDEX_PARAMS,
	ARG_METRIC_TYPE,
	ARG_PRIMARY_FIELD,
	ARG_ID_TYPE,
	ARG_VECTOR_FIELD,
	ARG_AUTO_ID,
	ARG_DYNAMIC_FIELD,
	ARG_CONSISTENCY_LEVEL,
	ARG_NUM_PARTITIONS,
	ARG_NUM_SHARDS,
	ARG_PROPERTIES,
	ARG_DESCRIPTION,
	ARG_MAX_LENGTH
} Argument;

static bool
BoolArgument(FunctionCallInfo fcinfo, int n, bool missing)
{
	return PG_ARGISNULL(n) ? missing : PG_GETARG_BOOL(n);
}

/* The client's short form has a dynamic field unless told otherwise, a schema none. */
static VmSchema *
ReadSchema(FunctionCallInfo fcinfo)
{
	bool auto_id = BoolArgument(fcinfo, ARG_AUTO_ID, false);

	if (!PG_ARGISNULL(ARG_SCHEMA))
		return VmSchemaFromJson(PG_GETARG_JSONB_P(ARG_SCHEMA), auto_id,
								BoolArgument(fcinfo, ARG_DYNAMIC_FIELD, false));
	if (PG_ARGISNULL(ARG_DIMENSION))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"dimension\""),
						errhint("Give a dimension, or a schema.")));
	return VmSchemaSimple(
		VmTextArgument(fcinfo, ARG_PRIMARY_FIELD, "primary_field_name"),
		VmTextArgument(fcinfo, ARG_ID_TYPE, "id_type"),
		PG_ARGISNULL(ARG_MAX_LENGTH) ? VM_MAX_VARCHAR_LENGTH : PG_GETARG_INT32(ARG_MAX_LENGTH),
		VmTextArgument(fcinfo, ARG_VECTOR_FIELD, "vector_field_name"),
		PG_GETARG_INT32(ARG_DIMENSION), auto_id, BoolArgument(fcinfo, ARG_DYNAMIC_FIELD, true));
}

static int
ReadPartitions(FunctionCallInfo fcinfo, const VmSchema *schema)
{
	int count;

	if (PG_ARGISNULL(ARG_NUM_PARTITIONS))
		return schema->partition_key == NULL ? 0 : VM_DEFAULT_PARTITIONS;
	count = PG_GETARG_INT32(ARG_NUM_PARTITIONS);
	if (schema->partition_key == NULL)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("num_partitions should only be specified with partition key field mode")));
	if (count < 1 || count > VM_MAX_PARTITIONS)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("the specified partitions should be in [1, %d], but got %d",
							   VM_MAX_PARTITIONS, count)));
	return count;
}

static int
ReadShards(FunctionCallInfo fcinfo)
{
	int count = PG_ARGISNULL(ARG_NUM_SHARDS) ? 1 : PG_GETARG_INT32(ARG_NUM_SHARDS);

	if (count < 1 || count > VM_MAX_SHARDS)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("maximum shards's number should be limited to %d, but got %d",
							   VM_MAX_SHARDS, count)));
	return count;
}

static VmCreateOptions
ReadOptions(FunctionCallInfo fcinfo, const VmSchema *schema)
{
	VmCreateOptions options = {0};

	options.name = VmTextArgument(fcinfo, ARG_NAME, "collection_name");
	VmCheckCollectionName(options.name);
	options.nspid = VmCurrentSchema();
	VmCheckSchemaFit(options.nspid);
	options.description = VmOptionalText(fcinfo, ARG_DESCRIPTION, "");
	if (options.description[0] == '\0' && schema->description != NULL)
		options.description = schema->description;
	options.consistency_level =
		VmConsistencyLevelFromText(VmOptionalText(fcinfo, ARG_CONSISTENCY_LEVEL, "Bounded"));
	options.num_partitions = ReadPartitions(fcinfo, schema);
	options.num_shards = ReadShards(fcinfo);
	options.properties = VmPropertiesMerge(
		NULL, PG_ARGISNULL(ARG_PROPERTIES) ? NULL : PG_GETARG_JSONB_P(ARG_PROPERTIES));
	return options;
}

/* -------------------------------------------------------------------- names */

/* The table of that name, locked; it may be dropped or renamed while that is waited for. */
static Oid
LockTable(const char *name, Oid nspid)
{
	Oid relid = get_relname_relid(name, nspid);

	while (OidIsValid(relid))
	{
		Oid again;

		LockRelationOid(relid, AccessShareLock);
		again = get_relname_relid(name, nspid);
		if (again == relid)
			break;
		UnlockRelationOid(relid, AccessShareLock);
		relid = again;
	}
	return relid;
}

/* True if the collection exists as it is asked for; a different one is an error. */
static bool
ExistsAlready(const VmSchema *schema, const VmCreateOptions *options)
{
	Oid relid;
	VmCollection *collection;

	VmCheckNoAlias(options->name, options->nspid);
	relid = LockTable(options->name, options->nspid);
	if (!OidIsValid(relid))
		return false;
	collection = VmCollectionOfTable(relid);
	if (collection == NULL)
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE),
						errmsg("relation \"%s\" already exists", options->name),
						errdetail("It is not a collection."),
						errhint("milvus.register_collection() makes a collection of a table.")));
	if (!VmSchemaMatches(collection, schema, options))
		ereport(ERROR,
				(VmErrcode(VM_UNEXPECTED),
				 errmsg("create duplicate collection with different parameters, collection: %s",
						options->name),
				 errhint("milvus.describe_collection() shows the one that exists.")));
	return true;
}

/* ------------------------------------------------------------------ indexes */

static void
CreateOneIndex(Oid relid, const Jsonb *index)
{
	VmCollection *collection = VmCollectionOfTable(relid);
	char *field = VmJsonGetString(index, "field_name", NULL);
	Jsonb *params = VmJsonGetObject(index, "params");

	if (field == NULL)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"field_name\" of index_params")));
	VmIndexCreate(collection, field, VmJsonGetString(index, "index_type", "AUTOINDEX"),
				  VmJsonGetString(index, "metric_type", NULL), params == NULL ? index : params,
				  VmJsonGetString(index, "index_name", NULL), false);
}

/* One object, or an array of them, as prepare_index_params() of the client makes. */
static void
CreateIndexes(Oid relid, Jsonb *index_params)
{
	Jsonb **indexes = &index_params;
	int count = 1;

	if (!JB_ROOT_IS_OBJECT(index_params))
		indexes = VmJsonObjects(index_params, "index_params", &count);
	for (int i = 0; i < count; i++)
		CreateOneIndex(relid, indexes[i]);
}

/* The short form has its index at once; a schema has what index_params ask for. */
static bool
IndexCollection(FunctionCallInfo fcinfo, Oid relid, const VmSchema *schema)
{
	if (!PG_ARGISNULL(ARG_INDEX_PARAMS))
		CreateIndexes(relid, PG_GETARG_JSONB_P(ARG_INDEX_PARAMS));
	else if (PG_ARGISNULL(ARG_SCHEMA))
		VmIndexCreate(VmCollectionOfTable(relid), schema->first_vector->name, "AUTOINDEX",
					  VmTextArgument(fcinfo, ARG_METRIC_TYPE, "metric_type"), NULL, NULL, false);
	else
		return false;
	return true;
}

VM_FUNCTION(vm_create_collection);
Datum
vm_create_collection(PG_FUNCTION_ARGS)
{
	VmSchema *schema = ReadSchema(fcinfo);
	VmCreateOptions options = ReadOptions(fcinfo, schema);
	Oid relid;

	/* A second session that creates the same waits here, and finds it. */
	VmLockName(options.nspid, options.name);
	if (ExistsAlready(schema, &options))
		PG_RETURN_VOID();
	relid = VmCreateTable(schema, &options);
	VmTtlPrepare(VmCollectionOfTable(relid));
	if (IndexCollection(fcinfo, relid, schema))
		VmLoadCollection(VmCollectionOfTable(relid));
	PG_RETURN_VOID();
}
