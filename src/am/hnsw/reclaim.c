/*
 * reclaim.c
 *		Freeing the places of tombstones: VmHnswReclaim.
 *
 * An element and its neighbors item go in one step, so neither is ever without
 * the other (HNSW-2).  The page's version counter moves on in the same step, by
 * which whoever still holds a ref of the place can tell what is put there later
 * (HNSW-4).
 *
 * Lock order as in place.c: the element's page, then, conditionally, pages of
 * neighbors items (HNSW-6).  A tombstone whose pages are not to be had stays
 * for the next vacuum.
 */
#include "compat/compat.h"
#include "compat/vacuum.h"

#include "miscadmin.h"
#include "storage/freespace.h"
#include "utils/rel.h"

#include "am/hnsw/place.h"
#include "am/hnsw/vacuum_private.h"

/* Steps in vain for a page, before its tombstones are left to the next vacuum. */
#define MAX_FAILURES 5

/* The changes of one step: the elements' page and others of neighbors items. */
typedef struct Step
{
	VmHnswVacuum *vacuum;
	VmHnsw *hnsw;
	VmPageEdit edit;
	BlockNumber block; /* of the elements */
	Page page;
	int page_count;
	Buffer buffers[VM_PAGE_EDIT_MAX];
	Page pages[VM_PAGE_EDIT_MAX];
	int freed;
	bool is_left; /* a tombstone remains that could be freed */
} Step;

/*
 * The copy of the page that holds a neighbors item.  NULL: it is not to be had
 * in this step.
 */
static Page
GetNeighborsPage(Step *step, BlockNumber block)
{
	VmHnsw *hnsw = step->hnsw;
	Buffer buffer;

	for (int i = 0; i < step->page_count; i++)
	{
		if (BufferGetBlockNumber(step->buffers[i]) == block)
			return step->pages[i];
	}
	if (step->page_count == VM_PAGE_EDIT_MAX)
		return NULL;
	buffer = ReadBufferExtended(hnsw->index, MAIN_FORKNUM, block, RBM_NORMAL,
								step->vacuum->info->strategy);
	if (!ConditionalLockBuffer(buffer))
	{
		ReleaseBuffer(buffer);
		return NULL;
	}
	step->buffers[step->page_count] = buffer;
	if (!VmHnswCheckDataPage(hnsw, buffer))
		VmPageRaiseCorrupt(hnsw->index, block, "An element has its links on it, but it is empty.");
	step->pages[step->page_count] = VmPageEditBuffer(&step->edit, buffer, false);
	return step->pages[step->page_count++];
}

/* Takes an item off a page; the numbers of the others do not change. */
static void
DeleteItem(Page page, OffsetNumber offset)
{
	PageIndexTupleDeleteNoCompact(page, offset);
	PageSetHasFreeLinePointers(page);
}

/*
 * Frees a tombstone and its neighbors item.  Where damage has separated them,
 * only the element.
 */
static void
FreeElement(Step *step, VmHnswRef ref)
{
	VmHnsw *hnsw = step->hnsw;
	OffsetNumber offset = VmHnswRefOffset(hnsw, ref);
	Size size;
	VmHnswElement *element = VmHnswPageElement(hnsw, step->page, offset, &size);
	BlockNumber block;
	OffsetNumber neighbors_offset;
	Page neighbors_page;
	VmHnswNeighbors *neighbors;

	if (element == NULL || !(element->flags & VM_HNSW_TOMBSTONE))
		VmPageRaiseCorrupt(hnsw->index, step->block, "A deleted element has changed.");
	block = ItemPointerGetBlockNumberNoCheck(&element->neighbors);
	neighbors_offset = ItemPointerGetOffsetNumberNoCheck(&element->neighbors);
	if (block >= VM_HNSW_FIRST_BLOCK && block < hnsw->blocks)
	{
		neighbors_page = GetNeighborsPage(step, block);
		if (neighbors_page == NULL)
		{
			step->is_left = true;
			return;
		}
		neighbors = VmHnswPageNeighbors(hnsw, neighbors_page, neighbors_offset);
		if (neighbors != NULL && neighbors->owner == ref && neighbors->version == element->version)
			DeleteItem(neighbors_page, neighbors_offset);
	}
	DeleteItem(step->page, offset);
	VmHnswRefSetRemove(&step->vacuum->reusable, ref);
	VmHnswRefSetRemove(&step->vacuum->dead, ref);
	step->freed++;
}

