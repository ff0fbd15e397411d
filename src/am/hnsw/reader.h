/*
 * reader.h
 *		Reading the graph from pages: elements' distances, links, payloads.
 *
 * A reader holds one pin and one share lock at a time and keeps neither: what
 * it returns are copies.  A slot may be freed and used again between two looks
 * at it, which the version in VmHnswNode tells (HNSW-4); such a node is gone,
 * and gone is never an error.
 *
 * Reading one neighbor costs less than its distance does only when the buffer
 * is found without the mapping table and the vector's first lines are in the
 * cache when the kernel starts.  So every backend remembers which buffer held a
 * block (VmHnswBufferHints; a hint is checked under the pin, so it can be wrong
 * but not harmful), and the next neighbors are prefetched while one is
 * measured.
 */
#ifndef VM_AM_HNSW_READER_H
#define VM_AM_HNSW_READER_H

#include "am/hnsw/hnsw.h"

/* An element as a search knows it. */
typedef struct VmHnswNode
{
	float distance;
	VmHnswRef ref;
	ItemPointerData neighbors;
	uint8 version;
	uint8 level : 7;
	uint8 tombstone : 1;
} VmHnswNode;

StaticAssertDecl(sizeof(VmHnswNode) == 16, "heaps of nodes stay small");

/*
 * Makes room for hints, which live in the relcache entry and may vanish with
 * any invalidation: nobody keeps a pointer to them.  Looks also whether blocks
 * shall be read ahead, by the tablespace's effective_io_concurrency.
 */
extern void VmHnswPrepareHints(VmHnsw *hnsw);

/*
 * A block, pinned and locked with the given mode; InvalidBuffer when the index
 * has no such block or it is new.  Raises for a damaged page.
 */
extern Buffer VmHnswReadBlock(VmHnsw *hnsw, BlockNumber block, int lock_mode);

/* Has the system read those blocks of elements that may not be in memory. */
extern void VmHnswPrefetchBlocks(VmHnsw *hnsw, const VmHnswRef *refs, int count);

/* Starts loading what measuring an element will touch. */
extern void VmHnswPrefetchElement(VmHnsw *hnsw, VmHnswRef ref);

/* Distance of an element from a query's payload; false when there is none. */
extern bool VmHnswMeasure(VmHnsw *hnsw, const void *query, VmHnswRef ref, VmHnswNode *node);

/*
 * The same for one of several elements: the page of the last one stays locked
 * in *held, which starts as InvalidBuffer, and is not locked again where the
 * next element lies there too.  The caller releases it in the end, and reads
 * nothing else before.
 */
extern bool
VmHnswMeasureHeld(VmHnsw *hnsw, const void *query, VmHnswRef ref, VmHnswNode *node, Buffer *held);
extern void VmHnswReleaseHeld(Buffer *held);

/*
 * Copies the payload of an element into a buffer of space.size bytes and
 * measures it as VmHnswMeasure does.
 */
extern bool VmHnswMeasureAndCopy(VmHnsw *hnsw, const void *query, VmHnswRef ref, VmHnswNode *node,
								 void *payload);

/* Links of a node in a layer; returns how many, 0 when it is gone. */
extern int VmHnswReadLinks(VmHnsw *hnsw, const VmHnswNode *node, int layer, VmHnswRef *links);

/* Heap TIDs of a node; returns how many, 0 when it is gone or has none. */
extern int VmHnswReadHeapTids(VmHnsw *hnsw, const VmHnswNode *node, ItemPointer heap_tids);

#endif
