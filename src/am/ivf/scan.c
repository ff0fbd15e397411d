/*
 * scan.c
 *		Rows by distance: VmIvfBeginScan, VmIvfRescan, VmIvfGetTuple, VmIvfEndScan.
 *
 * The first call ranks the centroids; then lists are read in batches of
 * ivfflat.probes.  A batch becomes an array of (distance, TID), a heap is made
 * of it, and each call takes the nearest: how many are wanted is not known, and
 * those that are not are never sorted.  Without ivfflat.iterative_scan there is
 * one batch.  Rows that work_mem does not hold are left out, and the batch is
 * read again when the others have been returned (rows.h).
 *
 * No lock or pin outlives a call, and no heavyweight lock is taken.  A TID may
 * then be vacuumed away and used again before the executor looks at it; under
 * an MVCC snapshot the new row is not visible, so only such snapshots are served.
 */
#include "compat/compat.h"

#include "access/relscan.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/spccache.h"

#include "am/ivf/ivf.h"
#include "am/ivf/layout.h"
#include "am/ivf/options.h"
#include "am/ivf/rows.h"
#include "am/scan.h"
#include "compat/scan.h"

/* A list as the ranking knows it. */
typedef struct ScanList
{
	float distance; /* query to centroid */
	int number;
	BlockNumber start;
	uint32 extent;
} ScanList;

#define VM_HEAP_NAME(suffix) List##suffix
#define VM_HEAP_TYPE         ScanList
#define VM_HEAP_BEFORE(a, b)                                                                       \
	((a)->distance < (b)->distance || ((a)->distance == (b)->distance && (a)->number < (b)->number))
#include "core/heap.h"

/* Pages in a row that came from the cache before prefetching stops. */
#define WARM_PAGES 16

/*
 * Reads ahead in a batch's lists, as far as their extents tell the blocks.  It
 * begins when a page had to be read, and costs nothing while none has.
 */
typedef struct Prefetcher
{
	int distance; /* pages ahead; 0: off for good */
	int warm;     /* pages since the last one that was not cached */
	int list;     /* of the batch: where the next page to prefetch is */
	uint32 page;
	int64 ahead; /* pages between that and the page being read */
} Prefetcher;

typedef struct IvfScan
{
	const VmIvf *ivf;
	MemoryContext context; /* all of the below but rows; reset by a rescan */
	int probes;            /* lists in a batch */
	int lists_left;        /* that may still be read */
	bool started;
	const void *query; /* payload, NULL for a NULL query */
	ScanList *lists;   /* heap of the lists not read yet */
	size_t list_count;
	ScanList *batch; /* the lists whose rows are below */
	int batch_count;
	VmIvfRows rows;
	BlockNumber blocks; /* the relation's size, for prefetching */
	Prefetcher prefetcher;
} IvfScan;

/* ambeginscan */
IndexScanDesc
VmIvfBeginScan(Relation index, int nkeys, int norderbys)
{
	IndexScanDesc scan = RelationGetIndexScan(index, nkeys, norderbys);
	IvfScan *state = palloc0(sizeof(IvfScan));

	VmIvfDefineSettings();
	state->ivf = VmIvfOpen(index);
	state->context =
		AllocSetContextCreate(CurrentMemoryContext, "ivf scan", ALLOCSET_DEFAULT_SIZES);
	state->rows.context =
		AllocSetContextCreate(CurrentMemoryContext, "ivf scan rows", ALLOCSET_DEFAULT_SIZES);
	state->probes = Min(VmIvfProbes(), state->ivf->lists);
	scan->opaque = state;
	return scan;
}

static Size
RowMemory(void)
{
	return (Size) work_mem * 1024;
}

/* amrescan */
void
VmIvfRescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys)
{
	IvfScan *state = scan->opaque;

	MemoryContextReset(state->context);
	state->started = false;
	state->lists = NULL;
	state->list_count = 0;
	state->batch = NULL;
	VmIvfRowsBegin(&state->rows, RowMemory(), state->ivf->rows_per_page);
	VmScanTakeKeys(scan, keys, orderbys);
}

