/*
 * cost.c
 *		Cost estimate: VmIvfCostEstimate.
 *
 * Before the first row: rank all centroids, read `probes` lists.  To the end:
 * read every list.  The latter is charged without iterative scans too, although
 * those stop after the first lists: a plan that needs more rows than they hold
 * would get too few, so it must not look cheap.  It is charged as one reading of
 * the whole index, the least that it can be.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/genam.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/rel.h"

#include "am/cost.h"
#include "am/ivf/ivf.h"
#include "am/ivf/layout.h"
#include "am/ivf/options.h"

typedef struct Shape
{
	double lists;
	double list_pages;
	double rows_per_page;
} Shape;

/* From the open index; cached with the relation, so mostly no page is read. */
static void
GetShape(IndexOptInfo *info, Shape *shape)
{
	Relation index;
	const VmIvf *ivf;

	if (info->hypothetical)
	{
		*shape = (Shape) {VM_IVF_DEFAULT_LISTS, VM_IVF_DEFAULT_LISTS, 1};
		return;
	}
	index = index_open(info->indexoid, NoLock);
	ivf = VmIvfOpen(index);
	shape->lists = ivf->lists;
	shape->list_pages = ivf->row_block - VM_IVF_FIRST_LIST_BLOCK;
	shape->rows_per_page = ivf->rows_per_page;
	index_close(index, NoLock);
}

/* What reading some lists does; the pages of a list mostly follow each other. */
static void
AddLists(VmWork *work, const Shape *shape, double rows, double lists)
{
	double rows_per_list = rows / shape->lists;
	double pages_per_list = Max(1, ceil(rows_per_list / shape->rows_per_page));

	work->random_pages += lists;
	work->sequential_pages += lists * (pages_per_list - 1);
	work->distances += lists * rows_per_list;
	work->steps += lists * rows_per_list;
}

/* amcostestimate */
void
VmIvfCostEstimate(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup, Cost *total,
				  Selectivity *selectivity, double *correlation, double *pages)
{
	IndexOptInfo *info = path->indexinfo;
	double rows = Max(info->tuples, 1);
	VmCost cost;
	VmWork first = {0};
	VmWork rest = {0};
	Shape shape;
	VmValueKind kind;
	double dims;
	double probes;
	Cost distance;

	VmIvfDefineSettings();
	if (!VmCostImpossible(path, &cost))
	{
		GetShape(info, &shape);
		VmCostColumn(info, &kind, &dims);
		distance = VmCostDistance(kind, dims);
		probes = Min(VmIvfProbes(), shape.lists);

		first.sequential_pages = shape.list_pages;
		first.distances = first.steps = shape.lists;
		AddLists(&first, &shape, rows, probes);
		AddLists(&rest, &shape, rows, shape.lists - probes);
		rest.sequential_pages += rest.random_pages;
		rest.random_pages = 0;

		cost.startup = VmCostWork(root, path, &first, distance, loop_count);
		cost.total = cost.startup + VmCostWork(root, path, &rest, distance, loop_count) +
					 rows * (cpu_index_tuple_cost + log2(rows + 1) * 0.1 * cpu_operator_cost);
		cost.selectivity = 1;
		cost.correlation = 0;
		cost.pages =
			first.random_pages + first.sequential_pages + rest.random_pages + rest.sequential_pages;
	}
	*startup = cost.startup;
	*total = cost.total;
	*selectivity = cost.selectivity;
	*correlation = cost.correlation;
	*pages = cost.pages;
}
