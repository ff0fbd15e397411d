/*
 * select.h
 *		Which candidates become neighbors: the heuristic of HNSW's algorithm 4.
 *
 * Candidates come nearest to the base first.  One is kept when it is nearer to
 * the base than to every candidate kept before it, so links lead into
 * different directions; the others are pruned, because a kept one leads there.
 */
#ifndef VM_AM_HNSW_SELECT_H
#define VM_AM_HNSW_SELECT_H

#include "compat/compat.h"

/* Distance of two candidates, by their numbers. */
typedef float (*VmHnswPairDistance)(void *arg, int a, int b);

/*
 * Selects up to max of the candidates, given by their ascending distances to
 * the base: writes the numbers of those kept and of all others, in order, and
 * returns how many are kept.
 *
 * Inlined, and pair with it.  Pairs that are known not to prune one another
 * need not be measured: pair may return infinity.
 */
static pg_attribute_always_inline int
VmHnswSelect(const float *distances, int count, int max, VmHnswPairDistance pair, void *arg,
			 uint16 *kept, uint16 *pruned)
{
	int kept_count = 0;
	int pruned_count = 0;

	for (int c = 0; c < count; c++)
	{
		int k = 0;

		while (k < kept_count && kept_count < max && !(pair(arg, c, kept[k]) < distances[c]))
			k++;
		if (k == kept_count && kept_count < max)
			kept[kept_count++] = (uint16) c;
		else
			pruned[pruned_count++] = (uint16) c;
	}
	return kept_count;
}

#endif
