/*
 * explore.c
 *		The live elements around tombstones: see explore.h.
 *
 * Links of tombstones are never changed, so what is found does not depend on
 * how far a repair has come.
 */
#include "compat/compat.h"

#include "am/hnsw/explore.h"

VmHnswExplorer *
VmHnswExplorerCreate(VmHnsw *hnsw, const VmHnswRefSet *dead)
{
	VmHnswExplorer *explorer = palloc0(sizeof(VmHnswExplorer));

	explorer->hnsw = hnsw;
	explorer->dead = dead;
	return explorer;
}

void
VmHnswExploreStart(VmHnswExplorer *explorer, int layer)
{
	explorer->layer = layer;
	explorer->found_count = 0;
	explorer->tombstone_count = 0;
	explorer->seen_count = 0;
	if (++explorer->stamp == 0)
	{
		memset(explorer->seen, 0, sizeof(explorer->seen));
		explorer->stamp = 1;
	}
}

/* True when the ref was not met before, and there is room to remember it. */
static bool
See(VmHnswExplorer *explorer, VmHnswRef ref)
{
	uint32 i = ((ref * 0x9E3779B1u) >> 16) & (VM_HNSW_EXPLORE_SLOTS - 1);

	while (explorer->seen[i].stamp == explorer->stamp)
	{
		if (explorer->seen[i].ref == ref)
			return false;
		i = (i + 1) & (VM_HNSW_EXPLORE_SLOTS - 1);
	}
	if (explorer->seen_count == VM_HNSW_EXPLORE_SEEN)
		return false;
	explorer->seen[i].ref = ref;
	explorer->seen[i].stamp = explorer->stamp;
	explorer->seen_count++;
	return true;
}

void
VmHnswExploreAvoid(VmHnswExplorer *explorer, VmHnswRef ref)
{
	See(explorer, ref);
}

void
VmHnswExploreFrom(VmHnswExplorer *explorer, VmHnswRef tombstone)
{
	if (explorer->tombstone_count < VM_HNSW_EXPLORE_TOMBSTONES && See(explorer, tombstone))
		explorer->tombstones[explorer->tombstone_count++] = tombstone;
}

/* A tombstone's live neighbors are found, dead ones are visited later. */
static void
Visit(VmHnswExplorer *explorer, VmHnswRef tombstone)
{
	VmHnswRef links[VM_HNSW_MAX_LINKS];
	VmHnswNode node;
	int count;

	if (!VmHnswMeasure(explorer->hnsw, NULL, tombstone, &node))
		return;
	count = VmHnswReadLinks(explorer->hnsw, &node, explorer->layer, links);
	for (int i = 0; i < count && explorer->found_count < VM_HNSW_EXPLORE_FOUND; i++)
	{
		if (VmHnswRefSetContains(explorer->dead, links[i]))
			VmHnswExploreFrom(explorer, links[i]);
		else if (See(explorer, links[i]))
			explorer->found[explorer->found_count++] = links[i];
	}
}

void
VmHnswExplore(VmHnswExplorer *explorer, int enough)
{
	int named = explorer->tombstone_count;

	for (int i = 0; i < explorer->tombstone_count; i++)
	{
		if (explorer->found_count == VM_HNSW_EXPLORE_FOUND ||
			(i >= named && explorer->found_count >= enough))
			break;
		Visit(explorer, explorer->tombstones[i]);
	}
}
