/*
 * insert.c
 *		Inserting into an index that lies on disk: see insert.h.
 *
 * An insert first searches, layer by layer, as a scan does; then writes the
 * element with its own links in one step; then links the chosen neighbors back
 * to it, a page at a time; last, if its level is the highest, makes it the
 * entry.  Stopped anywhere in between it leaves a sound index: an element that
 * no other one links to yet is found by vacuum, which links it (HNSW-8).
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/insert.h"
#include "am/hnsw/place.h"
#include "am/stop_point.h"

/* Candidates looked at to find the element of a row that did not change. */
#define UNCHANGED_EF 16

/* A value being inserted. */
typedef struct Insertion
{
	VmHnsw *hnsw;
	const void *payload;
	Size payload_size;
	ItemPointer heap_tid;
	VmHnswSearch search;
	VmHnswLinker linker;
	VmHnswNode *nodes; /* nearest ones of the layer, ef_construction at most */
	int count;
	char *other; /* another element's payload */
	bool has_equal;
	VmHnswNode equal; /* an element with the same payload that has no room left */
} Insertion;

/* ---------------------------------------------------------------- duplicates */

/* Whether a node, as far as it is still there, has the new payload. */
static bool
IsEqual(Insertion *ins, const VmHnswNode *node)
{
	VmHnswNode now;

	return VmHnswMeasureAndCopy(ins->hnsw, NULL, node->ref, &now, ins->other) && !now.tombstone &&
		   now.version == node->version && VmSpaceSame(&ins->hnsw->space, ins->other, ins->payload);
}

/* Whether there is room for a heap TID, as an unlocked look can tell. */
static bool
MayHaveRoom(Insertion *ins, const VmHnswNode *node)
{
	ItemPointerData heap_tids[VM_HNSW_HEAP_TIDS];

	return VmHnswReadHeapTids(ins->hnsw, node, heap_tids) < VM_HNSW_HEAP_TIDS;
}

/* Adds the heap TID to an element, which has the same payload, if there is room. */
static bool
AddHeapTid(Insertion *ins, const VmHnswNode *node)
{
	VmHnsw *hnsw = ins->hnsw;
	OffsetNumber offset = VmHnswRefOffset(hnsw, node->ref);
	Buffer buffer;
	VmHnswElement *element;
	Size size;
	bool added = false;

	if (!MayHaveRoom(ins, node))
		return false;
	buffer = VmHnswReadBlock(hnsw, VmHnswRefBlock(hnsw, node->ref), BUFFER_LOCK_EXCLUSIVE);
	if (!BufferIsValid(buffer))
		return false;
	element = VmHnswPageElement(hnsw, BufferGetPage(buffer), offset, &size);
	if (element != NULL && element->version == node->version &&
		!(element->flags & VM_HNSW_TOMBSTONE))
	{
		int count = VmHnswHeapTidCount(element);

		if (count < VM_HNSW_HEAP_TIDS)
		{
			VmPageEdit edit;

			VmPageEditStart(&edit, hnsw->index, hnsw->building);
			element =
				VmHnswPageElement(hnsw, VmPageEditBuffer(&edit, buffer, false), offset, &size);
			element->u.heap_tids[count] = *ins->heap_tid;
			VmPageEditFinish(&edit);
			added = true;
		}
	}
	UnlockReleaseBuffer(buffer);
	return added;
}

/*
 * Finds an element with the same payload among the nearest ones, which is as far
 * away as the payload from itself.  Where all are full, the oldest place among
 * them becomes ins->equal: the same for one insert after the other.
 */
static bool
AddToDuplicate(Insertion *ins)
{
	float own = VmSpaceDistance(&ins->hnsw->space, ins->payload, ins->payload);

	for (int i = 0; i < ins->count && ins->nodes[i].distance <= own; i++)
	{
		const VmHnswNode *node = &ins->nodes[i];

		if (node->distance < own || !IsEqual(ins, node))
			continue;
		if (AddHeapTid(ins, node))
		{
			ins->has_equal = false;
			return true;
		}
		if (!ins->has_equal || node->ref < ins->equal.ref)
			ins->equal = *node;
		ins->has_equal = true;
	}
	return false;
}

/* -------------------------------------------------------------------- layers */

static void
SearchLayer(Insertion *ins, const VmHnswNode *entries, int count, int ef, int layer)
{
	VmHnswSearchLayer(&ins->search, entries, count, ef, layer);
	ins->count = VmHnswTakeResults(&ins->search, ins->nodes);
}

