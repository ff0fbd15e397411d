/*
 * create.h
 *		A new collection's table.
 */
#ifndef VM_COLLECTION_CREATE_H
#define VM_COLLECTION_CREATE_H

#include "compat/compat.h"

#include "collection/schema.h"

/* What create_collection was asked for beside the schema. */
typedef struct VmCreateOptions
{
	const char *name;
	Oid nspid;
	const char *description;
	VmConsistencyLevel consistency_level;
	int num_partitions; /* 0 without a partition key */
	int num_shards;
	Jsonb *properties;
} VmCreateOptions;

/* Makes the table, its comments and its rows in schema milvus; returns the table. */
extern Oid VmCreateTable(const VmSchema *schema, const VmCreateOptions *options);

/* A btree (hash for long texts) on a column that partitions are told by. */
extern char *VmKeyIndexSql(const char *qualified, const char *column, int max_length);

/* Whether the collection is what create_collection would make of these. */
extern bool
VmSchemaMatches(VmCollection *collection, const VmSchema *schema, const VmCreateOptions *options);

#endif
