/*
 * data_type.c
 *		Milvus's field types and PostgreSQL's (data_type.h).
 */
#include "compat/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "collection/data_type.h"
#include "collection/error.h"
#include "collection/json.h"

typedef enum TypeHome
{
	HOME_CATALOG,   /* pg_catalog, by OID */
	HOME_EXTENSION, /* where CREATE EXTENSION put the types */
	HOME_MILVUS,    /* schema milvus */
	HOME_NONE       /* an array of another one */
} TypeHome;

typedef struct DataType
{
	VmDataType number;
	const char *name;
	const char *other_name; /* as the Python enum's members are printed by some clients */
	TypeHome home;
	Oid oid;
	const char *sql;
} DataType;

static const DataType data_types[] = {
	{VM_TYPE_BOOL, "BOOL", "Bool", HOME_CATALOG, BOOLOID, "pg_catalog.bool"},
	{VM_TYPE_INT8, "INT8", "Int8", HOME_MILVUS, InvalidOid, "tinyint"},
	{VM_TYPE_INT16, "INT16", "Int16", HOME_CATALOG, INT2OID, "pg_catalog.int2"},
	{VM_TYPE_INT32, "INT32", "Int32", HOME_CATALOG, INT4OID, "pg_catalog.int4"},
	{VM_TYPE_INT64, "INT64", "Int64", HOME_CATALOG, INT8OID, "pg_catalog.int8"},
	{VM_TYPE_FLOAT, "FLOAT", "Float", HOME_CATALOG, FLOAT4OID, "pg_catalog.float4"},
	{VM_TYPE_DOUBLE, "DOUBLE", "Double", HOME_CATALOG, FLOAT8OID, "pg_catalog.float8"},
	{VM_TYPE_VARCHAR, "VARCHAR", "VarChar", HOME_CATALOG, VARCHAROID, "pg_catalog.varchar"},
	{VM_TYPE_ARRAY, "ARRAY", "Array", HOME_NONE, InvalidOid, NULL},
	{VM_TYPE_JSON, "JSON", "JSON", HOME_CATALOG, JSONBOID, "pg_catalog.jsonb"},
	{VM_TYPE_BINARY_VECTOR, "BINARY_VECTOR", "BinaryVector", HOME_CATALOG, BITOID,
	 "pg_catalog.bit"},
	{VM_TYPE_FLOAT_VECTOR, "FLOAT_VECTOR", "FloatVector", HOME_EXTENSION, InvalidOid, "vector"},
	{VM_TYPE_FLOAT16_VECTOR, "FLOAT16_VECTOR", "Float16Vector", HOME_EXTENSION, InvalidOid,
	 "halfvec"},
	{VM_TYPE_SPARSE_FLOAT_VECTOR, "SPARSE_FLOAT_VECTOR", "SparseFloatVector", HOME_EXTENSION,
	 InvalidOid, "sparsevec"},
};

/* What Milvus has and we have not. */
typedef struct MissingType
{
	int number;
	const char *name;
	const char *other_name;
	VmMilvusCode code;
	const char *hint;
} MissingType;

static const MissingType missing_types[] = {
	{24, "GEOMETRY", "Geometry", VM_UNSUPPORTED, "Geometry fields came with Milvus 2.6."},
	{25, "TEXT", "Text", VM_UNSUPPORTED, "Use VARCHAR."},
	{26, "TIMESTAMPTZ", "Timestamptz", VM_UNSUPPORTED,
	 "Use INT64, or add a timestamptz column with ALTER TABLE."},
	{103, "BFLOAT16_VECTOR", "BFloat16Vector", VM_PARAMETER_INVALID,
	 "Use FLOAT16_VECTOR or FLOAT_VECTOR."},
	{105, "INT8_VECTOR", "Int8Vector", VM_UNSUPPORTED, "Use FLOAT16_VECTOR."},
	{106, "ARRAY_OF_VECTOR", "ArrayOfVector", VM_UNSUPPORTED, "Use one row for each vector."},
	{200, "ARRAY_OF_STRUCT", "ArrayOfStruct", VM_UNSUPPORTED, "Use a JSON field."},
	{201, "STRUCT", "Struct", VM_UNSUPPORTED, "Use a JSON field."},
};

static const DataType *
FindType(VmDataType type)
{
	for (int i = 0; i < lengthof(data_types); i++)
	{
		if (data_types[i].number == type)
			return &data_types[i];
	}
	return NULL;
}

static bool
NameIs(const char *text, const char *name, const char *other_name)
{
	return pg_strcasecmp(text, name) == 0 || pg_strcasecmp(text, other_name) == 0;
}

/* "DataType.INT64", as Python prints its enum, is as good as "INT64". */
static const char *
SkipEnumName(const char *text)
{
	const char prefix[] = "DataType.";

	return pg_strncasecmp(text, prefix, sizeof(prefix) - 1) == 0 ? text + sizeof(prefix) - 1 : text;
}

