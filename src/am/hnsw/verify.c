/*
 * verify.c
 *		Checking an index against the invariants of README.md: VmHnswCheck.
 *
 * Here are the metapage and what each page shows by itself; verify_graph.c has
 * what items say of one another.
 */
#include "compat/compat.h"

#include "access/tupdesc.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/verify.h"
#include "am/hnsw/verify_private.h"

/* ------------------------------------------------------------------- reading */

/* Whether items can be looked for on the page. */
static bool
IsDataPage(const VmHnsw *hnsw, Page page)
{
	return !PageIsNew(page) && VmPageIsSane(page, VM_PAGE_ID_HNSW) &&
		   VmPageGetOpaque(page)->kind == VM_HNSW_PAGE_DATA &&
		   PageGetMaxOffsetNumber(page) <= hnsw->stride;
}

Buffer
VmHnswCheckerLock(VmHnswChecker *checker, BlockNumber block, BufferAccessStrategy strategy)
{
	VmHnsw *hnsw = &checker->hnsw;
	Buffer buffer;

	if (block >= hnsw->blocks)
		hnsw->blocks = RelationGetNumberOfBlocks(hnsw->index);
	if (block < VM_HNSW_FIRST_BLOCK || block >= hnsw->blocks)
		return InvalidBuffer;
	buffer = ReadBufferExtended(hnsw->index, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	if (IsDataPage(hnsw, BufferGetPage(buffer)))
		return buffer;
	UnlockReleaseBuffer(buffer);
	return InvalidBuffer;
}

static void
CopyBlock(VmHnswChecker *checker, BlockNumber block)
{
	Buffer buffer =
		ReadBufferExtended(checker->hnsw.index, MAIN_FORKNUM, block, RBM_NORMAL, checker->strategy);

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	memcpy(checker->page.data, BufferGetPage(buffer), BLCKSZ);
	UnlockReleaseBuffer(buffer);
}

bool
VmHnswCheckerRead(VmHnswChecker *checker, BlockNumber block)
{
	CopyBlock(checker, block);
	return IsDataPage(&checker->hnsw, checker->page.data);
}

void
VmHnswDescribeElement(const VmHnsw *hnsw, VmHnswRef ref, const VmHnswElement *element,
					  VmHnswElementInfo *info)
{
	info->ref = ref;
	info->level = element->level;
	info->version = element->version;
	info->is_tombstone = (element->flags & VM_HNSW_TOMBSTONE) != 0;
	info->neighbors = element->neighbors;
	info->tail = element->flags & VM_HNSW_CUT ? hnsw->space.size - element->head : 0;
}

bool
VmHnswLookElement(VmHnswChecker *checker, VmHnswRef ref, VmHnswElementInfo *info)
{
	VmHnsw *hnsw = &checker->hnsw;
	Buffer buffer = VmHnswCheckerLock(checker, VmHnswRefBlock(hnsw, ref), NULL);
	VmHnswElement *element;
	Size size;

	if (!BufferIsValid(buffer))
		return false;
	element = VmHnswPageElement(hnsw, BufferGetPage(buffer), VmHnswRefOffset(hnsw, ref), &size);
	if (element != NULL)
		VmHnswDescribeElement(hnsw, ref, element, info);
	UnlockReleaseBuffer(buffer);
	return element != NULL;
}

bool
VmHnswLookNeighbors(VmHnswChecker *checker, const ItemPointerData *tid, VmHnswNeighbors *neighbors,
					Size *tail)
{
	VmHnsw *hnsw = &checker->hnsw;
	Buffer buffer = VmHnswCheckerLock(checker, ItemPointerGetBlockNumberNoCheck(tid), NULL);
	OffsetNumber offset = ItemPointerGetOffsetNumberNoCheck(tid);
	VmHnswNeighbors *item;

	if (!BufferIsValid(buffer))
		return false;
	item = VmHnswPageNeighbors(hnsw, BufferGetPage(buffer), offset);
	if (item != NULL)
	{
		memcpy(neighbors, item, VM_HNSW_NEIGHBORS_SIZE(hnsw->m, item->level));
		VmHnswNeighborsTail(hnsw, BufferGetPage(buffer), offset, tail);
	}
	UnlockReleaseBuffer(buffer);
	return item != NULL;
}

/* ------------------------------------------------------------------ metapage */

#define ReportMeta(checker, rule, ...)                                                             \
	VmCheckAdd((checker)->report, VM_CHECK_ERROR, VM_HNSW_METAPAGE_BLOCK, VM_CHECK_NO_ITEM, rule,  \
			   __VA_ARGS__)

/* Whether the column can have had those dimensions when the index was built. */
static bool
DimsAreSound(Relation index, uint32 dims)
{
	int32 typmod = TupleDescAttr(RelationGetDescr(index), 0)->atttypmod;
	VmValueKind kind;
	VmMetric metric;

	if (typmod > 0)
		return dims == typmod;
	return VmSpaceLookup(index_getprocinfo(index, 1, VM_SUPPORT_DISTANCE), &kind, &metric) &&
		   dims >= 1 && dims <= VmSpaceMaxDims(kind, &VmHnswLimits);
}

/* The stride of an index with such a metapage, but for its stride. */
static uint32
ExpectedStride(Relation index, const VmHnswMeta *meta)
{
	VmSpace space;

	VmSpaceInit(&space, index, &VmHnswLimits,
				OidIsValid(index_getprocid(index, 1, VM_SUPPORT_NORM)), (int) meta->dims);
	return VmHnswStride(&space, meta->m);
}

/* What keeps the metapage in checker->page from being used, or NULL. */
static const char *
MetapageProblem(VmHnswChecker *checker, Relation index)
{
	Page page = checker->page.data;
	const VmHnswMeta *meta = (const VmHnswMeta *) PageGetContents(page);
	static const VmHnswMeta zero;

	if (PageIsNew(page) || !VmPageIsSane(page, VM_PAGE_ID_HNSW) ||
		VmPageGetOpaque(page)->kind != VM_HNSW_PAGE_META || meta->magic != VM_HNSW_MAGIC)
		return "the metapage is none of an hnsw index";
	if (meta->version != VM_HNSW_VERSION ||
		memcmp(meta->reserved, zero.reserved, sizeof(zero.reserved)) != 0)
		return "the metapage's format version is unknown";
	if (!DimsAreSound(index, meta->dims))
		return "the metapage's dimensions are not the column's";
	if (meta->m < VM_HNSW_MIN_M || meta->m > VM_HNSW_MAX_M ||
		meta->ef_construction < VM_HNSW_MIN_EF_CONSTRUCTION ||
		meta->ef_construction > VM_HNSW_MAX_EF_CONSTRUCTION ||
		meta->quantizer != VM_HNSW_QUANTIZER_NONE || meta->entry_level > VM_HNSW_MAX_LEVEL ||
		meta->stride != ExpectedStride(index, meta))
		return "the metapage holds impossible values";
	return NULL;
}

/* Opens the index; false when the metapage does not allow to go on. */
static bool
OpenIndex(VmHnswChecker *checker, Relation index)
{
	const char *problem = "the metapage is missing";

	checker->hnsw.index = index;
	if (RelationGetNumberOfBlocks(index) > VM_HNSW_METAPAGE_BLOCK)
	{
		CopyBlock(checker, VM_HNSW_METAPAGE_BLOCK);
		problem = MetapageProblem(checker, index);
	}
	if (problem != NULL)
	{
		ReportMeta(checker, "HNSW-1", "%s", problem);
		return false;
	}
	VmHnswOpen(&checker->hnsw, index);
	VmCheckOpened(checker->report, &checker->hnsw.space);
	return true;
}

/* ------------------------------------------------------------------ one page */

/* Bytes of a page in units of the items' alignment. */
#define PAGE_UNITS (BLCKSZ / MAXIMUM_ALIGNOF)

#define ReportItem(checker, block, offset, rule, ...)                                              \
	VmCheckAdd((checker)->report, VM_CHECK_ERROR, block, offset, rule, __VA_ARGS__)

static void
CheckHeapTids(VmHnswChecker *checker, BlockNumber block, OffsetNumber offset,
			  const VmHnswElement *element)
{
	int count = VmHnswHeapTidCount(element);

	if (count == 0)
		ReportItem(checker, block, offset, "HNSW-7", "the element has no heap TID");
	for (int i = 0; i < VM_HNSW_HEAP_TIDS; i++)
	{
		const ItemPointerData *tid = &element->u.heap_tids[i];

		if (i < count && !BlockNumberIsValid(ItemPointerGetBlockNumberNoCheck(tid)))
			ReportItem(checker, block, offset, "HNSW-7",
					   "heap TID %d of the element is of no block", i + 1);
		if (i >= count && ItemPointerIsValid(tid))
			ReportItem(checker, block, offset, "HNSW-7",
					   "heap TID %d of the element follows an invalid one", i + 1);
		for (int j = 0; j < Min(i, count); j++)
		{
			if (i < count && memcmp(tid, &element->u.heap_tids[j], sizeof(*tid)) == 0)
				ReportItem(checker, block, offset, "HNSW-7",
						   "the element has heap TID (%u,%u) twice", ItemPointerGetBlockNumber(tid),
						   ItemPointerGetOffsetNumber(tid));
		}
	}
}

/* A heap TID as a number that orders as TIDs do. */
static int64
TidNumber(const ItemPointerData *tid)
{
	return ((int64) ItemPointerGetBlockNumberNoCheck(tid) << 16) |
		   ItemPointerGetOffsetNumberNoCheck(tid);
}

/* Keeps the heap TIDs, to hand them on and to find those that two elements have. */
static void
NoteHeapTids(VmHnswChecker *checker, VmHnswRef ref, const VmHnswElement *element)
{
	TupleTableSlot *slot = checker->heap_tid;
	int count = VmHnswHeapTidCount(element);

	if (checker->tids == NULL)
		return;
	for (int i = 0; i < count; i++)
	{
		VmCheckTid(checker->tids, &element->u.heap_tids[i]);
		ExecClearTuple(slot);
		slot->tts_values[0] = Int64GetDatum(TidNumber(&element->u.heap_tids[i]));
		slot->tts_values[1] = Int64GetDatum((int64) ref);
		slot->tts_isnull[0] = slot->tts_isnull[1] = false;
		ExecStoreVirtualTuple(slot);
		tuplesort_puttupleslot(checker->heap_tids, slot);
	}
}

static void
NoteElement(VmHnswChecker *checker, VmHnswRef ref, const VmHnswElement *element)
{
	for (int layer = 0; layer <= element->level; layer++)
		VmHnswRefSetAdd(&checker->layers[layer], ref);
	if (element->flags & VM_HNSW_TOMBSTONE)
		VmHnswRefSetAdd(&checker->tombstones, ref);
	else if (element->level > checker->highest_level)
	{
		checker->highest = ref;
		checker->highest_level = element->level;
	}
	NoteHeapTids(checker, ref, element);
}

static void
CheckElement(VmHnswChecker *checker, BlockNumber block, OffsetNumber offset)
{
	Page page = checker->page.data;
	Size size;
	const VmHnswElement *element = VmHnswPageElement(&checker->hnsw, page, offset, &size);
	uint32 version = VmPageGetOpaque(page)->next;

	if (element == NULL)
	{
		ReportItem(checker, block, offset, "HNSW-1",
				   "the element's size does not agree with its level and value");
		return;
	}
	if ((element->flags & ~(VM_HNSW_TOMBSTONE | VM_HNSW_CUT)) != 0 ||
		(!(element->flags & VM_HNSW_CUT) && element->head != 0))
		ReportItem(checker, block, offset, "HNSW-1", "the element has unknown flags");
	/* Once the counter has gone round, any version is possible. */
	if (version <= PG_UINT8_MAX && element->version > version)
		ReportItem(checker, block, offset, "HNSW-4",
				   "the element's version is %u, but the page's is %u", element->version, version);
	if (!(element->flags & VM_HNSW_TOMBSTONE))
		CheckHeapTids(checker, block, offset, element);
	NoteElement(checker, VmHnswMakeRef(&checker->hnsw, block, offset), element);
}

static void
CheckNeighbors(VmHnswChecker *checker, BlockNumber block, OffsetNumber offset)
{
	const VmHnswNeighbors *neighbors =
		VmHnswPageNeighbors(&checker->hnsw, checker->page.data, offset);

	if (neighbors == NULL)
		ReportItem(checker, block, offset, "HNSW-1",
				   "the neighbors item's size does not agree with its level");
	else if (neighbors->unused != 0)
		ReportItem(checker, block, offset, "HNSW-1", "the neighbors item has unknown flags");
}

/* True when no other item lies on the same bytes; marks them. */
static bool
MarkUnits(bool *units, Page page, const char *item, Size size)
{
	Size first = (item - (const char *) page) / MAXIMUM_ALIGNOF;
	bool is_free = true;

	for (Size i = first; i < first + MAXALIGN(size) / MAXIMUM_ALIGNOF; i++)
	{
		is_free = is_free && !units[i];
		units[i] = true;
	}
	return is_free;
}

static void
CheckItem(VmHnswChecker *checker, BlockNumber block, OffsetNumber offset, bool *units)
{
	Page page = checker->page.data;
	ItemId id = PageGetItemId(page, offset);
	Size size;
	const char *item;

	if (!ItemIdIsUsed(id) && !ItemIdHasStorage(id))
		return;
	item = VmPageItem(page, offset, &size);
	if (item == NULL)
	{
		ReportItem(checker, block, offset, "HNSW-1", "the line pointer leads to no item");
		return;
	}
	if (!MarkUnits(units, page, item, size))
		ReportItem(checker, block, offset, "HNSW-1", "the item overlaps another one");
	if (size > 0 && *item == VM_HNSW_KIND_ELEMENT)
		CheckElement(checker, block, offset);
	else if (size > 0 && *item == VM_HNSW_KIND_NEIGHBORS)
		CheckNeighbors(checker, block, offset);
	else
		ReportItem(checker, block, offset, "HNSW-1", "the item is of no known kind");
}

static bool
IsZero(const char *bytes, Size size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static void
CheckPage(VmHnswChecker *checker, BlockNumber block)
{
	bool units[PAGE_UNITS] = {false};
	Page page = checker->page.data;

	if (!VmHnswCheckerRead(checker, block))
	{
		if (!IsZero(page, BLCKSZ))
			ReportItem(checker, block, VM_CHECK_NO_ITEM, "HNSW-1",
					   "the block is no page of an hnsw index");
		return;
	}
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
		CheckItem(checker, block, offset, units);
}

/* ------------------------------------------------------- the index as a whole */

static bool
HasHeapTid(VmHnswChecker *checker, VmHnswRef ref, int64 tid)
{
	VmHnsw *hnsw = &checker->hnsw;
	Buffer buffer = VmHnswCheckerLock(checker, VmHnswRefBlock(hnsw, ref), NULL);
	VmHnswElement *element;
	Size size;
	bool found = false;

	if (!BufferIsValid(buffer))
		return false;
	element = VmHnswPageElement(hnsw, BufferGetPage(buffer), VmHnswRefOffset(hnsw, ref), &size);
	if (element != NULL)
	{
		int count = VmHnswHeapTidCount(element);

		for (int i = 0; i < count; i++)
			found = found || TidNumber(&element->u.heap_tids[i]) == tid;
	}
	UnlockReleaseBuffer(buffer);
	return found;
}

/* The next heap TID in their order, and its element; false at the end. */
static bool
NextHeapTid(VmHnswChecker *checker, int64 *tid, VmHnswRef *ref)
{
	TupleTableSlot *slot = checker->heap_tid;
	bool isnull;

	CHECK_FOR_INTERRUPTS();
	if (!tuplesort_gettupleslot(checker->heap_tids, true, false, slot, NULL))
		return false;
	*tid = DatumGetInt64(slot_getattr(slot, 1, &isnull));
	*ref = (VmHnswRef) DatumGetInt64(slot_getattr(slot, 2, &isnull));
	return true;
}

/* Finds heap TIDs that two elements have, and still have. */
static void
CheckSharedTids(VmHnswChecker *checker)
{
	int64 previous = -1;
	VmHnswRef previous_ref = VM_HNSW_NO_REF;
	int64 tid;
	VmHnswRef ref;

	if (checker->heap_tids == NULL)
		return;
	tuplesort_performsort(checker->heap_tids);
	while (NextHeapTid(checker, &tid, &ref))
	{
		/* Twice in one element was reported with that element. */
		if (tid == previous && ref != previous_ref && HasHeapTid(checker, previous_ref, tid) &&
			HasHeapTid(checker, ref, tid))
			VmHnswReportRef(checker, VM_CHECK_ERROR, ref, "HNSW-7",
							"heap TID (%u,%u) is also in element (%u,%u)",
							(BlockNumber) (tid >> 16), (OffsetNumber) tid,
							VmHnswRefBlock(&checker->hnsw, previous_ref),
							VmHnswRefOffset(&checker->hnsw, previous_ref));
		previous = tid;
		previous_ref = ref;
	}
}

/* The metapage, after all elements were seen: those were there before. */
static void
CheckEntry(VmHnswChecker *checker, const VmHnswMeta *meta)
{
	VmHnswElementInfo entry;

	if (meta->entry == VM_HNSW_NO_REF)
	{
		if (checker->layers[0].count > 0)
			ReportMeta(checker, "HNSW-5", "the index has elements, but no entry");
		return;
	}
	if (!VmHnswLookElement(checker, meta->entry, &entry))
	{
		/* An entry is replaced before it is freed. */
		if (VmHnswReadMeta(&checker->hnsw).entry == meta->entry)
			ReportMeta(checker, "HNSW-5", "the entry (%u,%u) is no element",
					   VmHnswRefBlock(&checker->hnsw, meta->entry),
					   VmHnswRefOffset(&checker->hnsw, meta->entry));
	}
	else if (entry.level != meta->entry_level &&
			 VmHnswReadMeta(&checker->hnsw).entry == meta->entry)
		ReportMeta(checker, "HNSW-5", "the entry has level %u, but the metapage says %u",
				   entry.level, meta->entry_level);
	if (checker->highest_level > meta->entry_level)
		VmHnswReportRef(checker, VM_CHECK_NOTICE, checker->highest, "HNSW-5",
						"the element has level %d, but the entry has %u", checker->highest_level,
						meta->entry_level);
}

/*
 * Tombstones are counted.  The metapage must know that there are any, or no
 * vacuum frees them; it was read after they were seen, and one that is still
 * there was there meanwhile.
 */
static void
CheckTombstones(VmHnswChecker *checker, const VmHnswMeta *meta)
{
	VmHnswElementInfo info;
	VmHnswRef ref;

	if (!VmHnswRefSetNext(&checker->tombstones, 0, &ref))
		return;
	VmCheckAdd(checker->report, VM_CHECK_NOTICE, InvalidBlockNumber, VM_CHECK_NO_ITEM, "HNSW-9",
			   UINT64_FORMAT " deleted elements wait for a vacuum to free them",
			   checker->tombstones.count);
	if (!meta->has_tombstones && VmHnswLookElement(checker, ref, &info) && info.is_tombstone)
		ReportMeta(checker, "HNSW-9", "the metapage does not know of deleted elements");
}

/* Prepares to sort heap TIDs with their elements, in half of the memory. */
static void
StartHeapTids(VmHnswChecker *checker)
{
	TupleDesc desc = CreateTemplateTupleDesc(2);
	AttrNumber attributes[] = {1, 2};
	Oid operators[] = {Int8LessOperator, Int8LessOperator};
	Oid collations[] = {InvalidOid, InvalidOid};
	bool nulls_first[] = {false, false};

	TupleDescInitEntry(desc, 1, "tid", INT8OID, -1, 0);
	TupleDescInitEntry(desc, 2, "ref", INT8OID, -1, 0);
	checker->heap_tid = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	checker->heap_tids =
		tuplesort_begin_heap(desc, lengthof(attributes), attributes, operators, collations,
							 nulls_first, Max(maintenance_work_mem / 2, 64), NULL, TUPLESORT_NONE);
}

/* The slot goes first: what it holds is the sort's. */
static void
FinishHeapTids(VmHnswChecker *checker)
{
	if (checker->heap_tids == NULL)
		return;
	ExecDropSingleTupleTableSlot(checker->heap_tid);
	tuplesort_end(checker->heap_tids);
	checker->heap_tids = NULL;
}

static void
InitChecker(VmHnswChecker *checker, VmCheckReport *report, VmCheckTids *tids)
{
	checker->report = report;
	checker->tids = tids;
	checker->strategy = GetAccessStrategy(BAS_BULKREAD);
	for (int layer = 0; layer <= VM_HNSW_MAX_LEVEL; layer++)
		VmHnswRefSetInit(&checker->layers[layer]);
	VmHnswRefSetInit(&checker->tombstones);
	checker->highest = VM_HNSW_NO_REF;
	checker->highest_level = -1;
	if (tids != NULL)
		StartHeapTids(checker);
}

static void
CheckAll(VmHnswChecker *checker)
{
	BlockNumber blocks = RelationGetNumberOfBlocks(checker->hnsw.index);
	VmHnswMeta meta;

	for (BlockNumber block = VM_HNSW_FIRST_BLOCK; block < blocks; block++)
	{
		CHECK_FOR_INTERRUPTS();
		CheckPage(checker, block);
	}
	meta = VmHnswReadMeta(&checker->hnsw);
	CheckSharedTids(checker);
	FinishHeapTids(checker);
	VmHnswCheckGraph(checker);
	CheckEntry(checker, &meta);
	CheckTombstones(checker, &meta);
	VmHnswCheckReachable(checker, meta.entry);
}

void
VmHnswCheck(Relation index, VmCheckReport *report, VmCheckTids *tids)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "hnsw check", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	VmHnswChecker *checker = palloc0(sizeof(VmHnswChecker));

	InitChecker(checker, report, tids);
	if (OpenIndex(checker, index))
		CheckAll(checker);
	FinishHeapTids(checker);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}
