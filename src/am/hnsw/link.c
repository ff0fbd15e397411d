/*
 * link.c
 *		Choosing an element's links, and linking others back to it: see link.h.
 *
 * Nothing is computed under an exclusive lock: links are read, the new list is
 * made from copies, and it is written if the old list is still the same.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/link.h"

/* Attempts to change a list that others keep changing; a link is not vital. */
#define MAX_TRIES 5

void
VmHnswLinkerInit(VmHnswLinker *linker, VmHnsw *hnsw, int most)
{
	linker->hnsw = hnsw;
	linker->stride = MAXALIGN(hnsw->space.size);
	linker->kept_size = most + 1;
	linker->kept = palloc((Size) linker->kept_size * linker->stride);
	linker->base = palloc(linker->stride);
}

void
VmHnswLinkerFree(VmHnswLinker *linker)
{
	pfree(linker->kept);
	pfree(linker->base);
}

static inline char *
Kept(VmHnswLinker *linker, int i)
{
	Assert(i < linker->kept_size);
	return linker->kept + (Size) i * linker->stride;
}

/* Whether the payload at `count` is nearer to one kept before than distance. */
static bool
IsCovered(VmHnswLinker *linker, int count, float distance)
{
	for (int i = 0; i < count; i++)
	{
		if (VmSpaceDistance(&linker->hnsw->space, Kept(linker, count), Kept(linker, i)) < distance)
			return true;
	}
	return false;
}

/*
 * Elements with the base's own payload that may be among max links: enough to
 * hold them together, and not so many that they become an island.
 */
#define MAX_SAME(max) Max(2, (max) / 4)

/* What becomes of a candidate. */
typedef enum Choice
{
	LEFT_OUT, /* gone, or an equal too many */
	PRUNED,
	CHOSEN
} Choice;

/* Chooses the nearest of the pruned candidates, until max are chosen. */
static void
FillUp(Choice *choices, int count, int chosen, int max)
{
	for (int i = 0; i < count && chosen < max; i++)
	{
		if (choices[i] == PRUNED)
		{
			choices[i] = CHOSEN;
			chosen++;
		}
	}
}

/* By the heuristic alone; returns how many are chosen. */
static int
Choose(VmHnswLinker *linker, const void *base, const VmHnswNode *candidates, int count, int max,
	   Choice *choices)
{
	int chosen = 0;
	int kept = 0;
	int same = 0;

	for (int i = 0; i < count && chosen < max; i++)
	{
		VmHnswNode node;

		if (i + 1 < count)
			VmHnswPrefetchElement(linker->hnsw, candidates[i + 1].ref);
		if (!VmHnswMeasureAndCopy(linker->hnsw, NULL, candidates[i].ref, &node,
								  Kept(linker, kept)) ||
			node.tombstone || node.version != candidates[i].version)
			continue;
		if (VmSpaceSame(&linker->hnsw->space, Kept(linker, kept), base))
			choices[i] = same++ < MAX_SAME(max) ? CHOSEN : LEFT_OUT;
		else if (IsCovered(linker, kept, candidates[i].distance))
			choices[i] = PRUNED;
		else
		{
			choices[i] = CHOSEN;
			kept++;
		}
		chosen += choices[i] == CHOSEN;
	}
	return chosen;
}

int
VmHnswChooseLinks(VmHnswLinker *linker, const void *base, const VmHnswNode *candidates, int count,
				  int max, VmHnswRef *refs)
{
	Choice choices[VM_HNSW_MAX_EF_CONSTRUCTION] = {LEFT_OUT};
	int chosen;
	int written = 0;

	Assert(count <= VM_HNSW_MAX_EF_CONSTRUCTION);
	chosen = Choose(linker, base, candidates, count, max, choices);
	if (VmHnswFillsLists(linker->hnsw))
		FillUp(choices, count, chosen, max);
	for (int i = 0; i < count; i++)
	{
		if (choices[i] == CHOSEN)
			refs[written++] = candidates[i].ref;
	}
	return written;
}

/* ------------------------------------------------------------ changing a list */

/* The list of a layer on a page to be changed; NULL when the node is gone. */
static VmHnswRef *
FindList(const VmHnsw *hnsw, Page page, const VmHnswNode *node, int layer)
{
	VmHnswNeighbors *neighbors =
		VmHnswPageNeighbors(hnsw, page, ItemPointerGetOffsetNumberNoCheck(&node->neighbors));

	if (neighbors == NULL || neighbors->owner != node->ref || neighbors->version != node->version ||
		neighbors->level < layer)
		return NULL;
	return neighbors->refs + VM_HNSW_LAYER_START(hnsw->m, layer);
}

