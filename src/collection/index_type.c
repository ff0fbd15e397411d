/*
 * index_type.c
 *		What may be asked of create_index: VmIndexSpecRead (index_type.h).
 *
 * The names, ranges and texts are Milvus's.
 */
#include "compat/compat.h"

#include <limits.h>
#include <math.h>

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/index_type.h"
#include "collection/json.h"

/* Milvus ends the text of every wrong index parameter with this. */
#define INVALID_PARAMS                                                                             \
	": invalid parameter[expected=valid index params][actual=invalid index params]"

/* Which fields an index type is for. */
#define FOR_DENSE  0x01
#define FOR_SPARSE 0x02
#define FOR_BINARY 0x04
#define FOR_SCALAR 0x08

#define MAX_SHOWN  64 /* bytes of a value, in messages */

typedef enum RuleKind
{
	RULE_INTEGER,
	RULE_NUMBER,
	RULE_BELOW, /* a number, the maximum excluded */
	RULE_BOOLEAN,
	RULE_WORD,
	RULE_DIVIDES_DIM
} RuleKind;

typedef struct Rule
{
	const char *name;
	RuleKind kind;
	double min;
	double max;
	const char *words; /* separated by blanks */
} Rule;

typedef struct IndexType
{
	const char *name;
	int fields;
	const Rule *rules; /* ends with a nameless one */
} IndexType;

#define REFINE_TYPES "SQ6 SQ8 BF16 FP16 FP32"
#define HNSW_RULES                                                                                 \
	{"M", RULE_INTEGER, 2, 2048},                                                                  \
	{                                                                                              \
		"efConstruction", RULE_INTEGER, 1, INT_MAX                                                 \
	}
#define REFINE_RULES                                                                               \
	{"refine", RULE_BOOLEAN},                                                                      \
	{                                                                                              \
		"refine_type", RULE_WORD, 0, 0, REFINE_TYPES                                               \
	}
#define PQ_RULES   {"m", RULE_DIVIDES_DIM, 1, 65536}, {"nbits", RULE_INTEGER, 1, 64}
#define NLIST_RULE {"nlist", RULE_INTEGER, 1, 65536}

static const Rule no_rules[] = {{NULL}};
static const Rule hnsw_rules[] = {HNSW_RULES, {NULL}};
static const Rule hnsw_sq_rules[] = {
	HNSW_RULES, {"sq_type", RULE_WORD, 0, 0, "SQ4U SQ6 SQ8 BF16 FP16"}, REFINE_RULES, {NULL}};
static const Rule hnsw_pq_rules[] = {HNSW_RULES, PQ_RULES, REFINE_RULES, {NULL}};
static const Rule hnsw_prq_rules[] = {
	HNSW_RULES, PQ_RULES, {"nrq", RULE_INTEGER, 1, 16}, REFINE_RULES, {NULL}};
static const Rule ivf_rules[] = {NLIST_RULE, {NULL}};
static const Rule ivf_pq_rules[] = {NLIST_RULE, PQ_RULES, {NULL}};
static const Rule scann_rules[] = {NLIST_RULE, {"with_raw_data", RULE_BOOLEAN}, {NULL}};
static const Rule diskann_rules[] = {
	{"max_degree", RULE_INTEGER, 1, 2048}, {"search_list_size", RULE_INTEGER, 1, INT_MAX}, {NULL}};
static const Rule sparse_rules[] = {
	{"inverted_index_algo", RULE_WORD, 0, 0, "DAAT_MAXSCORE DAAT_WAND TAAT_NAIVE"},
	{"drop_ratio_build", RULE_BELOW, 0, 1},
	{"bm25_k1", RULE_NUMBER, 0, 3},
	{"bm25_b", RULE_NUMBER, 0, 1},
	{NULL}};
