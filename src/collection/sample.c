/*
 * sample.c
 *		milvus.insert_sample: generated rows for trying a collection out.
 *
 * The rows are made as JSON text and take milvus.insert's way.  The same seed
 * gives the same rows, but for keys, which rise from the greatest present one.
 */
#include "compat/compat.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "common/pg_prng.h"
#include "common/shortest_dec.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "collection/error.h"
#include "collection/ids.h"
#include "collection/insert.h"

VM_FUNCTION(vm_milvus_insert_sample);

#define MAX_ROWS            100000
#define MAX_KEY_WIDTH       12 /* digits of a VARCHAR key */
#define MAX_WORDS           4
#define MAX_SPARSE          16
#define MAX_ELEMENTS        5
#define PARTITION_KEYS      8 /* distinct values of a partition key */
#define NULL_OF             8 /* one in so many values of a nullable field is null */
#define SAMPLE_SPARSE_RANGE 30000

static const char *const words[] = {"amber", "basil", "cedar", "delta", "ember", "fable",
									"grove", "haven", "ivory", "jade",  "karst", "lumen",
									"maple", "nacre", "ochre", "pearl"};

typedef struct Sample
{
	VmCollection *collection;
	pg_prng_state random;
	StringInfoData text;
	int64 next_key;
	int key_width; /* of VARCHAR keys */
} Sample;

static int
Below(Sample *sample, int bound)
{
	return (int) pg_prng_uint64_range(&sample->random, 0, bound - 1);
}

static double
Symmetric(Sample *sample)
{
	return 2 * pg_prng_double(&sample->random) - 1;
}

static void
AppendFloat(Sample *sample, float value)
{
	char text[FLOAT_SHORTEST_DECIMAL_LEN + 1];

	float_to_shortest_decimal_buf(value, text);
	appendStringInfoString(&sample->text, text);
}

/* ------------------------------------------------------------------- vectors */

static void
AppendDense(Sample *sample, int dim)
{
	float *values;
	double norm = 0;

	dim = dim > 0 ? dim : 8;
	values = palloc_array(float, dim);
	for (int i = 0; i < dim; i++)
	{
		values[i] = (float) Symmetric(sample);
		norm += (double) values[i] * values[i];
	}
	norm = norm > 0 ? sqrt(norm) : 1;
	for (int i = 0; i < dim; i++)
	{
		appendStringInfoChar(&sample->text, i == 0 ? '[' : ',');
		AppendFloat(sample, (float) (values[i] / norm));
	}
	appendStringInfoChar(&sample->text, ']');
	pfree(values);
}

static void
AppendBits(Sample *sample, int dim)
{
	appendStringInfoChar(&sample->text, '"');
	for (int i = 0; i < (dim > 0 ? dim : 8); i++)
		appendStringInfoChar(&sample->text, pg_prng_bool(&sample->random) ? '1' : '0');
	appendStringInfoChar(&sample->text, '"');
}

/* Ascending indices, so that none comes twice. */
static void
AppendSparse(Sample *sample, int32 typmod)
{
	int range = typmod > 0 ? Min(typmod, SAMPLE_SPARSE_RANGE) : SAMPLE_SPARSE_RANGE;
	int count = Min(range, 1 + Below(sample, MAX_SPARSE));
	int step = range / count;

	appendStringInfoChar(&sample->text, '{');
	for (int i = 0; i < count; i++)
	{
		appendStringInfo(&sample->text, "%s\"%d\":", i > 0 ? "," : "",
						 i * step + Below(sample, step));
		AppendFloat(sample, (float) (1 - pg_prng_double(&sample->random)));
	}
	appendStringInfoChar(&sample->text, '}');
}

/* ------------------------------------------------------------------- scalars */

/* Words of ASCII, cut to max_length bytes. */
static void
AppendWords(Sample *sample, int count, int max_length)
{
	int left = max_length;

	appendStringInfoChar(&sample->text, '"');
	for (int i = 0; i < count && left > 0; i++)
	{
		const char *word = words[Below(sample, lengthof(words))];
		int len;

		if (i > 0)
		{
			appendStringInfoChar(&sample->text, ' ');
			left--;
		}
		len = Min((int) strlen(word), left);
		appendBinaryStringInfo(&sample->text, word, len);
		left -= len;
	}
	appendStringInfoChar(&sample->text, '"');
}

