/*
 * result.c
 *		Rows of the reading functions (result.h).
 */
#include "compat/compat.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "collection/json.h"
#include "collection/result.h"

void
VmResultBegin(VmResultWriter *writer, const VmCollection *collection, VmEntity *entity,
			  TupleDesc desc, int first_column)
{
	memset(writer, 0, sizeof(*writer));
	writer->collection = collection;
	writer->entity = entity;
	writer->desc = desc;
	writer->first_column = first_column;
	if (desc != NULL)
	{
		writer->values = palloc_array(Datum, Max(desc->natts, 1));
		writer->nulls = palloc_array(bool, Max(desc->natts, 1));
	}
	writer->empty = JsonbPGetDatum(VmJsonEmptyObject());
	writer->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "vecmilvus row", ALLOCSET_DEFAULT_SIZES);
}

void
VmResultKey(VmResultWriter *writer, Datum key, Datum *values, bool *nulls)
{
	char text[MAXINT8LEN + 1];

	nulls[0] = writer->collection->primary->type == VM_TYPE_VARCHAR;
	nulls[1] = false;
	values[0] = nulls[0] ? (Datum) 0 : key;
	values[1] = key;
	if (nulls[0])
		return;
	pg_lltoa(DatumGetInt64(key), text);
	values[1] = PointerGetDatum(MemoryContextAlloc(writer->row_context, VARHDRSZ + strlen(text)));
	SET_VARSIZE(DatumGetPointer(values[1]), VARHDRSZ + strlen(text));
	memcpy(VARDATA(DatumGetPointer(values[1])), text, strlen(text));
}

Datum
VmResultValues(VmResultWriter *writer, const Datum *values, const bool *nulls)
{
	MemoryContext old;
	Datum result;

	if (writer->entity == NULL)
		return writer->empty;
	old = MemoryContextSwitchTo(writer->row_context);
	result = JsonbPGetDatum(VmEntityBuild(writer->entity, values, nulls));
	MemoryContextSwitchTo(old);
	return result;
}

Datum
VmResultEntity(VmResultWriter *writer, MinimalTuple tuple)
{
	HeapTupleData heap;

	if (writer->entity == NULL || tuple == NULL)
		return writer->empty;
	heap.t_len = tuple->t_len + MINIMAL_TUPLE_OFFSET;
	heap.t_data = (HeapTupleHeader) ((char *) tuple - MINIMAL_TUPLE_OFFSET);
	ItemPointerSetInvalid(&heap.t_self);
	heap.t_tableOid = InvalidOid;
	heap_deform_tuple(&heap, writer->desc, writer->values, writer->nulls);
	return VmResultValues(writer, writer->values + writer->first_column,
						  writer->nulls + writer->first_column);
}

void
VmResultPut(VmResultWriter *writer, FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	MemoryContextReset(writer->row_context);
}

void
VmResultEnd(VmResultWriter *writer)
{
	MemoryContextDelete(writer->row_context);
}
