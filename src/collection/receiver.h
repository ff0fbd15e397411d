/*
 * receiver.h
 *		Rows of a plan, one by one, as long as they are wanted.
 */
#ifndef VM_COLLECTION_RECEIVER_H
#define VM_COLLECTION_RECEIVER_H

#include "compat/compat.h"

#include "executor/spi.h"
#include "executor/tuptable.h"
#include "nodes/params.h"

/*
 * Takes a row, whose slot is filled; false if no more are wanted.  Runs in a
 * context that is as short as the statement.
 */
typedef bool (*VmTakeRow)(TupleTableSlot *slot, void *state);

/* Runs a plan that reads only, with the active snapshot.  SPI must be connected. */
extern void VmExecuteRows(SPIPlanPtr plan, ParamListInfo params, VmTakeRow take, void *state);

#endif