static const Rule bitmap_rules[] = {{"bitmap_cardinality_limit", RULE_INTEGER, 1, 1000}, {NULL}};
static const Rule inverted_rules[] = {
	{"json_cast_type", RULE_WORD, 0, 0,
	 "BOOL DOUBLE VARCHAR JSON ARRAY_BOOL ARRAY_DOUBLE ARRAY_VARCHAR"},
	{NULL}};

static const IndexType index_types[] = {
	{"AUTOINDEX", FOR_DENSE | FOR_SPARSE | FOR_BINARY | FOR_SCALAR, inverted_rules},
	{"FLAT", FOR_DENSE, no_rules},
	{"IVF_FLAT", FOR_DENSE, ivf_rules},
	{"IVF_SQ8", FOR_DENSE, ivf_rules},
	{"IVF_PQ", FOR_DENSE, ivf_pq_rules},
	{"SCANN", FOR_DENSE, scann_rules},
	{"HNSW", FOR_DENSE, hnsw_rules},
	{"HNSW_SQ", FOR_DENSE, hnsw_sq_rules},
	{"HNSW_PQ", FOR_DENSE, hnsw_pq_rules},
	{"HNSW_PRQ", FOR_DENSE, hnsw_prq_rules},
	{"DISKANN", FOR_DENSE, diskann_rules},
	{"BIN_FLAT", FOR_BINARY, no_rules},
	{"BIN_IVF_FLAT", FOR_BINARY, ivf_rules},
	{"SPARSE_INVERTED_INDEX", FOR_SPARSE, sparse_rules},
	{"SPARSE_WAND", FOR_SPARSE, sparse_rules},
	{"INVERTED", FOR_SCALAR, inverted_rules},
	{"BITMAP", FOR_SCALAR, bitmap_rules},
	{"STL_SORT", FOR_SCALAR, no_rules},
	{"Trie", FOR_SCALAR, no_rules},
};

/* What Milvus has and we have not. */
static const struct
{
	const char *name;
	const char *hint;
} missing_types[] = {
	{"GPU_CAGRA", "Use HNSW: no index is built or searched on a GPU."},
	{"GPU_IVF_FLAT", "Use IVF_FLAT: no index is built or searched on a GPU."},
	{"GPU_IVF_PQ", "Use IVF_PQ: no index is built or searched on a GPU."},
	{"GPU_BRUTE_FORCE", "Use FLAT: no index is built or searched on a GPU."},
	{"MINHASH_LSH", "Use BIN_IVF_FLAT with metric JACCARD."},
	{"RTREE", "Geometry fields are not supported."},
	{"IVF_RABITQ", "Use IVF_SQ8."},
	{"AISAQ", "Use DISKANN."},
	{"NGRAM", "Use INVERTED, or an index of pg_trgm by CREATE INDEX."},
	{"HNSW_INT8", "Use HNSW."},
};

/* What a message shows of a value that may be of any length. */
static char *
Excerpt(const char *value)
{
	int length = (int) strlen(value);

	return pnstrdup(value, pg_mbcliplen(value, length, Min(length, MAX_SHOWN)));
}

/* -------------------------------------------------------------------- metrics */

typedef struct Metric
{
	const char *name;
	const char *suffix; /* of operator classes */
	int fields;
} Metric;

static const Metric metrics[] = {
	{"COSINE", "_cosine_ops", FOR_DENSE},
	{"IP", "_ip_ops", FOR_DENSE | FOR_SPARSE},
	{"L2", "_l2_ops", FOR_DENSE},
	{"HAMMING", "_hamming_ops", FOR_BINARY},
	{"JACCARD", "_jaccard_ops", FOR_BINARY},
};

static int
FieldClass(VmDataType type)
{
	switch (type)
	{
		case VM_TYPE_FLOAT_VECTOR:
		case VM_TYPE_FLOAT16_VECTOR:
			return FOR_DENSE;
		case VM_TYPE_SPARSE_FLOAT_VECTOR:
			return FOR_SPARSE;
		case VM_TYPE_BINARY_VECTOR:
			return FOR_BINARY;
		default:
			return FOR_SCALAR;
	}
}

