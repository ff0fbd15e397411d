/*
 * check.c
 *		The verifier vecmilvus_check_index: vm_check_index, and what access
 *		methods report to it (check.h).
 *
 * Takes AccessShareLock on table and index, so it runs beside everything but
 * DDL, and on a standby.
 *
 * Whether each row of the table is in the index is asked of a Bloom filter with
 * the index's heap TIDs, as amcheck does: a missing row is overlooked with a
 * small probability, which does not depend on the runs before; none is reported
 * wrongly.
 */
#include "compat/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/index.h"
#include "common/pg_prng.h"
#include "funcapi.h"
#include "lib/bloomfilter.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "am/check.h"
#include "am/page.h"
#include "compat/acl.h"

#define MAX_METHODS 8

/* Findings returned one by one; a page of garbage can yield thousands. */
#define MAX_FINDINGS 10000

struct VmCheckReport
{
	Tuplestorestate *rows;
	TupleDesc tuple_desc;
	uint64 findings;
	bool is_opened; /* space is known */
	VmSpace space;
};

struct VmCheckTids
{
	bloom_filter *filter;
};

/* State of the walk over the table's rows. */
typedef struct HeapCheck
{
	VmCheckReport *report;
	const VmCheckTids *tids;
	const VmCheckMethod *method;
	MemoryContext row_context;
} HeapCheck;

static const VmCheckMethod *methods[MAX_METHODS];
static int method_count = 0;

void
VmCheckRegister(const VmCheckMethod *method)
{
	for (int i = 0; i < method_count; i++)
	{
		if (methods[i] == method)
			return;
	}
	if (method_count == MAX_METHODS)
		elog(ERROR, "too many access methods");
	methods[method_count++] = method;
}

static const VmCheckMethod *
FindMethod(Relation index)
{
	for (int i = 0; i < method_count; i++)
	{
		if (index->rd_indam != NULL && methods[i]->insert == index->rd_indam->aminsert)
			return methods[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------ findings */

static void
AddRow(VmCheckReport *report, VmCheckSeverity severity, BlockNumber block, int item,
	   const char *rule, const char *message)
{
	Datum values[5];
	bool nulls[5] = {false};

	values[0] = CStringGetTextDatum(severity == VM_CHECK_ERROR ? "error" : "notice");
	values[1] = Int64GetDatum((int64) block);
	nulls[1] = !BlockNumberIsValid(block);
	values[2] = Int32GetDatum(item);
	nulls[2] = item == VM_CHECK_NO_ITEM;
	values[3] = CStringGetTextDatum(rule);
	values[4] = CStringGetTextDatum(message);
	tuplestore_putvalues(report->rows, report->tuple_desc, values, nulls);
}

void
VmCheckAdd(VmCheckReport *report, VmCheckSeverity severity, BlockNumber block, int item,
		   const char *rule, const char *format, ...)
{
	char message[512];
	va_list args;

	if (++report->findings > MAX_FINDINGS)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	AddRow(report, severity, block, item, rule, message);
}

static void
FinishReport(VmCheckReport *report)
{
	if (report->findings > MAX_FINDINGS)
		AddRow(report, VM_CHECK_ERROR, InvalidBlockNumber, VM_CHECK_NO_ITEM, "CHECK-1",
			   psprintf(UINT64_FORMAT " more findings are not shown",
						report->findings - MAX_FINDINGS));
}

void
VmCheckOpened(VmCheckReport *report, const VmSpace *space)
{
	report->space = *space;
	report->is_opened = true;
}

/* ---------------------------------------------------------------------- TIDs */

static uint64
TidValue(const ItemPointerData *tid)
{
	return ((uint64) ItemPointerGetBlockNumberNoCheck(tid) << 16) |
		   ItemPointerGetOffsetNumberNoCheck(tid);
}

void
VmCheckTid(VmCheckTids *tids, const ItemPointerData *tid)
{
	uint64 value = TidValue(tid);

	if (tids != NULL)
		bloom_add_element(tids->filter, (unsigned char *) &value, sizeof(value));
}

/* An empty filter for as many rows as the table may have. */
static VmCheckTids *
CreateTids(Relation heap)
{
	VmCheckTids *tids = palloc(sizeof(VmCheckTids));
	double by_size = (double) RelationGetNumberOfBlocks(heap) * (MaxHeapTuplesPerPage / 3);
	double rows = Max(by_size, (double) heap->rd_rel->reltuples);

	/* The other half of the memory is for what the access method collects. */
	tids->filter = bloom_create((int64) Max(rows, 1), Max(maintenance_work_mem / 2, 1),
								pg_prng_uint64(&pg_global_prng_state));
	return tids;
}

static bool
HasTid(const VmCheckTids *tids, const ItemPointerData *tid)
{
	uint64 value = TidValue(tid);

	return !bloom_lacks_element(tids->filter, (unsigned char *) &value, sizeof(value));
}

/* ---------------------------------------------------------------- heap rows */

static void
CheckRow(Relation index, ItemPointer tid, Datum *values, bool *isnull, bool tuple_is_alive,
		 void *opaque)
{
	HeapCheck *check = opaque;
	MemoryContext old_context;
	Size size;

	if (isnull[0] || HasTid(check->tids, tid))
		return;

	/* A zero vector has no place in an index by cosine. */
	MemoryContextReset(check->row_context);
	old_context = MemoryContextSwitchTo(check->row_context);
	if (VmSpacePayload(&check->report->space, values[0], check->method->limits, &size) != NULL)
		VmCheckAdd(check->report, VM_CHECK_ERROR, InvalidBlockNumber, VM_CHECK_NO_ITEM, "CHECK-2",
				   "heap row (%u,%u) is not in the index", ItemPointerGetBlockNumber(tid),
				   ItemPointerGetOffsetNumber(tid));
	MemoryContextSwitchTo(old_context);
}

/*
 * Every row that snapshot sees and that the index covers must have its TID
 * among tids, which were collected after the snapshot was taken.
 */
static void
CheckHeapRows(Relation heap, Relation index, const VmCheckMethod *method, VmCheckReport *report,
			  VmCheckTids *tids, Snapshot snapshot)
{
	HeapCheck check = {.report = report, .tids = tids, .method = method};
	IndexInfo *info = BuildIndexInfo(index);
	TableScanDesc scan = table_beginscan_strat(heap, snapshot, 0, NULL, true, true);

	check.row_context =
		AllocSetContextCreate(CurrentMemoryContext, "vecmilvus check row", ALLOCSET_DEFAULT_SIZES);

	/* As CREATE INDEX CONCURRENTLY reads a table: by an MVCC snapshot. */
	info->ii_Concurrent = true;
	info->ii_Unique = false;
	info->ii_ExclusionOps = NULL;
	table_index_build_scan(heap, index, info, true, false, CheckRow, &check, scan);
	MemoryContextDelete(check.row_context);
}

/* -------------------------------------------------------------- the function */

/* Locks and opens table and index; raises unless the caller may ask. */
static Relation
OpenIndex(Oid index_id, Relation *heap)
{
	Oid heap_id = IndexGetRelation(index_id, true);
	Relation index;

	*heap = OidIsValid(heap_id) ? table_open(heap_id, AccessShareLock) : NULL;
	index = index_open(index_id, AccessShareLock); /* raises if it is no index */

	if (*heap == NULL || heap_id != IndexGetRelation(index_id, false))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("could not open parent table of index \"%s\"",
							   RelationGetRelationName(index))));
	if (!VmMayMaintain(heap_id, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_INDEX, RelationGetRelationName(index));
	if (index->rd_rel->relkind != RELKIND_INDEX || FindMethod(index) == NULL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is not an hnsw, ivfflat or ivf index",
							   RelationGetRelationName(index))));
	if (RELATION_IS_OTHER_TEMP(index))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("cannot access temporary tables of other sessions")));
	if (!RelationIsPermanent(index) && RecoveryInProgress() &&
		index->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("cannot check unlogged index \"%s\" during recovery",
							   RelationGetRelationName(index))));
	return index;
}

