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
	/* a full list, the new link, and the slot after them */
	linker->size = most + 2;
	linker->read = palloc((Size) linker->size * linker->stride);
	linker->chosen = palloc(linker->size * sizeof(char *));
	linker->base = palloc(linker->stride);
}

void
VmHnswLinkerFree(VmHnswLinker *linker)
{
	pfree(linker->read);
	pfree(linker->chosen);
	pfree(linker->base);
}

static inline char *
ReadSlot(VmHnswLinker *linker, int i)
{
	Assert(i < linker->size);
	return linker->read + (Size) i * linker->stride;
}

/* Whether a payload is nearer to one chosen before than distance. */
static bool
IsCovered(VmHnswLinker *linker, const char *payload, int chosen, float distance)
{
	for (int i = 0; i < chosen; i++)
	{
		if (VmSpaceDistance(&linker->hnsw->space, payload, linker->chosen[i]) < distance)
			return true;
	}
	return false;
}

/* A node that may become a link. */
typedef struct Candidate
{
	VmHnswNode node;
	const char *payload; /* NULL: to be read */
} Candidate;

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

/* A candidate's payload, read to `to` where it is not known; NULL: it is gone. */
static const char *
CandidatePayload(VmHnswLinker *linker, const Candidate *candidate, char *to)
{
	VmHnswNode node;

	if (candidate->payload != NULL)
		return candidate->payload;
	if (!VmHnswMeasureAndCopy(linker->hnsw, NULL, candidate->node.ref, &node, to) ||
		node.tombstone || node.version != candidate->node.version)
		return NULL;
	return to;
}

/*
 * By the heuristic alone; returns how many are chosen.  Payloads are read from
 * the given slot on.
 */
static int
Choose(VmHnswLinker *linker, const void *base, const Candidate *candidates, int count, int slot,
	   int max, Choice *choices)
{
	int chosen = 0;
	int kept = 0;
	int same = 0;

	for (int i = 0; i < count && chosen < max; i++)
	{
		float distance = candidates[i].node.distance;
		const char *payload;

		if (i + 1 < count && candidates[i + 1].payload == NULL)
			VmHnswPrefetchElement(linker->hnsw, candidates[i + 1].node.ref);
		payload = CandidatePayload(linker, &candidates[i], ReadSlot(linker, slot));
		if (payload == NULL)
			continue;
		if (VmSpaceSame(&linker->hnsw->space, payload, base))
			choices[i] = same++ < VM_HNSW_MAX_EQUALS(max) ? CHOSEN : LEFT_OUT;
		else if (IsCovered(linker, payload, kept, distance))
			choices[i] = PRUNED;
		else
		{
			choices[i] = CHOSEN;
			linker->chosen[kept++] = payload;
			slot += candidates[i].payload == NULL;
		}
		chosen += choices[i] == CHOSEN;
	}
	return chosen;
}

/* Chooses up to max of the candidates and writes their refs. */
static int
ChooseRefs(VmHnswLinker *linker, const void *base, const Candidate *candidates, int count, int slot,
		   int max, VmHnswRef *refs)
{
	Choice choices[VM_HNSW_MAX_EF_CONSTRUCTION] = {LEFT_OUT};
	int chosen = Choose(linker, base, candidates, count, slot, max, choices);
	int written = 0;

	if (VmHnswFillsLists(linker->hnsw))
		FillUp(choices, count, chosen, max);
	for (int i = 0; i < count; i++)
	{
		if (choices[i] == CHOSEN)
			refs[written++] = candidates[i].node.ref;
	}
	return written;
}

