/*
 * graph_links.c
 *		Lists of links of the graph in memory: choosing them for a new node, and
 *		adding the new node to those of others.
 *
 * A list that is full is selected anew, among its links and the new one.  What
 * that costs is measuring pairs, so the distances to a list's owner are kept
 * with its links, and of two links that were selected together it is known that
 * neither prunes the other.
 *
 * The heuristic alone leaves lists short, and where many nodes have the same
 * nearest neighbors (hubs) it leaves nodes that no list leads to.  Therefore:
 *
 *	- A selected list is filled up with pruned candidates to FILL_PART of its
 *	  length, which leaves room for further links before it is full again.
 *	- In layer 0, nodes that few links lead to (VmGraphIsLittleLinked) come
 *	  first among these, up to the whole length.
 *	- A new node that still few links lead to takes the places of well linked
 *	  ones in lists near it (VmGraphForceLink).
 *
 * Nodes with the owner's own payload are equally near to everything, so they
 * would keep nothing out and fill the list of one another: only some of them
 * are taken, beside what is selected among the others.
 */
#include "compat/compat.h"

#include "am/hnsw/graph_private.h"
#include "am/hnsw/select.h"

/* In eighths; 0: only what the heuristic keeps. */
#ifndef VM_GRAPH_FILL_PART
#define VM_GRAPH_FILL_PART 6
#endif

/* Of m, in eighths: links that a node should have leading to it. */
#ifndef VM_GRAPH_LINKED_PART
#define VM_GRAPH_LINKED_PART 3
#endif

/* Candidates of a list, nearest to its owner first. */
typedef struct VmGraphCandidates
{
	const VmGraph *graph;
	int count;
	int kept_count;
	int preferred_count; /* of the pruned ones, the first */
	uint32 ids[VM_HNSW_MAX_EF_CONSTRUCTION];
	float distances[VM_HNSW_MAX_EF_CONSTRUCTION];
	bool together[VM_HNSW_MAX_LINKS + 1]; /* selected together before */
	int equal_count;                      /* taken out: with the owner's payload */
	VmGraphCandidate equals[VM_HNSW_MAX_EF_CONSTRUCTION];
	uint16 kept[VM_HNSW_MAX_EF_CONSTRUCTION];
	uint16 pruned[VM_HNSW_MAX_EF_CONSTRUCTION];
} VmGraphCandidates;

StaticAssertDecl(VM_HNSW_MAX_EF_CONSTRUCTION > VM_HNSW_MAX_LINKS, "a full list and one more");

VmGraphCandidates *
VmGraphCandidatesCreate(const VmGraph *graph)
{
	VmGraphCandidates *candidates =
		MemoryContextAllocZero(graph->context, sizeof(VmGraphCandidates));

	candidates->graph = graph;
	return candidates;
}

/* -------------------------------------------------------- links that lead here */

bool
VmGraphIsOrphan(const VmGraph *graph, uint32 id)
{
	return pg_atomic_read_u32(&VmGraphGetNode(graph, id)->in_links) == 0;
}

bool
VmGraphIsLittleLinked(const VmGraph *graph, uint32 id)
{
	uint32 enough = Max(1, (uint32) graph->hnsw->m * VM_GRAPH_LINKED_PART / 8);

	return pg_atomic_read_u32(&VmGraphGetNode(graph, id)->in_links) < enough;
}

static void
CountLinkTo(const VmGraph *graph, int layer, uint32 id)
{
	if (layer == 0)
		pg_atomic_fetch_add_u32(&VmGraphGetNode(graph, id)->in_links, 1);
}

static void
UncountLinkTo(const VmGraph *graph, int layer, uint32 id)
{
	if (layer == 0)
		pg_atomic_fetch_sub_u32(&VmGraphGetNode(graph, id)->in_links, 1);
}

/* ---------------------------------------------------------------- selection */

static inline float
MeasurePair(void *arg, int a, int b)
{
	const VmGraphCandidates *candidates = arg;
	const VmGraph *graph = candidates->graph;

	return VmGraphDistance(graph, VmGraphGetPayload(graph, candidates->ids[a]), candidates->ids[b]);
}

static inline float
MeasureUnknownPair(void *arg, int a, int b)
{
	const VmGraphCandidates *candidates = arg;

	if (candidates->together[a] && candidates->together[b])
		return INFINITY;
	return MeasurePair(arg, a, b);
}

/* Moves those that few links lead to to the front of the pruned ones. */
static void
PreferLittleLinked(VmGraphCandidates *candidates)
{
	uint16 others[VM_HNSW_MAX_LINKS + 1];
	int other_count = 0;
	int count = 0;

	for (int i = 0; i < candidates->count - candidates->kept_count; i++)
	{
		uint16 candidate = candidates->pruned[i];

		if (VmGraphIsLittleLinked(candidates->graph, candidates->ids[candidate]))
			candidates->pruned[count++] = candidate;
		else
			others[other_count++] = candidate;
	}
	memcpy(&candidates->pruned[count], others, other_count * sizeof(uint16));
	candidates->preferred_count = count;
}

