/*
 * handler.c
 *		The access methods' tables: vm_ivfflathandler, vm_ivfhandler, and the
 *		operator classes' type support functions.
 *
 * The two names share all code but the storage parameters' parser, which is not
 * told the relation that it parses for and whose defaults differ.
 */
#include "compat/compat.h"

#include "commands/progress.h"
#include "utils/rel.h"

#include "am/check.h"
#include "am/ivf/build.h"
#include "am/ivf/ivf.h"
#include "am/ivf/options.h"
#include "am/ivf/verify.h"
#include "am/validate.h"
#include "compat/amapi.h"

static const VmSupportRule support_rules[] = {
	{VM_SUPPORT_DISTANCE, VM_SUPPORT_KIND_DISTANCE, true},
	{VM_SUPPORT_NORM, VM_SUPPORT_KIND_NORM, false},
	{VM_IVF_SUPPORT_KMEANS_DISTANCE, VM_SUPPORT_KIND_DISTANCE, true},
	{VM_IVF_SUPPORT_KMEANS_NORM, VM_SUPPORT_KIND_NORM, false},
	{VM_IVF_SUPPORT_TYPE, VM_SUPPORT_KIND_TYPE, false},
};

#define KMEANS_NORM (1 << VM_IVF_SUPPORT_KMEANS_NORM)
#define BOTH_NORMS  (1 << VM_SUPPORT_NORM | KMEANS_NORM)

/* What k-means has means for (build.c): L2, inner product, cosine, Hamming. */
static const VmSpaceRule space_rules[] = {
	{VM_VALUE_VECTOR, VM_METRIC_L2, 0},
	{VM_VALUE_VECTOR, VM_METRIC_IP, KMEANS_NORM},
	{VM_VALUE_VECTOR, VM_METRIC_IP, BOTH_NORMS},
	{VM_VALUE_HALFVEC, VM_METRIC_L2, 0},
	{VM_VALUE_HALFVEC, VM_METRIC_IP, KMEANS_NORM},
	{VM_VALUE_HALFVEC, VM_METRIC_IP, BOTH_NORMS},
	{VM_VALUE_BIT, VM_METRIC_HAMMING, 0},
};

static const VmCheckMethod check_method = {
	.insert = VmIvfInsert,
	.check = VmIvfCheck,
	.limits = &VmIvfLimits,
};

static bool
Validate(Oid opclass, const char *am_name)
{
	return VmValidate(opclass, am_name, support_rules, lengthof(support_rules)) &&
		   VmValidateSpace(opclass, am_name, support_rules, lengthof(support_rules), space_rules,
						   lengthof(space_rules));
}

static bool
ValidateIvfflat(Oid opclass)
{
	return Validate(opclass, VmIvfflatLimits.am_name);
}

static bool
ValidateIvf(Oid opclass)
{
	return Validate(opclass, VmIvfLimits.am_name);
}

static char *
PhaseName(int64 phase)
{
	switch (phase)
	{
		case PROGRESS_CREATEIDX_SUBPHASE_INITIALIZE:
			return "initializing";
		case VM_IVF_PHASE_KMEANS:
			return "performing k-means";
		case VM_IVF_PHASE_ASSIGN:
			return "assigning tuples";
		case VM_IVF_PHASE_LOAD:
			return "loading tuples";
		default:
			return NULL;
	}
}

bool
VmIvfIsIvfflat(Relation index)
{
	return index->rd_indam->amoptions == VmIvfflatOptions;
}

static IndexAmRoutine *
MakeRoutine(amoptions_function options, amvalidate_function validate)
{
	IndexAmRoutine *routine = VmMakeDistanceRoutine();

	VmIvfDefineSettings();
	VmCheckRegister(&check_method);

	routine->amsupport = VM_SUPPORT_COUNT;
	routine->ambuild = VmIvfBuild;
	routine->ambuildempty = VmIvfBuildEmpty;
	routine->aminsert = VmIvfInsert;
	routine->ambulkdelete = VmIvfBulkDelete;
	routine->amvacuumcleanup = VmIvfVacuumCleanup;
	routine->amcostestimate = VmIvfCostEstimate;
	routine->amoptions = options;
	routine->ambuildphasename = PhaseName;
	routine->amvalidate = validate;
	routine->ambeginscan = VmIvfBeginScan;
	routine->amrescan = VmIvfRescan;
	routine->amgettuple = VmIvfGetTuple;
	routine->amendscan = VmIvfEndScan;
	return routine;
}

VM_FUNCTION(vm_ivfflathandler);
Datum
vm_ivfflathandler(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(MakeRoutine(VmIvfflatOptions, ValidateIvfflat));
}

VM_FUNCTION(vm_ivfhandler);
Datum
vm_ivfhandler(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(MakeRoutine(VmIvfOptions, ValidateIvf));
}

/*
 * Operator classes name these as pgvector's do.  Nobody calls them: a kind of
 * value is known by its distance function (am/space.h).
 */
VM_FUNCTION(vm_ivfflat_halfvec_support);
Datum
vm_ivfflat_halfvec_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

VM_FUNCTION(vm_ivfflat_bit_support);
Datum
vm_ivfflat_bit_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}
