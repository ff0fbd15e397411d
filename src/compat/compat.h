/*
 * compat.h
 *		What differs between the supported servers (PostgreSQL 15 to 18), so
 *		that no other file needs PG_VERSION_NUM (SRC-2).
 */
#ifndef VM_COMPAT_COMPAT_H
#define VM_COMPAT_COMPAT_H

#include "postgres.h"
#include "fmgr.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#if PG_VERSION_NUM < 150000
#error "vecmilvus needs PostgreSQL 15 or newer"
#endif

/*
 * Declares a function callable from SQL.  The linker's version script exports
 * it; on servers that compile with hidden visibility (16 and up)
 * PG_FUNCTION_INFO_V1 itself marks it.
 */
#define VM_FUNCTION(name) PG_FUNCTION_INFO_V1(name)

/* The library's; the control file and the Makefile have the same. */
#define VM_VERSION "0.1.0"

/* The module's magic, with name and version where the server records them. */
#ifdef PG_MODULE_MAGIC_EXT
#define VM_MODULE_MAGIC(module_name, module_version)                                               \
	PG_MODULE_MAGIC_EXT(.name = module_name, .version = module_version)
#else
#define VM_MODULE_MAGIC(module_name, module_version) PG_MODULE_MAGIC
#endif

/*
 * Errors of input functions that a caller may want saved rather than raised
 * (pg_input_is_valid, COPY ... ON_ERROR ignore): from 16 on.
 */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define VmErrsave(context, ...) errsave(context, __VA_ARGS__)
#else
#define VmErrsave(context, ...)                                                                    \
	do                                                                                             \
	{                                                                                              \
		(void) (context);                                                                          \
		ereport(ERROR, __VA_ARGS__);                                                               \
	} while (0)
#endif

/* Came with 16, and to late minors of 15. */
#ifndef palloc_array
#define palloc_array(type, count)  ((type *) palloc(sizeof(type) * (count)))
#define palloc0_array(type, count) ((type *) palloc0(sizeof(type) * (count)))
#define palloc_object(type)        ((type *) palloc(sizeof(type)))
#define palloc0_object(type)       ((type *) palloc0(sizeof(type)))
#endif

/* A relation's files: RelFileNode became RelFileLocator in 16. */
#if PG_VERSION_NUM >= 160000
#define VmRelationLocator(relation) ((relation)->rd_locator)
#else
#define VmRelationLocator(relation) ((relation)->rd_node)
#endif

/*
 * Where a vacuum pauses and can be cancelled, so no buffer may be locked: 18
 * wants to know whether it is an ANALYZE.
 */
#if PG_VERSION_NUM >= 180000
#define VmVacuumDelayPoint() (AssertMacro(InterruptHoldoffCount == 0), vacuum_delay_point(false))
#else
#define VmVacuumDelayPoint() (AssertMacro(InterruptHoldoffCount == 0), vacuum_delay_point())
#endif

#endif
