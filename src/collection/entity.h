/*
 * entity.h
 *		Rows as Milvus's clients see them: JSON objects of field names and values.
 *
 *	integers, FLOAT, DOUBLE		numbers; floats by their shortest digits
 *	BOOL, VARCHAR, JSON, ARRAY	as JSON has them
 *	FLOAT_VECTOR,
 *	FLOAT16_VECTOR				arrays of floats
 *	BINARY_VECTOR				an array of bytes, the first bit highest
 *	SPARSE_FLOAT_VECTOR			{"index": value}, from index 0
 *	other columns				as to_jsonb shows them
 *
 * Keys of "$meta" stand beside the fields; a field of the same name wins.
 *
 * An VmEntity is made once for a list of output fields; then a statement
 * selects what VmEntityTargets says, and VmEntityBuild is called for each of its
 * rows.
 */
#ifndef VM_COLLECTION_ENTITY_H
#define VM_COLLECTION_ENTITY_H

#include "compat/compat.h"

#include "utils/jsonb.h"

#include "collection/collection.h"

typedef struct VmEntity VmEntity;

/*
 * fields NULL: all of them and the dynamic keys, as "*".  A name that is neither
 * a field nor "*" nor "$meta" is a dynamic key, or raises VM_FIELD_NOT_FOUND
 * where there is no dynamic field.  with_key: the primary key is always shown.  Lives in
 * the current memory context.
 */
extern VmEntity *
VmEntityCreate(VmCollection *collection, char **fields, int nfields, bool with_key);

/* Number of columns, and the target list of a SELECT from the alias given. */
extern int VmEntityColumns(const VmEntity *entity);
extern char *VmEntityTargets(const VmEntity *entity, const char *alias);

/* The type of one of them. */
extern Oid VmEntityColumnType(const VmEntity *entity, int column);

/* The place of the primary key among the columns. */
extern int VmEntityKey(const VmEntity *entity);

/* values and nulls are those of the target list.  In the current memory context. */
extern Jsonb *VmEntityBuild(VmEntity *entity, const Datum *values, const bool *nulls);

#endif
