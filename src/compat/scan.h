/*
 * scan.h
 *		What index scans do on every supported server: statistics, prefetching.
 */
#ifndef VM_COMPAT_SCAN_H
#define VM_COMPAT_SCAN_H

#include "compat/compat.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "storage/bufmgr.h"
#include "utils/rel.h"
#include "utils/spccache.h"

/* EXPLAIN ANALYZE shows searches from 18 on. */
static inline void
VmCountIndexSearch(IndexScanDesc scan)
{
#if PG_VERSION_NUM >= 180000
	if (scan->instrument != NULL)
		scan->instrument->nsearches++;
#else
	(void) scan;
#endif
}

/* Pages to ask for ahead, by effective_io_concurrency; 0: not at all. */
static inline int
VmPrefetchDistance(Relation relation)
{
	return get_tablespace_io_concurrency(relation->rd_rel->reltablespace);
}

#endif
