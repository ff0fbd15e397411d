/*
 * ttl.h
 *		Rows that expire: collection.ttl.seconds.
 *
 * Reads through schema milvus leave expired rows out (VmExpiryTs in stats.h); a
 * worker deletes them now and then.
 */
#ifndef VM_COLLECTION_TTL_H
#define VM_COLLECTION_TTL_H

#include "compat/compat.h"

#include "collection/collection.h"

/* Gives a collection whose rows expire a small index on "$ts", if it has none. */
extern void VmTtlPrepare(VmCollection *collection);

/* Defines vecmilvus.purge_interval and gives the worker its task.  From _PG_init. */
extern void VmTtlInit(void);

#endif
