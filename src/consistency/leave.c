/*
 * leave.c
 *		The utility hook: commands that need a database without sessions get it
 *		without the worker; commands that may bring the extension get one.
 *
 * Such a command bars its database: the worker is asked to go, and the launcher
 * sends no other until the transaction ends.  Every end of a session ends its
 * transaction, so a bar cannot outlive its session (CONS-11).
 */
#include "compat/compat.h"
#include "compat/process.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "tcop/utility.h"

#include "consistency/shared_private.h"
#include "consistency/worker.h"
#include "consistency/worker_private.h"

/* How long to wait for a worker; then the command says itself who is in the way. */
#define LEAVE_TIMEOUT_MS 10000
#define LEAVE_POLL_MS    10

static ProcessUtility_hook_type previous_utility = NULL;

/* What this transaction has done, and undoes or reports at its end. */
static uint16 bars[VM_MAX_DATABASES];
static bool any_bar = false;
static bool want_worker = false;
static bool want_rescan = false;

static void
LiftBars(void)
{
	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < VM_MAX_DATABASES; i++)
	{
		VmShared->workers[i].bars -= bars[i];
		bars[i] = 0;
	}
	/* The database may be gone, or another. */
	VmShared->rescan = true;
	LWLockRelease(VmShared->lock);
	any_bar = false;
	VmSharedWakeLauncher();
}

static void
EndOfTransaction(XactEvent event, void *arg)
{
	bool committed = event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE;

	if (!committed && event != XACT_EVENT_ABORT)
		return;
	if (any_bar)
		LiftBars();
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

/* Bars the database, once more, and says whether a worker is still in it. */
static bool
BarOrLook(Oid database, bool bar)
{
	VmWorkerSlot *slot;
	bool present = false;

	LWLockAcquire(VmShared->lock, LW_EXCLUSIVE);
	slot = bar ? VmSharedAddWorker(database) : VmSharedFindWorker(database);
	if (slot != NULL)
	{
		if (bar)
		{
			slot->bars++;
			bars[slot - VmShared->workers]++;
			any_bar = true;
			/* The slot has this pid until its process is out of the database. */
			if (slot->pid != 0)
				kill(slot->pid, SIGTERM);
		}
		present = slot->pid != 0;
	}
	LWLockRelease(VmShared->lock);
	return present;
}

static void
SendWorkerAway(const char *name)
{
	static uint32 wait_event = 0;
	Oid database = get_database_oid(name, true);
	bool present;

	if (!OidIsValid(database))
		return;
	if (wait_event == 0)
		wait_event = VmWaitEvent("VecmilvusWorkerLeave");
	WatchTransaction();
	present = BarOrLook(database, true);
	for (int waited = 0; present && waited < LEAVE_TIMEOUT_MS; waited += LEAVE_POLL_MS)
	{
		CHECK_FOR_INTERRUPTS();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LEAVE_POLL_MS,
						 wait_event);
		ResetLatch(MyLatch);
		present = BarOrLook(database, false);
	}
}

/* The text of an option of a command, or a default. */
static const char *
OptionText(List *options, const char *name, const char *fallback)
{
	ListCell *cell;

	foreach (cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) == 0 && option->arg != NULL)
			return defGetString(option);
	}
	return fallback;
}

static void
BeforeCommand(Node *command)
{
	switch (nodeTag(command))
	{
		case T_DropdbStmt:
			SendWorkerAway(((DropdbStmt *) command)->dbname);
			break;
		case T_CreatedbStmt:
			SendWorkerAway(
				OptionText(((CreatedbStmt *) command)->options, "template", "template1"));
			break;
		case T_RenameStmt:
			if (((RenameStmt *) command)->renameType == OBJECT_DATABASE)
				SendWorkerAway(((RenameStmt *) command)->subname);
			break;
		case T_AlterDatabaseStmt:
			if (OptionText(((AlterDatabaseStmt *) command)->options, "tablespace", NULL) != NULL)
				SendWorkerAway(((AlterDatabaseStmt *) command)->dbname);
			break;
		default:
			break;
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
Utility(PlannedStmt *statement, const char *query, bool read_only_tree,
		ProcessUtilityContext context, ParamListInfo params, QueryEnvironment *environment,
		DestReceiver *receiver, QueryCompletion *completion)
{
	/* The tree may be gone afterwards: with the transaction that a command ends. */
	NodeTag command = nodeTag(statement->utilityStmt);
	bool active = VmShared != NULL && !RecoveryInProgress();

	if (active)
		BeforeCommand(statement->utilityStmt);
	if (previous_utility != NULL)
		previous_utility(statement, query, read_only_tree, context, params, environment, receiver,
						 completion);
	else
		standard_ProcessUtility(statement, query, read_only_tree, context, params, environment,
								receiver, completion);
	if (active)
		AfterCommand(command);
}

void
VmLeaveInstallHook(void)
{
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = Utility;
}
