/*
 * detour.c
 *		New links around tombstones, for many elements at once: see detour.h.
 */
#include "compat/compat.h"
#include "compat/vacuum.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "am/hnsw/detour.h"

/* Those who linked to a tombstone and are looked at together. */
#define MAX_BASES 32

/* Detours that a base gets for a link; further ones lead the same way. */
#define MAX_DETOURS 4

/* Losses that there is room for at first; the room grows by a quarter. */
#define FIRST_LOSSES 1024

/* Elements that are compared: bases or links of one base, and what was found. */
#define MAX_MEMBERS (1 + VM_HNSW_MAX_LINKS + VM_HNSW_EXPLORE_FOUND)

typedef struct VmHnswCrossing
{
	VmHnswNode members[MAX_MEMBERS]; /* bases first */
	int count;
	float *distances;          /* between members, a row for each */
	bool has_row[MAX_MEMBERS]; /* whether a row is filled in */
	char *payloads;
	Size stride; /* bytes from one payload to the next */
} VmHnswCrossing;

VmHnswDetours *
VmHnswDetoursCreate(VmHnswExplorer *explorer, Size memory)
{
	VmHnswDetours *detours = palloc0(sizeof(VmHnswDetours));
	VmHnswCrossing *crossing = palloc0(sizeof(VmHnswCrossing));

	detours->hnsw = explorer->hnsw;
	detours->explorer = explorer;
	detours->memory = memory;
	detours->loss_size = FIRST_LOSSES;
	detours->losses = palloc(detours->loss_size * sizeof(VmHnswLoss));
	crossing->stride = MAXALIGN(explorer->hnsw->space.size);
	crossing->payloads = palloc(MAX_MEMBERS * crossing->stride);
	crossing->distances = palloc(MAX_MEMBERS * MAX_MEMBERS * sizeof(float));
	detours->crossing = crossing;
	return detours;
}

void
VmHnswDetoursFree(VmHnswDetours *detours)
{
	pfree(detours->crossing->distances);
	pfree(detours->crossing->payloads);
	pfree(detours->crossing);
	VmHnswDetoursReset(detours);
	pfree(detours->losses);
	pfree(detours);
}

void
VmHnswDetoursReset(VmHnswDetours *detours)
{
	if (detours->detours != NULL)
		pfree(detours->detours);
	detours->detours = NULL;
	detours->loss_count = 0;
	detours->detour_count = 0;
	detours->detour_size = 0;
}

/* ---------------------------------------------------------------------- losses */

static void
AddLoss(VmHnswDetours *detours, VmHnswRef tombstone, VmHnswRef base, int layer, int max_detours)
{
	VmHnswLoss *loss;

	if (detours->loss_count == detours->loss_size)
	{
		detours->loss_size += detours->loss_size / 4;
		detours->losses = repalloc_huge(detours->losses, detours->loss_size * sizeof(VmHnswLoss));
	}
	loss = &detours->losses[detours->loss_count++];
	loss->tombstone = tombstone;
	loss->base = base;
	loss->layer = layer;
	loss->max_detours = max_detours;
	detours->detour_size += max_detours;
}

static inline bool
IsDead(const VmHnswDetours *detours, VmHnswRef ref)
{
	return VmHnswRefSetContains(detours->explorer->dead, ref);
}

/*
 * Links of `count` that an element may lose and still be mended around them.
 * Where distances to one another say little, detours are worth little too.
 */
static int
Tolerated(const VmHnsw *hnsw, int count)
{
	return VmHnswFillsLists(hnsw) ? count / 2 : count - count / 4;
}

bool
VmHnswAddLosses(VmHnswDetours *detours, VmHnswRef base, int layer, const VmHnswRef *list)
{
	int max = VM_HNSW_LAYER_LINKS(detours->hnsw->m, layer);
	int count = 0;
	int dead = 0;

	while (count < max && list[count] != VM_HNSW_NO_REF)
		dead += IsDead(detours, list[count++]);
	if (layer == 0 && dead > Tolerated(detours->hnsw, count))
	{
		AddLoss(detours, VM_HNSW_NO_REF, base, layer, dead + VM_HNSW_MORE_LINKS);
		return true;
	}
	for (int i = 0; i < count && dead > 0; i++)
	{
		if (IsDead(detours, list[i]))
			AddLoss(detours, list[i], base, layer, MAX_DETOURS);
	}
	return false;
}

/* ------------------------------------------------------------------ a crossing */

