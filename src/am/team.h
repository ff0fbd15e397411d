/*
 * team.h
 *		The leader of an index build and its parallel workers: starting them,
 *		what they share, what comes back from them.
 *
 *		leader:	VmTeamStart ... VmTeamFinish ... VmTeamEnd
 *		worker:	VmTeamJoin ... VmTeamLeave
 *
 * A build shares chunks of memory that it numbers from 0.  They lie in a segment
 * of their own: without it the build goes on alone, while in the segment of the
 * parallel context a lack of memory would be an error.
 */
#ifndef VM_AM_TEAM_H
#define VM_AM_TEAM_H

#include "compat/compat.h"

#include "access/parallel.h"
#include "access/relscan.h"
#include "nodes/execnodes.h"
#include "storage/dsm.h"
#include "storage/shm_toc.h"

typedef struct VmTeamHeader VmTeamHeader;

/* One process's view.  Zeroed: alone. */
typedef struct VmTeam
{
	Relation heap;
	Relation index;
	IndexInfo *info;
	ParallelTableScanDesc scan; /* of the table, shared out; NULL: alone */
	dsm_segment *memory;        /* the chunks */
	shm_toc *chunks;
	VmTeamHeader *header;
	shm_toc *toc;

	/* The leader's. */
	ParallelContext *parallel;
	Snapshot snapshot;
} VmTeam;

typedef struct VmTeamPlan
{
	const char *am_name;
	const char *worker; /* function of this library, for BackgroundWorkerMain */
	int workers;        /* at least 1 */
	const Size *chunk_sizes;
	int chunk_count;
} VmTeamPlan;

/* Fills the chunks, whose bytes are arbitrary, before the first worker starts. */
typedef void (*VmTeamFill)(VmTeam *team, void *arg);

/*
 * With team->heap, index and info set.  False, with nothing left of it, when
 * there is to be one process only.
 */
extern bool VmTeamStart(VmTeam *team, const VmTeamPlan *plan, VmTeamFill fill, void *arg);

extern void *VmTeamChunk(const VmTeam *team, int number);

/*
 * Waits until the workers are done, raises what they have raised, and takes over
 * what they used, and whether they have met a broken HOT chain.
 */
extern void VmTeamFinish(VmTeam *team);

/* Frees what is shared.  Nothing to do alone. */
extern void VmTeamEnd(VmTeam *team);

/* A worker's begin and end; between them it has the relations open. */
extern void VmTeamJoin(VmTeam *team, shm_toc *toc);
extern void VmTeamLeave(VmTeam *team);

#endif