/* amendscan */
void
VmIvfEndScan(IndexScanDesc scan)
{
	IvfScan *state = scan->opaque;

	MemoryContextDelete(state->context);
	MemoryContextDelete(state->rows.context);
	pfree(state);
	scan->opaque = NULL;
}

/* ------------------------------------------------------------------- ranking */

static void
RankListPage(Relation index, IvfScan *state, BlockNumber block)
{
	const VmIvf *ivf = state->ivf;
	Buffer buffer = VmIvfReadListPage(index, ivf, block, BUFFER_LOCK_SHARE);
	Page page = BufferGetPage(buffer);
	int first = (block - VM_IVF_FIRST_LIST_BLOCK) * ivf->lists_per_page;
	int count = VmIvfListsOnPage(ivf, block);

	for (int slot = 0; slot < count; slot++)
	{
		VmIvfList *list = VmIvfListSlot(ivf, page, slot);
		ScanList *ranked = &state->lists[state->list_count++];

		ranked->distance = VmSpaceDistance(&ivf->space, state->query, VmIvfListCentroid(list));
		ranked->number = first + slot;
		ranked->start = list->start;
		ranked->extent = list->extent;
	}
	UnlockReleaseBuffer(buffer);
}

static void
RankLists(Relation index, IvfScan *state)
{
	state->lists = palloc(state->ivf->lists * sizeof(ScanList));
	state->list_count = 0;
	for (BlockNumber block = VM_IVF_FIRST_LIST_BLOCK; block < state->ivf->row_block; block++)
	{
		CHECK_FOR_INTERRUPTS();
		RankListPage(index, state, block);
	}
	ListHeapBuild(state->lists, state->list_count);
}

/* --------------------------------------------------------------- prefetching */

/* Blocks of a list that are known before its pages have been read. */
static uint32
KnownPages(const IvfScan *state, const ScanList *list)
{
	if (!BlockNumberIsValid(list->start) || list->start >= state->blocks)
		return 0;
	return Min(list->extent, state->blocks - list->start);
}

static void
PrefetchAhead(Relation index, IvfScan *state)
{
	Prefetcher *prefetcher = &state->prefetcher;

	while (prefetcher->ahead < prefetcher->distance && prefetcher->list < state->batch_count)
	{
		const ScanList *list = &state->batch[prefetcher->list];

		if (prefetcher->page >= KnownPages(state, list))
		{
			prefetcher->list++;
			prefetcher->page = 0;
			continue;
		}
		PrefetchBuffer(index, MAIN_FORKNUM, list->start + prefetcher->page);
		prefetcher->page++;
		prefetcher->ahead++;
	}
}

/* Moves the place to prefetch from to the page being read, or behind it. */
static void
FollowReader(Prefetcher *prefetcher, int list, uint32 page)
{
	if (prefetcher->list > list || (prefetcher->list == list && prefetcher->page > page))
	{
		prefetcher->ahead--;
		return;
	}
	prefetcher->list = list;
	prefetcher->page = page + 1;
	prefetcher->ahead = 0;
}

static int64
BlocksRead(void)
{
	return pgBufferUsage.shared_blks_read + pgBufferUsage.local_blks_read;
}

/* ------------------------------------------------------------- reading lists */

static void
ReadList(Relation index, IvfScan *state, int which)
{
	const VmIvf *ivf = state->ivf;
	const ScanList *list = &state->batch[which];
	Prefetcher *prefetcher = &state->prefetcher;
	BlockNumber block = list->start;

	for (uint32 page_number = 0; BlockNumberIsValid(block); page_number++)
	{
		int64 blocks_read = BlocksRead();
		BlockNumber next;
		VmIvfRow *room;
		Buffer buffer;
		Page page;

		CHECK_FOR_INTERRUPTS();
		if (prefetcher->warm < WARM_PAGES)
		{
			FollowReader(prefetcher, which, page_number);
			PrefetchAhead(index, state);
		}
		room = VmIvfRowsRoom(&state->rows, ivf->rows_per_page);
		buffer = VmIvfReadRowPage(index, ivf, block, list->number, BUFFER_LOCK_SHARE, NULL);
		page = BufferGetPage(buffer);
		VmIvfRowsAdd(&state->rows, ivf->layout->scan(ivf, page, state->query, room));
		next = VmIvfNextRowPage(index, page, block);
		UnlockReleaseBuffer(buffer);

		prefetcher->warm = BlocksRead() != blocks_read ? 0 : prefetcher->warm + 1;
		block = next;
	}
}

