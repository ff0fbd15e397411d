/*
 * vacuum.c
 *		Removing the index entries of dead rows: VmHnswBulkDelete and
 *		VmHnswVacuumCleanup (vacuum.h).
 *
 * A cleanup goes over the index in this order; every step may be interrupted or
 * crash and leaves a sound index (README, "Vacuum"):
 *
 *	survey	which elements are live, which are tombstones, which of these have
 *			passed every horizon (reusable)
 *	entry	a live element becomes the entry in place of a tombstone
 *	repair	live elements get other links in place of those to tombstones
 *	relink	live elements that no live one links to, or that had lost most of
 *			their links, are linked as an insert would
 *	reclaim	the places of reusable tombstones are freed
 *
 * The survey looks at the horizon before the repair begins, so nobody can link
 * to a reusable tombstone behind the repair's back: whoever has seen it live
 * had a transaction ID when it did, and is over.
 */
#include "compat/compat.h"
#include "compat/vacuum.h"

#include "miscadmin.h"
#include "storage/freespace.h"
#include "storage/indexfsm.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/insert.h"
#include "am/hnsw/place.h"
#include "am/hnsw/vacuum.h"
#include "am/hnsw/vacuum_private.h"
#include "am/stop_point.h"

Buffer
VmHnswSweepBlock(VmHnsw *hnsw, BlockNumber block, int lock_mode, BufferAccessStrategy strategy)
{
	Buffer buffer = ReadBufferExtended(hnsw->index, MAIN_FORKNUM, block, RBM_NORMAL, strategy);

	LockBuffer(buffer, lock_mode);
	if (VmHnswCheckDataPage(hnsw, buffer))
		return buffer;
	UnlockReleaseBuffer(buffer);
	return InvalidBuffer;
}

/*
 * Whether the index has the block, *blocks being its length when last looked at,
 * 0 at first.  Pages that are added while a sweep goes on belong to it: they
 * hold rows that are to be counted.
 */
static bool
HasBlock(Relation index, BlockNumber block, BlockNumber *blocks)
{
	if (block >= *blocks)
		*blocks = RelationGetNumberOfBlocks(index);
	return block < *blocks;
}

/* ------------------------------------------------------------------ metapage */

/* Notes on the metapage whether there are tombstones. */
static void
SetHasTombstones(VmHnsw *hnsw, bool value)
{
	Buffer buffer = ReadBuffer(hnsw->index, VM_HNSW_METAPAGE_BLOCK);

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	if (VmHnswGetMeta(hnsw->index, BufferGetPage(buffer))->has_tombstones != value)
	{
		VmPageEdit edit;

		VmPageEditStart(&edit, hnsw->index, false);
		VmHnswGetMeta(hnsw->index, VmPageEditBuffer(&edit, buffer, false))->has_tombstones = value;
		VmPageEditFinish(&edit);
	}
	UnlockReleaseBuffer(buffer);
}

/* --------------------------------------------------------------- ambulkdelete */

/* One ambulkdelete. */
typedef struct Deletion
{
	VmHnsw hnsw;
	IndexBulkDeleteResult *stats;
	IndexBulkDeleteCallback callback;
	void *state;
	bool is_noted; /* the metapage says that there are tombstones */
} Deletion;

/* What is to be done on a page. */
typedef struct PageWork
{
	int kept;  /* heap TIDs that stay */
	int dead;  /* heap TIDs to be removed */
	int empty; /* elements that become tombstones */
} PageWork;

static void
LookAtElement(Deletion *deletion, VmHnswElement *element, PageWork *work)
{
	int count = VmHnswHeapTidCount(element);
	int kept = 0;

	for (int i = 0; i < count; i++)
	{
		if (!deletion->callback(&element->u.heap_tids[i], deletion->state))
			kept++;
	}
	work->kept += kept;
	work->dead += count - kept;
	if (kept == 0 && count > 0)
		work->empty++;
}

