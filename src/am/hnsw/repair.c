/*
 * repair.c
 *		Taking links to tombstones out of live elements: VmHnswRepairLinks.
 *
 * Where an element has lost neighbors, their own neighbors are its candidates
 * (and where these are gone too, the neighbors of those).  Links that are left
 * stay, and others come in place of the lost ones, by the heuristic that an
 * insert uses (link.h).  So only the surroundings of tombstones are looked at,
 * and nothing is searched.
 *
 * Elements that have lost some neighbors take detours, which are found for all
 * who have lost the same one together (detour.h).  For one that has lost most of
 * them candidates are compared with each other here.
 *
 * New lists are made from a copy of a page, with nothing locked but the page
 * that is being read, and are written together, those whose old list is still
 * as it was.
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

/* Candidates that are compared: the nearest ones. */
#define MAX_NEAREST 16

typedef struct Candidate
{
	VmHnswRef ref;
	float distance; /* from the element under repair */
	bool is_covered;
} Candidate;

typedef struct Repair
{
	VmHnswVacuum *vacuum;
	VmHnsw *hnsw;
	VmHnswExplorer *explorer;
	VmHnswDetours *detours;
	PGAlignedBlock old_page;
	PGAlignedBlock new_page;

	/* the list under repair */
	char *base;      /* the element's payload */
	bool has_base;   /* it was read */
	VmHnswRef *kept; /* links to live elements */
	int kept_count;
	VmHnswRef dead[VM_HNSW_MAX_LINKS];
	int dead_count;

	Candidate candidates[VM_HNSW_EXPLORE_FOUND];
	int candidate_count;
	char *payloads; /* of the nearest candidates */
	char *other;    /* that of a neighbor */
	Size stride;    /* bytes from one payload to the next */
} Repair;

static inline bool
IsDead(const Repair *repair, VmHnswRef ref)
{
	return VmHnswRefSetContains(&repair->vacuum->dead, ref);
}

/* ----------------------------------------------------------------- candidates */

/* What the lost neighbors led to. */
static void
FindCandidates(Repair *repair, VmHnswRef owner, int layer)
{
	VmHnswExplorer *explorer = repair->explorer;

	VmHnswExploreStart(explorer, layer);
	VmHnswExploreAvoid(explorer, owner);
	for (int i = 0; i < repair->kept_count; i++)
		VmHnswExploreAvoid(explorer, repair->kept[i]);
	for (int i = 0; i < repair->dead_count; i++)
		VmHnswExploreFrom(explorer, repair->dead[i]);
	VmHnswExplore(explorer, repair->hnsw->m);
}

/* How many elements ahead are loaded. */
#define PREFETCH_DISTANCE 3

static int
CompareCandidates(const void *a, const void *b)
{
	float x = ((const Candidate *) a)->distance;
	float y = ((const Candidate *) b)->distance;

	return (x > y) - (x < y);
}

/* Measures what was found and sorts it, nearest first. */
static void
MeasureCandidates(Repair *repair, int layer)
{
	const VmHnswExplorer *explorer = repair->explorer;
	int count = 0;

	for (int i = 0; i < Min(PREFETCH_DISTANCE, explorer->found_count); i++)
		VmHnswPrefetchElement(repair->hnsw, explorer->found[i]);
	for (int i = 0; i < explorer->found_count; i++)
	{
		VmHnswNode node;

		if (i + PREFETCH_DISTANCE < explorer->found_count)
			VmHnswPrefetchElement(repair->hnsw, explorer->found[i + PREFETCH_DISTANCE]);
		if (!VmHnswMeasure(repair->hnsw, repair->base, explorer->found[i], &node) ||
			node.tombstone || node.level < layer)
			continue;
		repair->candidates[count].ref = node.ref;
		repair->candidates[count].distance = node.distance;
		repair->candidates[count].is_covered = false;
		count++;
	}
	repair->candidate_count = count;
	qsort(repair->candidates, count, sizeof(Candidate), CompareCandidates);
}

static inline char *
Payload(Repair *repair, int i)
{
	return repair->payloads + (Size) i * repair->stride;
}

/* Keeps the nearest candidates, with their payloads. */
static void
TakeNearest(Repair *repair)
{
	int count = 0;

	for (int i = 0; i < repair->candidate_count && count < MAX_NEAREST; i++)
	{
		VmHnswNode node;

		if (VmHnswMeasureAndCopy(repair->hnsw, NULL, repair->candidates[i].ref, &node,
								 Payload(repair, count)) &&
			!node.tombstone)
			repair->candidates[count++] = repair->candidates[i];
	}
	repair->candidate_count = count;
}

