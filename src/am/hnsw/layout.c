/*
 * layout.c
 *		The metapage, refs, and items as they lie on pages: VmHnswOpen...,
 *		VmHnswCreateMetapage, VmHnswPageElement, VmHnswPageNeighbors.
 *
 * Everything read from a page is compared with what it must be before it is
 * used: a damaged page is an error or an absent item, never a wild access.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/xloginsert.h"
#include "common/pg_prng.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/hnsw/hnsw.h"
#include "am/hnsw/reader.h"

const VmSpaceLimits VmHnswLimits = {
	.am_name = "hnsw",
	.vector_dims = 2000,
	.halfvec_dims = 4000,
	.bit_dims = 64000,
	.sparsevec_nnz = 1000,
};

/* Bytes that an item takes from a page. */
#define ITEM_SPACE(size) (MAXALIGN(size) + sizeof(ItemIdData))

/*
 * Payloads are cut where an index would take more than this many times what its
 * rows need: the payload and so much for TIDs and links.  Larger payloads are
 * not: there a page holds one, and reading it at once is worth the room.
 */
#define MAX_WASTE       1.34
#define ROW_OVERHEAD    200
#define MAX_CUT_PAYLOAD 4000

/* Bytes that the first part of a payload must have to be worth an item. */
#define MIN_HEAD 256

/* ------------------------------------------------------------------- levels */

static int
MaxLevel(int m)
{
	Size room = VM_PAGE_CAPACITY - sizeof(ItemIdData) - VM_HNSW_NEIGHBORS_SIZE(m, 0);

	return Min(VM_HNSW_MAX_LEVEL, (int) (room / ((Size) m * sizeof(VmHnswRef))));
}

int
VmHnswRandomLevel(int m)
{
	double uniform = 1 - pg_prng_double(&pg_global_prng_state); /* (0, 1] */
	double level = -log(uniform) / log(m);

	return (int) Min(level, (double) MaxLevel(m));
}

/* -------------------------------------------------------------------- sizes */

/* Bytes of the smallest payload, or head of one, that an element may hold. */
static Size
MinPayloadSize(const VmSpace *space)
{
	return space->kind == VM_VALUE_SPARSEVEC ? sizeof(int32) : Min(space->size, MIN_HEAD);
}

/*
 * Most line pointers of a page, which fixes how refs are counted.  The smallest
 * neighbors item is the smallest item there can be, but for tiny elements.
 */
uint32
VmHnswStride(const VmSpace *space, int m)
{
	Size smallest = Min(VM_HNSW_ELEMENT_SIZE(MinPayloadSize(space)), VM_HNSW_NEIGHBORS_SIZE(m, 0));

	return VM_PAGE_CAPACITY / ITEM_SPACE(smallest);
}

/*
 * Whether pages of elements only, with the neighbors items on pages of their
 * own, take less room than elements beside their neighbors (README, "Placement").
 */
static bool
ComputeApart(const VmSpace *space, int m)
{
	double element = ITEM_SPACE(VM_HNSW_ELEMENT_SIZE(space->size));
	double neighbors = ITEM_SPACE(VM_HNSW_NEIGHBORS_SIZE(m, 0));
	double together = floor(VM_PAGE_CAPACITY / (element + neighbors));
	double apart = floor(VM_PAGE_CAPACITY / element);
	double hole = VM_PAGE_CAPACITY - apart * element;
	double outside = Max(0, apart - floor(hole / neighbors));

	if (space->kind == VM_VALUE_SPARSEVEC)
		return false;
	if (together == 0)
		return true;
	return (1 + outside / floor(VM_PAGE_CAPACITY / neighbors)) / apart < 1 / together;
}

/*
 * Whether payloads are cut: where a page would be left a third empty by whole
 * ones, which no placement of the neighbors helps (README, "Placement").
 */
static bool
ComputeCut(const VmSpace *space, int m)
{
	double element = ITEM_SPACE(VM_HNSW_ELEMENT_SIZE(space->size));
	double neighbors = ITEM_SPACE(VM_HNSW_NEIGHBORS_SIZE(m, 0));
	double together = BLCKSZ / floor(VM_PAGE_CAPACITY / (element + neighbors));
	double apart =
		BLCKSZ / floor(VM_PAGE_CAPACITY / element) + BLCKSZ / floor(VM_PAGE_CAPACITY / neighbors);

	return space->kind != VM_VALUE_SPARSEVEC && space->size > MIN_HEAD &&
		   space->size <= MAX_CUT_PAYLOAD &&
		   Min(together, apart) > MAX_WASTE * (space->size + ROW_OVERHEAD);
}

static void
Derive(VmHnsw *hnsw)
{
	hnsw->element_size = VM_HNSW_ELEMENT_SIZE(hnsw->space.size);
	hnsw->cut = ComputeCut(&hnsw->space, hnsw->m);
	hnsw->apart = hnsw->cut || ComputeApart(&hnsw->space, hnsw->m);
	if (hnsw->cut)
		hnsw->scratch = palloc(hnsw->space.size);
	hnsw->blocks = RelationGetNumberOfBlocks(hnsw->index);
	VmHnswPrepareHints(hnsw);
}

