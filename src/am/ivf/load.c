/*
 * load.c
 *		Reads the table and assigns its rows to lists: VmIvfLoad.
 *
 * Rows are collected in batches, so that assigning them is a matrix product, and
 * then appended to the file of their partition, one a member: a partition is a
 * range of lists that is later brought to pages by one member (write.c).
 */
#include "compat/compat.h"

#include "access/tableam.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/ivf/build.h"

/* Rows of a batch: a few tiles of VmKmeansAssign, less when they are large. */
#define BATCH_ROWS 512

typedef struct Loader
{
	VmIvfBuildState *build;
	VmToastCursor cursor;
	MemoryContext row_context;
	int capacity;
	int count;
	char *payloads; /* what is stored */
	char *rows;     /* what k-means sees */
	ItemPointerData *tids;
	uint32 *nearest;
	uint64 *counts; /* of each list, by this member */
	uint64 loaded;
	BufFile **files;
	Size record_size;
	char *record;
} Loader;

static void
StartLoader(Loader *loader, VmIvfBuildState *build)
{
	Size payload_size = build->ivf.space.size;
	Size fit = VmIvfSpareMemory(build, false) / 4 / (build->row_size + payload_size);
	int partitions = build->shared->partitions;

	memset(loader, 0, sizeof(Loader));
	loader->build = build;
	loader->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "ivf build row", ALLOCSET_DEFAULT_SIZES);
	loader->capacity = (int) Max(1, Min(BATCH_ROWS, fit));
	loader->payloads = palloc(loader->capacity * payload_size);
	loader->rows = palloc(loader->capacity * build->row_size);
	loader->tids = palloc(loader->capacity * sizeof(ItemPointerData));
	loader->nearest = palloc(loader->capacity * sizeof(uint32));
	loader->counts = palloc0(build->ivf.lists * sizeof(uint64));
	loader->record_size = sizeof(VmIvfSpooledRow) + payload_size;
	loader->record = palloc0(loader->record_size);
	loader->files = palloc(partitions * sizeof(BufFile *));
	for (int i = 0; i < partitions; i++)
		loader->files[i] = VmIvfSpoolCreate(build, 'p', build->member, i);
}

static void
SpoolRow(Loader *loader, int i)
{
	VmIvfBuildState *build = loader->build;
	Size payload_size = build->ivf.space.size;
	VmIvfSpooledRow *head = (VmIvfSpooledRow *) loader->record;

	head->list = loader->nearest[i];
	head->tid = loader->tids[i];
	memcpy(loader->record + sizeof(VmIvfSpooledRow), loader->payloads + i * payload_size,
		   payload_size);
	BufFileWrite(loader->files[VmIvfPartitionOf(build, head->list)], loader->record,
				 loader->record_size);
	loader->counts[head->list]++;
}

static void
FlushBatch(Loader *loader)
{
	VmIvfBuildState *build = loader->build;

	CHECK_FOR_INTERRUPTS();
	VmKmeansAssign(&build->model, build->gemm, loader->rows, loader->count, build->scratch,
				   loader->nearest, NULL);
	for (int i = 0; i < loader->count; i++)
		SpoolRow(loader, i);
	VmIvfAddProgress(build, PROGRESS_CREATEIDX_TUPLES_DONE, loader->count);
	loader->loaded += loader->count;
	loader->count = 0;
}

static void
LoadRow(Relation index, ItemPointer tid, Datum *values, bool *isnull, bool tuple_is_alive,
		void *opaque)
{
	Loader *loader = opaque;
	VmIvfBuildState *build = loader->build;
	Size payload_size = build->ivf.space.size;
	MemoryContext old_context;
	const void *payload;

	if (isnull[0])
		return;
	MemoryContextReset(loader->row_context);
	old_context = MemoryContextSwitchTo(loader->row_context);
	payload = VmIvfRowPayload(build, &loader->cursor, values[0]);
	MemoryContextSwitchTo(old_context);
	if (payload == NULL)
		return;

	memcpy(loader->payloads + loader->count * payload_size, payload, payload_size);
	VmIvfKmeansRow(build, payload, loader->rows + loader->count * build->row_size);
	loader->tids[loader->count] = *tid;
	if (++loader->count == loader->capacity)
		FlushBatch(loader);
}

static void
FinishLoader(Loader *loader, double heap_rows)
{
	VmIvfBuildState *build = loader->build;
	VmIvfBuildShared *shared = build->shared;

	if (loader->count > 0)
		FlushBatch(loader);
	for (int i = 0; i < shared->partitions; i++)
		VmIvfSpoolFinish(build, loader->files[i]);

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < build->ivf.lists; i++)
		build->arrays.counts[i] += loader->counts[i];
	shared->heap_rows += heap_rows;
	shared->index_rows += loader->loaded;
	LWLockRelease(&shared->lock);
}

void
VmIvfLoadStep(VmIvfBuildState *build)
{
	MemoryContext context =
		AllocSetContextCreate(build->context, "ivf load", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Loader loader;
	TableScanDesc scan = NULL;
	double heap_rows;

	VmIvfForgetTraining(build);
	VmIvfUseModel(build);
	StartLoader(&loader, build);
	if (build->team.scan != NULL)
		scan = table_beginscan_parallel(build->team.heap, build->team.scan);
	heap_rows = table_index_build_scan(build->team.heap, build->team.index, build->team.info, true,
									   build->member == 0, LoadRow, &loader, scan);
	FinishLoader(&loader, heap_rows);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Enough partitions that one fits in a member's memory, and that the members
 * get done at about the same time.
 */
static int
ChoosePartitions(const VmIvfBuildState *build, double row_estimate)
{
	double pages = row_estimate / build->ivf.rows_per_page + build->ivf.lists;
	double fit = pages * BLCKSZ / Max(VmIvfSpareMemory(build, false), BLCKSZ) * 1.2 + 1;
	double share = build->shared->planned_members > 1 ? 8.0 * build->shared->planned_members : 1;

	return (int) Min(Min(Max(fit, share), VM_IVF_MAX_PARTITIONS), build->ivf.lists);
}

void
VmIvfLoad(VmIvfBuildState *build, double row_estimate)
{
	VmIvfBuildShared *shared = build->shared;

	shared->centroids = build->ivf.lists;
	shared->partitions = ChoosePartitions(build, row_estimate);
	memset(build->arrays.counts, 0, build->ivf.lists * sizeof(uint64));
	pg_atomic_init_u64(&shared->progress, 0);
	pgstat_progress_update_param(PROGRESS_CREATEIDX_TUPLES_TOTAL, (int64) row_estimate);
	VmIvfTeamRun(build, VM_IVF_STEP_LOAD, 0);
}
