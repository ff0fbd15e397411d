/*
 * process.h
 *		This process as others see it, on every supported server: its local
 *		transaction id, the name of what it waits for.
 */
#ifndef VM_COMPAT_PROCESS_H
#define VM_COMPAT_PROCESS_H

#include "compat/compat.h"

#include "storage/proc.h"
#include "utils/wait_event.h"

/* Number of this process's current transaction, which it has before any xid. */
static inline LocalTransactionId
VmLocalTransactionId(void)
{
#if PG_VERSION_NUM >= 170000
	return MyProc->vxid.lxid;
#else
	return MyProc->lxid;
#endif
}

/*
 * What pg_stat_activity shows as the reason of a wait: named from 17 on.  Keep
 * the result; every call takes one of the server's few numbers.
 */
static inline uint32
VmWaitEvent(const char *name)
{
#if PG_VERSION_NUM >= 170000
	return WaitEventExtensionNew(name);
#else
	(void) name;
	return PG_WAIT_EXTENSION;
#endif
}

#endif
