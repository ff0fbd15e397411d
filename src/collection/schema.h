/*
 * schema.h
 *		The schema of a collection that is to be created: read from jsonb and
 *		checked by Milvus's rules and limits.
 */
#ifndef VM_COLLECTION_SCHEMA_H
#define VM_COLLECTION_SCHEMA_H

#include "compat/compat.h"

#include "collection/collection.h"

#define VM_MAX_FIELDS         64
#define VM_MAX_VECTOR_FIELDS  4
#define VM_MAX_SHARDS         16
#define VM_MAX_PARTITIONS     1024
#define VM_DEFAULT_PARTITIONS 16 /* of a partition key */

typedef struct VmSchema
{
	char *description;
	bool auto_id;
	bool enable_dynamic_field;
	int nfields;
	VmField *fields; /* without attnum, typid, typmod, collation */
	VmField *primary;
	VmField *partition_key; /* or NULL */
	VmField *first_vector;
} VmSchema;

/*
 * Reads {"auto_id", "enable_dynamic_field", "description", "fields": [...]}; what
 * it does not say comes from auto_id and enable_dynamic_field.
 */
extern VmSchema *VmSchemaFromJson(const Jsonb *json, bool auto_id, bool enable_dynamic_field);

/* The short form: a primary key and one vector. */
extern VmSchema *
VmSchemaSimple(const char *primary, const char *id_type, int max_length, const char *vector,
			   int dim, bool auto_id, bool enable_dynamic_field);

/* Raise VM_PARAMETER_INVALID unless Milvus allows the size; -1 stands for none given. */
extern int VmCheckMaxLength(const VmField *field, int64 length);
extern int VmCheckMaxCapacity(const VmField *field, int64 capacity);

/*
 * What a column's type does not limit, as the condition of a CHECK: bytes of a
 * VARCHAR, elements of an ARRAY.  NULL for other types.
 */
extern char *VmFieldCheckSql(const VmField *field);

/* A field's declaration as a column, default and checks included. */
extern char *VmFieldColumnSql(const VmField *field, bool auto_id);

/* A default as an expression of SQL; raises VM_PARAMETER_INVALID if the type is another. */
extern char *VmDefaultSql(const VmField *field, const JsonbValue *value);

#endif
