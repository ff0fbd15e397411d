/*
 * shared_private.h
 *		Shared memory of the consistency module: the oracles' counters, and the
 *		slots in which the launcher keeps account of databases.
 *
 * There is some only when the library was preloaded; VmShared is NULL otherwise,
 * and every caller has a way without.  Both tables have a fixed size.  An
 * oracle's entry stays until the server restarts, so that all backends agree on
 * who uses one (CONS-4); a database's slot goes with the database.
 */
#ifndef VM_CONSISTENCY_SHARED_PRIVATE_H
#define VM_CONSISTENCY_SHARED_PRIVATE_H

#include "compat/compat.h"

#include "port/atomics.h"
#include "storage/lwlock.h"
#include "storage/proc.h"

#define VM_MAX_DATABASES 256

/* One oracle; database and relation are written once, under VmShared->lock. */
typedef struct VmOracleEntry
{
	Oid database; /* InvalidOid: free */
	Oid relation;
	LWLock *lock;           /* of those who write the tick page */
	pg_atomic_uint64 last;  /* newest timestamp handed out */
	pg_atomic_uint64 limit; /* flushed bound of the page; 0: not read yet */
} VmOracleEntry;

typedef enum VmWorkerState
{
	VM_WORKER_WANTED,   /* to be started, maybe only to look */
	VM_WORKER_STARTING, /* asked from the postmaster */
	VM_WORKER_SERVING,  /* found the extension */
	VM_WORKER_ABSENT    /* did not, and left */
} VmWorkerState;

/* One database; under VmShared->lock. */
typedef struct VmWorkerSlot
{
	Oid database; /* InvalidOid: free */
	VmWorkerState state;
	bool asked; /* wanted since the worker began to look */
	pid_t pid;  /* of its worker; 0: none runs */
	pid_t helper_pid;
	Oid helper_place; /* where the newest helper was: kept when it has ended */
	int bars;         /* commands that need the database to themselves */
} VmWorkerSlot;

typedef struct VmSharedState
{
	LWLock *lock;
	PGPROC *launcher; /* whose latch to set; NULL before its first start */
	bool rescan;      /* a database may have come or gone */
	VmOracleEntry oracles[VM_MAX_DATABASES];
	VmWorkerSlot workers[VM_MAX_DATABASES];
} VmSharedState;

extern VmSharedState *VmShared;

/* From _PG_init while libraries are preloaded. */
extern void VmSharedRequest(void);

/* This database's oracle, made when it is new; NULL when all are taken. */
extern VmOracleEntry *VmSharedOracle(Oid database, Oid relation);

/* A database's slot; the caller holds VmShared->lock. NULL: none (left). */
extern VmWorkerSlot *VmSharedFindWorker(Oid database);
extern VmWorkerSlot *VmSharedAddWorker(Oid database);

/* SIGTERM to those who are in the slot's database; with VmShared->lock held (CONS-10). */
extern void VmSharedSignalWorkers(const VmWorkerSlot *slot);

/* Tells the launcher to look at its slots. */
extern void VmSharedWakeLauncher(void);

#endif
