/*
 * tick_page.c
 *		Finds, checks and writes the row of milvus.tick: see tick_page_private.h.
 *		Knows nothing of who draws.
 */
#include "compat/compat.h"

#include "access/generic_xlog.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "consistency/tick_page_private.h"

#define TICK_BLOCK        0
#define TICK_HEADER_SIZE  MAXALIGN(SizeofHeapTupleHeader)
#define TICK_TUPLE_SIZE   (TICK_HEADER_SIZE + sizeof(VmTickRow))
#define TICK_SETTLED_BITS (HEAP_XMIN_FROZEN | HEAP_XMAX_INVALID)

/* Looked up once; forgotten when the table changes. */
static Oid tick_relation = InvalidOid;

static void
ForgetRelation(Datum arg, Oid relation)
{
	if (relation == InvalidOid || relation == tick_relation)
		tick_relation = InvalidOid;
}

Oid
VmTickRelationId(void)
{
	static bool registered = false;
	Oid schema, extension, relation;

	if (OidIsValid(tick_relation))
		return tick_relation;
	if (!registered)
	{
		CacheRegisterRelcacheCallback(ForgetRelation, (Datum) 0);
		registered = true;
	}
	schema = get_namespace_oid("milvus", true);
	extension = get_extension_oid("vecmilvus", true);
	if (!OidIsValid(schema) || !OidIsValid(extension))
		return InvalidOid;
	relation = get_relname_relid("tick", schema);
	if (!OidIsValid(relation) || getExtensionOfObject(RelationRelationId, relation) != extension)
		return InvalidOid;
	tick_relation = relation;
	return relation;
}

/*
 * RowExclusiveLock keeps VACUUM FULL and CLUSTER from copying the row while it
 * changes, and goes with VmTickClose: the change belongs to no transaction.
 */
bool
VmTickOpen(VmTickPage *page, Oid relation)
{
	page->buffer = InvalidBuffer;
	page->relation = try_relation_open(relation, RowExclusiveLock);
	return page->relation != NULL;
}

void
VmTickClose(VmTickPage *page)
{
	relation_close(page->relation, RowExclusiveLock);
	page->relation = NULL;
}

static void
RaiseDamaged(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED), errmsg("table \"milvus.tick\" is damaged: %s", what),
			 errhint("Restore it from a backup, or create the extension anew.")));
}

static void
RaiseChanged(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("table \"milvus.tick\" has been changed by hand: %s", what),
			 errhint("It must hold exactly one row. After putting that right, run VACUUM on it.")));
}

/* Where the page's only row is. */
static OffsetNumber
FindRow(Page page)
{
	OffsetNumber found = InvalidOffsetNumber;

	if (PageIsNew(page))
		RaiseChanged("its page is empty");
	if (PageGetPageSize(page) != BLCKSZ || PageGetPageLayoutVersion(page) != PG_PAGE_LAYOUT_VERSION)
		RaiseDamaged("its page has an unknown format");
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		if (!ItemIdIsNormal(PageGetItemId(page, offset)))
			continue;
		if (found != InvalidOffsetNumber)
			RaiseChanged("its first page holds more than one row version");
		found = offset;
	}
	if (found == InvalidOffsetNumber)
		RaiseChanged("its first page holds no row");
	return found;
}

/* The row at an offset, when it is of the shape that the script gave it. */
static HeapTupleHeader
CheckTuple(Page page, OffsetNumber offset)
{
	ItemId item = PageGetItemId(page, offset);
	HeapTupleHeader tuple;

	if (ItemIdGetLength(item) != TICK_TUPLE_SIZE ||
		ItemIdGetOffset(item) != MAXALIGN(ItemIdGetOffset(item)) ||
		ItemIdGetOffset(item) + TICK_TUPLE_SIZE > BLCKSZ)
		RaiseDamaged("its row has another length");
	tuple = (HeapTupleHeader) PageGetItem(page, item);
	if (HeapTupleHeaderGetNatts(tuple) != VM_TICK_COLUMNS || tuple->t_hoff != TICK_HEADER_SIZE ||
		(tuple->t_infomask & (HEAP_HASNULL | HEAP_HASVARWIDTH | HEAP_HASEXTERNAL)) != 0)
		RaiseDamaged("its row has other columns");
	return tuple;
}