/* ----------------------------------------------------------------- metapage */

VmHnswMeta *
VmHnswGetMeta(Relation index, Page page)
{
	VmHnswMeta *meta = (VmHnswMeta *) PageGetContents(page);
	static const VmHnswMeta zero;

	if (PageIsNew(page) || !VmPageIsSane(page, VM_PAGE_ID_HNSW) ||
		VmPageGetOpaque(page)->kind != VM_HNSW_PAGE_META || meta->magic != VM_HNSW_MAGIC)
		ereport(
			ERROR,
			(errcode(ERRCODE_INDEX_CORRUPTED),
			 errmsg("index \"%s\" is not a vecmilvus hnsw index", RelationGetRelationName(index)),
			 errhint("An index that another extension built must be rebuilt: REINDEX it.")));
	if (meta->version != VM_HNSW_VERSION ||
		memcmp(meta->reserved, zero.reserved, sizeof(zero.reserved)) != 0)
		ereport(ERROR, (errcode(ERRCODE_INDEX_CORRUPTED),
						errmsg("index \"%s\" has unknown hnsw format version %u",
							   RelationGetRelationName(index), meta->version),
						errhint("Use the release of the extension that built it, or REINDEX it.")));
	if (meta->m < VM_HNSW_MIN_M || meta->m > VM_HNSW_MAX_M ||
		meta->ef_construction < VM_HNSW_MIN_EF_CONSTRUCTION ||
		meta->ef_construction > VM_HNSW_MAX_EF_CONSTRUCTION ||
		meta->quantizer != VM_HNSW_QUANTIZER_NONE || meta->entry_level > VM_HNSW_MAX_LEVEL)
		VmPageRaiseCorrupt(index, VM_HNSW_METAPAGE_BLOCK, "Its metapage holds impossible values.");
	return meta;
}

VmHnswMeta
VmHnswReadMeta(VmHnsw *hnsw)
{
	Buffer buffer = ReadBuffer(hnsw->index, VM_HNSW_METAPAGE_BLOCK);
	VmHnswMeta meta;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	meta = *VmHnswGetMeta(hnsw->index, BufferGetPage(buffer));
	UnlockReleaseBuffer(buffer);
	return meta;
}

static bool
IsCosine(Relation index)
{
	return OidIsValid(index_getprocid(index, 1, VM_SUPPORT_NORM));
}

void
VmHnswOpen(VmHnsw *hnsw, Relation index)
{
	VmHnswMeta meta;
	int32 typmod;

	memset(hnsw, 0, sizeof(*hnsw));
	hnsw->index = index;
	meta = VmHnswReadMeta(hnsw);
	typmod = TupleDescAttr(RelationGetDescr(index), 0)->atttypmod;
	if (meta.dims < 1 || meta.dims > PG_INT32_MAX || (typmod > 0 && meta.dims != typmod))
		VmPageRaiseCorrupt(index, VM_HNSW_METAPAGE_BLOCK, "Its metapage holds impossible values.");
	VmSpaceInit(&hnsw->space, index, &VmHnswLimits, IsCosine(index), (int) meta.dims);
	hnsw->m = meta.m;
	hnsw->ef_construction = meta.ef_construction;
	hnsw->stride = meta.stride;
	if (meta.stride != VmHnswStride(&hnsw->space, meta.m))
		VmPageRaiseCorrupt(index, VM_HNSW_METAPAGE_BLOCK,
						   "Its metapage does not agree with the indexed column.");
	Derive(hnsw);
}

void
VmHnswOpenForBuild(VmHnsw *hnsw, Relation index)
{
	memset(hnsw, 0, sizeof(*hnsw));
	hnsw->index = index;
	VmSpaceInit(&hnsw->space, index, &VmHnswLimits, IsCosine(index), 0);
	hnsw->m = VmHnswOptionM(index);
	hnsw->ef_construction = VmHnswOptionEfConstruction(index);
	if (hnsw->ef_construction < 2 * hnsw->m)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("ef_construction must be greater than or equal to 2 * m")));
	hnsw->stride = VmHnswStride(&hnsw->space, hnsw->m);
	hnsw->building = true;
	Derive(hnsw);
}

void
VmHnswCreateMetapage(VmHnsw *hnsw, ForkNumber fork)
{
	Buffer buffer = VmExtendRelation(hnsw->index, fork);
	Page page = BufferGetPage(buffer);
	VmHnswMeta *meta;

	Assert(BufferGetBlockNumber(buffer) == VM_HNSW_METAPAGE_BLOCK);
	VmPageInit(page, VM_PAGE_ID_HNSW, VM_HNSW_PAGE_META);
	meta = (VmHnswMeta *) PageGetContents(page);
	memset(meta, 0, sizeof(*meta));
	meta->magic = VM_HNSW_MAGIC;
	meta->version = VM_HNSW_VERSION;
	meta->dims = hnsw->space.dims;
	meta->m = hnsw->m;
	meta->ef_construction = hnsw->ef_construction;
	meta->stride = hnsw->stride;
	meta->quantizer = VM_HNSW_QUANTIZER_NONE;
	((PageHeader) page)->pd_lower = (char *) (meta + 1) - (char *) page;
	MarkBufferDirty(buffer);
	UnlockReleaseBuffer(buffer);
}

