/*
 * stop_point.h
 *		Named places where a test can hold a session, so that a race becomes a
 *		deterministic isolation test.  Compiled in with assertions only.
 *
 * A session that has set vecmilvus.stop_point to a place's name waits there
 * while another session holds pg_advisory_lock(VM_STOP_POINT_CLASS, 0).  Where
 * a buffer is locked meanwhile (the two named *-extended), a test must keep
 * others from it: nobody who waits for such a lock can be cancelled.
 */
#ifndef VM_AM_STOP_POINT_H
#define VM_AM_STOP_POINT_H

#include "compat/compat.h"

#define VM_STOP_POINT_CLASS 7

#ifdef USE_ASSERT_CHECKING
extern void VmStopPoint(const char *name);
extern void VmStopPointDefineSetting(void);
#else
#define VmStopPoint(name)          ((void) 0)
#define VmStopPointDefineSetting() ((void) 0)
#endif

#endif
