/*
 * verify.c
 *		Checks an index against the invariants of README.md: VmIvfCheck.
 *
 * Reads the list pages, then every row page in the file's order, one share lock
 * at a time, and follows the chains in memory afterwards.  Inserts may go on
 * meanwhile: chains only grow, so what was linked stays linked, and a page that
 * seems to be in no chain is looked for again on the pages themselves.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/ivf/ivf.h"
#include "am/ivf/layout.h"
#include "am/ivf/verify.h"
#include "simd/simd.h"

/* What was read of a row page. */
typedef struct PageNote
{
	BlockNumber next;
	int32 list; /* -1: new or damaged */
	bool reached;
	bool damaged;
} PageNote;

typedef struct ListNote
{
	BlockNumber start;
	BlockNumber insert;
	uint32 extent;
	bool known;
} ListNote;

typedef struct Verifier
{
	Relation index;
	const VmIvf *ivf;
	VmCheckReport *report;
	VmCheckTids *tids;
	BufferAccessStrategy strategy;
	ListNote *lists;
	PageNote *pages; /* of the row pages: block - row_block */
	BlockNumber blocks;
} Verifier;

#define COMPLAIN(verifier, block, rule, ...)                                                       \
	VmCheckAdd((verifier)->report, VM_CHECK_ERROR, block, VM_CHECK_NO_ITEM, rule, __VA_ARGS__)

static Buffer
ReadShared(Verifier *verifier, BlockNumber block)
{
	Buffer buffer;

	CHECK_FOR_INTERRUPTS(); /* a locked buffer holds them off */
	buffer =
		ReadBufferExtended(verifier->index, MAIN_FORKNUM, block, RBM_NORMAL, verifier->strategy);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	return buffer;
}

static PageNote *
GetNote(const Verifier *verifier, BlockNumber block)
{
	return &verifier->pages[block - verifier->ivf->row_block];
}

static bool
IsRowBlock(const Verifier *verifier, BlockNumber block)
{
	return BlockNumberIsValid(block) && block >= verifier->ivf->row_block &&
		   block < verifier->blocks;
}

/* ------------------------------------------------------------------ metapage */

/* False when nothing more can be said. */
static bool
CheckMetaPage(Verifier *verifier)
{
	Buffer buffer;
	const char *problem;

	if (RelationGetNumberOfBlocks(verifier->index) == 0)
	{
		COMPLAIN(verifier, InvalidBlockNumber, "IVF-1", "the index has no pages");
		return false;
	}
	buffer = ReadShared(verifier, VM_IVF_METAPAGE_BLOCK);
	problem = VmIvfMetaProblem(verifier->index, BufferGetPage(buffer));
	UnlockReleaseBuffer(buffer);
	if (problem != NULL)
		COMPLAIN(verifier, VM_IVF_METAPAGE_BLOCK, "IVF-1", "metapage: %s", problem);
	return problem == NULL;
}

/* ----------------------------------------------------------------- list pages */

static bool
IsFinite(const VmIvf *ivf, const char *payload)
{
	switch (ivf->space.kind)
	{
		case VM_VALUE_VECTOR:
			return VmSimd->f32_all_finite((const float *) payload, ivf->space.dims);
		case VM_VALUE_HALFVEC:
			return VmSimd->f16_all_finite((const VmHalf *) payload, ivf->space.dims);
		default:
			return true;
	}
}

static void
CheckListPage(Verifier *verifier, BlockNumber block)
{
	const VmIvf *ivf = verifier->ivf;
	Buffer buffer = ReadShared(verifier, block);
	Page page = BufferGetPage(buffer);
	const char *problem = VmIvfListPageProblem(ivf, page, block);
	int first = (block - VM_IVF_FIRST_LIST_BLOCK) * ivf->lists_per_page;

	for (int slot = 0; problem == NULL && slot < VmIvfListsOnPage(ivf, block); slot++)
	{
		VmIvfList *list = VmIvfListSlot(ivf, page, slot);

		verifier->lists[first + slot] = (ListNote) {list->start, list->insert, list->extent, true};
		if (!IsFinite(ivf, VmIvfListCentroid(list)))
			VmCheckAdd(verifier->report, VM_CHECK_ERROR, block, slot, "IVF-2",
					   "centroid of list %d is not finite", first + slot);
	}
	UnlockReleaseBuffer(buffer);
	if (problem != NULL)
		COMPLAIN(verifier, block, "IVF-2", "list page: %s", problem);
}

