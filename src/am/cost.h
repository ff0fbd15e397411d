/*
 * cost.h
 *		What the access methods' cost estimates share.
 *
 * An index that returns rows by distance does most of its work before the first
 * row: that is the startup cost.  The planner interpolates linearly between
 * startup and total cost by the share of the rows that it wants, after the
 * filters, so the total is the cost of reading the index to its end.  The cost
 * of visiting the table is added by the caller (cost_index).
 */
#ifndef VM_AM_COST_H
#define VM_AM_COST_H

#include "compat/compat.h"

#include "nodes/pathnodes.h"

#include "am/space.h"

typedef struct VmCost
{
	Cost startup;
	Cost total;
	Selectivity selectivity;
	double correlation;
	double pages; /* of the index, read by the whole scan */
} VmCost;

/* What a part of a scan does. */
typedef struct VmWork
{
	double random_pages;     /* read in no order */
	double sequential_pages; /* read one after the other */
	double distances;        /* of a query to a payload */
	double steps;            /* other small steps: heap operations, hash lookups */
} VmWork;

/*
 * True when the index could not answer: no ordering operator.  Fills in a cost
 * that no plan takes; the server has no plan without one left that would.
 */
extern bool VmCostImpossible(IndexPath *path, VmCost *cost);

/* Cost of one distance, and of work in the index on its tablespace. */
extern Cost VmCostDistance(VmValueKind kind, double dims);
extern Cost VmCostWork(PlannerInfo *root, IndexPath *path, const VmWork *work, Cost distance_cost,
					   double loop_count);

/*
 * Rows that the scan has to return until the query has what it wants: LIMIT
 * divided by the selectivity of the filters that the index does not apply;
 * the index's rows at most, and when there is no limit.
 */
extern double VmCostRowsWanted(PlannerInfo *root, IndexPath *path);

/* Dimensions and kind of the first column, from the catalogs: no index is opened. */
extern void VmCostColumn(IndexOptInfo *info, VmValueKind *kind, double *dims);

#endif
