/*
 * scope.h
 *		Which rows a read may see: partitions, the load state, expiry, and the
 *		level of consistency.
 */
#ifndef VM_COLLECTION_SCOPE_H
#define VM_COLLECTION_SCOPE_H

#include "compat/compat.h"

#include "lib/stringinfo.h"

#include "collection/collection.h"

/*
 * The partitions that a call names, as name[]; 0 for all of them.  Raises unless
 * they exist and are loaded, or, where none is named, the collection is.
 */
extern Datum VmScopePartitions(const VmCollection *collection, char **names, int count);

/*
 * Appends " AND ..." for partitions and rows that have not expired, of the table
 * with this alias, whose values are the parameters of these numbers: name[] and
 * bigint (VmExpiryTs).
 */
extern void VmAppendScope(StringInfo sql, VmCollection *collection, const char *alias,
						  Datum partitions, int partitions_param, int expiry_param);

/*
 * Raises unless a read of this level (NULL: the collection's) can be given now: on
 * a primary every level holds.
 */
extern void VmCheckConsistency(const VmCollection *collection, const char *level);

#endif
