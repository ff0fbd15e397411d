/*
 * build.c
 *		CREATE INDEX: VmIvfBuild, VmIvfBuildEmpty.  build.h tells the steps.
 */
#include "compat/compat.h"

#include <float.h>

#include "access/xloginsert.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/blas.h"
#include "am/ivf/build.h"
#include "am/ivf/options.h"
#include "am/parallel.h"
#include "simd/simd.h"

#define EMPTY_SEED 1

/*
 * Memory that pgvector's test suite expects an ivfflat build to refuse to do
 * without, for each list above VM_IVF_FLAT_LISTS.
 */
#define IVFFLAT_BYTES_PER_LIST ((Size) 8192)

static VmKmeansKind
KmeansKind(const VmIvf *ivf)
{
	if (ivf->space.kind == VM_VALUE_BIT)
		return VM_KMEANS_BIT;
	return ivf->spherical ? VM_KMEANS_SPHERICAL : VM_KMEANS_L2;
}

void
VmIvfBuildPrepare(VmIvfBuildState *build, Relation heap, Relation index, IndexInfo *info, int lists,
				  VmIvfQuantizer quantizer)
{
	build->team.heap = heap;
	build->team.index = index;
	build->team.info = info;
	build->quantizer = quantizer;
	VmIvfInit(&build->ivf, index, lists, quantizer, 0);
	build->kind = KmeansKind(&build->ivf);
	build->row_size = VmKmeansRowSize(build->kind, build->ivf.space.dims);
	build->gemm = build->kind == VM_KMEANS_BIT ? NULL : VmBlasGemm();
	build->context =
		AllocSetContextCreate(CurrentMemoryContext, "ivf build", ALLOCSET_DEFAULT_SIZES);
}

const void *
VmIvfRowPayload(const VmIvfBuildState *build, VmToastCursor *cursor, Datum value)
{
	Size size;

	return VmSpacePayload(&build->ivf.space, VmSpaceFetch(&build->ivf.space, cursor, value),
						  build->ivf.limits, &size);
}

void
VmIvfKmeansRow(const VmIvfBuildState *build, const void *payload, void *to)
{
	Size dims = build->ivf.space.dims;
	float *row = to;

	if (build->kind == VM_KMEANS_BIT)
	{
		memcpy(to, payload, build->row_size);
		return;
	}
	if (build->ivf.space.kind == VM_VALUE_HALFVEC)
		VmSimd->f16_to_f32(payload, row, dims);
	else
		memcpy(row, payload, dims * sizeof(float));
	if (build->kind == VM_KMEANS_L2)
	{
		for (Size d = 0; d < dims; d++)
			row[d] = VmIvfFinite(row[d] - build->arrays.origin[d], FLT_MAX);
	}
}

/* --------------------------------------------------------------------- memory */

static Size
CentroidMemory(const VmIvfBuildState *build)
{
	return mul_size(build->ivf.lists, build->row_size + sizeof(uint64) * 3);
}

static Size
SumMemory(const VmIvfBuildState *build)
{
	return mul_size(build->ivf.lists, build->ivf.space.dims * sizeof(float));
}

/*
 * What must be in memory together: centroids and sums, shared and each member's
 * own; a chunk.  Everything else adapts.
 */
static Size
TrainingMemory(const VmIvfBuildState *build, int members)
{
	Size chunk = VmIvfChunkRows(build->row_size) * build->row_size;
	Size size = CentroidMemory(build);

	size = add_size(size, mul_size(SumMemory(build), members > 1 ? 1 + members : 1));
	return add_size(size, mul_size(members, chunk));
}

static Size
MemoryRequired(const VmIvfBuildState *build, int members)
{
	Size size = TrainingMemory(build, members);

	if (build->ivf.lists > VM_IVF_FLAT_LISTS && VmIvfIsIvfflat(build->team.index))
		size = Max(size, mul_size(build->ivf.lists, IVFFLAT_BYTES_PER_LIST));
	return size;
}

Size
VmIvfSpareMemory(const VmIvfBuildState *build, bool training)
{
	int members = build->shared->planned_members;
	Size used = training ? TrainingMemory(build, members) : CentroidMemory(build);

	/* Shared sums live as long as the segment. */
	if (!training && members > 1)
		used = add_size(used, SumMemory(build));
	used /= members;

	/* Less than some would make the steps crawl. */
	return Max(build->memory - Min(used, build->memory), build->memory / 8);
}

