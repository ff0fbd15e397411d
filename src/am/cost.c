/*
 * cost.c
 *		What the access methods' cost estimates share: VmCost....
 */
#include "compat/compat.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "nodes/pathnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/spccache.h"
#include "utils/syscache.h"

#include "am/cost.h"
#include "compat/planner.h"

/*
 * In units of cpu_operator_cost.  A kernel does about as many elements per unit
 * as the distance functions do (types/cost.c), without the function call, so
 * that an index scan and a sort of the table are compared by the same measure.
 */
#define COST_PER_DISTANCE    0.2
#define ELEMENTS_PER_UNIT    200.0
#define COST_PER_STEP        0.1
#define COST_PER_PAGE        10.0
#define DEFAULT_DIMS         768.0
#define BITS_PER_ELEMENT     32.0
#define SPARSE_STORED_VALUES 100.0

bool
VmCostImpossible(IndexPath *path, VmCost *cost)
{
	if (path->indexorderbys != NIL)
		return false;

	cost->startup = get_float8_infinity();
	cost->total = get_float8_infinity();
	cost->selectivity = 0;
	cost->correlation = 0;
	cost->pages = 0;
	VmPathDisable(&path->path);
	return true;
}

Cost
VmCostDistance(VmValueKind kind, double dims)
{
	double elements = dims;

	if (kind == VM_VALUE_BIT)
		elements = dims / BITS_PER_ELEMENT;
	else if (kind == VM_VALUE_SPARSEVEC)
		elements = Min(dims, SPARSE_STORED_VALUES) * 20;
	return (COST_PER_DISTANCE + elements / ELEMENTS_PER_UNIT) * cpu_operator_cost;
}

/*
 * Pages that have to come from disk.  Several scans of one query find each
 * other's pages in the cache, as in genericcostestimate.
 */
static double
PagesPerScan(PlannerInfo *root, IndexOptInfo *info, double pages, double loop_count)
{
	if (loop_count <= 1 || pages <= 0)
		return pages;
	return index_pages_fetched(pages * loop_count, info->pages, info->pages, root) / loop_count;
}

Cost
VmCostWork(PlannerInfo *root, IndexPath *path, const VmWork *work, Cost distance_cost,
		   double loop_count)
{
	IndexOptInfo *info = path->indexinfo;
	double random_pages = PagesPerScan(root, info, work->random_pages, loop_count);
	double sequential_pages = PagesPerScan(root, info, work->sequential_pages, loop_count);
	double random_page_cost;
	double seq_page_cost;

	get_tablespace_page_costs(info->reltablespace, &random_page_cost, &seq_page_cost);
	return random_pages * random_page_cost + sequential_pages * seq_page_cost +
		   (work->random_pages + work->sequential_pages) * COST_PER_PAGE * cpu_operator_cost +
		   work->distances * distance_cost + work->steps * COST_PER_STEP * cpu_operator_cost;
}

double
VmCostRowsWanted(PlannerInfo *root, IndexPath *path)
{
	double rows = Max(path->indexinfo->tuples, 1);
	double selectivity;

	if (root->limit_tuples < 0)
		return rows;
	selectivity = path->indexinfo->rel->tuples > 0 ?
					  path->path.parent->rows / path->indexinfo->rel->tuples :
					  1;
	selectivity = Max(selectivity, 1.0 / rows);
	return clamp_row_est(Min(rows, root->limit_tuples / Min(selectivity, 1)));
}

void
VmCostColumn(IndexOptInfo *info, VmValueKind *kind, double *dims)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(info->indexoid), Int16GetDatum(1));
	FmgrInfo distance;
	Oid function = get_opfamily_proc(info->opfamily[0], info->opcintype[0], info->opcintype[0],
									 VM_SUPPORT_DISTANCE);
	VmMetric metric;

	*kind = VM_VALUE_VECTOR;
	*dims = DEFAULT_DIMS;
	if (HeapTupleIsValid(tuple))
	{
		int32 typmod = ((Form_pg_attribute) GETSTRUCT(tuple))->atttypmod;

		if (typmod > 0)
			*dims = typmod;
		ReleaseSysCache(tuple);
	}
	if (OidIsValid(function))
	{
		fmgr_info(function, &distance);
		(void) VmSpaceLookup(&distance, kind, &metric);
	}
}
