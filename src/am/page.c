/*
 * page.c
 *		Page initialization and logged changes: VmPageInit, VmPageEdit....
 */
#include "compat/compat.h"

#include "access/xlog.h"
#include "access/xloginsert.h"
#include "catalog/pg_control.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "am/page.h"

void
VmPageInit(Page page, uint16 page_id, uint16 kind)
{
	VmPageOpaque *opaque;

	PageInit(page, BLCKSZ, sizeof(VmPageOpaque));
	opaque = VmPageGetOpaque(page);
	opaque->next = InvalidBlockNumber;
	opaque->kind = kind;
	opaque->page_id = page_id;
}

void
VmPageRaiseCorrupt(Relation index, BlockNumber block, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("index \"%s\" is damaged in block %u", RelationGetRelationName(index), block),
			 errdetail("%s", detail), errhint("Please REINDEX it.")));
}

void
VmPageEditStart(VmPageEdit *edit, Relation index, bool building)
{
	edit->index = index;
	edit->building = building;
	edit->state = building ? NULL : GenericXLogStart(index);
	edit->count = 0;
}

/*
 * Whether the record will hold an image of the page anyway, because this is its
 * first change since the checkpoint: then finding out what changes is for
 * nothing.  A guess: a checkpoint may come in between.
 */
static bool
WillLogImage(Page page)
{
	XLogRecPtr redo;
	bool page_writes;

	GetFullPageWriteInfo(&redo, &page_writes);
	return page_writes && PageGetLSN(page) <= redo;
}

Page
VmPageEditBuffer(VmPageEdit *edit, Buffer buffer, bool is_new)
{
	Page page = BufferGetPage(buffer);
	bool image;

	Assert(edit->count < VM_PAGE_EDIT_MAX);
	edit->buffers[edit->count++] = buffer;
	if (edit->building)
		return page;
	image = is_new || WillLogImage(page);
	return GenericXLogRegisterBuffer(edit->state, buffer, image ? GENERIC_XLOG_FULL_IMAGE : 0);
}

void
VmPageEditFinish(VmPageEdit *edit)
{
	if (edit->building)
	{
		for (int i = 0; i < edit->count; i++)
			MarkBufferDirty(edit->buffers[i]);
	}
	else
		GenericXLogFinish(edit->state);
}

void
VmPageEditAbort(VmPageEdit *edit)
{
	Assert(!edit->building);
	GenericXLogAbort(edit->state);
}

void
VmPageLogNew(Relation index, Buffer *buffers, int count)
{
	bool needs_wal = RelationNeedsWAL(index);

	Assert(count <= VM_PAGE_LOG_MAX);
	if (needs_wal)
		XLogEnsureRecordSpace(VM_PAGE_LOG_MAX - 1, 0);

	START_CRIT_SECTION();
	for (int i = 0; i < count; i++)
		MarkBufferDirty(buffers[i]);
	if (needs_wal)
	{
		XLogRecPtr lsn;

		XLogBeginInsert();
		for (int i = 0; i < count; i++)
			XLogRegisterBuffer(i, buffers[i], REGBUF_FORCE_IMAGE | REGBUF_STANDARD);
		lsn = XLogInsert(RM_XLOG_ID, XLOG_FPI);
		for (int i = 0; i < count; i++)
			PageSetLSN(BufferGetPage(buffers[i]), lsn);
	}
	END_CRIT_SECTION();
}

void
VmPageLogBuild(Relation index, ForkNumber fork)
{
	if (RelationNeedsWAL(index) || fork == INIT_FORKNUM)
		log_newpage_range(index, fork, 0, RelationGetNumberOfBlocksInFork(index, fork), true);
}
