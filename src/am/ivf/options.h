/*
 * options.h
 *		Storage parameters and settings of ivfflat and ivf.
 */
#ifndef VM_AM_IVF_OPTIONS_H
#define VM_AM_IVF_OPTIONS_H

#include "compat/compat.h"

#include "utils/relcache.h"

#include "am/ivf/ivf.h"

/* amoptions: the function is not told the relation, so there are two. */
extern bytea *VmIvfflatOptions(Datum reloptions, bool validate);
extern bytea *VmIvfOptions(Datum reloptions, bool validate);

extern int VmIvfOptionLists(Relation index);
extern VmIvfQuantizer VmIvfOptionQuantizer(Relation index);

/*
 * Defines the settings ivfflat.*, at the first use in a backend; later calls do
 * nothing.  The postmaster must not have them: another database of the same
 * server may hold pgvector, whose library would then fail to load.  Where its
 * library came first in this backend, its definitions serve.
 */
extern void VmIvfDefineSettings(void);

/* The settings' values now. */
extern int VmIvfProbes(void);
extern int VmIvfMaxProbes(void);
extern bool VmIvfIterativeScan(void);

#endif
