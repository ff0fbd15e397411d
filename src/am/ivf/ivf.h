/*
 * ivf.h
 *		The access methods ivfflat and ivf: storage and what their files share.
 *
 * README.md in this folder teaches the structure.  In short: vectors are grouped
 * in lists around centroids; a search ranks the centroids and reads the lists of
 * the nearest.
 *
 *	block 0		metapage: VmIvfMeta
 *	1 .. C		list pages: VmIvfListHeader, then slots of VmIvfList + centroid
 *	C+1 ..		row pages: what they hold is the layout's (layout.h); those of a
 *				list are chained by the special space's next, upwards (IVF-3)
 *
 * Slots have one size in an index, so a slot is found by its number and nothing
 * on a page says where to read.
 */
#ifndef VM_AM_IVF_IVF_H
#define VM_AM_IVF_IVF_H

#include "compat/compat.h"

#include "access/amapi.h"
#include "access/genam.h"
#include "nodes/execnodes.h"
#include "nodes/pathnodes.h"
#include "storage/bufmgr.h"
#include "utils/relcache.h"

#include "am/page.h"
#include "am/space.h"

/* ------------------------------------------------------- options and limits */

#define VM_IVF_DEFAULT_LISTS 100
#define VM_IVF_MIN_LISTS     1
#define VM_IVF_MAX_LISTS     32768

typedef enum VmIvfQuantizer
{
	VM_IVF_QUANTIZER_NONE,
	VM_IVF_QUANTIZER_RABITQ,
	VM_IVF_QUANTIZER_SQ8
} VmIvfQuantizer;

/* The largest values that fit pages; pgvector's limits. */
extern const VmSpaceLimits VmIvfflatLimits;
extern const VmSpaceLimits VmIvfLimits;

/* Support functions beside VM_SUPPORT_DISTANCE and VM_SUPPORT_NORM. */
#define VM_IVF_SUPPORT_KMEANS_DISTANCE 3
#define VM_IVF_SUPPORT_KMEANS_NORM     4 /* present: centroids have length one */
#define VM_IVF_SUPPORT_TYPE            5

/* ------------------------------------------------------------------- storage */

#define VM_IVF_MAGIC            0x49464D56 /* "VMFI" */
#define VM_IVF_VERSION          1          /* to be raised when older code would misread */

#define VM_IVF_METAPAGE_BLOCK   0
#define VM_IVF_FIRST_LIST_BLOCK 1

/* VmPageOpaque.kind */
#define VM_IVF_PAGE_META 1
#define VM_IVF_PAGE_LIST 2
#define VM_IVF_PAGE_ROWS 3

typedef struct VmIvfMeta
{
	uint32 magic;
	uint16 version;
	uint8 quantizer; /* VmIvfQuantizer */
	uint8 unused;    /* 0 */
	uint32 dims;
	uint32 lists;
	uint8 reserved[112]; /* 0; quantized layouts and filter columns */
} VmIvfMeta;

StaticAssertDecl(sizeof(VmIvfMeta) == 128, "IVF metapage is 128 bytes on disk");

typedef struct VmIvfListHeader
{
	uint32 first; /* number of the page's first list */
	uint16 count; /* lists on the page */
	uint16 unused;
} VmIvfListHeader;

typedef struct VmIvfList
{
	BlockNumber start;  /* first row page, or InvalidBlockNumber: never had a row */
	BlockNumber insert; /* a page of the chain; where inserts look first */
	uint32 extent;      /* pages from start on that are consecutive blocks */
	uint32 unused;
	/* the centroid follows: a payload (am/space.h) */
} VmIvfList;

StaticAssertDecl(sizeof(VmIvfListHeader) == 8, "list page header is 8 bytes on disk");
StaticAssertDecl(sizeof(VmIvfList) == 16, "list header is 16 bytes on disk");

#define VM_IVF_PAGE_CONTENTS(page) ((char *) (page) + SizeOfPageHeaderData)

/* ------------------------------------------------------------ an open index */

typedef struct VmIvfLayout VmIvfLayout;

/*
 * What an operation needs to know of an index, from its metapage and operator
 * class.  Cached in rd_amcache.
 */
