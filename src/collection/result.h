/*
 * result.h
 *		Rows of the reading functions: id and pk from a key, the entity from a tuple.
 */
#ifndef VM_COLLECTION_RESULT_H
#define VM_COLLECTION_RESULT_H

#include "compat/compat.h"

#include "access/htup.h"
#include "access/tupdesc.h"

#include "collection/collection.h"
#include "collection/entity.h"

typedef struct VmResultWriter
{
	const VmCollection *collection;
	VmEntity *entity; /* or NULL: {} */
	TupleDesc desc;   /* of tuples; NULL without VmResultEntity */
	int first_column; /* of the entity there */
	Datum *values;
	bool *nulls;
	MemoryContext row_context;
	Datum empty; /* {} */
} VmResultWriter;

/* A row is made in a context of its own, from VmResultKey to VmResultPut. */
extern void VmResultBegin(VmResultWriter *writer, const VmCollection *collection, VmEntity *entity,
						  TupleDesc desc, int first_column);

/* id and pk (two columns) of a key: int8, or text for VARCHAR keys, whose id is null. */
extern void VmResultKey(VmResultWriter *writer, Datum key, Datum *values, bool *nulls);

/* jsonb of a tuple's columns. */
extern Datum VmResultEntity(VmResultWriter *writer, MinimalTuple tuple);

/* The same of values that are taken apart already: those of the entity's columns. */
extern Datum VmResultValues(VmResultWriter *writer, const Datum *values, const bool *nulls);

/* Puts the row to the function's tuplestore. */
extern void
VmResultPut(VmResultWriter *writer, FunctionCallInfo fcinfo, Datum *values, bool *nulls);

extern void VmResultEnd(VmResultWriter *writer);

#endif
