/*
 * verify_graph.c
 *		Checking what items of an index say of one another: VmHnswCheckGraph
 *		and VmHnswCheckReachable (verify_private.h).
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/verify_private.h"

/* --------------------------------------------------- elements and their links */

/* Whether an element and a neighbors item belong together (HNSW-2). */
static bool
Agree(const VmHnswElementInfo *element, const VmHnswNeighbors *neighbors, Size tail)
{
	return neighbors->owner == element->ref && neighbors->level == element->level &&
		   neighbors->version == element->version && tail == element->tail;
}

/* ItemPointerEquals takes no const before 16. */
static bool
IsSameTid(const ItemPointerData *a, const ItemPointerData *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool
IsSameElement(const VmHnswElementInfo *a, const VmHnswElementInfo *b)
{
	return a->ref == b->ref && a->version == b->version && a->level == b->level &&
		   IsSameTid(&a->neighbors, &b->neighbors);
}

/* Whether the element names a neighbors item that names it back. */
static bool
HasNeighbors(VmHnswChecker *checker, const VmHnswElementInfo *element)
{
	PGAlignedBlock buffer;
	VmHnswNeighbors *neighbors = (VmHnswNeighbors *) buffer.data;
	Size tail;

	return VmHnswLookNeighbors(checker, &element->neighbors, neighbors, &tail) &&
		   Agree(element, neighbors, tail);
}

/*
 * An element of checker->page.  Where its neighbors item does not agree the
 * element must be gone; if it is still the same, it was so when we looked.
 */
static void
CheckElementLink(VmHnswChecker *checker, VmHnswRef ref, const VmHnswElement *element)
{
	VmHnswElementInfo info;
	VmHnswElementInfo now;

	VmHnswDescribeElement(&checker->hnsw, ref, element, &info);
	if (HasNeighbors(checker, &info))
		return;
	if (VmHnswLookElement(checker, ref, &now) && IsSameElement(&info, &now))
		VmHnswReportRef(checker, VM_CHECK_ERROR, ref, "HNSW-2",
						"the element's neighbors (%u,%u) do not belong to it",
						ItemPointerGetBlockNumberNoCheck(&info.neighbors),
						ItemPointerGetOffsetNumberNoCheck(&info.neighbors));
}

/* ------------------------------------------------------------ neighbors items */

/* A neighbors item of checker->page. */
typedef struct Links
{
	VmHnswChecker *checker;
	ItemPointerData tid;
	const VmHnswNeighbors *item;
	Size tail; /* bytes of a payload behind it */
} Links;

#define ReportLinks(links, rule, ...)                                                              \
	VmCheckAdd((links)->checker->report, VM_CHECK_ERROR, ItemPointerGetBlockNumber(&(links)->tid), \
			   ItemPointerGetOffsetNumber(&(links)->tid), rule, __VA_ARGS__)

/* The owner as it is now, if it points back. */
static bool
LookOwner(const Links *links, VmHnswElementInfo *owner)
{
	return VmHnswLookElement(links->checker, links->item->owner, owner) &&
		   Agree(owner, links->item, links->tail) && IsSameTid(&owner->neighbors, &links->tid);
}

/* Whether the item still is of the same owner. */
static bool
IsSameItem(const Links *links, VmHnswNeighbors *now)
{
	Size tail;

	return VmHnswLookNeighbors(links->checker, &links->tid, now, &tail) &&
		   now->owner == links->item->owner && now->version == links->item->version &&
		   now->level == links->item->level;
}

static bool
IsElementOfLayer(VmHnswChecker *checker, VmHnswRef ref, int layer)
{
	VmHnswElementInfo info;

	return VmHnswLookElement(checker, ref, &info) && info.level >= layer;
}

static bool
HasLink(const VmHnsw *hnsw, const VmHnswNeighbors *neighbors, int layer, VmHnswRef ref)
{
	const VmHnswRef *list = neighbors->refs + VM_HNSW_LAYER_START(hnsw->m, layer);

	for (int i = 0; i < VM_HNSW_LAYER_LINKS(hnsw->m, layer); i++)
	{
		if (list[i] == ref)
			return true;
	}
	return false;
}

/*
 * Whether a link leads to an element of its layer.  One that was not there when
 * the pages were walked may be new, and one that is gone may have been unlinked
 * first: only a link that is there while its element is not is wrong.
 */
static bool
LinkIsSound(const Links *links, int layer, VmHnswRef ref)
{
	VmHnswChecker *checker = links->checker;
	PGAlignedBlock buffer;
	VmHnswNeighbors *now = (VmHnswNeighbors *) buffer.data;
	VmHnswElementInfo owner;

	if (VmHnswRefSetContains(&checker->layers[layer], ref) || IsElementOfLayer(checker, ref, layer))
		return true;
	return !IsSameItem(links, now) || !HasLink(&checker->hnsw, now, layer, ref) ||
		   !LookOwner(links, &owner) || owner.is_tombstone || IsElementOfLayer(checker, ref, layer);
}

static void
CheckLink(const Links *links, int layer, const VmHnswRef *list, int i)
{
	const VmHnsw *hnsw = &links->checker->hnsw;
	VmHnswRef ref = list[i];

	if (ref == links->item->owner)
		ReportLinks(links, "HNSW-3", "link %d of layer %d leads to the element itself", i + 1,
					layer);
	else if (!LinkIsSound(links, layer, ref))
		ReportLinks(links, "HNSW-3", "link %d of layer %d, (%u,%u), is no element of that layer",
					i + 1, layer, VmHnswRefBlock(hnsw, ref), VmHnswRefOffset(hnsw, ref));
	for (int j = 0; j < i; j++)
	{
		if (list[j] == ref)
			ReportLinks(links, "HNSW-3", "link %d of layer %d is there twice", i + 1, layer);
	}
}

static void
CheckLayer(const Links *links, int layer)
{
	int m = links->checker->hnsw.m;
	const VmHnswRef *list = links->item->refs + VM_HNSW_LAYER_START(m, layer);
	int max = VM_HNSW_LAYER_LINKS(m, layer);
	int count = 0;

	while (count < max && list[count] != VM_HNSW_NO_REF)
	{
		CheckLink(links, layer, list, count);
		count++;
	}
	for (int i = count; i < max; i++)
	{
		if (list[i] != VM_HNSW_NO_REF)
		{
			ReportLinks(links, "HNSW-3", "link %d of layer %d follows an unused one", i + 1, layer);
			break;
		}
	}
}

/* A neighbors item of checker->page: its owner, and if that is live, its links. */
static void
CheckLinks(VmHnswChecker *checker, BlockNumber block, OffsetNumber offset,
		   const VmHnswNeighbors *item)
{
	Links links = {.checker = checker, .item = item};
	PGAlignedBlock buffer;
	VmHnswElementInfo owner;

	ItemPointerSet(&links.tid, block, offset);
	VmHnswNeighborsTail(&checker->hnsw, checker->page.data, offset, &links.tail);
	if (!LookOwner(&links, &owner))
	{
		if (IsSameItem(&links, (VmHnswNeighbors *) buffer.data))
			ReportLinks(&links, "HNSW-2", "the neighbors item's element (%u,%u) does not name it",
						VmHnswRefBlock(&checker->hnsw, item->owner),
						VmHnswRefOffset(&checker->hnsw, item->owner));
		return;
	}
	if (owner.is_tombstone)
		return;
	for (int layer = 0; layer <= item->level; layer++)
		CheckLayer(&links, layer);
}

static void
CheckPage(VmHnswChecker *checker, BlockNumber block)
{
	VmHnsw *hnsw = &checker->hnsw;
	Page page = checker->page.data;

	if (!VmHnswCheckerRead(checker, block))
		return;
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		Size size;
		const VmHnswElement *element = VmHnswPageElement(hnsw, page, offset, &size);
		const VmHnswNeighbors *neighbors = VmHnswPageNeighbors(hnsw, page, offset);

		if (element != NULL)
			CheckElementLink(checker, VmHnswMakeRef(hnsw, block, offset), element);
		else if (neighbors != NULL)
			CheckLinks(checker, block, offset, neighbors);
	}
}

