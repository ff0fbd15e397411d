/*
 * scan.c
 *		What scans of all access methods begin with: see scan.h.
 */
#include "compat/compat.h"
#include "compat/scan.h"

#include "pgstat.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "am/scan.h"

void
VmScanTakeKeys(IndexScanDesc scan, ScanKey keys, ScanKey orderbys)
{
	if (keys != NULL && scan->numberOfKeys > 0)
		memmove(scan->keyData, keys, scan->numberOfKeys * sizeof(ScanKeyData));
	if (orderbys != NULL && scan->numberOfOrderBys > 0)
		memmove(scan->orderByData, orderbys, scan->numberOfOrderBys * sizeof(ScanKeyData));
}

void
VmScanStart(IndexScanDesc scan, const char *am_name)
{
	if (scan->orderByData == NULL || scan->numberOfOrderBys < 1)
		elog(ERROR, "cannot scan %s index without order", am_name);
	if (!IsMVCCSnapshot(scan->xs_snapshot))
		elog(ERROR, "non-MVCC snapshots are not supported with %s", am_name);
	pgstat_count_index_scan(scan->indexRelation);
	VmCountIndexSearch(scan);
}