/* Whether the row is everybody's: inserted for good, and not deleted. */
static void
CheckVisibility(HeapTupleHeader tuple)
{
	TransactionId xmin = HeapTupleHeaderGetXmin(tuple);

	if (!HeapTupleHeaderXminFrozen(tuple) && !HeapTupleHeaderXminCommitted(tuple) &&
		!TransactionIdIsCurrentTransactionId(xmin) && !TransactionIdDidCommit(xmin))
		RaiseChanged("its row is of a transaction that is not committed");
	if (!(tuple->t_infomask & HEAP_XMAX_INVALID) && !HEAP_XMAX_IS_LOCKED_ONLY(tuple->t_infomask))
		RaiseChanged("its row has been updated or deleted");
}

static void
CheckRow(const VmTickRow *row)
{
	if (row->version != VM_TICK_VERSION)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"milvus.tick\" has version %d, which this library does not "
							   "know",
							   row->version),
						errhint("Install the library that belongs to the extension's version.")));
	if (row->ts < 0 || row->ts_limit < row->ts)
		RaiseDamaged("its timestamps contradict each other");
}

void
VmTickLock(VmTickPage *page, VmTickRow *row)
{
	HeapTupleHeader tuple;
	TimeLineID timeline;
	Page image;

	if (RelationGetNumberOfBlocks(page->relation) == 0)
		RaiseChanged("it is empty");
	page->buffer = ReadBuffer(page->relation, TICK_BLOCK);
	LockBuffer(page->buffer, BUFFER_LOCK_EXCLUSIVE);
	image = BufferGetPage(page->buffer);
	page->offset = FindRow(image);
	tuple = CheckTuple(image, page->offset);
	CheckVisibility(tuple);
	memcpy(row, (char *) tuple + TICK_HEADER_SIZE, sizeof(VmTickRow));
	CheckRow(row);

	/* The first write after a promotion records where it was (CONS-8). */
	timeline = GetWALInsertionTimeLine();
	if (row->timeline != (int32) timeline)
	{
		if (row->timeline != 0)
			row->promoted_ts = row->ts;
		row->timeline = (int32) timeline;
	}
}

static bool
IsSettled(HeapTupleHeader tuple)
{
	return (tuple->t_infomask & TICK_SETTLED_BITS) == TICK_SETTLED_BITS;
}

/*
 * The bits that say who sees the row could change without WAL, as hints do, and
 * a standby's page would differ.  So the first write gives them their last value
 * and logs the whole page; later ones log the changed bytes (CONS-6).
 */
XLogRecPtr
VmTickWrite(VmTickPage *page, const VmTickRow *row)
{
	bool settled = IsSettled(CheckTuple(BufferGetPage(page->buffer), page->offset));
	GenericXLogState *state = GenericXLogStart(page->relation);
	Page image =
		GenericXLogRegisterBuffer(state, page->buffer, settled ? 0 : GENERIC_XLOG_FULL_IMAGE);
	HeapTupleHeader tuple = CheckTuple(image, page->offset);
	XLogRecPtr end;

	tuple->t_infomask |= HEAP_XMIN_FROZEN;
	/* Who holds a row lock keeps it; a write after that comes here again. */
	if (!(tuple->t_infomask & HEAP_XMAX_INVALID) &&
		!TransactionIdIsValid(HeapTupleHeaderGetRawXmax(tuple)))
		tuple->t_infomask |= HEAP_XMAX_INVALID;
	memcpy((char *) tuple + TICK_HEADER_SIZE, row, sizeof(VmTickRow));
	end = GenericXLogFinish(state);
	VmTickUnlock(page);
	return end;
}

void
VmTickUnlock(VmTickPage *page)
{
	UnlockReleaseBuffer(page->buffer);
	page->buffer = InvalidBuffer;
}
