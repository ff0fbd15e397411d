/*
 * build.h
 *		What the parts of an index build share.
 *
 * A build is a sequence of steps.  Between them the leader works alone; within a
 * step the leader and the parallel workers, the team, do the same thing, taking
 * tasks from a counter until there are none:
 *
 *	sample.c	leader	rows of the table at random, as a file of chunks
 *	train.c		team	k-means over the chunks, hierarchical above a limit
 *	load.c		team	read the table, assign rows to lists, spool them by
 *						partition (a range of lists)
 *	write.c		team	bring each partition's rows to pages
 *
 * A worker may join in the middle of a step or never: the leader waits only for
 * those that have come (team.c).  Rows are spooled to temporary files, so memory
 * does not grow with the table: maintenance_work_mem bounds all of it.
 */
#ifndef VM_AM_IVF_BUILD_H
#define VM_AM_IVF_BUILD_H

#include "compat/compat.h"

#include <math.h>

#include "port/atomics.h"
#include "storage/barrier.h"
#include "storage/buffile.h"
#include "storage/lwlock.h"
#include "storage/sharedfileset.h"

#include "am/ivf/ivf.h"
#include "am/ivf/layout.h"
#include "am/team.h"
#include "quant/kmeans.h"
#include "types/toast.h"

/* Subphases of pg_stat_progress_create_index; 1 is "initializing". */
#define VM_IVF_PHASE_KMEANS 2
#define VM_IVF_PHASE_ASSIGN 3
#define VM_IVF_PHASE_LOAD   4

/* From here on k-means is done in two levels. */
#define VM_IVF_FLAT_LISTS     4096

#define VM_IVF_MAX_PARTITIONS 256

typedef enum VmIvfStep
{
	VM_IVF_STEP_TRAIN,    /* an iteration over a part of the chunks */
	VM_IVF_STEP_SPLIT,    /* sample rows to the coarse clusters */
	VM_IVF_STEP_SUBTRAIN, /* k-means within the coarse clusters */
	VM_IVF_STEP_LOAD,
	VM_IVF_STEP_WRITE,
	VM_IVF_STEP_DONE
} VmIvfStep;

/* In shared memory where there are workers. */
typedef struct VmIvfBuildShared
{
	/* What a worker must know to begin. */
	int lists;
	int planned_members; /* what memory is divided by */
	int chunk_rows;

	/* The team. */
	Barrier barrier; /* phase: even between steps, odd within */
	VmIvfStep step;
	pg_atomic_uint32 members; /* that have come; also the next one's number */
	pg_atomic_uint32 next_task;
	uint32 tasks;
	SharedFileSet files;
	LWLock lock; /* everything below, while a step runs */

	/* Training. */
	uint64 sample_rows;
	uint32 chunk_step; /* of the chunks only each so many-th is used */
	uint32 centroids;  /* of the model being trained */
	double loss;

	/* Loading. */
	int partitions;
	double heap_rows;
	double index_rows;

	/* Rows loaded, later pages written: for the progress view. */
	pg_atomic_uint64 progress;
} VmIvfBuildShared;

/* Arrays beside it.  centroids is the model's, in k-means' own space. */
typedef struct VmIvfBuildArrays
{
	char *centroids;     /* lists x row size */
	float *origin;       /* dim: subtracted from rows, see sample.c */
	float *sums;         /* lists x dim */
	uint64 *counts;      /* lists: rows of the sample, later of the table */
	uint32 *seats;       /* lists: first centroid of each coarse cluster */
	BlockNumber *starts; /* lists: first row page of each */
} VmIvfBuildArrays;

/* One member's view. */
typedef struct VmIvfBuildState
{
	VmTeam team; /* heap, index, and workers if there are any */
	VmIvf ivf;
	VmIvfQuantizer quantizer;
	VmKmeansKind kind;
	Size row_size; /* of k-means' rows */
	VmGemm gemm;
	int member;  /* 0: the leader */
	Size memory; /* this member's part of maintenance_work_mem: VmIvfSpareMemory */
	MemoryContext context;

	VmIvfBuildShared *shared;
	VmIvfBuildArrays arrays;

	/* k-means: this member's own, made at the first use */
	VmKmeansModel model;
	float *scratch;
	float *sums;
	uint64 *counts;
	uint32 *nearest;
	char *chunk;

	/* Files of a build without workers (spool.c). */
	struct HTAB *files;
} VmIvfBuildState;

/* ---------------------------------------------------------------- build.c */

/* The row that k-means sees of a payload, at to. */
extern void VmIvfKmeansRow(const VmIvfBuildState *build, const void *payload, void *to);

