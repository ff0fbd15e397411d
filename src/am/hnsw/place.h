/*
 * place.h
 *		Finding room for a new element and writing it.
 */
#ifndef VM_AM_HNSW_PLACE_H
#define VM_AM_HNSW_PLACE_H

#include "am/hnsw/reader.h"

/* An element to be written. */
typedef struct VmHnswNewElement
{
	const void *payload;
	Size payload_size;
	ItemPointerData heap_tid;
	int level;
	VmHnswRef *refs; /* of all layers as in VmHnswNeighbors, (level + 2) * m of them */
} VmHnswNewElement;

/*
 * Writes the element and its neighbors item in one step, and tells where.  With
 * a metapage's buffer, which the caller has locked exclusively, the element
 * becomes the entry in the same step, and the buffer is unlocked and released.
 */
extern void
VmHnswPlace(VmHnsw *hnsw, const VmHnswNewElement *element, Buffer meta_buffer, VmHnswNode *node);

/* Makes an empty data page. */
extern void VmHnswInitDataPage(Page page);

/*
 * What the free space map shall say of a page with that much room: it knows
 * sizes in steps of 32 bytes, and a page with room for exactly one more element
 * must not seem to have less.
 */
extern Size VmHnswFreeSpaceClass(const VmHnsw *hnsw, Size room);

#endif