/* Takes the owner's equals out of the candidates. */
static void
TakeOutEquals(VmGraphCandidates *candidates, const char *owner)
{
	const VmGraph *graph = candidates->graph;
	int count = 0;

	candidates->equal_count = 0;
	for (int i = 0; i < candidates->count; i++)
	{
		uint32 id = candidates->ids[i];

		if (VmSpaceSame(&graph->hnsw->space, VmGraphGetPayload(graph, id), owner))
		{
			candidates->equals[candidates->equal_count].id = id;
			candidates->equals[candidates->equal_count++].distance = candidates->distances[i];
			continue;
		}
		candidates->ids[count] = id;
		candidates->distances[count] = candidates->distances[i];
		if (candidates->count <= VM_HNSW_MAX_LINKS + 1)
			candidates->together[count] = candidates->together[i];
		count++;
	}
	candidates->count = count;
}

/* Puts some of them back, as the first of the pruned ones; returns how many. */
static int
PutBackEquals(VmGraphCandidates *candidates, int max)
{
	int pruned_count = candidates->count - candidates->kept_count;
	int back = Min(candidates->equal_count, VM_HNSW_MAX_EQUALS(max));

	memmove(&candidates->pruned[back], candidates->pruned, pruned_count * sizeof(uint16));
	for (int i = 0; i < back; i++)
	{
		candidates->ids[candidates->count] = candidates->equals[i].id;
		candidates->distances[candidates->count] = candidates->equals[i].distance;
		candidates->pruned[i] = (uint16) candidates->count++;
	}
	candidates->preferred_count += back;
	return back;
}

/* How many links a selection makes in a list of at most max. */
static inline int
SelectedCount(const VmGraphCandidates *candidates, int max)
{
	int part = VmHnswFillsLists(candidates->graph->hnsw) ? 8 : VM_GRAPH_FILL_PART;
	int fill = Min(candidates->count, max * part / 8);
	int preferred = Min(max, candidates->kept_count + candidates->preferred_count);

	return Max(fill, preferred);
}

/* The candidate in a place of the list: those kept, then those pruned. */
static inline int
Selected(const VmGraphCandidates *candidates, int place)
{
	if (place < candidates->kept_count)
		return candidates->kept[place];
	return candidates->pruned[place - candidates->kept_count];
}

void
VmGraphSelectLinks(VmGraph *graph, const char *payload, const VmGraphCandidate *found, int count,
				   int max, VmGraphNewLinks *new)
{
	VmGraphCandidates *candidates = graph->candidates;

	for (int i = 0; i < count; i++)
	{
		candidates->ids[i] = found[i].id;
		candidates->distances[i] = found[i].distance;
	}
	candidates->count = count;
	candidates->preferred_count = 0;
	TakeOutEquals(candidates, payload);
	candidates->kept_count =
		VmHnswSelect(candidates->distances, candidates->count, max, MeasurePair, candidates,
					 candidates->kept, candidates->pruned);
	PutBackEquals(candidates, max);
	new->diverse = candidates->kept_count;
	new->count = SelectedCount(candidates, max);
	for (int i = 0; i < new->count; i++)
	{
		new->links[i].id = candidates->ids[Selected(candidates, i)];
		new->links[i].distance = candidates->distances[Selected(candidates, i)];
	}
}

/* -------------------------------------------------------------------- lists */

static inline void
SetLink(VmGraphLinks *links, int max, int place, uint32 id, float distance)
{
	((volatile uint32 *) links->rest)[place] = id;
	VmGraphLinkDistances(links, max)[place] = distance;
}

static inline void
SetHead(VmGraphLinks *links, int count, int diverse)
{
	/* who reads the count finds as many links */
	pg_write_barrier();
	*(volatile uint32 *) &links->head = (uint32) diverse << 16 | (uint32) count;
}

static inline int
DiverseCount(const VmGraphLinks *links)
{
	return links->head >> 16;
}

void
VmGraphWriteLinks(VmGraph *graph, VmGraphNode *node, int layer, const VmGraphNewLinks *new)
{
	VmGraphLinks *links = VmGraphGetLinks(graph, node, layer);
	int max = VM_HNSW_LAYER_LINKS(graph->hnsw->m, layer);

	for (int i = 0; i < new->count; i++)
	{
		SetLink(links, max, i, new->links[i].id, new->links[i].distance);
		CountLinkTo(graph, layer, new->links[i].id);
	}
	SetHead(links, new->count, new->diverse);
}

static inline void
InsertCandidate(VmGraphCandidates *candidates, uint32 id, float distance, bool together)
{
	int place = candidates->count++;

	while (place > 0 && candidates->distances[place - 1] > distance)
	{
		candidates->ids[place] = candidates->ids[place - 1];
		candidates->distances[place] = candidates->distances[place - 1];
		candidates->together[place] = candidates->together[place - 1];
		place--;
	}
	candidates->ids[place] = id;
	candidates->distances[place] = distance;
	candidates->together[place] = together;
}

