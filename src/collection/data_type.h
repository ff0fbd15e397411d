/*
 * data_type.h
 *		Milvus's field types, and the PostgreSQL types that hold them.
 *
 *	BOOL boolean | INT8 milvus.tinyint | INT16 smallint | INT32 integer | INT64 bigint |
 *	FLOAT real | DOUBLE double precision | VARCHAR varchar(n) COLLATE "C" | JSON jsonb |
 *	ARRAY array of one of the scalars | BINARY_VECTOR bit(n) | FLOAT_VECTOR vector(n) |
 *	FLOAT16_VECTOR halfvec(n) | SPARSE_FLOAT_VECTOR sparsevec
 *
 * The other way round a column's type says which field type it is, so the type
 * of a field is stored nowhere else; columns of types that Milvus has not are
 * VM_TYPE_NONE.
 */
#ifndef VM_COLLECTION_DATA_TYPE_H
#define VM_COLLECTION_DATA_TYPE_H

#include "compat/compat.h"

#include "utils/jsonb.h"

/* The numbers are Milvus's, as clients show them. */
typedef enum VmDataType
{
	VM_TYPE_NONE = 0,
	VM_TYPE_BOOL = 1,
	VM_TYPE_INT8 = 2,
	VM_TYPE_INT16 = 3,
	VM_TYPE_INT32 = 4,
	VM_TYPE_INT64 = 5,
	VM_TYPE_FLOAT = 10,
	VM_TYPE_DOUBLE = 11,
	VM_TYPE_VARCHAR = 21,
	VM_TYPE_ARRAY = 22,
	VM_TYPE_JSON = 23,
	VM_TYPE_BINARY_VECTOR = 100,
	VM_TYPE_FLOAT_VECTOR = 101,
	VM_TYPE_FLOAT16_VECTOR = 102,
	VM_TYPE_SPARSE_FLOAT_VECTOR = 104
} VmDataType;

#define VM_MAX_DIM            16000 /* of vector and halfvec */
#define VM_MAX_BINARY_DIM     262144
#define VM_MIN_DIM            2
#define VM_SPARSE_DIM         1000000000 /* of all sparse columns: distances need equal ones */
#define VM_MAX_VARCHAR_LENGTH 65535
#define VM_MAX_ARRAY_CAPACITY 4096
#define VM_MAX_JSON_BYTES     65536

/*
 * The type that a schema names, by name in either case ("VARCHAR", "VarChar")
 * or by number.  Types that Milvus has and we have not raise VM_UNSUPPORTED or
 * VM_PARAMETER_INVALID; field is for the error text.
 */
extern VmDataType VmDataTypeFromJson(const JsonbValue *value, const char *field);

/* Milvus's name: "FLOAT_VECTOR"; "UNKNOWN" for VM_TYPE_NONE. */
extern const char *VmDataTypeName(VmDataType type);

/* The type of a column; *element is the elements' for arrays, else VM_TYPE_NONE. */
extern VmDataType VmDataTypeOfColumn(Oid type, VmDataType *element);

extern bool VmIsVectorType(VmDataType type);

/* The PostgreSQL type without modifier; InvalidOid for VM_TYPE_ARRAY and NONE. */
extern Oid VmDataTypeOid(VmDataType type);

/*
 * A column type as it is written in a statement, qualified: "public.vector(128)".
 * size is dimensions or bytes, 0 for none; element is looked at for arrays only.
 */
extern char *VmDataTypeSql(VmDataType type, VmDataType element, int size);

/* The schema that CREATE EXTENSION put types and operators in. */
extern Oid VmExtensionSchema(void);

#endif
