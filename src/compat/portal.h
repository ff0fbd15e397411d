/*
 * portal.h
 *		Running a portal to its end, on every supported server.
 */
#ifndef VM_COMPAT_PORTAL_H
#define VM_COMPAT_PORTAL_H

#include "compat/compat.h"

#include "tcop/dest.h"
#include "tcop/pquery.h"
#include "utils/portal.h"

/* As a statement that a client sent by itself. */
static inline void
VmPortalRunAll(Portal portal, DestReceiver *receiver)
{
#if PG_VERSION_NUM >= 180000
	(void) PortalRun(portal, FETCH_ALL, true, receiver, receiver, NULL);
#else
	(void) PortalRun(portal, FETCH_ALL, true, true, receiver, receiver, NULL);
#endif
}

#endif
