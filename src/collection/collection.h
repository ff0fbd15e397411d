/*
 * collection.h
 *		A collection as everybody below reads it: one struct that joins the
 *		table's own catalog entries with the rows of schema milvus (catalog.h).
 *
 * Nothing that the table says is stored twice, so a column that was added or
 * renamed by hand is a field at once.  The hidden columns "$meta" (the dynamic
 * field), "$partition" and "$ts" are no fields.  A field's id is 99 and its
 * column number.
 *
 * Structs live in the context that is current when they are opened; locks are
 * kept to the end of the transaction.
 */
#ifndef VM_COLLECTION_COLLECTION_H
#define VM_COLLECTION_COLLECTION_H

#include "compat/compat.h"

#include "access/attnum.h"
#include "storage/lockdefs.h"
#include "utils/jsonb.h"

#include "collection/data_type.h"

#define VM_META_COLUMN       "$meta"
#define VM_PARTITION_COLUMN  "$partition"
#define VM_TS_COLUMN         "$ts"
#define VM_DEFAULT_PARTITION "_default"
#define VM_FIRST_FIELD_ID    100
#define VM_TTL_PROPERTY      "collection.ttl.seconds"
#define VM_MMAP_PROPERTY     "mmap.enabled"

/* About a hundred years: what still fits into a hybrid timestamp by far. */
#define VM_MAX_TTL_SECONDS INT64CONST(3155760000)

typedef enum VmConsistencyLevel
{
	VM_STRONG = 0,
	VM_SESSION = 1,
	VM_BOUNDED = 2,
	VM_EVENTUALLY = 3,
	VM_CUSTOMIZED = 4
} VmConsistencyLevel;

typedef struct VmField
{
	char *name;
	VmDataType type;
	VmDataType element_type; /* of arrays */
	int dim;                 /* of vectors; 0 for sparse ones */
	int max_length;          /* bytes: VARCHAR, and ARRAY of it; else 0 */
	int max_capacity;        /* ARRAY, else 0 */
	bool is_primary;
	bool is_partition_key;
	bool is_clustering_key;
	bool nullable;
	bool has_default;          /* other than that of auto_id */
	JsonbValue *default_value; /* of a schema that is being created, else NULL */
	char *description;         /* "" for none */
	Jsonb *params;             /* others than the above, never NULL */
	/* of a column that exists */
	AttrNumber attnum;
	Oid typid;
	int32 typmod;
	Oid collation;
} VmField;

typedef struct VmCollection
{
	Oid relid;
	Oid nspid;
	char *name;      /* of the table, not of an alias that led to it */
	char *database;  /* "default" for schema public, else the schema */
	char *qualified; /* schema and table, quoted, for statements */
	char *description;
	int64 id;
	bool auto_id;
	bool loaded; /* all partitions are */
	int num_shards;
	int num_partitions; /* of the partition key; 0 without one */
	VmConsistencyLevel consistency_level;
	Jsonb *properties;
	Jsonb *load_params; /* load_params.h */
	int64 created_ts;
	int64 updated_ts;

	int nfields;
	VmField *fields; /* in the order of columns */
	VmField *primary;
	VmField *partition_key;      /* or NULL */
	AttrNumber meta_attnum;      /* 0: no dynamic field */
	AttrNumber partition_attnum; /* 0: no partition but _default */
	AttrNumber ts_attnum;        /* 0: a table that was made elsewhere */
	int natts;                   /* columns, dropped ones included */
} VmCollection;

/*
 * The collection of that name or alias: in the current database if search_path
 * begins with one, else along search_path; or in the database before the dot
 * ("test.items").  Locks its table.  Raises VM_COLLECTION_NOT_FOUND.  The caller's privileges on the table are not asked.
 */
extern VmCollection *VmCollectionOpen(const char *name, LOCKMODE lockmode);

/* The same, and the caller must own the table (42501). */
extern VmCollection *VmCollectionOpenOwned(const char *name, LOCKMODE lockmode);

/*
 * The same, for whoever changes the collection's rows in schema milvus: they are
 * locked against other changes, and read after that (COLL-6).  A lock that a
 * build in the background would not let anybody have ends such builds first.
 */
extern VmCollection *VmCollectionOpenToChange(const char *name, LOCKMODE lockmode);

/* Refuses schemas whose tables no dump has: temporary ones and the system's. */
extern void VmCheckSchemaFit(Oid nspid);

/*
 * Locks a name of a schema, which need not exist, against others that want to
 * give it to a collection or an alias.  Taken before any lock on a table.
 */
extern void VmLockName(Oid nspid, const char *name);

/* Raises 42501 unless the caller owns the table. */
extern void VmCollectionCheckOwner(Oid relid);

/* Of a table, which the caller has locked; NULL if it is no collection. */
extern VmCollection *VmCollectionOfTable(Oid relid);

/*
 * InvalidOid if no collection or alias has that name; locks nothing.  The second
 * looks in one schema only.
 */
extern Oid VmCollectionLookup(const char *name);
extern Oid VmCollectionInSchema(const char *name, Oid nspid);

/* Raises VM_COLLECTION_NOT_FOUND, or that there is no such database. */
extern _Noreturn void VmRaiseNameNotFound(const char *name);

/* Raises VM_COLLECTION_ILLEGAL_SCHEMA if somebody dropped it. */
extern void VmCollectionCheckPrimary(const VmCollection *collection);

/* Raises VM_FIELD_NOT_FOUND; the second gives NULL. */
extern VmField *VmCollectionGetField(VmCollection *collection, const char *name);
extern VmField *VmCollectionFindField(VmCollection *collection, const char *name);

/* Raises VM_PARTITION_NOT_FOUND, or an error where a partition key decides. */
extern void VmCollectionCheckPartition(VmCollection *collection, const char *partition);

/*
 * collection.ttl.seconds, at most VM_MAX_TTL_SECONDS; 0: rows do not expire.
 * Never an error: a value that no function would have stored (COPY may have
 * brought it, COLL-4) is no expiry, since in doubt nothing is deleted.
 */
extern int64 VmCollectionTtl(VmCollection *collection);

/* Value of a property as text, or NULL. */
extern char *VmCollectionProperty(VmCollection *collection, const char *key);

/* A schema's name as a database: "default" for public. */
extern char *VmDatabaseName(Oid nspid);

/* The other way round.  Raises VM_DATABASE_NOT_FOUND. */
extern Oid VmDatabaseSchema(const char *database);

/* The schema that new collections go to: the first of the caller's search_path. */
extern Oid VmCurrentSchema(void);
extern char *VmCurrentDatabase(void);

#endif
