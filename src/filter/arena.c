/*
 * arena.c
 *		The memory of one parse (arena_private.h).
 */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filter/arena_private.h"

#define BLOCK_SIZE ((size_t) 16 * 1024)

/* Pieces from this size on are blocks of their own. */
#define LARGE     ((size_t) 4 * 1024)

#define ALIGNMENT alignof(max_align_t)

/* A small block: [ header | piece | piece | … | free ], a large one: one piece. */
struct VmFilterBlock
{
	VmFilterBlock *next;
	VmFilterBlock *previous; /* of large blocks */
	size_t size;             /* with this header */
	size_t filled;
	alignas(max_align_t) char data[];
};

void
VmFilterArenaInit(VmFilterArena *arena, size_t limit)
{
	*arena = (VmFilterArena) {.limit = limit};
}

static void
FreeBlocks(VmFilterBlock *block)
{
	while (block != NULL)
	{
		VmFilterBlock *next = block->next;

		free(block);
		block = next;
	}
}

void
VmFilterArenaFree(VmFilterArena *arena)
{
	FreeBlocks(arena->small);
	FreeBlocks(arena->large);
	arena->small = arena->large = NULL;
	arena->used = 0;
}

/* A new block, or an old one made larger, with room for size bytes of data. */
static VmFilterBlock *
GetBlock(VmFilterArena *arena, VmFilterBlock *old, size_t size)
{
	size_t total = size + offsetof(VmFilterBlock, data);
	size_t before = old != NULL ? old->size : 0;
	VmFilterBlock *block;

	if (total < size || arena->used - before > arena->limit ||
		total > arena->limit - (arena->used - before))
	{
		arena->over = true;
		return NULL;
	}
	block = realloc(old, total);
	if (block == NULL)
		return NULL;
	arena->used += total - before;
	block->size = total;
	return block;
}

static void
LinkLarge(VmFilterArena *arena, VmFilterBlock *block)
{
	block->previous = NULL;
	block->next = arena->large;
	if (block->next != NULL)
		block->next->previous = block;
	arena->large = block;
}

/* Tells the neighbours where a large block is now. */
static void
RelinkLarge(VmFilterArena *arena, VmFilterBlock *block)
{
	if (block->previous != NULL)
		block->previous->next = block;
	else
		arena->large = block;
	if (block->next != NULL)
		block->next->previous = block;
}

void *
VmFilterAlloc(VmFilterArena *arena, size_t size)
{
	VmFilterBlock *block = arena->small;
	char *piece;

	if (size >= LARGE)
	{
		block = GetBlock(arena, NULL, size);
		if (block == NULL)
			return NULL;
		LinkLarge(arena, block);
		return block->data;
	}
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (block == NULL || block->size - offsetof(VmFilterBlock, data) - block->filled < size)
	{
		block = GetBlock(arena, NULL, BLOCK_SIZE - offsetof(VmFilterBlock, data));
		if (block == NULL)
			return NULL;
		block->previous = NULL;
		block->next = arena->small;
		block->filled = 0;
		arena->small = block;
	}
	piece = block->data + block->filled;
	block->filled += size;
	return piece;
}

void *
VmFilterGrow(VmFilterArena *arena, void *piece, size_t old_size, size_t size)
{
	void *larger;

	if (old_size >= LARGE)
	{
		VmFilterBlock *block = (VmFilterBlock *) ((char *) piece - offsetof(VmFilterBlock, data));

		block = GetBlock(arena, block, size);
		if (block == NULL)
			return NULL;
		RelinkLarge(arena, block);
		return block->data;
	}
	larger = VmFilterAlloc(arena, size);
	if (larger != NULL && old_size > 0)
		memcpy(larger, piece, old_size);
	return larger;
}
