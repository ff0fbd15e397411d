/*
 * scan.h
 *		Scanning an index: the callbacks of the access method.
 */
#ifndef VM_AM_HNSW_SCAN_H
#define VM_AM_HNSW_SCAN_H

#include "compat/compat.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "access/sdir.h"

extern IndexScanDesc VmHnswBeginScan(Relation index, int nkeys, int norderbys);
extern void
VmHnswRescan(IndexScanDesc scan, ScanKey keys, int nkeys, ScanKey orderbys, int norderbys);
extern bool VmHnswGetTuple(IndexScanDesc scan, ScanDirection direction);
extern void VmHnswEndScan(IndexScanDesc scan);

#endif
