/*
 * schema.c
 *		Reading and checking the schema of a new collection: VmSchemaFromJson,
 *		VmSchemaSimple (schema.h).
 */
#include "compat/compat.h"

#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/json.h"
#include "collection/name.h"
#include "collection/schema.h"

#define Invalid(...) ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID), errmsg(__VA_ARGS__)))

/* --------------------------------------------------------------- one field */

/* What a field says beside its parameters; all else is kept in params. */
static const char *const known_keys[] = {
	"name",
	"type",
	"data_type",
	"dtype",
	"element_type",
	"is_primary",
	"is_primary_key",
	"auto_id",
	"description",
	"is_partition_key",
	"is_clustering_key",
	"nullable",
	"default_value",
	"params",
	"dim",
	"max_length",
	"field_id",
	"is_dynamic",
	"is_function_output",
};

static bool
IsKnownKey(const char *key)
{
	for (int i = 0; i < lengthof(known_keys); i++)
	{
		if (strcmp(known_keys[i], key) == 0)
			return true;
	}
	return false;
}

static void
KeepParam(const char *key, const JsonbValue *value, void *state)
{
	if (!IsKnownKey(key) && value->type != jbvNull)
		VmJsonPutValue(state, key, value);
}

/* Parameters that no column holds: max_capacity, enable_analyzer, mmap.enabled ... */
static Jsonb *
OtherParams(const Jsonb *json, const Jsonb *params)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonEach(json, KeepParam, &writer);
	VmJsonEach(params, KeepParam, &writer);
	VmJsonEndObject(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

/* A parameter may stand in "params" or beside the name. */
static int64
SizeParam(const Jsonb *json, const Jsonb *params, const char *key)
{
	return VmJsonGetInt(params, key, VmJsonGetInt(json, key, -1));
}

static int
CheckDim(const VmField *field, int64 dim)
{
	bool is_binary = field->type == VM_TYPE_BINARY_VECTOR;
	int most = is_binary ? VM_MAX_BINARY_DIM : VM_MAX_DIM;

	if (dim == -1)
		Invalid("dimension is not defined in field type params, field name: %s", field->name);
	if (dim < VM_MIN_DIM || dim > most)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("invalid dimension: " INT64_FORMAT
							   " of field %s. %s vector dimension should be in range %d ~ %d",
							   dim, field->name, is_binary ? "binary" : "float", VM_MIN_DIM, most),
						dim > most && dim <= 32768 ?
							errdetail("Milvus allows 32768, the types of this extension 16000.") :
							0));
	if (is_binary && dim % 8 != 0)
		Invalid("invalid dimension: " INT64_FORMAT
				" of field %s. binary vector dimension should be multiple of 8",
				dim, field->name);
	return (int) dim;
}

int
VmCheckMaxLength(const VmField *field, int64 length)
{
	if (length == -1)
		Invalid("type param(max_length) should be specified for the field(%s)", field->name);
	if (length < 1 || length > VM_MAX_VARCHAR_LENGTH)
		Invalid(
			"the maximum length specified for the field(%s) should be in (0, %d], but got " INT64_FORMAT
			" instead",
			field->name, VM_MAX_VARCHAR_LENGTH, length);
	return (int) length;
}

int
VmCheckMaxCapacity(const VmField *field, int64 capacity)
{
	if (capacity == -1)
		Invalid("type param(max_capacity) should be specified for array field %s", field->name);
	if (capacity < 1 || capacity > VM_MAX_ARRAY_CAPACITY)
		Invalid(
			"the maximum capacity specified for a Array should be in (0, %d], but got " INT64_FORMAT
			", field name: %s",
			VM_MAX_ARRAY_CAPACITY, capacity, field->name);
	return (int) capacity;
}

static void
ReadElementType(VmField *field, const Jsonb *json)
{
	JsonbValue *value = VmJsonGet(json, "element_type");

	if (value == NULL)
		Invalid("element_type is not specified for array field %s", field->name);
	field->element_type = VmDataTypeFromJson(value, field->name);
	if (field->element_type == VM_TYPE_ARRAY || field->element_type == VM_TYPE_JSON ||
		VmIsVectorType(field->element_type))
		Invalid("element type %s is not supported, field name: %s",
				VmDataTypeName(field->element_type), field->name);
}

