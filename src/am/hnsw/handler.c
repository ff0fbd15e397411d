/*
 * handler.c
 *		The access method's face: its routine, validation, progress phases, and
 *		the support functions that pgvector's operator classes name.
 */
#include "compat/compat.h"
#include "compat/amapi.h"

#include "commands/progress.h"

#include "am/check.h"
#include "am/hnsw/build.h"
#include "am/hnsw/cost.h"
#include "am/hnsw/insert.h"
#include "am/hnsw/options.h"
#include "am/hnsw/scan.h"
#include "am/hnsw/vacuum.h"
#include "am/hnsw/verify.h"
#include "am/validate.h"

/* 3 describes a type in pgvector's operator classes; it is never called. */
#define SUPPORT_TYPE 3

static const VmSupportRule support_rules[] = {
	{VM_SUPPORT_DISTANCE, VM_SUPPORT_KIND_DISTANCE, true},
	{VM_SUPPORT_NORM, VM_SUPPORT_KIND_NORM, false},
	{SUPPORT_TYPE, VM_SUPPORT_KIND_TYPE, false},
};

static const VmCheckMethod check_method = {
	.insert = VmHnswInsert,
	.check = VmHnswCheck,
	.limits = &VmHnswLimits,
};

static bool
Validate(Oid opclass)
{
	return VmValidate(opclass, VmHnswLimits.am_name, support_rules, lengthof(support_rules));
}

static char *
PhaseName(int64 phase)
{
	switch (phase)
	{
		case PROGRESS_CREATEIDX_SUBPHASE_INITIALIZE:
			return "initializing";
		case VM_HNSW_PHASE_LOAD:
			return "loading tuples";
		default:
			return NULL;
	}
}

VM_FUNCTION(vm_hnswhandler);
Datum
vm_hnswhandler(PG_FUNCTION_ARGS)
{
	IndexAmRoutine *routine = VmMakeDistanceRoutine();

	VmHnswDefineSettings();
	VmCheckRegister(&check_method);

	/* A cleanup sweeps the index, and has its share of maintenance_work_mem. */
	routine->amparallelvacuumoptions |= VACUUM_OPTION_PARALLEL_CLEANUP;
	routine->amusemaintenanceworkmem = true;

	routine->amsupport = VM_SUPPORT_COUNT;
	routine->ambuild = VmHnswBuild;
	routine->ambuildempty = VmHnswBuildEmpty;
	routine->aminsert = VmHnswInsert;
	routine->ambulkdelete = VmHnswBulkDelete;
	routine->amvacuumcleanup = VmHnswVacuumCleanup;
	routine->amcostestimate = VmHnswCostEstimate;
	routine->amoptions = VmHnswOptions;
	routine->ambuildphasename = PhaseName;
	routine->amvalidate = Validate;
	routine->ambeginscan = VmHnswBeginScan;
	routine->amrescan = VmHnswRescan;
	routine->amgettuple = VmHnswGetTuple;
	routine->amendscan = VmHnswEndScan;
	PG_RETURN_POINTER(routine);
}

/*
 * Type support functions.  An operator class's distance function tells the kind
 * of value, so these exist only for definitions that name them.
 */
#define TYPE_SUPPORT(name)                                                                         \
	VM_FUNCTION(name);                                                                             \
	Datum name(PG_FUNCTION_ARGS)                                                                   \
	{                                                                                              \
		PG_RETURN_POINTER(NULL);                                                                   \
	}                                                                                              \
	extern Datum name(PG_FUNCTION_ARGS)

TYPE_SUPPORT(vm_hnsw_halfvec_support);
TYPE_SUPPORT(vm_hnsw_bit_support);
TYPE_SUPPORT(vm_hnsw_sparsevec_support);
