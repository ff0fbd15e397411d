/*
 * write.c
 *		Brings centroids and rows to pages: VmIvfWrite.
 *
 * How many rows each list has is known by now, so every list's pages are, too:
 * consecutive blocks, list after list.  The leader makes the file as long as it
 * will be; members then fill the pages of whole partitions, in a window of memory
 * that slides over them, reading the partition's files again for each position
 * where they do not fit at once.
 */
#include "compat/compat.h"

#include <float.h>

#include "catalog/storage.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/ivf/build.h"
#include "compat/relation.h"
#include "simd/simd.h"

/* Rows of a file between two looks for interrupts. */
#define ROWS_PER_CHECK 1024

/* Blocks by which the file is made longer between two of those. */
#define EXTEND_BLOCKS ((BlockNumber) 8192)

/* ------------------------------------------------------ metapage, list pages */

/* The largest finite element of a halfvec. */
#define HALF_MAX 65504.0f

/*
 * The centroid as the index stores it; k-means worked around the origin.  Finite
 * (IVF-2), although the origin or rounding may lead beyond the type's limit.
 */
void
VmIvfStoreCentroid(const VmIvfBuildState *build, int list, char *to)
{
	const char *from = build->arrays.centroids + list * build->row_size;
	Size dims = build->ivf.space.dims;
	float limit = build->ivf.space.kind == VM_VALUE_HALFVEC ? HALF_MAX : FLT_MAX;
	float *shifted;

	if (build->kind == VM_KMEANS_BIT)
	{
		memcpy(to, from, build->ivf.space.size);
		return;
	}
	shifted = palloc(dims * sizeof(float));
	for (Size d = 0; d < dims; d++)
		shifted[d] = VmIvfFinite(((const float *) from)[d] + build->arrays.origin[d], limit);
	if (build->ivf.space.kind == VM_VALUE_HALFVEC)
		VmSimd->f32_to_f16(shifted, (VmHalf *) to, dims);
	else
		memcpy(to, shifted, dims * sizeof(float));
	pfree(shifted);
}

static BlockNumber
ListPages(const VmIvfBuildState *build, int list)
{
	uint64 rows = build->arrays.counts[list];

	return (BlockNumber) ((rows + build->ivf.rows_per_page - 1) / build->ivf.rows_per_page);
}

/* The init fork is logged as a whole, later. */
static void
FinishPage(const VmIvfBuildState *build, ForkNumber fork, Buffer buffer)
{
	if (fork == MAIN_FORKNUM)
		VmPageLogNew(build->team.index, &buffer, 1);
	else
		MarkBufferDirty(buffer);
	UnlockReleaseBuffer(buffer);
}

static void
WriteMetaPage(const VmIvfBuildState *build, ForkNumber fork)
{
	Buffer buffer = VmExtendRelation(build->team.index, fork);

	VmIvfInitMetaPage(&build->ivf, BufferGetPage(buffer), build->quantizer);
	FinishPage(build, fork, buffer);
}

static void
WriteListPage(const VmIvfBuildState *build, ForkNumber fork, int first)
{
	const VmIvf *ivf = &build->ivf;
	Buffer buffer = VmExtendRelation(build->team.index, fork);
	Page page = BufferGetPage(buffer);

	VmIvfInitListPage(ivf, page, first);
	for (int slot = 0; slot < VmIvfListsOnPage(ivf, BufferGetBlockNumber(buffer)); slot++)
	{
		VmIvfList *list = VmIvfListSlot(ivf, page, slot);
		BlockNumber pages = ListPages(build, first + slot);

		memset(list, 0, ivf->list_stride);
		list->start = build->arrays.starts[first + slot];
		list->insert = pages > 0 ? list->start + pages - 1 : InvalidBlockNumber;
		list->extent = pages;
		VmIvfStoreCentroid(build, first + slot, VmIvfListCentroid(list));
	}
	FinishPage(build, fork, buffer);
}

/* ------------------------------------------------------------------ row pages */

/* A member's window over the row pages. */
typedef struct Window
{
	VmIvfBuildState *build;
	char *pages;
	BlockNumber capacity;
	BlockNumber start; /* blocks start .. end-1 are in memory */
	BlockNumber end;
	uint64 *placed; /* rows of each list that have been met in this reading */
	int first_list; /* of the partition */
	int end_list;
} Window;

