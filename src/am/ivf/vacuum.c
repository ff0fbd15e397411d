/*
 * vacuum.c
 *		Removes dead rows: VmIvfBulkDelete, VmIvfVacuumCleanup.
 *
 * One sweep over the row pages in the file's order.  Pages stay in their chains;
 * inserts fill the freed slots, because each list's insert page is set back to
 * the first page where there are any.
 *
 * Only to pages of the list's chain: chains ascend (IVF-3), so the sweep meets a
 * chain's pages in its order and knows which one comes next.  A page that says it
 * is of a list and is not next in its chain is damaged, or came after the sweep
 * had passed the chain's end; no insert is sent there.
 */
#include "compat/compat.h"

#include "commands/vacuum.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "am/ivf/ivf.h"
#include "am/ivf/layout.h"

typedef struct Sweep
{
	IndexVacuumInfo *info;
	IndexBulkDeleteResult *stats;
	IndexBulkDeleteCallback callback;
	void *state;
	const VmIvf *ivf;
	BlockNumber *next;       /* of each list: the chain's next page */
	BlockNumber *first_room; /* the chain's first page that has room, as far as seen */
} Sweep;

static bool
IsDead(ItemPointer tid, void *opaque)
{
	Sweep *sweep = opaque;

	return sweep->callback(tid, sweep->state);
}

/* Where the chains begin.  One that begins later holds no row that is dead. */
static void
ReadStarts(Sweep *sweep, BlockNumber block)
{
	const VmIvf *ivf = sweep->ivf;
	Buffer buffer = VmIvfReadListPage(sweep->info->index, ivf, block, BUFFER_LOCK_SHARE);
	int first = (block - VM_IVF_FIRST_LIST_BLOCK) * ivf->lists_per_page;

	for (int slot = 0; slot < VmIvfListsOnPage(ivf, block); slot++)
		sweep->next[first + slot] = VmIvfListSlot(ivf, BufferGetPage(buffer), slot)->start;
	UnlockReleaseBuffer(buffer);
}

/* Notes what a page means for the chain of its list. */
static void
FollowChain(Sweep *sweep, Page page, BlockNumber block)
{
	int list = sweep->ivf->layout->page_list(page);

	if (block != sweep->next[list])
		return;
	sweep->next[list] = VmPageGetOpaque(page)->next;
	if (!BlockNumberIsValid(sweep->first_room[list]) &&
		sweep->ivf->layout->has_room(sweep->ivf, page))
		sweep->first_room[list] = block;
}

/*
 * Under one exclusive lock, since rows do not move between pages: an insert in
 * between could only add rows that are not dead.
 */
static void
SweepPage(Sweep *sweep, BlockNumber block)
{
	const VmIvf *ivf = sweep->ivf;
	const VmIvfLayout *layout = ivf->layout;
	Relation index = sweep->info->index;
	Buffer buffer =
		ReadBufferExtended(index, MAIN_FORKNUM, block, RBM_NORMAL, sweep->info->strategy);
	Page page = BufferGetPage(buffer);
	const char *problem;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);

	/* A crash between extending the relation and using the page (IVF-7). */
	if (PageIsNew(page))
	{
		UnlockReleaseBuffer(buffer);
		return;
	}
	problem = layout->problem(ivf, page, -1);
	if (problem != NULL)
		VmPageRaiseCorrupt(index, block, problem);

	if (layout->has_dead(ivf, page, IsDead, sweep))
	{
		VmPageEdit edit;

		VmPageEditStart(&edit, index, false);
		sweep->stats->tuples_removed +=
			layout->remove(ivf, VmPageEditBuffer(&edit, buffer, false), IsDead, sweep);
		VmPageEditFinish(&edit);
	}
	sweep->stats->num_index_tuples += layout->count(ivf, page);
	FollowChain(sweep, page, block);
	UnlockReleaseBuffer(buffer);
}

/* Sets insert pages of one list page back; writes it only if one changes. */
static void
RewindInsertPages(Sweep *sweep, BlockNumber block)
{
	const VmIvf *ivf = sweep->ivf;
	Buffer buffer = VmIvfReadListPage(sweep->info->index, ivf, block, BUFFER_LOCK_EXCLUSIVE);
	int first = (block - VM_IVF_FIRST_LIST_BLOCK) * ivf->lists_per_page;
	int count = VmIvfListsOnPage(ivf, block);
	Page page = BufferGetPage(buffer);
	VmPageEdit edit;
	bool changed = false;

	for (int slot = 0; slot < count; slot++)
	{
		BlockNumber room = sweep->first_room[first + slot];

		/* A list without pages has InvalidBlockNumber in both places. */
		if (room >= VmIvfListSlot(ivf, page, slot)->insert)
			continue;
		if (!changed)
		{
			VmPageEditStart(&edit, sweep->info->index, false);
			page = VmPageEditBuffer(&edit, buffer, false);
			changed = true;
		}
		VmIvfListSlot(ivf, page, slot)->insert = room;
	}
	if (changed)
		VmPageEditFinish(&edit);
	UnlockReleaseBuffer(buffer);
}

/* ambulkdelete */
IndexBulkDeleteResult *
VmIvfBulkDelete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
				IndexBulkDeleteCallback callback, void *state)
{
	Sweep sweep = {.info = info, .stats = stats, .callback = callback, .state = state};
	BlockNumber blocks;

	if (stats == NULL)
		stats = sweep.stats = palloc0(sizeof(IndexBulkDeleteResult));
	stats->num_index_tuples = 0;
	sweep.ivf = VmIvfOpen(info->index);
	sweep.next = palloc(sweep.ivf->lists * sizeof(BlockNumber));
	sweep.first_room = palloc(sweep.ivf->lists * sizeof(BlockNumber));
	for (int i = 0; i < sweep.ivf->lists; i++)
		sweep.first_room[i] = InvalidBlockNumber;
	for (BlockNumber block = VM_IVF_FIRST_LIST_BLOCK; block < sweep.ivf->row_block; block++)
	{
		VmVacuumDelayPoint();
		ReadStarts(&sweep, block);
	}

	/* Pages that come while we go hold no row that is dead to this vacuum. */
	blocks = RelationGetNumberOfBlocks(info->index);
	for (BlockNumber block = sweep.ivf->row_block; block < blocks; block++)
	{
		VmVacuumDelayPoint();
		SweepPage(&sweep, block);
	}
	for (BlockNumber block = VM_IVF_FIRST_LIST_BLOCK; block < sweep.ivf->row_block; block++)
	{
		VmVacuumDelayPoint();
		RewindInsertPages(&sweep, block);
	}
	pfree(sweep.first_room);
	pfree(sweep.next);
	return stats;
}

/* amvacuumcleanup */
IndexBulkDeleteResult *
VmIvfVacuumCleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	if (info->analyze_only || stats == NULL)
		return stats;
	stats->num_pages = RelationGetNumberOfBlocks(info->index);
	return stats;
}
