/*
 * relation.h
 *		Extending a relation, and its primary key, on every supported server.
 */
#ifndef VM_COMPAT_RELATION_H
#define VM_COMPAT_RELATION_H

#include "compat/compat.h"

#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/smgr.h"
#include "utils/rel.h"

/*
 * A new page of zeros, pinned and locked exclusively.  An index of our own
 * transaction may be extended by parallel workers, too, so that
 * RELATION_IS_LOCAL does not mean that no lock is needed.
 */
static inline Buffer
VmExtendRelation(Relation relation, ForkNumber fork)
{
#if PG_VERSION_NUM >= 160000
	return ExtendBufferedRel(BMR_REL(relation), fork, NULL, EB_LOCK_FIRST);
#else
	bool lock = !relation->rd_islocaltemp;
	Buffer buffer;

	if (lock)
		LockRelationForExtension(relation, ExclusiveLock);
	buffer = ReadBufferExtended(relation, fork, P_NEW, RBM_ZERO_AND_LOCK, NULL);
	if (lock)
		UnlockRelationForExtension(relation, ExclusiveLock);
	return buffer;
#endif
}

/*
 * Pages of zeros from `first`, the fork's end, on, which are on disk and in no
 * buffer.  For a relation that nobody else can extend meanwhile.
 */
static inline void
VmExtendByZeros(Relation relation, ForkNumber fork, BlockNumber first, int count)
{
#if PG_VERSION_NUM >= 160000
	smgrzeroextend(RelationGetSmgr(relation), fork, first, count, false);
#else
	static char zeros[BLCKSZ] pg_attribute_aligned(4096);

	for (int i = 0; i < count; i++)
		smgrextend(RelationGetSmgr(relation), fork, first + i, zeros, false);
#endif
}

/* The index of the primary key, unless it is deferrable; InvalidOid without one. */
static inline Oid
VmPrimaryKeyIndex(Relation relation)
{
#if PG_VERSION_NUM >= 180000
	return RelationGetPrimaryKeyIndex(relation, false);
#else
	return RelationGetPrimaryKeyIndex(relation);
#endif
}

#endif
