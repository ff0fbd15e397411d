/*
 * search.h
 *		Searching one layer of the graph, best first.
 *
 * A search holds three heaps of nodes: candidates (nearest first) are still to
 * be expanded, results (farthest first) are the ef nearest so far, and
 * discarded, where it is kept, holds every visited element that was not good
 * enough: a scan that wants more goes on from them.
 *
 * Tombstones are walked through but never become results.
 */
#ifndef VM_AM_HNSW_SEARCH_H
#define VM_AM_HNSW_SEARCH_H

#include "am/hnsw/reader.h"

typedef struct VmHnswHeap
{
	VmHnswNode *nodes;
	int count;
	int size;
	float sign; /* 1: nearest on top, -1: farthest on top */
} VmHnswHeap;

/* Elements that a search has met. */
typedef struct VmHnswVisited
{
	VmHnswRef *slots;
	uint32 mask; /* slots - 1; a power of two */
	uint32 count;
} VmHnswVisited;

typedef struct VmHnswSearch
{
	VmHnsw *hnsw;
	const void *query;
	MemoryContext context; /* of the heaps and the set */
	VmHnswVisited visited;
	VmHnswHeap candidates;
	VmHnswHeap results;
	VmHnswHeap discarded;
	bool keep_discarded;
	int64 measured; /* elements of layer 0 */
} VmHnswSearch;

/* How far an iterative scan goes. */
typedef struct VmHnswSearchLimits
{
	int64 measured; /* elements of layer 0 */
	Size memory;    /* bytes that the search holds */
} VmHnswSearchLimits;

extern void
VmHnswSearchInit(VmHnswSearch *search, VmHnsw *hnsw, const void *query, bool keep_discarded);

/* Bytes that the search holds. */
extern Size VmHnswSearchMemory(const VmHnswSearch *search);

/*
 * Forgets what an earlier layer has left and searches one from the given
 * nodes, which need not be of that layer's nearest.  Results stay in
 * search->results until they are taken.
 */
extern void
VmHnswSearchLayer(VmHnswSearch *search, const VmHnswNode *entries, int count, int ef, int layer);

/*
 * Goes on in layer 0 from up to ef discarded nodes; false when that finds none.
 * It stops soon after it has reached a limit, with the results that it has: a
 * neighborhood of tombstones would otherwise be walked to its end.
 */
extern bool VmHnswSearchMore(VmHnswSearch *search, int ef, const VmHnswSearchLimits *limits);

/* Moves the results to an array of at least results.count, nearest first. */
extern int VmHnswTakeResults(VmHnswSearch *search, VmHnswNode *nodes);

/* Takes the nearest discarded node, maybe a tombstone; false when there is none. */
extern bool VmHnswTakeDiscarded(VmHnswSearch *search, VmHnswNode *node);

/*
 * Walks from the index's entry down to the layer above `layer`, and leaves the
 * nearest element found there, where the search of `layer` starts.  False when
 * the index is empty.  *meta is the metapage as it was.
 */
extern bool VmHnswDescend(VmHnswSearch *search, int layer, VmHnswNode *nearest, VmHnswMeta *meta);

/* The same for a caller that has just read *meta, which is brought up to date. */
extern bool
VmHnswDescendFrom(VmHnswSearch *search, int layer, VmHnswNode *nearest, VmHnswMeta *meta);

#endif
