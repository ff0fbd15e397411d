/*
 * flush.c
 *		Writing the graph that was built in memory to pages: VmHnswFlush.
 *
 * Two pages are open at a time: elements go to the first, each with its
 * neighbors item where both fit (VmHnswKeepsTogether), and neighbors items that
 * do not fit there go to the second.  Links are refs, which name a place, so
 * all places are determined before anything is written; both passes go through
 * the same Placement and come to the same places.
 *
 * A node with more heap TIDs than an element holds becomes several elements,
 * one after the other.  The first is the node; the others, its followers, lie in
 * layer 0 only, and links of elements beside one another lead to them.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/flush.h"
#include "am/hnsw/order.h"
#include "am/hnsw/place.h"

/* ---------------------------------------------------------------- placement */

typedef struct OpenPage
{
	BlockNumber block; /* InvalidBlockNumber: none yet */
	Size room;
	OffsetNumber last;
} OpenPage;

typedef struct Placement
{
	const VmHnsw *hnsw;
	BlockNumber next_block;
	OpenPage elements;
	OpenPage overflow;
} Placement;

/* Where a node's items go. */
typedef struct Place
{
	ItemPointerData element;
	ItemPointerData neighbors;
	Size head; /* bytes of the payload in the element; the others follow the links */
} Place;

static Size
ItemSpace(Size size)
{
	return MAXALIGN(size) + sizeof(ItemIdData);
}

static void
InitPlacement(Placement *placement, const VmHnsw *hnsw)
{
	const OpenPage none = {InvalidBlockNumber, 0, InvalidOffsetNumber};

	placement->hnsw = hnsw;
	placement->next_block = VM_HNSW_FIRST_BLOCK;
	placement->elements = none;
	placement->overflow = none;
}

static void
OpenNext(Placement *placement, OpenPage *open)
{
	open->block = placement->next_block++;
	open->room = VM_PAGE_CAPACITY;
	open->last = InvalidOffsetNumber;
}

static void
TakeRoom(OpenPage *open, Size space, ItemPointer place)
{
	Assert(open->room >= space);
	open->room -= space;
	ItemPointerSet(place, open->block, ++open->last);
}

/* Room that the page of elements must have to take one more. */
static Size
ElementRoom(const VmHnsw *hnsw, Size payload_size)
{
	Size together;

	if (hnsw->apart)
		return VmHnswHeadRoom(hnsw, payload_size);
	together = ItemSpace(VM_HNSW_ELEMENT_SIZE(payload_size)) +
			   ItemSpace(VM_HNSW_NEIGHBORS_SIZE(hnsw->m, 0));
	return Min(together, VM_PAGE_CAPACITY);
}

static Place
PlaceNode(Placement *placement, Size payload_size, int level)
{
	const VmHnsw *hnsw = placement->hnsw;
	OpenPage *elements = &placement->elements;
	OpenPage *overflow = &placement->overflow;
	Place place;
	Size element_space;
	Size neighbors_space;

	if (elements->room < ElementRoom(hnsw, payload_size))
		OpenNext(placement, elements);
	place.head = VmHnswHeadSize(hnsw, payload_size, elements->room);
	element_space = ItemSpace(VM_HNSW_ELEMENT_SIZE(place.head));
	neighbors_space = ItemSpace(VM_HNSW_NEIGHBORS_SIZE(hnsw->m, level) + payload_size - place.head);

	if (VmHnswKeepsTogether(hnsw, elements->room, element_space, neighbors_space))
	{
		TakeRoom(elements, element_space, &place.element);
		TakeRoom(elements, neighbors_space, &place.neighbors);
		return place;
	}
	TakeRoom(elements, element_space, &place.element);
	if (overflow->room < neighbors_space)
		OpenNext(placement, overflow);
	TakeRoom(overflow, neighbors_space, &place.neighbors);
	return place;
}

/* -------------------------------------------------------------------- nodes */

static Size
PayloadSize(const VmHnsw *hnsw, const VmGraph *graph, uint32 id)
{
	if (hnsw->space.kind == VM_VALUE_SPARSEVEC)
		return VmGraphGetVariable(graph, id)->size;
	return hnsw->space.size;
}

/* The place of a node's next element: the first one, or a follower. */
static Place
PlaceNext(Placement *placement, const VmGraph *graph, uint32 id, uint32 number)
{
	return PlaceNode(placement, PayloadSize(placement->hnsw, graph, id),
					 number == 0 ? VmGraphGetNode(graph, id)->level : 0);
}

static uint32
CountHeapTids(const VmGraph *graph, uint32 id)
{
	uint32 count = 1;

	for (uint32 unit = VmGraphGetNode(graph, id)->more_tids; unit != 0; count++)
		unit = ((const VmGraphTid *) VmGraphGetUnits(graph, unit))->next;
	return count;
}

