/*
 * page.h
 *		What the pages of every index share: the special space, and changing
 *		pages so that a crash leaves either all of a change or nothing.
 *
 *		VmPageEdit edit;
 *
 *		VmPageEditStart(&edit, index, false);
 *		page = VmPageEditBuffer(&edit, buffer, false);	// buffer locked exclusively
 *		... change page ...
 *		VmPageEditFinish(&edit);						// logged; still locked
 *
 * Outside a build a change is a generic WAL record of up to VM_PAGE_EDIT_MAX
 * pages: page is then a copy, and an error before the end leaves the buffer as
 * it was.  In a build pages are changed in place, and VmPageLogBuild logs the
 * whole index at the end.
 */
#ifndef VM_AM_PAGE_H
#define VM_AM_PAGE_H

#include "compat/compat.h"
#include "compat/relation.h"

#include "access/generic_xlog.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"

/* The special space of a page. */
typedef struct VmPageOpaque
{
	BlockNumber next; /* next page of a chain, or InvalidBlockNumber */
	uint16 kind;      /* what the page holds: the access method's own numbers */
	uint16 page_id;   /* whose page this is: VM_PAGE_ID_... */
} VmPageOpaque;

StaticAssertDecl(sizeof(VmPageOpaque) == MAXALIGN(sizeof(VmPageOpaque)),
				 "the special space needs no padding");

/* Not pgvector's (0xFF90, 0xFF84): its pages are refused, not misread. */
#define VM_PAGE_ID_HNSW 0xFD10
#define VM_PAGE_ID_IVF  0xFD20

/* Bytes for items and their line pointers on an empty page. */
#define VM_PAGE_CAPACITY (BLCKSZ - SizeOfPageHeaderData - sizeof(VmPageOpaque))

#define VM_PAGE_EDIT_MAX MAX_GENERIC_XLOG_PAGES

typedef struct VmPageEdit
{
	Relation index;
	bool building;
	GenericXLogState *state; /* NULL while building */
	int count;
	Buffer buffers[VM_PAGE_EDIT_MAX];
} VmPageEdit;

static inline VmPageOpaque *
VmPageGetOpaque(Page page)
{
	return (VmPageOpaque *) PageGetSpecialPointer(page);
}

extern void VmPageInit(Page page, uint16 page_id, uint16 kind);

/*
 * True when the page's header may be trusted.  That is enough to look for items,
 * and spares a hot reader the special space, which is a cache line of its own.
 */
static inline bool
VmPageHeaderIsSane(Page page)
{
	PageHeader header = (PageHeader) page;

	return header->pd_special == BLCKSZ - sizeof(VmPageOpaque) &&
		   header->pd_lower >= SizeOfPageHeaderData && header->pd_lower <= header->pd_upper &&
		   header->pd_upper <= header->pd_special;
}

/*
 * True when the page's header and special space may be trusted: sizes inside
 * the page, our page id.  Line pointers are VmPageItem's business.
 */
static inline bool
VmPageIsSane(Page page, uint16 page_id)
{
	return VmPageHeaderIsSane(page) && VmPageGetOpaque(page)->page_id == page_id;
}

/*
 * An item of a sane page, or NULL when there is none: the number is out of
 * range, the line pointer unused, or it leads out of the page.  *size is its
 * bytes.
 */
static inline char *
VmPageItem(Page page, OffsetNumber number, Size *size)
{
	ItemId id;

	if (number < FirstOffsetNumber || number > PageGetMaxOffsetNumber(page))
		return NULL;
	id = PageGetItemId(page, number);
	if (!ItemIdIsNormal(id) || ItemIdGetOffset(id) < ((PageHeader) page)->pd_upper ||
		ItemIdGetOffset(id) % MAXIMUM_ALIGNOF != 0 ||
		ItemIdGetOffset(id) + ItemIdGetLength(id) > ((PageHeader) page)->pd_special)
		return NULL;
	*size = ItemIdGetLength(id);
	return (char *) page + ItemIdGetOffset(id);
}

/* Raises ERRCODE_INDEX_CORRUPTED, naming index and block, with a REINDEX hint. */
extern _Noreturn void VmPageRaiseCorrupt(Relation index, BlockNumber block, const char *detail);

extern void VmPageEditStart(VmPageEdit *edit, Relation index, bool building);

/*
 * The page to change for a buffer that the caller has locked exclusively.
 * is_new: its old contents do not matter, it is logged as a whole.
 */
extern Page VmPageEditBuffer(VmPageEdit *edit, Buffer buffer, bool is_new);

/* Makes the change; locks and pins stay the caller's. */
extern void VmPageEditFinish(VmPageEdit *edit);

/* Forgets the change.  Only outside a build. */
extern void VmPageEditAbort(VmPageEdit *edit);

/*
 * Marks dirty and logs pages that a build has filled for good, as one record:
 * a build that knows when a page is finished does so there and then, and a page
 * that has to leave shared buffers is written once.  Locked exclusively.
 */
#define VM_PAGE_LOG_MAX 32 /* XLR_MAX_BLOCK_ID */

extern void VmPageLogNew(Relation index, Buffer *buffers, int count);

/* Logs every page of a fork that a build has written, where that is needed. */
extern void VmPageLogBuild(Relation index, ForkNumber fork);

#endif
