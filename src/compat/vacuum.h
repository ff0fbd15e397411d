/*
 * vacuum.h
 *		Vacuuming an index, on every supported server.
 */
#ifndef VM_COMPAT_VACUUM_H
#define VM_COMPAT_VACUUM_H

#include "compat/compat.h"

#include "access/genam.h"
#include "access/transam.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "utils/snapmgr.h"

/*
 * True when no snapshot and no transaction can be as old as xid any more.  The
 * horizon is that of the index's table from 16 on, before that the stricter one
 * of all databases (nbtree does the same).
 */
static inline bool
VmXidIsRemovable(const IndexVacuumInfo *info, FullTransactionId xid)
{
#if PG_VERSION_NUM >= 160000
	return GlobalVisCheckRemovableFullXid(info->heaprel, xid);
#else
	(void) info;
	return GlobalVisCheckRemovableFullXid(NULL, xid);
#endif
}

static inline bool
VmIsAutovacuumWorker(void)
{
#if PG_VERSION_NUM >= 170000
	return AmAutoVacuumWorkerProcess();
#else
	return IsAutoVacuumWorkerProcess();
#endif
}

#endif
