/*
 * prepared.h
 *		What a session remembers of its reads: which table a name leads to, and for
 *		each kind of call its collection, statements and plans.
 *
 * A call that was made before, but for its vectors and values, costs a lookup
 * here, a lock and the execution of a plan.  Whatever changes the table, its
 * rows in schema milvus or a schema's name sends an invalidation, which drops
 * what was remembered (COLL-10).
 */
#ifndef VM_COLLECTION_PREPARED_H
#define VM_COLLECTION_PREPARED_H

#include "compat/compat.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "nodes/params.h"

#include "collection/collection.h"

typedef struct VmPrepared VmPrepared;

/*
 * Makes what is to be remembered, in the current memory context, which lives as
 * long as it; arguments are the caller's.
 */
typedef void *(*VmPrepareMake)(VmPrepared *prepared, VmCollection *collection, void *arguments);

/* Uses it.  It stays as it is until this returns. */
typedef void (*VmPrepareUse)(void *state, void *arguments);

/*
 * The table of a collection's name or alias, as VmCollectionOpen finds it, locked
 * AccessShareLock.
 */
extern Oid VmOpenForRead(const char *name);

/*
 * Finds what was made for this key and table, or makes it, and uses it.  The key
 * holds everything that make looks at.  SPI is connected in use.
 */
extern void VmPreparedUse(Oid relid, const StringInfoData *key, VmPrepareMake make,
						  VmPrepareUse use, void *arguments);

/* Add to a key, unmistakably; NULL is told from "" and no elements. */
extern void VmKeyText(StringInfo key, const char *text);
extern void VmKeyTexts(StringInfo key, char **texts, int count);
extern void VmKeyJson(StringInfo key, const Jsonb *json);

/* Lives as long as what is remembered. */
extern MemoryContext VmPreparedContext(VmPrepared *prepared);

/*
 * A plan that lives as long as what is remembered, as arg must.  setup tells the
 * parser what parameters are; options are CURSOR_OPT_....  SPI must be connected.
 */
extern SPIPlanPtr VmPreparedPlan(VmPrepared *prepared, const char *sql, ParserSetupHook setup,
								 void *arg, int options);

#endif
