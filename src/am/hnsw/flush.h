/*
 * flush.h
 *		Writing the graph that was built in memory to pages.
 */
#ifndef VM_AM_HNSW_FLUSH_H
#define VM_AM_HNSW_FLUSH_H

#include "am/hnsw/graph.h"

/*
 * Appends the graph's nodes to an index that holds its metapage only, and makes
 * the graph's entry the index's.  Nobody else uses graph or index meanwhile.
 * Nothing is logged.
 */
extern void VmHnswFlush(VmHnsw *hnsw, VmGraph *graph);

#endif
