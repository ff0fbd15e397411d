/*
 * graph.h
 *		The graph in memory: what an index build inserts into until it is
 *		written to pages or its memory is used up.
 *
 * Nodes are numbered in the order of their insertion.  They lie in chunks of a
 * power of two nodes each, records of links first and then the payloads, both
 * of a fixed size, so that a number leads to an address by one look into a
 * directory:
 *
 *	chunk		record | record | ... | payload | payload | ...
 *	record		upper 4 | payload 4 | more TIDs 4 | TID 6 | level 1 | 0 |
 *				links of layer 0
 *	links		head 4 | ids 4 x max | distances 4 x max
 *
 * A node is a distinct value, with as many heap TIDs as there are rows of it: a
 * hundred thousand equal rows are one node, and neither crowd out a search's
 * other results nor fill the lists of one another.
 *
 * What only some nodes have lies in further chunks, counted in units of eight
 * bytes: links of the layers above 0, heap TIDs of duplicates, and the payloads
 * of sparsevec, which differ in size.
 *
 * Several processes may insert at the same time:
 *
 *	GRAPH-1	Nothing moves and no node goes away; a number found anywhere is that
 *			of a complete node, because its record is written before its number.
 *	GRAPH-2	Links are read without a lock.  Who reads while a list is selected
 *			anew may miss some links and see others twice.
 *	GRAPH-3	A node's links and heap TIDs are changed under its lock, one of
 *			VM_GRAPH_LOCKS.  Nobody holds two of these; alloc_lock comes after.
 *	GRAPH-4	The entry is a node of the highest level.  It is replaced under
 *			entry_lock, which is held over the whole insertion of the next one,
 *			before any other lock.
 *
 * Only numbers and offsets are stored, so the graph may lie in shared memory
 * that is mapped to different addresses.
 */
#ifndef VM_AM_HNSW_GRAPH_H
#define VM_AM_HNSW_GRAPH_H

#include "am/hnsw/hnsw.h"

#include "port/atomics.h"
#include "storage/lwlock.h"
#include "utils/memutils.h"

#define VM_GRAPH_LOCKS  4096 /* a power of two */
#define VM_GRAPH_CHUNKS 1024 /* of a kind */
#define VM_GRAPH_UNIT   8

/* Numbers are kept with one bit beside them, see search in graph.c. */
#define VM_GRAPH_MAX_NODES ((uint32) 1 << 31)

/*
 * Links of a node in one layer.  The first ones, as many as head's upper half
 * says, are ascending by distance and known not to prune one another; its lower
 * half counts all.
 */
typedef struct VmGraphLinks
{
	uint32 head;
	uint32 rest[FLEXIBLE_ARRAY_MEMBER]; /* ids, then distances */
} VmGraphLinks;

typedef struct VmGraphNode
{
	uint32 upper;              /* unit of the links above layer 0, lowest layer first */
	uint32 payload;            /* unit of a VmGraphPayload */
	uint32 more_tids;          /* unit of a VmGraphTid, or 0 */
	pg_atomic_uint32 in_links; /* links of layer 0 that lead here */
	ItemPointerData heap_tid;
	uint8 level;
	uint8 unused;
	VmGraphLinks links; /* of layer 0 */
} VmGraphNode;

/* A further heap TID of a node. */
typedef struct VmGraphTid
{
	uint32 next; /* unit of the next one, or 0 */
	ItemPointerData heap_tid;
} VmGraphTid;

/* A payload of variable size. */
typedef struct VmGraphPayload
{
	uint32 size;
	char data[FLEXIBLE_ARRAY_MEMBER];
} VmGraphPayload;

/* Sizes that follow from the index and the memory there is. */
typedef struct VmGraphGeometry
{
	Size record_size;
	Size payload_size; /* 0: of variable size */
	Size links_size;   /* of a layer above 0 */
	Size chunk_size;   /* of nodes */
	Size units_size;   /* of a chunk of units */
	int chunk_shift;   /* log2 of the nodes of a chunk */
	int units_shift;   /* log2 of the units of a chunk */
} VmGraphGeometry;

/* What the processes share. */
typedef struct VmGraphShared
{
	VmGraphGeometry geometry;
	Size limit; /* bytes that chunks may take */

	/* under alloc_lock */
	Size used;
	uint32 chunks;      /* of nodes */
	uint32 unit_chunks; /* of units */
	uint32 count;       /* of nodes */
	uint32 units;

	pg_atomic_uint64 entry; /* level + 1 above the number, or 0: no node yet */
	LWLock alloc_lock;
	LWLock entry_lock;
	LWLock locks[VM_GRAPH_LOCKS];

	/* where chunks start, relative to VmGraph.base */
	Size chunk_starts[VM_GRAPH_CHUNKS];
	Size unit_starts[VM_GRAPH_CHUNKS];
} VmGraphShared;

