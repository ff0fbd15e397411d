/*
 * place.c
 *		Finding room for a new element and writing it: see place.h.
 *
 * Lock order: metapage, page of the element, page of its neighbors item.  The
 * last is taken conditionally where it is not new, so that two inserters who
 * want each other's pages do not wait in a circle (HNSW-6).
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "storage/freespace.h"
#include "storage/indexfsm.h"
#include "utils/rel.h"

#include "am/hnsw/place.h"
#include "am/stop_point.h"

/* Sizes by which the free space map is asked; see VmHnswFreeSpaceClass. */
#define CLASS_ELEMENT   7680
#define CLASS_NEIGHBORS 3840
#define CLASS_LISTED    256 /* added to what is recorded, above any rounding */

static Size
ItemSpace(Size size)
{
	return MAXALIGN(size) + sizeof(ItemIdData);
}

static Size
NeighborsSpace(const VmHnsw *hnsw, int level, Size tail)
{
	return ItemSpace(VM_HNSW_NEIGHBORS_SIZE(hnsw->m, level) + tail);
}

/* Room that a page must have to take a new element, or the head of one. */
static Size
ElementRoom(const VmHnsw *hnsw, Size payload_size)
{
	if (hnsw->apart)
		return VmHnswHeadRoom(hnsw, payload_size);
	return Min(ItemSpace(VM_HNSW_ELEMENT_SIZE(payload_size)) + NeighborsSpace(hnsw, 0, 0),
			   VM_PAGE_CAPACITY);
}

Size
VmHnswFreeSpaceClass(const VmHnsw *hnsw, Size room)
{
	if (hnsw->space.kind == VM_VALUE_SPARSEVEC)
		return room;
	if (room >= ElementRoom(hnsw, hnsw->space.size))
		return CLASS_ELEMENT + CLASS_LISTED;
	if (room >= NeighborsSpace(hnsw, 0, 0))
		return CLASS_NEIGHBORS + CLASS_LISTED;
	return 0;
}

/* What the map is asked for, to place an element or only its neighbors. */
static Size
WantedClass(const VmHnsw *hnsw, Size room, bool element)
{
	if (hnsw->space.kind == VM_VALUE_SPARSEVEC)
		return room;
	return element ? CLASS_ELEMENT : CLASS_NEIGHBORS;
}

void
VmHnswInitDataPage(Page page)
{
	VmPageInit(page, VM_PAGE_ID_HNSW, VM_HNSW_PAGE_DATA);
	VmPageGetOpaque(page)->next = 0; /* its version, VmHnswPageVersion */
}

/* ------------------------------------------------------------- finding room */

/* A locked page to write on. */
typedef struct Target
{
	Buffer buffer;
	bool is_new; /* to be initialized */
} Target;

static Size
Room(Page page)
{
	return PageGetExactFreeSpace(page);
}

/*
 * Locks a block if it has the room; conditionally, for waiting might close a
 * circle (HNSW-6), and would queue behind another inserter.
 */
static bool
TryBlock(VmHnsw *hnsw, BlockNumber block, Size room, Target *target)
{
	Buffer buffer;
	Size found;

	if (block < VM_HNSW_FIRST_BLOCK || block >= RelationGetNumberOfBlocks(hnsw->index))
		return false;
	buffer = ReadBuffer(hnsw->index, block);
	if (!ConditionalLockBuffer(buffer))
	{
		ReleaseBuffer(buffer);
		return false;
	}
	target->buffer = buffer;
	target->is_new = !VmHnswCheckDataPage(hnsw, buffer);
	found = target->is_new ? VM_PAGE_CAPACITY : Room(BufferGetPage(buffer));
	if (found >= room)
		return true;
	UnlockReleaseBuffer(buffer);
	RecordPageWithFreeSpace(hnsw->index, block, VmHnswFreeSpaceClass(hnsw, found));
	return false;
}

/* Tries before the index is extended although the map knows of pages. */
#define MAX_MAP_TRIES 10

static bool
TryMap(VmHnsw *hnsw, Size room, Size class, BlockNumber except, Target *target)
{
	for (int i = 0; i < MAX_MAP_TRIES; i++)
	{
		BlockNumber block = GetPageWithFreeSpace(hnsw->index, class);

		if (block == InvalidBlockNumber)
			return false;
		if (block != except && TryBlock(hnsw, block, room, target))
			return true;
	}
	return false;
}