/* A worker's or leader's view of what is shared; the rest of build is set. */
extern void VmIvfBuildPrepare(VmIvfBuildState *build, Relation heap, Relation index,
							  IndexInfo *info, int lists, VmIvfQuantizer quantizer);

/* The payload of a row, in the current memory context, or NULL: not indexed. */
extern const void *
VmIvfRowPayload(const VmIvfBuildState *build, VmToastCursor *cursor, Datum value);

/*
 * What is left of this member's memory beside what must be in memory, while
 * there are sums and chunks (training) or not.
 */
extern Size VmIvfSpareMemory(const VmIvfBuildState *build, bool training);

/* More of what the progress view counts; the leader shows it. */
extern void VmIvfAddProgress(VmIvfBuildState *build, int column, uint64 more);

/* The number itself, or what comes nearest to it without passing the limit. */
static inline float
VmIvfFinite(float value, float limit)
{
	if (unlikely(isnan(value)))
		return 0;
	return Min(Max(value, -limit), limit);
}

/* ----------------------------------------------------------------- team.c */

/* Allocates what is shared; with workers > 0 it starts them. */
extern void VmIvfTeamStart(VmIvfBuildState *build, int workers);

/* The leader's: everybody does one step. */
extern void VmIvfTeamRun(VmIvfBuildState *build, VmIvfStep step, uint32 tasks);
extern void VmIvfTeamEnd(VmIvfBuildState *build);

/* Number of the next task, or false. */
extern bool VmIvfNextTask(VmIvfBuildState *build, uint32 *task);

extern int VmIvfMembers(const VmIvfBuildState *build);

/* ---------------------------------------------------------------- spool.c */

/* Files of the build by kind ('s'ample, 'c'luster, 'p'artition), writer, number. */
extern BufFile *VmIvfSpoolCreate(VmIvfBuildState *build, char kind, int member, int number);

/* The writer has finished; others may open the file. */
extern void VmIvfSpoolFinish(VmIvfBuildState *build, BufFile *file);

/* From its start, or NULL when that member wrote none. */
extern BufFile *VmIvfSpoolOpen(VmIvfBuildState *build, char kind, int member, int number);
extern void VmIvfSpoolClose(VmIvfBuildState *build, BufFile *file);

/* Removes every member's file of that kind and number, which nobody has open. */
extern void VmIvfSpoolDrop(VmIvfBuildState *build, char kind, int number);

/* Removes the files of a build without workers. */
extern void VmIvfSpoolEnd(VmIvfBuildState *build);

/* False at the end of the file; raises when it ends in the middle. */
extern bool VmIvfSpoolRead(BufFile *file, void *to, Size size);

/* ------------------------------------------------------ sample.c, train.c */

extern int VmIvfChunkRows(Size row_size);

/* Writes the sample; returns about how many rows the table has. */
extern double VmIvfSample(VmIvfBuildState *build);

/* Sets centroids; with too few rows for that, some or all at random. */
extern void VmIvfTrain(VmIvfBuildState *build);
extern void VmIvfTrainStep(VmIvfBuildState *build);
extern void VmIvfSplitStep(VmIvfBuildState *build);
extern void VmIvfSubtrainStep(VmIvfBuildState *build);

/* The model over the first `centroids` centroids. */
extern void VmIvfUseModel(VmIvfBuildState *build);

/* Gives back the member's memory that only training needs. */
extern void VmIvfForgetTraining(VmIvfBuildState *build);

/* Rows of a chunk, and the chunk itself at build->chunk. */
extern int VmIvfReadChunk(VmIvfBuildState *build, BufFile *file, uint32 chunk);
extern uint32 VmIvfChunks(const VmIvfBuildState *build);

/* -------------------------------------------------------- load.c, write.c */

extern void VmIvfLoad(VmIvfBuildState *build, double row_estimate);
extern void VmIvfLoadStep(VmIvfBuildState *build);
extern void VmIvfWrite(VmIvfBuildState *build, ForkNumber fork);
extern void VmIvfWriteStep(VmIvfBuildState *build);

/* A list's centroid as the index stores it: space.size bytes. */
extern void VmIvfStoreCentroid(const VmIvfBuildState *build, int list, char *to);

/* A spooled row; its payload follows. */
typedef struct VmIvfSpooledRow
{
	uint32 list;
	ItemPointerData tid;
	uint16 unused;
} VmIvfSpooledRow;

static inline int
VmIvfPartitionOf(const VmIvfBuildState *build, int list)
{
	return (int) ((uint64) list * build->shared->partitions / build->shared->lists);
}

#endif
