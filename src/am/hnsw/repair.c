/*
 * repair.c
 *		Taking links to tombstones out of live elements: VmHnswRepairLinks.
 *
 * Where an element has lost neighbors, their own neighbors are its candidates
 * (and where these are gone too, the neighbors of those).  Links that are left
 * stay; of the nearest candidates those are added that no link covers, by the
 * heuristic that an insert uses (link.h).  So only the surroundings of
 * tombstones are looked at, and nothing is searched.
 *
 * New lists are made from a copy of a page, with nothing locked but the page
 * that is being read, and are written together, those whose old list is still
 * as it was.
 */
#include "compat/compat.h"
#include "compat/vacuum.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "am/hnsw/reader.h"
#include "am/hnsw/vacuum_private.h"

/* Attempts for a page whose lists others keep changing, before links are only dropped. */
#define MAX_TRIES 5

/* Tombstones whose neighbors are looked at, and refs met on the way. */
#define MAX_TOMBSTONES 1024
#define MAX_SEEN       2048
#define SEEN_SLOTS     (2 * MAX_SEEN) /* a power of two */

/* Candidates that are measured, and the nearest ones that are compared. */
#define MAX_CANDIDATES 64
#define MAX_NEAREST    12

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
	PGAlignedBlock old_page;
	PGAlignedBlock new_page;

	/* the list under repair */
	int layer;
	char *base;      /* the element's payload */
	char *other;     /* that of a neighbor */
	VmHnswRef *kept; /* links to live elements */
	int kept_count;

	VmHnswRef tombstones[MAX_TOMBSTONES];
	int tombstone_count;
	Candidate candidates[MAX_CANDIDATES];
	int candidate_count;
	char *payloads; /* of the nearest candidates */
	Size stride;    /* bytes from one to the next */

	/* refs met for this list; older lists' stamps differ */
	struct
	{
		VmHnswRef ref;
		uint32 stamp;
	} seen[SEEN_SLOTS];
	uint32 stamp;
	int seen_count;
} Repair;

static inline bool
IsDead(const Repair *repair, VmHnswRef ref)
{
	return VmHnswRefSetContains(&repair->vacuum->dead, ref);
}

/* True when the ref was not met before, and there is room to remember it. */
static bool
See(Repair *repair, VmHnswRef ref)
{
	uint32 i = (ref * 0x9E3779B1u) >> 16 & (SEEN_SLOTS - 1);

	while (repair->seen[i].stamp == repair->stamp)
	{
		if (repair->seen[i].ref == ref)
			return false;
		i = (i + 1) & (SEEN_SLOTS - 1);
	}
	if (repair->seen_count == MAX_SEEN)
		return false;
	repair->seen[i].ref = ref;
	repair->seen[i].stamp = repair->stamp;
	repair->seen_count++;
	return true;
}

static void
ForgetSeen(Repair *repair)
{
	repair->seen_count = 0;
	repair->candidate_count = 0;
	repair->tombstone_count = 0;
	if (++repair->stamp == 0)
	{
		memset(repair->seen, 0, sizeof(repair->seen));
		repair->stamp = 1;
	}
}

/* ----------------------------------------------------------------- candidates */

/* A tombstone's live neighbors become candidates, dead ones are visited later. */
static void
VisitTombstone(Repair *repair, VmHnswRef ref)
{
	VmHnswRef links[VM_HNSW_MAX_LINKS];
	VmHnswNode node;
	int count;

	if (!VmHnswMeasure(repair->hnsw, NULL, ref, &node))
		return;
	count = VmHnswReadLinks(repair->hnsw, &node, repair->layer, links);
	for (int i = 0; i < count && repair->candidate_count < MAX_CANDIDATES; i++)
	{
		if (!See(repair, links[i]))
			continue;
		if (!IsDead(repair, links[i]))
			repair->candidates[repair->candidate_count++].ref = links[i];
		else if (repair->tombstone_count < MAX_TOMBSTONES)
			repair->tombstones[repair->tombstone_count++] = links[i];
	}
}

/*
 * Visits the tombstones that the list linked to, and as long as there are few
 * candidates, further ones.
 */
static void
FindCandidates(Repair *repair)
{
	int direct = repair->tombstone_count;

	for (int i = 0; i < repair->tombstone_count; i++)
	{
		if (repair->candidate_count == MAX_CANDIDATES ||
			(i >= direct && repair->candidate_count >= repair->hnsw->m))
			break;
		VisitTombstone(repair, repair->tombstones[i]);
	}
}

