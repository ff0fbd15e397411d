/*
 * statement.h
 *		Running generated statements with the caller's rights.
 */
#ifndef VM_COLLECTION_STATEMENT_H
#define VM_COLLECTION_STATEMENT_H

#include "compat/compat.h"

/* Runs a utility statement; what it says is what PostgreSQL says of it. */
extern void VmRunUtility(const char *sql);

/* Runs a DML statement with parameters and returns how many rows it changed. */
extern uint64 VmRunDml(const char *sql, int nargs, Oid *types, Datum *values);

/* One bigint of a query that gives one; parameters as above. */
extern int64 VmQueryInt(const char *sql, int nargs, Oid *types, Datum *values);

#endif
