/*
 * stats.h
 *		Row counts.
 */
#ifndef VM_COLLECTION_STATS_H
#define VM_COLLECTION_STATS_H

#include "compat/compat.h"

#include "collection/collection.h"

/*
 * {"row_count": n}: the rows that the caller may see, without expired ones, for
 * which condition (SQL, NULL for all) holds.  Counted, not estimated.
 */
extern Datum VmRowCountJson(VmCollection *collection, const char *condition);

/*
 * Rows with a "$ts" up to this are expired; INT64 minimum if rows do not expire
 * or the table has no such column.
 */
extern int64 VmExpiryTs(VmCollection *collection);

#endif