static inline char *
Payload(VmHnswCrossing *crossing, int i)
{
	return crossing->payloads + (Size) i * crossing->stride;
}

static inline float *
Row(VmHnswCrossing *crossing, int i)
{
	return crossing->distances + i * MAX_MEMBERS;
}

/* Distances of member i from all others. */
static const float *
Distances(VmHnswDetours *detours, int i)
{
	VmHnswCrossing *crossing = detours->crossing;
	float *row = Row(crossing, i);

	for (int j = 0; j < crossing->count && !crossing->has_row[i]; j++)
		row[j] = crossing->has_row[j] ? Row(crossing, j)[i] :
										VmSpaceDistance(&detours->hnsw->space, Payload(crossing, i),
														Payload(crossing, j));
	crossing->has_row[i] = true;
	return row;
}

/* How many elements ahead are loaded. */
#define PREFETCH_DISTANCE 3

/* Reads elements that are to be compared. */
static void
AddMembers(VmHnswDetours *detours, const VmHnswRef *refs, int count)
{
	VmHnswCrossing *crossing = detours->crossing;

	for (int i = 0; i < Min(PREFETCH_DISTANCE, count); i++)
		VmHnswPrefetchElement(detours->hnsw, refs[i]);
	for (int i = 0; i < count; i++)
	{
		VmHnswNode *node = &crossing->members[crossing->count];

		if (i + PREFETCH_DISTANCE < count)
			VmHnswPrefetchElement(detours->hnsw, refs[i + PREFETCH_DISTANCE]);
		if (VmHnswMeasureAndCopy(detours->hnsw, NULL, refs[i], node,
								 Payload(crossing, crossing->count)) &&
			!node->tombstone && node->level >= detours->explorer->layer)
			crossing->has_row[crossing->count++] = false;
	}
}

static void
AddDetour(VmHnswDetours *detours, VmHnswRef base, VmHnswRef to, float distance)
{
	VmHnswDetour *detour = &detours->detours[detours->detour_count++];

	Assert(detours->detour_count <= detours->detour_size);
	detour->base = base;
	detour->layer = detours->explorer->layer;
	detour->distance = distance;
	detour->to = to;
}

/*
 * Crosses out what is nearer to the element that `from` gives the distances of
 * than to the base.  Returns the nearest of the rest, or -1.
 */
static int
NextNearest(float *left, const float *from, const float *distances, int count)
{
	float least = INFINITY;
	int nearest = -1;

	for (int i = 0; i < count; i++)
	{
		if (from[i] < distances[i])
			left[i] = INFINITY;
		if (left[i] < least)
		{
			least = left[i];
			nearest = i;
		}
	}
	return nearest;
}

/*
 * Adds up to max detours from member i: by the heuristic of link.h, among the
 * members.  Those that the base links to already cover others as well.
 */
static void
ChooseDetours(VmHnswDetours *detours, int i, const VmHnswRef *links, int link_count, int max)
{
	VmHnswCrossing *crossing = detours->crossing;
	const float *distances = Distances(detours, i);
	float left[MAX_MEMBERS]; /* of members that nothing covers yet; infinity of the others */
	int count = crossing->count;
	int added = 0;
	int j;

	memcpy(left, distances, count * sizeof(float));
	left[i] = INFINITY;
	j = NextNearest(left, distances, distances, count);
	while (j >= 0 && added < max)
	{
		VmHnswRef ref = crossing->members[j].ref;

		if (!VmHnswHasRef(links, link_count, ref))
		{
			AddDetour(detours, crossing->members[i].ref, ref, distances[j]);
			added++;
		}
		left[j] = INFINITY;
		j = NextNearest(left, Distances(detours, j), distances, count);
	}
}

/* Detours of all bases, or a part of them, that have lost the same neighbor. */
static void
CrossTombstone(VmHnswDetours *detours, const VmHnswLoss *losses, int count)
{
	VmHnswExplorer *explorer = detours->explorer;
	VmHnswCrossing *crossing = detours->crossing;
	VmHnswRef bases[MAX_BASES];
	int base_count;

	VmHnswExploreStart(explorer, losses[0].layer);
	for (int i = 0; i < count; i++)
	{
		bases[i] = losses[i].base;
		VmHnswExploreAvoid(explorer, bases[i]);
	}
	VmHnswExploreFrom(explorer, losses[0].tombstone);
	VmHnswExplore(explorer, detours->hnsw->m);

	crossing->count = 0;
	AddMembers(detours, bases, count);
	base_count = crossing->count;
	AddMembers(detours, explorer->found, explorer->found_count);
	for (int i = 0; i < base_count; i++)
	{
		VmHnswRef links[VM_HNSW_MAX_LINKS];
		int link_count =
			VmHnswReadLinks(detours->hnsw, &crossing->members[i], explorer->layer, links);

		ChooseDetours(detours, i, links, link_count, MAX_DETOURS);
	}
}

