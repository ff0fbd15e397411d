/*
 * job.h
 *		Work that goes on after the caller's transaction: one dynamic background
 *		worker a job.
 *
 * A job has a number, and its worker holds a lock of that number from before
 * VmJobStart returns until it ends, however it ends.  So the lock tells every
 * session of the database whether the job runs, and nothing has to be cleaned
 * up after a crash (COLL-10).  The worker begins when the transaction that
 * started it has been committed, and does nothing if it was rolled back.
 *
 * The worker acts as the role that called, in the database that it called in.
 */
#ifndef VM_COLLECTION_JOB_H
#define VM_COLLECTION_JOB_H

#include "compat/compat.h"

#include "access/transam.h"

/* What a worker is told, by bgw_extra. */
typedef struct VmJob
{
	int64 id;
	Oid relid; /* the collection */
	Oid database;
	Oid login; /* who is connected */
	Oid role;  /* who calls */
	TransactionId creator;
	int maintenance_work_mem; /* the caller's settings, kB and workers */
	int parallel_workers;
} VmJob;

/* ------------------------------------------------------------- the caller's side */

/*
 * Starts a worker that runs a function of this library; title is what
 * pg_stat_activity shows.  Raises an error, with nothing left behind, where no
 * worker is to be had.
 */
extern void VmJobStart(const char *title, const char *function, Oid relid, int64 id);

extern bool VmJobIsRunning(int64 id);

/* Ends that job of that collection if it runs, and waits for its end. */
extern void VmJobStop(Oid relid, int64 id);

/* ------------------------------------------------------------- the worker's side */

/*
 * Connects, takes the job's lock and waits for the creator.  False: there is
 * nothing to do.  No transaction is open before or after.
 */
extern bool VmJobEnter(VmJob *job);

/* Runs one statement as a client's, outside of a transaction block. */
extern void VmJobRun(const char *sql);

/*
 * The same, but gives an error's text back, which has been logged; NULL if all
 * went well.
 */
extern char *VmJobTryRun(const char *sql);

#endif
