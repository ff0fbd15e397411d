/*
 * verify.h
 *		Checking an index against the invariants of README.md.
 */
#ifndef VM_AM_HNSW_VERIFY_H
#define VM_AM_HNSW_VERIFY_H

#include "am/check.h"

/* A VmCheckFunction. */
extern void VmHnswCheck(Relation index, VmCheckReport *report, VmCheckTids *tids);

#endif
