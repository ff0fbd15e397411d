/*
 * alias.h
 *		Second names of collections, in the same schema as the collection.
 *
 * In a schema, a name is that of a table, or an alias of one collection (COLL-9).
 */
#ifndef VM_COLLECTION_ALIAS_H
#define VM_COLLECTION_ALIAS_H

#include "compat/compat.h"

/* The collection that an alias of this schema names, or InvalidOid. */
extern Oid VmAliasLookup(const char *alias, Oid nspid);

/*
 * Whether a collection may come to have this name in this schema: raises
 * VM_ALIAS_NAME_CONFLICT if an alias has it.
 */
extern void VmCheckNoAlias(const char *name, Oid nspid);

/* Whether an alias of this relation may have this name: nothing else in the schema has it. */
extern bool VmAliasIsFree(const char *alias, Oid relid);

/* "a, b", or NULL if there are none. */
extern char *VmAliasesText(Oid relid);

#endif
