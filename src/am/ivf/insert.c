/*
 * insert.c
 *		Adds a row: VmIvfInsert.
 *
 * The row goes to the nearest list, to the first page with room from the list's
 * insert page on.  Locks: one page at a time, except that a new page is made
 * with its predecessor (a list's last row page, or its list page) locked.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/ivf/ivf.h"
#include "am/ivf/layout.h"
#include "am/stop_point.h"
#include "compat/relation.h"

/*
 * Full pages that an insert passes before it moves the list's insert page on.
 * Where a page holds one row, moving it each time would be a second WAL record a
 * row, and an exclusive lock on a page that every insert and scan reads.
 */
#define MAX_WALK 8

typedef struct Insertion
{
	Relation index;
	const VmIvf *ivf;
	const void *payload;
	ItemPointer tid;
	int list;
} Insertion;

/* Adds the row to a locked page that has room; unlocks it. */
static void
AddToPage(const Insertion *insertion, Buffer buffer)
{
	VmPageEdit edit;
	Page page;

	VmPageEditStart(&edit, insertion->index, false);
	page = VmPageEditBuffer(&edit, buffer, false);
	insertion->ivf->layout->add(insertion->ivf, page, insertion->tid, insertion->payload);
	VmPageEditFinish(&edit);
	UnlockReleaseBuffer(buffer);
}

/* A new row page with the row on it, as a part of an edit. */
static Buffer
AddPage(const Insertion *insertion, VmPageEdit *edit)
{
	const VmIvf *ivf = insertion->ivf;
	Buffer buffer = VmExtendRelation(insertion->index, MAIN_FORKNUM);
	Page page = VmPageEditBuffer(edit, buffer, true);

	VmStopPoint("ivf-extended");
	ivf->layout->init_page(ivf, page, insertion->list);
	ivf->layout->add(ivf, page, insertion->tid, insertion->payload);
	return buffer;
}

/* The row on a new page behind the last one, which is locked; unlocks both. */
static BlockNumber
AppendPage(const Insertion *insertion, Buffer last)
{
	VmPageEdit edit;
	Page page;
	Buffer buffer;
	BlockNumber block;

	VmPageEditStart(&edit, insertion->index, false);
	page = VmPageEditBuffer(&edit, last, false);
	buffer = AddPage(insertion, &edit);
	block = BufferGetBlockNumber(buffer);
	VmPageGetOpaque(page)->next = block;
	VmPageEditFinish(&edit);
	UnlockReleaseBuffer(buffer);
	UnlockReleaseBuffer(last);
	return block;
}

static Buffer
LockList(const Insertion *insertion, int lock)
{
	return VmIvfReadListPage(insertion->index, insertion->ivf,
							 VmIvfListBlock(insertion->ivf, insertion->list), lock);
}

static VmIvfList *
GetList(const Insertion *insertion, Page page)
{
	return VmIvfListSlot(insertion->ivf, page, insertion->list % insertion->ivf->lists_per_page);
}

/*
 * The row as the first of a list that never had one.  False, and nothing done,
 * when somebody else was faster; then *insert is where to go on.
 */
static bool
StartList(const Insertion *insertion, BlockNumber *insert)
{
	Buffer list_buffer = LockList(insertion, BUFFER_LOCK_EXCLUSIVE);
	VmPageEdit edit;
	VmIvfList *list = GetList(insertion, BufferGetPage(list_buffer));
	Buffer buffer;

	if (BlockNumberIsValid(list->start))
	{
		*insert = list->insert;
		UnlockReleaseBuffer(list_buffer);
		return false;
	}
	VmPageEditStart(&edit, insertion->index, false);
	list = GetList(insertion, VmPageEditBuffer(&edit, list_buffer, false));
	buffer = AddPage(insertion, &edit);
	list->start = BufferGetBlockNumber(buffer);
	list->insert = list->start;
	list->extent = 1;
	VmPageEditFinish(&edit);
	UnlockReleaseBuffer(buffer);
	UnlockReleaseBuffer(list_buffer);
	return true;
}

static bool
InsertPageIs(const Insertion *insertion, Buffer list_buffer, BlockNumber block)
{
	return GetList(insertion, BufferGetPage(list_buffer))->insert == block;
}

/*
 * Lets the next insert begin at a page further on, unless the insert page is not
 * `from` any more: whoever was here in between knows better.
 */
static void
MoveInsertPage(const Insertion *insertion, BlockNumber from, BlockNumber to)
{
	Buffer buffer = LockList(insertion, BUFFER_LOCK_SHARE);
	bool same = InsertPageIs(insertion, buffer, from);
	VmPageEdit edit;

	UnlockReleaseBuffer(buffer);
	if (!same)
		return;
	buffer = LockList(insertion, BUFFER_LOCK_EXCLUSIVE);
	if (InsertPageIs(insertion, buffer, from))
	{
		VmPageEditStart(&edit, insertion->index, false);
		GetList(insertion, VmPageEditBuffer(&edit, buffer, false))->insert = to;
		VmPageEditFinish(&edit);
	}
	UnlockReleaseBuffer(buffer);
}

/* The page where the row found room, from `block` on; *walked: pages before it. */
static BlockNumber
AddToChain(const Insertion *insertion, BlockNumber block, int *walked)
{
	const VmIvf *ivf = insertion->ivf;

	for (*walked = 0;; (*walked)++)
	{
		Buffer buffer = VmIvfReadRowPage(insertion->index, ivf, block, insertion->list,
										 BUFFER_LOCK_EXCLUSIVE, NULL);
		Page page = BufferGetPage(buffer);
		BlockNumber next;

		if (ivf->layout->has_room(ivf, page))
		{
			AddToPage(insertion, buffer);
			return block;
		}
		next = VmIvfNextRowPage(insertion->index, page, block);
		if (!BlockNumberIsValid(next))
		{
			(*walked)++;
			return AppendPage(insertion, buffer);
		}
		UnlockReleaseBuffer(buffer);
		block = next;
		CHECK_FOR_INTERRUPTS();
	}
}

static void
InsertPayload(Relation index, const VmIvf *ivf, const void *payload, ItemPointer tid)
{
	Insertion insertion = {.index = index, .ivf = ivf, .payload = payload, .tid = tid};
	BlockNumber insert;
	BlockNumber found;
	int walked;

	insertion.list = VmIvfNearestList(index, ivf, payload, &insert);
	if (!BlockNumberIsValid(insert) && StartList(&insertion, &insert))
		return;
	found = AddToChain(&insertion, insert, &walked);
	if (walked >= MAX_WALK)
		MoveInsertPage(&insertion, insert, found);
}

/* aminsert */
bool
VmIvfInsert(Relation index, Datum *values, bool *isnull, ItemPointer tid, Relation heap,
			IndexUniqueCheck unique, bool unchanged, IndexInfo *info)
{
	MemoryContext context;
	MemoryContext old_context;
	const VmIvf *ivf;
	const void *payload;
	Size size;

	if (isnull[0])
		return false;

	context = AllocSetContextCreate(CurrentMemoryContext, "ivf insert", ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	ivf = VmIvfOpen(index);
	payload = VmSpacePayload(&ivf->space, values[0], ivf->limits, &size);
	if (payload != NULL)
		InsertPayload(index, ivf, payload, tid);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
	return false;
}