/* Takes the next lists from the ranking.  False when there are none left. */
static bool
TakeBatch(IvfScan *state)
{
	int count = Min(Min(state->probes, state->lists_left), (int) state->list_count);

	if (count <= 0)
		return false;
	if (state->batch == NULL)
		state->batch = palloc(state->probes * sizeof(ScanList));
	for (int i = 0; i < count; i++)
		state->batch[i] = ListHeapPop(state->lists, &state->list_count);
	state->batch_count = count;
	state->lists_left -= count;
	return true;
}

/* Rows that the batch holds, as far as extents tell. */
static size_t
ExpectedRows(const IvfScan *state)
{
	size_t rows = 0;

	for (int i = 0; i < state->batch_count; i++)
		rows += (size_t) KnownPages(state, &state->batch[i]) * state->ivf->rows_per_page;
	return rows;
}

/* Reads the next lists, or once more those that had too many rows. */
static bool
ReadRows(Relation index, IvfScan *state)
{
	if (!VmIvfRowsResume(&state->rows))
	{
		if (!TakeBatch(state))
			return false;
		VmIvfRowsBegin(&state->rows, RowMemory(), state->ivf->rows_per_page);
	}
	VmIvfRowsReserve(&state->rows, ExpectedRows(state));
	state->prefetcher = (Prefetcher) {.distance = VmPrefetchDistance(index), .warm = WARM_PAGES};
	for (int i = 0; i < state->batch_count; i++)
		ReadList(index, state, i);
	VmIvfRowsFinish(&state->rows);
	return true;
}

/* ------------------------------------------------------------------ the scan */

/* Lists that a scan reads at most.  A NULL query finds every row. */
static int
ListLimit(const IvfScan *state)
{
	if (state->query == NULL)
		return state->ivf->lists;
	if (!VmIvfIterativeScan())
		return state->probes;
	return Min(Max(VmIvfMaxProbes(), state->probes), state->ivf->lists);
}

static void
Start(IndexScanDesc scan, IvfScan *state)
{
	ScanKey key;

	VmScanStart(scan, state->ivf->limits->am_name);
	key = &scan->orderByData[0];
	state->query =
		VmSpaceQuery(&state->ivf->space, key->sk_argument, (key->sk_flags & SK_ISNULL) != 0);
	state->lists_left = ListLimit(state);
	state->blocks = RelationGetNumberOfBlocks(scan->indexRelation);

	if (state->query != NULL)
		VmSpaceCheckQuery(&state->ivf->space, key->sk_argument);
	RankLists(scan->indexRelation, state);
	state->started = true;
}

static _Noreturn void
RaiseBadRow(Relation index)
{
	ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
					errmsg("index \"%s\" has a row of no block of the table",
						   RelationGetRelationName(index)),
					errhint("Please REINDEX it.")));
}

/* amgettuple */
bool
VmIvfGetTuple(IndexScanDesc scan, ScanDirection direction)
{
	IvfScan *state = scan->opaque;
	MemoryContext old_context;

	Assert(ScanDirectionIsForward(direction));
	old_context = MemoryContextSwitchTo(state->context);
	if (!state->started)
		Start(scan, state);
	while (state->rows.count == 0)
	{
		if (!ReadRows(scan->indexRelation, state))
		{
			MemoryContextSwitchTo(old_context);
			return false;
		}
	}
	MemoryContextSwitchTo(old_context);

	scan->xs_heaptid = VmIvfRowsPop(&state->rows).tid;
	if (!VmIvfTidIsSane(&scan->xs_heaptid))
		RaiseBadRow(scan->indexRelation);
	scan->xs_recheck = false;
	scan->xs_recheckorderby = false;
	return true;
}