/* -------------------------------------------------------------------- items */

VmHnswRef
VmHnswMakeRef(const VmHnsw *hnsw, BlockNumber block, OffsetNumber offset)
{
	uint64 ref = (uint64) block * hnsw->stride + (offset - 1);

	if (ref > PG_UINT32_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("index \"%s\" cannot have more than %u blocks",
							   RelationGetRelationName(hnsw->index),
							   (uint32) (PG_UINT32_MAX / hnsw->stride)),
						errhint("Partition the table, so that each index stays below.")));
	return (VmHnswRef) ref;
}

bool
VmHnswCheckDataPage(const VmHnsw *hnsw, Buffer buffer)
{
	Page page = BufferGetPage(buffer);

	if (PageIsNew(page))
		return false;
	if (unlikely(!VmPageIsSane(page, VM_PAGE_ID_HNSW) ||
				 VmPageGetOpaque(page)->kind != VM_HNSW_PAGE_DATA ||
				 PageGetMaxOffsetNumber(page) > hnsw->stride))
		VmPageRaiseCorrupt(hnsw->index, BufferGetBlockNumber(buffer),
						   "It is no page of an hnsw index.");
	return true;
}

VmHnswElement *
VmHnswPageElement(const VmHnsw *hnsw, Page page, OffsetNumber offset, Size *payload_size)
{
	Size size;
	VmHnswElement *element = (VmHnswElement *) VmPageItem(page, offset, &size);

	if (element == NULL || size < offsetof(VmHnswElement, payload) ||
		element->kind != VM_HNSW_KIND_ELEMENT || element->level > VM_HNSW_MAX_LEVEL)
		return NULL;
	*payload_size = size - offsetof(VmHnswElement, payload);
	if (element->flags & VM_HNSW_CUT)
		return hnsw->cut && element->head == *payload_size && element->head >= MIN_HEAD &&
					   element->head < hnsw->space.size ?
				   element :
				   NULL;
	return VmSpacePayloadFits(&hnsw->space, element->payload, *payload_size) ? element : NULL;
}

VmHnswNeighbors *
VmHnswPageNeighbors(const VmHnsw *hnsw, Page page, OffsetNumber offset)
{
	Size size;
	Size links_size;
	VmHnswNeighbors *neighbors = (VmHnswNeighbors *) VmPageItem(page, offset, &size);

	if (neighbors == NULL || size < offsetof(VmHnswNeighbors, refs) ||
		neighbors->kind != VM_HNSW_KIND_NEIGHBORS || neighbors->level > VM_HNSW_MAX_LEVEL)
		return NULL;
	links_size = VM_HNSW_NEIGHBORS_SIZE(hnsw->m, neighbors->level);
	if (size < links_size || size - links_size >= (hnsw->cut ? hnsw->space.size : 1))
		return NULL;
	return neighbors;
}

const char *
VmHnswNeighborsTail(const VmHnsw *hnsw, Page page, OffsetNumber offset, Size *size)
{
	VmHnswNeighbors *neighbors = VmHnswPageNeighbors(hnsw, page, offset);
	Size links_size;

	if (neighbors == NULL)
		return NULL;
	links_size = VM_HNSW_NEIGHBORS_SIZE(hnsw->m, neighbors->level);
	*size = ItemIdGetLength(PageGetItemId(page, offset)) - links_size;
	return (const char *) neighbors + links_size;
}

Size
VmHnswHeadRoom(const VmHnsw *hnsw, Size payload_size)
{
	return ITEM_SPACE(VM_HNSW_ELEMENT_SIZE(hnsw->cut ? MIN_HEAD : payload_size));
}

bool
VmHnswKeepsTogether(const VmHnsw *hnsw, Size room, Size element_space, Size neighbors_space)
{
	Size left;

	if (room < element_space + neighbors_space)
		return false;
	if (!hnsw->apart)
		return true;
	left = room - element_space;
	if (hnsw->cut)
		return left < VmHnswHeadRoom(hnsw, hnsw->space.size);
	return (left - neighbors_space) / element_space == left / element_space;
}

Size
VmHnswHeadSize(const VmHnsw *hnsw, Size payload_size, Size room)
{
	Size head;

	if (room >= ITEM_SPACE(VM_HNSW_ELEMENT_SIZE(payload_size)))
		return payload_size;
	if (room < VmHnswHeadRoom(hnsw, payload_size))
		return 0;
	head = MAXALIGN_DOWN(room - sizeof(ItemIdData)) - offsetof(VmHnswElement, payload);
	return Min(head, payload_size - 1);
}