static PageWork
LookAtPage(Deletion *deletion, Page page)
{
	PageWork work = {0};
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber offset = FirstOffsetNumber; offset <= last; offset++)
	{
		Size size;
		VmHnswElement *element = VmHnswPageElement(&deletion->hnsw, page, offset, &size);

		if (element != NULL)
			LookAtElement(deletion, element, &work);
	}
	return work;
}

static void
MakeTombstone(VmHnswElement *element, FullTransactionId xid)
{
	memset(&element->u, 0, sizeof(element->u));
	element->flags |= VM_HNSW_TOMBSTONE;
	element->u.tombstone.xid_high = (uint32) (U64FromFullTransactionId(xid) >> 32);
	element->u.tombstone.xid_low = (uint32) U64FromFullTransactionId(xid);
}

/* Removes dead heap TIDs; valid ones stay first. */
static void
ClearElement(Deletion *deletion, VmHnswElement *element, FullTransactionId xid, PageWork *work)
{
	int count = VmHnswHeapTidCount(element);
	int kept = 0;

	for (int i = 0; i < count; i++)
	{
		if (!deletion->callback(&element->u.heap_tids[i], deletion->state))
			element->u.heap_tids[kept++] = element->u.heap_tids[i];
	}
	for (int i = kept; i < count; i++)
		ItemPointerSetInvalid(&element->u.heap_tids[i]);
	work->kept += kept;
	work->dead += count - kept;
	if (kept == 0 && count > 0)
		MakeTombstone(element, xid);
}

/*
 * Removes the dead heap TIDs of a page that is locked exclusively.
 *
 * Whoever gets a transaction ID from now on finds the tombstones as such, for
 * the page is locked already.  So no transaction newer than xid can have seen
 * them live.
 */
static PageWork
ClearPage(Deletion *deletion, Buffer buffer)
{
	VmHnsw *hnsw = &deletion->hnsw;
	FullTransactionId xid = ReadNextFullTransactionId();
	PageWork work = {0};
	VmPageEdit edit;
	Page page;

	FullTransactionIdRetreat(&xid);
	VmPageEditStart(&edit, hnsw->index, false);
	page = VmPageEditBuffer(&edit, buffer, false);
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		Size size;
		VmHnswElement *element = VmHnswPageElement(hnsw, page, offset, &size);

		if (element != NULL)
			ClearElement(deletion, element, xid, &work);
	}
	VmPageEditFinish(&edit);
	return work;
}

/*
 * A page is locked exclusively only when it has something to remove.  Between
 * the two locks elements may gain heap TIDs, but none of those is dead.
 */
static void
DeleteFromBlock(Deletion *deletion, BlockNumber block, BufferAccessStrategy strategy)
{
	VmHnsw *hnsw = &deletion->hnsw;
	Buffer buffer = VmHnswSweepBlock(hnsw, block, BUFFER_LOCK_SHARE, strategy);
	PageWork work;

	if (!BufferIsValid(buffer))
		return;
	work = LookAtPage(deletion, BufferGetPage(buffer));
	if (work.dead > 0)
	{
		LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
		if (work.empty > 0 && !deletion->is_noted)
		{
			SetHasTombstones(hnsw, true);
			deletion->is_noted = true;
		}
		LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
		work = ClearPage(deletion, buffer);
	}
	UnlockReleaseBuffer(buffer);
	deletion->stats->num_index_tuples += work.kept;
	deletion->stats->tuples_removed += work.dead;
}

IndexBulkDeleteResult *
VmHnswBulkDelete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
				 IndexBulkDeleteCallback callback, void *state)
{
	Deletion deletion = {.callback = callback, .state = state};
	BlockNumber blocks = 0;
	BlockNumber block;

	if (stats == NULL)
		stats = palloc0(sizeof(IndexBulkDeleteResult));
	stats->estimated_count = false;
	stats->num_index_tuples = 0; /* of this pass over the index */
	deletion.stats = stats;
	VmHnswOpen(&deletion.hnsw, info->index);
	VmStopPoint("hnsw-vacuum-delete");

	block = VM_HNSW_FIRST_BLOCK;
	while (HasBlock(info->index, block, &blocks))
	{
		VmVacuumDelayPoint();
		DeleteFromBlock(&deletion, block++, info->strategy);
	}
	stats->num_pages = blocks;
	return stats;
}

