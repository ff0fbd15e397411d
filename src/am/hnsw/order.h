/*
 * order.h
 *		In which order nodes of a graph are written, so that neighbors share pages.
 */
#ifndef VM_AM_HNSW_ORDER_H
#define VM_AM_HNSW_ORDER_H

#include "am/hnsw/graph.h"

/*
 * All nodes' numbers, in memory of their own.  group: nodes that a page takes,
 * about.
 */
extern uint32 *VmHnswComputeOrder(const VmGraph *graph, int group);

#endif