/* Workers for whom there is memory; raises when there is none even alone. */
static int
CheckMemory(const VmIvfBuildState *build, int workers)
{
	Size limit = (Size) maintenance_work_mem * 1024;
	Size required = MemoryRequired(build, 1);

	if (required > limit)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("memory required is %zu MB, maintenance_work_mem is %d MB",
							   required / (1024 * 1024) + 1, maintenance_work_mem / 1024)));
	while (workers > 0 && MemoryRequired(build, workers + 1) > limit)
		workers--;
	return workers;
}

/* ---------------------------------------------------------------------- build */

static void
ReportPhase(int phase)
{
	pgstat_progress_update_param(PROGRESS_CREATEIDX_SUBPHASE, phase);
}

void
VmIvfAddProgress(VmIvfBuildState *build, int column, uint64 more)
{
	uint64 all = pg_atomic_add_fetch_u64(&build->shared->progress, more);

	if (build->member == 0)
		pgstat_progress_update_param(column, (int64) all);
}

static void
NoticeLittleData(const VmIvfBuildState *build)
{
	if (build->shared->sample_rows >= (uint64) build->ivf.lists)
		return;
	ereport(NOTICE, (errmsg("%s index created with little data", build->ivf.limits->am_name),
					 errdetail("This will cause low recall."),
					 errhint("Drop the index until the table has more data.")));
}

/*
 * What scans and inserts will compare with are the stored centroids, rounded to
 * the index's type; rows are assigned by the same.
 */
static void
RoundCentroids(VmIvfBuildState *build)
{
	Size dims = build->ivf.space.dims;
	char *stored;

	if (build->kind == VM_KMEANS_BIT)
		return;
	stored = palloc(build->ivf.space.size);
	for (int list = 0; list < build->ivf.lists; list++)
	{
		VmIvfStoreCentroid(build, list, stored);
		VmIvfKmeansRow(build, stored, build->arrays.centroids + (Size) list * dims * sizeof(float));
	}
	pfree(stored);
}

/* ambuild */
IndexBuildResult *
VmIvfBuild(Relation heap, Relation index, IndexInfo *info)
{
	IndexBuildResult *result = palloc(sizeof(IndexBuildResult));
	VmIvfBuildState build = {0};
	double row_estimate;

	if (RelationGetNumberOfBlocks(index) != 0)
		elog(ERROR, "index \"%s\" already contains data", RelationGetRelationName(index));
	VmIvfBuildPrepare(&build, heap, index, info, VmIvfOptionLists(index),
					  VmIvfOptionQuantizer(index));
	if (build.gemm != NULL)
		ereport(DEBUG1, (errmsg_internal("k-means by %s", VmBlasDescribe())));
	VmIvfTeamStart(&build, CheckMemory(&build, VmPlanBuildWorkers(heap, index)));

	ReportPhase(VM_IVF_PHASE_KMEANS);
	row_estimate = VmIvfSample(&build);
	VmIvfTrain(&build);
	RoundCentroids(&build);
	NoticeLittleData(&build);

	ReportPhase(VM_IVF_PHASE_ASSIGN);
	VmIvfLoad(&build, row_estimate);

	ReportPhase(VM_IVF_PHASE_LOAD);
	VmIvfWrite(&build, MAIN_FORKNUM);
	result->heap_tuples = build.shared->heap_rows;
	result->index_tuples = build.shared->index_rows;
	VmIvfTeamEnd(&build);
	MemoryContextDelete(build.context);
	return result;
}

/*
 * ambuildempty: the file that an unlogged index is reset to after a crash.  Its
 * centroids are random, as over an empty table.
 */
void
VmIvfBuildEmpty(Relation index)
{
	VmIvfBuildState build = {0};
	VmKmeansRandom random;

	VmIvfBuildPrepare(&build, NULL, index, NULL, VmIvfOptionLists(index),
					  VmIvfOptionQuantizer(index));
	VmIvfTeamStart(&build, 0);
	build.shared->centroids = build.ivf.lists;
	VmIvfUseModel(&build);
	VmKmeansRandomInit(&random, EMPTY_SEED);
	VmKmeansRandomCentroids(&build.model, 0, &random);
	VmIvfWrite(&build, INIT_FORKNUM);
	VmPageLogBuild(index, INIT_FORKNUM);
	MemoryContextDelete(build.context);
}
