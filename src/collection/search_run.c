/*
 * search_run.c
 *		Running a search for a vector: VmSearchRun (search.h).
 *
 * The index gives its nearest rows first.  Where fewer pass the filter than are
 * wanted, although it went on as long as its settings let it, all rows are
 * looked at (COLL-12): a search gives its topk rows whenever that many match.
 */
#include "compat/compat.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "collection/error.h"
#include "collection/qual.h"
#include "collection/receiver.h"
#include "collection/search.h"
#include "collection/stats.h"

/* What settings take, and what they are (src/am, whose headers are none of ours). */
#define MAX_EF_SEARCH     1000
#define DEFAULT_EF_SEARCH 40
#define MAX_PROBES        32768

/* Milvus's. */
#define DEFAULT_NPROBE 8

typedef struct RowGroup
{
	uint64 hash; /* the key: of the value, or the next free one */
	int rows;
	int rank; /* in the order of their first rows */
} RowGroup;

/* Takes the rows of a statement. */
typedef struct Receiver
{
	VmSearch *search;
	VmHits *hits;
	MemoryContext context; /* of the hits */
	HTAB *groups;
	int full_groups;
	bool is_exact;
	bool is_complete; /* nothing nearer is left */
} Receiver;

/* -------------------------------------------------------------------- groups */

static uint64
GroupHash(const VmSearch *search, const VmHit *hit)
{
	if (hit->group_is_null)
		return 0;
	if (search->group_field->type == VM_TYPE_VARCHAR)
	{
		text *value = DatumGetTextPP(hit->group);
		uint64 hash =
			hash_bytes_extended((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), 1);

		if (value != (text *) DatumGetPointer(hit->group))
			pfree(value);
		return hash;
	}
	return hash_bytes_extended((unsigned char *) &hit->group, sizeof(hit->group), 2);
}

