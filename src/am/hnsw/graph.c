/*
 * graph.c
 *		Inserting into the graph in memory: VmGraphInsert.
 *
 * A new node is linked to the nodes that the selection heuristic keeps of the
 * ef_construction nearest found in each of its layers.  Each of these gets a
 * link back; when its list is full, the list is selected anew.
 *
 * The heuristic's cost is in measuring pairs.  Distances to the owner of a list
 * are kept with its links, and links that were selected together are known not
 * to prune one another, so that only pairs with a link added later are
 * measured.
 */
#include "compat/compat.h"

#include "am/hnsw/graph_private.h"
#include "am/hnsw/select.h"
#include "core/prefetch.h"

/* More layers than a node can have. */
#define LAYERS             64

#define ENTRY(level, id)   (((uint64) (level) + 1) << 32 | (id))
#define ENTRY_LEVEL(entry) ((int) ((entry) >> 32) - 1) /* -1: no node yet */
#define ENTRY_ID(entry)    ((uint32) (entry))

/* Links to be made from a new node in one layer. */
typedef struct NewLinks
{
	int count;
	int diverse;
	VmGraphCandidate links[VM_HNSW_MAX_LINKS];
} NewLinks;

/* Candidates of a list, nearest to its owner first. */
typedef struct Candidates
{
	VmGraph *graph;
	int count;
	int kept_count;
	int pruned_count;
	int protected_count;
	uint32 ids[VM_HNSW_MAX_EF_CONSTRUCTION];
	float distances[VM_HNSW_MAX_EF_CONSTRUCTION];
	bool together[VM_HNSW_MAX_LINKS + 1]; /* selected together before */
	uint16 kept[VM_HNSW_MAX_EF_CONSTRUCTION];
	uint16 pruned[VM_HNSW_MAX_EF_CONSTRUCTION];
} Candidates;

StaticAssertDecl(VM_HNSW_MAX_EF_CONSTRUCTION > VM_HNSW_MAX_LINKS, "a full list and one more");

typedef struct VmGraphWork
{
	Candidates candidates;
	NewLinks layers[LAYERS];
} VmGraphWork;

/* A value on its way into the graph. */
typedef struct Insertion
{
	VmGraph *graph;
	const void *payload;
	Size size;
	ItemPointer heap_tid;
	int level;
} Insertion;

VmGraphWork *
VmGraphWorkCreate(VmGraph *graph)
{
	VmGraphWork *work = MemoryContextAlloc(graph->context, sizeof(VmGraphWork));

	work->candidates.graph = graph;
	return work;
}

/* ---------------------------------------------------------------- selection */

static inline float
MeasurePair(void *arg, int a, int b)
{
	const Candidates *candidates = arg;
	const VmGraph *graph = candidates->graph;

	return VmGraphDistance(graph, VmGraphGetPayload(graph, candidates->ids[a]), candidates->ids[b]);
}

static inline float
MeasureUnknownPair(void *arg, int a, int b)
{
	const Candidates *candidates = arg;

	if (candidates->together[a] && candidates->together[b])
		return INFINITY;
	return MeasurePair(arg, a, b);
}

/* Links that a list of at most max gets from pruned candidates, too. */
static inline int
FillTarget(int max)
{
	return max * VM_GRAPH_FILL / 8;
}

/* The candidate in the given place: those kept, then those pruned. */
static inline int
Selected(const Candidates *candidates, int place)
{
	if (place < candidates->kept_count)
		return candidates->kept[place];
	return candidates->pruned[place - candidates->kept_count];
}

/* How many links a selection makes. */
static inline int
SelectedCount(const Candidates *candidates, int max)
{
	int all = candidates->kept_count + candidates->pruned_count;

	return Max(candidates->kept_count, Min(all, FillTarget(max)));
}

/* Chooses among what a search has found. */
static void
SelectNew(VmGraph *graph, const VmGraphCandidate *found, int count, int max, NewLinks *new)
{
	Candidates *candidates = &graph->work->candidates;

	for (int i = 0; i < count; i++)
	{
		candidates->ids[i] = found[i].id;
		candidates->distances[i] = found[i].distance;
	}
	candidates->kept_count =
		VmHnswSelect(candidates->distances, count, max, MeasurePair, candidates, candidates->kept,
					 candidates->pruned, &candidates->pruned_count);
	new->diverse = candidates->kept_count;
	new->count = SelectedCount(candidates, max);
	for (int i = 0; i < new->count; i++)
		new->links[i] = found[Selected(candidates, i)];
}

/* -------------------------------------------------------------------- links */

static inline void
InsertCandidate(Candidates *candidates, uint32 id, float distance, bool together)
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

static void
SetLinks(VmGraphLinks *links, int max, int place, uint32 id, float distance)
{
	VmGraphLinkIds(links)[place] = id;
	VmGraphLinkDistances(links, max)[place] = distance;
}

static void
SetHead(VmGraphLinks *links, int count, int diverse)
{
	/* who reads the count finds as many links */
	pg_write_barrier();
	*(volatile uint32 *) &links->head = (uint32) diverse << 16 | (uint32) count;
}

