/*
 * refset.h
 *		Sets of refs: one bit for each place an element can lie at, in chunks
 *		that are allocated when a ref of them is added.
 *
 * A set of all elements takes about a thousandth of the index's size.
 */
#ifndef VM_AM_HNSW_REFSET_H
#define VM_AM_HNSW_REFSET_H

#include "am/hnsw/hnsw.h"

/* Refs of a chunk, 4 kB. */
#define VM_HNSW_REFSET_CHUNK ((uint32) 1 << 15)

typedef struct VmHnswRefSet
{
	MemoryContext context;
	uint64 **chunks;    /* NULL where no ref was added */
	uint32 chunk_count; /* of the directory */
	uint32 chunks_made;
	uint64 count; /* refs in the set */
} VmHnswRefSet;

/* An empty set, whose memory comes from the current context. */
extern void VmHnswRefSetInit(VmHnswRefSet *set);
extern void VmHnswRefSetFree(VmHnswRefSet *set);

/* True when the ref was not in the set. */
extern bool VmHnswRefSetAdd(VmHnswRefSet *set, VmHnswRef ref);
extern void VmHnswRefSetRemove(VmHnswRefSet *set, VmHnswRef ref);

/*
 * The smallest ref from `from` up that is in the set; false when there is none.
 * from may be one more than the largest ref.
 */
extern bool VmHnswRefSetNext(const VmHnswRefSet *set, uint64 from, VmHnswRef *next);

/* Bytes that the set takes. */
extern Size VmHnswRefSetMemory(const VmHnswRefSet *set);

static inline bool
VmHnswRefSetContains(const VmHnswRefSet *set, VmHnswRef ref)
{
	uint32 chunk = ref / VM_HNSW_REFSET_CHUNK;
	uint32 bit = ref % VM_HNSW_REFSET_CHUNK;

	return chunk < set->chunk_count && set->chunks[chunk] != NULL &&
		   ((set->chunks[chunk][bit / 64] >> (bit % 64)) & 1) != 0;
}

#endif