/* One process's view. */
typedef struct VmGraph
{
	VmGraphShared *shared;
	const VmHnsw *hnsw;
	VmGraphGeometry geometry;
	uintptr_t base;                       /* of shared chunks; 0 when they are our own */
	MemoryContext context;                /* of what is our own */
	struct VmGraphSearch *search;         /* working space of graph_search.c */
	struct VmGraphCandidates *candidates; /* of graph_links.c */
	struct VmGraphNewLinks *new_links;    /* of graph.c, by layer */
} VmGraph;

/* Bytes of chunks that a graph of this many nodes needs, at most limit. */
extern Size VmGraphEstimate(const VmHnsw *hnsw, double nodes, Size payload_size, Size limit);

/*
 * Prepares shared, which the caller has allocated, for chunks of at most limit
 * bytes.  Locks are of the given tranche.
 */
extern void VmGraphInit(VmGraphShared *shared, const VmHnsw *hnsw, Size limit, int tranche);

/*
 * A view of the graph, allocated in context.  base is memory of the limit's
 * bytes that chunks are taken from, aligned to a cache line, or NULL: then they
 * are allocated in context as they are needed, and this is the only process.
 */
extern VmGraph *
VmGraphAttach(VmGraphShared *shared, const VmHnsw *hnsw, char *base, MemoryContext context);

/*
 * Inserts a value, as a node or as one more heap TID of a node with the same
 * payload.  False, and nothing has changed, when memory is used up.
 */
extern bool VmGraphInsert(VmGraph *graph, const void *payload, Size size, ItemPointer heap_tid);

/*
 * Links to every node of layer 0 that none leads to: later insertions may have
 * taken the last one away.  To be called when no process inserts.
 */
extern void VmGraphLinkOrphans(VmGraph *graph);

/* The node where searches start; false when there is none yet. */
extern bool VmGraphGetEntry(const VmGraph *graph, uint32 *id);

/* graph_memory.c: room for a node; false when memory is used up. */
extern bool VmGraphAllocate(VmGraph *graph, int level, Size payload_size, uint32 *id);
extern uint32 VmGraphAllocateUnits(VmGraph *graph, Size size);

static inline uint32
VmGraphCount(const VmGraph *graph)
{
	return graph->shared->count;
}

static inline VmGraphNode *
VmGraphGetNode(const VmGraph *graph, uint32 id)
{
	const VmGraphGeometry *geometry = &graph->geometry;
	uint32 place = id & (((uint32) 1 << geometry->chunk_shift) - 1);

	return (VmGraphNode *) (graph->base + graph->shared->chunk_starts[id >> geometry->chunk_shift] +
							place * geometry->record_size);
}

static inline void *
VmGraphGetUnits(const VmGraph *graph, uint32 unit)
{
	int shift = graph->geometry.units_shift;
	Size place = unit & (((uint32) 1 << shift) - 1);

	return (void *) (graph->base + graph->shared->unit_starts[unit >> shift] +
					 place * VM_GRAPH_UNIT);
}

static inline VmGraphPayload *
VmGraphGetVariable(const VmGraph *graph, uint32 id)
{
	return VmGraphGetUnits(graph, VmGraphGetNode(graph, id)->payload);
}

static inline char *
VmGraphGetPayload(const VmGraph *graph, uint32 id)
{
	const VmGraphGeometry *geometry = &graph->geometry;
	uint32 nodes = (uint32) 1 << geometry->chunk_shift;

	if (geometry->payload_size == 0)
		return VmGraphGetVariable(graph, id)->data;
	return (char *) (graph->base + graph->shared->chunk_starts[id >> geometry->chunk_shift] +
					 nodes * geometry->record_size + (id & (nodes - 1)) * geometry->payload_size);
}

static inline VmGraphLinks *
VmGraphGetLinks(const VmGraph *graph, VmGraphNode *node, int layer)
{
	Assert(layer <= node->level);
	if (layer == 0)
		return &node->links;
	return (VmGraphLinks *) ((char *) VmGraphGetUnits(graph, node->upper) +
							 (layer - 1) * graph->geometry.links_size);
}

static inline int
VmGraphLinkCount(const VmGraphLinks *links)
{
	uint32 head = *(const volatile uint32 *) &links->head;

	/* as many links are there as the count says: SetHead in graph_links.c */
	pg_read_barrier();
	return head & 0xFFFF;
}

/* A link as it is now: others may be changing the list. */
static inline uint32
VmGraphLinkId(const VmGraphLinks *links, int i)
{
	return ((const volatile uint32 *) links->rest)[i];
}

static inline float *
VmGraphLinkDistances(const VmGraphLinks *links, int max)
{
	return (float *) &links->rest[max];
}

#endif
