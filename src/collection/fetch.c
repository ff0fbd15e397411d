/*
 * fetch.c
 *		Rows of known keys (fetch.h).
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "collection/fetch.h"
#include "collection/prepared.h"
#include "collection/qual.h"
#include "collection/receiver.h"
#include "collection/search.h"

typedef struct Fetch
{
	VmPrepared *prepared;
	VmCollection *collection;
	VmEntity *entity;
	char *sql;
	SPIPlanPtr plan;
} Fetch;

/* A key and where it stands in the list. */
typedef struct Wanted
{
	Datum key;
	int position;
} Wanted;

typedef struct Call
{
	Datum *keys;
	int nkeys;
	bool text_keys;
	char **fields;
	int nfields;
	void (*use)(VmFetched *fetched, void *argument);
	void *argument;
	/* while it runs */
	MemoryContext context;
	Wanted *wanted; /* by key */
	VmFetched fetched;
} Call;

static void *
Make(VmPrepared *prepared, VmCollection *collection, void *argument)
{
	Call *call = argument;
	Fetch *fetch = palloc0(sizeof(*fetch));
	const char *key = quote_identifier(collection->primary->name);
	StringInfoData sql;

	fetch->prepared = prepared;
	fetch->collection = collection;
	if (call->nfields > 0)
		fetch->entity = VmEntityCreate(collection, call->fields, call->nfields, false);
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT t.%s", key);
	if (fetch->entity != NULL)
		appendStringInfo(&sql, ", %s", VmEntityTargets(fetch->entity, "t"));
	appendStringInfo(&sql, " FROM %s AS t WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1)",
					 collection->qualified, key);
	fetch->sql = sql.data;
	return fetch;
}

static int
CompareWanted(const void *a, const void *b, void *context)
{
	return VmCompareHitKeys(((const Wanted *) a)->key, ((const Wanted *) b)->key,
							((const Call *) context)->text_keys);
}

/* The first of the wanted ones with this key, or as many as there are. */
static int
FindWanted(const Call *call, Datum key)
{
	int low = 0;
	int high = call->nkeys;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (VmCompareHitKeys(call->wanted[middle].key, key, call->text_keys) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
TakeRow(TupleTableSlot *slot, void *state)
{
	Call *call = state;
	MemoryContext old = MemoryContextSwitchTo(call->context);
	Datum key = VmWidenKey(call->fetched.collection, slot->tts_values[0]);
	MinimalTuple tuple = ExecCopySlotMinimalTuple(slot);

	if (call->fetched.desc == NULL)
		call->fetched.desc = CreateTupleDescCopy(slot->tts_tupleDescriptor);
	for (int i = FindWanted(call, key);
		 i < call->nkeys && VmCompareHitKeys(call->wanted[i].key, key, call->text_keys) == 0; i++)
		call->fetched.tuples[call->wanted[i].position] = tuple;
	MemoryContextSwitchTo(old);
	return true;
}

static void
Use(void *state, void *argument)
{
	Fetch *fetch = state;
	Call *call = argument;
	Oid type = call->text_keys ? TEXTOID : INT8OID;
	VmBoundParam param = {call->text_keys ? TEXTARRAYOID : INT8ARRAYOID, (Datum) 0, false};
	ParamListInfo params;

	call->context = CurrentMemoryContext;
	call->fetched.collection = fetch->collection;
	call->fetched.entity = fetch->entity;
	call->fetched.tuples = palloc0_array(MinimalTuple, call->nkeys);
	call->wanted = palloc_array(Wanted, call->nkeys);
	for (int i = 0; i < call->nkeys; i++)
		call->wanted[i] = (Wanted) {call->keys[i], i};
	qsort_interruptible(call->wanted, call->nkeys, sizeof(Wanted), CompareWanted, call);
	param.value = PointerGetDatum(construct_array(
		call->keys, call->nkeys, type, call->text_keys ? -1 : sizeof(int64),
		!call->text_keys && FLOAT8PASSBYVAL, call->text_keys ? TYPALIGN_INT : TYPALIGN_DOUBLE));
	params = VmQualParams(NULL, NULL, &param, 1);
	if (fetch->plan == NULL)
		fetch->plan = VmQualPlan(fetch->prepared, fetch->sql, NULL, params);
	VmExecuteRows(fetch->plan, params, TakeRow, call);
	call->use(&call->fetched, call->argument);
}

void
VmFetchRows(Oid relid, Datum *keys, int nkeys, bool text_keys, char **fields, int nfields,
			void (*use)(VmFetched *fetched, void *argument), void *argument)
{
	Call call = {.keys = keys, .nkeys = nkeys, .text_keys = text_keys};
	StringInfoData key;

	call.fields = fields;
	call.nfields = nfields;
	call.use = use;
	call.argument = argument;
	initStringInfo(&key);
	appendStringInfoString(&key, "fetch");
	VmKeyTexts(&key, fields, nfields);
	VmPreparedUse(relid, &key, Make, Use, &call);
}
