/*
 * rows.c
 *		The rows that a scan has read and not returned: VmIvfRows....
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "am/ivf/rows.h"

static inline bool
IsBefore(const VmIvfRow *a, const VmIvfRow *b)
{
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return ItemPointerCompare(unconstify(ItemPointerData *, &a->tid),
							  unconstify(ItemPointerData *, &b->tid)) < 0;
}

#define VM_HEAP_NAME(suffix) Row##suffix
#define VM_HEAP_TYPE         VmIvfRow
#define VM_HEAP_BEFORE(a, b) IsBefore(a, b)
#include "core/heap.h"

/* Pages whose rows the array holds at least. */
#define MIN_PAGES 4

void
VmIvfRowsBegin(VmIvfRows *rows, Size bytes, int rows_per_page)
{
	rows->count = 0;
	rows->limit = Max(bytes / sizeof(VmIvfRow), (Size) MIN_PAGES * rows_per_page);
	rows->dropped = false;
	rows->resumed = false;
}

static void
Grow(VmIvfRows *rows, size_t capacity)
{
	if (capacity <= rows->capacity)
		return;
	if (rows->items == NULL)
		rows->items = MemoryContextAllocHuge(rows->context, capacity * sizeof(VmIvfRow));
	else
		rows->items = repalloc_huge(rows->items, capacity * sizeof(VmIvfRow));
	rows->capacity = capacity;
}

void
VmIvfRowsReserve(VmIvfRows *rows, size_t more)
{
	Grow(rows, rows->count + Min(more, rows->limit - rows->count));
}

/* ------------------------------------------------------------------- dropping */

static inline void
Swap(VmIvfRow *a, VmIvfRow *b)
{
	VmIvfRow row = *a;

	*a = *b;
	*b = row;
}

/* Brings the middle one of the first, middle and last row to the first place. */
static void
ChoosePivot(VmIvfRow *items, size_t count)
{
	VmIvfRow *middle = &items[count / 2];
	VmIvfRow *last = &items[count - 1];

	if (IsBefore(last, middle))
		Swap(last, middle);
	if (IsBefore(items, middle))
		Swap(items, middle);
	if (IsBefore(last, items))
		Swap(last, items);
}

/* Brings what comes before the first row to before it; its place then. */
static size_t
Partition(VmIvfRow *items, size_t count)
{
	size_t left = 1;
	size_t right = count - 1;

	for (;;)
	{
		while (left <= right && IsBefore(&items[left], &items[0]))
			left++;
		while (left <= right && IsBefore(&items[0], &items[right]))
			right--;
		if (left >= right)
			break;
		Swap(&items[left++], &items[right--]);
	}
	Swap(&items[0], &items[right]);
	return right;
}

/* Brings the nearest `keep` rows to the front, the farthest of them last. */
static void
SelectNearest(VmIvfRow *items, size_t count, size_t keep)
{
	size_t wanted = keep - 1;

	while (count > 1)
	{
		size_t place;

		CHECK_FOR_INTERRUPTS();
		ChoosePivot(items, count);
		place = Partition(items, count);
		if (place == wanted)
			return;
		if (place > wanted)
		{
			count = place;
			continue;
		}
		items += place + 1;
		count -= place + 1;
		wanted -= place + 1;
	}
}

static void
DropFartherHalf(VmIvfRows *rows)
{
	size_t keep = rows->count / 2;

	SelectNearest(rows->items, rows->count, keep);
	rows->count = keep;
	rows->last = rows->items[keep - 1];
	rows->dropped = true;
}

/* -------------------------------------------------------------------- adding */

VmIvfRow *
VmIvfRowsRoom(VmIvfRows *rows, size_t more)
{
	size_t needed = rows->count + more;

	if (needed > rows->limit)
	{
		DropFartherHalf(rows);
		needed = rows->count + more;
	}
	if (needed > rows->capacity)
		Grow(rows, Max(needed, Min(2 * rows->capacity, rows->limit)));
	return rows->items + rows->count;
}

static inline bool
IsWanted(const VmIvfRows *rows, const VmIvfRow *row)
{
	return !(rows->resumed && !IsBefore(&rows->after, row)) &&
		   !(rows->dropped && IsBefore(&rows->last, row));
}

void
VmIvfRowsAdd(VmIvfRows *rows, size_t more)
{
	VmIvfRow *items = rows->items + rows->count;

	if (!rows->resumed && !rows->dropped)
	{
		rows->count += more;
		return;
	}
	for (size_t i = 0; i < more; i++)
	{
		if (IsWanted(rows, &items[i]))
			rows->items[rows->count++] = items[i];
	}
}

void
VmIvfRowsFinish(VmIvfRows *rows)
{
	CHECK_FOR_INTERRUPTS();
	RowHeapBuild(rows->items, rows->count);
}

VmIvfRow
VmIvfRowsPop(VmIvfRows *rows)
{
	return RowHeapPop(rows->items, &rows->count);
}

bool
VmIvfRowsResume(VmIvfRows *rows)
{
	if (!rows->dropped)
		return false;
	rows->resumed = true;
	rows->after = rows->last;
	rows->dropped = false;
	return true;
}
