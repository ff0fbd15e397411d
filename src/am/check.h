/*
 * check.h
 *		The verifier vecmilvus_check_index: what access methods report to it.
 *
 * The function walks nothing itself.  The handler of an access method registers
 * a VmCheckMethod (it has run when an index of it is open), whose check function
 * opens the index (VmCheckOpened), reads every page, calls VmCheckAdd for each
 * finding, and, where it is asked to, VmCheckTid for each heap TID in the index.
 * A check function must survive any page: it reports what it finds and does not
 * raise.
 */
#ifndef VM_AM_CHECK_H
#define VM_AM_CHECK_H

#include "compat/compat.h"

#include "access/amapi.h"
#include "storage/block.h"
#include "storage/itemptr.h"
#include "utils/relcache.h"

#include "am/space.h"

typedef struct VmCheckReport VmCheckReport;
typedef struct VmCheckTids VmCheckTids;

typedef enum VmCheckSeverity
{
	VM_CHECK_ERROR, /* an invariant does not hold: REINDEX */
	VM_CHECK_NOTICE /* sound, but worth knowing */
} VmCheckSeverity;

/* In place of an item's number, where a finding is about the whole page. */
#define VM_CHECK_NO_ITEM (-1)

/*
 * Adds a row.  block may be InvalidBlockNumber; rule is an invariant's name as
 * in the folder's README ("IVF-3").  Findings past a limit are only counted.
 */
extern void VmCheckAdd(VmCheckReport *report, VmCheckSeverity severity, BlockNumber block, int item,
					   const char *rule, const char *format, ...) pg_attribute_printf(6, 7);

/*
 * Tells the space that the index was opened with, which is copied.  Without it,
 * because the metapage cannot be used, no rows of the table are looked for.
 */
extern void VmCheckOpened(VmCheckReport *report, const VmSpace *space);

/* Notes a heap TID of the index.  tids is NULL when nobody asks for them. */
extern void VmCheckTid(VmCheckTids *tids, const ItemPointerData *tid);

typedef void (*VmCheckFunction)(Relation index, VmCheckReport *report, VmCheckTids *tids);

typedef struct VmCheckMethod
{
	aminsert_function insert; /* tells an access method by its routine */
	VmCheckFunction check;
	const VmSpaceLimits *limits;
} VmCheckMethod;

/* method must live as long as the process; registering it again does nothing. */
extern void VmCheckRegister(const VmCheckMethod *method);

#endif
