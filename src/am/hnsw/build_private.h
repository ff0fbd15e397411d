/*
 * build_private.h
 *		What build.c and build_parallel.c share: one process's part of a build,
 *		and what the processes of a build have in common.
 *
 * A build inserts into a graph in memory until that is used up; then one
 * process writes the graph to pages while the others wait, and all go on with
 * inserting into these.
 */
#ifndef VM_AM_HNSW_BUILD_PRIVATE_H
#define VM_AM_HNSW_BUILD_PRIVATE_H

#include "am/hnsw/build.h"
#include "am/hnsw/graph.h"
#include "am/team.h"

#include "storage/condition_variable.h"
#include "storage/spin.h"

typedef enum VmHnswBuildPhase
{
	VM_HNSW_BUILD_IN_MEMORY,
	VM_HNSW_BUILD_FLUSHING,
	VM_HNSW_BUILD_ON_DISK
} VmHnswBuildPhase;

typedef struct VmHnswBuildShared
{
	slock_t mutex; /* of the next four */
	VmHnswBuildPhase phase;
	int inserting;             /* processes that are inserting into the graph */
	uint64 indexed;            /* values inserted */
	double heap_tuples;        /* of the scans that are done */
	ConditionVariable changed; /* of phase, and of inserting while flushing */

	VmGraphShared graph;
} VmHnswBuildShared;

typedef struct VmHnswBuildState
{
	VmTeam team; /* heap, index, and workers if there are any */
	VmHnsw hnsw;
	VmHnswBuildShared *shared;
	VmGraph *graph;
	MemoryContext graph_context;
	MemoryContext value_context; /* of one row's value */
} VmHnswBuildState;

/* build.c: prepares a process's part, but for shared and graph; the team is set. */
extern void VmHnswBuildPrepare(VmHnswBuildState *build);
extern void VmHnswBuildInitShared(VmHnswBuildState *build, VmHnswBuildShared *shared,
								  Size graph_size, int tranche);

/* Indexes what the scan gives to this process: all rows when it is not shared. */
extern void VmHnswBuildScan(VmHnswBuildState *build);

/*
 * build_parallel.c: starts workers, with the graph in shared memory.  False,
 * and nothing is left of it, when there is to be one process only.
 */
extern bool VmHnswBuildStartParallel(VmHnswBuildState *build);

#endif