static void
Extend(VmHnsw *hnsw, Target *target)
{
	target->buffer = VmExtendRelation(hnsw->index, MAIN_FORKNUM);
	target->is_new = true;
	VmStopPoint("hnsw-extended");
}

/*
 * A page for an element: where this backend placed the last one, where the map
 * says, the last page, or a new one.
 */
static void
FindElementPage(VmHnsw *hnsw, Size room, Target *target)
{
	BlockNumber last = RelationGetTargetBlock(hnsw->index);
	BlockNumber blocks;

	if (last != InvalidBlockNumber && TryBlock(hnsw, last, room, target))
		return;
	if (TryMap(hnsw, room, WantedClass(hnsw, room, true), InvalidBlockNumber, target))
		return;
	blocks = RelationGetNumberOfBlocks(hnsw->index);
	if (blocks > VM_HNSW_FIRST_BLOCK && TryBlock(hnsw, blocks - 1, room, target))
		return;
	Extend(hnsw, target);
}

/* A page for a neighbors item, while the element's page is locked. */
static void
FindNeighborsPage(VmHnsw *hnsw, Size room, BlockNumber element_block, Target *target)
{
	if (!TryMap(hnsw, room, WantedClass(hnsw, room, false), element_block, target))
		Extend(hnsw, target);
}

/* ------------------------------------------------------------------- writing */

static OffsetNumber
AddItem(VmHnsw *hnsw, Page page, const void *item, Size size)
{
	OffsetNumber offset = PageAddItem(page, (Item) item, size, InvalidOffsetNumber, false, false);

	if (offset == InvalidOffsetNumber || offset > hnsw->stride)
		elog(ERROR, "could not add an item to a page of index \"%s\"",
			 RelationGetRelationName(hnsw->index));
	return offset;
}

static VmHnswElement *
MakeElement(const VmHnswNewElement *new, Size head, Page page)
{
	VmHnswElement *element = palloc0(VM_HNSW_ELEMENT_SIZE(head));

	element->kind = VM_HNSW_KIND_ELEMENT;
	element->level = new->level;
	element->version = VmHnswPageVersion(page);
	if (head < new->payload_size)
	{
		element->flags = VM_HNSW_CUT;
		element->head = head;
	}
	element->u.heap_tids[0] = new->heap_tid;
	for (int i = 1; i < VM_HNSW_HEAP_TIDS; i++)
		ItemPointerSetInvalid(&element->u.heap_tids[i]);
	memcpy(element->payload, new->payload, head);
	return element;
}

static VmHnswNeighbors *
MakeNeighbors(const VmHnsw *hnsw, const VmHnswNewElement *new, Size head, uint8 version)
{
	Size size = VM_HNSW_NEIGHBORS_SIZE(hnsw->m, new->level);
	VmHnswNeighbors *neighbors = palloc0(size + new->payload_size - head);

	neighbors->kind = VM_HNSW_KIND_NEIGHBORS;
	neighbors->level = new->level;
	neighbors->version = version;
	memcpy(neighbors->refs, new->refs, size - offsetof(VmHnswNeighbors, refs));
	memcpy((char *) neighbors + size, (const char *) new->payload + head, new->payload_size - head);
	return neighbors;
}

/* The pages of one step and their copies. */
typedef struct Step
{
	VmPageEdit edit;
	Target element;
	Target neighbors; /* InvalidBuffer: on the element's page */
	Size head;        /* bytes of the payload in the element */
	Page element_page;
	Page neighbors_page;
} Step;

static Page
StartPage(VmPageEdit *edit, const Target *target)
{
	Page page = VmPageEditBuffer(edit, target->buffer, target->is_new);

	if (target->is_new)
		VmHnswInitDataPage(page);
	return page;
}

/* Picks and locks the pages, and makes both items' room certain. */
static void
StartStep(VmHnsw *hnsw, const VmHnswNewElement *new, Step *step)
{
	Size room;
	Size element_space;
	Size neighbors_space;

	FindElementPage(hnsw, ElementRoom(hnsw, new->payload_size), &step->element);
	room = step->element.is_new ? VM_PAGE_CAPACITY : Room(BufferGetPage(step->element.buffer));
	step->head = VmHnswHeadSize(hnsw, new->payload_size, room);
	element_space = ItemSpace(VM_HNSW_ELEMENT_SIZE(step->head));
	neighbors_space = NeighborsSpace(hnsw, new->level, new->payload_size - step->head);
	step->neighbors.buffer = InvalidBuffer;
	if (!VmHnswKeepsTogether(hnsw, room, element_space, neighbors_space))
		FindNeighborsPage(hnsw, neighbors_space, BufferGetBlockNumber(step->element.buffer),
						  &step->neighbors);
}

