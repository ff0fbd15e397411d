/*
 * hnsw.h
 *		The hnsw access method: storage and what its files share.
 *
 * README.md in this folder teaches the structure.  In short: the graph's nodes
 * are elements.  An element item holds up to ten heap TIDs and the payload of
 * their common value; a neighbors item, on the same page where it fits, holds
 * the element's links in each of its layers.
 *
 *	element		0 kind | 1 level | 2 version | 3 flags | 4 neighbors TID |
 *				10 head | 12 heap TIDs x 10 | 72 payload, or its head
 *	neighbors	0 kind | 1 level | 2 version | 3 0 | 4 owner ref |
 *				8 layer 0: ref x 2m | layer 1: ref x m | ... layer `level` |
 *				the payload's tail
 *
 * A ref names an element in four bytes: block * stride + (offset - 1), stride
 * being the metapage's.  0 is no ref, for block 0 is the metapage.
 */
#ifndef VM_AM_HNSW_HNSW_H
#define VM_AM_HNSW_HNSW_H

#include "compat/compat.h"

#include "access/genam.h"
#include "access/transam.h"
#include "nodes/execnodes.h"
#include "storage/itemptr.h"
#include "utils/relcache.h"

#include "am/page.h"
#include "am/space.h"

/* ------------------------------------------------------- options and limits */

#define VM_HNSW_DEFAULT_M               16
#define VM_HNSW_MIN_M                   2
#define VM_HNSW_MAX_M                   100
#define VM_HNSW_DEFAULT_EF_CONSTRUCTION 64
#define VM_HNSW_MIN_EF_CONSTRUCTION     4
#define VM_HNSW_MAX_EF_CONSTRUCTION     1000
#define VM_HNSW_DEFAULT_EF_SEARCH       40
#define VM_HNSW_MIN_EF_SEARCH           1
#define VM_HNSW_MAX_EF_SEARCH           1000

#define VM_HNSW_HEAP_TIDS               10 /* of one element */
#define VM_HNSW_MAX_LEVEL               60 /* so that a neighbors item fits a page */

typedef enum VmHnswIterativeScan
{
	VM_HNSW_ITERATIVE_OFF,
	VM_HNSW_ITERATIVE_RELAXED,
	VM_HNSW_ITERATIVE_STRICT
} VmHnswIterativeScan;

/* quantizer = ...: rabitq comes with its layout; auto is none until then */
typedef enum VmHnswQuantizer
{
	VM_HNSW_QUANTIZER_AUTO,
	VM_HNSW_QUANTIZER_NONE,
	VM_HNSW_QUANTIZER_RABITQ
} VmHnswQuantizer;

/* The largest values that fit pages; pgvector's limits. */
extern const VmSpaceLimits VmHnswLimits;

extern int VmHnswOptionM(Relation index);
extern int VmHnswOptionEfConstruction(Relation index);

/* Layers of a new element: floor(-ln(u) / ln(m)), so that they fit a page. */
extern int VmHnswRandomLevel(int m);

/* ----------------------------------------------------------------- metapage */

#define VM_HNSW_METAPAGE_BLOCK 0
#define VM_HNSW_FIRST_BLOCK    1

#define VM_HNSW_MAGIC          0x564D4857 /* "VMHW" */
#define VM_HNSW_VERSION        1

/* VmPageOpaque.kind */
#define VM_HNSW_PAGE_META 1
#define VM_HNSW_PAGE_DATA 2

typedef uint32 VmHnswRef;

#define VM_HNSW_NO_REF ((VmHnswRef) 0)

typedef struct VmHnswMeta
{
	uint32 magic;
	uint32 version;
	uint32 dims;
	uint16 m;
	uint16 ef_construction;
	uint32 stride;        /* refs of a block: most line pointers a page can have */
	VmHnswRef entry;      /* where searches start, or VM_HNSW_NO_REF when empty */
	uint16 entry_level;   /* its level */
	uint8 has_tombstones; /* a vacuum has left elements to repair around or free */
	uint8 quantizer;      /* VM_HNSW_QUANTIZER_NONE */
	uint8 reserved[96];   /* zero; quantized layouts and filter columns */
} VmHnswMeta;

/* -------------------------------------------------------------------- items */

#define VM_HNSW_KIND_ELEMENT   1
#define VM_HNSW_KIND_NEIGHBORS 2

