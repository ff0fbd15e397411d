/*
 * toast.c
 *		Reads TOASTed vectors in table order without an index search for each.
 */
#include "compat/compat.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/toast_internals.h"
#include "storage/bufmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "core/prefetch.h"
#include "types/toast.h"

/* Wrong guesses in a row that stop the guessing, and for how many values. */
#define MISSES_BEFORE_PAUSE 4
#define PAUSE               64

/* Columns of every TOAST table. */
#define CHUNK_ID   1
#define CHUNK_SEQ  2
#define CHUNK_DATA 3

/* A value being put together. */
typedef struct Fetch
{
	Relation table;
	Oid value_id;
	int size; /* bytes of the value, without its header */
	int chunk_count;
	int chunk; /* the next one wanted */
	char *out;
} Fetch;

static int
ChunkSize(const Fetch *fetch, int chunk)
{
	return Min((int) TOAST_MAX_CHUNK_SIZE, fetch->size - chunk * (int) TOAST_MAX_CHUNK_SIZE);
}

/* An integer column; false when it is null, which no chunk's is. */
static bool
GetColumn(HeapTuple tuple, TupleDesc desc, int column, Datum *value)
{
	bool is_null;

	*value = heap_getattr(tuple, column, desc, &is_null);
	return !is_null;
}

/*
 * Copies a chunk into place if the tuple is the wanted one, whole.  A chunk that
 * anybody tried to delete is left to the index, which may not know it any more.
 */
static bool
TakeChunk(Fetch *fetch, HeapTuple tuple)
{
	TupleDesc desc = RelationGetDescr(fetch->table);
	int size = ChunkSize(fetch, fetch->chunk);
	struct varlena *data;
	Datum column;

	if ((tuple->t_data->t_infomask & HEAP_XMAX_INVALID) == 0 &&
		TransactionIdIsValid(HeapTupleHeaderGetRawXmax(tuple->t_data)))
		return false;
	if (!GetColumn(tuple, desc, CHUNK_ID, &column) || DatumGetObjectId(column) != fetch->value_id)
		return false;
	if (!GetColumn(tuple, desc, CHUNK_SEQ, &column) || DatumGetInt32(column) != fetch->chunk)
		return false;
	if (!GetColumn(tuple, desc, CHUNK_DATA, &column))
		return false;

	data = (struct varlena *) DatumGetPointer(column);
	if (VARATT_IS_EXTERNAL(data) || VARATT_IS_COMPRESSED(data) || VARSIZE_ANY_EXHDR(data) != size)
		return false;
	memcpy(fetch->out + (Size) fetch->chunk * TOAST_MAX_CHUNK_SIZE, VARDATA_ANY(data), size);
	fetch->chunk++;
	return true;
}

/*
 * Starts loading the wanted chunks of a page.  They lie towards lower addresses,
 * against the direction in which they are copied, so the processor's own
 * prefetcher sees no stream.
 */
static void
PrefetchChunks(const Fetch *fetch, Page page, OffsetNumber offset, OffsetNumber last_offset)
{
	OffsetNumber end = Min(last_offset, offset + (fetch->chunk_count - fetch->chunk) - 1);

	for (; offset <= end; offset++)
	{
		ItemId item = PageGetItemId(page, offset);

		if (ItemIdIsNormal(item))
			VmPrefetchBytes((char *) PageGetItem(page, item), ItemIdGetLength(item));
	}
}

/* Pins the block, by its last known buffer when it is still there. */
static Buffer
PinBlock(Relation table, BlockNumber block, Buffer recent)
{
	if (BufferIsValid(recent) &&
		ReadRecentBuffer(VmRelationLocator(table), MAIN_FORKNUM, block, recent))
		return recent;
	return ReadBuffer(table, block);
}

/*
 * Takes the wanted chunks that follow each other in one page, from
 * cursor->next on, and moves the cursor behind them.  Returns true when it went
 * to the page's end, so that the next one may be in the next page.
 */
static bool
TakeFromPage(Fetch *fetch, VmToastCursor *cursor)
{
	SnapshotData snapshot = {.snapshot_type = SNAPSHOT_TOAST};
	BlockNumber block = ItemPointerGetBlockNumber(&cursor->next);
	OffsetNumber offset = ItemPointerGetOffsetNumber(&cursor->next);
	Buffer buffer = PinBlock(fetch->table, block, cursor->buffer);
	Page page = BufferGetPage(buffer);
	OffsetNumber last_offset;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	last_offset = PageIsNew(page) ? InvalidOffsetNumber : PageGetMaxOffsetNumber(page);
	PrefetchChunks(fetch, page, offset, last_offset);
	for (; offset <= last_offset && fetch->chunk < fetch->chunk_count; offset++)
	{
		ItemId item = PageGetItemId(page, offset);
		HeapTupleData tuple;

		if (!ItemIdIsNormal(item))
			break;
		tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple.t_len = ItemIdGetLength(item);
		tuple.t_tableOid = RelationGetRelid(fetch->table);
		ItemPointerSet(&tuple.t_self, block, offset);
		if (!HeapTupleSatisfiesVisibility(&tuple, &snapshot, buffer) || !TakeChunk(fetch, &tuple))
			break;
	}
	UnlockReleaseBuffer(buffer);

	cursor->buffer = buffer;
	ItemPointerSet(&cursor->next, block, offset);
	return offset > last_offset;
}

