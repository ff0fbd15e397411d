/*
 * index.c
 *		The metapage and list pages: VmIvfOpen, VmIvfReadListPage and so on.
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "am/ivf/ivf.h"
#include "am/ivf/layout.h"

const VmSpaceLimits VmIvfflatLimits = {
	.am_name = "ivfflat",
	.vector_dims = 2000,
	.halfvec_dims = 4000,
	.bit_dims = 64000,
};

const VmSpaceLimits VmIvfLimits = {
	.am_name = "ivf",
	.vector_dims = 2000,
	.halfvec_dims = 4000,
	.bit_dims = 64000,
};

const VmIvfLayout *
VmIvfGetLayout(VmIvfQuantizer quantizer)
{
	return quantizer == VM_IVF_QUANTIZER_NONE ? &VmIvfPlainLayout : NULL;
}

void
VmIvfInit(VmIvf *ivf, Relation index, int lists, VmIvfQuantizer quantizer, int dims)
{
	bool normalize = OidIsValid(index_getprocid(index, 1, VM_SUPPORT_NORM));

	ivf->limits = VmIvfIsIvfflat(index) ? &VmIvfflatLimits : &VmIvfLimits;
	VmSpaceInit(&ivf->space, index, ivf->limits, normalize, dims);
	ivf->layout = VmIvfGetLayout(quantizer);
	ivf->spherical = OidIsValid(index_getprocid(index, 1, VM_IVF_SUPPORT_KMEANS_NORM));
	if (ivf->spherical && ivf->space.dims == 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("dimensions must be greater than one for this opclass")));

	ivf->lists = lists;
	ivf->list_stride = MAXALIGN(sizeof(VmIvfList) + ivf->space.size);
	ivf->lists_per_page = (VM_PAGE_CAPACITY - sizeof(VmIvfListHeader)) / ivf->list_stride;
	ivf->row_block =
		VM_IVF_FIRST_LIST_BLOCK + (lists + ivf->lists_per_page - 1) / ivf->lists_per_page;
	ivf->layout->measure(&ivf->space, &ivf->row_stride, &ivf->rows_per_page);
	Assert(ivf->lists_per_page > 0 && ivf->rows_per_page > 0);
}

/* ------------------------------------------------------------------ metapage */

void
VmIvfInitMetaPage(const VmIvf *ivf, Page page, VmIvfQuantizer quantizer)
{
	VmIvfMeta *meta;

	VmPageInit(page, VM_PAGE_ID_IVF, VM_IVF_PAGE_META);
	meta = VmIvfPageMeta(page);
	memset(meta, 0, sizeof(VmIvfMeta));
	meta->magic = VM_IVF_MAGIC;
	meta->version = VM_IVF_VERSION;
	meta->quantizer = (uint8) quantizer;
	meta->dims = ivf->space.dims;
	meta->lists = ivf->lists;
	((PageHeader) page)->pd_lower = SizeOfPageHeaderData + sizeof(VmIvfMeta);
}

