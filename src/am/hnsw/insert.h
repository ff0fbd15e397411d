/*
 * insert.h
 *		Inserting into an index that lies on disk.
 */
#ifndef VM_AM_HNSW_INSERT_H
#define VM_AM_HNSW_INSERT_H

#include "am/hnsw/hnsw.h"
#include "am/hnsw/link.h"

/* aminsert */
extern bool
VmHnswInsert(Relation index, Datum *values, bool *isnull, ItemPointer heap_tid, Relation heap,
			 IndexUniqueCheck check_unique, bool index_unchanged, IndexInfo *index_info);

/*
 * Adds one value: to an element with the same payload, or as a new element.
 * Several processes may insert at once, during a build too.  Allocates in the
 * current memory context and leaves it to the caller to reset it.
 */
extern void
VmHnswInsertTuple(VmHnsw *hnsw, const void *payload, Size payload_size, ItemPointer heap_tid);

/*
 * Links an element that is on its page already, but that no other element
 * links to: searches its place, gives it links, and links others back.
 */
extern void VmHnswRelink(VmHnsw *hnsw, VmHnswRef ref);

#endif
