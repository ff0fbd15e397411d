/*
 * amapi.h
 *		The routine of an index access method, on every supported server.
 */
#ifndef VM_COMPAT_AMAPI_H
#define VM_COMPAT_AMAPI_H

#include "compat/compat.h"

#include "access/amapi.h"
#include "commands/vacuum.h"

/*
 * A routine for an access method that returns rows by distance and nothing
 * else: one column, ordering operators, no keys, parallel build and bulk delete.
 * The caller adds numbers of support functions and the callbacks.
 */
static inline IndexAmRoutine *
VmMakeDistanceRoutine(void)
{
	IndexAmRoutine *routine = makeNode(IndexAmRoutine); /* all else false, 0, NULL */

	routine->amcanorderbyop = true;
	routine->amoptionalkey = true;
	routine->amparallelvacuumoptions = VACUUM_OPTION_PARALLEL_BULKDEL;
	routine->amkeytype = InvalidOid;
#if PG_VERSION_NUM >= 170000
	routine->amcanbuildparallel = true;
#endif
	return routine;
}

#endif
