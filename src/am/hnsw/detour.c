/*
 * detour.c
 *		New links around tombstones, for many elements at once: see detour.h.
 */
#include "compat/compat.h"
#include "compat/vacuum.h"

#include "miscadmin.h"

#include "am/hnsw/detour.h"

/*
 * Elements that are compared with one another: some of those that linked to the
 * tombstone, and what it led to.
 */
#define MAX_BASES   32
#define MAX_MEMBERS (MAX_BASES + VM_HNSW_EXPLORE_FOUND)

/* Detours that a base gets for a link; further ones lead the same way. */
#define MAX_DETOURS 4

/* Losses of one page: every link of every layer may be one. */
#define PAGE_LOSSES (BLCKSZ / sizeof(VmHnswRef))

/* Bytes that a loss takes until its detours are written. */
#define LOSS_MEMORY (sizeof(VmHnswLoss) + (MAX_DETOURS + 1) * sizeof(VmHnswDetour))

/* A tombstone, or a part of those who linked to it. */
typedef struct VmHnswCrossing
{
	VmHnswNode members[MAX_MEMBERS]; /* bases first */
	int base_count;
	int count;
	float distances[MAX_MEMBERS][MAX_MEMBERS];
	char *payloads;
	Size stride; /* bytes from one to the next */
} VmHnswCrossing;

VmHnswDetours *
VmHnswDetoursCreate(VmHnswExplorer *explorer, Size memory)
{
	VmHnswDetours *detours = palloc0(sizeof(VmHnswDetours));
	VmHnswCrossing *crossing = palloc0(sizeof(VmHnswCrossing));

	detours->hnsw = explorer->hnsw;
	detours->explorer = explorer;
	detours->loss_max = Max(memory / LOSS_MEMORY, PAGE_LOSSES);
	detours->losses = MemoryContextAllocHuge(CurrentMemoryContext,
											 detours->loss_max * sizeof(VmHnswLoss));
	detours->detour_size = 1024;
	detours->detours = palloc(detours->detour_size * sizeof(VmHnswDetour));
	crossing->stride = MAXALIGN(explorer->hnsw->space.size);
	crossing->payloads = palloc(MAX_MEMBERS * crossing->stride);
	detours->crossing = crossing;
	return detours;
}

void
VmHnswDetoursFree(VmHnswDetours *detours)
{
	pfree(detours->crossing->payloads);
	pfree(detours->crossing);
	pfree(detours->detours);
	pfree(detours->losses);
	pfree(detours);
}

void
VmHnswDetoursReset(VmHnswDetours *detours)
{
	detours->loss_count = 0;
	detours->detour_count = 0;
}

bool
VmHnswDetoursFull(const VmHnswDetours *detours)
{
	return detours->loss_count + PAGE_LOSSES > detours->loss_max;
}

void
VmHnswAddLoss(VmHnswDetours *detours, VmHnswRef tombstone, VmHnswRef base, int layer)
{
	VmHnswLoss *loss = &detours->losses[detours->loss_count++];

	Assert(detours->loss_count <= detours->loss_max);
	loss->tombstone = tombstone;
	loss->base = base;
	loss->layer = layer;
}

static void
AddDetour(VmHnswDetours *detours, VmHnswRef base, VmHnswRef to, float distance)
{
	VmHnswDetour *detour;

	if (detours->detour_count == detours->detour_size)
	{
		detours->detour_size *= 2;
		detours->detours =
			repalloc_huge(detours->detours, detours->detour_size * sizeof(VmHnswDetour));
	}
	detour = &detours->detours[detours->detour_count++];
	detour->base = base;
	detour->layer = detours->explorer->layer;
	detour->distance = distance;
	detour->to = to;
}

/* ------------------------------------------------------------------ a crossing */

static inline char *
Payload(VmHnswCrossing *crossing, int i)
{
	return crossing->payloads + (Size) i * crossing->stride;
}

static void
AddMember(VmHnswDetours *detours, VmHnswRef ref)
{
	VmHnswCrossing *crossing = detours->crossing;
	VmHnswNode *node = &crossing->members[crossing->count];

	if (VmHnswMeasureAndCopy(detours->hnsw, NULL, ref, node, Payload(crossing, crossing->count)) &&
		!node->tombstone && node->level >= detours->explorer->layer)
		crossing->count++;
}

/* How many elements ahead are loaded. */
#define PREFETCH_DISTANCE 3