static void
AppendScalar(Sample *sample, VmDataType type, int max_length)
{
	switch (type)
	{
		case VM_TYPE_BOOL:
			appendStringInfoString(&sample->text, pg_prng_bool(&sample->random) ? "true" : "false");
			break;
		case VM_TYPE_INT8:
			appendStringInfo(&sample->text, "%d", Below(sample, 256) - 128);
			break;
		case VM_TYPE_INT16:
			appendStringInfo(&sample->text, "%d", Below(sample, 65536) - 32768);
			break;
		case VM_TYPE_INT32:
		case VM_TYPE_INT64:
			appendStringInfo(&sample->text, "%d", Below(sample, 1000000));
			break;
		case VM_TYPE_FLOAT:
		case VM_TYPE_DOUBLE:
			AppendFloat(sample, (float) (1000 * Symmetric(sample)));
			break;
		case VM_TYPE_VARCHAR:
			AppendWords(sample, 1 + Below(sample, MAX_WORDS), max_length);
			break;
		default:
			elog(ERROR, "unexpected scalar type %d", type);
	}
}

static void
AppendArray(Sample *sample, const VmField *field)
{
	int count = Below(sample, Min(field->max_capacity, MAX_ELEMENTS) + 1);

	appendStringInfoChar(&sample->text, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(&sample->text, ',');
		AppendScalar(sample, field->element_type, field->max_length);
	}
	appendStringInfoChar(&sample->text, ']');
}

static void
AppendJson(Sample *sample)
{
	appendStringInfo(&sample->text, "{\"price\":%d,\"tags\":[", Below(sample, 10000));
	AppendWords(sample, 1, 16);
	appendStringInfo(&sample->text, "],\"stock\":{\"count\":%d}}", Below(sample, 100));
}

static void
AppendPartitionKey(Sample *sample, const VmField *field)
{
	int value = Below(sample, PARTITION_KEYS);

	if (field->type == VM_TYPE_VARCHAR)
		appendStringInfo(&sample->text, "\"%.*s\"", field->max_length, words[value]);
	else
		appendStringInfo(&sample->text, "%d", value);
}

static void
AppendKey(Sample *sample, const VmField *field)
{
	if (field->type == VM_TYPE_VARCHAR)
		appendStringInfo(&sample->text, "\"%0*lld\"", sample->key_width,
						 (long long) sample->next_key++);
	else
		appendStringInfo(&sample->text, "%lld", (long long) sample->next_key++);
}

/* ---------------------------------------------------------------------- rows */

static void
AppendValue(Sample *sample, const VmField *field)
{
	if (field->is_primary)
		AppendKey(sample, field);
	else if (field->nullable && Below(sample, NULL_OF) == 0)
		appendStringInfoString(&sample->text, "null");
	else if (field->is_partition_key)
		AppendPartitionKey(sample, field);
	else if (field->type == VM_TYPE_FLOAT_VECTOR || field->type == VM_TYPE_FLOAT16_VECTOR)
		AppendDense(sample, field->dim);
	else if (field->type == VM_TYPE_BINARY_VECTOR)
		AppendBits(sample, field->dim);
	else if (field->type == VM_TYPE_SPARSE_FLOAT_VECTOR)
		AppendSparse(sample, field->typmod);
	else if (field->type == VM_TYPE_JSON)
		AppendJson(sample);
	else if (field->type == VM_TYPE_ARRAY)
		AppendArray(sample, field);
	else
		AppendScalar(sample, field->type, field->max_length);
}

/* Columns that Milvus has no type for, and those that are computed, are left out. */
static bool
IsSampled(const Sample *sample, const VmField *field)
{
	if (field->is_primary)
		return !sample->collection->auto_id;
	return field->type != VM_TYPE_NONE &&
		   get_attgenerated(sample->collection->relid, field->attnum) == '\0';
}

static void
AppendDynamic(Sample *sample, const char *comma)
{
	if (VmCollectionFindField(sample->collection, "sample_number") == NULL)
	{
		appendStringInfo(&sample->text, "%s\"sample_number\":%d", comma, Below(sample, 1000));
		comma = ",";
	}
	if (VmCollectionFindField(sample->collection, "sample_word") == NULL)
	{
		appendStringInfo(&sample->text, "%s\"sample_word\":", comma);
		AppendWords(sample, 1, 16);
	}
}