/* What linking back needs of one layer, kept until the element is written. */
typedef struct Layer
{
	VmHnswNode *nodes; /* chosen ones */
	int count;
} Layer;

/* The chosen refs' nodes, with their distances, for linking back. */
static void
KeepChosen(Insertion *ins, const VmHnswRef *refs, int count, Layer *layer)
{
	layer->nodes = palloc(Max(count, 1) * sizeof(VmHnswNode));
	layer->count = 0;
	for (int i = 0; i < ins->count && layer->count < count; i++)
	{
		if (ins->nodes[i].ref == refs[layer->count])
			layer->nodes[layer->count++] = ins->nodes[i];
	}
}

/*
 * The links of each layer that exists already.  False: found a duplicate, or an
 * equal that the element is to follow.
 */
static bool
ChooseAllLinks(Insertion *ins, VmHnswNode nearest, int top, int level, VmHnswRef *refs,
			   Layer *layers)
{
	VmHnsw *hnsw = ins->hnsw;
	const VmHnswNode *entries = &nearest;
	int entry_count = 1;

	for (int at = top; at >= 0; at--)
	{
		VmHnswRef *chosen = refs + VM_HNSW_LAYER_START(hnsw->m, at);
		int count;

		SearchLayer(ins, entries, entry_count, VmHnswInsertEf(hnsw), at);
		if (at == 0 && (AddToDuplicate(ins) || ins->has_equal))
			return false;
		if (at <= level)
		{
			count = VmHnswChooseLinks(&ins->linker, ins->payload, ins->nodes, ins->count, at,
									  VmHnswOwnLinks(hnsw, at), chosen);
			KeepChosen(ins, chosen, count, &layers[at]);
		}
		if (ins->count > 0)
		{
			entries = memcpy(palloc(ins->count * sizeof(VmHnswNode)), ins->nodes,
							 ins->count * sizeof(VmHnswNode));
			entry_count = ins->count;
		}
	}
	return true;
}

/*
 * Links the chosen nodes of a layer back to an element.  In layer 0 one of them
 * has to, or no search would find the element before a vacuum links it; but
 * not for inner product and bits, where most elements are rightly linked to by
 * few, and a link forced on one is lost for another.
 */
static void
LinkBackAll(Insertion *ins, const VmHnswNode *node, const Layer *layer, int at)
{
	bool linked = at > 0 || VmHnswFillsLists(ins->hnsw);

	for (int i = 0; i < layer->count; i++)
		linked |= VmHnswLinkBack(&ins->linker, &layer->nodes[i], at, node, layer->nodes[i].distance,
								 false);
	for (int i = 0; i < layer->count && !linked; i++)
		linked = VmHnswLinkBack(&ins->linker, &layer->nodes[i], at, node, layer->nodes[i].distance,
								true);
}

static void
LinkNeighbors(Insertion *ins, const VmHnswNode *node, const Layer *layers, int top)
{
	for (int at = top; at >= 0; at--)
	{
		LinkBackAll(ins, node, &layers[at], at);
		VmStopPoint("hnsw-linked-layer");
	}
}

/* Makes the element the entry if none is higher. */
static void
RaiseEntry(VmHnsw *hnsw, VmHnswRef ref, int level)
{
	Buffer buffer = ReadBuffer(hnsw->index, VM_HNSW_METAPAGE_BLOCK);

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	if (VmHnswGetMeta(hnsw->index, BufferGetPage(buffer))->entry_level < level)
	{
		VmPageEdit edit;
		VmHnswMeta *meta;

		VmPageEditStart(&edit, hnsw->index, hnsw->building);
		meta = VmHnswGetMeta(hnsw->index, VmPageEditBuffer(&edit, buffer, false));
		meta->entry = ref;
		meta->entry_level = level;
		VmPageEditFinish(&edit);
	}
	UnlockReleaseBuffer(buffer);
}

/*
 * Makes an element the entry in place of a tombstone from which no live element
 * could be found: vacuum leaves one where it finds nothing alive.  False when
 * there is another entry meanwhile.
 */
static bool
TakeEntry(VmHnsw *hnsw, VmHnswRef seen, VmHnswRef ref, int level)
{
	Buffer buffer = ReadBuffer(hnsw->index, VM_HNSW_METAPAGE_BLOCK);
	VmHnswRef entry;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	entry = VmHnswGetMeta(hnsw->index, BufferGetPage(buffer))->entry;
	if (entry == seen)
	{
		VmPageEdit edit;
		VmHnswMeta *meta;

		VmPageEditStart(&edit, hnsw->index, hnsw->building);
		meta = VmHnswGetMeta(hnsw->index, VmPageEditBuffer(&edit, buffer, false));
		meta->entry = ref;
		meta->entry_level = level;
		VmPageEditFinish(&edit);
	}
	UnlockReleaseBuffer(buffer);
	return entry == seen || entry == ref;
}

