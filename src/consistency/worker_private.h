/*
 * worker_private.h
 *		What launcher, workers and the utility hook share.
 */
#ifndef VM_CONSISTENCY_WORKER_PRIVATE_H
#define VM_CONSISTENCY_WORKER_PRIVATE_H

#include "compat/compat.h"

#include "postmaster/bgworker.h"

#define VM_WORKER_LIBRARY "vecmilvus"

/* Registers the launcher with the postmaster. */
extern void VmLauncherRegister(void);

/* Settings of the workers. */
extern void VmWorkerDefineSettings(void);

/* Installs the utility hook. */
extern void VmLeaveInstallHook(void);

/*
 * SIGTERM of a process of ours: between two pieces of work it only sets
 * VmLeaveAsked and the latch, and the process goes without a word; in one it
 * interrupts as a backend's does.
 */
extern volatile sig_atomic_t VmLeaveAsked;
extern void VmWorkerSetSignals(void);

/* Sleeps outside of work; true when the process is to go. */
extern bool VmWorkerSleep(long timeout_ms, uint32 wait_event);

/* Settings of sessions that would harm here, when postgresql.conf has them. */
extern void VmWorkerOverrideSettings(void);

#endif
