/*
 * settings.h
 *		Settings that pgvector's library defines too: hnsw.* and ivfflat.*.
 *
 * A second definition is an error in whichever library comes second.  So they
 * are defined at the first use in a backend, never in the postmaster, whose
 * children may load either library (AM-3); and where they are another library's,
 * or cannot be defined, their values are read by name.
 */
#ifndef VM_AM_SETTINGS_H
#define VM_AM_SETTINGS_H

#include "compat/compat.h"

#include "utils/guc.h"

/*
 * Whether this process may define a group of settings now; name is one of them.
 * Not in the postmaster; not where another library has; and not in a parallel
 * worker, for taking over the leader's value would be setting a parameter.
 */
extern bool VmMayDefineSettings(const char *name);

/*
 * The value of a setting that is not ours, or of a placeholder for one of ours:
 * the fallback when there is none, or it is out of range.
 */
extern int VmReadIntSetting(const char *name, int fallback, int min, int max);
extern double VmReadRealSetting(const char *name, double fallback, double min, double max);
extern int
VmReadEnumSetting(const char *name, int fallback, const struct config_enum_entry *options);

#endif