/* Protected ones first. */
static void
ProtectPruned(VmGraph *graph, Candidates *candidates, uint32 id)
{
	uint16 others[VM_HNSW_MAX_LINKS + 1];
	int protected_count = 0;
	int other_count = 0;

	for (int i = 0; i < candidates->pruned_count; i++)
	{
		int candidate = candidates->pruned[i];
		VmGraphNode *node = VmGraphGetNode(graph, candidates->ids[candidate]);
		uint32 in_links = pg_atomic_read_u32(&node->in_links) + (candidates->ids[candidate] == id);

		if (in_links <= VM_GRAPH_PROTECT)
			candidates->pruned[protected_count++] = candidate;
		else
			others[other_count++] = candidate;
	}
	memcpy(&candidates->pruned[protected_count], others, other_count * sizeof(uint16));
	candidates->protected_count = protected_count;
}

/* Selects a full list and one more link anew. */
static void
Reselect(VmGraph *graph, VmGraphLinks *links, int max, uint32 id, float distance, int layer)
{
	Candidates *candidates = &graph->work->candidates;
	int diverse = links->head >> 16;
	int count;

	candidates->count = 0;
	for (int i = 0; i < max; i++)
	{
		VmGraphPrefetchPayload(graph, VmGraphLinkId(links, i));
		InsertCandidate(candidates, VmGraphLinkId(links, i), VmGraphLinkDistances(links, max)[i],
						i < diverse);
	}
	InsertCandidate(candidates, id, distance, false);
	candidates->kept_count = VmHnswSelect(candidates->distances, candidates->count, max,
										  MeasureUnknownPair, candidates, candidates->kept,
										  candidates->pruned, &candidates->pruned_count);
	candidates->protected_count = 0;
	if (layer == 0 && VM_GRAPH_PROTECT)
		ProtectPruned(graph, candidates, id);
	count = SelectedCount(candidates, max);
	count = Max(count, Min(candidates->kept_count + candidates->protected_count, max));
	if (layer == 0 && VM_GRAPH_PROTECT)
	{
		for (int i = count; i < candidates->count; i++)
		{
			uint32 lost = candidates->ids[Selected(candidates, i)];

			if (lost != id)
				pg_atomic_fetch_sub_u32(&VmGraphGetNode(graph, lost)->in_links, 1);
		}
		for (int i = 0; i < count; i++)
			if (candidates->ids[Selected(candidates, i)] == id)
				pg_atomic_fetch_add_u32(&VmGraphGetNode(graph, id)->in_links, 1);
	}
	for (int i = 0; i < count; i++)
	{
		int candidate = Selected(candidates, i);

		SetLinks(links, max, i, candidates->ids[candidate], candidates->distances[candidate]);
	}
	SetHead(links, count, candidates->kept_count);
}

/* Links a node to a new one. */
static void
AddLink(VmGraph *graph, uint32 owner, int layer, uint32 id, float distance)
{
	int max = VM_HNSW_LAYER_LINKS(graph->hnsw->m, layer);
	VmGraphLinks *links = VmGraphGetLinks(graph, VmGraphGetNode(graph, owner), layer);
	LWLock *lock = VmGraphNodeLock(graph, owner);
	int count;

	VmGraphLock(graph, lock);
	count = VmGraphLinkCount(links);
	if (count < max)
	{
		SetLinks(links, max, count, id, distance);
		SetHead(links, count + 1, links->head >> 16);
		if (layer == 0 && VM_GRAPH_PROTECT)
			pg_atomic_fetch_add_u32(&VmGraphGetNode(graph, id)->in_links, 1);
	}
	else
		Reselect(graph, links, max, id, distance, layer);
	VmGraphUnlock(graph, lock);
}

/* --------------------------------------------------------------- duplicates */

/* Adds a heap TID to a node, unless it has as many as an element can have. */
static bool
AddHeapTid(VmGraph *graph, uint32 id, ItemPointer heap_tid)
{
	LWLock *lock = VmGraphNodeLock(graph, id);
	uint32 *last = &VmGraphGetNode(graph, id)->more_tids;
	int count = 1;
	bool added = false;

	VmGraphLock(graph, lock);
	for (; *last != 0; count++)
		last = &((VmGraphTid *) VmGraphGetUnits(graph, *last))->next;
	if (count < VM_HNSW_HEAP_TIDS)
	{
		uint32 unit = VmGraphAllocateUnits(graph, sizeof(VmGraphTid));

		if (unit != 0)
		{
			VmGraphTid *more = VmGraphGetUnits(graph, unit);

			more->next = 0;
			more->heap_tid = *heap_tid;
			*last = unit;
			added = true;
		}
	}
	VmGraphUnlock(graph, lock);
	return added;
}

static bool
SamePayload(const Insertion *insertion, uint32 id)
{
	const VmGraph *graph = insertion->graph;

	if (graph->geometry.payload_size == 0 && VmGraphGetVariable(graph, id)->size != insertion->size)
		return false;
	return memcmp(VmGraphGetPayload(graph, id), insertion->payload, insertion->size) == 0;
}

