/*
 * fetch.h
 *		Rows of known keys: what hybrid searches show of what they found.
 */
#ifndef VM_COLLECTION_FETCH_H
#define VM_COLLECTION_FETCH_H

#include "compat/compat.h"

#include "access/htup.h"
#include "access/tupdesc.h"

#include "collection/collection.h"
#include "collection/entity.h"

/* Columns of a tuple before the entity's: the key. */
#define VM_FETCH_COLUMNS 1

typedef struct VmFetched
{
	VmCollection *collection;
	VmEntity *entity;     /* NULL: nothing is shown but the key */
	TupleDesc desc;       /* NULL if no row was found */
	MinimalTuple *tuples; /* by key; NULL for one that was not found */
} VmFetched;

/*
 * Calls use with the rows of these keys (int8, or text), in their order; a key
 * may be there twice.  fields NULL or none: nothing is shown.
 */
extern void
VmFetchRows(Oid relid, Datum *keys, int nkeys, bool text_keys, char **fields, int nfields,
			void (*use)(VmFetched *fetched, void *argument), void *argument);

#endif
