/*
 * graph_private.h
 *		What graph.c, graph_search.c and graph_memory.c share.
 */
#ifndef VM_AM_HNSW_GRAPH_PRIVATE_H
#define VM_AM_HNSW_GRAPH_PRIVATE_H

#include "am/hnsw/graph.h"
#include "core/prefetch.h"

/*
 * A list that was selected is filled up with pruned candidates to so many
 * eighths of its length.
 */
#ifndef VM_GRAPH_FILL
#define VM_GRAPH_FILL 0
#endif

#ifndef VM_GRAPH_PROTECT
#define VM_GRAPH_PROTECT 0
#endif

/* How much of a payload is loaded ahead; the processor guesses the rest. */
#ifndef VM_GRAPH_AHEAD_BYTES
#define VM_GRAPH_AHEAD_BYTES 1024
#endif

/* A node that a search has met. */
typedef struct VmGraphCandidate
{
	float distance;
	uint32 id;
} VmGraphCandidate;

extern struct VmGraphSearch *VmGraphSearchCreate(const VmGraph *graph);
extern struct VmGraphWork *VmGraphWorkCreate(VmGraph *graph);

/*
 * The node nearest to the payload that links of a layer lead to, step by step,
 * from *nearest on.
 */
extern void
VmGraphSearchGreedy(VmGraph *graph, const void *payload, int layer, VmGraphCandidate *nearest);

/*
 * The ef nearest nodes that a search of a layer finds from *entry on, nearest
 * first; returns how many.  They stay until the next search.
 */
extern int VmGraphSearchLayer(VmGraph *graph, const void *payload, int layer,
							  VmGraphCandidate entry, const VmGraphCandidate **found);

static inline float
VmGraphDistance(const VmGraph *graph, const void *payload, uint32 id)
{
	return VmSpaceDistance(&graph->hnsw->space, payload, VmGraphGetPayload(graph, id));
}

static inline void
VmGraphPrefetchPayload(const VmGraph *graph, uint32 id)
{
	Size size = graph->geometry.payload_size;

	VmPrefetchBytes(VmGraphGetPayload(graph, id), Min(size, VM_GRAPH_AHEAD_BYTES));
}

static inline LWLock *
VmGraphNodeLock(VmGraph *graph, uint32 id)
{
	return &graph->shared->locks[id % VM_GRAPH_LOCKS];
}

/* A graph of one process needs no locks. */
static inline void
VmGraphLock(VmGraph *graph, LWLock *lock)
{
	if (graph->base != 0)
		LWLockAcquire(lock, LW_EXCLUSIVE);
}

static inline void
VmGraphUnlock(VmGraph *graph, LWLock *lock)
{
	if (graph->base != 0)
		LWLockRelease(lock);
}

#endif