static bool
ListIs(const VmHnsw *hnsw, const VmHnswRef *list, int layer, const VmHnswRef *refs, int count)
{
	int max = VM_HNSW_LAYER_LINKS(hnsw->m, layer);

	return memcmp(list, refs, count * sizeof(VmHnswRef)) == 0 &&
		   (count == max || list[count] == VM_HNSW_NO_REF);
}

bool
VmHnswReplaceLinks(VmHnsw *hnsw, const VmHnswNode *node, int layer, const VmHnswRef *seen,
				   int seen_count, const VmHnswRef *refs, int count)
{
	int max = VM_HNSW_LAYER_LINKS(hnsw->m, layer);
	Buffer buffer;
	VmHnswRef *list;
	bool same;

	if (!ItemPointerIsValid(&node->neighbors))
		return false;
	buffer = VmHnswReadBlock(hnsw, ItemPointerGetBlockNumberNoCheck(&node->neighbors),
							 BUFFER_LOCK_EXCLUSIVE);
	if (!BufferIsValid(buffer))
		return false;
	list = FindList(hnsw, BufferGetPage(buffer), node, layer);
	same = list != NULL && ListIs(hnsw, list, layer, seen, seen_count);
	if (same)
	{
		VmPageEdit edit;

		VmPageEditStart(&edit, hnsw->index, hnsw->building);
		list = FindList(hnsw, VmPageEditBuffer(&edit, buffer, false), node, layer);
		memcpy(list, refs, count * sizeof(VmHnswRef));
		memset(list + count, 0, (max - count) * sizeof(VmHnswRef));
		VmPageEditFinish(&edit);
	}
	UnlockReleaseBuffer(buffer);
	return same;
}

/* -------------------------------------------------------------- linking back */

static int
CompareNodes(const void *a, const void *b)
{
	float x = ((const VmHnswNode *) a)->distance;
	float y = ((const VmHnswNode *) b)->distance;

	return (x > y) - (x < y);
}

/*
 * The links of a full list and a new one, chosen anew.  False when the base is
 * gone.
 */
static bool
ChooseAgain(VmHnswLinker *linker, const VmHnswNode *from, const VmHnswRef *links, int count,
			int layer, const VmHnswNode *to, float distance, VmHnswRef *refs, int *ref_count)
{
	VmHnsw *hnsw = linker->hnsw;
	VmHnswNode nodes[VM_HNSW_MAX_LINKS + 1];
	VmHnswNode base;
	int node_count = 0;

	if (!VmHnswMeasureAndCopy(hnsw, NULL, from->ref, &base, linker->base) ||
		base.version != from->version)
		return false;
	VmHnswPrefetchBlocks(hnsw, links, count);
	for (int i = 0; i < count; i++)
	{
		if (i + 1 < count)
			VmHnswPrefetchElement(hnsw, links[i + 1]);
		if (VmHnswMeasure(hnsw, linker->base, links[i], &nodes[node_count]))
			node_count++;
	}
	nodes[node_count] = *to;
	nodes[node_count++].distance = distance;
	qsort(nodes, node_count, sizeof(VmHnswNode), CompareNodes);
	*ref_count = VmHnswChooseLinks(linker, linker->base, nodes, node_count,
								   VM_HNSW_LAYER_LINKS(hnsw->m, layer), refs);
	return true;
}

static bool
Contains(const VmHnswRef *links, int count, VmHnswRef ref)
{
	for (int i = 0; i < count; i++)
	{
		if (links[i] == ref)
			return true;
	}
	return false;
}

void
VmHnswLinkBack(VmHnswLinker *linker, const VmHnswNode *from, int layer, const VmHnswNode *to,
			   float distance)
{
	VmHnsw *hnsw = linker->hnsw;
	VmHnswRef links[VM_HNSW_MAX_LINKS];
	VmHnswRef refs[VM_HNSW_MAX_LINKS];

	for (int i = 0; i < MAX_TRIES; i++)
	{
		int count = VmHnswReadLinks(hnsw, from, layer, links);
		int ref_count;

		if (Contains(links, count, to->ref))
			return;
		if (count < VM_HNSW_LAYER_LINKS(hnsw->m, layer))
		{
			memcpy(refs, links, count * sizeof(VmHnswRef));
			refs[count] = to->ref;
			ref_count = count + 1;
		}
		else if (!ChooseAgain(linker, from, links, count, layer, to, distance, refs, &ref_count))
			return;
		if (ref_count == count && !Contains(refs, ref_count, to->ref))
			return;
		if (VmHnswReplaceLinks(hnsw, from, layer, links, count, refs, ref_count))
			return;
	}
}
