/*
 * memento.h
 *		What schema milvus knows of a collection, as a comment on the table's
 *		primary key.
 *
 * pg_dump -t and -n write tables and comments but no rows of an extension's
 * tables.  So each change of a collection's rows ends with writing them, as
 * JSON, to a comment that goes where the table goes; register_collection reads
 * it.  Nothing else does: the rows hold.
 */
#ifndef VM_COLLECTION_MEMENTO_H
#define VM_COLLECTION_MEMENTO_H

#include "compat/compat.h"

#include "collection/collection.h"

/* Of a collection, which the caller owns and has locked against other changes. */
extern void VmMementoWrite(Oid relid);

/* NULL if the table's primary key has no such comment. */
extern Jsonb *VmMementoRead(Oid relid);

/* Makes the rows of a memento: fields, partitions, aliases, indexes. */
extern void VmMementoRestore(Oid relid, const Jsonb *memento);

#endif