int
VmHnswChooseLinks(VmHnswLinker *linker, const void *base, const VmHnswNode *nodes, int count,
				  int layer, int max, VmHnswRef *refs)
{
	Candidate candidates[VM_HNSW_MAX_EF_CONSTRUCTION];
	int candidate_count = 0;

	Assert(count <= VM_HNSW_MAX_EF_CONSTRUCTION);
	for (int i = 0; i < count; i++)
	{
		/* a slot used again may hold a lower element (HNSW-3) */
		if (nodes[i].level < layer)
			continue;
		candidates[candidate_count].node = nodes[i];
		candidates[candidate_count++].payload = NULL;
	}
	return ChooseRefs(linker, base, candidates, candidate_count, 0, max, refs);
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
CompareCandidates(const void *a, const void *b)
{
	float x = ((const Candidate *) a)->node.distance;
	float y = ((const Candidate *) b)->node.distance;

	return (x > y) - (x < y);
}

/*
 * The elements of a layer that links lead to, measured from linker->base, with
 * copies of their payloads: a page is read once, for measuring and for choosing.
 */
static int
ReadCandidates(VmHnswLinker *linker, const VmHnswRef *links, int count, int layer,
			   Candidate *candidates)
{
	VmHnsw *hnsw = linker->hnsw;
	int read = 0;

	VmHnswPrefetchBlocks(hnsw, links, count);
	for (int i = 0; i < count; i++)
	{
		Candidate *candidate = &candidates[read];
		char *payload = ReadSlot(linker, read);

		if (i + 1 < count)
			VmHnswPrefetchElement(hnsw, links[i + 1]);
		if (!VmHnswMeasureAndCopy(hnsw, linker->base, links[i], &candidate->node, payload) ||
			candidate->node.tombstone || candidate->node.level < layer)
			continue;
		candidate->payload = payload;
		read++;
	}
	return read;
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
	Candidate candidates[VM_HNSW_MAX_LINKS + 1];
	VmHnswNode base;
	int read;

	if (!VmHnswMeasureAndCopy(hnsw, NULL, from->ref, &base, linker->base) ||
		base.version != from->version)
		return false;
	read = ReadCandidates(linker, links, count, layer, candidates);
	candidates[read].node = *to;
	candidates[read].node.distance = distance;
	candidates[read].payload = NULL;
	qsort(candidates, read + 1, sizeof(Candidate), CompareCandidates);
	*ref_count = ChooseRefs(linker, linker->base, candidates, read + 1, read,
							VM_HNSW_LAYER_LINKS(hnsw->m, layer), refs);
	return true;
}

/* Sees to it that a list leads to an element, in place of the farthest if need be. */
static void
Insist(VmHnswRef *refs, int *count, int max, VmHnswRef to)
{
	if (VmHnswHasRef(refs, *count, to))
		return;
	if (*count == max)
		(*count)--;
	refs[(*count)++] = to;
}

bool
VmHnswLinkBack(VmHnswLinker *linker, const VmHnswNode *from, int layer, const VmHnswNode *to,
			   float distance, bool insist)
{
	VmHnsw *hnsw = linker->hnsw;
	int max = VM_HNSW_LAYER_LINKS(hnsw->m, layer);
	VmHnswRef links[VM_HNSW_MAX_LINKS];
	VmHnswRef refs[VM_HNSW_MAX_LINKS];

	for (int i = 0; i < MAX_TRIES; i++)
	{
		int count = VmHnswReadLinks(hnsw, from, layer, links);
		int ref_count;

		if (VmHnswHasRef(links, count, to->ref))
			return true;
		if (count < max)
		{
			memcpy(refs, links, count * sizeof(VmHnswRef));
			refs[count] = to->ref;
			ref_count = count + 1;
		}
		else if (!ChooseAgain(linker, from, links, count, layer, to, distance, refs, &ref_count))
			return false;
		if (insist)
			Insist(refs, &ref_count, max, to->ref);
		if (ref_count == count && !VmHnswHasRef(refs, ref_count, to->ref))
			return false;
		if (VmHnswReplaceLinks(hnsw, from, layer, links, count, refs, ref_count))
			return VmHnswHasRef(refs, ref_count, to->ref);
	}
	return false;
}