static void
CreateGroups(Receiver *receiver)
{
	HASHCTL control = {.keysize = sizeof(uint64), .entrysize = sizeof(RowGroup)};

	control.hcxt = receiver->context;
	receiver->groups =
		hash_create("vecmilvus groups", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Whether the row is one of its group's that are wanted.  Groups are told apart
 * by 64 bits of a hash.
 */
static bool
AdmitToGroup(Receiver *receiver, VmHit *hit)
{
	VmSearch *search = receiver->search;
	uint64 hash = GroupHash(search, hit);
	bool found;
	RowGroup *group = hash_search(receiver->groups, &hash, HASH_FIND, NULL);

	if (group == NULL)
	{
		int rank = (int) hash_get_num_entries(receiver->groups);

		if (rank >= search->limit)
			return false;
		group = hash_search(receiver->groups, &hash, HASH_ENTER, &found);
		group->rows = 0;
		group->rank = rank;
	}
	if (group->rows >= search->group_size)
		return false;
	group->rows++;
	receiver->full_groups += group->rows == search->group_size;
	hit->rank = group->rank;
	return true;
}

/* Whether all that is wanted is there. */
static bool
GroupsAreComplete(const Receiver *receiver)
{
	const VmSearch *search = receiver->search;

	return receiver->full_groups == search->limit;
}

/* --------------------------------------------------------------------- rows */

static void
AddHit(VmHits *hits, const VmHit *hit)
{
	if (hits->count == hits->room)
	{
		hits->room = Max(hits->room * 2, 16);
		hits->hits = hits->hits == NULL ? palloc_array(VmHit, hits->room) :
										  repalloc_array(hits->hits, VmHit, hits->room);
	}
	hits->hits[hits->count++] = *hit;
}

Datum
VmWidenKey(const VmCollection *collection, Datum key)
{
	switch (collection->primary->type)
	{
		case VM_TYPE_VARCHAR:
			return PointerGetDatum(PG_DETOAST_DATUM_COPY(key));
		case VM_TYPE_INT32:
			return Int64GetDatum(DatumGetInt32(key));
		case VM_TYPE_INT16:
			return Int64GetDatum(DatumGetInt16(key));
		default:
			return Int64GetDatum(DatumGetInt64(key));
	}
}

/*
 * Whether the row is beyond what is wanted: farther than the radius, or than the
 * last of as many as are wanted.  Rows as far as that one are taken, for those
 * of the smallest keys are the ones that are kept.  Rows that do not come in order
 * are all looked at.
 */
static bool
IsBeyond(const Receiver *receiver, double ordered)
{
	const VmSearch *search = receiver->search;
	const VmHits *hits = receiver->hits;

	if (search->stops_at_radius && !receiver->is_exact &&
		!(ordered < VmMetricOrdered(search->metric, search->params.radius)))
		return true;
	if (!search->is_in_order && !receiver->is_exact)
		return false;
	return search->group_field == NULL && hits->count >= search->limit &&
		   float8_gt(ordered, hits->hits[hits->count - 1].ordered);
}

static bool
TakeRow(TupleTableSlot *slot, void *state)
{
	Receiver *receiver = state;
	VmSearch *search = receiver->search;
	VmHit hit = {0};
	MemoryContext old;

	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return true;
	hit.ordered = DatumGetFloat8(slot->tts_values[0]);
	if (IsBeyond(receiver, hit.ordered))
	{
		receiver->is_complete = true;
		return false;
	}
	old = MemoryContextSwitchTo(receiver->context);
	if (receiver->hits->desc == NULL)
		receiver->hits->desc = CreateTupleDescCopy(slot->tts_tupleDescriptor);
	hit.group = slot->tts_values[2];
	hit.group_is_null = slot->tts_isnull[2];
	if (search->group_field == NULL || AdmitToGroup(receiver, &hit))
	{
		hit.key = VmWidenKey(search->collection, slot->tts_values[1]);
		if (search->entity != NULL)
			hit.tuple = ExecCopySlotMinimalTuple(slot);
		AddHit(receiver->hits, &hit);
	}
	MemoryContextSwitchTo(old);
	if (search->group_field == NULL)
		return true;
	receiver->is_complete = GroupsAreComplete(receiver);
	return !receiver->is_complete;
}

/* ------------------------------------------------------------------- running */

static void
SetInt(const char *name, int value)
{
	(void) set_config_option(name, psprintf("%d", value), PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

static void
SetText(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/* The access methods define their settings when they are first used. */
static int
CurrentInt(const char *name, int missing)
{
	const char *text = GetConfigOption(name, true, false);

	return text == NULL ? missing : atoi(text);
}

/* For this search only: what it asks for, and an index that goes on while rows are filtered out. */
void
VmSearchSetUpIndex(const VmSearch *search)
{
	if (strcmp(search->access_method, "hnsw") == 0)
	{
		int current = CurrentInt("hnsw.ef_search", DEFAULT_EF_SEARCH);
		int ef = search->params.ef > 0 ? search->params.ef : Max(current, search->limit);
		bool goes_on = search->is_filtered || search->limit > MAX_EF_SEARCH;

		if (ef != current)
			SetInt("hnsw.ef_search", Min(ef, MAX_EF_SEARCH));
		if (goes_on)
			SetText("hnsw.iterative_scan", "strict_order");
		return;
	}
	if (search->params.nprobe > 0)
		SetInt("ivfflat.probes", Min(search->params.nprobe, MAX_PROBES));
	else if (CurrentInt("ivfflat.probes", 1) < DEFAULT_NPROBE)
		SetInt("ivfflat.probes", DEFAULT_NPROBE);
	SetText("ivfflat.iterative_scan", "relaxed_order");
}

ParamListInfo
VmSearchBind(const VmSearch *search, Datum vector, Jsonb *filter_params)
{
	VmBoundParam first[VM_SEARCH_PARAMS] = {
		{search->field->typid, vector, false},
		{NAMEARRAYOID, search->partitions, search->partitions == 0},
		{INT8OID, Int64GetDatum(VmExpiryTs(search->collection)), false},
	};

	return VmQualParams(search->qual, filter_params, first, VM_SEARCH_PARAMS);
}

/*
 * Whether what there is at a statement's end will do.  Without strict_group_size
 * groups need not be as full as they could be.
 */
static bool
IsEnough(const Receiver *receiver)
{
	const VmSearch *search = receiver->search;

	if (search->group_field == NULL)
		return receiver->hits->count >= search->limit;
	return !search->strict_group_size && hash_get_num_entries(receiver->groups) >= search->limit;
}

static void
Execute(Receiver *receiver, SPIPlanPtr *plan, const char *sql, ParamListInfo params)
{
	if (*plan == NULL)
		*plan = VmQualPlan(receiver->search->prepared, sql, receiver->search->qual, params);
	receiver->hits->count = 0;
	receiver->is_complete = false;
	receiver->full_groups = 0;
	if (receiver->search->group_field != NULL)
		CreateGroups(receiver);
	VmExecuteRows(*plan, params, TakeRow, receiver);
	if (IsEnough(receiver))
		receiver->is_complete = true;
}

/* By bytes, as the collation "C" of a VARCHAR. */
static int
CompareTexts(const text *a, const text *b)
{
	size_t a_len = VARSIZE_ANY_EXHDR(a);
	size_t b_len = VARSIZE_ANY_EXHDR(b);
	int result = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(a_len, b_len));

	return result != 0 ? result : (a_len > b_len) - (a_len < b_len);
}

int
VmCompareHitKeys(Datum a, Datum b, bool text_keys)
{
	if (text_keys)
		return CompareTexts(DatumGetTextPP(a), DatumGetTextPP(b));
	return (DatumGetInt64(a) > DatumGetInt64(b)) - (DatumGetInt64(a) < DatumGetInt64(b));
}

/* By distance and key: an index gives rows of one distance in any order. */
static int
CompareHits(const void *a, const void *b, void *context)
{
	const VmSearch *search = context;
	const VmHit *x = a;
	const VmHit *y = b;
	int order;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	order = float8_cmp_internal(x->ordered, y->ordered);
	if (order != 0)
		return order;
	return VmCompareHitKeys(x->key, y->key, search->collection->primary->type == VM_TYPE_VARCHAR);
}

static void
RunIndex(Receiver *receiver, ParamListInfo params)
{
	VmSearch *search = receiver->search;
	int level = NewGUCNestLevel();

	VmSearchSetUpIndex(search);
	receiver->is_exact = false;
	Execute(receiver, &search->index_plan, search->index_sql, params);
	AtEOXact_GUC(true, level);
}

VmHits *
VmSearchRun(VmSearch *search, Datum vector, Jsonb *filter_params)
{
	Receiver receiver = {0};
	ParamListInfo params = VmSearchBind(search, vector, filter_params);

	receiver.search = search;
	receiver.context = CurrentMemoryContext;
	receiver.hits = palloc0(sizeof(VmHits));
	if (search->index_sql != NULL)
		RunIndex(&receiver, params);
	if (!receiver.is_complete)
	{
		receiver.is_exact = true;
		Execute(&receiver, &search->exact_plan, search->exact_sql, params);
	}
	if (receiver.hits->count > 1)
		qsort_interruptible(receiver.hits->hits, receiver.hits->count, sizeof(VmHit), CompareHits,
							search);
	receiver.hits->is_exact = receiver.is_exact;
	if (search->group_field == NULL)
		receiver.hits->count = Min(receiver.hits->count, search->limit);
	return receiver.hits;
}
