/*
 * change.h
 *		Noting that a collection was changed.
 */
#ifndef VM_COLLECTION_CHANGE_H
#define VM_COLLECTION_CHANGE_H

#include "compat/compat.h"

/*
 * Sets the time of the collection's last change and writes its memento.  Every
 * function that changes a collection's rows in schema milvus ends with it.
 */
extern void VmCollectionTouch(Oid relid);

#endif
