/*
 * graph_search.c
 *		Searching the graph in memory: VmGraphSearchGreedy, VmGraphSearchLayer.
 *
 * A search keeps the ef nearest nodes that it has met in one sorted array and
 * expands the nearest that is not expanded yet, until all are.  That visits the
 * nodes that the usual two heaps would visit: a candidate that has left the
 * array is farther than all results, where a search with heaps stops.
 */
#include "compat/compat.h"

#include "am/hnsw/graph_private.h"
#include "core/prefetch.h"

/* Beside a number: the node's links have been followed. */
#define EXPANDED VM_GRAPH_MAX_NODES

/* Payloads loaded ahead of the one that is measured. */
#define AHEAD 3

/* Words of the bitmap that are remembered, so that they can be cleared. */
#define TOUCHED_MAX 16384

/* Nodes met by a search. */
typedef struct Visited
{
	uint64 *words;
	Size word_count;
	uint32 *touched; /* words that are not 0, when no more than TOUCHED_MAX */
	uint32 touched_count;
} Visited;

typedef struct VmGraphSearch
{
	Visited visited;
	VmGraphCandidate *pool; /* ascending, of size ef */
	int ef;
	int count;
	int next; /* all before it are expanded */
} VmGraphSearch;

/* ------------------------------------------------------------------ visited */

