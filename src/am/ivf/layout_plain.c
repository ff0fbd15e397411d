/*
 * layout_plain.c
 *		Rows as whole vectors: VmIvfPlainLayout.
 *
 *	page header | list 4, used 2, dead 2 | slot | slot | ... | special
 *	slot: heap TID 6, unused 2, payload, padding to 8
 *
 * Slots 0 .. used-1 have been filled; pd_lower is where slot `used` would start.
 * A removed row's slot keeps its bytes and loses its TID, so removing costs WAL
 * for six bytes, and an insert takes it again: `dead` says how many there are.
 */
#include "compat/compat.h"

#include "am/ivf/layout.h"

typedef struct RowHeader
{
	uint32 list;
	uint16 used;
	uint16 dead;
} RowHeader;

typedef struct RowSlot
{
	ItemPointerData tid; /* invalid: the slot is free */
	uint16 unused;       /* 0 */
	char payload[FLEXIBLE_ARRAY_MEMBER];
} RowSlot;

StaticAssertDecl(sizeof(RowHeader) == 8, "row page header is 8 bytes on disk");
StaticAssertDecl(offsetof(RowSlot, payload) == 8, "row header is 8 bytes on disk");

static inline RowHeader *
GetHeader(Page page)
{
	return (RowHeader *) VM_IVF_PAGE_CONTENTS(page);
}

static inline RowSlot *
GetSlot(const VmIvf *ivf, Page page, int slot)
{
	return (RowSlot *) (VM_IVF_PAGE_CONTENTS(page) + sizeof(RowHeader) + slot * ivf->row_stride);
}

static inline Size
LowerBound(const VmIvf *ivf, int used)
{
	return SizeOfPageHeaderData + sizeof(RowHeader) + used * ivf->row_stride;
}

static inline bool
IsFree(const RowSlot *slot)
{
	return !ItemPointerIsValid(&slot->tid);
}

static void
Measure(const VmSpace *space, Size *row_stride, int *rows_per_page)
{
	*row_stride = MAXALIGN(offsetof(RowSlot, payload) + space->size);
	*rows_per_page = (VM_PAGE_CAPACITY - sizeof(RowHeader)) / *row_stride;
}

static void
InitPage(const VmIvf *ivf, Page page, int list)
{
	RowHeader *header;

	VmPageInit(page, VM_PAGE_ID_IVF, VM_IVF_PAGE_ROWS);
	header = GetHeader(page);
	header->list = list;
	header->used = 0;
	header->dead = 0;
	((PageHeader) page)->pd_lower = LowerBound(ivf, 0);
}

static const char *
Problem(const VmIvf *ivf, Page page, int list)
{
	RowHeader *header = GetHeader(page);

	if (PageIsNew(page))
		return "It was never written.";
	if (!VmPageIsSane(page, VM_PAGE_ID_IVF) || VmPageGetOpaque(page)->kind != VM_IVF_PAGE_ROWS)
		return "It is not a page of rows.";
	if (header->used > ivf->rows_per_page || header->dead > header->used ||
		((PageHeader) page)->pd_lower != LowerBound(ivf, header->used))
		return "Its number of rows is impossible.";
	if (list >= 0 ? header->list != (uint32) list : header->list >= (uint32) ivf->lists)
		return "It belongs to another list.";
	return NULL;
}

static int
PageList(Page page)
{
	return (int) GetHeader(page)->list;
}

static bool
HasRoom(const VmIvf *ivf, Page page)
{
	return GetHeader(page)->used < ivf->rows_per_page || GetHeader(page)->dead > 0;
}

/* A slot to fill: one that was freed, else the next. */
static RowSlot *
TakeSlot(const VmIvf *ivf, Page page)
{
	RowHeader *header = GetHeader(page);

	if (header->dead > 0)
	{
		for (int i = 0; i < header->used; i++)
		{
			RowSlot *slot = GetSlot(ivf, page, i);

			if (IsFree(slot))
			{
				header->dead--;
				return slot;
			}
		}
		/* The counter was wrong (IVF-5): there is none. */
		header->dead = 0;
		if (header->used == ivf->rows_per_page)
			return NULL;
	}
	header->used++;
	((PageHeader) page)->pd_lower = LowerBound(ivf, header->used);
	return GetSlot(ivf, page, header->used - 1);
}

static void
Add(const VmIvf *ivf, Page page, const ItemPointerData *tid, const void *payload)
{
	RowSlot *slot = TakeSlot(ivf, page);

	if (slot == NULL)
		ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
						errmsg("page of an ivf index counts free rows that it does not have"),
						errhint("Please REINDEX it.")));
	memset(slot, 0, ivf->row_stride);
	slot->tid = *tid;
	memcpy(slot->payload, payload, ivf->space.size);
}

static int
ScanPage(const VmIvf *ivf, Page page, const void *query, VmIvfRow *rows)
{
	int used = GetHeader(page)->used;
	int count = 0;

	for (int i = 0; i < used; i++)
	{
		RowSlot *slot = GetSlot(ivf, page, i);

		if (IsFree(slot))
			continue;
		rows[count].distance = VmSpaceDistance(&ivf->space, query, slot->payload);
		rows[count].tid = slot->tid;
		count++;
	}
	return count;
}

static bool
HasDead(const VmIvf *ivf, Page page, VmIvfIsDead is_dead, void *opaque)
{
	for (int i = 0; i < GetHeader(page)->used; i++)
	{
		RowSlot *slot = GetSlot(ivf, page, i);

		if (!IsFree(slot) && is_dead(&slot->tid, opaque))
			return true;
	}
	return false;
}

/* When nothing is left the page starts anew, so that slots are filled in order. */
static void
ForgetSlots(const VmIvf *ivf, Page page)
{
	RowHeader *header = GetHeader(page);

	if (header->dead < header->used)
		return;
	header->used = 0;
	header->dead = 0;
	((PageHeader) page)->pd_lower = LowerBound(ivf, 0);
}

static int
Remove(const VmIvf *ivf, Page page, VmIvfIsDead is_dead, void *opaque)
{
	RowHeader *header = GetHeader(page);
	int removed = 0;

	for (int i = 0; i < header->used; i++)
	{
		RowSlot *slot = GetSlot(ivf, page, i);

		if (IsFree(slot) || !is_dead(&slot->tid, opaque))
			continue;
		ItemPointerSetInvalid(&slot->tid);
		removed++;
	}
	header->dead = Min(header->dead + removed, header->used);
	ForgetSlots(ivf, page);
	return removed;
}

static int
Count(const VmIvf *ivf, Page page)
{
	return GetHeader(page)->used - GetHeader(page)->dead;
}

static const ItemPointerData *
Row(const VmIvf *ivf, Page page, int slot, const char **payload)
{
	RowSlot *found;

	*payload = NULL;
	if (slot >= GetHeader(page)->used)
		return NULL;
	found = GetSlot(ivf, page, slot);
	if (IsFree(found))
		return NULL;
	*payload = found->payload;
	return &found->tid;
}

const VmIvfLayout VmIvfPlainLayout = {
	.name = "none",
	.measure = Measure,
	.init_page = InitPage,
	.problem = Problem,
	.page_list = PageList,
	.has_room = HasRoom,
	.add = Add,
	.scan = ScanPage,
	.has_dead = HasDead,
	.remove = Remove,
	.count = Count,
	.row = Row,
};
