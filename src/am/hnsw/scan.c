/*
 * scan.c
 *		Scanning an index: the nearest elements first.
 *
 * A scan searches hnsw.ef_search elements at once and hands out their heap
 * TIDs.  When they are used up, an iterative scan goes on from the nearest of
 * those it has discarded; its order is that of the batches, unless the setting
 * asks for strict order: then what comes too late is left out.
 *
 * Nothing is locked or pinned between two calls.  An MVCC snapshot makes that
 * safe: a heap TID that was vacuumed and used again meanwhile holds a row that
 * the snapshot does not see.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/options.h"
#include "am/hnsw/scan.h"
#include "am/hnsw/search.h"
#include "am/scan.h"
#include "am/stop_point.h"

typedef struct HnswScan
{
	VmHnsw hnsw;
	bool is_open;     /* hnsw is filled in */
	bool is_started;  /* the first search is done */
	bool is_searched; /* search is in use: the index was not empty */
	VmHnswSearch search;
	VmHnswNode *nodes; /* results of the last search, nearest first */
	int node_count;
	int next_node;
	VmHnswNode node; /* whose heap TIDs are being handed out */
	ItemPointerData heap_tids[VM_HNSW_HEAP_TIDS];
	int heap_tid_count;
	float previous_distance;
	Size max_memory;       /* bytes, of an iterative scan */
	MemoryContext context; /* of one scan, reset by a rescan */
} HnswScan;

IndexScanDesc
VmHnswBeginScan(Relation index, int nkeys, int norderbys)
{
	IndexScanDesc scan = RelationGetIndexScan(index, nkeys, norderbys);
	HnswScan *state = palloc0(sizeof(HnswScan));

	state->context =
		AllocSetContextCreate(CurrentMemoryContext, "hnsw scan", ALLOCSET_DEFAULT_SIZES);
	state->max_memory =
		(Size) Min((double) work_mem * VmHnswScanMemMultiplier() * 1024, (double) (SIZE_MAX / 2));
	scan->opaque = state;
	return scan;
}

void
VmHnswRescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys)
{
	HnswScan *state = scan->opaque;

	MemoryContextReset(state->context);
	state->is_started = false;
	state->is_searched = false;
	state->nodes = NULL;
	state->node_count = 0;
	state->next_node = 0;
	state->heap_tid_count = 0;
	state->previous_distance = -INFINITY;
	VmScanTakeKeys(scan, keys, orderbys);
}

void
VmHnswEndScan(IndexScanDesc scan)
{
	HnswScan *state = scan->opaque;

	MemoryContextDelete(state->context);
	pfree(state);
	scan->opaque = NULL;
}

/* What is opened outlives a rescan. */
static void
Open(HnswScan *state, Relation index)
{
	MemoryContext old;

	if (state->is_open)
		return;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(state));
	VmHnswOpen(&state->hnsw, index);
	MemoryContextSwitchTo(old);
	state->is_open = true;
}

static void
TakeResults(HnswScan *state)
{
	int count = state->search.results.count;

	state->nodes = palloc(Max(count, 1) * sizeof(VmHnswNode));
	state->node_count = VmHnswTakeResults(&state->search, state->nodes);
	state->next_node = 0;
}

/* The first search: down from the entry, then hnsw.ef_search elements. */
static void
Start(IndexScanDesc scan)
{
	HnswScan *state = scan->opaque;
	ScanKey key = &scan->orderByData[0];
	bool isnull = (key->sk_flags & SK_ISNULL) != 0;
	const void *query;
	VmHnswNode nearest;
	VmHnswMeta meta;

	Open(state, scan->indexRelation);
	query = VmSpaceQuery(&state->hnsw.space, key->sk_argument, isnull);
	VmHnswSearchInit(&state->search, &state->hnsw, query,
					 VmHnswIterative() != VM_HNSW_ITERATIVE_OFF);
	meta = VmHnswReadMeta(&state->hnsw);
	if (meta.entry == VM_HNSW_NO_REF)
		return;
	if (!isnull)
		VmSpaceCheckQuery(&state->hnsw.space, key->sk_argument);
	if (!VmHnswDescendFrom(&state->search, 0, &nearest, &meta))
		return;
	VmHnswSearchLayer(&state->search, &nearest, 1, VmHnswEfSearch(), 0);
	state->is_searched = true;
	TakeResults(state);
	VmStopPoint("hnsw-scan-searched");
}

