/*
 * error.c
 *		Milvus's error codes as SQLSTATEs, and shared texts (error.h).
 */
#include "compat/compat.h"

#include "collection/error.h"

/* Codes have four digits but for "unexpected", which is M9999. */
int
VmMilvusSqlstate(VmMilvusCode code)
{
	int digits = code == VM_UNEXPECTED ? 9999 : (int) code;

	Assert(digits >= 0 && digits <= 9999);
	return MAKE_SQLSTATE('M', '0' + digits / 1000, '0' + digits / 100 % 10, '0' + digits / 10 % 10,
						 '0' + digits % 10);
}

void
VmRaiseCollectionNotFound(const char *database, const char *name)
{
	ereport(ERROR, (VmErrcode(VM_COLLECTION_NOT_FOUND),
					errmsg("collection not found[database=%s][collection=%s]", database, name),
					errhint("milvus.list_collections() shows the collections of the current "
							"database; milvus.use_database() changes to another one.")));
}

void
VmRaisePartitionNotFound(const char *name)
{
	ereport(ERROR,
			(VmErrcode(VM_PARTITION_NOT_FOUND), errmsg("partition not found[partition=%s]", name),
			 errhint("milvus.list_partitions() shows the partitions of a collection.")));
}

void
VmRaiseFieldNotFound(const char *collection, const char *field)
{
	ereport(ERROR, (VmErrcode(VM_FIELD_NOT_FOUND), errmsg("field not found[field=%s]", field),
					errhint("milvus.describe_collection('%s') shows the fields.", collection)));
}

void
VmRaiseIndexNotFound(const char *collection, const char *index)
{
	ereport(ERROR, (VmErrcode(VM_INDEX_NOT_FOUND), errmsg("index not found[index=%s]", index),
					errhint("milvus.list_indexes('%s') shows the indexes.", collection)));
}

void
VmRaiseDatabaseNotFound(const char *name)
{
	ereport(ERROR,
			(VmErrcode(VM_DATABASE_NOT_FOUND), errmsg("database not found[database=%s]", name),
			 errhint("A Milvus database is a schema here: milvus.list_databases() shows "
					 "those that milvus.create_database() made.")));
}

void
VmRaiseGroupNotFound(const char *name)
{
	ereport(ERROR, (VmErrcode(VM_GROUP_NOT_FOUND), errmsg("resource group not found[rg=%s]", name),
					errhint("milvus.list_resource_groups() shows them.")));
}
