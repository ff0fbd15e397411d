/*
 * planner.h
 *		Paths that must not be taken, on every supported server.
 */
#ifndef VM_COMPAT_PLANNER_H
#define VM_COMPAT_PLANNER_H

#include "compat/compat.h"

#include "nodes/pathnodes.h"

/*
 * Makes a path the last choice: from 18 on the planner compares the number of
 * disabled nodes before the costs.
 */
static inline void
VmPathDisable(Path *path)
{
#if PG_VERSION_NUM >= 180000
	path->disabled_nodes = 2;
#else
	(void) path;
#endif
}

#endif
