/*
 * verify_private.h
 *		What the files of the verifier share.
 *
 * The verifier reads a page at a time, as a copy, and believes nothing on it.
 * Inserts and vacuums may run meanwhile, so what two pages say of each other is
 * an error only when it is still so after both were read again.
 */
#ifndef VM_AM_HNSW_VERIFY_PRIVATE_H
#define VM_AM_HNSW_VERIFY_PRIVATE_H

#include "executor/tuptable.h"
#include "utils/tuplesort.h"

#include "am/check.h"
#include "am/hnsw/hnsw.h"
#include "am/hnsw/refset.h"

typedef struct VmHnswChecker
{
	VmHnsw hnsw;
	VmCheckReport *report;
	VmCheckTids *tids; /* NULL: nobody asks for them */
	BufferAccessStrategy strategy;
	PGAlignedBlock page; /* the one under examination */

	/* what the first pass has found */
	VmHnswRefSet layers[VM_HNSW_MAX_LEVEL + 1]; /* elements of at least that level */
	VmHnswRefSet tombstones;
	VmHnswRef highest; /* a live element of the highest level, or none */
	int highest_level;
	Tuplesortstate *heap_tids; /* only with tids: heap TID, ref of its element */
	TupleTableSlot *heap_tid;  /* one of them */
} VmHnswChecker;

/* An element, but for its payload and heap TIDs. */
typedef struct VmHnswElementInfo
{
	VmHnswRef ref;
	uint8 level;
	uint8 version;
	bool is_tombstone;
	ItemPointerData neighbors;
	Size tail; /* bytes of the payload that lie with the neighbors */
} VmHnswElementInfo;

extern void VmHnswDescribeElement(const VmHnsw *hnsw, VmHnswRef ref, const VmHnswElement *element,
								  VmHnswElementInfo *info);

/* Reports a finding about an element. */
#define VmHnswReportRef(checker, severity, ref, rule, ...)                                         \
	VmCheckAdd((checker)->report, severity, VmHnswRefBlock(&(checker)->hnsw, ref),                 \
			   VmHnswRefOffset(&(checker)->hnsw, ref), rule, __VA_ARGS__)

/*
 * A block, pinned and locked for reading; InvalidBuffer when there is none or
 * it is no data page that items can be read from.
 */
extern Buffer
VmHnswCheckerLock(VmHnswChecker *checker, BlockNumber block, BufferAccessStrategy strategy);

/* Copies a block to checker->page; false when it cannot be examined. */
extern bool VmHnswCheckerRead(VmHnswChecker *checker, BlockNumber block);

/* An element as it is now; false when there is none. */
extern bool VmHnswLookElement(VmHnswChecker *checker, VmHnswRef ref, VmHnswElementInfo *info);

/*
 * A copy of a neighbors item's links as they are now, up to BLCKSZ bytes; *tail
 * is the bytes of a payload that follow them.
 */
extern bool VmHnswLookNeighbors(VmHnswChecker *checker, const ItemPointerData *tid,
								VmHnswNeighbors *neighbors, Size *tail);

/* verify_graph.c: what elements and neighbors items say of each other. */
extern void VmHnswCheckGraph(VmHnswChecker *checker);

/* verify_graph.c: counts the elements that no search can find. */
extern void VmHnswCheckReachable(VmHnswChecker *checker, VmHnswRef entry);

#endif