/* Tries the expected place; true when the whole value was there. */
static bool
TakeExpected(Fetch *fetch, VmToastCursor *cursor)
{
	/*
	 * The TOAST table may have been truncated since the cursor was set; while we
	 * hold the lock it will not be.
	 */
	BlockNumber block_count = RelationGetNumberOfBlocks(fetch->table);
	bool first = true;

	while (ItemPointerGetBlockNumber(&cursor->next) < block_count)
	{
		int chunks_before = fetch->chunk;
		bool at_end = TakeFromPage(fetch, cursor);

		if (fetch->chunk == fetch->chunk_count)
			return true;

		/* Only the first page may have ended before it gave anything. */
		if (!at_end || (!first && fetch->chunk == chunks_before))
			return false;
		first = false;
		ItemPointerSet(&cursor->next, ItemPointerGetBlockNumber(&cursor->next) + 1,
					   FirstOffsetNumber);
		cursor->buffer = InvalidBuffer;
	}
	return false;
}

/* Sets the cursor behind a value's last chunk, by the index. */
static void
FindEnd(Fetch *fetch, VmToastCursor *cursor)
{
	SnapshotData snapshot = {.snapshot_type = SNAPSHOT_TOAST};
	Relation *indexes;
	int index_count;
	int valid_index = toast_open_indexes(fetch->table, AccessShareLock, &indexes, &index_count);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;

	cursor->buffer = InvalidBuffer;
	ScanKeyInit(&keys[0], CHUNK_ID, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(fetch->value_id));
	ScanKeyInit(&keys[1], CHUNK_SEQ, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(fetch->chunk_count - 1));
	scan = systable_beginscan_ordered(fetch->table, indexes[valid_index], &snapshot, 2, keys);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
		ItemPointerSet(&cursor->next, ItemPointerGetBlockNumber(&tuple->t_self),
					   OffsetNumberNext(ItemPointerGetOffsetNumber(&tuple->t_self)));
	else
		ItemPointerSetInvalid(&cursor->next);
	systable_endscan_ordered(scan);
	toast_close_indexes(indexes, index_count, AccessShareLock);
}

/* PostgreSQL's way; then finds out where the next value may be. */
static struct varlena *
FetchByIndex(Fetch *fetch, VmToastCursor *cursor, struct varlena *pointer)
{
	struct varlena *result = detoast_attr(pointer);

	if (++cursor->misses >= MISSES_BEFORE_PAUSE)
	{
		cursor->misses = 0;
		cursor->skip = PAUSE;
		ItemPointerSetInvalid(&cursor->next);
	}
	else
		FindEnd(fetch, cursor);
	return result;
}

struct varlena *
VmToastFetch(VmToastCursor *cursor, struct varlena *pointer)
{
	struct varatt_external external;
	struct varlena *result;
	Fetch fetch = {0};

	Assert(VARATT_IS_EXTERNAL_ONDISK(pointer));
	VARATT_EXTERNAL_GET_POINTER(external, pointer);
	if (cursor->skip > 0)
	{
		cursor->skip--;
		return detoast_attr(pointer);
	}

	if (VARATT_EXTERNAL_IS_COMPRESSED(external))
		return detoast_attr(pointer);

	if (cursor->table != external.va_toastrelid)
	{
		cursor->table = external.va_toastrelid;
		ItemPointerSetInvalid(&cursor->next);
	}

	fetch.table = table_open(external.va_toastrelid, AccessShareLock);
	if (fetch.table->rd_tableam != GetHeapamTableAmRoutine())
	{
		table_close(fetch.table, AccessShareLock);
		return detoast_attr(pointer);
	}
	fetch.value_id = external.va_valueid;
	fetch.size = VARATT_EXTERNAL_GET_EXTSIZE(external);
	fetch.chunk_count = (fetch.size - 1) / (int) TOAST_MAX_CHUNK_SIZE + 1;

	result = palloc(VARHDRSZ + fetch.size);
	SET_VARSIZE(result, VARHDRSZ + fetch.size);
	fetch.out = VARDATA(result);

	if (ItemPointerIsValid(&cursor->next) && TakeExpected(&fetch, cursor))
		cursor->misses = 0;
	else
	{
		pfree(result);
		result = FetchByIndex(&fetch, cursor, pointer);
	}
	table_close(fetch.table, AccessShareLock);
	return result;
}
