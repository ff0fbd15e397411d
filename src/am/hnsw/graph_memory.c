/*
 * graph_memory.c
 *		Where the graph's nodes lie: VmGraphEstimate, VmGraphInit,
 *		VmGraphAttach, VmGraphAllocate.
 */
#include "compat/compat.h"

#include <sys/mman.h>

#include "port/pg_bitutils.h"

#include "am/hnsw/graph_private.h"
#include "core/prefetch.h"

/*
 * A chunk is a part of what may be used, so that little is lost at the end, and
 * a table that needs little takes little; but no smaller than that the
 * directory holds them, each of which is more than half of its intended size.
 */
#define CHUNK_PARTS     64
#define CHUNK_PARTS_MAX (VM_GRAPH_CHUNKS / 2 - 1)
#define CHUNK_MIN       (64 * 1024)
#define CHUNK_MAX       (64 * 1024 * 1024)

#define UNITS_MIN       (32 * 1024)

/* Payloads of several cache lines start at one, so that they touch one less. */
#define ALIGN_LINES 4

/* ----------------------------------------------------------------- geometry */

static Size
AlignRecord(Size size, Size payload_size)
{
	bool at_line = payload_size >= ALIGN_LINES * VM_CACHE_LINE;

	return TYPEALIGN(at_line ? VM_CACHE_LINE : MAXIMUM_ALIGNOF, size);
}

static int
FloorLog2(Size value)
{
	return pg_leftmost_one_pos64(value);
}

static Size
LinksSize(int max)
{
	return offsetof(VmGraphLinks, rest) + (Size) max * (sizeof(uint32) + sizeof(float));
}

static Size
ChunkSize(Size limit)
{
	Size part = Min(Max(limit / CHUNK_PARTS, CHUNK_MIN), CHUNK_MAX);

	return Max(part, limit / CHUNK_PARTS_MAX);
}

static VmGraphGeometry
ComputeGeometry(const VmHnsw *hnsw, Size limit)
{
	VmGraphGeometry geometry;
	bool variable = hnsw->space.kind == VM_VALUE_SPARSEVEC;
	Size record = offsetof(VmGraphNode, links) + LinksSize(VM_HNSW_LAYER_LINKS(hnsw->m, 0));
	Size payload = variable ? 0 : hnsw->space.size;
	Size chunk = ChunkSize(limit);

	geometry.record_size = AlignRecord(record, payload);
	geometry.payload_size = AlignRecord(payload, payload);
	geometry.links_size = LinksSize(VM_HNSW_LAYER_LINKS(hnsw->m, 1));
	geometry.chunk_shift = FloorLog2(chunk / (geometry.record_size + geometry.payload_size));
	geometry.chunk_size = (geometry.record_size + geometry.payload_size) << geometry.chunk_shift;
	geometry.units_shift = FloorLog2(Max(variable ? chunk : chunk / 8, UNITS_MIN) / VM_GRAPH_UNIT);
	geometry.units_size = (Size) VM_GRAPH_UNIT << geometry.units_shift;
	return geometry;
}

/* Bytes of units that an average node needs. */
static double
UnitsOfNode(const VmHnsw *hnsw, const VmGraphGeometry *geometry, Size payload_size)
{
	double links = (double) TYPEALIGN(VM_GRAPH_UNIT, geometry->links_size) / (hnsw->m - 1);

	if (geometry->payload_size != 0)
		return links;
	return links + TYPEALIGN(VM_GRAPH_UNIT, offsetof(VmGraphPayload, data) + payload_size);
}

/* What is lost in chunks that are not full: parts, and whole small ones. */
#define SLACK_PARTS 16
#define SLACK_BYTES (4 * CHUNK_MIN)

Size
VmGraphEstimate(const VmHnsw *hnsw, double nodes, Size payload_size, Size limit)
{
	VmGraphGeometry geometry = ComputeGeometry(hnsw, limit);
	double in_chunks = nodes * (geometry.record_size + geometry.payload_size);
	double in_units = nodes * UnitsOfNode(hnsw, &geometry, payload_size);
	double bytes = (in_chunks + in_units) * (1 + 1.0 / SLACK_PARTS) + SLACK_BYTES;

	return bytes < limit ? (Size) bytes : limit;
}

/* ------------------------------------------------------------------- chunks */

/*
 * Fewer address translations: worth a fifth of a build's time where the system
 * lets us have large pages.
 */
static void
AdviseHugePages(char *memory, Size size)
{
#ifdef MADV_HUGEPAGE
	const Size huge = 2 * 1024 * 1024;
	char *start = (char *) TYPEALIGN(huge, memory);

	if (memory + size > start + huge)
		(void) madvise(start, TYPEALIGN_DOWN(huge, memory + size - start), MADV_HUGEPAGE);
#endif
}

/* Start of a new chunk relative to base, or 0 when there is no room for it. */
static Size
TakeChunk(VmGraph *graph, Size size)
{
	VmGraphShared *shared = graph->shared;
	Size start;
	char *chunk;

	size = TYPEALIGN(PG_CACHE_LINE_SIZE, size);
	if (shared->used + size > shared->limit)
		return 0;
	if (graph->base != 0)
	{
		/* past the first line, for 0 says that there is none */
		start = PG_CACHE_LINE_SIZE + shared->used;
	}
	else
	{
		chunk = MemoryContextAllocHuge(graph->context, size + PG_CACHE_LINE_SIZE);
		AdviseHugePages(chunk, size);
		start = (Size) TYPEALIGN(PG_CACHE_LINE_SIZE, chunk);
	}
	shared->used += size;
	return start;
}

