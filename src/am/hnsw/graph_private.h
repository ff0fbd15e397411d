/*
 * graph_private.h
 *		What the files graph*.c share.
 */
#ifndef VM_AM_HNSW_GRAPH_PRIVATE_H
#define VM_AM_HNSW_GRAPH_PRIVATE_H

#include "am/hnsw/graph.h"
#include "core/prefetch.h"

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

/* -------------------------------------------------------------------- links */

/* Links to be made from a new node in one layer, as in VmGraphLinks. */
typedef struct VmGraphNewLinks
{
	int count;
	int diverse;
	VmGraphCandidate links[VM_HNSW_MAX_LINKS];
} VmGraphNewLinks;

extern struct VmGraphCandidates *VmGraphCandidatesCreate(const VmGraph *graph);

/*
 * Chooses up to max links from a payload among nodes that a search has found,
 * nearest first.
 */
extern void VmGraphSelectLinks(VmGraph *graph, const char *payload, const VmGraphCandidate *found,
							   int count, int max, VmGraphNewLinks *new);

/* Gives a node that nobody else can reach yet its links in a layer. */
extern void
VmGraphWriteLinks(VmGraph *graph, VmGraphNode *node, int layer, const VmGraphNewLinks *new);

/*
 * Adds a link from owner to a node that owner has no link to yet.  Where that
 * makes too many, some are left out, which may be the new one.
 */
extern void VmGraphAddLink(VmGraph *graph, uint32 owner, int layer, uint32 id, float distance);

/* Whether the node needs more links of layer 0 to lead to it. */
extern bool VmGraphIsLittleLinked(const VmGraph *graph, uint32 id);

/* Whether none does. */
extern bool VmGraphIsOrphan(const VmGraph *graph, uint32 id);

/*
 * Links owner to a node in layer 0, unless it is, or has no room and only links
 * that others need.  With any, a link that the heuristic has kept may give way.
 */
extern void VmGraphForceLink(VmGraph *graph, uint32 owner, uint32 id, float distance, bool any);

/* ------------------------------------------------------------- small things */

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