/* ------------------------------------------------------------------ row pages */

static void
CheckRows(Verifier *verifier, Page page, BlockNumber block)
{
	const VmIvf *ivf = verifier->ivf;
	int found = 0;

	for (int slot = 0; slot < ivf->rows_per_page; slot++)
	{
		const char *payload;
		const ItemPointerData *tid = ivf->layout->row(ivf, page, slot, &payload);

		if (tid == NULL)
			continue;
		found++;
		if (VmIvfTidIsSane(tid))
			VmCheckTid(verifier->tids, tid);
		else
			VmCheckAdd(verifier->report, VM_CHECK_ERROR, block, slot, "IVF-5",
					   "the row is of no block of the table");
		if (payload != NULL && !IsFinite(ivf, payload))
			VmCheckAdd(verifier->report, VM_CHECK_ERROR, block, slot, "IVF-6",
					   "the vector is not finite");
	}
	if (found != ivf->layout->count(ivf, page))
		COMPLAIN(verifier, block, "IVF-5", "the page counts %d rows and has %d",
				 ivf->layout->count(ivf, page), found);
}

static void
CheckRowPage(Verifier *verifier, BlockNumber block)
{
	const VmIvf *ivf = verifier->ivf;
	Buffer buffer = ReadShared(verifier, block);
	Page page = BufferGetPage(buffer);
	PageNote *note = GetNote(verifier, block);
	const char *problem;

	note->next = InvalidBlockNumber;
	note->list = -1;
	if (PageIsNew(page))
		VmCheckAdd(verifier->report, VM_CHECK_NOTICE, block, VM_CHECK_NO_ITEM, "IVF-7",
				   "the page was never used, as after a crash");
	else if ((problem = ivf->layout->problem(ivf, page, -1)) != NULL)
	{
		COMPLAIN(verifier, block, "IVF-4", "row page: %s", problem);
		note->damaged = true;
	}
	else
	{
		note->next = VmPageGetOpaque(page)->next;
		note->list = ivf->layout->page_list(page);
		CheckRows(verifier, page, block);
	}
	UnlockReleaseBuffer(buffer);
}

/* --------------------------------------------------------------------- chains */

/* True when the chain may go on at block; complains otherwise. */
static bool
CheckLink(Verifier *verifier, int list, BlockNumber from, BlockNumber block)
{
	if (block <= from && BlockNumberIsValid(from))
		COMPLAIN(verifier, from, "IVF-3", "the chain of list %d does not ascend: %u follows %u",
				 list, block, from);
	else if (!IsRowBlock(verifier, block))
	{
		/*
		 * The start has been complained about; a page that came after we had
		 * looked how many there are is no damage.
		 */
		if (!BlockNumberIsValid(from) ||
			(block >= verifier->blocks && block < RelationGetNumberOfBlocks(verifier->index)))
			return false;
		COMPLAIN(verifier, from, "IVF-3", "the chain of list %d leads to block %u", list, block);
	}
	else if (GetNote(verifier, block)->list != list)
		COMPLAIN(verifier, block, "IVF-4", "the page is in the chain of list %d but not of it",
				 list);
	else
		return true;
	return false;
}

