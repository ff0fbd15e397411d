/*
 * index_build.h
 *		CREATE INDEX for a row of milvus.index, and building one in the background.
 */
#ifndef VM_COLLECTION_INDEX_BUILD_H
#define VM_COLLECTION_INDEX_BUILD_H

#include "compat/compat.h"

#include "collection/catalog.h"
#include "collection/collection.h"
#include "collection/index_type.h"

extern char *VmIndexSql(const VmCollection *collection, const char *pg_name,
						const VmIndexPlan *plan, bool concurrently);

/* Starts a worker that builds the row's index when our transaction has been committed. */
extern void VmIndexBuildStart(const VmIndexRow *row);

/*
 * Ends all builds of a collection that the caller owns.  To be called before
 * waiting for a lock on its table that a build would not let anybody have.
 */
extern void VmIndexStopBuilds(Oid relid);

#endif
