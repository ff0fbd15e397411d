/*
 * explore.h
 *		The live elements around tombstones: the ends of the paths that go
 *		through nothing but tombstones.
 */
#ifndef VM_AM_HNSW_EXPLORE_H
#define VM_AM_HNSW_EXPLORE_H

#include "am/hnsw/reader.h"
#include "am/hnsw/refset.h"

/* Live elements that one exploration finds, and tombstones that it visits. */
#define VM_HNSW_EXPLORE_FOUND      64
#define VM_HNSW_EXPLORE_TOMBSTONES 1024

/* Refs that it remembers; the table is twice as large, a power of two. */
#define VM_HNSW_EXPLORE_SEEN  2048
#define VM_HNSW_EXPLORE_SLOTS (2 * VM_HNSW_EXPLORE_SEEN)

typedef struct VmHnswExplorer
{
	VmHnsw *hnsw;
	const VmHnswRefSet *dead; /* the tombstones */
	int layer;
	VmHnswRef found[VM_HNSW_EXPLORE_FOUND];
	int found_count;
	VmHnswRef tombstones[VM_HNSW_EXPLORE_TOMBSTONES];
	int tombstone_count;

	/* refs met in this exploration; older ones' stamps differ */
	struct
	{
		VmHnswRef ref;
		uint32 stamp;
	} seen[VM_HNSW_EXPLORE_SLOTS];
	uint32 stamp;
	int seen_count;
} VmHnswExplorer;

extern VmHnswExplorer *VmHnswExplorerCreate(VmHnsw *hnsw, const VmHnswRefSet *dead);

/* Forgets what was found and seen. */
extern void VmHnswExploreStart(VmHnswExplorer *explorer, int layer);

/* Names an element that is not to be found. */
extern void VmHnswExploreAvoid(VmHnswExplorer *explorer, VmHnswRef ref);

/* Names a tombstone to start from. */
extern void VmHnswExploreFrom(VmHnswExplorer *explorer, VmHnswRef tombstone);

/*
 * Visits the tombstones that were named, and further ones as long as fewer than
 * `enough` live elements were found.
 */
extern void VmHnswExplore(VmHnswExplorer *explorer, int enough);

#endif
