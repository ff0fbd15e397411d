/*
 * array_cast.h
 *		Reads int4[], float4[], float8[] and numeric[] as floats, one by one.
 */
#ifndef VM_TYPES_ARRAY_CAST_H
#define VM_TYPES_ARRAY_CAST_H

#include "compat/compat.h"
#include "utils/array.h"

typedef struct VmArrayReader
{
	int count;
	/* private */
	int next;
	Oid element_type;
	Datum *elements;
} VmArrayReader;

/* Refuses arrays of more than one dimension, with nulls, of other types. */
extern void VmArrayReaderInit(VmArrayReader *reader, ArrayType *array);

/* The next element, rounded to float; the caller checks that it is finite. */
extern float VmArrayReaderNext(VmArrayReader *reader);

#endif
