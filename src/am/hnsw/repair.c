/*
 * repair.c
 *		Taking links to tombstones out of live elements: VmHnswRepairLinks.
 *
 * Where an element has lost neighbors, their own neighbors are its candidates
 * (and where these are gone too, the neighbors of those).  Links that are left
 * stay, and others, the detours of detour.h, come in place of the lost ones.  So
 * only the surroundings of tombstones are looked at, and nothing is searched.
 *
 * New lists are made from a copy of a page, with nothing locked, and are written
 * together, those whose old list is still as it was.
 */
#include "compat/compat.h"
#include "compat/vacuum.h"

#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "utils/rel.h"

#include "am/hnsw/detour.h"
#include "am/hnsw/explore.h"
#include "am/hnsw/reader.h"
#include "am/hnsw/vacuum_private.h"

/* Attempts for a page whose lists others keep changing, before links are only dropped. */
#define MAX_TRIES 5

typedef struct Repair
{
	VmHnswVacuum *vacuum;
	VmHnsw *hnsw;
	VmHnswExplorer *explorer;
	VmHnswDetours *detours;
	VmHnswRefSet blocks; /* numbers of those that have losses, of the present range */
	PGAlignedBlock old_page;
	PGAlignedBlock new_page;
} Repair;

static inline bool
IsDead(const Repair *repair, VmHnswRef ref)
{
	return VmHnswRefSetContains(&repair->vacuum->dead, ref);
}

/* ---------------------------------------------------------------------- lists */

static int
CountLinks(const VmHnswRef *list, int max)
{
	int count = 0;

	while (count < max && list[count] != VM_HNSW_NO_REF)
		count++;
	return count;
}

/* Moves links to live elements to the front; returns how many there are. */
static int
DropDead(const Repair *repair, VmHnswRef *list, int max)
{
	int kept = 0;

	for (int i = 0; i < max && list[i] != VM_HNSW_NO_REF; i++)
	{
		VmHnswRef ref = list[i];

		list[i] = VM_HNSW_NO_REF;
		if (!IsDead(repair, ref))
			list[kept++] = ref;
	}
	return kept;
}

/* Adds detours to a list of count links, nearest first, up to max links. */
static void
TakeDetours(const Repair *repair, VmHnswRef base, int layer, VmHnswRef *list, int count, int max)
{
	int detour_count;
	const VmHnswDetour *detours = VmHnswDetoursOf(repair->detours, base, layer, &detour_count);

	for (int i = 0; i < detour_count && count < max; i++)
	{
		if (!VmHnswHasRef(list, count, detours[i].to))
			list[count++] = detours[i].to;
	}
}

/* Repairs the list of one layer in place. */
static void
RepairList(const Repair *repair, VmHnswNeighbors *neighbors, int layer, bool drop_only)
{
	int m = repair->hnsw->m;
	VmHnswRef *list = neighbors->refs + VM_HNSW_LAYER_START(m, layer);
	int max = VM_HNSW_LAYER_LINKS(m, layer);
	int count = CountLinks(list, max);
	int kept = DropDead(repair, list, max);

	if (kept < count && !drop_only)
		TakeDetours(repair, neighbors->owner, layer, list, kept,
					Min(count + VM_HNSW_MORE_LINKS, max));
}

static bool
HasDeadLink(const Repair *repair, const VmHnswNeighbors *neighbors)
{
	int count = (neighbors->level + 2) * repair->hnsw->m;

	for (int i = 0; i < count; i++)
	{
		if (IsDead(repair, neighbors->refs[i]))
			return true;
	}
	return false;
}

/*
 * Repairs a neighbors item in place; false when nothing was to be done.
 * drop_only: links to tombstones are not replaced.
 */
static bool
RepairItem(const Repair *repair, VmHnswNeighbors *neighbors, bool drop_only)
{
	if (IsDead(repair, neighbors->owner) || !HasDeadLink(repair, neighbors))
		return false;
	for (int layer = neighbors->level; layer >= 0; layer--)
		RepairList(repair, neighbors, layer, drop_only);
	return true;
}

/* ---------------------------------------------------------------------- pages */

/* Repairs the items of a page in place; returns how many, and which. */
static int
RepairPage(const Repair *repair, Page page, bool drop_only, OffsetNumber *changed)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);
	int count = 0;

	for (OffsetNumber offset = FirstOffsetNumber; offset <= last; offset++)
	{
		VmHnswNeighbors *neighbors = VmHnswPageNeighbors(repair->hnsw, page, offset);

		if (neighbors != NULL && RepairItem(repair, neighbors, drop_only))
			changed[count++] = offset;
	}
	return count;
}