/* Marks candidates that are nearer to an element than to the base. */
static int
CoverBy(Repair *repair, VmHnswRef ref)
{
	VmHnswNode node;
	int covered = 0;

	if (!VmHnswMeasureAndCopy(repair->hnsw, NULL, ref, &node, repair->other))
		return 0;
	for (int i = 0; i < repair->candidate_count; i++)
	{
		Candidate *candidate = &repair->candidates[i];

		if (!candidate->is_covered && VmSpaceDistance(&repair->hnsw->space, Payload(repair, i),
													  repair->other) < candidate->distance)
		{
			candidate->is_covered = true;
			covered++;
		}
	}
	return covered;
}

/* Covers candidates by the links that are kept, until none is left. */
static void
CoverByKept(Repair *repair)
{
	int open = repair->candidate_count;

	for (int i = 0; i < repair->kept_count && open > 0; i++)
	{
		if (i + 1 < repair->kept_count)
			VmHnswPrefetchElement(repair->hnsw, repair->kept[i + 1]);
		open -= CoverBy(repair, repair->kept[i]);
	}
}

/* Writes up to max of the candidates that nothing covers. */
static void
ChooseCandidates(Repair *repair, VmHnswRef *refs, int max)
{
	int chosen[MAX_NEAREST];
	int count = 0;

	for (int i = 0; i < repair->candidate_count && count < max; i++)
	{
		const Candidate *candidate = &repair->candidates[i];
		bool is_covered = candidate->is_covered;

		for (int j = 0; j < count && !is_covered; j++)
			is_covered = VmSpaceDistance(&repair->hnsw->space, Payload(repair, i),
										 Payload(repair, chosen[j])) < candidate->distance;
		if (!is_covered)
		{
			refs[count] = candidate->ref;
			chosen[count++] = i;
		}
	}
}

/* ---------------------------------------------------------------------- lists */

/* The payload of the element whose links are repaired; false when it is gone. */
static bool
ReadBase(Repair *repair, VmHnswRef owner)
{
	VmHnswNode node;

	if (!repair->has_base)
		repair->has_base = VmHnswMeasureAndCopy(repair->hnsw, NULL, owner, &node, repair->base);
	return repair->has_base;
}

/* Moves links to live elements to the front; keeps the others in dead. */
static void
DropDead(Repair *repair, VmHnswRef *list, int max)
{
	int count = 0;

	repair->kept = list;
	repair->kept_count = 0;
	repair->dead_count = 0;
	while (count < max && list[count] != VM_HNSW_NO_REF)
	{
		VmHnswRef ref = list[count++];

		if (IsDead(repair, ref))
			repair->dead[repair->dead_count++] = ref;
		else
			list[repair->kept_count++] = ref;
	}
	memset(list + repair->kept_count, 0, repair->dead_count * sizeof(VmHnswRef));
}

/* Adds up to max of the detours to the list, nearest first. */
static void
TakeDetours(Repair *repair, VmHnswRef owner, const VmHnswDetour *detours, int count, int max)
{
	VmHnswRef *list = repair->kept;
	int end = repair->kept_count;

	for (int i = 0; i < count && end < repair->kept_count + max; i++)
	{
		VmHnswRef ref = detours[i].to;
		bool is_there = ref == VM_HNSW_NO_REF || ref == owner || IsDead(repair, ref);

		for (int j = 0; j < end && !is_there; j++)
			is_there = list[j] == ref;
		if (!is_there)
			list[end++] = ref;
	}
}

/*
 * Repairs the list of one layer in place, so that it has as many links as it
 * had at most.  drop_only: dead links are not replaced.
 */
static void
RepairList(Repair *repair, VmHnswNeighbors *neighbors, int layer, bool drop_only)
{
	int m = repair->hnsw->m;
	VmHnswRef *list = neighbors->refs + VM_HNSW_LAYER_START(m, layer);
	const VmHnswDetour *detours;
	int detour_count;

	DropDead(repair, list, VM_HNSW_LAYER_LINKS(m, layer));
	if (repair->dead_count == 0 || drop_only)
		return;
	detours = VmHnswDetoursOf(repair->detours, neighbors->owner, layer, &detour_count);
	if (detours != NULL)
		TakeDetours(repair, neighbors->owner, detours, detour_count, repair->dead_count);
	else if (ReadBase(repair, neighbors->owner))
	{
		FindCandidates(repair, neighbors->owner, layer);
		MeasureCandidates(repair, layer);
		TakeNearest(repair);
		CoverByKept(repair);
		ChooseCandidates(repair, list + repair->kept_count, repair->dead_count);
	}
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

/* Repairs a neighbors item in place; false when nothing was to be done. */
static bool
RepairItem(Repair *repair, VmHnswNeighbors *neighbors, bool drop_only)
{
	if (IsDead(repair, neighbors->owner) || !HasDeadLink(repair, neighbors))
		return false;
	repair->has_base = false;
	for (int layer = neighbors->level; layer >= 0; layer--)
		RepairList(repair, neighbors, layer, drop_only);
	return true;
}

/* ---------------------------------------------------------------------- pages */

/* Repairs the items of a page in place; returns how many, and which. */
static int
RepairPage(Repair *repair, Page page, bool drop_only, OffsetNumber *changed)
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

/* Notes who is linked to by the live elements of new_page. */
static void
NoteLinked(Repair *repair)
{
	Page page = repair->new_page.data;

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
			NoteLinked(repair);
			return;
		}
	}
	DropFromBlock(repair, block);
	if (ReadPage(repair, block))
		NoteLinked(repair);
}