/* VmHnswElement.flags: no heap TID is left, navigable until it is freed */
#define VM_HNSW_TOMBSTONE 0x01

/* its payload's first `head` bytes lie here, the rest after its links */
#define VM_HNSW_CUT 0x02

typedef struct VmHnswElement
{
	uint8 kind;
	uint8 level;
	uint8 version; /* of the page when it was placed, see VmHnswPageVersion */
	uint8 flags;
	ItemPointerData neighbors;
	uint16 head; /* 0, or bytes of the payload that lie here: VM_HNSW_CUT */
	union
	{
		ItemPointerData heap_tids[VM_HNSW_HEAP_TIDS]; /* valid ones first */
		struct
		{
			/* newest transaction that may know a tombstone as a live element */
			uint32 xid_high;
			uint32 xid_low;
		} tombstone;
	} u;
	char payload[FLEXIBLE_ARRAY_MEMBER];
} VmHnswElement;

StaticAssertDecl(offsetof(VmHnswElement, payload) == 72, "element header is 72 bytes on disk");

typedef struct VmHnswNeighbors
{
	uint8 kind;
	uint8 level;
	uint8 version; /* its element's */
	uint8 unused;  /* 0 */
	VmHnswRef owner;
	VmHnswRef refs[FLEXIBLE_ARRAY_MEMBER]; /* used ones first in each layer */
} VmHnswNeighbors;

StaticAssertDecl(offsetof(VmHnswNeighbors, refs) == 8, "neighbors header is 8 bytes on disk");

#define VM_HNSW_ELEMENT_SIZE(payload_size) (offsetof(VmHnswElement, payload) + (payload_size))

/* Links that an element may have in a layer, and where they start. */
#define VM_HNSW_LAYER_LINKS(m, layer) ((layer) == 0 ? 2 * (m) : (m))
#define VM_HNSW_LAYER_START(m, layer) ((layer) == 0 ? 0 : ((layer) + 1) * (m))
#define VM_HNSW_MAX_LINKS             (2 * VM_HNSW_MAX_M)

/*
 * Of max links, those that may lead to elements with the owner's own value:
 * enough to hold them together, and not so many that they become an island.
 */
#define VM_HNSW_MAX_EQUALS(max) Max(2, (max) / 4)

#define VM_HNSW_NEIGHBORS_SIZE(m, level)                                                           \
	(offsetof(VmHnswNeighbors, refs) + (Size) ((level) + 2) * (m) * sizeof(VmHnswRef))

/*
 * What an item added to a page now gets as its version: the page counts how
 * often slots were freed, in the field of its special space that a chain would
 * use, so a slot used again differs in version (HNSW-4).
 */
static inline uint8
VmHnswPageVersion(Page page)
{
	return (uint8) VmPageGetOpaque(page)->next;
}

static inline FullTransactionId
VmHnswTombstoneXid(const VmHnswElement *element)
{
	return FullTransactionIdFromU64(((uint64) element->u.tombstone.xid_high << 32) |
									element->u.tombstone.xid_low);
}

static inline int
VmHnswHeapTidCount(const VmHnswElement *element)
{
	int count = 0;

	if (element->flags & VM_HNSW_TOMBSTONE)
		return 0;
	while (count < VM_HNSW_HEAP_TIDS && ItemPointerIsValid(&element->u.heap_tids[count]))
		count++;
	return count;
}

/* ------------------------------------------------------------ an open index */

/*
 * What an operation needs to know of an index, copied from its metapage and
 * operator class.  Lives as long as the operation.
 */
typedef struct VmHnsw
{
	Relation index;
	VmSpace space;
	int m;
	int ef_construction;
	uint32 stride;
	bool building;      /* changes are not logged one by one */
	bool apart;         /* neighbors items may lie on other pages by rule */
	bool cut;           /* so may the tails of payloads */
	bool reads_ahead;   /* blocks that may not be in memory are asked for */
	char *scratch;      /* where a cut payload is put together */
	Size element_size;  /* of the largest element */
	BlockNumber blocks; /* of the index when last looked at */
	uint32 reads;       /* of blocks, see reader.c */
} VmHnsw;

/* Whether a ref is among the first count ones of a list. */
static inline bool
VmHnswHasRef(const VmHnswRef *refs, int count, VmHnswRef ref)
{
	for (int i = 0; i < count; i++)
	{
		if (refs[i] == ref)
			return true;
	}
	return false;
}

