/*
 * toast.h
 *		Reads TOASTed vectors in table order without an index search for each.
 *
 * A vector above 2 kB lies in TOAST, in chunks of about 2 kB, and PostgreSQL
 * finds every value anew: it opens the TOAST table and its index, descends the
 * index, and follows it to the chunks.  That costs ten times the distance.  But
 * values that were inserted one after the other have their chunks one after the
 * other, and a scan of the table wants them in that order.  So after a value
 * ending at one place the next place is tried first:
 *
 *	table row   1        2        3            TOAST table, chunks in a page
 *	            |        |        |            [1.0][1.1][2.0][2.1] [3.0][3.1]...
 *	            v        v        v                  ^here   ^guess
 *
 * A guess is right when the chunk there carries the value's id and number and
 * is visible to the TOAST snapshot: exactly what the index would have found
 * (TYPES-6).  A wrong guess costs a page look-up and falls back to PostgreSQL's
 * own way, which also reports whatever is damaged; a run of wrong guesses stops
 * the guessing for a while.
 */
#ifndef VM_TYPES_TOAST_H
#define VM_TYPES_TOAST_H

#include "compat/compat.h"

#include "storage/buf.h"
#include "storage/itemptr.h"

/* Where one argument of one call site left off.  All zero: nowhere yet. */
typedef struct VmToastCursor
{
	Oid table;            /* the TOAST table of the last value */
	ItemPointerData next; /* where the next value is expected */
	Buffer buffer;        /* where that block was last seen; checked before use */
	int misses;           /* wrong guesses in a row */
	int skip;             /* values to fetch before guessing again */
} VmToastCursor;

/*
 * The detoasted value of an uncompressed on-disk TOAST pointer, in the current
 * memory context.  The caller has checked the pointer's sizes.  Releases every
 * lock and pin before it returns, as PostgreSQL's own detoasting does: a lock
 * kept to the transaction's end would end sessions of a standby when the primary
 * truncates the TOAST table.
 */
extern struct varlena *VmToastFetch(VmToastCursor *cursor, struct varlena *pointer);

#endif