/* Reads the elements that meet at a tombstone. */
static void
Meet(VmHnswDetours *detours, const VmHnswLoss *losses, int count)
{
	VmHnsw *hnsw = detours->hnsw;
	VmHnswExplorer *explorer = detours->explorer;
	VmHnswCrossing *crossing = detours->crossing;

	VmHnswExploreStart(explorer, losses[0].layer);
	for (int i = 0; i < count; i++)
		VmHnswExploreAvoid(explorer, losses[i].base);
	VmHnswExploreFrom(explorer, losses[0].tombstone);
	for (int i = 0; i < Min(PREFETCH_DISTANCE, count); i++)
		VmHnswPrefetchElement(hnsw, losses[i].base);
	VmHnswExplore(explorer, hnsw->m);

	crossing->count = 0;
	for (int i = 0; i < count; i++)
	{
		if (i + PREFETCH_DISTANCE < count)
			VmHnswPrefetchElement(hnsw, losses[i + PREFETCH_DISTANCE].base);
		else if (i + PREFETCH_DISTANCE - count < explorer->found_count)
			VmHnswPrefetchElement(hnsw, explorer->found[i + PREFETCH_DISTANCE - count]);
		AddMember(detours, losses[i].base);
	}
	crossing->base_count = crossing->count;
	for (int i = 0; i < explorer->found_count; i++)
	{
		if (i + PREFETCH_DISTANCE < explorer->found_count)
			VmHnswPrefetchElement(hnsw, explorer->found[i + PREFETCH_DISTANCE]);
		AddMember(detours, explorer->found[i]);
	}
}

static void
MeasureMembers(VmHnswDetours *detours)
{
	VmHnswCrossing *crossing = detours->crossing;

	for (int i = 0; i < crossing->count; i++)
	{
		for (int j = 0; j < i; j++)
			crossing->distances[i][j] = crossing->distances[j][i] = VmSpaceDistance(
				&detours->hnsw->space, Payload(crossing, i), Payload(crossing, j));
	}
}

/* The members but i, nearest to i first; returns how many. */
static int
SortMembers(const VmHnswCrossing *crossing, int i, int *order)
{
	const float *distances = crossing->distances[i];
	int count = 0;

	for (int j = 0; j < crossing->count; j++)
	{
		int at = count;

		if (j == i)
			continue;
		for (; at > 0 && distances[j] < distances[order[at - 1]]; at--)
			order[at] = order[at - 1];
		order[at] = j;
		count++;
	}
	return count;
}

static bool
Contains(const VmHnswRef *refs, int count, VmHnswRef ref)
{
	for (int i = 0; i < count; i++)
	{
		if (refs[i] == ref)
			return true;
	}
	return false;
}

/* Whether member j is nearer to one taken before than to i. */
static bool
IsCovered(const VmHnswCrossing *crossing, int i, int j, const int *taken, int count)
{
	for (int k = 0; k < count; k++)
	{
		if (crossing->distances[j][taken[k]] < crossing->distances[i][j])
			return true;
	}
	return false;
}

/*
 * Adds detours from base i: by the heuristic of link.h, among the members; those
 * that the base links to already are taken in any case.
 */
static void
ChooseDetours(VmHnswDetours *detours, int i)
{
	VmHnswCrossing *crossing = detours->crossing;
	const VmHnswNode *base = &crossing->members[i];
	VmHnswRef links[VM_HNSW_MAX_LINKS];
	int link_count = VmHnswReadLinks(detours->hnsw, base, detours->explorer->layer, links);
	int order[MAX_MEMBERS];
	int taken[MAX_MEMBERS];
	int count = SortMembers(crossing, i, order);
	int taken_count = 0;
	int added = 0;

	AddDetour(detours, base->ref, VM_HNSW_NO_REF, 0);
	for (int k = 0; k < count && added < MAX_DETOURS; k++)
	{
		int j = order[k];
		VmHnswRef ref = crossing->members[j].ref;

		if (Contains(links, link_count, ref))
			taken[taken_count++] = j;
		else if (!IsCovered(crossing, i, j, taken, taken_count))
		{
			taken[taken_count++] = j;
			AddDetour(detours, base->ref, ref, crossing->distances[i][j]);
			added++;
		}
	}
}

static void
Cross(VmHnswDetours *detours, const VmHnswLoss *losses, int count)
{
	VmHnswCrossing *crossing = detours->crossing;

	Meet(detours, losses, count);
	MeasureMembers(detours);
	for (int i = 0; i < crossing->base_count; i++)
		ChooseDetours(detours, i);
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

void
VmHnswFindDetours(VmHnswDetours *detours)
{
	const VmHnswLoss *losses = detours->losses;
	Size start = 0;

	qsort(detours->losses, detours->loss_count, sizeof(VmHnswLoss), CompareLosses);
	while (start < detours->loss_count)
	{
		Size end = start + 1;

		while (end < detours->loss_count && end - start < MAX_BASES &&
			   losses[end].tombstone == losses[start].tombstone &&
			   losses[end].layer == losses[start].layer)
			end++;
		VmVacuumDelayPoint();
		Cross(detours, &losses[start], (int) (end - start));
		start = end;
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
	for (end = low; end < detours->detour_count &&
					CompareBases(&detours->detours[end], base, layer) == 0;)
		end++;
	*count = (int) (end - low);
	return *count > 0 ? &detours->detours[low] : NULL;
}
