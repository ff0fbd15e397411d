/*
 * heap.h
 *		A binary heap over an array, written once for any element.
 *
 *		#define VM_HEAP_NAME(suffix) Row##suffix
 *		#define VM_HEAP_TYPE VmIvfRow
 *		#define VM_HEAP_BEFORE(a, b) ((a)->distance < (b)->distance)
 *		#include "core/heap.h"
 *
 *		RowHeapBuild(rows, count);				// O(count)
 *		first = RowHeapPop(rows, &count);		// O(log count)
 *
 * The first element is at index 0.  Taking k of n elements in order costs
 * n + k log n, where sorting them costs n log n.  No include guard, on purpose.
 */
#include <stddef.h>

static inline void
VM_HEAP_NAME(HeapSift)(VM_HEAP_TYPE *items, size_t count, size_t hole, VM_HEAP_TYPE item)
{
	for (;;)
	{
		size_t child = 2 * hole + 1;

		if (child >= count)
			break;
		if (child + 1 < count && VM_HEAP_BEFORE(&items[child + 1], &items[child]))
			child++;
		if (!VM_HEAP_BEFORE(&items[child], &item))
			break;
		items[hole] = items[child];
		hole = child;
	}
	items[hole] = item;
}

static inline void
VM_HEAP_NAME(HeapBuild)(VM_HEAP_TYPE *items, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		VM_HEAP_NAME(HeapSift)(items, count, i, items[i]);
}

/* There must be one. */
static inline VM_HEAP_TYPE
VM_HEAP_NAME(HeapPop)(VM_HEAP_TYPE *items, size_t *count)
{
	VM_HEAP_TYPE first = items[0];

	if (--*count > 0)
		VM_HEAP_NAME(HeapSift)(items, *count, 0, items[*count]);
	return first;
}

#undef VM_HEAP_NAME
#undef VM_HEAP_TYPE
#undef VM_HEAP_BEFORE
