/*
 * ids.h
 *		Primary keys that a call names: a JSON array of them, or a single one.
 */
#ifndef VM_COLLECTION_IDS_H
#define VM_COLLECTION_IDS_H

#include "compat/compat.h"

#include "utils/array.h"
#include "utils/jsonb.h"

#include "collection/collection.h"

/* Raises VM_UNSUPPORTED: somebody gave the key's column a type that no key has. */
extern void VmCheckKeyType(const VmCollection *collection);

/*
 * As an array of bigint or text, for the collection's key, each once, in the
 * order given.  *type is the array's.  Integers may be strings; a value of
 * another type, or that the key cannot hold, raises VM_PARAMETER_INVALID.
 */
extern ArrayType *VmIdsFromJson(const VmCollection *collection, Jsonb *ids, Oid *type);

#endif
