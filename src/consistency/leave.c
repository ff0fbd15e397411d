/*
 * leave.c
 *		The utility hook: commands that need a database without sessions get it
 *		without the worker; commands that may bring the extension get one.
 *
 * Such a command bars its database, once in a transaction: the workers are asked
 * to go, and the launcher sends no other until the transaction ends.  A command
 * that fails lifts its bar at once; every end of a session ends its transaction,
 * so a bar cannot outlive its session (CONS-11).
 */
#include "compat/compat.h"
#include "compat/process.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "tcop/utility.h"

#include "consistency/database_command_private.h"
#include "consistency/shared_private.h"
#include "consistency/worker.h"
#include "consistency/worker_private.h"

/* How long to wait for a worker; then the command says itself who is in the way. */
#define LEAVE_TIMEOUT_MS 10000
#define LEAVE_POLL_MS    10

static ProcessUtility_hook_type previous_utility = NULL;

/* What this transaction has done, and undoes or reports at its end. */
static bool barred[VM_MAX_DATABASES];
static bool any_bar = false;
static bool want_worker = false;
static bool want_rescan = false;

/* Takes away this transaction's bar on one database, or with InvalidOid on all. */
static void
LiftBars(Oid database)
{
	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	any_bar = false;
	for (int i = 0; i < VM_MAX_DATABASES; i++)
	{
		VmWorkerSlot *slot = &VmShared->workers[i];

		if (!barred[i])
			continue;
		if (OidIsValid(database) && slot->database != database)
		{
			any_bar = true;
			continue;
		}
		slot->bars--;
		barred[i] = false;
	}
	/* The database may be gone, or another. */
	VmShared->rescan = true;
	LWLockRelease(VmShared->lock);
	VmSharedWakeLauncher();
}

static void
EndOfTransaction(XactEvent event, void *arg)
{
	bool committed = event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE;

	if (!committed && event != XACT_EVENT_ABORT)
		return;
	if (any_bar)
		LiftBars(InvalidOid);
	if (want_rescan && committed)
	{
		LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
		VmShared->rescan = true;
		LWLockRelease(VmShared->lock);
		VmSharedWakeLauncher();
	}
	if (want_worker && committed)
		VmWorkerWant(MyDatabaseId);
	want_rescan = want_worker = false;
}

static void
WatchTransaction(void)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(EndOfTransaction, NULL);
	registered = true;
}

/*
 * Bars the database; false if this transaction has done so before, or there is
 * nothing to bar: no slot is left, so no worker will come.
 */
static bool
Bar(Oid database)
{
	VmWorkerSlot *slot;
	bool new_bar = false;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedAddWorker(database);
	if (slot != NULL && !barred[slot - VmShared->workers])
	{
		slot->bars++;
		barred[slot - VmShared->workers] = true;
		any_bar = new_bar = true;
	}
	LWLockRelease(VmShared->lock);
	return new_bar;
}

/* Asks those who are in the database to go; false when nobody is there any more. */
static bool
AskToLeave(Oid database, bool signal)
{
	VmWorkerSlot *slot;
	bool present = false;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = VmSharedFindWorker(database);
	if (slot != NULL)
	{
		if (signal)
			VmSharedSignalWorkers(slot);
		present = slot->pid != 0 || slot->helper_pid != 0;
	}
	LWLockRelease(VmShared->lock);
	return present;
}

static void
WaitForLeave(Oid database)
{
	static uint32 wait_event = 0;
	bool present = AskToLeave(database, true);

	if (wait_event == 0)
		wait_event = VmWaitEvent("VecmilvusWorkerLeave");
	for (int waited = 0; present && waited < LEAVE_TIMEOUT_MS; waited += LEAVE_POLL_MS)
	{
		CHECK_FOR_INTERRUPTS();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LEAVE_POLL_MS,
						 wait_event);
		ResetLatch(MyLatch);
		present = AskToLeave(database, false);
	}
}

/* Nothing is known before the commit, so the launcher hears of it then. */
static void
AfterCommand(NodeTag command)
{
	switch (command)
	{
		case T_CreateExtensionStmt:
		case T_AlterExtensionStmt:
			want_worker = true;
			WatchTransaction();
			break;
		case T_CreatedbStmt:
		case T_AlterDatabaseStmt:
			want_rescan = true;
			WatchTransaction();
			break;
		default:
			break;
	}
}

static void
RunCommand(PlannedStmt *statement, const char *query, bool read_only_tree,
		   ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
		   DestReceiver *receiver, QueryCompletion *completion)
{
	if (previous_utility != NULL)
		previous_utility(statement, query, read_only_tree, context, params, environment, receiver,
						 completion);
	else
		standard_ProcessUtility(statement, query, read_only_tree, context, params, environment,
								receiver, completion);
}

static void
Utility(PlannedStmt *statement, const char *query, bool read_only_tree,
		ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
		DestReceiver *receiver, QueryCompletion *completion)
{
	/* The tree may be gone afterwards: with the transaction that a command ends. */
	NodeTag command = nodeTag(statement->utilityStmt);
	bool active = VmShared != NULL && !RecoveryInProgress();
	Oid database = InvalidOid;

	if (active)
		database = VmDatabaseNeededAlone(statement->utilityStmt, context);
	if (OidIsValid(database))
	{
		WatchTransaction();
		if (!Bar(database))
			database = InvalidOid;
	}
	if (!OidIsValid(database))
		RunCommand(statement, query, read_only_tree, context, params, environment, receiver,
				   completion);
	else
	{
		PG_TRY();
		{
			WaitForLeave(database);
			RunCommand(statement, query, read_only_tree, context, params, environment, receiver,
					   completion);
		}
		PG_CATCH();
		{
			LiftBars(database);
			PG_RE_THROW();
		}
		PG_END_TRY();
	}
	if (active)
		AfterCommand(command);
}

void
VmLeaveInstallHook(void)
{
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = Utility;
}
