/*
 * reader.c
 *		Reading the graph from pages: see reader.h.
 */
#include "compat/compat.h"
#include "compat/scan.h"

#include "pgstat.h"
#include "storage/buf_internals.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/reader.h"
#include "core/prefetch.h"

/* ------------------------------------------------------------- buffer hints */

/*
 * Most hints there are, 4 bytes each: one a block of 16 GB of index.  Blocks of a
 * larger one share them, and the last one that was read has it.
 */
#define MAX_HINTS   ((BlockNumber) 1 << 21)
#define FIRST_HINTS ((BlockNumber) 1 << 7)

typedef struct VmHnswBufferHints
{
	BlockNumber count;                     /* a power of two */
	Buffer buffers[FLEXIBLE_ARRAY_MEMBER]; /* InvalidBuffer: not known */
} VmHnswBufferHints;

static BlockNumber
HintsWanted(BlockNumber blocks)
{
	BlockNumber count = FIRST_HINTS;

	while (count < blocks && count < MAX_HINTS)
		count *= 2;
	return count;
}

void
VmHnswPrepareHints(VmHnsw *hnsw)
{
	Relation index = hnsw->index;
	VmHnswBufferHints *hints;
	BlockNumber count;

	/* First, for it looks into catalogs, by which hints may vanish. */
	hnsw->reads_ahead = VmPrefetchDistance(index) > 0;
	hints = index->rd_amcache;
	if (hints != NULL && (hints->count >= hnsw->blocks || hints->count == MAX_HINTS))
		return;

	/* Hints are cheap to lose; copying them would need both in memory. */
	if (hints != NULL)
	{
		index->rd_amcache = NULL;
		pfree(hints);
	}
	count = HintsWanted(hnsw->blocks);
	hints = MemoryContextAllocZero(index->rd_indexcxt, offsetof(VmHnswBufferHints, buffers) +
														   (Size) count * sizeof(Buffer));
	hints->count = count;
	index->rd_amcache = hints;
}

/* Where the hint for a block is kept; NULL when hints were lost. */
static inline Buffer *
HintSlot(VmHnsw *hnsw, BlockNumber block)
{
	VmHnswBufferHints *hints = hnsw->index->rd_amcache;

	return hints != NULL ? &hints->buffers[block & (hints->count - 1)] : NULL;
}

/* ------------------------------------------------------------------- blocks */

/* Whether the index has the block: its length is asked for only when it grew. */
static inline bool
BlockExists(VmHnsw *hnsw, BlockNumber block)
{
	if (likely(block < hnsw->blocks))
		return true;
	hnsw->blocks = RelationGetNumberOfBlocks(hnsw->index);
	VmHnswPrepareHints(hnsw);
	return block < hnsw->blocks;
}

/*
 * Pinning by hint does not count as use of the buffer, by which PostgreSQL
 * decides what to keep; one pin in this many goes the way that does.
 */
#define COUNTED_PINS 16

/* The block, pinned, by its hint or through the mapping table. */
static inline Buffer
PinBlock(VmHnsw *hnsw, BlockNumber block)
{
	Buffer *hint = HintSlot(hnsw, block);
	Buffer buffer;

	if (hint != NULL && BufferIsValid(*hint) && hnsw->reads++ % COUNTED_PINS != 0 &&
		ReadRecentBuffer(VmRelationLocator(hnsw->index), MAIN_FORKNUM, block, *hint))
	{
		pgstat_count_buffer_read(hnsw->index);
		pgstat_count_buffer_hit(hnsw->index);
		return *hint;
	}
	buffer = ReadBuffer(hnsw->index, block);
	if (hint != NULL)
		*hint = buffer;
	return buffer;
}

/* Whether a page of the index can be looked at; raises when it is damaged. */
static inline bool
CheckForReading(VmHnsw *hnsw, Buffer buffer)
{
	Page page = BufferGetPage(buffer);

	if (likely(VmPageHeaderIsSane(page) && PageGetMaxOffsetNumber(page) <= hnsw->stride))
		return true;
	return VmHnswCheckDataPage(hnsw, buffer);
}

Buffer
VmHnswReadBlock(VmHnsw *hnsw, BlockNumber block, int lock_mode)
{
	Buffer buffer;
	bool usable;

	if (unlikely(block < VM_HNSW_FIRST_BLOCK || !BlockExists(hnsw, block)))
		return InvalidBuffer;
	buffer = PinBlock(hnsw, block);
	LockBuffer(buffer, lock_mode);
	usable = lock_mode == BUFFER_LOCK_SHARE ? CheckForReading(hnsw, buffer) :
											  VmHnswCheckDataPage(hnsw, buffer);
	if (unlikely(!usable))
	{
		UnlockReleaseBuffer(buffer);
		return InvalidBuffer;
	}
	return buffer;
}