bool
VmMetricFits(const char *metric, VmDataType type)
{
	for (int i = 0; i < lengthof(metrics); i++)
	{
		if (strcmp(metrics[i].name, metric) == 0)
			return (metrics[i].fields & FieldClass(type)) != 0;
	}
	return false;
}

const char *
VmMetricOfOpclass(const char *opclass)
{
	const char *suffix = strchr(opclass, '_');

	for (int i = 0; suffix != NULL && i < lengthof(metrics); i++)
	{
		if (strcmp(metrics[i].suffix, suffix) == 0)
			return metrics[i].name;
	}
	return NULL;
}

static const char *
DefaultMetric(VmDataType type)
{
	switch (FieldClass(type))
	{
		case FOR_DENSE:
			return "COSINE";
		case FOR_SPARSE:
			return "IP";
		case FOR_BINARY:
			return "HAMMING";
		default:
			return "";
	}
}

static _Noreturn void
RaiseWrongMetric(const char *metric, VmDataType type)
{
	if (strcmp(metric, "BM25") == 0)
		ereport(ERROR,
				(VmErrcode(VM_UNSUPPORTED), errmsg("metric type BM25 is not supported"),
				 errhint("Use IP with sparse vectors that your own code makes of the text.")));
	if (FieldClass(type) == FOR_SPARSE)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("only IP&BM25 is the supported metric type for sparse index%s",
							   INVALID_PARAMS),
						errhint("Use IP.")));
	if (FieldClass(type) == FOR_BINARY)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("binary vector index does not support metric type: %s%s", metric,
							   INVALID_PARAMS),
						errhint("Use HAMMING or JACCARD.")));
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
					errmsg("float vector index does not support metric type: %s%s", metric,
						   INVALID_PARAMS),
					errhint("Use COSINE, IP or L2.")));
}

/* In capitals; NULL or "" is the field's default. */
static const char *
ReadMetric(const char *asked, VmDataType type)
{
	char *metric;

	if (FieldClass(type) == FOR_SCALAR)
		return "";
	if (asked == NULL || asked[0] == '\0')
		return DefaultMetric(type);
	metric = pstrdup(asked);
	for (char *c = metric; *c != '\0'; c++)
		*c = pg_ascii_toupper((unsigned char) *c);
	if (strcmp(metric, "BM25") == 0)
		RaiseWrongMetric(metric, type);
	if (!VmMetricFits(metric, type))
		RaiseWrongMetric(Excerpt(asked), type);
	return metric;
}

/* ---------------------------------------------------------------- index types */

static const IndexType *
FindType(const char *asked)
{
	if (asked == NULL || asked[0] == '\0')
		return &index_types[0];
	for (int i = 0; i < lengthof(index_types); i++)
	{
		if (pg_strcasecmp(index_types[i].name, asked) == 0)
			return &index_types[i];
	}
	for (int i = 0; i < lengthof(missing_types); i++)
	{
		if (pg_strcasecmp(missing_types[i].name, asked) == 0)
			ereport(ERROR, (VmErrcode(VM_UNSUPPORTED),
							errmsg("index type %s is not supported", missing_types[i].name),
							errhint("%s", missing_types[i].hint)));
	}
	ereport(ERROR,
			(VmErrcode(VM_PARAMETER_INVALID), errmsg("invalid index type: %s", Excerpt(asked)),
			 errhint("Vector fields have HNSW, IVF_FLAT, FLAT, DISKANN and others, scalar fields "
					 "INVERTED, BITMAP, STL_SORT and Trie; AUTOINDEX is right for each.")));
}

/* As Milvus prints them in these messages. */
static const char *
VectorTypeName(VmDataType type)
{
	switch (type)
	{
		case VM_TYPE_FLOAT_VECTOR:
			return "FloatVector";
		case VM_TYPE_FLOAT16_VECTOR:
			return "Float16Vector";
		case VM_TYPE_BINARY_VECTOR:
			return "BinaryVector";
		default:
			return "SparseFloatVector";
	}
}