/* Whether an iterative scan has done what the settings allow. */
static bool
IsExhausted(HnswScan *state, const VmHnswSearchLimits *limits)
{
	if (state->search.measured >= limits->measured)
		return true;
	if (VmHnswSearchMemory(&state->search) <= limits->memory)
		return false;
	ereport(DEBUG1, (errmsg("hnsw index scan reached memory limit after %lld tuples",
							(long long) state->search.measured),
					 errhint("Increase hnsw.scan_mem_multiplier to scan more tuples.")));
	return true;
}

/* The next batch of an iterative scan; at its limits, what it has left over. */
static void
Continue(HnswScan *state)
{
	VmHnswSearchLimits limits = {.measured = VmHnswMaxScanTuples(), .memory = state->max_memory};

	state->node_count = 0;
	state->next_node = 0;
	if (VmHnswIterative() == VM_HNSW_ITERATIVE_OFF || !state->is_searched)
		return;
	if (IsExhausted(state, &limits))
	{
		if (state->nodes == NULL)
			state->nodes = palloc(sizeof(VmHnswNode));
		while (state->node_count == 0 && VmHnswTakeDiscarded(&state->search, &state->nodes[0]))
			state->node_count = state->nodes[0].tombstone ? 0 : 1;
		return;
	}
	if (state->nodes != NULL)
		pfree(state->nodes);
	state->nodes = NULL;
	if (VmHnswSearchMore(&state->search, VmHnswEfSearch(), &limits))
		TakeResults(state);
}

/* Goes to the next element that the order allows; false at the end. */
static bool
NextNode(HnswScan *state)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (state->next_node >= state->node_count)
			Continue(state);
		if (state->next_node >= state->node_count)
			return false;
		state->node = state->nodes[state->next_node++];
		if (VmHnswIterative() == VM_HNSW_ITERATIVE_STRICT &&
			state->node.distance < state->previous_distance)
			continue;
		state->previous_distance = state->node.distance;
		return true;
	}
}

/*
 * The next heap TID of the element.  One that no row can have comes from a
 * damaged page, and would have the table's access method extend the table.
 */
static ItemPointerData
NextHeapTid(HnswScan *state)
{
	ItemPointerData tid = state->heap_tids[--state->heap_tid_count];

	if (unlikely(!BlockNumberIsValid(ItemPointerGetBlockNumberNoCheck(&tid))))
		VmPageRaiseCorrupt(state->hnsw.index, VmHnswRefBlock(&state->hnsw, state->node.ref),
						   "An element has an impossible heap TID.");
	return tid;
}

bool
VmHnswGetTuple(IndexScanDesc scan, ScanDirection direction)
{
	HnswScan *state = scan->opaque;
	MemoryContext old = MemoryContextSwitchTo(state->context);
	bool found = true;

	Assert(ScanDirectionIsForward(direction));
	if (!state->is_started)
	{
		VmScanStart(scan, VmHnswLimits.am_name);
		state->is_started = true;
		Start(scan);
	}
	while (found && state->heap_tid_count == 0)
	{
		found = NextNode(state);
		if (found)
			state->heap_tid_count =
				VmHnswReadHeapTids(&state->hnsw, &state->node, state->heap_tids);
	}
	if (found)
	{
		scan->xs_heaptid = NextHeapTid(state);
		scan->xs_recheck = false;
		scan->xs_recheckorderby = false;
	}
	MemoryContextSwitchTo(old);
	return found;
}