/* Lets everybody find the room of a new page for neighbors items at once. */
static void
OfferPage(VmHnsw *hnsw, BlockNumber block, Size room)
{
	RecordPageWithFreeSpace(hnsw->index, block, VmHnswFreeSpaceClass(hnsw, room));
	FreeSpaceMapVacuumRange(hnsw->index, block, block + 1);
}

static void
FinishStep(VmHnsw *hnsw, Step *step, Buffer meta_buffer)
{
	BlockNumber block = BufferGetBlockNumber(step->element.buffer);
	BlockNumber neighbors_block = InvalidBlockNumber;
	Size room = 0;

	VmPageEditFinish(&step->edit);
	if (BufferIsValid(step->neighbors.buffer))
	{
		room = Room(BufferGetPage(step->neighbors.buffer));
		neighbors_block = BufferGetBlockNumber(step->neighbors.buffer);
		UnlockReleaseBuffer(step->neighbors.buffer);
	}
	UnlockReleaseBuffer(step->element.buffer);
	/* before the free space map is written: nobody waits for that */
	if (BufferIsValid(meta_buffer))
		UnlockReleaseBuffer(meta_buffer);
	if (BlockNumberIsValid(neighbors_block) && step->neighbors.is_new)
		OfferPage(hnsw, neighbors_block, room);
	RelationSetTargetBlock(hnsw->index, block);
}

static void
SetEntry(VmHnsw *hnsw, VmPageEdit *edit, Buffer meta_buffer, VmHnswRef ref, int level)
{
	VmHnswMeta *meta = VmHnswGetMeta(hnsw->index, VmPageEditBuffer(edit, meta_buffer, false));

	meta->entry = ref;
	meta->entry_level = level;
}

void
VmHnswPlace(VmHnsw *hnsw, const VmHnswNewElement *new, Buffer meta_buffer, VmHnswNode *node)
{
	Step step;
	VmHnswElement *element;
	VmHnswNeighbors *neighbors;
	OffsetNumber element_offset;
	OffsetNumber neighbors_offset;
	BlockNumber element_block;
	BlockNumber neighbors_block;

	StartStep(hnsw, new, &step);
	element_block = BufferGetBlockNumber(step.element.buffer);
	neighbors_block = BufferIsValid(step.neighbors.buffer) ?
						  BufferGetBlockNumber(step.neighbors.buffer) :
						  element_block;

	VmPageEditStart(&step.edit, hnsw->index, hnsw->building);
	step.element_page = StartPage(&step.edit, &step.element);
	step.neighbors_page = neighbors_block == element_block ? step.element_page :
															 StartPage(&step.edit, &step.neighbors);

	/* Each item names the other, so both are placed, then completed. */
	element = MakeElement(new, step.head, step.element_page);
	neighbors = MakeNeighbors(hnsw, new, step.head, element->version);
	element_offset = AddItem(hnsw, step.element_page, element, VM_HNSW_ELEMENT_SIZE(step.head));
	node->ref = VmHnswMakeRef(hnsw, element_block, element_offset);
	neighbors->owner = node->ref;
	neighbors_offset =
		AddItem(hnsw, step.neighbors_page, neighbors,
				VM_HNSW_NEIGHBORS_SIZE(hnsw->m, new->level) + new->payload_size - step.head);
	node->distance = 0;
	node->version = element->version;
	node->level = new->level;
	node->tombstone = false;
	ItemPointerSet(&node->neighbors, neighbors_block, neighbors_offset);
	((VmHnswElement *) PageGetItem(step.element_page,
								   PageGetItemId(step.element_page, element_offset)))
		->neighbors = node->neighbors;
	if (BufferIsValid(meta_buffer))
		SetEntry(hnsw, &step.edit, meta_buffer, node->ref, new->level);

	FinishStep(hnsw, &step, meta_buffer);
	pfree(element);
	pfree(neighbors);
}