static void
CheckChain(Verifier *verifier, int list)
{
	const ListNote *note = &verifier->lists[list];
	BlockNumber from = InvalidBlockNumber;
	BlockNumber block = note->start;
	BlockNumber list_block = VmIvfListBlock(verifier->ivf, list);
	uint32 pages = 0;
	bool insert_found = !BlockNumberIsValid(note->insert) && !BlockNumberIsValid(note->start);

	if (BlockNumberIsValid(block) && !IsRowBlock(verifier, block))
		COMPLAIN(verifier, list_block, "IVF-3", "list %d starts at block %u", list, block);
	while (BlockNumberIsValid(block) && CheckLink(verifier, list, from, block))
	{
		CHECK_FOR_INTERRUPTS();
		GetNote(verifier, block)->reached = true;
		insert_found |= block == note->insert;
		if (pages < note->extent && block != note->start + pages)
			COMPLAIN(verifier, list_block, "IVF-8",
					 "list %d has an extent of %u pages, but block %u is its page %u", list,
					 note->extent, block, pages);
		pages++;
		from = block;
		block = GetNote(verifier, block)->next;
	}
	if (!insert_found)
		COMPLAIN(verifier, list_block, "IVF-8", "insert page %u of list %d is not in its chain",
				 note->insert, list);
	if (pages < note->extent)
		COMPLAIN(verifier, list_block, "IVF-8", "list %d has an extent of %u pages, but only %u",
				 list, note->extent, pages);
}

/* Looks at the pages themselves whether a chain leads to a block. */
static bool
ChainReaches(Verifier *verifier, int list, BlockNumber wanted)
{
	const VmIvf *ivf = verifier->ivf;
	Buffer buffer = ReadShared(verifier, VmIvfListBlock(ivf, list));
	BlockNumber block =
		VmIvfListSlot(ivf, BufferGetPage(buffer), list % ivf->lists_per_page)->start;

	UnlockReleaseBuffer(buffer);
	while (IsRowBlock(verifier, block) && block < wanted)
	{
		BlockNumber next;

		buffer = ReadShared(verifier, block);
		next = ivf->layout->problem(ivf, BufferGetPage(buffer), list) == NULL ?
				   VmPageGetOpaque(BufferGetPage(buffer))->next :
				   InvalidBlockNumber;
		UnlockReleaseBuffer(buffer);
		if (BlockNumberIsValid(next) && next <= block)
			return false;
		block = next;
	}
	return block == wanted;
}

static void
CheckReached(Verifier *verifier, BlockNumber block)
{
	const PageNote *note = GetNote(verifier, block);

	if (note->reached || note->damaged || note->list < 0 || !verifier->lists[note->list].known)
		return;
	if (!ChainReaches(verifier, note->list, block))
		COMPLAIN(verifier, block, "IVF-4", "the page is of list %d but not in its chain",
				 note->list);
}

/* ----------------------------------------------------------------------- all */

void
VmIvfCheck(Relation index, VmCheckReport *report, VmCheckTids *tids)
{
	Verifier verifier = {.index = index, .report = report, .tids = tids};
	BlockNumber rows;

	if (!CheckMetaPage(&verifier))
		return;
	verifier.ivf = VmIvfOpen(index);
	verifier.strategy = GetAccessStrategy(BAS_BULKREAD);
	if (RelationGetNumberOfBlocks(index) < verifier.ivf->row_block)
	{
		COMPLAIN(&verifier, InvalidBlockNumber, "IVF-2",
				 "the index has fewer pages than lists need");
		return;
	}
	VmCheckOpened(report, &verifier.ivf->space);

	verifier.lists = palloc0(verifier.ivf->lists * sizeof(ListNote));
	for (BlockNumber block = VM_IVF_FIRST_LIST_BLOCK; block < verifier.ivf->row_block; block++)
		CheckListPage(&verifier, block);

	/* Only now: what a list page leads to exists. */
	verifier.blocks = RelationGetNumberOfBlocks(index);
	rows = verifier.blocks - verifier.ivf->row_block;
	verifier.pages =
		palloc_extended(Max(rows, 1) * sizeof(PageNote), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (BlockNumber block = verifier.ivf->row_block; block < verifier.blocks; block++)
		CheckRowPage(&verifier, block);
	for (int list = 0; list < verifier.ivf->lists; list++)
	{
		CHECK_FOR_INTERRUPTS();
		if (verifier.lists[list].known)
			CheckChain(&verifier, list);
	}
	for (BlockNumber block = verifier.ivf->row_block; block < verifier.blocks; block++)
	{
		CHECK_FOR_INTERRUPTS();
		CheckReached(&verifier, block);
	}
	FreeAccessStrategy(verifier.strategy);
}