/* --------------------------------------------------------------------- losses */

/* Links that a list has, and how many of them lead to tombstones. */
static void
CountLinks(const Repair *repair, const VmHnswRef *list, int max, int *count, int *dead)
{
	*count = 0;
	*dead = 0;
	while (*count < max && list[*count] != VM_HNSW_NO_REF)
		*dead += IsDead(repair, list[(*count)++]);
}

/*
 * Notes what an element has lost.  A list that has lost more than half of its
 * links is not for detours: many ways around many tombstones would be much
 * alike.  It is chosen anew when it is repaired.
 */
static void
NoteLosses(Repair *repair, const VmHnswNeighbors *neighbors)
{
	int m = repair->hnsw->m;

	if (IsDead(repair, neighbors->owner))
		return;
	for (int layer = 0; layer <= neighbors->level; layer++)
	{
		const VmHnswRef *list = neighbors->refs + VM_HNSW_LAYER_START(m, layer);
		int count;
		int dead;

		CountLinks(repair, list, VM_HNSW_LAYER_LINKS(m, layer), &count, &dead);
		if (dead == 0 || dead > count / 2)
			continue;
		for (int i = 0; i < count; i++)
		{
			if (IsDead(repair, list[i]))
				VmHnswAddLoss(repair->detours, list[i], neighbors->owner, layer);
		}
	}
}

/* Collects the losses of the blocks that memory suffices for; returns the next. */
static BlockNumber
CollectLosses(Repair *repair, BlockNumber block, BlockNumber blocks)
{
	VmHnswDetoursReset(repair->detours);
	while (block < blocks && !VmHnswDetoursFull(repair->detours))
	{
		Buffer buffer = VmHnswSweepBlock(repair->hnsw, block++, BUFFER_LOCK_SHARE,
										 repair->vacuum->info->strategy);
		Page page;

		VmVacuumDelayPoint();
		if (!BufferIsValid(buffer))
			continue;
		page = BufferGetPage(buffer);
		for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page);
			 offset++)
		{
			VmHnswNeighbors *neighbors = VmHnswPageNeighbors(repair->hnsw, page, offset);

			if (neighbors != NULL)
				NoteLosses(repair, neighbors);
		}
		UnlockReleaseBuffer(buffer);
	}
	return block;
}

/* ------------------------------------------------------------------ the index */

static Size
MemoryLimit(void)
{
	int kilobytes = IsAutoVacuumWorkerProcess() && autovacuum_work_mem != -1 ?
						autovacuum_work_mem :
						maintenance_work_mem;

	return (Size) kilobytes * 1024;
}

static Repair *
StartRepair(VmHnswVacuum *vacuum)
{
	Repair *repair = palloc0(sizeof(Repair));

	repair->vacuum = vacuum;
	repair->hnsw = &vacuum->hnsw;
	repair->explorer = VmHnswExplorerCreate(&vacuum->hnsw, &vacuum->dead);
	repair->detours = VmHnswDetoursCreate(repair->explorer, MemoryLimit());
	repair->stride = MAXALIGN(vacuum->hnsw.space.size);
	repair->base = palloc(repair->stride);
	repair->other = palloc(repair->stride);
	repair->payloads = palloc(MAX_NEAREST * repair->stride);
	return repair;
}

static void
FinishRepair(Repair *repair)
{
	pfree(repair->payloads);
	pfree(repair->other);
	pfree(repair->base);
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
		BlockNumber end = CollectLosses(repair, block, blocks);

		VmHnswFindDetours(repair->detours);
		for (; block < end; block++)
		{
			VmVacuumDelayPoint();
			RepairBlock(repair, block);
		}
	}
	FinishRepair(repair);
}
