/*
 * vacuum_private.h
 *		What the files of a vacuum share.
 */
#ifndef VM_AM_HNSW_VACUUM_PRIVATE_H
#define VM_AM_HNSW_VACUUM_PRIVATE_H

#include "am/hnsw/hnsw.h"
#include "am/hnsw/refset.h"

/* One amvacuumcleanup. */
typedef struct VmHnswVacuum
{
	VmHnsw hnsw;
	IndexVacuumInfo *info;
	IndexBulkDeleteResult *stats;
	VmHnswRefSet live;     /* elements with heap TIDs, seen by the survey */
	VmHnswRefSet dead;     /* tombstones */
	VmHnswRefSet reusable; /* those that no transaction can know as live */
	VmHnswRefSet linked;   /* elements that a live one links to in layer 0 */
	VmHnswRefSet ruined;   /* live ones that had lost most of their links */
	VmHnswRef highest;     /* a live element of the highest level, or none */
	int highest_level;
} VmHnswVacuum;

/*
 * A data page, pinned and locked as asked, for a sequential sweep;
 * InvalidBuffer when it was never written.  Raises for a damaged page.
 */
extern Buffer
VmHnswSweepBlock(VmHnsw *hnsw, BlockNumber block, int lock_mode, BufferAccessStrategy strategy);

/* repair.c: takes links to tombstones out of every live element. */
extern void VmHnswRepairLinks(VmHnswVacuum *vacuum);

/* reclaim.c: frees the places of the reusable tombstones. */
extern void VmHnswReclaim(VmHnswVacuum *vacuum);

#endif
