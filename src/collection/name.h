/*
 * name.h
 *		Which names Milvus allows.
 *
 * Letters, digits and underscores, not beginning with a digit; a partition's
 * may begin with one and have hyphens.  Milvus allows 255 characters, a name in
 * PostgreSQL has 63 bytes: longer ones are refused, never cut.
 */
#ifndef VM_COLLECTION_NAME_H
#define VM_COLLECTION_NAME_H

#include "compat/compat.h"

/* Each raises VM_PARAMETER_INVALID or the code of its kind. */
extern void VmCheckCollectionName(const char *name);
extern void VmCheckAliasName(const char *name);
extern void VmCheckPartitionName(const char *name);
extern void VmCheckFieldName(const char *name);
extern void VmCheckIndexName(const char *name);
extern void VmCheckDatabaseName(const char *name);
extern void VmCheckGroupName(const char *name);

/* An argument as text; raises VM_PARAMETER_MISSING if it is NULL. */
extern char *VmTextArgument(FunctionCallInfo fcinfo, int n, const char *name);

/* The same, or missing if it is NULL. */
extern char *VmOptionalText(FunctionCallInfo fcinfo, int n, char *missing);

/* An integer, or missing if it is NULL. */
extern int32 VmIntArgument(FunctionCallInfo fcinfo, int n, int32 missing);

/*
 * Whether an argument is a constant of the statement.  An extern Param is none:
 * PL/pgSQL changes it between calls of the same FmgrInfo.
 */
extern bool VmArgumentIsConstant(FunctionCallInfo fcinfo, int n);

/* Elements of a text[]; count 0 if it is NULL, and a NULL element is an error. */
extern char **VmTextArrayArgument(FunctionCallInfo fcinfo, int n, const char *name, int *count);

#endif
