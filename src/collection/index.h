/*
 * index.h
 *		Indexes and the load state, for the files that create and drop collections.
 */
#ifndef VM_COLLECTION_INDEX_H
#define VM_COLLECTION_INDEX_H

#include "compat/compat.h"

#include "collection/collection.h"

/*
 * What milvus.create_index does.  metric NULL: the type's own; index_name NULL:
 * the field's name; background: a worker builds it after the commit.
 */
extern void
VmIndexCreate(VmCollection *collection, const char *field, const char *index_type,
			  const char *metric, const Jsonb *params, const char *index_name, bool background);

/* What milvus.load_collection does. */
extern void VmLoadCollection(VmCollection *collection);

#endif