/* --------------------------------------------------------------- the element */

/*
 * The first element of an empty index.  The metapage stays locked from the look
 * to the write, so that of two first inserters one finds the other's element.
 * False when the index is not empty any more.
 */
static bool
InsertFirst(Insertion *ins, VmHnswNewElement *new)
{
	VmHnsw *hnsw = ins->hnsw;
	Buffer buffer = ReadBuffer(hnsw->index, VM_HNSW_METAPAGE_BLOCK);
	VmHnswNode node;
	bool empty;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	empty = VmHnswGetMeta(hnsw->index, BufferGetPage(buffer))->entry == VM_HNSW_NO_REF;
	if (empty)
		VmHnswPlace(hnsw, new, buffer, &node);
	else
		UnlockReleaseBuffer(buffer);
	return empty;
}

/*
 * An element for which no live neighbor was found.  Where the entry is a
 * tombstone there may be none, and the element becomes the entry; otherwise a
 * vacuum has come between, and the search is repeated.
 */
static void
LinkLonely(VmHnsw *hnsw, VmHnswRef seen, VmHnswRef ref, int level)
{
	VmHnswNode entry;

	if (VmHnswMeasure(hnsw, NULL, seen, &entry) && entry.tombstone &&
		TakeEntry(hnsw, seen, ref, level))
		return;
	VmHnswRelink(hnsw, ref);
}

/* ----------------------------------------------------------------- followers */

/*
 * Sorts a list's links into those to elements with the new payload and others,
 * which come first; returns how many these are.
 */
static int
SortOutEquals(Insertion *ins, VmHnswRef *links, int count)
{
	VmHnswRef equals[VM_HNSW_MAX_LINKS];
	int equal_count = 0;
	int others = 0;

	for (int i = 0; i < count; i++)
	{
		VmHnswNode node;

		if (VmHnswMeasureAndCopy(ins->hnsw, NULL, links[i], &node, ins->other) && !node.tombstone &&
			VmSpaceSame(&ins->hnsw->space, ins->other, ins->payload))
			equals[equal_count++] = links[i];
		else
			links[others++] = links[i];
	}
	memcpy(&links[others], equals, equal_count * sizeof(VmHnswRef));
	return others;
}

/* Puts a follower in the place of another one; false when that link is gone. */
static bool
TakeOver(VmHnsw *hnsw, const VmHnswNode *equal, VmHnswRef old, VmHnswRef ref)
{
	VmHnswRef seen[VM_HNSW_MAX_LINKS];
	VmHnswRef refs[VM_HNSW_MAX_LINKS];
	int count;
	int place;

	do
	{
		CHECK_FOR_INTERRUPTS();
		count = VmHnswReadLinks(hnsw, equal, 0, seen);
		for (place = 0; place < count && seen[place] != old;)
			place++;
		if (place == count)
			return false;
		memcpy(refs, seen, count * sizeof(VmHnswRef));
		refs[place] = ref;
	} while (!VmHnswReplaceLinks(hnsw, equal, 0, seen, count, refs, count));
	return true;
}

/*
 * One more element of a value whose elements are full.  Nothing but an equal
 * links to it: where that has as many such links as it may, the new one takes
 * over one of them and leads on to its element.  So any number of equals hang
 * together, without a list of another value having to give up a link.
 */
static void
InsertFollower(Insertion *ins, VmHnswNewElement *new)
{
	VmHnsw *hnsw = ins->hnsw;
	int max = VM_HNSW_LAYER_LINKS(hnsw->m, 0);
	VmHnswRef links[VM_HNSW_MAX_LINKS];
	int count = VmHnswReadLinks(hnsw, &ins->equal, 0, links);
	int others = SortOutEquals(ins, links, count);
	int equals = count - others;
	bool takes_over = equals >= VM_HNSW_MAX_EQUALS(max) || (count == max && equals > 0);
	VmHnswNode node;

	memset(new->refs, 0, (Size) (new->level + 2) * hnsw->m * sizeof(VmHnswRef));
	new->level = 0;
	new->refs[0] = ins->equal.ref;
	if (takes_over)
		new->refs[1] = links[others];
	VmHnswPlace(hnsw, new, InvalidBuffer, &node);
	if (!takes_over || !TakeOver(hnsw, &ins->equal, links[others], node.ref))
		VmHnswLinkBack(&ins->linker, &ins->equal, 0, &node, ins->equal.distance, true);
}