/* Detours of a ruined base. */
static void
CrossRuins(VmHnswDetours *detours, const VmHnswLoss *loss)
{
	VmHnswExplorer *explorer = detours->explorer;
	VmHnswCrossing *crossing = detours->crossing;
	VmHnswRef links[VM_HNSW_MAX_LINKS];
	int count;
	int kept = 0;

	VmHnswExploreStart(explorer, loss->layer);
	VmHnswExploreAvoid(explorer, loss->base);
	crossing->count = 0;
	AddMembers(detours, &loss->base, 1);
	if (crossing->count == 0)
		return;
	count = VmHnswReadLinks(detours->hnsw, &crossing->members[0], loss->layer, links);
	for (int i = 0; i < count; i++)
	{
		if (IsDead(detours, links[i]))
			VmHnswExploreFrom(explorer, links[i]);
		else
		{
			VmHnswExploreAvoid(explorer, links[i]);
			links[kept++] = links[i];
		}
	}
	VmHnswExplore(explorer, 2 * detours->hnsw->m);
	AddMembers(detours, links, kept);
	AddMembers(detours, explorer->found, explorer->found_count);
	ChooseDetours(detours, 0, links, kept, loss->max_detours);
}

/* -------------------------------------------------------------- all of them */

static int
CompareLosses(const void *a, const void *b)
{
	const VmHnswLoss *x = a;
	const VmHnswLoss *y = b;

	if (x->tombstone != y->tombstone)
		return x->tombstone < y->tombstone ? -1 : 1;
	if (x->layer != y->layer)
		return x->layer - y->layer;
	return x->base < y->base ? -1 : x->base > y->base;
}

/* By what VmHnswDetoursOf looks for. */
static int
CompareBases(const VmHnswDetour *x, VmHnswRef base, int layer)
{
	if (x->base != base)
		return x->base < base ? -1 : 1;
	return x->layer - layer;
}

static int
CompareDetours(const void *a, const void *b)
{
	const VmHnswDetour *x = a;
	const VmHnswDetour *y = b;
	int order = CompareBases(x, y->base, y->layer);

	if (order != 0)
		return order;
	return (x->distance > y->distance) - (x->distance < y->distance);
}

/* Losses from `start` on that one crossing serves. */
static Size
CountAlike(const VmHnswDetours *detours, Size start)
{
	const VmHnswLoss *losses = detours->losses + start;
	Size max = Min(detours->loss_count - start, MAX_BASES);
	Size count = 1;

	if (losses[0].tombstone == VM_HNSW_NO_REF)
		return 1;
	while (count < max && losses[count].tombstone == losses[0].tombstone &&
		   losses[count].layer == losses[0].layer)
		count++;
	return count;
}

void
VmHnswFindDetours(VmHnswDetours *detours)
{
	detours->detours = MemoryContextAllocHuge(CurrentMemoryContext,
											  Max(detours->detour_size, 1) * sizeof(VmHnswDetour));
	qsort(detours->losses, detours->loss_count, sizeof(VmHnswLoss), CompareLosses);
	for (Size start = 0; start < detours->loss_count;)
	{
		Size count = CountAlike(detours, start);

		VmVacuumDelayPoint();
		if (detours->losses[start].tombstone == VM_HNSW_NO_REF)
			CrossRuins(detours, &detours->losses[start]);
		else
			CrossTombstone(detours, &detours->losses[start], (int) count);
		start += count;
	}
	qsort(detours->detours, detours->detour_count, sizeof(VmHnswDetour), CompareDetours);
}

const VmHnswDetour *
VmHnswDetoursOf(const VmHnswDetours *detours, VmHnswRef base, int layer, int *count)
{
	Size low = 0;
	Size high = detours->detour_count;
	Size end;

	while (low < high)
	{
		Size middle = low + (high - low) / 2;

		if (CompareBases(&detours->detours[middle], base, layer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low;
		 end < detours->detour_count && CompareBases(&detours->detours[end], base, layer) == 0;)
		end++;
	*count = (int) (end - low);
	return &detours->detours[low];
}
