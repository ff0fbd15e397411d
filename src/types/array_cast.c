/*
 * array_cast.c
 *		Reads int4[], float4[], float8[] and numeric[] as floats, one by one.
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "types/array_cast.h"

void
VmArrayReaderInit(VmArrayReader *reader, ArrayType *array)
{
	int16 length;
	bool by_value;
	char align;

	reader->element_type = ARR_ELEMTYPE(array);
	reader->next = 0;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("array must be 1-D")));
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("array must not contain nulls")));
	if (reader->element_type != INT4OID && reader->element_type != FLOAT4OID &&
		reader->element_type != FLOAT8OID && reader->element_type != NUMERICOID)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("unsupported array type")));

	get_typlenbyvalalign(reader->element_type, &length, &by_value, &align);
	deconstruct_array(array, reader->element_type, length, by_value, align, &reader->elements, NULL,
					  &reader->count);
}

float
VmArrayReaderNext(VmArrayReader *reader)
{
	Datum element;

	Assert(reader->next < reader->count);
	element = reader->elements[reader->next++];
	switch (reader->element_type)
	{
		case INT4OID:
			return (float) DatumGetInt32(element);
		case FLOAT4OID:
			return DatumGetFloat4(element);
		case FLOAT8OID:
			return (float) DatumGetFloat8(element);
		default:
			return DatumGetFloat4(DirectFunctionCall1(numeric_float4, element));
	}
}