static void
ReadSizes(VmField *field, const Jsonb *json, const Jsonb *params)
{
	if (field->type == VM_TYPE_ARRAY)
	{
		ReadElementType(field, json);
		field->max_capacity = VmCheckMaxCapacity(field, SizeParam(json, params, "max_capacity"));
	}
	if (field->type == VM_TYPE_VARCHAR || field->element_type == VM_TYPE_VARCHAR)
		field->max_length = VmCheckMaxLength(field, SizeParam(json, params, "max_length"));
	if (VmIsVectorType(field->type) && field->type != VM_TYPE_SPARSE_FLOAT_VECTOR)
		field->dim = CheckDim(field, SizeParam(json, params, "dim"));
}

static JsonbValue *
TypeOf(const Jsonb *json, const char *name)
{
	static const char *const keys[] = {"type", "data_type", "dtype"};

	for (int i = 0; i < lengthof(keys); i++)
	{
		JsonbValue *value = VmJsonGet(json, keys[i]);

		if (value != NULL)
			return value;
	}
	Invalid("data type of field \"%s\" is not specified", name);
}

static void
ReadField(VmField *field, const Jsonb *json)
{
	Jsonb *params = VmJsonGetObject(json, "params");

	memset(field, 0, sizeof(*field));
	field->name = VmJsonGetString(json, "name", "");
	VmCheckFieldName(field->name);
	field->type = VmDataTypeFromJson(TypeOf(json, field->name), field->name);
	field->description = VmJsonGetString(json, "description", "");
	field->is_primary =
		VmJsonGetBool(json, "is_primary", VmJsonGetBool(json, "is_primary_key", false));
	field->is_partition_key = VmJsonGetBool(json, "is_partition_key", false);
	field->is_clustering_key = VmJsonGetBool(json, "is_clustering_key", false);
	field->nullable = VmJsonGetBool(json, "nullable", false);
	field->default_value = VmJsonGet(json, "default_value");
	field->has_default = field->default_value != NULL;
	field->params = OtherParams(json, params);
	ReadSizes(field, json, params);
}

/* -------------------------------------------------------------------- rules */

static void
CheckPrimary(const VmField *field)
{
	if (field->type != VM_TYPE_INT64 && field->type != VM_TYPE_VARCHAR)
		Invalid("the data type of primary key should be Int64 or VarChar, field name: %s",
				field->name);
	if (field->nullable)
		Invalid("primary field not support null, field name: %s", field->name);
	if (field->has_default)
		Invalid("primary field not support default_value, field name: %s", field->name);
	if (field->is_partition_key)
		Invalid("the partition key field must not be primary field, field name: %s", field->name);
}

static void
CheckPartitionKey(const VmField *field)
{
	if (field->type != VM_TYPE_INT64 && field->type != VM_TYPE_VARCHAR)
		Invalid("the data type of partition key should be Int64 or VarChar, field name: %s",
				field->name);
	if (field->nullable)
		Invalid("partition key field not support nullable, field name: %s", field->name);
}

static void
CheckValueRules(const VmField *field)
{
	if (VmIsVectorType(field->type) && field->nullable)
		ereport(ERROR, (VmErrcode(VM_UNSUPPORTED),
						errmsg("vector type not support null, field name: %s", field->name),
						errhint("Nullable vectors came with Milvus 3.0.")));
	if (!field->has_default)
		return;
	if (VmIsVectorType(field->type) || field->type == VM_TYPE_JSON || field->type == VM_TYPE_ARRAY)
		Invalid("type not support default_value, type: %s, name: %s", VmDataTypeName(field->type),
				field->name);
	(void) VmDefaultSql(field, field->default_value);
}

static void
CheckUniqueName(const VmSchema *schema, int i)
{
	for (int j = 0; j < i; j++)
	{
		if (strcmp(schema->fields[i].name, schema->fields[j].name) == 0)
			Invalid("duplicated field name %s", schema->fields[i].name);
	}
}

static void
AddPrimary(VmSchema *schema, VmField *field)
{
	if (schema->primary != NULL)
		Invalid("there are more than one primary key, field name = %s, %s", schema->primary->name,
				field->name);
	CheckPrimary(field);
	schema->primary = field;
}

static void
AddPartitionKey(VmSchema *schema, VmField *field)
{
	if (schema->partition_key != NULL)
		Invalid("there are more than one partition key, field name = %s, %s",
				schema->partition_key->name, field->name);
	CheckPartitionKey(field);
	schema->partition_key = field;
}

