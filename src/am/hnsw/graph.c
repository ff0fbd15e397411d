/*
 * graph.c
 *		Inserting into the graph in memory: VmGraphInsert.
 *
 * A new node is linked to some of the ef_construction nearest that a search of
 * each of its layers finds, and each of these back to it.
 *
 * Depends on graph_search.c for the searches, on graph_links.c for the lists.
 */
#include "compat/compat.h"

#include "miscadmin.h"

#include "am/hnsw/graph_private.h"

/* More layers than a node can have. */
#define LAYERS             64

#define ENTRY(level, id)   (((uint64) (level) + 1) << 32 | (id))
#define ENTRY_LEVEL(entry) ((int) ((entry) >> 32) - 1) /* -1: no node yet */
#define ENTRY_ID(entry)    ((uint32) (entry))

/* A value on its way into the graph. */
typedef struct Insertion
{
	VmGraph *graph;
	const void *payload;
	Size size;
	ItemPointer heap_tid;
	int level;
	const VmGraphCandidate *found; /* the nearest nodes of layer 0 */
	int found_count;
} Insertion;

/* --------------------------------------------------------------- duplicates */

/*
 * Adds a heap TID to a node: as many as come, flush.c makes elements of them.
 * False when memory is used up.
 */
static bool
AddHeapTid(VmGraph *graph, uint32 id, ItemPointer heap_tid)
{
	LWLock *lock = VmGraphNodeLock(graph, id);
	uint32 *first = &VmGraphGetNode(graph, id)->more_tids;
	uint32 unit = VmGraphAllocateUnits(graph, sizeof(VmGraphTid));
	VmGraphTid *more;

	if (unit == 0)
		return false;
	more = VmGraphGetUnits(graph, unit);
	more->heap_tid = *heap_tid;
	VmGraphLock(graph, lock);
	more->next = *first;
	*first = unit;
	VmGraphUnlock(graph, lock);
	return true;
}

/*
 * Adds the heap TID to a node with the same payload, if there is one among
 * those found.  Such a node is as far away as the payload from itself.
 */
static bool
AddDuplicate(const Insertion *insertion)
{
	const VmGraphCandidate *found = insertion->found;
	const VmSpace *space = &insertion->graph->hnsw->space;
	float own = VmSpaceDistance(space, insertion->payload, insertion->payload);

	for (int i = 0; i < insertion->found_count && found[i].distance <= own; i++)
	{
		if (found[i].distance == own &&
			VmSpaceSame(space, VmGraphGetPayload(insertion->graph, found[i].id),
						insertion->payload) &&
			AddHeapTid(insertion->graph, found[i].id, insertion->heap_tid))
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------- insertion */

/* The nearest that is found in the layers above the value's level. */
static VmGraphCandidate
Descend(const Insertion *insertion, uint64 entry)
{
	VmGraph *graph = insertion->graph;
	VmGraphCandidate nearest = {.id = ENTRY_ID(entry)};

	nearest.distance = VmGraphDistance(graph, insertion->payload, nearest.id);
	for (int layer = ENTRY_LEVEL(entry); layer > insertion->level; layer--)
		VmGraphSearchGreedy(graph, insertion->payload, layer, &nearest);
	return nearest;
}

/*
 * Finds a new node's links in its layers, from the highest that there is down;
 * what was found in layer 0 stays in *found.  False when the value was added to
 * a node that is there already.
 */
static bool
PlanLinks(Insertion *insertion, uint64 entry)
{
	VmGraph *graph = insertion->graph;
	VmGraphCandidate nearest = Descend(insertion, entry);

	for (int layer = Min(ENTRY_LEVEL(entry), insertion->level); layer >= 0; layer--)
	{
		insertion->found_count =
			VmGraphSearchLayer(graph, insertion->payload, layer, nearest, &insertion->found);
		nearest = insertion->found[0];
		if (layer == 0 && AddDuplicate(insertion))
			return false;
		VmGraphSelectLinks(graph, insertion->payload, insertion->found, insertion->found_count,
						   VmHnswOwnLinks(graph->hnsw, layer), &graph->new_links[layer]);
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
		VmGraphWriteLinks(graph, node, layer, &graph->new_links[layer]);
}

/* Makes a node known to those that it is linked to. */
static void
LinkBack(const Insertion *insertion, uint32 id, int linked_layers)
{
	VmGraph *graph = insertion->graph;

	pg_write_barrier();
	for (int layer = linked_layers - 1; layer >= 0; layer--)
	{
		const VmGraphNewLinks *new = &graph->new_links[layer];

		for (int i = 0; i < new->count; i++)
			VmGraphAddLink(graph, new->links[i].id, layer, id, new->links[i].distance);
	}
}

/* Sees to it that enough links lead to a node, from the nearest on. */
static void
LinkForcibly(const Insertion *insertion, uint32 id, bool any)
{
	VmGraph *graph = insertion->graph;

	for (int i = 0; i < insertion->found_count && VmGraphIsLittleLinked(graph, id); i++)
	{
		/* an orphan of a higher level is found from there */
		if (insertion->found[i].id != id)
			VmGraphForceLink(graph, insertion->found[i].id, id, insertion->found[i].distance, any);
	}
}

/*
 * Inserts below an entry that no other process replaces by one that is needed
 * here: the new node's level is no higher, or the caller holds entry_lock.
 */
static bool
InsertBelow(Insertion *insertion, uint64 entry)
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
	if (!VmHnswFillsLists(graph->hnsw))
		LinkForcibly(insertion, id, false);
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

/* Links the others to a node that none of them links to any longer. */
static void
LinkOrphan(VmGraph *graph, uint32 id, uint64 entry)
{
	Insertion insertion = {.graph = graph, .payload = VmGraphGetPayload(graph, id), .level = 0};
	VmGraphCandidate nearest = Descend(&insertion, entry);

	insertion.found_count =
		VmGraphSearchLayer(graph, insertion.payload, 0, nearest, &insertion.found);
	LinkForcibly(&insertion, id, true);
}

void
VmGraphLinkOrphans(VmGraph *graph)
{
	uint64 entry = pg_atomic_read_u64(&graph->shared->entry);

	/* There, most nodes are rightly linked to by none: they are near to nothing. */
	if (VmHnswFillsLists(graph->hnsw))
		return;
	for (uint32 id = 0; id < VmGraphCount(graph); id++)
	{
		CHECK_FOR_INTERRUPTS();
		if (VmGraphIsOrphan(graph, id) && id != ENTRY_ID(entry))
			LinkOrphan(graph, id, entry);
	}
}

bool
VmGraphGetEntry(const VmGraph *graph, uint32 *id)
{
	uint64 entry = pg_atomic_read_u64(&graph->shared->entry);

	*id = ENTRY_ID(entry);
	return entry != 0;
}
