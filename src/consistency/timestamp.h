/*
 * timestamp.h
 *		Hybrid timestamps: a time and a counter in one int64.
 *
 *		 63 62                               18 17              0
 *		+--+-----------------------------------+----------------+
 *		|0 | milliseconds since 1970 (45 bits) | counter (18)   |
 *		+--+-----------------------------------+----------------+
 *
 * A counter that overflows flows into the milliseconds, so a timestamp plus one
 * is the next timestamp, always.  45 bits reach to the year 3084.
 */
#ifndef VM_CONSISTENCY_TIMESTAMP_H
#define VM_CONSISTENCY_TIMESTAMP_H

#include "compat/compat.h"

#define VM_TS_COUNTER_BITS 18
#define VM_TS_MAX_MS       ((INT64CONST(1) << (63 - VM_TS_COUNTER_BITS)) - 1)

/* The smallest timestamp of a millisecond; 0 <= ms <= VM_TS_MAX_MS. */
static inline int64
VmTimestampFromMs(int64 ms)
{
	Assert(ms >= 0 && ms <= VM_TS_MAX_MS);
	return ms << VM_TS_COUNTER_BITS;
}

static inline int64
VmTimestampToMs(int64 ts)
{
	return ts >> VM_TS_COUNTER_BITS;
}

#endif
