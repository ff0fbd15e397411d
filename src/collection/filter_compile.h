/*
 * filter_compile.h
 *		A filter's tree as a condition.
 */
#ifndef VM_COLLECTION_FILTER_COMPILE_H
#define VM_COLLECTION_FILTER_COMPILE_H

#include "collection/filter_private.h"

/* SQL in parentheses; raises for what is no condition. */
extern char *VmFilterCondition(VmCompiler *compiler, const VmFilterNode *node);

#endif
