/*
 * properties.h
 *		Properties and levels: what create and alter take, and how it is stored.
 *
 * Values are strings, as Milvus keeps them; unknown keys are kept and reported.
 */
#ifndef VM_COLLECTION_PROPERTIES_H
#define VM_COLLECTION_PROPERTIES_H

#include "compat/compat.h"

#include "collection/collection.h"

/* old with the pairs of changes; old may be NULL.  Raises VM_PARAMETER_INVALID. */
extern Jsonb *VmPropertiesMerge(const Jsonb *old, const Jsonb *changes);

/* "Strong", "bounded", "1" ... */
extern VmConsistencyLevel VmConsistencyLevelFromText(const char *text);
extern const char *VmConsistencyLevelName(VmConsistencyLevel level);

#endif
