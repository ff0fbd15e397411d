/*
 * insert.h
 *		Writing a batch of new rows.
 */
#ifndef VM_COLLECTION_INSERT_H
#define VM_COLLECTION_INSERT_H

#include "collection/write.h"

/* Returns how many rows were written; frees the batch's rows. */
extern int64 VmInsertBatch(VmWrite *write);

#endif
