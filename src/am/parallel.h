/*
 * parallel.h
 *		What the parallel builds of every access method need.
 */
#ifndef VM_AM_PARALLEL_H
#define VM_AM_PARALLEL_H

#include "compat/compat.h"

#include "utils/relcache.h"

/*
 * Workers to ask for: the table's parallel_workers, or as many as may be, since
 * a build computes more than it reads; 0 where the server would use none.
 */
extern int VmPlanBuildWorkers(Relation heap, Relation index);

/*
 * False, with a NOTICE, when a shared memory segment of that size would not fit:
 * that would be an error, not a slower build.
 */
extern bool VmSharedMemorySuffices(const char *am_name, Size needed);

/*
 * Tranche for locks in such segments, by name: one for all builds of the server,
 * since tranches are never given back.
 */
extern int VmLockTranche(const char *name);

#endif