/*
 * Adds the heap TID to a node with the same payload, if there is one with room
 * among those found.  Such a node is as far away as the payload from itself.
 */
static bool
AddDuplicate(const Insertion *insertion, const VmGraphCandidate *found, int count)
{
	const VmSpace *space = &insertion->graph->hnsw->space;
	float own = VmSpaceDistance(space, insertion->payload, insertion->payload);

	for (int i = 0; i < count && found[i].distance <= own; i++)
	{
		if (found[i].distance == own && SamePayload(insertion, found[i].id) &&
			AddHeapTid(insertion->graph, found[i].id, insertion->heap_tid))
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------- insertion */

/*
 * Finds a new node's links in its layers, from the highest that there is down.
 * False when the value was added to a node that is there already.
 */
static bool
PlanLinks(const Insertion *insertion, uint64 entry)
{
	VmGraph *graph = insertion->graph;
	VmGraphCandidate nearest = {.id = ENTRY_ID(entry)};

	nearest.distance = VmGraphDistance(graph, insertion->payload, nearest.id);
	for (int layer = ENTRY_LEVEL(entry); layer > insertion->level; layer--)
		VmGraphSearchGreedy(graph, insertion->payload, layer, &nearest);
	for (int layer = Min(ENTRY_LEVEL(entry), insertion->level); layer >= 0; layer--)
	{
		const VmGraphCandidate *found;
		int count = VmGraphSearchLayer(graph, insertion->payload, layer, nearest, &found);

		if (layer == 0 && AddDuplicate(insertion, found, count))
			return false;
		SelectNew(graph, found, count, graph->hnsw->m, &graph->work->layers[layer]);
		nearest = found[0];
	}
	return true;
}

/* Fills in a new node, which nobody else can reach yet. */
static void
WriteNode(const Insertion *insertion, uint32 id, int linked_layers)
{
	VmGraph *graph = insertion->graph;
	VmGraphNode *node = VmGraphGetNode(graph, id);

	node->heap_tid = *insertion->heap_tid;
	memcpy(VmGraphGetPayload(graph, id), insertion->payload, insertion->size);
	for (int layer = 0; layer < linked_layers; layer++)
	{
		const NewLinks *new = &graph->work->layers[layer];
		VmGraphLinks *links = VmGraphGetLinks(graph, node, layer);
		int max = VM_HNSW_LAYER_LINKS(graph->hnsw->m, layer);

		for (int i = 0; i < new->count; i++)
		{
			SetLinks(links, max, i, new->links[i].id, new->links[i].distance);
			if (layer == 0 && VM_GRAPH_PROTECT)
				pg_atomic_fetch_add_u32(&VmGraphGetNode(graph, new->links[i].id)->in_links, 1);
		}
		SetHead(links, new->count, new->diverse);
	}
}

/* Makes a node known to those that it is linked to. */
static void
LinkBack(const Insertion *insertion, uint32 id, int linked_layers)
{
	VmGraph *graph = insertion->graph;

	pg_write_barrier();
	for (int layer = linked_layers - 1; layer >= 0; layer--)
	{
		const NewLinks *new = &graph->work->layers[layer];

		for (int i = 0; i < new->count; i++)
			AddLink(graph, new->links[i].id, layer, id, new->links[i].distance);
	}
}

/*
 * Inserts below an entry that no other process replaces by one that is needed
 * here: the new node's level is no higher, or the caller holds entry_lock.
 */
static bool
InsertBelow(const Insertion *insertion, uint64 entry)
{
	VmGraph *graph = insertion->graph;
	int linked_layers = Min(ENTRY_LEVEL(entry), insertion->level) + 1;
	uint32 id;

	if (entry != 0 && !PlanLinks(insertion, entry))
		return true;
	if (!VmGraphAllocate(graph, insertion->level, insertion->size, &id))
		return false;
	WriteNode(insertion, id, linked_layers);
	LinkBack(insertion, id, linked_layers);
	if (insertion->level > ENTRY_LEVEL(entry))
		pg_atomic_write_u64(&graph->shared->entry, ENTRY(insertion->level, id));
	return true;
}

bool
VmGraphInsert(VmGraph *graph, const void *payload, Size size, ItemPointer heap_tid)
{
	Insertion insertion = {graph, payload, size, heap_tid, VmHnswRandomLevel(graph->hnsw->m)};
	VmGraphShared *shared = graph->shared;
	uint64 entry = pg_atomic_read_u64(&shared->entry);
	bool inserted;

	if (insertion.level <= ENTRY_LEVEL(entry))
		return InsertBelow(&insertion, entry);

	VmGraphLock(graph, &shared->entry_lock);
	inserted = InsertBelow(&insertion, pg_atomic_read_u64(&shared->entry));
	VmGraphUnlock(graph, &shared->entry_lock);
	return inserted;
}

bool
VmGraphGetEntry(const VmGraph *graph, uint32 *id)
{
	uint64 entry = pg_atomic_read_u64(&graph->shared->entry);

	*id = ENTRY_ID(entry);
	return entry != 0;
}
