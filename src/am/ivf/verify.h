/*
 * verify.h
 *		Checks an ivf index against the invariants of README.md.
 */
#ifndef VM_AM_IVF_VERIFY_H
#define VM_AM_IVF_VERIFY_H

#include "compat/compat.h"

#include "am/check.h"

extern void VmIvfCheck(Relation index, VmCheckReport *report, VmCheckTids *tids);

#endif
