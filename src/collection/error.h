/*
 * error.h
 *		Milvus's error codes as SQLSTATEs, and the texts that several files raise.
 *
 * A Milvus code is reported as 'M' and its four digits (M0100: collection not
 * found); 65535, which has five, as M9999.  What PostgreSQL itself has a
 * condition for (privileges, a table of that name exists, a duplicate key)
 * keeps PostgreSQL's own SQLSTATE.  docs/errors.md lists all of them.
 */
#ifndef VM_COLLECTION_ERROR_H
#define VM_COLLECTION_ERROR_H

#include "compat/compat.h"

typedef enum VmMilvusCode
{
	VM_COLLECTION_NOT_FOUND = 100,
	VM_COLLECTION_NOT_LOADED = 101,
	VM_COLLECTION_ILLEGAL_SCHEMA = 105,
	VM_PARTITION_NOT_FOUND = 200,
	VM_PARTITION_NOT_LOADED = 201,
	VM_GROUP_NOT_FOUND = 300,
	VM_GROUP_EXISTS = 301,
	VM_GROUP_LIMIT = 302,
	VM_GROUP_ILLEGAL_CONFIG = 303,
	VM_INDEX_NOT_FOUND = 700,
	VM_INDEX_DUPLICATE = 702,
	VM_DATABASE_NOT_FOUND = 800,
	VM_DATABASE_LIMIT = 801,
	VM_DATABASE_INVALID_NAME = 802,
	VM_PARAMETER_INVALID = 1100,
	VM_PARAMETER_MISSING = 1101,
	VM_PARAMETER_TOO_LARGE = 1102,
	VM_ALIAS_NOT_FOUND = 1600,
	VM_ALIAS_NAME_CONFLICT = 1601,
	VM_ALIAS_EXISTS = 1602,
	VM_FIELD_NOT_FOUND = 1700,
	VM_FIELD_INVALID_NAME = 1701,
	VM_INSERT_INVALID = 1804,
	VM_UNSUPPORTED = 3000,
	VM_UNEXPECTED = 65535
} VmMilvusCode;

/* The SQLSTATE of a code, as errcode() takes it. */
extern int VmMilvusSqlstate(VmMilvusCode code);

/* For use inside ereport, in place of errcode(). */
#define VmErrcode(code) errcode(VmMilvusSqlstate(code))

extern _Noreturn void VmRaiseCollectionNotFound(const char *database, const char *name);
extern _Noreturn void VmRaisePartitionNotFound(const char *name);
extern _Noreturn void VmRaiseFieldNotFound(const char *collection, const char *field);
extern _Noreturn void VmRaiseIndexNotFound(const char *collection, const char *index);
extern _Noreturn void VmRaiseDatabaseNotFound(const char *name);
extern _Noreturn void VmRaiseGroupNotFound(const char *name);

#endif
