/*
 * detour.h
 *		New links around tombstones, for many elements at once.
 *
 * An element that has lost a neighbor needs links to those that the neighbor led
 * to.  All who linked to the same tombstone look at the same elements, so these
 * are read once for all of them: losses are collected, sorted by tombstone, and
 * turned into detours, which are then sorted by the element that they start at.
 *
 * An element that has lost most of its links is ruined: many ways around many
 * tombstones would be much alike, so it looks around by itself, and is to be
 * linked anew when nothing leads to tombstones any more.
 */
#ifndef VM_AM_HNSW_DETOUR_H
#define VM_AM_HNSW_DETOUR_H

#include "am/hnsw/explore.h"

/*
 * Links by which a list may grow: detours are chosen without a look at all of
 * its other links, so one for one would leave it poorer.
 */
#define VM_HNSW_MORE_LINKS 2

/* An element's link to a tombstone. */
typedef struct VmHnswLoss
{
	VmHnswRef tombstone; /* VM_HNSW_NO_REF: most of its links */
	VmHnswRef base;
	int16 layer;
	int16 max_detours; /* that may take its place */
} VmHnswLoss;

/* A link that may take its place. */
typedef struct VmHnswDetour
{
	VmHnswRef base;
	int layer;
	float distance;
	VmHnswRef to;
} VmHnswDetour;

typedef struct VmHnswDetours
{
	VmHnsw *hnsw;
	VmHnswExplorer *explorer;
	VmHnswLoss *losses;
	Size loss_count;
	Size loss_size;
	VmHnswDetour *detours; /* once found; nearest first for each base; NULL before */
	Size detour_count;
	Size detour_size;                /* most that the losses can have */
	Size memory;                     /* bytes that losses and their detours may take */
	struct VmHnswCrossing *crossing; /* working space of detour.c */
} VmHnswDetours;

/* memory: bytes that losses and detours may take. */
extern VmHnswDetours *VmHnswDetoursCreate(VmHnswExplorer *explorer, Size memory);
extern void VmHnswDetoursFree(VmHnswDetours *detours);

/* Forgets losses and detours. */
extern void VmHnswDetoursReset(VmHnswDetours *detours);

/* Whether memory is used up: then the losses are to be turned into detours. */
static inline bool
VmHnswDetoursFull(const VmHnswDetours *detours)
{
	return detours->loss_size * sizeof(VmHnswLoss) + detours->detour_size * sizeof(VmHnswDetour) >=
		   detours->memory;
}

/*
 * Notes what an element has lost of the links of a layer, if anything.  True
 * when it is ruined.
 */
extern bool
VmHnswAddLosses(VmHnswDetours *detours, VmHnswRef base, int layer, const VmHnswRef *list);

/* Turns the losses into detours. */
extern void VmHnswFindDetours(VmHnswDetours *detours);

/* Detours of a base in a layer; *count are there. */
extern const VmHnswDetour *
VmHnswDetoursOf(const VmHnswDetours *detours, VmHnswRef base, int layer, int *count);

#endif