/* The links of a list and one more become candidates. */
static void
CollectCandidates(VmGraph *graph, const VmGraphLinks *links, int max, uint32 id, float distance)
{
	VmGraphCandidates *candidates = graph->candidates;
	int diverse = DiverseCount(links);

	candidates->count = 0;
	for (int i = 0; i < max; i++)
	{
		VmGraphPrefetchPayload(graph, VmGraphLinkId(links, i));
		InsertCandidate(candidates, VmGraphLinkId(links, i), VmGraphLinkDistances(links, max)[i],
						i < diverse);
	}
	InsertCandidate(candidates, id, distance, false);
}

/* Selects a full list anew, with one more link, which is counted already. */
static void
Reselect(VmGraph *graph, uint32 owner, VmGraphLinks *links, int layer, int max, uint32 id,
		 float distance)
{
	VmGraphCandidates *candidates = graph->candidates;
	int count;

	CollectCandidates(graph, links, max, id, distance);
	TakeOutEquals(candidates, VmGraphGetPayload(graph, owner));
	candidates->preferred_count = 0;
	candidates->kept_count =
		VmHnswSelect(candidates->distances, candidates->count, max, MeasureUnknownPair, candidates,
					 candidates->kept, candidates->pruned);
	if (layer == 0 && !VmHnswFillsLists(graph->hnsw))
		PreferLittleLinked(candidates);
	for (int i = PutBackEquals(candidates, max); i < candidates->equal_count; i++)
		UncountLinkTo(graph, layer, candidates->equals[i].id);
	count = SelectedCount(candidates, max);
	for (int i = 0; i < count; i++)
	{
		int candidate = Selected(candidates, i);

		SetLink(links, max, i, candidates->ids[candidate], candidates->distances[candidate]);
	}
	for (int i = count; i < candidates->count; i++)
		UncountLinkTo(graph, layer, candidates->ids[Selected(candidates, i)]);
	SetHead(links, count, candidates->kept_count);
}

void
VmGraphAddLink(VmGraph *graph, uint32 owner, int layer, uint32 id, float distance)
{
	int max = VM_HNSW_LAYER_LINKS(graph->hnsw->m, layer);
	VmGraphLinks *links = VmGraphGetLinks(graph, VmGraphGetNode(graph, owner), layer);
	LWLock *lock = VmGraphNodeLock(graph, owner);
	int count;

	CountLinkTo(graph, layer, id);
	VmGraphLock(graph, lock);
	count = VmGraphLinkCount(links);
	if (count < max)
	{
		SetLink(links, max, count, id, distance);
		SetHead(links, count + 1, DiverseCount(links));
	}
	else
		Reselect(graph, owner, links, layer, max, id, distance);
	VmGraphUnlock(graph, lock);
}

/* ------------------------------------------------------------- forced links */

static bool
HasLink(const VmGraphLinks *links, uint32 id)
{
	int count = VmGraphLinkCount(links);

	for (int i = 0; i < count; i++)
	{
		if (VmGraphLinkId(links, i) == id)
			return true;
	}
	return false;
}

/* A link of a full list, from `first` on, to the best linked node; or -1. */
static int
FindReplaceable(const VmGraph *graph, const VmGraphLinks *links, int first, int max)
{
	uint32 most = 1; /* the only link to a node stays */
	int place = -1;

	for (int i = first; i < max; i++)
	{
		uint32 id = VmGraphLinkId(links, i);
		uint32 in_links = pg_atomic_read_u32(&VmGraphGetNode(graph, id)->in_links);

		if (in_links > most && !VmGraphIsLittleLinked(graph, id))
		{
			most = in_links;
			place = i;
		}
	}
	return place;
}

static void
ForceInto(VmGraph *graph, VmGraphLinks *links, uint32 id, float distance, bool any)
{
	int max = VM_HNSW_LAYER_LINKS(graph->hnsw->m, 0);
	int count = VmGraphLinkCount(links);
	int diverse = DiverseCount(links);
	int place = count;

	if (HasLink(links, id))
		return;
	if (count == max)
		place = FindReplaceable(graph, links, any ? 0 : diverse, max);
	if (place < 0)
		return;
	if (place < count)
		UncountLinkTo(graph, 0, VmGraphLinkId(links, place));
	CountLinkTo(graph, 0, id);
	SetLink(links, max, place, id, distance);
	SetHead(links, Max(count, place + 1), Min(diverse, place));
}

void
VmGraphForceLink(VmGraph *graph, uint32 owner, uint32 id, float distance, bool any)
{
	LWLock *lock = VmGraphNodeLock(graph, owner);

	Assert(owner != id);
	VmGraphLock(graph, lock);
	ForceInto(graph, &VmGraphGetNode(graph, owner)->links, id, distance, any);
	VmGraphUnlock(graph, lock);
}