/* Elements that a node makes: at least one. */
static uint32
CountElements(const VmGraph *graph, uint32 id)
{
	return (CountHeapTids(graph, id) + VM_HNSW_HEAP_TIDS - 1) / VM_HNSW_HEAP_TIDS;
}

static VmHnswRef
PlaceRef(const VmHnsw *hnsw, const Place *place)
{
	return VmHnswMakeRef(hnsw, ItemPointerGetBlockNumberNoCheck(&place->element),
						 ItemPointerGetOffsetNumberNoCheck(&place->element));
}

/* The refs of all nodes, by number, in memory of their own. */
static VmHnswRef *
ComputeRefs(const VmHnsw *hnsw, const VmGraph *graph, const uint32 *order)
{
	uint32 count = VmGraphCount(graph);
	VmHnswRef *refs =
		MemoryContextAllocHuge(CurrentMemoryContext, (Size) (count + 1) * sizeof(VmHnswRef));
	Placement placement;

	InitPlacement(&placement, hnsw);
	for (uint32 i = 0; i < count; i++)
	{
		Place place = PlaceNext(&placement, graph, order[i], 0);
		uint32 elements = CountElements(graph, order[i]);

		CHECK_FOR_INTERRUPTS();
		refs[order[i]] = PlaceRef(hnsw, &place);
		for (uint32 number = 1; number < elements; number++)
			(void) PlaceNext(&placement, graph, order[i], number);
	}
	return refs;
}

/* ------------------------------------------------------------------ writing */

typedef struct Writer
{
	VmHnsw *hnsw;
	const VmGraph *graph;
	const VmHnswRef *refs;
	Placement placement;
	Buffer elements; /* of the open pages, pinned */
	Buffer overflow;
	PGAlignedBlock item;
} Writer;

static void
ReleaseIfValid(Buffer buffer)
{
	if (BufferIsValid(buffer))
		ReleaseBuffer(buffer);
}

/* Makes *buffer that of the open page; blocks are opened in their order. */
static void
FollowPlacement(Writer *writer, Buffer *buffer, const OpenPage *open)
{
	if (open->block == InvalidBlockNumber ||
		(BufferIsValid(*buffer) && BufferGetBlockNumber(*buffer) == open->block))
		return;
	ReleaseIfValid(*buffer);
	*buffer = VmExtendRelation(writer->hnsw->index, MAIN_FORKNUM);
	if (BufferGetBlockNumber(*buffer) != open->block)
		elog(ERROR, "index \"%s\" has grown to block %u where %u was expected",
			 RelationGetRelationName(writer->hnsw->index), BufferGetBlockNumber(*buffer),
			 open->block);
	VmHnswInitDataPage(BufferGetPage(*buffer));
	MarkBufferDirty(*buffer);
	LockBuffer(*buffer, BUFFER_LOCK_UNLOCK);
}

static void
WriteItem(Writer *writer, Buffer buffer, ItemPointer place, Size size)
{
	OffsetNumber offset;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	offset = PageAddItem(BufferGetPage(buffer), (Item) writer->item.data, size, InvalidOffsetNumber,
						 false, false);
	if (offset != ItemPointerGetOffsetNumber(place))
		elog(ERROR, "could not add an item to a page of index \"%s\"",
			 RelationGetRelationName(writer->hnsw->index));
	MarkBufferDirty(buffer);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
}

/* A node on its way to pages, as one element or several. */
typedef struct Writing
{
	uint32 id;
	VmGraphNode *node;
	uint32 elements;
	VmHnswRef *refs;  /* theirs */
	uint32 number;    /* of the one to be written */
	ItemPointer tids; /* all heap TIDs, in the order in which they came */
	uint32 tid_count;
} Writing;

/* All heap TIDs of a node, in memory of their own. */
static void
CollectHeapTids(const VmGraph *graph, Writing *writing)
{
	uint32 place = writing->tid_count = CountHeapTids(graph, writing->id);

	writing->tids =
		MemoryContextAllocHuge(CurrentMemoryContext, (Size) place * sizeof(ItemPointerData));
	for (uint32 unit = writing->node->more_tids; unit != 0;)
	{
		const VmGraphTid *more = VmGraphGetUnits(graph, unit);

		/* the last one that came is the first of the list */
		writing->tids[--place] = more->heap_tid;
		unit = more->next;
	}
	writing->tids[0] = writing->node->heap_tid;
}

/* The heap TIDs of the element to be written. */
static void
CopyHeapTids(const Writing *writing, ItemPointer heap_tids)
{
	uint32 first = writing->number * VM_HNSW_HEAP_TIDS;

	for (uint32 i = 0; i < VM_HNSW_HEAP_TIDS; i++)
	{
		if (first + i < writing->tid_count)
			heap_tids[i] = writing->tids[first + i];
		else
			ItemPointerSetInvalid(&heap_tids[i]);
	}
}