/*
 * Writes an item if it still is as it was read.  A page that was reorganized
 * meanwhile has it elsewhere, with the same number.
 */
static bool
WriteItem(Repair *repair, Page page, OffsetNumber offset)
{
	VmHnsw *hnsw = repair->hnsw;
	VmHnswNeighbors *target = VmHnswPageNeighbors(hnsw, page, offset);
	VmHnswNeighbors *old = VmHnswPageNeighbors(hnsw, repair->old_page.data, offset);
	VmHnswNeighbors *new = VmHnswPageNeighbors(hnsw, repair->new_page.data, offset);
	Size size = VM_HNSW_NEIGHBORS_SIZE(hnsw->m, old->level);

	if (target == NULL || target->level != old->level || memcmp(target, old, size) != 0)
		return false;
	memcpy(target, new, size);
	return true;
}

/* Writes repaired items; false when some have changed meanwhile. */
static bool
WriteItems(Repair *repair, BlockNumber block, const OffsetNumber *changed, int count)
{
	Buffer buffer = VmHnswSweepBlock(repair->hnsw, block, BUFFER_LOCK_EXCLUSIVE,
									 repair->vacuum->info->strategy);
	VmPageEdit edit;
	Page page;
	int written = 0;

	if (!BufferIsValid(buffer))
		return true;
	VmPageEditStart(&edit, repair->hnsw->index, false);
	page = VmPageEditBuffer(&edit, buffer, false);
	for (int i = 0; i < count; i++)
	{
		if (WriteItem(repair, page, changed[i]))
			written++;
	}
	if (written > 0)
		VmPageEditFinish(&edit);
	else
		VmPageEditAbort(&edit);
	UnlockReleaseBuffer(buffer);
	return written == count;
}

/* Copies a page to old_page and new_page; false when it was never written. */
static bool
ReadPage(Repair *repair, BlockNumber block)
{
	Buffer buffer =
		VmHnswSweepBlock(repair->hnsw, block, BUFFER_LOCK_SHARE, repair->vacuum->info->strategy);

	if (!BufferIsValid(buffer))
		return false;
	memcpy(repair->old_page.data, BufferGetPage(buffer), BLCKSZ);
	UnlockReleaseBuffer(buffer);
	memcpy(repair->new_page.data, repair->old_page.data, BLCKSZ);
	return true;
}

/* Notes who is linked to by the live elements of a page. */
static void
NoteLinked(Repair *repair, Page page)
{
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		VmHnswNeighbors *neighbors = VmHnswPageNeighbors(repair->hnsw, page, offset);

		if (neighbors == NULL || IsDead(repair, neighbors->owner))
			continue;
		for (int i = 0; i < VM_HNSW_LAYER_LINKS(repair->hnsw->m, 0); i++)
			VmHnswRefSetAdd(&repair->vacuum->linked, neighbors->refs[i]);
	}
}

/* The last resort: drops links under the page's exclusive lock. */
static void
DropFromBlock(Repair *repair, BlockNumber block)
{
	Buffer buffer = VmHnswSweepBlock(repair->hnsw, block, BUFFER_LOCK_EXCLUSIVE,
									 repair->vacuum->info->strategy);
	OffsetNumber changed[MaxOffsetNumber];
	VmPageEdit edit;
	Page page;

	if (!BufferIsValid(buffer))
		return;
	VmPageEditStart(&edit, repair->hnsw->index, false);
	page = VmPageEditBuffer(&edit, buffer, false);
	if (RepairPage(repair, page, true, changed) > 0)
		VmPageEditFinish(&edit);
	else
		VmPageEditAbort(&edit);
	UnlockReleaseBuffer(buffer);
}

static void
RepairBlock(Repair *repair, BlockNumber block)
{
	OffsetNumber changed[MaxOffsetNumber];

	for (int i = 0; i < MAX_TRIES; i++)
	{
		int count;

		if (!ReadPage(repair, block))
			return;
		count = RepairPage(repair, repair->new_page.data, false, changed);
		if (count == 0 || WriteItems(repair, block, changed, count))
		{
			NoteLinked(repair, repair->new_page.data);
			return;
		}
	}
	DropFromBlock(repair, block);
	if (ReadPage(repair, block))
		NoteLinked(repair, repair->new_page.data);
}

/* --------------------------------------------------------------------- losses */