static void
InsertLinked(Insertion *ins, VmHnswNewElement *new, const VmHnswNode *nearest,
			 const VmHnswMeta *meta)
{
	VmHnsw *hnsw = ins->hnsw;
	int top = Min(new->level, meta->entry_level);
	Layer *layers = palloc0((top + 1) * sizeof(Layer));
	VmHnswNode node;

	if (!ChooseAllLinks(ins, *nearest, top, top, new->refs, layers))
	{
		if (ins->has_equal)
			InsertFollower(ins, new);
		return;
	}
	VmStopPoint("hnsw-before-place");
	VmHnswPlace(hnsw, new, InvalidBuffer, &node);
	VmStopPoint("hnsw-placed");
	LinkNeighbors(ins, &node, layers, top);
	if (layers[0].count == 0)
		LinkLonely(hnsw, meta->entry, node.ref, new->level);
	if (new->level > meta->entry_level)
		RaiseEntry(hnsw, node.ref, new->level);
}

static void
StartInsertion(Insertion *ins, VmHnsw *hnsw, const void *payload, Size payload_size,
			   ItemPointer heap_tid)
{
	ins->hnsw = hnsw;
	ins->payload = payload;
	ins->payload_size = payload_size;
	ins->heap_tid = heap_tid;
	ins->count = 0;
	ins->has_equal = false;
	ins->other = palloc(hnsw->space.size);
	ins->nodes = palloc(Max(VmHnswInsertEf(hnsw), UNCHANGED_EF) * sizeof(VmHnswNode));
	VmHnswSearchInit(&ins->search, hnsw, payload, false);
	VmHnswLinkerInit(&ins->linker, hnsw, 2 * hnsw->m);
}

void
VmHnswInsertTuple(VmHnsw *hnsw, const void *payload, Size payload_size, ItemPointer heap_tid)
{
	Insertion ins;
	VmHnswNewElement new = {.payload = payload, .payload_size = payload_size};
	VmHnswNode nearest;
	VmHnswMeta meta;

	StartInsertion(&ins, hnsw, payload, payload_size, heap_tid);
	new.heap_tid = *heap_tid;
	new.level = VmHnswRandomLevel(hnsw->m);
	new.refs = palloc0((Size) (new.level + 2) * hnsw->m * sizeof(VmHnswRef));

	while (!VmHnswDescend(&ins.search, new.level, &nearest, &meta))
	{
		VmStopPoint("hnsw-before-first");
		if (InsertFirst(&ins, &new))
			return;
	}
	InsertLinked(&ins, &new, &nearest, &meta);
}

/*
 * A row version whose vector did not change belongs to the element of the old
 * one: a small search finds it.  For the inner product the element nearest to a
 * value need not be its own.
 */
static bool
InsertUnchanged(VmHnsw *hnsw, const void *payload, Size payload_size, ItemPointer heap_tid)
{
	Insertion ins;
	VmHnswNode nearest;
	VmHnswMeta meta;

	if (hnsw->space.metric == VM_METRIC_IP && !hnsw->space.normalize)
		return false;
	StartInsertion(&ins, hnsw, payload, payload_size, heap_tid);
	if (!VmHnswDescend(&ins.search, 0, &nearest, &meta))
		return false;
	SearchLayer(&ins, &nearest, 1, UNCHANGED_EF, 0);
	return AddToDuplicate(&ins);
}

/* -------------------------------------------------------------------- relink */

/* The element's level; false when it is gone. */
static bool
ReadLevel(VmHnsw *hnsw, const VmHnswNode *node, int *level)
{
	Buffer buffer = VmHnswReadBlock(hnsw, VmHnswRefBlock(hnsw, node->ref), BUFFER_LOCK_SHARE);
	VmHnswElement *element;
	Size size;
	bool found;

	if (!BufferIsValid(buffer))
		return false;
	element =
		VmHnswPageElement(hnsw, BufferGetPage(buffer), VmHnswRefOffset(hnsw, node->ref), &size);
	found = element != NULL && element->version == node->version;
	if (found)
		*level = element->level;
	UnlockReleaseBuffer(buffer);
	return found;
}

