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
#include "storage/procarray.h"
#include "utils/snapmgr.h"

/*
 * Has VmXidIsRemovable look at the transactions that run now.  By itself it goes
 * by those of the backend's last snapshot, which a vacuum takes when it starts:
 * all that came later would seem to be needed.
 */
static inline void
VmRefreshHorizon(const IndexVacuumInfo *info)
{
#if PG_VERSION_NUM >= 160000
	(void) GetOldestNonRemovableTransactionId(info->heaprel);
#else
	(void) info;
	(void) GetOldestNonRemovableTransactionId(NULL);
#endif
}

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