/* --------------------------------------------------------------- prefetching */

/* Lines of a payload that are asked for; the processor goes on by itself. */
#define PREFETCH_PAYLOAD_LINES 6

/*
 * Where an element probably lies on its page: builds and inserts place elements
 * and their neighbors in turn, from the page's end.
 */
static inline Size
GuessItemOffset(const VmHnsw *hnsw, OffsetNumber offset)
{
	Size element = MAXALIGN(hnsw->element_size);
	Size neighbors = MAXALIGN(VM_HNSW_NEIGHBORS_SIZE(hnsw->m, 0));
	Size from_end =
		hnsw->apart ? offset * element : ((offset + 1) / 2) * element + (offset / 2) * neighbors;

	return from_end < VM_PAGE_CAPACITY ? BLCKSZ - sizeof(VmPageOpaque) - from_end : 0;
}

static inline void
PrefetchFromBuffer(const VmHnsw *hnsw, Buffer buffer, OffsetNumber offset)
{
	const char *page = BufferBlocks + (Size) (buffer - 1) * BLCKSZ;
	Size item = GuessItemOffset(hnsw, offset);

	__builtin_prefetch(GetBufferDescriptor(buffer - 1));
	__builtin_prefetch(page);
	VmPrefetchBytes(page + item, Min(hnsw->element_size, PREFETCH_PAYLOAD_LINES * VM_CACHE_LINE));
}

void
VmHnswPrefetchElement(VmHnsw *hnsw, VmHnswRef ref)
{
	Buffer *hint = HintSlot(hnsw, VmHnswRefBlock(hnsw, ref));

	if (hint != NULL && *hint > 0 && *hint <= NBuffers)
		PrefetchFromBuffer(hnsw, *hint, VmHnswRefOffset(hnsw, ref));
}

/*
 * Whether the buffer that held the block seems to hold it still.  Looked at
 * without the buffer's lock: a wrong answer costs a prefetch too many or few.
 */
static inline bool
IsStillThere(Buffer hint, BlockNumber block)
{
	if (!BufferIsValid(hint))
		return false;
	return BufferIsLocal(hint) || hint > NBuffers ||
		   GetBufferDescriptor(hint - 1)->tag.blockNum == block;
}

void
VmHnswPrefetchBlocks(VmHnsw *hnsw, const VmHnswRef *refs, int count)
{
	if (!hnsw->reads_ahead)
		return;
	for (int i = 0; i < count; i++)
	{
		BlockNumber block = VmHnswRefBlock(hnsw, refs[i]);
		bool exists = block >= VM_HNSW_FIRST_BLOCK && BlockExists(hnsw, block);
		Buffer *hint = HintSlot(hnsw, block);
		PrefetchBufferResult result;

		if (!exists || (hint != NULL && IsStillThere(*hint, block)))
			continue;
		result = PrefetchBuffer(hnsw->index, MAIN_FORKNUM, block);
		if (hint != NULL && BufferIsValid(result.recent_buffer))
			*hint = result.recent_buffer;
	}
}

/* ---------------------------------------------------------------- elements */

/* Appends a payload's tail to its head; false when the node is gone. */
static bool
CopyTail(VmHnsw *hnsw, const VmHnswNode *node, Size head, char *payload)
{
	OffsetNumber offset = ItemPointerGetOffsetNumberNoCheck(&node->neighbors);
	Buffer buffer;
	VmHnswNeighbors *neighbors;
	const char *tail;
	Size size;
	bool found = false;

	buffer = VmHnswReadBlock(hnsw, ItemPointerGetBlockNumberNoCheck(&node->neighbors),
							 BUFFER_LOCK_SHARE);
	if (!BufferIsValid(buffer))
		return false;
	neighbors = VmHnswPageNeighbors(hnsw, BufferGetPage(buffer), offset);
	tail = VmHnswNeighborsTail(hnsw, BufferGetPage(buffer), offset, &size);
	if (neighbors != NULL && neighbors->owner == node->ref && neighbors->version == node->version &&
		head + size == hnsw->space.size)
	{
		memcpy(payload + head, tail, size);
		found = true;
	}
	UnlockReleaseBuffer(buffer);
	return found;
}

void
VmHnswReleaseHeld(Buffer *held)
{
	if (BufferIsValid(*held))
		UnlockReleaseBuffer(*held);
	*held = InvalidBuffer;
}

/* Goes over to another block, unless it is the one that is held. */
static inline bool
HoldBlock(VmHnsw *hnsw, BlockNumber block, Buffer *held)
{
	if (BufferIsValid(*held) && BufferGetBlockNumber(*held) == block)
		return true;
	VmHnswReleaseHeld(held);
	*held = VmHnswReadBlock(hnsw, block, BUFFER_LOCK_SHARE);
	return BufferIsValid(*held);
}

