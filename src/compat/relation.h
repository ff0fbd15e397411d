/*
 * relation.h
 *		Extending a relation by one page, on every supported server.
 */
#ifndef VM_COMPAT_RELATION_H
#define VM_COMPAT_RELATION_H

#include "compat/compat.h"

#include "storage/bufmgr.h"
#include "storage/lmgr.h"
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

#endif
