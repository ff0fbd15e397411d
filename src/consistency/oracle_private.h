/*
 * oracle_private.h
 *		What the worker needs of the oracle.
 */
#ifndef VM_CONSISTENCY_ORACLE_PRIVATE_H
#define VM_CONSISTENCY_ORACLE_PRIVATE_H

#include "compat/compat.h"

/*
 * Writes a tick, and renews the reservation ahead of time; false when this
 * database has no oracle (any more).  The WAL is left to the WAL writer, except
 * for a new reservation's.
 */
extern bool VmOracleTick(void);

/* Whether this database has an oracle. */
extern bool VmOraclePresent(void);

#endif