/* Empty pages for the window's blocks, with their chains. */
static void
InitWindowPages(Window *window)
{
	VmIvfBuildState *build = window->build;

	for (int list = window->first_list; list < window->end_list; list++)
	{
		BlockNumber pages = ListPages(build, list);
		BlockNumber start = build->arrays.starts[list];

		if (pages == 0)
			continue;
		for (BlockNumber block = Max(start, window->start); block < Min(start + pages, window->end);
			 block++)
		{
			Page page = window->pages + (Size) (block - window->start) * BLCKSZ;

			build->ivf.layout->init_page(&build->ivf, page, list);
			if (block + 1 < start + pages)
				VmPageGetOpaque(page)->next = block + 1;
		}
	}
}

static void
PlaceRow(Window *window, const VmIvfSpooledRow *row, const char *payload)
{
	VmIvfBuildState *build = window->build;
	uint64 place = window->placed[row->list - window->first_list]++;
	BlockNumber block =
		build->arrays.starts[row->list] + (BlockNumber) (place / build->ivf.rows_per_page);

	if (block < window->start || block >= window->end)
		return;
	build->ivf.layout->add(&build->ivf, window->pages + (Size) (block - window->start) * BLCKSZ,
						   &row->tid, payload);
}

/* Places the rows of one file that fall into the window; record: room for one. */
static void
PlaceRows(Window *window, BufFile *file, char *record, Size record_size)
{
	uint64 rows = 0;

	while (VmIvfSpoolRead(file, record, record_size))
	{
		PlaceRow(window, (VmIvfSpooledRow *) record, record + sizeof(VmIvfSpooledRow));
		if (++rows % ROWS_PER_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

/* Reads all of the partition and places the rows that fall into the window. */
static void
FillWindow(Window *window, int partition)
{
	VmIvfBuildState *build = window->build;
	Size record_size = sizeof(VmIvfSpooledRow) + build->ivf.space.size;
	char *record = palloc(record_size);

	memset(window->placed, 0, (window->end_list - window->first_list) * sizeof(uint64));
	for (int member = 0; member < VmIvfMembers(build); member++)
	{
		BufFile *file = VmIvfSpoolOpen(build, 'p', member, partition);

		if (file == NULL)
			continue;
		PlaceRows(window, file, record, record_size);
		VmIvfSpoolClose(build, file);
	}
	pfree(record);
}

/* Some of the window's pages, which become one WAL record. */
static void
WriteGroup(Window *window, BlockNumber start, int count)
{
	Relation index = window->build->team.index;
	Buffer buffers[VM_PAGE_LOG_MAX];

	for (int i = 0; i < count; i++)
	{
		buffers[i] = ReadBufferExtended(index, MAIN_FORKNUM, start + i, RBM_ZERO_AND_LOCK, NULL);
		memcpy(BufferGetPage(buffers[i]),
			   window->pages + (Size) (start + i - window->start) * BLCKSZ, BLCKSZ);
	}
	VmPageLogNew(index, buffers, count);
	for (int i = 0; i < count; i++)
		UnlockReleaseBuffer(buffers[i]);
	VmIvfAddProgress(window->build, PROGRESS_SCAN_BLOCKS_DONE, count);
}

static void
WriteWindow(Window *window)
{
	for (BlockNumber block = window->start; block < window->end; block += VM_PAGE_LOG_MAX)
	{
		CHECK_FOR_INTERRUPTS();
		WriteGroup(window, block, (int) Min(VM_PAGE_LOG_MAX, window->end - block));
	}
}

/* The partition's lists: from *first to before *end. */
static void
PartitionLists(const VmIvfBuildState *build, int partition, int *first, int *end)
{
	int lists = build->shared->lists;

	*first = 0;
	while (*first < lists && VmIvfPartitionOf(build, *first) < partition)
		(*first)++;
	*end = *first;
	while (*end < lists && VmIvfPartitionOf(build, *end) == partition)
		(*end)++;
}

/* The partition's row pages: from *start to before *end; the same if none. */
static void
PartitionBlocks(const VmIvfBuildState *build, int first, int end_list, BlockNumber *start,
				BlockNumber *end)
{
	*start = *end = InvalidBlockNumber;
	for (int list = first; list < end_list; list++)
	{
		if (ListPages(build, list) == 0)
			continue;
		if (!BlockNumberIsValid(*start))
			*start = build->arrays.starts[list];
		*end = build->arrays.starts[list] + ListPages(build, list);
	}
}

static void
WritePartition(Window *window, int partition)
{
	VmIvfBuildState *build = window->build;
	BlockNumber start;
	BlockNumber end;

	PartitionLists(build, partition, &window->first_list, &window->end_list);
	PartitionBlocks(build, window->first_list, window->end_list, &start, &end);
	window->placed = palloc((window->end_list - window->first_list + 1) * sizeof(uint64));
	for (window->start = start; window->start < end; window->start = window->end)
	{
		window->end = window->start + Min(window->capacity, end - window->start);
		InitWindowPages(window);
		FillWindow(window, partition);
		WriteWindow(window);
	}
	pfree(window->placed);
	VmIvfSpoolDrop(build, 'p', partition);
}

/* Pages of the largest partition: no window needs to be larger. */
static BlockNumber
LargestPartition(const VmIvfBuildState *build)
{
	BlockNumber largest = 1;

	for (int partition = 0; partition < build->shared->partitions; partition++)
	{
		BlockNumber start;
		BlockNumber end;
		int first;
		int end_list;

		PartitionLists(build, partition, &first, &end_list);
		PartitionBlocks(build, first, end_list, &start, &end);
		largest = Max(largest, end - start);
	}
	return largest;
}

void
VmIvfWriteStep(VmIvfBuildState *build)
{
	MemoryContext context =
		AllocSetContextCreate(build->context, "ivf write", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Window window = {.build = build};
	uint32 task;

	window.capacity =
		(BlockNumber) Max(1, Min(VmIvfSpareMemory(build, false) / BLCKSZ, LargestPartition(build)));
	window.pages = palloc_extended((Size) window.capacity * BLCKSZ, MCXT_ALLOC_HUGE);
	while (VmIvfNextTask(build, &task))
		WritePartition(&window, (int) task);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/* ---------------------------------------------------------------------- all */

/* Block numbers of all lists; the number of blocks of the index. */
static BlockNumber
PlaceLists(VmIvfBuildState *build)
{
	uint64 next = build->ivf.row_block;

	for (int list = 0; list < build->ivf.lists; list++)
	{
		BlockNumber pages = ListPages(build, list);

		build->arrays.starts[list] = pages > 0 ? (BlockNumber) next : InvalidBlockNumber;
		next += pages;
		if (next > MaxBlockNumber)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("index \"%s\" would have too many pages",
								   RelationGetRelationName(build->team.index))));
	}
	return (BlockNumber) next;
}

/*
 * Makes the file so long, by pages of zeros that have their place on disk: where
 * there is none left the build learns it here, not the checkpointer later.
 */
static void
ExtendTo(Relation index, BlockNumber from, BlockNumber blocks)
{
	while (from < blocks)
	{
		BlockNumber count = Min(blocks - from, EXTEND_BLOCKS);

		CHECK_FOR_INTERRUPTS();
		VmExtendByZeros(index, MAIN_FORKNUM, from, (int) count);
		from += count;
	}
}

static void
WriteRows(VmIvfBuildState *build, BlockNumber blocks)
{
	BlockNumber row_block = build->ivf.row_block;

	ExtendTo(build->team.index, row_block, blocks);
	pg_atomic_write_u64(&build->shared->progress, 0);
	pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_DONE, 0);
	pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_TOTAL, blocks - row_block);
	VmIvfTeamRun(build, VM_IVF_STEP_WRITE, build->shared->partitions);
}

void
VmIvfWrite(VmIvfBuildState *build, ForkNumber fork)
{
	BlockNumber blocks = PlaceLists(build);

	WriteMetaPage(build, fork);
	for (int first = 0; first < build->ivf.lists; first += build->ivf.lists_per_page)
		WriteListPage(build, fork, first);
	if (blocks > build->ivf.row_block)
		WriteRows(build, blocks);
}
