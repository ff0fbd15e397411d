/*
 * parallel.h
 *		What the parallel builds of every access method need.
 */
#ifndef VM_AM_PARALLEL_H
#define VM_AM_PARALLEL_H

#include "compat/compat.h"

#include "storage/dsm.h"
#include "utils/relcache.h"

/*
 * Workers to ask for: the table's parallel_workers, or as many as may be, since
 * a build computes more than it reads; 0 where the server would use none.
 */
extern int VmPlanBuildWorkers(Relation heap, Relation index);

/*
 * A shared memory segment of this process, or NULL, with a NOTICE, where there is
 * no room for it: the build is slower then, no failure.  It is empty: what bytes
 * it has is not said.  Not in parallel mode.
 */
extern dsm_segment *VmCreateSharedMemory(const char *am_name, Size size);

/*
 * Tranche for locks in such segments, by name: one for all builds of the server,
 * since tranches are never given back.
 */
extern int VmLockTranche(const char *name);

#endif