/* Leaves out the element itself, which a search may find. */
static void
RemoveNode(Insertion *ins, VmHnswRef ref)
{
	int count = 0;

	for (int i = 0; i < ins->count; i++)
	{
		if (ins->nodes[i].ref != ref)
			ins->nodes[count++] = ins->nodes[i];
	}
	ins->count = count;
}

/*
 * Keeps those of the links an element had that are alive, as far as there is
 * room: to some of them no other list may lead.
 */
static int
KeepOldLinks(VmHnsw *hnsw, int at, const VmHnswRef *old, int old_count, VmHnswRef *refs, int count)
{
	for (int i = 0; i < old_count && count < VM_HNSW_LAYER_LINKS(hnsw->m, at); i++)
	{
		VmHnswNode node;

		if (!VmHnswHasRef(refs, count, old[i]) && VmHnswMeasure(hnsw, NULL, old[i], &node) &&
			!node.tombstone && node.level >= at)
			refs[count++] = old[i];
	}
	return count;
}

/* New links of one layer, beside the old ones, and back. */
static void
RelinkLayer(Insertion *ins, const VmHnswNode *node, int at)
{
	VmHnsw *hnsw = ins->hnsw;
	VmHnswRef seen[VM_HNSW_MAX_LINKS];
	VmHnswRef refs[VM_HNSW_MAX_LINKS];
	int seen_count = VmHnswReadLinks(hnsw, node, at, seen);
	int count;
	Layer chosen;

	RemoveNode(ins, node->ref);
	count = VmHnswChooseLinks(&ins->linker, ins->payload, ins->nodes, ins->count, at,
							  VmHnswOwnLinks(hnsw, at), refs);
	KeepChosen(ins, refs, count, &chosen);
	if (count > 0)
		count = KeepOldLinks(hnsw, at, seen, seen_count, refs, count);
	if (count > 0 && VmHnswReplaceLinks(hnsw, node, at, seen, seen_count, refs, count))
		LinkBackAll(ins, node, &chosen, at);
}

void
VmHnswRelink(VmHnsw *hnsw, VmHnswRef ref)
{
	Insertion ins;
	VmHnswNode node;
	VmHnswNode nearest;
	VmHnswMeta meta;
	char *payload = palloc(hnsw->space.size);
	int level;

	if (!VmHnswMeasureAndCopy(hnsw, NULL, ref, &node, payload) || node.tombstone ||
		!ReadLevel(hnsw, &node, &level))
		return;
	StartInsertion(&ins, hnsw, payload, hnsw->space.size, NULL);
	if (!VmHnswDescend(&ins.search, level, &nearest, &meta))
		return;
	for (int at = Min(level, meta.entry_level); at >= 0; at--)
	{
		SearchLayer(&ins, &nearest, 1, VmHnswInsertEf(hnsw), at);
		RelinkLayer(&ins, &node, at);
		if (ins.count > 0)
			nearest = ins.nodes[0];
	}
}

/* ------------------------------------------------------------------- aminsert */

/* What the inserts of one statement share. */
typedef struct InsertCache
{
	VmHnsw hnsw;
	MemoryContext context; /* of one insert */
} InsertCache;

static InsertCache *
GetCache(Relation index, IndexInfo *index_info)
{
	InsertCache *cache = index_info->ii_AmCache;
	MemoryContext old;

	if (cache != NULL)
		return cache;
	old = MemoryContextSwitchTo(index_info->ii_Context);
	cache = palloc0(sizeof(InsertCache));
	VmHnswOpen(&cache->hnsw, index);
	cache->context =
		AllocSetContextCreate(CurrentMemoryContext, "hnsw insert", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(old);
	index_info->ii_AmCache = cache;
	return cache;
}

bool
VmHnswInsert(Relation index, Datum *values, bool *isnull, ItemPointer heap_tid, Relation heap,
			 IndexUniqueCheck check_unique, bool index_unchanged, IndexInfo *index_info)
{
	InsertCache *cache;
	MemoryContext old;
	const void *payload;
	Size size;

	if (isnull[0])
		return false;
	cache = GetCache(index, index_info);
	cache->hnsw.index = index;
	old = MemoryContextSwitchTo(cache->context);
	payload = VmSpacePayload(&cache->hnsw.space, values[0], &VmHnswLimits, &size);
	if (payload != NULL &&
		!(index_unchanged && InsertUnchanged(&cache->hnsw, payload, size, heap_tid)))
		VmHnswInsertTuple(&cache->hnsw, payload, size, heap_tid);
	MemoryContextSwitchTo(old);
	MemoryContextReset(cache->context);
	return false;
}