static inline void
FillNode(VmHnswNode *node, VmHnswRef ref, const VmHnswElement *element)
{
	node->ref = ref;
	node->neighbors = element->neighbors;
	node->version = element->version;
	node->level = element->level;
	node->tombstone = (element->flags & VM_HNSW_TOMBSTONE) != 0;
}

/* Measures a cut payload: its tail lies on another page, so this one is left. */
static pg_noinline bool
MeasureCut(VmHnsw *hnsw, const void *query, VmHnswNode *node, const VmHnswElement *element,
		   Size head, char *payload, Buffer *held)
{
	memcpy(payload, element->payload, head);
	VmHnswReleaseHeld(held);
	if (!CopyTail(hnsw, node, head, payload))
		return false;
	node->distance = VmSpaceDistance(&hnsw->space, query, payload);
	return true;
}

static inline bool
Measure(VmHnsw *hnsw, const void *query, VmHnswRef ref, VmHnswNode *node, void *payload,
		Buffer *held)
{
	VmHnswElement *element;
	Size size;

	if (!HoldBlock(hnsw, VmHnswRefBlock(hnsw, ref), held))
		return false;
	element = VmHnswPageElement(hnsw, BufferGetPage(*held), VmHnswRefOffset(hnsw, ref), &size);
	if (element == NULL)
		return false;
	FillNode(node, ref, element);
	if (unlikely(element->flags & VM_HNSW_CUT) && (query != NULL || payload != NULL))
		return MeasureCut(hnsw, query, node, element, size,
						  payload != NULL ? payload : hnsw->scratch, held);
	node->distance = VmSpaceDistance(&hnsw->space, query, element->payload);
	if (payload != NULL)
		memcpy(payload, element->payload, size);
	return true;
}

bool
VmHnswMeasureHeld(VmHnsw *hnsw, const void *query, VmHnswRef ref, VmHnswNode *node, Buffer *held)
{
	return Measure(hnsw, query, ref, node, NULL, held);
}

bool
VmHnswMeasureAndCopy(VmHnsw *hnsw, const void *query, VmHnswRef ref, VmHnswNode *node,
					 void *payload)
{
	Buffer held = InvalidBuffer;
	bool found = Measure(hnsw, query, ref, node, payload, &held);

	VmHnswReleaseHeld(&held);
	return found;
}

bool
VmHnswMeasure(VmHnsw *hnsw, const void *query, VmHnswRef ref, VmHnswNode *node)
{
	return VmHnswMeasureAndCopy(hnsw, query, ref, node, NULL);
}

/* The used refs of a layer. */
static int
CopyLinks(const VmHnsw *hnsw, const VmHnswNeighbors *neighbors, int layer, VmHnswRef *links)
{
	const VmHnswRef *from = neighbors->refs + VM_HNSW_LAYER_START(hnsw->m, layer);
	int max = VM_HNSW_LAYER_LINKS(hnsw->m, layer);
	int count = 0;

	while (count < max && from[count] != VM_HNSW_NO_REF)
	{
		links[count] = from[count];
		count++;
	}
	return count;
}

int
VmHnswReadLinks(VmHnsw *hnsw, const VmHnswNode *node, int layer, VmHnswRef *links)
{
	Buffer buffer;
	VmHnswNeighbors *neighbors;
	int count = 0;

	if (!ItemPointerIsValid(&node->neighbors))
		return 0;
	buffer = VmHnswReadBlock(hnsw, ItemPointerGetBlockNumberNoCheck(&node->neighbors),
							 BUFFER_LOCK_SHARE);
	if (!BufferIsValid(buffer))
		return 0;
	neighbors = VmHnswPageNeighbors(hnsw, BufferGetPage(buffer),
									ItemPointerGetOffsetNumberNoCheck(&node->neighbors));
	if (neighbors != NULL && neighbors->owner == node->ref && neighbors->version == node->version &&
		neighbors->level >= layer)
		count = CopyLinks(hnsw, neighbors, layer, links);
	UnlockReleaseBuffer(buffer);
	return count;
}

int
VmHnswReadHeapTids(VmHnsw *hnsw, const VmHnswNode *node, ItemPointer heap_tids)
{
	Buffer buffer = VmHnswReadBlock(hnsw, VmHnswRefBlock(hnsw, node->ref), BUFFER_LOCK_SHARE);
	VmHnswElement *element;
	Size size;
	int count = 0;

	if (!BufferIsValid(buffer))
		return 0;
	element =
		VmHnswPageElement(hnsw, BufferGetPage(buffer), VmHnswRefOffset(hnsw, node->ref), &size);
	if (element != NULL && element->version == node->version)
	{
		count = VmHnswHeapTidCount(element);
		memcpy(heap_tids, element->u.heap_tids, count * sizeof(ItemPointerData));
	}
	UnlockReleaseBuffer(buffer);
	return count;
}