/*
 * A snapshot under which each visible row must be indexed.  An index made by
 * CREATE INDEX over broken HOT chains does not promise that to old snapshots.
 */
static Snapshot
TakeSnapshot(Relation index)
{
	Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());

	if (IsolationUsesXactSnapshot() && index->rd_index->indcheckxmin &&
		!TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data),
							   snapshot->xmin))
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("index \"%s\" cannot be verified using transaction snapshot",
							   RelationGetRelationName(index))));
	return snapshot;
}

static void
CheckIndex(Relation heap, Relation index, bool heap_all_indexed, VmCheckReport *report)
{
	const VmCheckMethod *method = FindMethod(index);
	VmCheckTids *tids = NULL;
	Snapshot snapshot = NULL;

	if (heap_all_indexed && !index->rd_index->indisvalid)
	{
		VmCheckAdd(report, VM_CHECK_NOTICE, InvalidBlockNumber, VM_CHECK_NO_ITEM, "CHECK-2",
				   "the index is not valid yet, so heap rows are not compared");
		heap_all_indexed = false;
	}
	if (heap_all_indexed)
	{
		snapshot = TakeSnapshot(index);
		tids = CreateTids(heap);
	}
	method->check(index, report, tids);
	if (!heap_all_indexed)
		return;
	if (report->is_opened)
		CheckHeapRows(heap, index, method, report, tids, snapshot);
	else
		VmCheckAdd(report, VM_CHECK_NOTICE, InvalidBlockNumber, VM_CHECK_NO_ITEM, "CHECK-2",
				   "the index cannot be opened, so heap rows are not compared");
	bloom_free(tids->filter);
	pfree(tids);
	UnregisterSnapshot(snapshot);
}

/*
 * vecmilvus_check_index(index regclass, heapallindexed bool): a row for each
 * finding.  Index expressions run as the table's owner and under the search_path
 * of an index build.
 */
VM_FUNCTION(vm_check_index);
Datum
vm_check_index(PG_FUNCTION_ARGS)
{
	Oid index_id = PG_GETARG_OID(0);
	bool heap_all_indexed = PG_GETARG_BOOL(1);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	VmCheckReport report = {0};
	Relation heap;
	Relation index;
	Oid user;
	int security_context;
	int guc_level;

	InitMaterializedSRF(fcinfo, 0);
	report.rows = result->setResult;
	report.tuple_desc = result->setDesc;

	index = OpenIndex(index_id, &heap);
	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(heap->rd_rel->relowner,
						   security_context | SECURITY_RESTRICTED_OPERATION);
	guc_level = NewGUCNestLevel();
	VmRestrictSearchPath();

	CheckIndex(heap, index, heap_all_indexed, &report);
	FinishReport(&report);

	AtEOXact_GUC(false, guc_level);
	SetUserIdAndSecContext(user, security_context);
	index_close(index, AccessShareLock);
	table_close(heap, AccessShareLock);
	return (Datum) 0;
}
