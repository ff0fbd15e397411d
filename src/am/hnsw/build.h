/*
 * build.h
 *		Building an index: ambuild and ambuildempty.
 */
#ifndef VM_AM_HNSW_BUILD_H
#define VM_AM_HNSW_BUILD_H

#include "compat/compat.h"

#include "access/genam.h"
#include "nodes/execnodes.h"
#include "utils/relcache.h"

/* Progress phases, after PROGRESS_CREATEIDX_SUBPHASE_INITIALIZE. */
#define VM_HNSW_PHASE_LOAD 2

extern IndexBuildResult *VmHnswBuild(Relation heap, Relation index, IndexInfo *info);
extern void VmHnswBuildEmpty(Relation index);

#endif