static void
StartStep(Step *step, VmHnswVacuum *vacuum, BlockNumber block)
{
	Buffer buffer =
		VmHnswSweepBlock(&vacuum->hnsw, block, BUFFER_LOCK_EXCLUSIVE, vacuum->info->strategy);

	if (!BufferIsValid(buffer))
		VmPageRaiseCorrupt(vacuum->hnsw.index, block, "It held elements, but it is empty.");
	step->vacuum = vacuum;
	step->hnsw = &vacuum->hnsw;
	step->block = block;
	step->freed = 0;
	step->is_left = false;
	VmPageEditStart(&step->edit, vacuum->hnsw.index, false);
	step->buffers[0] = buffer;
	step->page = step->pages[0] = VmPageEditBuffer(&step->edit, buffer, false);
	step->page_count = 1;
}

/* Writes the pages, releases them, and tells the free space map. */
static void
FinishStep(Step *step)
{
	VmHnsw *hnsw = step->hnsw;

	if (step->freed > 0)
	{
		VmPageGetOpaque(step->page)->next++;
		VmPageEditFinish(&step->edit);
	}
	else
		VmPageEditAbort(&step->edit);

	for (int i = 0; i < step->page_count; i++)
	{
		Buffer buffer = step->buffers[i];
		BlockNumber block = BufferGetBlockNumber(buffer);
		Page page = BufferGetPage(buffer);
		Size room = VmHnswFreeSpaceClass(hnsw, PageGetExactFreeSpace(page));

		UnlockReleaseBuffer(buffer);
		if (room > 0)
			RecordPageWithFreeSpace(hnsw->index, block, room);
	}
}

/*
 * Frees what is reusable on a page, refs from `from` up, as far as one step
 * goes.  Returns how many; *is_left tells whether there are more.
 */
static int
ReclaimStep(VmHnswVacuum *vacuum, BlockNumber block, VmHnswRef from, bool *is_left)
{
	Step step;
	uint64 next = from;
	VmHnswRef ref;

	StartStep(&step, vacuum, block);
	while (VmHnswRefSetNext(&vacuum->reusable, next, &ref) &&
		   VmHnswRefBlock(&vacuum->hnsw, ref) == block)
	{
		FreeElement(&step, ref);
		next = (uint64) ref + 1;
	}
	FinishStep(&step);
	*is_left = step.is_left;
	return step.freed;
}

/* Takes as many steps as the page needs, as long as some get on. */
static void
ReclaimBlock(VmHnswVacuum *vacuum, BlockNumber block, VmHnswRef from)
{
	int failures = 0;
	bool is_left = true;

	while (is_left && failures < MAX_FAILURES)
	{
		VmVacuumDelayPoint();
		if (ReclaimStep(vacuum, block, from, &is_left) == 0)
			failures++;
	}
}

void
VmHnswReclaim(VmHnswVacuum *vacuum)
{
	VmHnsw *hnsw = &vacuum->hnsw;
	uint64 from = 0;
	VmHnswRef ref;

	hnsw->blocks = RelationGetNumberOfBlocks(hnsw->index);
	while (VmHnswRefSetNext(&vacuum->reusable, from, &ref))
	{
		BlockNumber block = VmHnswRefBlock(hnsw, ref);

		ReclaimBlock(vacuum, block, ref);
		from = ((uint64) block + 1) * hnsw->stride;
	}
}