static _Noreturn void
RaiseWrongScalar(const char *message)
{
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID), errmsg("%s%s", message, INVALID_PARAMS),
					errhint("INVERTED fits every scalar field.")));
}

static bool
IsInteger(VmDataType type)
{
	return type >= VM_TYPE_INT8 && type <= VM_TYPE_INT64;
}

static bool
IsNumber(VmDataType type)
{
	return IsInteger(type) || type == VM_TYPE_FLOAT || type == VM_TYPE_DOUBLE;
}

static bool
FitsBitmap(VmDataType type)
{
	return type == VM_TYPE_BOOL || IsInteger(type) || type == VM_TYPE_VARCHAR;
}

static void
CheckScalar(const IndexType *type, const VmField *field)
{
	if (strcmp(type->name, "STL_SORT") == 0 && !IsNumber(field->type) &&
		field->type != VM_TYPE_VARCHAR)
		RaiseWrongScalar("STL_SORT are only supported on numeric or varchar field");
	if (strcmp(type->name, "Trie") == 0 && field->type != VM_TYPE_VARCHAR)
		RaiseWrongScalar("TRIE are only supported on varchar field");
	if (strcmp(type->name, "BITMAP") == 0)
	{
		if (field->is_primary)
			RaiseWrongScalar("create bitmap index on primary key not supported");
		if (field->type == VM_TYPE_ARRAY && !FitsBitmap(field->element_type))
			RaiseWrongScalar(
				"bitmap index are only supported on bool, int, string for array field");
		if (field->type != VM_TYPE_ARRAY && !FitsBitmap(field->type))
			RaiseWrongScalar(
				"bitmap index are only supported on bool, int, string and array field");
	}
}

static void
CheckField(const IndexType *type, const VmField *field)
{
	int field_class = FieldClass(field->type);

	if (field->type == VM_TYPE_NONE)
		ereport(ERROR, (VmErrcode(VM_UNSUPPORTED),
						errmsg("field \"%s\" has a type that Milvus does not have", field->name),
						errhint("Use CREATE INDEX.")));
	if ((type->fields & field_class) == 0 && field_class == FOR_SCALAR)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("index %s only supports vector data type%s", type->name, INVALID_PARAMS),
				 errhint("Field \"%s\" is of type %s.", field->name, VmDataTypeName(field->type))));
	if ((type->fields & field_class) == 0)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("data type %s can't build with this index %s%s",
							   VectorTypeName(field->type), type->name, INVALID_PARAMS),
						errhint("AUTOINDEX fits every field.")));
	if (field_class == FOR_SCALAR)
		CheckScalar(type, field);
	else if (field->dim == 0 && field_class != FOR_SPARSE)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("field \"%s\" has no dimension", field->name),
						errhint("Give its column one with ALTER TABLE, as vector(768) has.")));
}

/* ----------------------------------------------------------------- parameters */

static _Noreturn void
RaiseWrongValue(const Rule *rule, const char *value, const char *expected)
{
	ereport(ERROR,
			(VmErrcode(VM_PARAMETER_INVALID), errmsg("param '%s' (%s) should be %s%s", rule->name,
													 Excerpt(value), expected, INVALID_PARAMS)));
}

/* A number within the rule's range; integer: without a fraction. */
static double
CheckNumber(const Rule *rule, const char *value, bool integer)
{
	char *end;
	double number;

	errno = 0;
	number = strtod(value, &end);
	if (errno != 0 || end == value || *end != '\0' || isnan(number) ||
		(integer && (number != floor(number) || strpbrk(value, ".eExX") != NULL)))
		RaiseWrongValue(rule, value, integer ? "an integer" : "a number");
	if (number < rule->min || number > rule->max ||
		(rule->kind == RULE_BELOW && number == rule->max))
		RaiseWrongValue(rule, value,
						psprintf("in range [%.0f, %.0f%c", rule->min, rule->max,
								 rule->kind == RULE_BELOW ? ')' : ']'));
	return number;
}

