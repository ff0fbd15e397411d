/*
 * refset.c
 *		Sets of refs: see refset.h.
 */
#include "compat/compat.h"

#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "am/hnsw/refset.h"

#define CHUNK_WORDS (VM_HNSW_REFSET_CHUNK / 64)

void
VmHnswRefSetInit(VmHnswRefSet *set)
{
	set->context = CurrentMemoryContext;
	set->chunks = NULL;
	set->chunk_count = 0;
	set->chunks_made = 0;
	set->count = 0;
}

void
VmHnswRefSetFree(VmHnswRefSet *set)
{
	for (uint32 i = 0; i < set->chunk_count; i++)
	{
		if (set->chunks[i] != NULL)
			pfree(set->chunks[i]);
	}
	if (set->chunks != NULL)
		pfree(set->chunks);
	set->chunks = NULL;
	set->chunk_count = 0;
	set->chunks_made = 0;
	set->count = 0;
}

/* Lengthens the directory, at least twofold, so that it has the chunk. */
static void
GrowDirectory(VmHnswRefSet *set, uint32 chunk)
{
	uint32 count = Max(16, Max(chunk + 1, 2 * set->chunk_count));
	uint64 **chunks = MemoryContextAllocZero(set->context, count * sizeof(uint64 *));

	if (set->chunks != NULL)
	{
		memcpy(chunks, set->chunks, set->chunk_count * sizeof(uint64 *));
		pfree(set->chunks);
	}
	set->chunks = chunks;
	set->chunk_count = count;
}

bool
VmHnswRefSetAdd(VmHnswRefSet *set, VmHnswRef ref)
{
	uint32 chunk = ref / VM_HNSW_REFSET_CHUNK;
	uint32 bit = ref % VM_HNSW_REFSET_CHUNK;
	uint64 mask = UINT64CONST(1) << (bit % 64);

	if (chunk >= set->chunk_count)
		GrowDirectory(set, chunk);
	if (set->chunks[chunk] == NULL)
	{
		set->chunks[chunk] = MemoryContextAllocZero(set->context, CHUNK_WORDS * sizeof(uint64));
		set->chunks_made++;
	}
	if ((set->chunks[chunk][bit / 64] & mask) != 0)
		return false;
	set->chunks[chunk][bit / 64] |= mask;
	set->count++;
	return true;
}

void
VmHnswRefSetRemove(VmHnswRefSet *set, VmHnswRef ref)
{
	uint32 bit = ref % VM_HNSW_REFSET_CHUNK;

	if (!VmHnswRefSetContains(set, ref))
		return;
	set->chunks[ref / VM_HNSW_REFSET_CHUNK][bit / 64] &= ~(UINT64CONST(1) << (bit % 64));
	set->count--;
}

Size
VmHnswRefSetMemory(const VmHnswRefSet *set)
{
	return (Size) set->chunks_made * CHUNK_WORDS * sizeof(uint64) +
		   (Size) set->chunk_count * sizeof(uint64 *);
}

/* The first bit set of a chunk, from `bit` up; CHUNK when there is none. */
static uint32
NextBit(const uint64 *words, uint32 bit)
{
	uint64 word = words[bit / 64] >> (bit % 64);

	if (word != 0)
		return bit + pg_rightmost_one_pos64(word);
	for (uint32 i = bit / 64 + 1; i < CHUNK_WORDS; i++)
	{
		if (words[i] != 0)
			return i * 64 + pg_rightmost_one_pos64(words[i]);
	}
	return VM_HNSW_REFSET_CHUNK;
}

bool
VmHnswRefSetNext(const VmHnswRefSet *set, uint64 from, VmHnswRef *next)
{
	uint32 bit = from % VM_HNSW_REFSET_CHUNK;

	for (uint64 chunk = from / VM_HNSW_REFSET_CHUNK; chunk < set->chunk_count; chunk++)
	{
		if (set->chunks[chunk] != NULL)
		{
			bit = NextBit(set->chunks[chunk], bit);
			if (bit < VM_HNSW_REFSET_CHUNK)
			{
				*next = (VmHnswRef) (chunk * VM_HNSW_REFSET_CHUNK + bit);
				return true;
			}
		}
		bit = 0;
	}
	return false;
}
