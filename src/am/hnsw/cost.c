/*
 * cost.c
 *		amcostestimate of hnsw: what a search measures and reads.
 *
 * A search expands about ef elements, and a few on the way to them; of each
 * one's neighbors about half were met before.  An element that is measured is a
 * page touched, and a page read when the index does not fit the cache.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/relation.h"
#include "utils/rel.h"

#include "am/cost.h"
#include "am/hnsw/cost.h"
#include "am/hnsw/hnsw.h"
#include "am/hnsw/options.h"

/* Elements expanded before the search is among the nearest (ann-bench, README). */
#define EXPANSIONS_TO_ARRIVE 12

/* New elements that an expansion finds, of the 2 m that it might. */
#define FRESH_SHARE 0.4

/* Heap and set operations for each element measured. */
#define STEPS_PER_ELEMENT 4

static int
IndexM(IndexOptInfo *info)
{
	Relation index = relation_open(info->indexoid, NoLock); /* the planner holds a lock */
	int m = VmHnswOptionM(index);

	relation_close(index, NoLock);
	return m;
}

/* What it takes to have found the nearest `wanted` elements. */
static VmWork
SearchWork(IndexOptInfo *info, int m, double wanted)
{
	double tuples = Max(info->tuples, 1);
	double layers = log(tuples + 1) / log(Max(m, 2));
	double measured = layers * m + (wanted + EXPANSIONS_TO_ARRIVE) * (2 * m * FRESH_SHARE);
	VmWork work = {0};

	work.distances = Min(measured, tuples);
	work.random_pages = Min(work.distances, info->pages);
	work.steps = work.distances * STEPS_PER_ELEMENT;
	return work;
}

void
VmHnswCostEstimate(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup,
				   Cost *total, Selectivity *selectivity, double *correlation, double *pages)
{
	IndexOptInfo *info = path->indexinfo;
	VmCost cost;
	VmWork first;
	VmWork all;
	VmValueKind kind;
	double dims;
	int m;

	VmHnswDefineSettings();
	if (VmCostImpossible(path, &cost))
	{
		*startup = cost.startup;
		*total = cost.total;
		*selectivity = cost.selectivity;
		*correlation = cost.correlation;
		*pages = cost.pages;
		return;
	}
	VmCostColumn(info, &kind, &dims);
	m = IndexM(info);
	first = SearchWork(info, m, vm_hnsw_ef_search);
	all = SearchWork(info, m, Max(info->tuples, vm_hnsw_ef_search));
	*startup = VmCostWork(root, path, &first, VmCostDistance(kind, dims), loop_count);
	*total = Max(*startup, VmCostWork(root, path, &all, VmCostDistance(kind, dims), loop_count));
	*selectivity = 1;
	*correlation = 0;
	*pages = first.random_pages;
}
