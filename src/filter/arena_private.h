/*
 * arena_private.h
 *		Memory of one parse: taken piece by piece, freed at once, bounded.
 *
 * Small pieces are cut from blocks; large ones are blocks of their own, so that
 * the arrays of long lists grow by realloc and leave no copies behind.
 */
#ifndef VM_FILTER_ARENA_PRIVATE_H
#define VM_FILTER_ARENA_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct VmFilterBlock VmFilterBlock;

typedef struct VmFilterArena
{
	VmFilterBlock *small; /* the one that is cut from, and those before it */
	VmFilterBlock *large;
	size_t used;  /* bytes got from malloc */
	size_t limit; /* of used */
	bool over;    /* the limit was met, rather than malloc's end */
} VmFilterArena;

extern void VmFilterArenaInit(VmFilterArena *arena, size_t limit);
extern void VmFilterArenaFree(VmFilterArena *arena);

/* Aligned for any type; not zeroed.  NULL when there is no more. */
extern void *VmFilterAlloc(VmFilterArena *arena, size_t size);

/* Moves old_size bytes to a larger place.  piece is NULL when old_size is 0. */
extern void *VmFilterGrow(VmFilterArena *arena, void *piece, size_t old_size, size_t size);

#endif