static void
AppendRow(Sample *sample, const char **names)
{
	VmCollection *collection = sample->collection;
	const char *comma = "";

	appendStringInfoChar(&sample->text, '{');
	for (int i = 0; i < collection->nfields; i++)
	{
		if (names[i] == NULL)
			continue;
		appendStringInfo(&sample->text, "%s%s:", comma, names[i]);
		AppendValue(sample, &collection->fields[i]);
		comma = ",";
	}
	if (collection->meta_attnum > 0)
		AppendDynamic(sample, comma);
	appendStringInfoChar(&sample->text, '}');
}

/* Names of the fields as JSON, NULL for those that are left out. */
static const char **
FieldNames(const Sample *sample)
{
	VmCollection *collection = sample->collection;
	const char **names = palloc0_array(const char *, collection->nfields);

	for (int i = 0; i < collection->nfields; i++)
	{
		StringInfoData name;

		if (!IsSampled(sample, &collection->fields[i]))
			continue;
		initStringInfo(&name);
		escape_json(&name, collection->fields[i].name);
		names[i] = name.data;
	}
	return names;
}

static char *
MakeRows(Sample *sample, int count)
{
	const char **names = FieldNames(sample);

	initStringInfo(&sample->text);
	appendStringInfoChar(&sample->text, '[');
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoChar(&sample->text, ',');
		AppendRow(sample, names);
	}
	appendStringInfoChar(&sample->text, ']');
	return sample->text.data;
}

/* The first key that is free: the greatest of integers, or of strings of digits, and 1. */
static void
FindFirstKey(Sample *sample)
{
	VmCollection *collection = sample->collection;
	const char *key = quote_identifier(collection->primary->name);
	StringInfoData sql;
	bool isnull;
	Datum last;

	if (collection->auto_id)
		return;
	sample->key_width = Min(collection->primary->max_length, MAX_KEY_WIDTH);
	initStringInfo(&sql);
	if (collection->primary->type == VM_TYPE_VARCHAR)
		appendStringInfo(&sql,
						 "SELECT pg_catalog.max(t.%s::pg_catalog.int8) FROM %s AS t WHERE "
						 "t.%s::pg_catalog.text OPERATOR(pg_catalog.~) '^[0-9]{%d}$'",
						 key, collection->qualified, key, sample->key_width);
	else
		appendStringInfo(&sql, "SELECT pg_catalog.max(t.%s)::pg_catalog.int8 FROM %s AS t", key,
						 collection->qualified);
	SPI_connect();
	if (SPI_execute(sql.data, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read the greatest key");
	last = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	sample->next_key = isnull ? 1 : DatumGetInt64(last);
	SPI_finish();
	if (!isnull && pg_add_s64_overflow(sample->next_key, 1, &sample->next_key))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("there is no key above the greatest one")));
}

static void
Seed(FunctionCallInfo fcinfo, int n, pg_prng_state *random)
{
	if (PG_ARGISNULL(n))
		pg_prng_seed(random, pg_prng_uint64(&pg_global_prng_state));
	else
		pg_prng_seed(random, (uint64) PG_GETARG_INT32(n));
}

Datum
vm_milvus_insert_sample(PG_FUNCTION_ARGS)
{
	Sample sample = {0};
	VmWrite *write;
	int64 count;

	VmCheckArgument(fcinfo, 0, "collection_name");
	VmCheckArgument(fcinfo, 1, "n");
	if (PG_GETARG_INT32(1) < 0 || PG_GETARG_INT32(1) > MAX_ROWS)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("number of rows %d is out of range: [0, %d]", PG_GETARG_INT32(1),
							   MAX_ROWS)));
	PreventCommandIfReadOnly("milvus.insert_sample()");
	sample.collection = VmCollectionOpen(text_to_cstring(PG_GETARG_TEXT_PP(0)), RowExclusiveLock);
	VmCheckKeyType(sample.collection);
	Seed(fcinfo, 2, &sample.random);
	FindFirstKey(&sample);
	MakeRows(&sample, PG_GETARG_INT32(1));
	write = VmBeginWriteRows(sample.collection, VM_READ_INSERT, sample.text.data, sample.text.len);
	count = VmInsertBatch(write);
	PG_RETURN_DATUM(VmWriteResult(write, "insert_count", count, NULL));
}