static bool
IsZero(const uint8 *bytes, Size size)
{
	for (Size i = 0; i < size; i++)
	{
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

const char *
VmIvfMetaProblem(Relation index, Page page)
{
	VmIvfMeta *meta = VmIvfPageMeta(page);
	int32 typmod = TupleDescAttr(RelationGetDescr(index), 0)->atttypmod;

	if (PageIsNew(page) || !VmPageIsSane(page, VM_PAGE_ID_IVF) ||
		VmPageGetOpaque(page)->kind != VM_IVF_PAGE_META || meta->magic != VM_IVF_MAGIC)
		return "It is not a metapage of an ivf index of this extension.";
	if (meta->version != VM_IVF_VERSION)
		return "Its format version is not one that this version of the extension knows.";
	if (((PageHeader) page)->pd_lower != SizeOfPageHeaderData + sizeof(VmIvfMeta) ||
		meta->unused != 0 || !IsZero(meta->reserved, sizeof(meta->reserved)))
		return "Its format is not one that this version of the extension knows.";
	if (VmIvfGetLayout(meta->quantizer) == NULL)
		return "Its quantizer is not one that this version of the extension knows.";
	if (meta->lists < VM_IVF_MIN_LISTS || meta->lists > VM_IVF_MAX_LISTS)
		return "Its number of lists is impossible.";
	if (typmod > 0 && meta->dims != (uint32) typmod)
		return "Its dimensions are not those of the indexed column.";
	return NULL;
}

/* For the caller: an invalidation may free what the relation remembers. */
static const VmIvf *
CopyIvf(const VmIvf *cached)
{
	VmIvf *ivf = palloc(sizeof(VmIvf));

	*ivf = *cached;
	return ivf;
}

const VmIvf *
VmIvfOpen(Relation index)
{
	VmIvf *ivf = index->rd_amcache;
	VmIvfMeta meta;
	Buffer buffer;
	Page page;
	const char *problem;

	if (ivf != NULL)
		return CopyIvf(ivf);

	buffer = ReadBuffer(index, VM_IVF_METAPAGE_BLOCK);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	page = BufferGetPage(buffer);
	problem = VmIvfMetaProblem(index, page);
	if (problem != NULL)
		VmPageRaiseCorrupt(index, VM_IVF_METAPAGE_BLOCK, problem);
	meta = *VmIvfPageMeta(page);
	UnlockReleaseBuffer(buffer);

	ivf = MemoryContextAllocZero(index->rd_indexcxt, sizeof(VmIvf));
	VmIvfInit(ivf, index, meta.lists, meta.quantizer, (int) meta.dims);
	index->rd_amcache = ivf;
	return CopyIvf(ivf);
}

/* ---------------------------------------------------------------- list pages */

static Size
ListPageLower(const VmIvf *ivf, int count)
{
	return SizeOfPageHeaderData + sizeof(VmIvfListHeader) + count * ivf->list_stride;
}

void
VmIvfInitListPage(const VmIvf *ivf, Page page, int first)
{
	VmIvfListHeader *header;

	VmPageInit(page, VM_PAGE_ID_IVF, VM_IVF_PAGE_LIST);
	header = (VmIvfListHeader *) VM_IVF_PAGE_CONTENTS(page);
	header->first = first;
	header->count = (uint16) VmIvfListsOnPage(ivf, VmIvfListBlock(ivf, first));
	header->unused = 0;
	((PageHeader) page)->pd_lower = ListPageLower(ivf, header->count);
}

const char *
VmIvfListPageProblem(const VmIvf *ivf, Page page, BlockNumber block)
{
	VmIvfListHeader *header = (VmIvfListHeader *) VM_IVF_PAGE_CONTENTS(page);
	int first = (block - VM_IVF_FIRST_LIST_BLOCK) * ivf->lists_per_page;
	int count = VmIvfListsOnPage(ivf, block);

	if (PageIsNew(page))
		return "It was never written.";
	if (!VmPageIsSane(page, VM_PAGE_ID_IVF) || VmPageGetOpaque(page)->kind != VM_IVF_PAGE_LIST)
		return "It is not a page of lists.";
	if (header->first != (uint32) first || header->count != count ||
		((PageHeader) page)->pd_lower != ListPageLower(ivf, count))
		return "It does not hold the lists that it should.";
	return NULL;
}

Buffer
VmIvfReadListPage(Relation index, const VmIvf *ivf, BlockNumber block, int lock)
{
	Buffer buffer = ReadBuffer(index, block);
	const char *problem;

	LockBuffer(buffer, lock);
	problem = VmIvfListPageProblem(ivf, BufferGetPage(buffer), block);
	if (problem != NULL)
		VmPageRaiseCorrupt(index, block, problem);
	return buffer;
}

int
VmIvfNearestList(Relation index, const VmIvf *ivf, const void *payload, BlockNumber *insert)
{
	float least = INFINITY;
	int nearest = 0;

	*insert = InvalidBlockNumber;
	for (BlockNumber block = VM_IVF_FIRST_LIST_BLOCK; block < ivf->row_block; block++)
	{
		int count = VmIvfListsOnPage(ivf, block);
		Buffer buffer;
		Page page;

		CHECK_FOR_INTERRUPTS();
		buffer = VmIvfReadListPage(index, ivf, block, BUFFER_LOCK_SHARE);
		page = BufferGetPage(buffer);
		for (int slot = 0; slot < count; slot++)
		{
			VmIvfList *list = VmIvfListSlot(ivf, page, slot);
			float distance = VmSpaceDistance(&ivf->space, payload, VmIvfListCentroid(list));
			int number = (block - VM_IVF_FIRST_LIST_BLOCK) * ivf->lists_per_page + slot;

			if (distance < least || number == 0)
			{
				least = distance;
				nearest = number;
				*insert = list->insert;
			}
		}
		UnlockReleaseBuffer(buffer);
	}
	return nearest;
}

/* ----------------------------------------------------------------- row pages */

Buffer
VmIvfReadRowPage(Relation index, const VmIvf *ivf, BlockNumber block, int list, int lock,
				 BufferAccessStrategy strategy)
{
	Buffer buffer;
	const char *problem;

	/* InvalidBlockNumber would extend the relation. */
	if (!BlockNumberIsValid(block) || block < ivf->row_block)
		VmPageRaiseCorrupt(index, block, "A list leads there, but it is no row page.");
	buffer = ReadBufferExtended(index, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
	LockBuffer(buffer, lock);
	problem = ivf->layout->problem(ivf, BufferGetPage(buffer), list);
	if (problem != NULL)
		VmPageRaiseCorrupt(index, block, problem);
	return buffer;
}

BlockNumber
VmIvfNextRowPage(Relation index, Page page, BlockNumber block)
{
	BlockNumber next = VmPageGetOpaque(page)->next;

	if (BlockNumberIsValid(next) && next <= block)
		VmPageRaiseCorrupt(index, block, "Its chain does not ascend.");
	return next;
}
