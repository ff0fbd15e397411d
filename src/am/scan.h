/*
 * scan.h
 *		What scans of all access methods begin with.
 */
#ifndef VM_AM_SCAN_H
#define VM_AM_SCAN_H

#include "compat/compat.h"

#include "access/relscan.h"
#include "access/skey.h"

/* amrescan: the keys and orderings that the scan has from now on. */
extern void VmScanTakeKeys(IndexScanDesc scan, ScanKey keys, ScanKey orderbys);

/*
 * To be called where a scan begins to read: counts it, and raises unless there is
 * an ordering and an MVCC snapshot (AM-1).
 */
extern void VmScanStart(IndexScanDesc scan, const char *am_name);

#endif