/* Notes what an element has lost; false when that is nothing. */
static bool
NoteLosses(Repair *repair, const VmHnswNeighbors *neighbors)
{
	if (IsDead(repair, neighbors->owner) || !HasDeadLink(repair, neighbors))
		return false;
	for (int layer = 0; layer <= neighbors->level; layer++)
	{
		if (VmHnswAddLosses(repair->detours, neighbors->owner, layer,
							neighbors->refs + VM_HNSW_LAYER_START(repair->hnsw->m, layer)))
			VmHnswRefSetAdd(&repair->vacuum->ruined, neighbors->owner);
	}
	return true;
}

/*
 * Collects the losses of a block.  One without needs no second look: no link to
 * a reusable tombstone is added any more (HNSW-9).
 */
static void
CollectFromBlock(Repair *repair, BlockNumber block)
{
	Buffer buffer =
		VmHnswSweepBlock(repair->hnsw, block, BUFFER_LOCK_SHARE, repair->vacuum->info->strategy);
	bool has_losses = false;
	Page page;

	if (!BufferIsValid(buffer))
		return;
	page = BufferGetPage(buffer);
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		VmHnswNeighbors *neighbors = VmHnswPageNeighbors(repair->hnsw, page, offset);

		if (neighbors != NULL && NoteLosses(repair, neighbors))
			has_losses = true;
	}
	if (has_losses)
		VmHnswRefSetAdd(&repair->blocks, block);
	else
		NoteLinked(repair, page);
	UnlockReleaseBuffer(buffer);
}

/* Collects the losses of the blocks that memory suffices for; returns the next. */
static BlockNumber
CollectLosses(Repair *repair, BlockNumber block, BlockNumber blocks)
{
	VmHnswDetoursReset(repair->detours);
	VmHnswRefSetFree(&repair->blocks);
	while (block < blocks && !VmHnswDetoursFull(repair->detours))
	{
		VmVacuumDelayPoint();
		CollectFromBlock(repair, block++);
	}
	return block;
}

/* Repairs the blocks that have losses. */
static void
RepairBlocks(Repair *repair)
{
	uint64 from = 0;
	BlockNumber block;

	while (VmHnswRefSetNext(&repair->blocks, from, &block))
	{
		from = (uint64) block + 1;
		VmVacuumDelayPoint();
		RepairBlock(repair, block);
	}
}

/* ------------------------------------------------------------------ the index */

/* The least that losses and detours get, however little the sets leave. */
#define MIN_MEMORY ((Size) 1024 * 1024)

static Size
WorkMemory(void)
{
	int kilobytes = VmIsAutovacuumWorker() && autovacuum_work_mem != -1 ? autovacuum_work_mem :
																		  maintenance_work_mem;

	return (Size) kilobytes * 1024;
}

/*
 * Bytes for losses and detours: what the sets leave of the work memory.  Those
 * that fill later, linked and ruined, get about as large as that of live ones.
 */
static Size
MemoryLimit(const VmHnswVacuum *vacuum)
{
	Size limit = WorkMemory();
	Size sets = 3 * VmHnswRefSetMemory(&vacuum->live) + VmHnswRefSetMemory(&vacuum->dead) +
				VmHnswRefSetMemory(&vacuum->reusable);

	return limit > sets + MIN_MEMORY ? limit - sets : MIN_MEMORY;
}

static Repair *
StartRepair(VmHnswVacuum *vacuum)
{
	Repair *repair = palloc0(sizeof(Repair));

	repair->vacuum = vacuum;
	repair->hnsw = &vacuum->hnsw;
	repair->explorer = VmHnswExplorerCreate(&vacuum->hnsw, &vacuum->dead);
	repair->detours = VmHnswDetoursCreate(repair->explorer, MemoryLimit(vacuum));
	VmHnswRefSetInit(&repair->blocks);
	return repair;
}

static void
FinishRepair(Repair *repair)
{
	VmHnswRefSetFree(&repair->blocks);
	VmHnswDetoursFree(repair->detours);
	pfree(repair->explorer);
	pfree(repair);
}

void
VmHnswRepairLinks(VmHnswVacuum *vacuum)
{
	BlockNumber blocks = RelationGetNumberOfBlocks(vacuum->hnsw.index);
	BlockNumber block = VM_HNSW_FIRST_BLOCK;
	Repair *repair = StartRepair(vacuum);

	while (block < blocks)
	{
		block = CollectLosses(repair, block, blocks);
		VmHnswFindDetours(repair->detours);
		RepairBlocks(repair);
	}
	FinishRepair(repair);
}
