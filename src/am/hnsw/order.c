/*
 * order.c
 *		In which order nodes of a graph are written: see order.h.
 *
 * A search measures most neighbors of the nodes it expands.  Where some of them
 * share a page, that page is found, locked and brought into the caches once for
 * all of them, and an insert that links back to several of them changes one
 * page.  So pages are filled one after the other: from a node that is a neighbor
 * of what was written before, with those that most of the page's nodes link to.
 * That is the greedy heuristic of Wang et al., "Starling" (2024), section 4.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "am/hnsw/order.h"

typedef struct Order
{
	const VmGraph *graph;
	uint32 count;       /* of nodes */
	uint32 *nodes;      /* in their order, as far as it goes */
	uint32 placed;      /* how many that are */
	bool *is_placed;    /* by number */
	uint16 *links_here; /* from nodes of the page, by number */
	uint32 *waiting;    /* nodes with such links, and not placed when they came */
	int waiting_count;
	uint32 expanding; /* place of the node whose neighbors begin pages */
	uint32 unplaced;  /* no smaller number is unplaced */
} Order;

static const VmGraphLinks *
GetLinks(const Order *order, uint32 id)
{
	return VmGraphGetLinks(order->graph, VmGraphGetNode(order->graph, id), 0);
}

/* The next node that is a neighbor of a placed one; else any. */
static uint32
FindSeed(Order *order)
{
	for (; order->expanding < order->placed; order->expanding++)
	{
		const VmGraphLinks *links = GetLinks(order, order->nodes[order->expanding]);
		int count = VmGraphLinkCount(links);

		for (int i = 0; i < count; i++)
		{
			if (!order->is_placed[VmGraphLinkId(links, i)])
				return VmGraphLinkId(links, i);
		}
	}
	while (order->is_placed[order->unplaced])
		order->unplaced++;
	return order->unplaced;
}

/* Places a node, and has its neighbors wait for the same page. */
static void
PlaceOne(Order *order, uint32 id)
{
	const VmGraphLinks *links = GetLinks(order, id);
	int count = VmGraphLinkCount(links);

	order->nodes[order->placed++] = id;
	order->is_placed[id] = true;
	for (int i = 0; i < count; i++)
	{
		uint32 neighbor = VmGraphLinkId(links, i);

		if (order->is_placed[neighbor])
			continue;
		if (order->links_here[neighbor]++ == 0)
			order->waiting[order->waiting_count++] = neighbor;
	}
}

/* The waiting node with most links from the page; false when none waits. */
static bool
FindBest(const Order *order, uint32 *best)
{
	int most = 0;

	for (int i = 0; i < order->waiting_count; i++)
	{
		uint32 id = order->waiting[i];

		if (!order->is_placed[id] && order->links_here[id] > most)
		{
			most = order->links_here[id];
			*best = id;
		}
	}
	return most > 0;
}

static void
FillPage(Order *order, int group)
{
	uint32 id = FindSeed(order);
	int taken = 0;

	do
	{
		PlaceOne(order, id);
		taken++;
	} while (taken < group && FindBest(order, &id));

	for (int i = 0; i < order->waiting_count; i++)
		order->links_here[order->waiting[i]] = 0;
	order->waiting_count = 0;
}

uint32 *
VmHnswComputeOrder(const VmGraph *graph, int group)
{
	MemoryContext context = CurrentMemoryContext;
	Order order = {.graph = graph, .count = VmGraphCount(graph)};
	Size count = order.count;
	Size most = Min(count, (Size) group * VM_HNSW_MAX_LINKS);

	order.nodes = MemoryContextAllocHuge(context, (count + 1) * sizeof(uint32));
	order.is_placed = MemoryContextAllocHuge(context, count + 1);
	order.links_here = MemoryContextAllocHuge(context, (count + 1) * sizeof(uint16));
	order.waiting = MemoryContextAllocHuge(context, (most + 1) * sizeof(uint32));
	memset(order.is_placed, 0, count + 1);
	memset(order.links_here, 0, (count + 1) * sizeof(uint16));

	while (order.placed < order.count)
	{
		CHECK_FOR_INTERRUPTS();
		FillPage(&order, group);
	}
	pfree(order.is_placed);
	pfree(order.links_here);
	pfree(order.waiting);
	return order.nodes;
}
