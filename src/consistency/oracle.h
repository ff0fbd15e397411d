/*
 * oracle.h
 *		The timestamp oracle: hybrid timestamps, unique in a database and rising
 *		over restarts, crashes, promotions and a clock set back.
 *
 * Preloaded, a draw is a compare-and-swap in shared memory below a bound that
 * the tick page holds (CONS-2).  Otherwise every draw writes the tick page and
 * flushes its WAL; single draws of one statement share a write.
 *
 * Draws raise an error in a read-only transaction, in recovery and in parallel
 * mode.  They assign no transaction id and cannot be undone: what a transaction
 * drew before it aborted is lost, as with sequences.
 */
#ifndef VM_CONSISTENCY_ORACLE_H
#define VM_CONSISTENCY_ORACLE_H

#include "compat/compat.h"

#define VM_ORACLE_MAX_COUNT (1 << 20)

/* First of count consecutive timestamps, all new; 1 <= count <= VM_ORACLE_MAX_COUNT. */
extern int64 VmOracleDraw(int count);

/*
 * One timestamp per command: the first call draws it, later calls of the same
 * command give it again.
 */
extern int64 VmOracleStatementTs(void);

#endif