static void
VisitedInit(Visited *visited, const VmGraph *graph)
{
	const VmGraphShared *shared = graph->shared;
	Size chunks = Min(shared->limit / shared->geometry.chunk_size, VM_GRAPH_CHUNKS);
	Size nodes = (chunks + 1) << shared->geometry.chunk_shift;

	visited->word_count = nodes / 64 + 1;
	visited->words = MemoryContextAllocExtended(
		graph->context, visited->word_count * sizeof(uint64), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	visited->touched = MemoryContextAlloc(graph->context, TOUCHED_MAX * sizeof(uint32));
	visited->touched_count = 0;
}

static void
VisitedClear(Visited *visited)
{
	if (visited->touched_count > TOUCHED_MAX)
		memset(visited->words, 0, visited->word_count * sizeof(uint64));
	else
	{
		for (uint32 i = 0; i < visited->touched_count; i++)
			visited->words[visited->touched[i]] = 0;
	}
	visited->touched_count = 0;
}

/* True when the node has not been met before. */
static inline bool
Visit(Visited *visited, uint32 id)
{
	uint64 *word = &visited->words[id / 64];
	uint64 bit = UINT64CONST(1) << (id % 64);

	if (*word & bit)
		return false;
	if (*word == 0)
	{
		if (visited->touched_count < TOUCHED_MAX)
			visited->touched[visited->touched_count++] = id / 64;
		else
			visited->touched_count = TOUCHED_MAX + 1;
	}
	*word |= bit;
	return true;
}

/* --------------------------------------------------------------------- pool */

VmGraphSearch *
VmGraphSearchCreate(const VmGraph *graph)
{
	VmGraphSearch *search = MemoryContextAllocZero(graph->context, sizeof(VmGraphSearch));

	search->ef = VmHnswInsertEf(graph->hnsw);
	search->pool = MemoryContextAlloc(graph->context, (search->ef + 1) * sizeof(VmGraphCandidate));
	VisitedInit(&search->visited, graph);
	return search;
}

/* How many of the pool are not farther: the new one's place. */
static inline int
FindPlace(const VmGraphSearch *search, float distance)
{
	int low = 0;
	int high = search->count;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (search->pool[middle].distance <= distance)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Offers a node; true when it is the next to be expanded. */
static inline bool
Offer(VmGraphSearch *search, uint32 id, float distance)
{
	VmGraphCandidate *pool = search->pool;
	int place;

	if (search->count == search->ef)
	{
		if (distance >= pool[search->ef - 1].distance)
			return false;
		search->count--;
	}
	place = FindPlace(search, distance);
	memmove(&pool[place + 1], &pool[place], (search->count - place) * sizeof(*pool));
	pool[place].distance = distance;
	pool[place].id = id;
	search->count++;
	if (place > search->next)
		return false;
	search->next = place;
	return true;
}

/* ------------------------------------------------------------------- search */

static inline void
PrefetchNode(const VmGraph *graph, uint32 id)
{
	VmPrefetchBytes((const char *) VmGraphGetNode(graph, id),
					offsetof(VmGraphNode, links.rest) +
						VM_HNSW_LAYER_LINKS(graph->hnsw->m, 0) * sizeof(uint32));
}

/* Unless a nearer one is found, it is expanded next. */
static inline void
PrefetchNext(const VmGraph *graph)
{
	const VmGraphSearch *search = graph->search;

	for (int i = search->next; i < search->count; i++)
	{
		if ((search->pool[i].id & EXPANDED) == 0)
		{
			PrefetchNode(graph, search->pool[i].id);
			break;
		}
	}
}

/* Copies the links that have not been visited; returns how many. */
static inline int
CollectLinks(VmGraph *graph, uint32 id, int layer, uint32 *ids)
{
	VmGraphLinks *links = VmGraphGetLinks(graph, VmGraphGetNode(graph, id), layer);
	int link_count = VmGraphLinkCount(links);
	int count = 0;

	for (int i = 0; i < link_count; i++)
	{
		uint32 link = VmGraphLinkId(links, i);

		ids[count] = link;
		count += Visit(&graph->search->visited, link);
	}
	return count;
}

static void
Expand(VmGraph *graph, const void *payload, int layer, uint32 id)
{
	uint32 ids[VM_HNSW_MAX_LINKS];
	int count = CollectLinks(graph, id, layer, ids);

	for (int i = 0; i < Min(count, AHEAD); i++)
		VmGraphPrefetchPayload(graph, ids[i]);
	for (int i = 0; i < count; i++)
	{
		if (i + AHEAD < count)
			VmGraphPrefetchPayload(graph, ids[i + AHEAD]);
		if (Offer(graph->search, ids[i], VmGraphDistance(graph, payload, ids[i])))
			PrefetchNode(graph, ids[i]);
	}
}

int
VmGraphSearchLayer(VmGraph *graph, const void *payload, int layer, VmGraphCandidate entry,
				   const VmGraphCandidate **found)
{
	VmGraphSearch *search = graph->search;

	VisitedClear(&search->visited);
	search->count = 0;
	search->next = 0;
	Visit(&search->visited, entry.id);
	Offer(search, entry.id, entry.distance);
	while (search->next < search->count)
	{
		VmGraphCandidate *nearest = &search->pool[search->next++];

		if (nearest->id & EXPANDED)
			continue;
		nearest->id |= EXPANDED;
		PrefetchNext(graph);
		Expand(graph, payload, layer, nearest->id & ~EXPANDED);
	}
	for (int i = 0; i < search->count; i++)
		search->pool[i].id &= ~EXPANDED;
	*found = search->pool;
	return search->count;
}

/* The nearest among a node's links, if one is nearer than *nearest. */
static bool
Step(VmGraph *graph, const void *payload, int layer, VmGraphCandidate *nearest)
{
	VmGraphLinks *links = VmGraphGetLinks(graph, VmGraphGetNode(graph, nearest->id), layer);
	int count = VmGraphLinkCount(links);
	bool moved = false;

	for (int i = 0; i < count; i++)
		VmGraphPrefetchPayload(graph, VmGraphLinkId(links, i));
	for (int i = 0; i < count; i++)
	{
		uint32 id = VmGraphLinkId(links, i);
		float distance = VmGraphDistance(graph, payload, id);

		if (distance < nearest->distance)
		{
			nearest->id = id;
			nearest->distance = distance;
			moved = true;
		}
	}
	return moved;
}

void
VmGraphSearchGreedy(VmGraph *graph, const void *payload, int layer, VmGraphCandidate *nearest)
{
	while (Step(graph, payload, layer, nearest))
		;
}
