/*
 * detour.h
 *		New links around tombstones, for many elements at once.
 *
 * An element that has lost a neighbor needs links to those that the neighbor led
 * to.  All who linked to the same tombstone look at the same elements, so these
 * are read once for all of them: losses are collected, sorted by tombstone, and
 * turned into detours, which are then sorted by the element that they start at.
 */
#ifndef VM_AM_HNSW_DETOUR_H
#define VM_AM_HNSW_DETOUR_H

#include "am/hnsw/explore.h"

/* An element's link to a tombstone. */
typedef struct VmHnswLoss
{
	VmHnswRef tombstone;
	VmHnswRef base;
	int layer;
} VmHnswLoss;

/* A link that may take its place. */
typedef struct VmHnswDetour
{
	VmHnswRef base;
	int layer;
	float distance;
	VmHnswRef to; /* VM_HNSW_NO_REF only says that the base was looked at */
} VmHnswDetour;

typedef struct VmHnswDetours
{
	VmHnsw *hnsw;
	VmHnswExplorer *explorer;
	VmHnswLoss *losses;
	Size loss_count;
	Size loss_max;
	VmHnswDetour *detours; /* once found; nearest first for each base */
	Size detour_count;
	Size detour_size;
	struct VmHnswCrossing *crossing; /* working space of detour.c */
} VmHnswDetours;

/* memory: bytes that losses and detours may take. */
extern VmHnswDetours *VmHnswDetoursCreate(VmHnswExplorer *explorer, Size memory);
extern void VmHnswDetoursFree(VmHnswDetours *detours);

/* Forgets losses and detours. */
extern void VmHnswDetoursReset(VmHnswDetours *detours);

/* Room for further losses of one page. */
extern bool VmHnswDetoursFull(const VmHnswDetours *detours);
extern void VmHnswAddLoss(VmHnswDetours *detours, VmHnswRef tombstone, VmHnswRef base, int layer);

/* Turns the losses into detours. */
extern void VmHnswFindDetours(VmHnswDetours *detours);

/* The first detour of a base in a layer, or NULL; *count are there. */
extern const VmHnswDetour *VmHnswDetoursOf(const VmHnswDetours *detours, VmHnswRef base,
										   int layer, int *count);

#endif
