/*
 * cost.h
 *		amcostestimate of hnsw.
 */
#ifndef VM_AM_HNSW_COST_H
#define VM_AM_HNSW_COST_H

#include "compat/compat.h"

#include "nodes/pathnodes.h"

extern void
VmHnswCostEstimate(PlannerInfo *root, IndexPath *path, double loop_count, Cost *startup,
				   Cost *total, Selectivity *selectivity, double *correlation, double *pages);

#endif
