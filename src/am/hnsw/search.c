/*
 * search.c
 *		Searching one layer of the graph: see search.h.
 *
 * The algorithm is SEARCH-LAYER of Malkov and Yashunin, "Efficient and robust
 * approximate nearest neighbor search using Hierarchical Navigable Small World
 * graphs" (2018), algorithm 2.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "am/hnsw/search.h"

/* -------------------------------------------------------------------- heaps */

#define HEAP_FIRST_SIZE 64

static inline float
Key(const VmHnswHeap *heap, const VmHnswNode *node)
{
	return heap->sign * node->distance;
}

static void
HeapInit(VmHnswHeap *heap, float sign)
{
	heap->nodes = palloc(HEAP_FIRST_SIZE * sizeof(VmHnswNode));
	heap->size = HEAP_FIRST_SIZE;
	heap->count = 0;
	heap->sign = sign;
}

static pg_noinline void
HeapGrow(VmHnswHeap *heap)
{
	if (heap->size > PG_INT32_MAX / 2)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("hnsw index scan visited too many elements")));
	heap->size *= 2;
	heap->nodes = repalloc_huge(heap->nodes, (Size) heap->size * sizeof(VmHnswNode));
}

static inline void
HeapPush(VmHnswHeap *heap, const VmHnswNode *node)
{
	float key = Key(heap, node);
	int i = heap->count;

	if (unlikely(i == heap->size))
		HeapGrow(heap);
	heap->count++;
	while (i > 0 && key < Key(heap, &heap->nodes[(i - 1) / 2]))
	{
		heap->nodes[i] = heap->nodes[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap->nodes[i] = *node;
}

/* Lets a node sink from the top, which is free. */
static inline void
HeapSink(VmHnswHeap *heap, const VmHnswNode *node)
{
	float key = Key(heap, node);
	int i = 0;

	for (;;)
	{
		int child = 2 * i + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
			Key(heap, &heap->nodes[child + 1]) < Key(heap, &heap->nodes[child]))
			child++;
		if (key <= Key(heap, &heap->nodes[child]))
			break;
		heap->nodes[i] = heap->nodes[child];
		i = child;
	}
	heap->nodes[i] = *node;
}

static inline VmHnswNode
HeapPop(VmHnswHeap *heap)
{
	VmHnswNode top = heap->nodes[0];

	heap->count--;
	if (heap->count > 0)
		HeapSink(heap, &heap->nodes[heap->count]);
	return top;
}

/* ---------------------------------------------------------------- visited set */

#define VISITED_FIRST_SIZE 1024

static inline uint32
HashRef(VmHnswRef ref)
{
	return ref * 0x9E3779B1u >> 7 ^ ref;
}

static void
VisitedInit(VmHnswVisited *visited)
{
	visited->slots = palloc0(VISITED_FIRST_SIZE * sizeof(*visited->slots));
	visited->mask = VISITED_FIRST_SIZE - 1;
	visited->count = 0;
}

static void
VisitedClear(VmHnswVisited *visited)
{
	memset(visited->slots, 0, ((Size) visited->mask + 1) * sizeof(*visited->slots));
	visited->count = 0;
}

/* The slot that holds the ref, or the free one where it belongs. */
static inline uint32
VisitedSlot(const VmHnswVisited *visited, VmHnswRef ref)
{
	uint32 i = HashRef(ref) & visited->mask;

	while (visited->slots[i] != VM_HNSW_NO_REF && visited->slots[i] != ref)
		i = (i + 1) & visited->mask;
	return i;
}

static pg_noinline void
VisitedGrow(VmHnswVisited *visited)
{
	VmHnswVisited old = *visited;
	Size size = ((Size) old.mask + 1) * 2;

	visited->slots =
		MemoryContextAllocHuge(GetMemoryChunkContext(old.slots), size * sizeof(*visited->slots));
	memset(visited->slots, 0, size * sizeof(*visited->slots));
	visited->mask = size - 1;
	for (Size i = 0; i <= old.mask; i++)
	{
		if (old.slots[i] != VM_HNSW_NO_REF)
			visited->slots[VisitedSlot(visited, old.slots[i])] = old.slots[i];
	}
	pfree(old.slots);
}

/* True when the ref was not there. */
static inline bool
VisitedAdd(VmHnswVisited *visited, VmHnswRef ref)
{
	uint32 i = VisitedSlot(visited, ref);

	if (visited->slots[i] == ref)
		return false;
	visited->slots[i] = ref;
	visited->count++;
	if (unlikely(visited->count > visited->mask / 2))
		VisitedGrow(visited);
	return true;
}

/* ------------------------------------------------------------------- search */

void
VmHnswSearchInit(VmHnswSearch *search, VmHnsw *hnsw, const void *query, bool keep_discarded)
{
	search->hnsw = hnsw;
	search->query = query;
	search->context = CurrentMemoryContext;
	search->keep_discarded = keep_discarded;
	search->measured = 0;
	VisitedInit(&search->visited);
	HeapInit(&search->candidates, 1);
	HeapInit(&search->results, -1);
	HeapInit(&search->discarded, 1);
}

Size
VmHnswSearchMemory(const VmHnswSearch *search)
{
	return ((Size) search->visited.mask + 1) * sizeof(*search->visited.slots) +
		   ((Size) search->candidates.size + search->results.size + search->discarded.size) *
			   sizeof(VmHnswNode);
}

static inline void
Discard(VmHnswSearch *search, const VmHnswNode *node)
{
	if (search->keep_discarded)
		HeapPush(&search->discarded, node);
}

/* A measured node becomes candidate and result if it is near enough. */
static inline void
Offer(VmHnswSearch *search, const VmHnswNode *node, int ef)
{
	VmHnswHeap *results = &search->results;

	if (results->count >= ef && node->distance >= results->nodes[0].distance)
	{
		Discard(search, node);
		return;
	}
	HeapPush(&search->candidates, node);
	if (node->tombstone)
		return;
	if (results->count < ef)
		HeapPush(results, node);
	else
	{
		Discard(search, &results->nodes[0]);
		HeapSink(results, node);
	}
}

/* How many neighbors ahead of the one being measured are loaded. */
#define PREFETCH_DISTANCE 3

/* Orders refs by page, so that neighbors on one page are measured together. */
static void
SortRefs(VmHnswRef *refs, int count)
{
	for (int i = 1; i < count; i++)
	{
		VmHnswRef ref = refs[i];
		int j = i;

		for (; j > 0 && refs[j - 1] > ref; j--)
			refs[j] = refs[j - 1];
		refs[j] = ref;
	}
}

/* The neighbors of a node in a layer that were not met yet. */
static int
FreshNeighbors(VmHnswSearch *search, const VmHnswNode *node, int layer, VmHnswRef *refs)
{
	int count = VmHnswReadLinks(search->hnsw, node, layer, refs);
	int fresh = 0;

	for (int i = 0; i < count; i++)
	{
		if (VisitedAdd(&search->visited, refs[i]))
			refs[fresh++] = refs[i];
	}
	SortRefs(refs, fresh);
	return fresh;
}

/*
 * Measures those of a node's neighbors that were not met yet.  A tombstone's
 * link may lead to a place that was used again for an element of fewer layers
 * (HNSW-3): it has no links here, so the search would end in it.
 */
static void
Expand(VmHnswSearch *search, const VmHnswNode *node, int ef, int layer)
{
	VmHnsw *hnsw = search->hnsw;
	VmHnswRef refs[VM_HNSW_MAX_LINKS];
	VmHnswNode found[VM_HNSW_MAX_LINKS];
	int fresh = FreshNeighbors(search, node, layer, refs);
	int count = 0;
	Buffer held = InvalidBuffer;

	VmHnswPrefetchBlocks(hnsw, refs, fresh);
	for (int i = 0; i < Min(PREFETCH_DISTANCE, fresh); i++)
		VmHnswPrefetchElement(hnsw, refs[i]);
	for (int i = 0; i < fresh; i++)
	{
		if (i + PREFETCH_DISTANCE < fresh)
			VmHnswPrefetchElement(hnsw, refs[i + PREFETCH_DISTANCE]);
		if (VmHnswMeasureHeld(hnsw, search->query, refs[i], &found[count], &held) &&
			found[count].level >= layer)
			count++;
	}
	VmHnswReleaseHeld(&held);

	if (layer == 0)
		search->measured += count;
	for (int i = 0; i < count; i++)
		Offer(search, &found[i], ef);
}

/* Elements that are measured between two looks at the limits. */
#define LIMITS_INTERVAL 1024

/*
 * Expands candidates until the nearest one is farther than every result, or a
 * limit is reached; limits may be NULL.
 */
static void
Run(VmHnswSearch *search, int ef, int layer, const VmHnswSearchLimits *limits)
{
	int64 next_look = limits != NULL ? search->measured + LIMITS_INTERVAL : PG_INT64_MAX;

	while (search->candidates.count > 0)
	{
		VmHnswNode node;

		CHECK_FOR_INTERRUPTS();
		if (search->results.count >= ef &&
			search->candidates.nodes[0].distance > search->results.nodes[0].distance)
			break;
		if (unlikely(search->measured >= next_look))
		{
			if (search->measured >= limits->measured || VmHnswSearchMemory(search) > limits->memory)
				break;
			next_look = search->measured + LIMITS_INTERVAL;
		}
		node = HeapPop(&search->candidates);
		Expand(search, &node, ef, layer);
	}
}

void
VmHnswSearchLayer(VmHnswSearch *search, const VmHnswNode *entries, int count, int ef, int layer)
{
	VisitedClear(&search->visited);
	search->candidates.count = 0;
	search->results.count = 0;
	search->discarded.count = 0;
	for (int i = 0; i < count; i++)
	{
		if (!VisitedAdd(&search->visited, entries[i].ref))
			continue;
		if (layer == 0)
			search->measured++;
		Offer(search, &entries[i], ef);
	}
	Run(search, ef, layer, NULL);
}

/*
 * Elements left to expand are all among the discarded ones and come again from
 * there; tombstones that were good enough to be expanded are not.
 */
static void
KeepTombstones(VmHnswHeap *heap)
{
	int count = heap->count;

	heap->count = 0;
	for (int i = 0; i < count; i++)
	{
		VmHnswNode node = heap->nodes[i];

		if (node.tombstone)
			HeapPush(heap, &node);
	}
}

bool
VmHnswSearchMore(VmHnswSearch *search, int ef, const VmHnswSearchLimits *limits)
{
	VmHnswNode node;

	KeepTombstones(&search->candidates);
	search->results.count = 0;
	while (search->results.count < ef && VmHnswTakeDiscarded(search, &node))
	{
		HeapPush(&search->candidates, &node);
		if (!node.tombstone)
			HeapPush(&search->results, &node);
	}
	Run(search, ef, 0, limits);
	return search->results.count > 0;
}

int
VmHnswTakeResults(VmHnswSearch *search, VmHnswNode *nodes)
{
	int count = search->results.count;

	for (int i = count - 1; i >= 0; i--)
		nodes[i] = HeapPop(&search->results);
	return count;
}

bool
VmHnswTakeDiscarded(VmHnswSearch *search, VmHnswNode *node)
{
	if (search->discarded.count == 0)
		return false;
	*node = HeapPop(&search->discarded);
	return true;
}

/*
 * The entry as a node; false when the index is empty.  Between reading the
 * metapage and the element a vacuum may have chosen another entry and freed this
 * one.  Then its slot is free, or holds an element of another level, or one of
 * the same, from which a search may start as well.
 */
static bool
MeasureEntry(VmHnswSearch *search, VmHnswNode *entry, VmHnswMeta *meta)
{
	while (meta->entry != VM_HNSW_NO_REF)
	{
		VmHnswMeta seen = *meta;
		bool found = VmHnswMeasure(search->hnsw, search->query, seen.entry, entry);

		if (found && entry->level == seen.entry_level)
			return true;
		*meta = VmHnswReadMeta(search->hnsw);
		if (meta->entry != seen.entry || meta->entry_level != seen.entry_level)
			continue;
		if (!found)
			VmPageRaiseCorrupt(search->hnsw->index, VM_HNSW_METAPAGE_BLOCK,
							   "Its entry is no element.");
		return true;
	}
	return false;
}

bool
VmHnswDescend(VmHnswSearch *search, int layer, VmHnswNode *nearest, VmHnswMeta *meta)
{
	*meta = VmHnswReadMeta(search->hnsw);
	return VmHnswDescendFrom(search, layer, nearest, meta);
}

bool
VmHnswDescendFrom(VmHnswSearch *search, int layer, VmHnswNode *nearest, VmHnswMeta *meta)
{
	if (!MeasureEntry(search, nearest, meta))
		return false;
	for (int at = meta->entry_level; at > layer; at--)
	{
		VmHnswSearchLayer(search, nearest, 1, 1, at);
		if (search->results.count > 0 && search->results.nodes[0].distance <= nearest->distance)
			*nearest = search->results.nodes[0];
	}
	return true;
}