/* -------------------------------------------------------------------- survey */

static void
SurveyElement(VmHnswVacuum *vacuum, VmHnswRef ref, const VmHnswElement *element)
{
	if (element->flags & VM_HNSW_TOMBSTONE)
	{
		VmHnswRefSetAdd(&vacuum->dead, ref);
		if (VmXidIsRemovable(vacuum->info, VmHnswTombstoneXid(element)))
			VmHnswRefSetAdd(&vacuum->reusable, ref);
		return;
	}
	VmHnswRefSetAdd(&vacuum->live, ref);
	vacuum->stats->num_index_tuples += VmHnswHeapTidCount(element);
	if (element->level > vacuum->highest_level)
	{
		vacuum->highest = ref;
		vacuum->highest_level = element->level;
	}
}

/* Lets the free space map know of a page that has room. */
static void
RecordRoom(VmHnsw *hnsw, BlockNumber block, Size room)
{
	Size class = VmHnswFreeSpaceClass(hnsw, room);

	if (class > 0)
		RecordPageWithFreeSpace(hnsw->index, block, class);
}

static void
SurveyBlock(VmHnswVacuum *vacuum, BlockNumber block)
{
	VmHnsw *hnsw = &vacuum->hnsw;
	Buffer buffer = VmHnswSweepBlock(hnsw, block, BUFFER_LOCK_SHARE, vacuum->info->strategy);
	Page page;
	Size room;

	if (!BufferIsValid(buffer))
	{
		/* A crash or an error left it between extending and writing. */
		RecordRoom(hnsw, block, VM_PAGE_CAPACITY);
		return;
	}
	page = BufferGetPage(buffer);
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		Size size;
		VmHnswElement *element = VmHnswPageElement(hnsw, page, offset, &size);

		if (element != NULL)
			SurveyElement(vacuum, VmHnswMakeRef(hnsw, block, offset), element);
	}
	room = PageGetExactFreeSpace(page);
	UnlockReleaseBuffer(buffer);
	RecordRoom(hnsw, block, room);
}

/*
 * The horizon is looked at once, before the first page: a tombstone that has
 * passed it is reusable by then, whenever its page is read.
 */
static void
Survey(VmHnswVacuum *vacuum)
{
	BlockNumber block = VM_HNSW_FIRST_BLOCK;
	BlockNumber blocks = 0;

	VmRefreshHorizon(vacuum->info);
	vacuum->stats->num_index_tuples = 0;
	vacuum->stats->estimated_count = false;
	while (HasBlock(vacuum->hnsw.index, block, &blocks))
	{
		VmVacuumDelayPoint();
		SurveyBlock(vacuum, block++);
	}
}

/* --------------------------------------------------------------------- entry */

/*
 * Makes a live element of the highest level the entry where the entry is none,
 * or lower.  A tombstone that stays the entry, because nothing is alive, keeps
 * its place: an insert that started from it has yet to find that there is no
 * other, and takes the entry over from it.
 *
 * Inserts may change the entry at any time, but only to new elements, which are
 * not in our sets; and nobody but us makes tombstones.
 */
static void
ReplaceEntry(VmHnswVacuum *vacuum)
{
	VmHnsw *hnsw = &vacuum->hnsw;
	Buffer buffer = ReadBuffer(hnsw->index, VM_HNSW_METAPAGE_BLOCK);
	VmHnswMeta *meta;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	meta = VmHnswGetMeta(hnsw->index, BufferGetPage(buffer));
	if (vacuum->highest != VM_HNSW_NO_REF && meta->entry != vacuum->highest &&
		(VmHnswRefSetContains(&vacuum->dead, meta->entry) ||
		 meta->entry_level < vacuum->highest_level))
	{
		VmPageEdit edit;

		VmPageEditStart(&edit, hnsw->index, false);
		meta = VmHnswGetMeta(hnsw->index, VmPageEditBuffer(&edit, buffer, false));
		meta->entry = vacuum->highest;
		meta->entry_level = vacuum->highest_level;
		VmPageEditFinish(&edit);
	}
	else
		VmHnswRefSetRemove(&vacuum->reusable, meta->entry);
	UnlockReleaseBuffer(buffer);
}

