/*
 * clock_private.h
 *		The wall clock as the oracle reads it.
 */
#ifndef VM_CONSISTENCY_CLOCK_PRIVATE_H
#define VM_CONSISTENCY_CLOCK_PRIVATE_H

#include "compat/compat.h"

/* The smallest timestamp of the current millisecond. */
extern int64 VmClockNow(void);

/* In builds with assertions: vecmilvus.test_clock_offset. */
extern void VmClockDefineSettings(void);

#endif
