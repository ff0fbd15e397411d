/*
 * acl.h
 *		Who may maintain a table, and how its index expressions are run then, on
 *		every supported server.
 */
#ifndef VM_COMPAT_ACL_H
#define VM_COMPAT_ACL_H

#include "compat/compat.h"

#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"

/* True for the owner and superusers. */
static inline bool
VmIsTableOwner(Oid table, Oid user)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, table, user);
#else
	return pg_class_ownercheck(table, user);
#endif
}

/* The same of a schema. */
static inline bool
VmIsSchemaOwner(Oid schema, Oid user)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(NamespaceRelationId, schema, user);
#else
	return pg_namespace_ownercheck(schema, user);
#endif
}

/* The same of a database. */
static inline bool
VmIsDatabaseOwner(Oid database, Oid user)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(DatabaseRelationId, database, user);
#else
	return pg_database_ownercheck(database, user);
#endif
}

/* A role's privileges on a schema. */
static inline AclResult
VmSchemaAclCheck(Oid schema, Oid user, AclMode mode)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, schema, user, mode);
#else
	return pg_namespace_aclcheck(schema, user, mode);
#endif
}

/* A role's privileges on the database of the session. */
static inline AclResult
VmDatabaseAclCheck(Oid user, AclMode mode)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(DatabaseRelationId, MyDatabaseId, user, mode);
#else
	return pg_database_aclcheck(MyDatabaseId, user, mode);
#endif
}

/* True for the owner (and superusers), and from 17 on for holders of MAINTAIN. */
static inline bool
VmMayMaintain(Oid table, Oid user)
{
#if PG_VERSION_NUM >= 170000
	if (pg_class_aclcheck(table, user, ACL_MAINTAIN) == ACLCHECK_OK)
		return true;
#endif
	return VmIsTableOwner(table, user);
}

/*
 * The search_path under which maintenance runs code of a table's owner, until
 * the nest level of settings ends.  Before 17 that is the caller's, as for the
 * server's own commands: only the owner and superusers get here, and expressions
 * that were indexed under their path may need it.
 */
static inline void
VmRestrictSearchPath(void)
{
#if PG_VERSION_NUM >= 170000
	RestrictSearchPath();
#endif
}

#endif