static int
WritingLevel(const Writing *writing)
{
	return writing->number == 0 ? writing->node->level : 0;
}

static void
WriteElement(Writer *writer, Writing *writing, Place *place, Buffer buffer)
{
	VmHnswElement *element = (VmHnswElement *) writer->item.data;

	memset(element, 0, sizeof(*element));
	element->kind = VM_HNSW_KIND_ELEMENT;
	element->level = (uint8) WritingLevel(writing);
	element->version = VmHnswPageVersion(BufferGetPage(buffer));
	if (place->head < PayloadSize(writer->hnsw, writer->graph, writing->id))
	{
		element->flags = VM_HNSW_CUT;
		element->head = (uint16) place->head;
	}
	element->neighbors = place->neighbors;
	CopyHeapTids(writing, element->u.heap_tids);
	memcpy(element->payload, VmGraphGetPayload(writer->graph, writing->id), place->head);
	WriteItem(writer, buffer, &place->element, VM_HNSW_ELEMENT_SIZE(place->head));
}

/*
 * Refs of the elements of the same node that one links to: some on either side,
 * the next one first, which is the only way to those behind.
 */
static int
CollectEquals(const Writing *writing, int max, VmHnswRef *refs)
{
	uint32 reach = (uint32) VM_HNSW_MAX_EQUALS(max) / 2;
	uint32 number = writing->number;
	int count = 0;

	for (uint32 step = 1; step <= reach; step++)
	{
		if (number + step < writing->elements)
			refs[count++] = writing->refs[number + step];
		if (step <= number)
			refs[count++] = writing->refs[number - step];
	}
	return count;
}

/*
 * Leaves room in a list of layer 0 for links to followers: those to the nodes
 * that most others lead to give way.
 */
static int
MakeRoom(Writer *writer, uint32 *ids, int count, int room)
{
	while (count > room)
	{
		uint32 most = 0;
		int place = 0;

		for (int i = 0; i < count; i++)
		{
			VmGraphNode *node = VmGraphGetNode(writer->graph, ids[i]);
			uint32 in_links = pg_atomic_read_u32(&node->in_links);

			if (in_links >= most)
			{
				most = in_links;
				place = i;
			}
		}
		pg_atomic_fetch_sub_u32(&VmGraphGetNode(writer->graph, ids[place])->in_links, 1);
		memmove(&ids[place], &ids[place + 1], (count - place - 1) * sizeof(uint32));
		count--;
	}
	return count;
}

/* Refs of an element's links; a follower takes its node's for half of its own. */
static void
WriteRefs(Writer *writer, const Writing *writing, int layer, VmHnswRef *refs)
{
	const VmGraphLinks *links = VmGraphGetLinks(writer->graph, writing->node, layer);
	int max = VM_HNSW_LAYER_LINKS(writer->hnsw->m, layer);
	int count = VmGraphLinkCount(links);
	uint32 ids[VM_HNSW_MAX_LINKS];
	VmHnswRef equals[VM_HNSW_MAX_LINKS];
	int equal_count = layer == 0 ? CollectEquals(writing, max, equals) : 0;

	if (writing->number > 0)
		count = Min(count, max / 2);
	for (int i = 0; i < count; i++)
		ids[i] = VmGraphLinkId(links, i);
	if (writing->number == 0)
	{
		equal_count = Min(equal_count, Max(1, max - count));
		count = MakeRoom(writer, ids, count, max - equal_count);
	}
	for (int i = 0; i < count; i++)
		refs[i] = writer->refs[ids[i]];
	memcpy(&refs[count], equals, equal_count * sizeof(VmHnswRef));
}

static void
WriteNeighbors(Writer *writer, const Writing *writing, Place *place, uint8 version, Buffer buffer)
{
	VmHnswNeighbors *neighbors = (VmHnswNeighbors *) writer->item.data;
	int m = writer->hnsw->m;
	int level = WritingLevel(writing);
	Size size = VM_HNSW_NEIGHBORS_SIZE(m, level);
	Size tail = PayloadSize(writer->hnsw, writer->graph, writing->id) - place->head;

	memset(neighbors, 0, size);
	neighbors->kind = VM_HNSW_KIND_NEIGHBORS;
	neighbors->level = (uint8) level;
	neighbors->version = version;
	neighbors->owner = writing->refs[writing->number];
	for (int layer = 0; layer <= level; layer++)
		WriteRefs(writer, writing, layer, &neighbors->refs[VM_HNSW_LAYER_START(m, layer)]);
	memcpy((char *) neighbors + size, VmGraphGetPayload(writer->graph, writing->id) + place->head,
		   tail);
	WriteItem(writer, buffer, &place->neighbors, size + tail);
}

