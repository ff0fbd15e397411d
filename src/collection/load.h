/*
 * load.h
 *		The load state, for the files that ask it.
 */
#ifndef VM_COLLECTION_LOAD_H
#define VM_COLLECTION_LOAD_H

#include "compat/compat.h"

#include "collection/catalog.h"
#include "collection/collection.h"

/* Whether the collection, or at least one of its partitions, is loaded. */
extern bool VmCollectionIsLoaded(const VmCollection *collection);
extern bool VmRowIsLoaded(const VmCollectionRow *row);

/*
 * Reads the collection's indexes and its table into shared buffers, as far as
 * they fit, where extension pg_prewarm is installed and the caller may use it.
 */
extern void VmPrewarm(const VmCollection *collection);

#endif
