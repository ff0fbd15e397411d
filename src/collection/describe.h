/*
 * describe.h
 *		Fields as clients see them.
 */
#ifndef VM_COLLECTION_DESCRIBE_H
#define VM_COLLECTION_DESCRIBE_H

#include "compat/compat.h"

#include "collection/collection.h"

/* What a column's default gives, as jsonb; NULL if it has none or one that varies. */
extern Jsonb *VmFieldDefault(VmCollection *collection, const VmField *field);

#endif