VmDataType
VmDataTypeFromJson(const JsonbValue *value, const char *field)
{
	const char *text = "";
	int64 number = -1;

	if (!VmJsonValueInt(value, &number))
	{
		number = -1;
		text = SkipEnumName(VmJsonValueText(value));
	}
	for (int i = 0; i < lengthof(data_types); i++)
	{
		if (data_types[i].number == number ||
			NameIs(text, data_types[i].name, data_types[i].other_name))
			return data_types[i].number;
	}
	for (int i = 0; i < lengthof(missing_types); i++)
	{
		const MissingType *missing = &missing_types[i];

		if (missing->number == number || NameIs(text, missing->name, missing->other_name))
			ereport(ERROR,
					(VmErrcode(missing->code),
					 errmsg("data type %s of field \"%s\" is not supported", missing->name, field),
					 errhint("%s", missing->hint)));
	}
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
					errmsg("invalid data type of field \"%s\": %s", field, VmJsonValueText(value)),
					errhint("docs/collections.md lists the types.")));
}

const char *
VmDataTypeName(VmDataType type)
{
	const DataType *found = FindType(type);

	return found == NULL ? "UNKNOWN" : found->name;
}

bool
VmIsVectorType(VmDataType type)
{
	return type >= VM_TYPE_BINARY_VECTOR;
}

Oid
VmExtensionSchema(void)
{
	Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
	Oid schema = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("vecmilvus"));
	scan = systable_beginscan(extensions, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(extensions, AccessShareLock);
	if (!OidIsValid(schema))
		elog(ERROR, "extension \"vecmilvus\" is not installed in this database");
	return schema;
}

/* The type's OID: by number where PostgreSQL fixes it, else by name. */
static Oid
OidOf(const DataType *type)
{
	Oid schema;

	if (type->home == HOME_CATALOG || type->home == HOME_NONE)
		return type->oid;
	schema = type->home == HOME_MILVUS ? get_namespace_oid("milvus", false) : VmExtensionSchema();
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(type->sql),
						   ObjectIdGetDatum(schema));
}

Oid
VmDataTypeOid(VmDataType type)
{
	const DataType *found = FindType(type);

	return found == NULL ? InvalidOid : OidOf(found);
}

static VmDataType
TypeOfOid(Oid oid)
{
	for (int i = 0; i < lengthof(data_types); i++)
	{
		if (data_types[i].home == HOME_CATALOG && data_types[i].oid == oid)
			return data_types[i].number;
	}
	if (oid == TEXTOID)
		return VM_TYPE_VARCHAR;
	if (oid == JSONOID)
		return VM_TYPE_JSON;
	/* Below the first OID of an extension's objects there is nothing of ours. */
	if (oid < FirstNormalObjectId)
		return VM_TYPE_NONE;
	for (int i = 0; i < lengthof(data_types); i++)
	{
		if ((data_types[i].home == HOME_EXTENSION || data_types[i].home == HOME_MILVUS) &&
			OidOf(&data_types[i]) == oid)
			return data_types[i].number;
	}
	return VM_TYPE_NONE;
}

VmDataType
VmDataTypeOfColumn(Oid type, VmDataType *element)
{
	VmDataType found = TypeOfOid(type);
	Oid element_oid;

	*element = VM_TYPE_NONE;
	if (found != VM_TYPE_NONE)
		return found;
	element_oid = get_element_type(type);
	if (!OidIsValid(element_oid))
		return VM_TYPE_NONE;
	*element = TypeOfOid(element_oid);
	if (*element == VM_TYPE_NONE || *element == VM_TYPE_JSON || VmIsVectorType(*element))
	{
		*element = VM_TYPE_NONE;
		return VM_TYPE_NONE;
	}
	return VM_TYPE_ARRAY;
}

char *
VmDataTypeSql(VmDataType type, VmDataType element, int size)
{
	const DataType *found = FindType(type == VM_TYPE_ARRAY ? element : type);
	StringInfoData sql;

	if (found == NULL || found->home == HOME_NONE)
		elog(ERROR, "unexpected field type %d", type);
	initStringInfo(&sql);
	if (found->home == HOME_CATALOG)
		appendStringInfoString(&sql, found->sql);
	else
		appendStringInfoString(
			&sql, quote_qualified_identifier(found->home == HOME_MILVUS ?
												 "milvus" :
												 get_namespace_name(VmExtensionSchema()),
											 found->sql));
	if (size > 0)
		appendStringInfo(&sql, "(%d)", size);
	if (type == VM_TYPE_ARRAY)
		appendStringInfoString(&sql, "[]");
	if (found->number == VM_TYPE_VARCHAR)
		appendStringInfoString(&sql, " COLLATE pg_catalog.\"C\"");
	return sql.data;
}