/* Writes the next element of a node. */
static void
WriteNext(Writer *writer, Writing *writing)
{
	Place place = PlaceNext(&writer->placement, writer->graph, writing->id, writing->number);
	const OpenPage *elements = &writer->placement.elements;
	const OpenPage *overflow = &writer->placement.overflow;
	bool together;

	/* the page of elements was opened first if both were */
	FollowPlacement(writer, &writer->elements, elements);
	FollowPlacement(writer, &writer->overflow, overflow);
	together = ItemPointerGetBlockNumber(&place.neighbors) == elements->block;
	WriteElement(writer, writing, &place, writer->elements);
	WriteNeighbors(writer, writing, &place, VmHnswPageVersion(BufferGetPage(writer->elements)),
				   together ? writer->elements : writer->overflow);
}

/* The refs of a node's elements, in memory of their own. */
static VmHnswRef *
ElementRefs(const Writer *writer, uint32 id, uint32 count)
{
	VmHnswRef *refs =
		MemoryContextAllocHuge(CurrentMemoryContext, (Size) count * sizeof(VmHnswRef));
	Placement ahead = writer->placement;

	for (uint32 number = 0; number < count; number++)
	{
		Place place = PlaceNext(&ahead, writer->graph, id, number);

		refs[number] = PlaceRef(writer->hnsw, &place);
	}
	return refs;
}

static void
WriteNode(Writer *writer, uint32 id)
{
	Writing writing = {.id = id, .node = VmGraphGetNode(writer->graph, id)};

	writing.elements = CountElements(writer->graph, id);
	writing.refs = ElementRefs(writer, id, writing.elements);
	CollectHeapTids(writer->graph, &writing);
	for (; writing.number < writing.elements; writing.number++)
	{
		CHECK_FOR_INTERRUPTS();
		WriteNext(writer, &writing);
	}
	pfree(writing.refs);
	pfree(writing.tids);
}

static void
WriteNodes(VmHnsw *hnsw, const VmGraph *graph, const uint32 *order, const VmHnswRef *refs)
{
	Writer *writer = palloc0(sizeof(Writer));
	uint32 count = VmGraphCount(graph);

	writer->hnsw = hnsw;
	writer->graph = graph;
	writer->refs = refs;
	InitPlacement(&writer->placement, hnsw);
	for (uint32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		WriteNode(writer, order[i]);
	}
	ReleaseIfValid(writer->elements);
	ReleaseIfValid(writer->overflow);
	pfree(writer);
}

static void
WriteEntry(VmHnsw *hnsw, VmHnswRef entry, int level)
{
	Buffer buffer = ReadBuffer(hnsw->index, VM_HNSW_METAPAGE_BLOCK);
	VmHnswMeta *meta;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	meta = VmHnswGetMeta(hnsw->index, BufferGetPage(buffer));
	meta->entry = entry;
	meta->entry_level = (uint16) level;
	MarkBufferDirty(buffer);
	UnlockReleaseBuffer(buffer);
}

/* A node's payload; where these vary, the mean. */
static Size
MeanPayloadSize(const VmHnsw *hnsw, const VmGraph *graph)
{
	uint64 sum = 0;

	if (hnsw->space.kind != VM_VALUE_SPARSEVEC)
		return hnsw->space.size;
	for (uint32 id = 0; id < VmGraphCount(graph); id++)
		sum += PayloadSize(hnsw, graph, id);
	return (Size) (sum / VmGraphCount(graph));
}

/* Elements that a page takes, about. */
static int
NodesPerPage(const VmHnsw *hnsw, const VmGraph *graph)
{
	Size space = ItemSpace(VM_HNSW_ELEMENT_SIZE(MeanPayloadSize(hnsw, graph)));

	if (!hnsw->apart)
		space += ItemSpace(VM_HNSW_NEIGHBORS_SIZE(hnsw->m, 0));
	return Max(1, (int) (VM_PAGE_CAPACITY / space));
}

void
VmHnswFlush(VmHnsw *hnsw, VmGraph *graph)
{
	uint32 *order;
	VmHnswRef *refs;
	uint32 entry;

	if (!VmGraphGetEntry(graph, &entry))
		return;
	VmGraphLinkOrphans(graph);
	order = VmHnswComputeOrder(graph, NodesPerPage(hnsw, graph));
	refs = ComputeRefs(hnsw, graph, order);
	WriteNodes(hnsw, graph, order, refs);
	WriteEntry(hnsw, refs[entry], VmGraphGetNode(graph, entry)->level);
	pfree(refs);
	pfree(order);
}
