/*
 * index_plan.c
 *		The PostgreSQL index for a specification: VmIndexPlanMake (index_type.h).
 */
#include "compat/compat.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/error.h"
#include "collection/index_type.h"
#include "collection/json.h"

/* What the access methods take (src/am, whose headers are none of ours). */
#define MAX_M               100
#define MAX_EF_CONSTRUCTION 1000
#define MAX_LISTS           32768
#define MAX_VECTOR_DIM      2000
#define MAX_HALFVEC_DIM     4000
#define MAX_BIT_DIM         64000

/* Milvus's defaults. */
#define HNSW_M               30
#define HNSW_EF_CONSTRUCTION 360
#define AUTO_M               18
#define AUTO_EF_CONSTRUCTION 240
#define NLIST                128

/* A btree's keys end at a third of a page: longer texts go to a hash index. */
#define MAX_BTREE_LENGTH 2000

static bool
HasPrefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static VmIndexMethod
VectorMethod(const VmIndexSpec *spec)
{
	const char *type = spec->index_type;

	if (strcmp(type, "FLAT") == 0 || strcmp(type, "BIN_FLAT") == 0)
		return VM_METHOD_EXACT;
	if (HasPrefix(type, "IVF_") || strcmp(type, "SCANN") == 0)
		return VM_METHOD_IVFFLAT;
	/* ivfflat has no means for Jaccard */
	if (strcmp(type, "BIN_IVF_FLAT") == 0 && strcmp(spec->metric, "HAMMING") == 0)
		return VM_METHOD_IVFFLAT;
	return VM_METHOD_HNSW;
}

static VmIndexMethod
ScalarMethod(const VmField *field)
{
	if (field->type == VM_TYPE_ARRAY || field->type == VM_TYPE_JSON)
		return VM_METHOD_GIN;
	if (field->type == VM_TYPE_VARCHAR && field->max_length > MAX_BTREE_LENGTH)
		return VM_METHOD_HASH;
	return VM_METHOD_BTREE;
}

static const char *
AccessMethodName(VmIndexMethod method)
{
	switch (method)
	{
		case VM_METHOD_HNSW:
			return "hnsw";
		case VM_METHOD_IVFFLAT:
			return "ivfflat";
		case VM_METHOD_BTREE:
			return "btree";
		case VM_METHOD_HASH:
			return "hash";
		case VM_METHOD_GIN:
			return "gin";
		case VM_METHOD_EXACT:
			break;
	}
	return "";
}

/* ------------------------------------------------------------------------ key */

/* The type that the index has, which differs where the column's cannot be indexed. */
static const char *
IndexedType(const VmField *field)
{
	switch (field->type)
	{
		case VM_TYPE_FLOAT_VECTOR:
			return field->dim > MAX_VECTOR_DIM ? "halfvec" : "vector";
		case VM_TYPE_FLOAT16_VECTOR:
			return "halfvec";
		case VM_TYPE_SPARSE_FLOAT_VECTOR:
			return "sparsevec";
		default:
			return "bit";
	}
}

static bool
HasTooManyDims(const VmField *field)
{
	return field->dim > (field->type == VM_TYPE_BINARY_VECTOR ? MAX_BIT_DIM : MAX_HALFVEC_DIM);
}

char *
VmIndexCast(const VmField *field)
{
	const char *schema = get_namespace_name(VmExtensionSchema());
	int dim = 0;

	if (field->type == VM_TYPE_FLOAT_VECTOR && field->dim > MAX_VECTOR_DIM)
		dim = field->dim;
	if (field->type == VM_TYPE_SPARSE_FLOAT_VECTOR && field->typmod < 0)
		dim = VM_SPARSE_DIM;
	if (dim == 0)
		return pstrdup("");
	return psprintf("::%s(%d)", quote_qualified_identifier(schema, IndexedType(field)), dim);
}

static char *
VectorKey(const VmField *field, const char *metric)
{
	const char *schema = get_namespace_name(VmExtensionSchema());
	const char *type = IndexedType(field);
	const char *column = quote_identifier(field->name);
	char *cast = VmIndexCast(field);
	char *lower = pstrdup(metric);
	char *opclass;

	for (char *c = lower; *c != '\0'; c++)
		*c = pg_ascii_tolower((unsigned char) *c);
	opclass = quote_qualified_identifier(schema, psprintf("%s_%s_ops", type, lower));
	if (cast[0] != '\0')
		return psprintf("((%s%s) %s)", column, cast, opclass);
	return psprintf("(%s %s)", column, opclass);
}

static char *
ScalarKey(const VmField *field)
{
	return psprintf("(%s%s)", quote_identifier(field->name),
					field->type == VM_TYPE_JSON ? " pg_catalog.jsonb_path_ops" : "");
}

/* -------------------------------------------------------------------- options */

/* A parameter, or what it is clamped to. */
static int
Clamp(const VmIndexSpec *spec, const char *key, int64 missing, int max, bool report)
{
	int64 value = VmJsonGetInt(spec->params, key, missing);

	if (value <= max)
		return (int) value;
	if (report)
		ereport(NOTICE, (errmsg("%s " INT64_FORMAT " is more than the index takes: %d is used", key,
								value, max)));
	return max;
}

/*
 * XXX quantizer = rabitq goes here, once the access methods have it; then the
 * limits on dimensions above fall, too.
 */
static char *
HnswOptions(const VmIndexSpec *spec, bool report)
{
	bool is_hnsw = HasPrefix(spec->index_type, "HNSW");
	int m = AUTO_M;
	int ef_construction = AUTO_EF_CONSTRUCTION;

	if (is_hnsw)
	{
		m = Clamp(spec, "M", HNSW_M, MAX_M, report);
		ef_construction =
			Clamp(spec, "efConstruction", HNSW_EF_CONSTRUCTION, MAX_EF_CONSTRUCTION, report);
	}
	if (ef_construction < 2 * m)
	{
		if (report)
			ereport(NOTICE, (errmsg("efConstruction %d is less than twice M: %d is used",
									ef_construction, 2 * m)));
		ef_construction = 2 * m;
	}
	return psprintf(" WITH (m = %d, ef_construction = %d)", m, ef_construction);
}

static char *
IvfOptions(const VmIndexSpec *spec, bool report)
{
	return psprintf(" WITH (lists = %d)", Clamp(spec, "nlist", NLIST, MAX_LISTS, report));
}

void
VmIndexPlanMake(const VmField *field, const VmIndexSpec *spec, bool report, VmIndexPlan *plan)
{
	bool is_vector = VmIsVectorType(field->type);

	plan->method = is_vector ? VectorMethod(spec) : ScalarMethod(field);
	plan->key = "";
	plan->options = "";
	if (plan->method != VM_METHOD_EXACT && is_vector && HasTooManyDims(field))
	{
		if (report)
			ereport(WARNING,
					(errmsg("field \"%s\" has %d dimensions, more than an index takes: searches "
							"will read all rows",
							field->name, field->dim),
					 errhint("Floats are indexed up to %d dimensions, bits up to %d.",
							 MAX_HALFVEC_DIM, MAX_BIT_DIM)));
		plan->method = VM_METHOD_EXACT;
	}
	plan->access_method = AccessMethodName(plan->method);
	if (plan->method == VM_METHOD_EXACT)
		return;
	plan->key = is_vector ? VectorKey(field, spec->metric) : ScalarKey(field);
	if (plan->method == VM_METHOD_HNSW)
		plan->options = HnswOptions(spec, report);
	else if (plan->method == VM_METHOD_IVFFLAT)
		plan->options = IvfOptions(spec, report);
}
