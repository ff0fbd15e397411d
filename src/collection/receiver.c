/*
 * receiver.c
 *		Rows of a plan (receiver.h).
 */
#include "compat/compat.h"

#include "miscadmin.h"
#include "tcop/dest.h"

#include "collection/receiver.h"

typedef struct Receiver
{
	DestReceiver pub;
	VmTakeRow take;
	void *state;
} Receiver;

static bool
Receive(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver *receiver = (Receiver *) self;

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	return receiver->take(slot, receiver->state);
}

static void
Startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
Ignore(DestReceiver *self)
{
}

void
VmExecuteRows(SPIPlanPtr plan, ParamListInfo params, VmTakeRow take, void *state)
{
	Receiver receiver = {.pub = {Receive, Startup, Ignore, Ignore, DestNone}};
	SPIExecuteOptions options = {.params = params, .read_only = true};
	int result;

	receiver.take = take;
	receiver.state = state;
	options.dest = &receiver.pub;
	result = SPI_execute_plan_extended(plan, &options);
	if (result < 0)
		elog(ERROR, "could not run a plan: %s", SPI_result_code_string(result));
}