/*
 * Whether lists are filled up with what the heuristic has left out, and a new
 * element takes as many links as fit: for spaces where "nearer to one another"
 * says little, because distances are no metric (the inner product of vectors of
 * any length) or mostly equal (bits).
 */
static inline bool
VmHnswFillsLists(const VmHnsw *hnsw)
{
	switch (hnsw->space.metric)
	{
		case VM_METRIC_IP:
			return !hnsw->space.normalize;
		case VM_METRIC_HAMMING:
		case VM_METRIC_JACCARD:
			return true;
		case VM_METRIC_L2:
		case VM_METRIC_L1:
			break;
	}
	return false;
}

/*
 * Candidates that an insert searches for: the parameter ef_construction.  Where
 * all of them become links it would say nothing about which, so there are twice
 * as many at least.
 */
static inline int
VmHnswInsertEf(const VmHnsw *hnsw)
{
	if (VmHnswFillsLists(hnsw))
		return Max(hnsw->ef_construction, 4 * hnsw->m);
	return hnsw->ef_construction;
}

/* Links that a new element takes in a layer. */
static inline int
VmHnswOwnLinks(const VmHnsw *hnsw, int layer)
{
	return VmHnswFillsLists(hnsw) ? VM_HNSW_LAYER_LINKS(hnsw->m, layer) : hnsw->m;
}

static inline BlockNumber
VmHnswRefBlock(const VmHnsw *hnsw, VmHnswRef ref)
{
	return ref / hnsw->stride;
}

static inline OffsetNumber
VmHnswRefOffset(const VmHnsw *hnsw, VmHnswRef ref)
{
	return (OffsetNumber) (ref % hnsw->stride + 1);
}

/* Raises when the index has grown past what four bytes can name. */
extern VmHnswRef VmHnswMakeRef(const VmHnsw *hnsw, BlockNumber block, OffsetNumber offset);

/* Fills in *hnsw from the relation; raises for a metapage that is not ours. */
extern void VmHnswOpen(VmHnsw *hnsw, Relation index);

/*
 * The same for an index that has no metapage yet: options and operator class
 * decide.  VmHnswCreateMetapage writes it, as the first block of the fork.
 */
extern void VmHnswOpenForBuild(VmHnsw *hnsw, Relation index);
extern void VmHnswCreateMetapage(VmHnsw *hnsw, ForkNumber fork);

/* The stride of an index's metapage. */
extern uint32 VmHnswStride(const VmSpace *space, int m);

/* A copy of the metapage as it is now. */
extern VmHnswMeta VmHnswReadMeta(VmHnsw *hnsw);

/* The metapage's contents on a page that is checked; raises otherwise. */
extern VmHnswMeta *VmHnswGetMeta(Relation index, Page page);

/*
 * Items of a sane page by kind and size, or NULL when the slot does not hold
 * one (a freed slot, or damage: callers that know better raise).  Sizes agree
 * with the level and the space, so reading the whole item is safe.  Of a cut
 * payload, *payload_size is the head's.
 */
extern VmHnswElement *
VmHnswPageElement(const VmHnsw *hnsw, Page page, OffsetNumber offset, Size *payload_size);
extern VmHnswNeighbors *VmHnswPageNeighbors(const VmHnsw *hnsw, Page page, OffsetNumber offset);

/* The tail of a cut payload behind the links, and its bytes; 0 when it is whole. */
extern const char *
VmHnswNeighborsTail(const VmHnsw *hnsw, Page page, OffsetNumber offset, Size *size);

/*
 * How many bytes of a payload an element may hold that gets this much room on
 * its page, item and line pointer included: all of them, some where payloads
 * may be cut, or 0 when it does not fit.
 */
extern Size VmHnswHeadSize(const VmHnsw *hnsw, Size payload_size, Size room);

/* The least room with which that is not 0. */
extern Size VmHnswHeadRoom(const VmHnsw *hnsw, Size payload_size);

/*
 * Whether an element's neighbors item goes to the same page, which has that much
 * room for both.  Not where it would take the room of another element.  Spaces
 * include the line pointer.
 */
extern bool
VmHnswKeepsTogether(const VmHnsw *hnsw, Size room, Size element_space, Size neighbors_space);

/* True for an initialized data page; raises when it is damaged; false if new. */
extern bool VmHnswCheckDataPage(const VmHnsw *hnsw, Buffer buffer);

#endif
