/*
 * flush.c
 *		Writing the graph that was built in memory to pages: VmHnswFlush.
 *
 * Two pages are open at a time: elements go to the first, each with its
 * neighbors item where both fit (VmHnswKeepsTogether), and neighbors items that
 * do not fit there go to the second.  Links are refs, which name a place, so
 * all places are determined before anything is written; both passes go through
 * the same Placement and come to the same places.
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

static Place
PlaceNext(Placement *placement, const VmGraph *graph, uint32 id)
{
	return PlaceNode(placement, PayloadSize(placement->hnsw, graph, id),
					 VmGraphGetNode(graph, id)->level);
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
		Place place = PlaceNext(&placement, graph, order[i]);

		CHECK_FOR_INTERRUPTS();
		refs[order[i]] = VmHnswMakeRef(hnsw, ItemPointerGetBlockNumber(&place.element),
									   ItemPointerGetOffsetNumber(&place.element));
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

static void
CopyHeapTids(const VmGraph *graph, const VmGraphNode *node, ItemPointer heap_tids)
{
	int count = 0;

	heap_tids[count++] = node->heap_tid;
	for (uint32 unit = node->more_tids; unit != 0;)
	{
		const VmGraphTid *more = VmGraphGetUnits(graph, unit);

		heap_tids[count++] = more->heap_tid;
		unit = more->next;
	}
	while (count < VM_HNSW_HEAP_TIDS)
		ItemPointerSetInvalid(&heap_tids[count++]);
}

static void
WriteElement(Writer *writer, uint32 id, Place *place, Buffer buffer)
{
	VmHnswElement *element = (VmHnswElement *) writer->item.data;
	VmGraphNode *node = VmGraphGetNode(writer->graph, id);

	memset(element, 0, sizeof(*element));
	element->kind = VM_HNSW_KIND_ELEMENT;
	element->level = node->level;
	element->version = VmHnswPageVersion(BufferGetPage(buffer));
	if (place->head < PayloadSize(writer->hnsw, writer->graph, id))
	{
		element->flags = VM_HNSW_CUT;
		element->head = (uint16) place->head;
	}
	element->neighbors = place->neighbors;
	CopyHeapTids(writer->graph, node, element->u.heap_tids);
	memcpy(element->payload, VmGraphGetPayload(writer->graph, id), place->head);
	WriteItem(writer, buffer, &place->element, VM_HNSW_ELEMENT_SIZE(place->head));
}

static void
WriteNeighbors(Writer *writer, uint32 id, Place *place, uint8 version, Buffer buffer)
{
	VmHnswNeighbors *neighbors = (VmHnswNeighbors *) writer->item.data;
	VmGraphNode *node = VmGraphGetNode(writer->graph, id);
	int m = writer->hnsw->m;
	Size size = VM_HNSW_NEIGHBORS_SIZE(m, node->level);
	Size tail = PayloadSize(writer->hnsw, writer->graph, id) - place->head;

	memset(neighbors, 0, size);
	neighbors->kind = VM_HNSW_KIND_NEIGHBORS;
	neighbors->level = node->level;
	neighbors->version = version;
	neighbors->owner = writer->refs[id];
	for (int layer = 0; layer <= node->level; layer++)
	{
		const VmGraphLinks *links = VmGraphGetLinks(writer->graph, node, layer);
		VmHnswRef *refs = &neighbors->refs[VM_HNSW_LAYER_START(m, layer)];
		int count = VmGraphLinkCount(links);

		for (int i = 0; i < count; i++)
			refs[i] = writer->refs[VmGraphLinkId(links, i)];
	}
	memcpy((char *) neighbors + size, VmGraphGetPayload(writer->graph, id) + place->head, tail);
	WriteItem(writer, buffer, &place->neighbors, size + tail);
}

static void
WriteNode(Writer *writer, uint32 id)
{
	Place place = PlaceNext(&writer->placement, writer->graph, id);
	const OpenPage *elements = &writer->placement.elements;
	const OpenPage *overflow = &writer->placement.overflow;
	bool together;

	/* the page of elements was opened first if both were */
	FollowPlacement(writer, &writer->elements, elements);
	FollowPlacement(writer, &writer->overflow, overflow);
	together = ItemPointerGetBlockNumber(&place.neighbors) == elements->block;
	WriteElement(writer, id, &place, writer->elements);
	WriteNeighbors(writer, id, &place, VmHnswPageVersion(BufferGetPage(writer->elements)),
				   together ? writer->elements : writer->overflow);
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

/* Elements that a page takes, of the largest payload. */
static int
NodesPerPage(const VmHnsw *hnsw)
{
	Size space = ItemSpace(VM_HNSW_ELEMENT_SIZE(hnsw->space.size));

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
	order = VmHnswComputeOrder(graph, NodesPerPage(hnsw));
	refs = ComputeRefs(hnsw, graph, order);
	WriteNodes(hnsw, graph, order, refs);
	WriteEntry(hnsw, refs[entry], VmGraphGetNode(graph, entry)->level);
	pfree(refs);
	pfree(order);
}
