/*
 * database_command_private.h
 *		Which database a command needs without sessions, if PostgreSQL will let
 *		this role run it here.
 */
#ifndef VM_CONSISTENCY_DATABASE_COMMAND_PRIVATE_H
#define VM_CONSISTENCY_DATABASE_COMMAND_PRIVATE_H

#include "compat/compat.h"

#include "nodes/nodes.h"
#include "tcop/utility.h"

/*
 * InvalidOid for all other commands, and for one that is bound to fail: for want
 * of privileges, in a transaction block, on the current database (CONS-11).  Who
 * passes here may still fail, but only at a database of his own.  Takes no lock.
 */
extern Oid VmDatabaseNeededAlone(Node *command, ProcessUtilityContext context);

#endif
