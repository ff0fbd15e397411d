/*
 * options.h
 *		Storage parameters and settings of hnsw.
 */
#ifndef VM_AM_HNSW_OPTIONS_H
#define VM_AM_HNSW_OPTIONS_H

#include "compat/compat.h"

#include "am/hnsw/hnsw.h"

/* amoptions */
extern bytea *VmHnswOptions(Datum reloptions, bool validate);

/* Defines the storage parameters: once, when the library is loaded. */
extern void VmHnswDefineStorageParameters(void);

/*
 * Defines the settings hnsw.*, at the first use in a backend; later calls do
 * nothing.  The postmaster must not have them: another database of the same
 * server may hold pgvector, whose library would then fail to load.
 */
extern void VmHnswDefineSettings(void);

/* The settings hnsw.ef_search, iterative_scan and so on, as they are now. */
extern int VmHnswEfSearch(void);
extern VmHnswIterativeScan VmHnswIterative(void);
extern int VmHnswMaxScanTuples(void);
extern double VmHnswScanMemMultiplier(void);

#endif
