/*
 * cost.c
 *		amcostestimate of hnsw: what a search measures and reads.
 *
 * A search expands about ef elements, and a few on the way to them; of each
 * one's neighbors about half were met before.  An element that is measured is a
 * page touched, and a page read as far as the index does not fit the cache:
 * elements of a graph are visited by every search, so what fits is there.
 *
 * A scan that is not iterative ends after ef elements.  Where the query wants
 * more of them, after its filters, the index would return too few rows; that is
 * not a cost, but it has no other way to be said, so such plans are made dear.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/relation.h"
#include "optimizer/optimizer.h"
#include "utils/rel.h"

#include "am/cost.h"
#include "am/hnsw/cost.h"
#include "am/hnsw/hnsw.h"
#include "am/hnsw/options.h"

/* Elements expanded before the search is among the nearest (ann-bench, README). */
#define EXPANSIONS_TO_ARRIVE 12

/* New elements that an expansion finds, of the 2 m that it might. */
#define FRESH_SHARE 0.4

/* For each element measured: finding and locking its page, heaps, the set. */
#define STEPS_PER_ELEMENT 80

/* Share of the pages that is taken to be read although the index fits the cache. */
#define LEAST_MISS 0.002

static int
IndexM(IndexOptInfo *info)
{
	Relation index = relation_open(info->indexoid, NoLock); /* the planner holds a lock */
	int m = VmHnswOptionM(index);

	relation_close(index, NoLock);
	return m;
}

/* Share of the touched pages that are not in the cache. */
static double
MissShare(const IndexOptInfo *info)
{
	return Max(LEAST_MISS, 1 - (double) effective_cache_size / Max((double) info->pages, 1));
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
	work.random_pages = Min(work.distances, info->pages) * MissShare(info);
	work.steps = Max(work.distances, wanted) * STEPS_PER_ELEMENT;
	return work;
}

/*
 * How many times more elements the query wants than the scan will return, at
 * least 1.  Where only a share of the rows is asked for (a cursor, a LIMIT that
 * is not known yet), nothing is known.
 */
static double
Shortfall(PlannerInfo *root, IndexPath *path)
{
	if (VmHnswIterative() != VM_HNSW_ITERATIVE_OFF ||
		(root->limit_tuples < 0 && root->tuple_fraction > 0))
		return 1;
	return Max(1, VmCostRowsWanted(root, path) / VmHnswEfSearch());
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
	first = SearchWork(info, m, VmHnswEfSearch());
	all = SearchWork(info, m, Max(info->tuples, VmHnswEfSearch()));
	*startup = VmCostWork(root, path, &first, VmCostDistance(kind, dims), loop_count);
	*total = Max(*startup, VmCostWork(root, path, &all, VmCostDistance(kind, dims), loop_count));
	*total = *startup + (*total - *startup) * Shortfall(root, path);
	*selectivity = 1;
	*correlation = 0;
	*pages = first.random_pages;
}