static bool
AddChunk(VmGraph *graph, Size *starts, uint32 *count, Size size)
{
	Size start;

	if (*count == VM_GRAPH_CHUNKS)
		return false;
	start = TakeChunk(graph, size);
	if (start == 0)
		return false;
	starts[*count] = start;
	/* whoever learns a number of the new chunk finds its start */
	pg_write_barrier();
	(*count)++;
	return true;
}

/* ---------------------------------------------------------------- allocation */

/* The place of so many bytes of units in one chunk, 0 when there is no room. */
static uint32
TakeUnits(VmGraph *graph, Size size)
{
	VmGraphShared *shared = graph->shared;
	uint32 per_chunk = (uint32) 1 << graph->geometry.units_shift;
	uint32 needed = (uint32) ((size + VM_GRAPH_UNIT - 1) / VM_GRAPH_UNIT);
	uint32 left = per_chunk - shared->units % per_chunk;
	uint64 start = shared->units;
	uint64 end;

	Assert(needed < per_chunk);
	if (left < needed)
		start += left;
	end = start + needed;
	if (end > PG_UINT32_MAX)
		return 0;
	while (end > (uint64) shared->unit_chunks * per_chunk)
	{
		if (!AddChunk(graph, shared->unit_starts, &shared->unit_chunks, graph->geometry.units_size))
			return 0;
	}
	shared->units = (uint32) end;
	return (uint32) start;
}

uint32
VmGraphAllocateUnits(VmGraph *graph, Size size)
{
	uint32 unit;

	VmGraphLock(graph, &graph->shared->alloc_lock);
	unit = TakeUnits(graph, size);
	VmGraphUnlock(graph, &graph->shared->alloc_lock);
	return unit;
}

/* The next number, when there is room for its record; does not take it. */
static bool
EnsureNode(VmGraph *graph)
{
	VmGraphShared *shared = graph->shared;

	if (shared->count >= VM_GRAPH_MAX_NODES)
		return false;
	return (shared->count >> graph->geometry.chunk_shift) < shared->chunks ||
		   AddChunk(graph, shared->chunk_starts, &shared->chunks, graph->geometry.chunk_size);
}

static bool
TakeNode(VmGraph *graph, Size units, uint32 *id, uint32 *unit)
{
	*unit = 0;
	if (!EnsureNode(graph))
		return false;
	if (units > 0 && (*unit = TakeUnits(graph, units)) == 0)
		return false;
	*id = graph->shared->count++;
	return true;
}

bool
VmGraphAllocate(VmGraph *graph, int level, Size payload_size, uint32 *id)
{
	const VmGraphGeometry *geometry = &graph->geometry;
	Size upper_size = TYPEALIGN(VM_GRAPH_UNIT, level * geometry->links_size);
	Size units = upper_size;
	uint32 unit;
	bool taken;

	if (geometry->payload_size == 0)
		units += offsetof(VmGraphPayload, data) + payload_size;
	VmGraphLock(graph, &graph->shared->alloc_lock);
	taken = TakeNode(graph, units, id, &unit);
	VmGraphUnlock(graph, &graph->shared->alloc_lock);
	if (taken)
	{
		VmGraphNode *node = VmGraphGetNode(graph, *id);

		memset(node, 0, offsetof(VmGraphNode, links.rest));
		node->level = (uint8) level;
		node->upper = unit;
		node->payload = unit + (uint32) (upper_size / VM_GRAPH_UNIT);
		if (level > 0)
			memset(VmGraphGetUnits(graph, unit), 0, upper_size);
		if (geometry->payload_size == 0)
			((VmGraphPayload *) VmGraphGetUnits(graph, node->payload))->size =
				(uint32) payload_size;
	}
	return taken;
}

/* ----------------------------------------------------------- init and attach */

void
VmGraphInit(VmGraphShared *shared, const VmHnsw *hnsw, Size limit, int tranche)
{
	memset(shared, 0, sizeof(*shared));
	shared->geometry = ComputeGeometry(hnsw, limit);
	shared->limit = limit;
	shared->units = 1; /* 0 is no unit */
	pg_atomic_init_u64(&shared->entry, 0);
	LWLockInitialize(&shared->alloc_lock, tranche);
	LWLockInitialize(&shared->entry_lock, tranche);
	for (int i = 0; i < VM_GRAPH_LOCKS; i++)
		LWLockInitialize(&shared->locks[i], tranche);
}

VmGraph *
VmGraphAttach(VmGraphShared *shared, const VmHnsw *hnsw, char *base, MemoryContext context)
{
	VmGraph *graph = MemoryContextAllocZero(context, sizeof(VmGraph));

	graph->shared = shared;
	graph->hnsw = hnsw;
	graph->geometry = shared->geometry;
	graph->base = (uintptr_t) base;
	graph->context = context;
	if (base != NULL)
		AdviseHugePages(base, shared->limit);
	graph->search = VmGraphSearchCreate(graph);
	graph->candidates = VmGraphCandidatesCreate(graph);
	graph->new_links =
		MemoryContextAlloc(context, (VM_HNSW_MAX_LEVEL + 1) * sizeof(VmGraphNewLinks));
	return graph;
}
