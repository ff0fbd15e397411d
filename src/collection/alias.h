/*
 * alias.h
 *		Second names of collections, in the same schema as the collection.
 */
#ifndef VM_COLLECTION_ALIAS_H
#define VM_COLLECTION_ALIAS_H

#include "compat/compat.h"

/* The collection that an alias of this schema names, or InvalidOid. */
extern Oid VmAliasLookup(const char *alias, Oid nspid);

/* "a, b", or NULL if there are none. */
extern char *VmAliasesText(Oid relid);

#endif
