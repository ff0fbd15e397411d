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

#include "catalog/storage.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/smgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/ivf/build.h"
#include "compat/relation.h"
#include "simd/simd.h"

/* ------------------------------------------------------ metapage, list pages */

/* The centroid as the index stores it; k-means worked around the origin. */
void
VmIvfStoreCentroid(const VmIvfBuildState *build, int list, char *to)
{
	const char *from = build->arrays.centroids + list * build->row_size;
	Size dims = build->ivf.space.dims;
	float *shifted;

	if (build->kind == VM_KMEANS_BIT)
	{
		memcpy(to, from, build->ivf.space.size);
		return;
	}
	shifted = palloc(dims * sizeof(float));
	for (Size d = 0; d < dims; d++)
		shifted[d] = ((const float *) from)[d] + build->arrays.origin[d];
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
		VmPageLogNew(build->index, &buffer, 1);
	else
		MarkBufferDirty(buffer);
	UnlockReleaseBuffer(buffer);
}

static void
WriteMetaPage(const VmIvfBuildState *build, ForkNumber fork)
{
	Buffer buffer = VmExtendRelation(build->index, fork);

	VmIvfInitMetaPage(&build->ivf, BufferGetPage(buffer), build->quantizer);
	FinishPage(build, fork, buffer);
}

static void
WriteListPage(const VmIvfBuildState *build, ForkNumber fork, int first)
{
	const VmIvf *ivf = &build->ivf;
	Buffer buffer = VmExtendRelation(build->index, fork);
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
		while (VmIvfSpoolRead(file, record, record_size))
			PlaceRow(window, (VmIvfSpooledRow *) record, record + sizeof(VmIvfSpooledRow));
		VmIvfSpoolClose(build, file);
		CHECK_FOR_INTERRUPTS();
	}
	pfree(record);
}

/* Some of the window's pages, which become one WAL record. */
static void
WriteGroup(Window *window, BlockNumber start, int count)
{
	Relation index = window->build->index;
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
}

void
VmIvfWriteStep(VmIvfBuildState *build)
{
	MemoryContext context =
		AllocSetContextCreate(build->context, "ivf write", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Window window = {.build = build};
	uint32 task;

	window.capacity = (BlockNumber) Max(build->memory / BLCKSZ, 1);
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
								   RelationGetRelationName(build->index))));
	}
	return (BlockNumber) next;
}

/* Makes the file so long; what lies between reads as zeros until it is written. */
static void
ExtendTo(Relation index, BlockNumber blocks)
{
	static char zeros[BLCKSZ] pg_attribute_aligned(4096);

	smgrextend(RelationGetSmgr(index), MAIN_FORKNUM, blocks - 1, zeros, false);
}

void
VmIvfWrite(VmIvfBuildState *build, ForkNumber fork)
{
	BlockNumber blocks = PlaceLists(build);

	WriteMetaPage(build, fork);
	for (int first = 0; first < build->ivf.lists; first += build->ivf.lists_per_page)
		WriteListPage(build, fork, first);
	if (blocks > build->ivf.row_block)
	{
		ExtendTo(build->index, blocks);
		VmIvfTeamRun(build, VM_IVF_STEP_WRITE, build->shared->partitions);
	}
}
