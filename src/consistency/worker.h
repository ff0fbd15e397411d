/*
 * worker.h
 *		Background work of a preloaded library: one launcher for the server, one
 *		worker for each database that has the extension.
 *
 * A worker writes ticks (oracle.h) and runs the tasks of the layers above.  It
 * is gone when a command needs the database to itself (leave.c).
 *
 * What takes longer than a moment, or runs code of users, is not for a task: it
 * would hold up the ticks.  A task starts a helper for it, a second process that
 * comes and goes as the worker must (helper.c).
 */
#ifndef VM_CONSISTENCY_WORKER_H
#define VM_CONSISTENCY_WORKER_H

#include "compat/compat.h"

/*
 * A task runs in a transaction of its own, as the bootstrap superuser, with no
 * snapshot set.  An error rolls it back, is logged once as a WARNING, and the
 * task is tried again after its interval; it never ends the worker.  A task
 * that can run long calls CHECK_FOR_INTERRUPTS.
 */
typedef void (*VmWorkerTask)(void);

/* From _PG_init, at most 16 of them; the name (for logs) is not copied. */
extern void VmWorkerRegisterTask(const char *name, int interval_ms, VmWorkerTask task);

/*
 * Starts a helper in this database, which runs a function of this library (both
 * names as of a background worker); from a task.  False if there is one already,
 * or none is to be had: that is logged once, and the task tries again.
 */
extern bool VmHelperStart(const char *title, const char *function);

/*
 * The first thing that a helper does, with its argument: takes the database's
 * only place for one and connects as the bootstrap superuser, with the settings
 * of a worker.  The process ends here when it is not wanted.
 */
extern void VmHelperEnter(Datum argument, const char *title);

/*
 * A helper's note to the next one of the database, for who must begin where it
 * ended, however it ended; InvalidOid if there is none.
 */
extern void VmHelperSetPlace(Oid place);
extern Oid VmHelperPlace(void);

/* Asks for a worker in a database; nothing where the library is not preloaded. */
extern void VmWorkerWant(Oid database);

/*
 * Settings and, while libraries are preloaded, shared memory, hooks and the
 * launcher.  From _PG_init.
 */
extern void VmConsistencyInit(void);

/* Entry points of the background workers. */
extern PGDLLEXPORT void vm_launcher_worker(Datum argument);
extern PGDLLEXPORT void vm_database_worker(Datum argument);

#endif