typedef struct VmIvf
{
	VmSpace space;
	const VmSpaceLimits *limits;
	const VmIvfLayout *layout;
	bool spherical; /* centroids have length one: inner product and cosine */
	int lists;      /* number of them */
	int lists_per_page;
	Size list_stride; /* bytes of a list's slot */
	Size row_stride;  /* bytes of a row's slot: the layout's */
	int rows_per_page;
	BlockNumber row_block; /* first row page's block */
} VmIvf;

/* Spaces, sizes and layout from options and operator class: for a build. */
extern void VmIvfInit(VmIvf *ivf, Relation index, int lists, VmIvfQuantizer quantizer, int dims);

/*
 * From the metapage, in the current memory context; raises when that is not one
 * of ours.
 */
extern const VmIvf *VmIvfOpen(Relation index);

/* What is wrong with an index's metapage, or NULL. */
extern const char *VmIvfMetaProblem(Relation index, Page page);

extern void VmIvfInitMetaPage(const VmIvf *ivf, Page page, VmIvfQuantizer quantizer);
extern void VmIvfInitListPage(const VmIvf *ivf, Page page, int first);

static inline VmIvfMeta *
VmIvfPageMeta(Page page)
{
	return (VmIvfMeta *) VM_IVF_PAGE_CONTENTS(page);
}

/* Block and slot of a list. */
static inline BlockNumber
VmIvfListBlock(const VmIvf *ivf, int list)
{
	return VM_IVF_FIRST_LIST_BLOCK + list / ivf->lists_per_page;
}

static inline VmIvfList *
VmIvfListSlot(const VmIvf *ivf, Page page, int slot)
{
	return (VmIvfList *) (VM_IVF_PAGE_CONTENTS(page) + sizeof(VmIvfListHeader) +
						  slot * ivf->list_stride);
}

static inline char *
VmIvfListCentroid(VmIvfList *list)
{
	return (char *) (list + 1);
}

/* Lists on a list page: all pages but the last are full. */
static inline int
VmIvfListsOnPage(const VmIvf *ivf, BlockNumber block)
{
	int first = (block - VM_IVF_FIRST_LIST_BLOCK) * ivf->lists_per_page;

	return Min(ivf->lists - first, ivf->lists_per_page);
}

/* What is wrong with a list page, or NULL. */
extern const char *VmIvfListPageProblem(const VmIvf *ivf, Page page, BlockNumber block);

/*
 * Reads and locks a list page, or a row page of a list (-1: any); raises when it
 * is not one.
 */
extern Buffer VmIvfReadListPage(Relation index, const VmIvf *ivf, BlockNumber block, int lock);
extern Buffer VmIvfReadRowPage(Relation index, const VmIvf *ivf, BlockNumber block, int list,
							   int lock, BufferAccessStrategy strategy);

/* The page that follows in a chain, or InvalidBlockNumber; raises by IVF-3. */
extern BlockNumber VmIvfNextRowPage(Relation index, Page page, BlockNumber block);

/* The list nearest to a payload, and the page where inserts into it start. */
extern int
VmIvfNearestList(Relation index, const VmIvf *ivf, const void *payload, BlockNumber *insert);

/* ------------------------------------------------------ access method's parts */

extern IndexBuildResult *VmIvfBuild(Relation heap, Relation index, IndexInfo *info);
extern void VmIvfBuildEmpty(Relation index);
extern bool VmIvfInsert(Relation index, Datum *values, bool *isnull, ItemPointer tid, Relation heap,
						IndexUniqueCheck unique, bool unchanged, IndexInfo *info);
extern IndexBulkDeleteResult *VmIvfBulkDelete(IndexVacuumInfo *info, IndexBulkDeleteResult *stats,
											  IndexBulkDeleteCallback callback, void *state);
extern IndexBulkDeleteResult *
VmIvfVacuumCleanup(IndexVacuumInfo *info, IndexBulkDeleteResult *stats);
extern void
VmIvfCostEstimate(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup, Cost *total,
				  Selectivity *selectivity, double *correlation, double *pages);
extern IndexScanDesc VmIvfBeginScan(Relation index, int nkeys, int norderbys);
extern void
VmIvfRescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys);
extern bool VmIvfGetTuple(IndexScanDesc scan, ScanDirection direction);
extern void VmIvfEndScan(IndexScanDesc scan);

/* Which of the two names an index was made with. */
extern bool VmIvfIsIvfflat(Relation index);

#endif
