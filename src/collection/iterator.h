/*
 * iterator.h
 *		Cursors over the rows of a query or a search.
 */
#ifndef VM_COLLECTION_ITERATOR_H
#define VM_COLLECTION_ITERATOR_H

#include "compat/compat.h"

#include "executor/spi.h"

#include "collection/collection.h"
#include "collection/entity.h"

/* A statement over one that selects columns: "k" the key, others, then the entity's. */
typedef struct VmIteratorStatement
{
	const VmCollection *collection;
	VmEntity *entity; /* or NULL */
	char **fields;    /* that the entity was made of; NULL: all */
	int nfields;
	bool with_key;
	const char *value;   /* the distance that is shown, of the columns; NULL: none */
	const char *inner;   /* the statement below */
	const char *columns; /* names for its columns before the entity's: "k", "d, k" */
} VmIteratorStatement;

extern char *VmIteratorSql(const VmIteratorStatement *statement);

/*
 * Opens a cursor (NULL: of a new name) with the active snapshot; its name as text,
 * in that context.
 */
extern Datum
VmIteratorOpen(MemoryContext context, const char *cursor, const char *sql, ParamListInfo params);

#endif