/* -------------------------------------------------------------------- relink */

/*
 * Links live elements that nobody links to, and anew those that had to take the
 * next best links.  One that is just being inserted looks the same as the
 * former; it gets a few links more.
 */
static void
Relink(VmHnswVacuum *vacuum)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "hnsw relink", ALLOCSET_DEFAULT_SIZES);
	VmHnswRef entry = VmHnswReadMeta(&vacuum->hnsw).entry;
	uint64 from = 0;
	VmHnswRef ref;

	while (VmHnswRefSetNext(&vacuum->live, from, &ref))
	{
		from = (uint64) ref + 1;
		if (ref != entry && (!VmHnswRefSetContains(&vacuum->linked, ref) ||
							 VmHnswRefSetContains(&vacuum->ruined, ref)))
		{
			MemoryContext old = MemoryContextSwitchTo(context);

			VmVacuumDelayPoint();
			VmHnswRelink(&vacuum->hnsw, ref);
			MemoryContextSwitchTo(old);
			MemoryContextReset(context);
		}
	}
	MemoryContextDelete(context);
}

/* ------------------------------------------------------------ amvacuumcleanup */

/*
 * Where nothing is alive there is nothing to repair: what comes meanwhile sees
 * the tombstones as such, and does not link to them.
 */
static void
RepairGraph(VmHnswVacuum *vacuum)
{
	if (vacuum->live.count == 0)
		return;
	VmHnswRepairLinks(vacuum);
	VmStopPoint("hnsw-vacuum-repaired");
	Relink(vacuum);
}

static void
CleanTombstones(VmHnswVacuum *vacuum)
{
	uint64 tombstones;

	VmHnswRefSetInit(&vacuum->live);
	VmHnswRefSetInit(&vacuum->dead);
	VmHnswRefSetInit(&vacuum->reusable);
	VmHnswRefSetInit(&vacuum->linked);
	VmHnswRefSetInit(&vacuum->ruined);
	vacuum->highest = VM_HNSW_NO_REF;
	vacuum->highest_level = -1;

	Survey(vacuum);
	tombstones = vacuum->dead.count;
	if (tombstones > 0)
	{
		VmStopPoint("hnsw-vacuum-surveyed");
		ReplaceEntry(vacuum);
		RepairGraph(vacuum);
		VmHnswReclaim(vacuum);
		tombstones = vacuum->dead.count;
	}
	if (tombstones == 0)
		SetHasTombstones(&vacuum->hnsw, false);
	IndexFreeSpaceMapVacuum(vacuum->hnsw.index);
}

IndexBulkDeleteResult *
VmHnswVacuumCleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats)
{
	VmHnswVacuum vacuum = {.info = info};

	if (info->analyze_only)
		return stats;
	if (stats == NULL)
	{
		/* No row died, so nothing was counted. */
		stats = palloc0(sizeof(IndexBulkDeleteResult));
		stats->estimated_count = true;
		stats->num_index_tuples = info->num_heap_tuples;
	}
	vacuum.stats = stats;
	VmHnswOpen(&vacuum.hnsw, info->index);
	if (VmHnswReadMeta(&vacuum.hnsw).has_tombstones)
	{
		MemoryContext context =
			AllocSetContextCreate(CurrentMemoryContext, "hnsw vacuum", ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(context);

		CleanTombstones(&vacuum);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(context);
	}
	stats->num_pages = RelationGetNumberOfBlocks(info->index);
	return stats;
}