void
VmHnswCheckGraph(VmHnswChecker *checker)
{
	BlockNumber blocks = RelationGetNumberOfBlocks(checker->hnsw.index);

	for (BlockNumber block = VM_HNSW_FIRST_BLOCK; block < blocks; block++)
	{
		CHECK_FOR_INTERRUPTS();
		CheckPage(checker, block);
	}
}

/* --------------------------------------------------------------- reachability */

/* Elements that were reached, and those of them that are still to be expanded. */
typedef struct Walk
{
	VmHnswChecker *checker;
	VmHnswRefSet reached;
	VmHnswRef *stack;
	Size count;
	Size size;
} Walk;

static void
Reach(Walk *walk, VmHnswRef ref)
{
	if (ref == VM_HNSW_NO_REF || !VmHnswRefSetAdd(&walk->reached, ref))
		return;
	if (walk->count == walk->size)
	{
		walk->size *= 2;
		walk->stack = repalloc_huge(walk->stack, walk->size * sizeof(VmHnswRef));
	}
	walk->stack[walk->count++] = ref;
}

static void
Expand(Walk *walk, VmHnswRef ref)
{
	PGAlignedBlock buffer;
	VmHnswNeighbors *neighbors = (VmHnswNeighbors *) buffer.data;
	VmHnswElementInfo info;
	Size tail;

	if (!VmHnswLookElement(walk->checker, ref, &info) ||
		!VmHnswLookNeighbors(walk->checker, &info.neighbors, neighbors, &tail) ||
		!Agree(&info, neighbors, tail))
		return;
	for (int i = 0; i < (neighbors->level + 2) * walk->checker->hnsw.m; i++)
		Reach(walk, neighbors->refs[i]);
}

/* Reports live elements that were not reached. */
static void
CountUnreached(Walk *walk)
{
	VmHnswChecker *checker = walk->checker;
	VmHnswRef first = VM_HNSW_NO_REF;
	uint64 count = 0;
	uint64 from = 0;
	VmHnswRef ref;

	while (VmHnswRefSetNext(&checker->layers[0], from, &ref))
	{
		VmHnswElementInfo info;

		CHECK_FOR_INTERRUPTS();
		from = (uint64) ref + 1;
		if (VmHnswRefSetContains(&walk->reached, ref) ||
			VmHnswRefSetContains(&checker->tombstones, ref) ||
			!VmHnswLookElement(checker, ref, &info) || info.is_tombstone)
			continue;
		if (count++ == 0)
			first = ref;
	}
	if (count > 0)
		VmHnswReportRef(checker, VM_CHECK_NOTICE, first, "HNSW-8",
						UINT64_FORMAT " elements cannot be reached, this is the first", count);
}

void
VmHnswCheckReachable(VmHnswChecker *checker, VmHnswRef entry)
{
	Walk walk = {.checker = checker, .size = 1024};

	VmHnswRefSetInit(&walk.reached);
	walk.stack = palloc(walk.size * sizeof(VmHnswRef));
	Reach(&walk, entry);
	while (walk.count > 0)
	{
		CHECK_FOR_INTERRUPTS();
		Expand(&walk, walk.stack[--walk.count]);
	}
	CountUnreached(&walk);
	VmHnswRefSetFree(&walk.reached);
	pfree(walk.stack);
}
