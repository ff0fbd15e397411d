/*
 * acl.h
 *		Who may maintain a table, on every supported server.
 */
#ifndef VM_COMPAT_ACL_H
#define VM_COMPAT_ACL_H

#include "compat/compat.h"

#include "catalog/pg_class.h"
#include "utils/acl.h"

/* True for the owner (and superusers), and from 17 on for holders of MAINTAIN. */
static inline bool
VmMayMaintain(Oid table, Oid user)
{
#if PG_VERSION_NUM >= 170000
	if (pg_class_aclcheck(table, user, ACL_MAINTAIN) == ACLCHECK_OK)
		return true;
#endif
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, table, user);
#else
	return pg_class_ownercheck(table, user);
#endif
}

#endif