static void
CheckSchema(VmSchema *schema)
{
	int vectors = 0;

	if (schema->nfields > VM_MAX_FIELDS)
		Invalid("maximum field's number should be limited to %d", VM_MAX_FIELDS);
	for (int i = 0; i < schema->nfields; i++)
	{
		VmField *field = &schema->fields[i];

		CheckUniqueName(schema, i);
		if (field->is_primary)
			AddPrimary(schema, field);
		if (field->is_partition_key)
			AddPartitionKey(schema, field);
		if (VmIsVectorType(field->type) && vectors++ == 0)
			schema->first_vector = field;
		CheckValueRules(field);
	}
	if (schema->primary == NULL)
		Invalid("primary key is not specified");
	if (vectors == 0)
		Invalid("schema does not contain vector field");
	if (vectors > VM_MAX_VECTOR_FIELDS)
		Invalid("maximum vector field's number should be limited to %d", VM_MAX_VECTOR_FIELDS);
}

/* ------------------------------------------------------------------ schemas */

static void
RefuseFunctions(const Jsonb *json)
{
	Jsonb *functions = VmJsonGetArray(json, "functions");

	if (functions != NULL && JB_ROOT_COUNT(functions) > 0)
		ereport(ERROR,
				(VmErrcode(VM_UNSUPPORTED),
				 errmsg("functions of a schema (BM25, text embedding) are not supported"),
				 errhint("Insert the sparse or dense vectors that your own code makes of the "
						 "text; PostgreSQL's full-text search works on any text column.")));
}

VmSchema *
VmSchemaFromJson(const Jsonb *json, bool auto_id, bool enable_dynamic_field)
{
	VmSchema *schema = palloc0(sizeof(*schema));
	Jsonb *fields;
	Jsonb **objects;

	VmJsonCheckObject(json, "schema");
	RefuseFunctions(json);
	schema->auto_id = VmJsonGetBool(json, "auto_id", auto_id);
	schema->enable_dynamic_field =
		VmJsonGetBool(json, "enable_dynamic_field", enable_dynamic_field);
	schema->description = VmJsonGetString(json, "description", NULL);
	fields = VmJsonGetArray(json, "fields");
	if (fields == NULL)
		Invalid("schema does not contain fields");
	objects = VmJsonObjects(fields, "fields", &schema->nfields);
	schema->fields = palloc0(sizeof(VmField) * Max(schema->nfields, 1));
	for (int i = 0; i < schema->nfields; i++)
	{
		ReadField(&schema->fields[i], objects[i]);
		if (VmJsonGetBool(objects[i], "auto_id", false))
		{
			if (!schema->fields[i].is_primary)
				Invalid("only primary field can speficy AutoID with true, field name = %s",
						schema->fields[i].name);
			schema->auto_id = true;
		}
	}
	CheckSchema(schema);
	return schema;
}

/* "int", "INT64", "string", "VARCHAR": what create_collection of the client takes. */
static VmDataType
IdType(const char *text)
{
	JsonbValue value;

	if (pg_strcasecmp(text, "int") == 0)
		return VM_TYPE_INT64;
	if (pg_strcasecmp(text, "string") == 0 || pg_strcasecmp(text, "str") == 0)
		return VM_TYPE_VARCHAR;
	value.type = jbvString;
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = (int) strlen(text);
	return VmDataTypeFromJson(&value, "id_type");
}

VmSchema *
VmSchemaSimple(const char *primary, const char *id_type, int max_length, const char *vector,
			   int dim, bool auto_id, bool enable_dynamic_field)
{
	VmSchema *schema = palloc0(sizeof(*schema));
	VmField *fields = palloc0(sizeof(VmField) * 2);

	schema->auto_id = auto_id;
	schema->enable_dynamic_field = enable_dynamic_field;
	schema->nfields = 2;
	schema->fields = fields;
	for (int i = 0; i < 2; i++)
	{
		fields[i].description = "";
		fields[i].params = VmJsonEmptyObject();
	}
	VmCheckFieldName(primary);
	fields[0].name = pstrdup(primary);
	fields[0].type = IdType(id_type);
	fields[0].is_primary = true;
	if (fields[0].type == VM_TYPE_VARCHAR)
		fields[0].max_length = VmCheckMaxLength(&fields[0], max_length);
	VmCheckFieldName(vector);
	fields[1].name = pstrdup(vector);
	fields[1].type = VM_TYPE_FLOAT_VECTOR;
	fields[1].dim = CheckDim(&fields[1], dim);
	CheckSchema(schema);
	return schema;
}