/* How many elements ahead are loaded. */
#define PREFETCH_DISTANCE 3

static void
PrefetchCandidate(Repair *repair, int i)
{
	if (i < repair->candidate_count)
		VmHnswPrefetchElement(repair->hnsw, repair->candidates[i].ref);
}

static int
CompareCandidates(const void *a, const void *b)
{
	float x = ((const Candidate *) a)->distance;
	float y = ((const Candidate *) b)->distance;

	return (x > y) - (x < y);
}

/* Measures the candidates and sorts them, nearest first. */
static void
MeasureCandidates(Repair *repair)
{
	int count = 0;

	for (int i = 0; i < PREFETCH_DISTANCE; i++)
		PrefetchCandidate(repair, i);
	for (int i = 0; i < repair->candidate_count; i++)
	{
		VmHnswNode node;

		PrefetchCandidate(repair, i + PREFETCH_DISTANCE);
		if (!VmHnswMeasure(repair->hnsw, repair->base, repair->candidates[i].ref, &node) ||
			node.tombstone)
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

/* Appends up to max of the candidates that nothing covers; returns how many. */
static int
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
	return count;
}

/* ---------------------------------------------------------------------- lists */

/* Moves links to live elements to the front; returns how many links there were. */
static int
DropDead(Repair *repair, VmHnswRef *list, int max)
{
	int count = 0;

	repair->kept = list;
	repair->kept_count = 0;
	while (count < max && list[count] != VM_HNSW_NO_REF)
	{
		VmHnswRef ref = list[count++];

		if (IsDead(repair, ref))
			repair->tombstones[repair->tombstone_count++] = ref;
		else
			list[repair->kept_count++] = ref;
		See(repair, ref);
	}
	memset(list + repair->kept_count, 0, (count - repair->kept_count) * sizeof(VmHnswRef));
	return count;
}

/*
 * Repairs the list of one layer in place.  False when nothing was to be done.
 * Without a base links are only dropped.
 */
static bool
RepairList(Repair *repair, VmHnswNeighbors *neighbors, int layer, bool has_base)
{
	int m = repair->hnsw->m;
	VmHnswRef *list = neighbors->refs + VM_HNSW_LAYER_START(m, layer);
	int count;

	ForgetSeen(repair);
	See(repair, neighbors->owner);
	repair->layer = layer;
	count = DropDead(repair, list, VM_HNSW_LAYER_LINKS(m, layer));
	if (repair->kept_count == count)
		return false;
	if (has_base)
	{
		FindCandidates(repair);
		MeasureCandidates(repair);
		TakeNearest(repair);
		CoverByKept(repair);
		ChooseCandidates(repair, list + repair->kept_count, count - repair->kept_count);
	}
	return true;
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

/* The payload of the element whose links are repaired; false when it is gone. */
static bool
ReadBase(Repair *repair, VmHnswRef owner)
{
	VmHnswNode node;

	return VmHnswMeasureAndCopy(repair->hnsw, NULL, owner, &node, repair->base);
}

/* Repairs a neighbors item in place; false when nothing was to be done. */
static bool
RepairItem(Repair *repair, VmHnswNeighbors *neighbors, bool drop_only)
{
	bool has_base;

	if (IsDead(repair, neighbors->owner) || !HasDeadLink(repair, neighbors))
		return false;
	has_base = !drop_only && ReadBase(repair, neighbors->owner);
	for (int layer = neighbors->level; layer >= 0; layer--)
		RepairList(repair, neighbors, layer, has_base);
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

void
VmHnswRepairLinks(VmHnswVacuum *vacuum)
{
	VmHnsw *hnsw = &vacuum->hnsw;
	Repair *repair = palloc0(sizeof(Repair));
	BlockNumber blocks = RelationGetNumberOfBlocks(hnsw->index);

	repair->vacuum = vacuum;
	repair->hnsw = hnsw;
	repair->stride = MAXALIGN(hnsw->space.size);
	repair->base = palloc(repair->stride);
	repair->other = palloc(repair->stride);
	repair->payloads = palloc(MAX_NEAREST * repair->stride);
	for (BlockNumber block = VM_HNSW_FIRST_BLOCK; block < blocks; block++)
	{
		VmVacuumDelayPoint();
		RepairBlock(repair, block);
	}
	pfree(repair->payloads);
	pfree(repair->other);
	pfree(repair->base);
	pfree(repair);
}
