/*
 * link.h
 *		Choosing an element's links, and linking others back to it.
 */
#ifndef VM_AM_HNSW_LINK_H
#define VM_AM_HNSW_LINK_H

#include "am/hnsw/search.h"

/* Room for the payloads that a choice compares; made once, used again. */
typedef struct VmHnswLinker
{
	VmHnsw *hnsw;
	char *read;          /* payloads that a choice reads, or those of a list */
	const char **chosen; /* those that keep others out */
	char *base;          /* payload of the element whose links are chosen */
	Size stride;         /* of read, bytes */
	int size;            /* payloads that read and chosen have room for */
} VmHnswLinker;

/* Up to most links are chosen at a time. */
extern void VmHnswLinkerInit(VmHnswLinker *linker, VmHnsw *hnsw, int most);
extern void VmHnswLinkerFree(VmHnswLinker *linker);

/*
 * Chooses up to max of the candidates, which come nearest first, for the element
 * whose payload is base: one is taken unless it is nearer to an element taken
 * before than to the base (SELECT-NEIGHBORS-HEURISTIC of the HNSW paper,
 * algorithm 4).  Of those with the base's own payload only some are taken, and
 * they keep no other one out, or many equal values would link to one another
 * only.  Tombstones, elements that are gone, and those that do not reach up to the
 * layer are left out.  Returns how many refs it wrote.
 */
extern int VmHnswChooseLinks(VmHnswLinker *linker, const void *base, const VmHnswNode *candidates,
							 int count, int layer, int max, VmHnswRef *refs);

/*
 * Adds a link from `from` to a new element in a layer.  Where from's list is
 * full its links are chosen anew among the old ones and the new one, which may
 * then be left out, unless the caller insists.  distance is between the two.
 * Returns whether there is such a link.
 */
extern bool VmHnswLinkBack(VmHnswLinker *linker, const VmHnswNode *from, int layer,
						   const VmHnswNode *to, float distance, bool insist);

/*
 * Replaces the links of a layer, provided that they still are what the caller
 * has seen.  False when they are not, or the node is gone.
 */
extern bool
VmHnswReplaceLinks(VmHnsw *hnsw, const VmHnswNode *node, int layer, const VmHnswRef *seen,
				   int seen_count, const VmHnswRef *refs, int count);

#endif
