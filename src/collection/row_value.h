/*
 * row_value.h
 *		A value of a row, from JSON text to the Datum of its field's type.
 *
 *	BOOL				true, false
 *	INT8 ... INT64		a whole number; INT64 also as a string, since JavaScript
 *						has no integers above 2^53
 *	FLOAT, DOUBLE		a number, rounded; not what rounds to infinity
 *	VARCHAR				a string of at most max_length bytes
 *	JSON				anything of at most 65,536 bytes as it is written
 *	ARRAY				an array of the above without nulls
 *	FLOAT_VECTOR,
 *	FLOAT16_VECTOR		an array of numbers, or a string in the type's format
 *	BINARY_VECTOR		an array of bytes, first bit highest, or a string of 0 and 1
 *	SPARSE_FLOAT_VECTOR {"5": 0.1}, {"indices": [5], "values": [0.1]}, [[5, 0.1]],
 *						from index 0; or a string in the type's format, from 1
 *	others				strings and the text of other values, as the column's type
 *						reads them
 */
#ifndef VM_COLLECTION_ROW_VALUE_H
#define VM_COLLECTION_ROW_VALUE_H

#include "compat/compat.h"

#include "collection/collection.h"
#include "collection/error.h"
#include "collection/json_text.h"

/* What is known of a column before the first value. */
typedef struct VmColumn
{
	const VmField *field; /* NULL for "$meta" */
	const char *name;
	size_t name_len;
	AttrNumber attnum;
	Oid typid;
	int32 typmod;
	Oid collation;
	bool has_default; /* also identity and generated columns */
	bool is_generated;
	bool is_always_identity;
	/* types that are read by their input function */
	FmgrInfo input;
	Oid input_param;
	/* elements of arrays */
	Oid element_typid;
	int16 element_len;
	bool element_byval;
	char element_align;
} VmColumn;

/* Where a value is read from and what for. */
typedef struct VmValueReader
{
	VmJsonText json;
	int64 row;              /* from 0 */
	const VmColumn *column; /* NULL between columns */
	float *scratch;         /* room for VM_VECTOR_MAX_DIM elements */
	const char *hint;       /* of the next error, or NULL */
	bool raising;           /* the error says row and column itself */
} VmValueReader;

/*
 * The value at the current token, which is not null, and steps over it.
 * Allocated in the current memory context.
 */
extern Datum VmReadValue(VmValueReader *reader);

/* The same for vectors (row_vector.c). */
extern Datum VmReadDenseVector(VmValueReader *reader);
extern Datum VmReadBinaryVector(VmValueReader *reader);
extern Datum VmReadSparseVector(VmValueReader *reader);

/* The whole number at the current token; steps over it. */
extern int64 VmReadInteger(VmValueReader *reader, int64 min, int64 max);

/* Raises with the row and the column in the error's detail, and reader->hint. */
extern _Noreturn void VmRaiseValue(VmValueReader *reader, VmMilvusCode code, const char *format,
								   ...) pg_attribute_printf(3, 4);

/* The current token begins a value of the wrong kind. */
extern _Noreturn void VmRaiseWrongKind(VmValueReader *reader);

#endif
