/*
 * catalog.h
 *		The tables of schema milvus: what PostgreSQL's own catalogs have no place for.
 *
 *	milvus.collection	one row a collection, by its table
 *	milvus.field		what a column's type, default and comment do not say
 *	milvus.partition	named partitions (none where there is a partition key)
 *	milvus.alias		second names
 *	milvus.index		what was asked for, by field, and how its build goes
 *	milvus.database		schemas that were created as databases
 *	milvus.resource_group	what Milvus calls groups of nodes; one row each
 *
 * Rows are read and written here only, directly (no SQL, no privileges are
 * asked: callers do, COLL-2), and every change ends with CommandCounterIncrement
 * and a relcache invalidation of the table that it is about, so that all
 * sessions see it with their next statement.
 *
 * Every column that names an object has a type that pg_dump writes by name, and
 * rows name columns and indexes by name, not number (COLL-3).  Names are of
 * type name: byte order, 63 bytes.
 */
#ifndef VM_COLLECTION_CATALOG_H
#define VM_COLLECTION_CATALOG_H

#include "compat/compat.h"

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

typedef struct VmCollectionRow
{
	Oid relid;
	int64 collection_id; /* a hybrid timestamp */
	bool auto_id;
	bool loaded; /* all of it; partitions have their own flag */
	int16 consistency_level;
	int32 num_shards;
	int32 num_partitions; /* of a partition key; 0 without one */
	Jsonb *properties;
	Jsonb *functions; /* reserved: an empty array */
	int64 created_ts;
	int64 updated_ts;
	Jsonb *load_params; /* load_params.h */
} VmCollectionRow;

typedef struct VmFieldRow
{
	Oid relid;
	NameData name; /* of the column */
	bool is_partition_key;
	bool is_clustering_key;
	Jsonb *params; /* beyond dim and max_length, which the type says */
} VmFieldRow;

typedef struct VmPartitionRow
{
	Oid relid;
	NameData name;
	int64 partition_id;
	bool loaded;
	int64 created_ts;
} VmPartitionRow;

typedef struct VmAliasRow
{
	NameData alias;
	Oid relid;
	int64 created_ts;
} VmAliasRow;

/* Milvus's numbers of index states. */
typedef enum VmIndexState
{
	VM_INDEX_NONE = 0,
	VM_INDEX_UNISSUED = 1,
	VM_INDEX_IN_PROGRESS = 2,
	VM_INDEX_FINISHED = 3,
	VM_INDEX_FAILED = 4
} VmIndexState;

typedef struct VmIndexRow
{
	Oid relid;
	NameData name;  /* Milvus's; unique in the collection */
	NameData field; /* the column */
	int64 index_id;
	char *index_type;  /* as asked for: "HNSW" */
	char *metric_type; /* "" for scalar fields */
	Jsonb *params;     /* as asked for */
	NameData pg_name;  /* of the PostgreSQL index, "" where none stands for it (FLAT) */
	int16 state;       /* a VmIndexState */
	char *fail_reason; /* "" unless failed */
	int32 builder_pid; /* of a build in the background, 0 for none */
	TimestampTz builder_start;
	int64 created_ts;
} VmIndexRow;

typedef struct VmDatabaseRow
{
	Oid nspid;
	int64 database_id;
	Jsonb *properties;
	int64 created_ts;
} VmDatabaseRow;

typedef struct VmGroupRow
{
	NameData name;
	Jsonb *config; /* as Milvus's ResourceGroupConfig */
} VmGroupRow;

/*
 * Get: false if there is no such row; what a row points at is palloc'd.
 * Put: inserts, or replaces the row of the same key.
 * List: of pointers to rows, in the order of their keys.
 * Delete: nothing happens if there is no such row.
 */
extern bool VmCatalogGetCollection(Oid relid, VmCollectionRow *row);
extern void VmCatalogPutCollection(const VmCollectionRow *row);
extern List *VmCatalogListCollections(void);

extern bool VmCatalogGetField(Oid relid, const char *name, VmFieldRow *row);
extern void VmCatalogPutField(const VmFieldRow *row);
extern List *VmCatalogListFields(Oid relid);
extern void VmCatalogDeleteField(Oid relid, const char *name);

extern bool VmCatalogGetPartition(Oid relid, const char *name, VmPartitionRow *row);
extern void VmCatalogPutPartition(const VmPartitionRow *row);
extern List *VmCatalogListPartitions(Oid relid);
extern void VmCatalogDeletePartition(Oid relid, const char *name);

extern List *VmCatalogListAliases(const char *alias); /* NULL: all of them */
extern void VmCatalogPutAlias(const VmAliasRow *row);
extern void VmCatalogDeleteAlias(const char *alias, Oid relid);

extern bool VmCatalogGetIndex(Oid relid, const char *name, VmIndexRow *row);
extern void VmCatalogPutIndex(const VmIndexRow *row);
extern List *VmCatalogListIndexes(Oid relid);
extern void VmCatalogDeleteIndex(Oid relid, const char *name);

extern bool VmCatalogGetDatabase(Oid nspid, VmDatabaseRow *row);
extern bool VmCatalogGetDatabaseNamed(const char *name, VmDatabaseRow *row);
extern void VmCatalogPutDatabase(const VmDatabaseRow *row);
extern List *VmCatalogListDatabases(void);
extern void VmCatalogDeleteDatabase(const char *name); /* of a schema that may be gone */

extern bool VmCatalogGetGroup(const char *name, VmGroupRow *row);
extern void VmCatalogPutGroup(const VmGroupRow *row);
extern List *VmCatalogListGroups(void);
extern void VmCatalogDeleteGroup(const char *name);

/*
 * Held to the end of the transaction: exclusively by who changes the groups, in
 * share by who makes a collection refer to one, after VmLockRows.
 */
extern void VmLockGroups(LOCKMODE lockmode);

/*
 * Held to the end of the transaction by all who read rows of a collection to
 * change them (COLL-6).  Taken after a lock on the table, if any; nobody waits
 * for a build of an index with it held, so a build's worker gets it soon.
 */
extern void VmLockRows(Oid relid);

/*
 * Whether the tables are there and as this library knows them.  They are not
 * while the extension is made, changed or dropped.
 */
extern bool VmCatalogFits(void);

/* Removes all that is known of a table. */
extern void VmCatalogForget(Oid relid);

#endif