static void
CheckWord(const Rule *rule, const char *value)
{
	size_t length = strlen(value);

	for (const char *word = rule->words; *word != '\0';)
	{
		size_t word_length = strcspn(word, " ");

		if (word_length == length && pg_strncasecmp(word, value, length) == 0)
			return;
		word += word_length;
		word += strspn(word, " ");
	}
	RaiseWrongValue(rule, value, psprintf("one of %s", rule->words));
}

static void
CheckRule(const Rule *rule, const char *value, const VmField *field)
{
	bool boolean;
	double number;

	switch (rule->kind)
	{
		case RULE_INTEGER:
			(void) CheckNumber(rule, value, true);
			break;
		case RULE_NUMBER:
		case RULE_BELOW:
			(void) CheckNumber(rule, value, false);
			break;
		case RULE_BOOLEAN:
			if (!parse_bool(value, &boolean))
				RaiseWrongValue(rule, value, "true or false");
			break;
		case RULE_WORD:
			CheckWord(rule, value);
			break;
		case RULE_DIVIDES_DIM:
			number = CheckNumber(rule, value, true);
			if (field->dim % (int) number != 0)
				ereport(ERROR,
						(VmErrcode(VM_PARAMETER_INVALID),
						 errmsg("dimension must be able to be divided by `m`, dimension: %d, m: "
								"%s%s",
								field->dim, value, INVALID_PARAMS)));
			break;
	}
}

static void
CheckParams(const IndexType *type, const VmField *field, const Jsonb *params)
{
	for (const Rule *rule = type->rules; rule->name != NULL; rule++)
	{
		JsonbValue *value = VmJsonGet(params, rule->name);

		if (value != NULL)
			CheckRule(rule, VmJsonValueText(value), field);
	}
}

/* Keys beside the build parameters, where both lie in one object. */
static bool
IsOurKey(const char *key)
{
	static const char *const keys[] = {"index_type", "metric_type", "params", "field_name",
									   "index_name"};

	for (int i = 0; i < lengthof(keys); i++)
	{
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

static void
CopyParam(const char *key, const JsonbValue *value, void *state)
{
	if (!IsOurKey(key) && value->type != jbvNull)
		VmJsonPutString(state, key, VmJsonValueText(value));
}

/* "params" in params: an object, or a string with one, as clients send it. */
static Jsonb *
NestedParams(const Jsonb *params)
{
	JsonbValue *value = VmJsonGet(params, "params");
	Jsonb *nested;

	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		return VmJsonGetObject(params, "params");
	nested = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(VmJsonValueText(value))));
	VmJsonCheckObject(nested, "params");
	return nested;
}

static Jsonb *
ReadParams(const Jsonb *params)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	VmJsonEach(params, CopyParam, &writer);
	VmJsonEach(NestedParams(params), CopyParam, &writer);
	VmJsonEndObject(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

static bool
IsDefaultType(const char *index_type)
{
	return index_type == NULL || index_type[0] == '\0' ||
		   pg_strcasecmp(index_type, index_types[0].name) == 0;
}

void
VmIndexSpecRead(const VmField *field, const char *index_type, const char *metric,
				const Jsonb *params, VmIndexSpec *spec)
{
	const IndexType *type;

	VmJsonCheckObject(params, "params");
	if (IsDefaultType(index_type))
		index_type = VmJsonGetString(params, "index_type", "");
	if (metric == NULL || metric[0] == '\0')
		metric = VmJsonGetString(params, "metric_type", "");
	type = FindType(index_type);
	CheckField(type, field);
	spec->index_type = type->name;
	spec->metric = ReadMetric(metric, field->type);
	spec->params = ReadParams(params);
	CheckParams(type, field, spec->params);
}
