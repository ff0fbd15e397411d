/*
 * rows.h
 *		The rows that a scan has read and not returned: an array that becomes a
 *		heap, of bounded size.
 *
 *		VmIvfRowsBegin(&rows);						// a new batch of lists
 *		again:
 *		for each page:
 *			n = scan page to VmIvfRowsRoom(&rows, at most);
 *			VmIvfRowsAdd(&rows, n);
 *		VmIvfRowsFinish(&rows);
 *		while (rows.count > 0)
 *			VmIvfRowsPop(&rows) ...;
 *		if (VmIvfRowsResume(&rows))					// some had no place
 *			goto again;
 *
 * Rows are in the total order of (distance, TID).  When the array is full, the
 * farther half is dropped, and what is farther than the rest is not taken any
 * more.  Then the rows that were returned are a beginning of that order, and
 * reading the same lists once more, from the last of them on, finds the others:
 * each once, since a row never changes its list, its TID or its vector.  What is
 * added or vacuumed away between two readings, an MVCC snapshot does not see.
 */
#ifndef VM_AM_IVF_ROWS_H
#define VM_AM_IVF_ROWS_H

#include "compat/compat.h"

#include "am/ivf/layout.h"

typedef struct VmIvfRows
{
	MemoryContext context; /* the array's; it outlives a rescan */
	VmIvfRow *items;       /* a heap, once finished */
	size_t count;
	size_t capacity;
	size_t limit; /* of count */
	bool dropped; /* rows that come after `last` were left out */
	VmIvfRow last;
	bool resumed; /* rows up to `after` have been returned */
	VmIvfRow after;
} VmIvfRows;

/* No rows; at most so many bytes of them, but those of a few pages in any case. */
extern void VmIvfRowsBegin(VmIvfRows *rows, Size bytes, int rows_per_page);

/* Makes place for so many, as far as the limit lets, at once. */
extern void VmIvfRowsReserve(VmIvfRows *rows, size_t more);

/* Where up to `more` rows may be written, no more than a page holds. */
extern VmIvfRow *VmIvfRowsRoom(VmIvfRows *rows, size_t more);

/* That many have been. */
extern void VmIvfRowsAdd(VmIvfRows *rows, size_t more);

extern void VmIvfRowsFinish(VmIvfRows *rows);

/* The nearest; there must be one. */
extern VmIvfRow VmIvfRowsPop(VmIvfRows *rows);

/* When all have been popped: true when the same lists are to be read again. */
extern bool VmIvfRowsResume(VmIvfRows *rows);

#endif
