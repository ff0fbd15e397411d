/*
 * partition.h
 *		Partitions as rows of milvus.partition and a column "$partition".
 */
#ifndef VM_COLLECTION_PARTITION_H
#define VM_COLLECTION_PARTITION_H

#include "compat/compat.h"

#include "collection/collection.h"

/* Notes a partition; the column is not looked at. */
extern void VmPartitionAddRow(Oid relid, const char *name, bool loaded);

/* Names of partitions: "_default", "_default_0" to "_default_15" with a partition key ... */
extern List *VmPartitionNames(VmCollection *collection);

#endif
