/*
 * vacuum.h
 *		Removing the index entries of dead rows, and their elements.
 *
 * ambulkdelete takes dead heap TIDs out of elements.  An element without any
 * becomes a tombstone: it is no answer any more, but searches walk through it.
 * amvacuumcleanup then links live elements around tombstones, and frees those
 * that nobody can know as live any more.
 */
#ifndef VM_AM_HNSW_VACUUM_H
#define VM_AM_HNSW_VACUUM_H

#include "compat/compat.h"

#include "access/genam.h"

/* ambulkdelete */
extern IndexBulkDeleteResult *VmHnswBulkDelete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
											   IndexBulkDeleteCallback callback, void *state);

/* amvacuumcleanup */
extern IndexBulkDeleteResult *
VmHnswVacuumCleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats);

#endif
