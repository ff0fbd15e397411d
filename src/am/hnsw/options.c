/*
 * options.c
 *		Storage parameters (m, ef_construction, quantizer) and settings (hnsw.*).
 */
#include "compat/compat.h"

#include <limits.h>

#include "access/reloptions.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "am/hnsw/hnsw.h"
#include "am/hnsw/options.h"
#include "am/settings.h"

typedef struct HnswOptions
{
	int32 vl_len_; /* varlena header (do not touch directly!) */
	int m;
	int ef_construction;
	int quantizer; /* VmHnswQuantizer */
} HnswOptions;

#define DEFAULT_MAX_SCAN_TUPLES 20000
#define MAX_MEM_MULTIPLIER      1000

static int ef_search = VM_HNSW_DEFAULT_EF_SEARCH;
static int iterative_scan = VM_HNSW_ITERATIVE_OFF;
static int max_scan_tuples = DEFAULT_MAX_SCAN_TUPLES;
static double scan_mem_multiplier = 1;

/* The variables above are the settings. */
static bool defined = false;

static relopt_kind relopt_kind_hnsw;

static const struct config_enum_entry iterative_scan_options[] = {
	{"off", VM_HNSW_ITERATIVE_OFF, false},
	{"relaxed_order", VM_HNSW_ITERATIVE_RELAXED, false},
	{"strict_order", VM_HNSW_ITERATIVE_STRICT, false},
	{NULL, 0, false},
};

static relopt_enum_elt_def quantizer_options[] = {
	{"auto", VM_HNSW_QUANTIZER_AUTO},
	{"none", VM_HNSW_QUANTIZER_NONE},
	{"rabitq", VM_HNSW_QUANTIZER_RABITQ},
	{NULL, 0},
};

void
VmHnswDefineStorageParameters(void)
{
	relopt_kind_hnsw = add_reloption_kind();
	add_int_reloption(relopt_kind_hnsw, "m", "Links of an element in each layer", VM_HNSW_DEFAULT_M,
					  VM_HNSW_MIN_M, VM_HNSW_MAX_M, AccessExclusiveLock);
	add_int_reloption(relopt_kind_hnsw, "ef_construction",
					  "Size of the candidate list while building", VM_HNSW_DEFAULT_EF_CONSTRUCTION,
					  VM_HNSW_MIN_EF_CONSTRUCTION, VM_HNSW_MAX_EF_CONSTRUCTION,
					  AccessExclusiveLock);
	add_enum_reloption(relopt_kind_hnsw, "quantizer", "How vectors are stored in the index",
					   quantizer_options, VM_HNSW_QUANTIZER_AUTO,
					   "Valid values are \"auto\" and \"none\".", AccessExclusiveLock);
}

void
VmHnswDefineSettings(void)
{
	if (defined || !VmMayDefineSettings("hnsw.ef_search"))
		return;
	defined = true;
	DefineCustomIntVariable("hnsw.ef_search", "Size of the candidate list while searching.",
							"Valid range is 1..1000.", &ef_search, VM_HNSW_DEFAULT_EF_SEARCH,
							VM_HNSW_MIN_EF_SEARCH, VM_HNSW_MAX_EF_SEARCH, PGC_USERSET, 0, NULL,
							NULL, NULL);
	DefineCustomEnumVariable("hnsw.iterative_scan",
							 "Whether a scan goes on when the first candidates are used up.", NULL,
							 &iterative_scan, VM_HNSW_ITERATIVE_OFF, iterative_scan_options,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"hnsw.max_scan_tuples", "Elements that an iterative scan visits at most, about.", NULL,
		&max_scan_tuples, DEFAULT_MAX_SCAN_TUPLES, 1, INT_MAX, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomRealVariable(
		"hnsw.scan_mem_multiplier", "Multiple of work_mem that an iterative scan may use.", NULL,
		&scan_mem_multiplier, 1, 1, MAX_MEM_MULTIPLIER, PGC_USERSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("hnsw");
}

int
VmHnswEfSearch(void)
{
	return defined ? ef_search :
					 VmReadIntSetting("hnsw.ef_search", VM_HNSW_DEFAULT_EF_SEARCH,
									  VM_HNSW_MIN_EF_SEARCH, VM_HNSW_MAX_EF_SEARCH);
}

VmHnswIterativeScan
VmHnswIterative(void)
{
	int value = defined ? iterative_scan :
						  VmReadEnumSetting("hnsw.iterative_scan", VM_HNSW_ITERATIVE_OFF,
											iterative_scan_options);

	return (VmHnswIterativeScan) value;
}

int
VmHnswMaxScanTuples(void)
{
	return defined ? max_scan_tuples :
					 VmReadIntSetting("hnsw.max_scan_tuples", DEFAULT_MAX_SCAN_TUPLES, 1, INT_MAX);
}

double
VmHnswScanMemMultiplier(void)
{
	return defined ? scan_mem_multiplier :
					 VmReadRealSetting("hnsw.scan_mem_multiplier", 1, 1, MAX_MEM_MULTIPLIER);
}

bytea *
VmHnswOptions(Datum reloptions, bool validate)
{
	static const relopt_parse_elt table[] = {
		{"m", RELOPT_TYPE_INT, offsetof(HnswOptions, m)},
		{"ef_construction", RELOPT_TYPE_INT, offsetof(HnswOptions, ef_construction)},
		{"quantizer", RELOPT_TYPE_ENUM, offsetof(HnswOptions, quantizer)},
	};
	HnswOptions *options = (HnswOptions *) build_reloptions(
		reloptions, validate, relopt_kind_hnsw, sizeof(HnswOptions), table, lengthof(table));

	if (validate && options != NULL && options->quantizer == VM_HNSW_QUANTIZER_RABITQ)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("quantizer \"rabitq\" is not supported yet")));
	return (bytea *) options;
}

int
VmHnswOptionM(Relation index)
{
	HnswOptions *options = (HnswOptions *) index->rd_options;

	return options ? options->m : VM_HNSW_DEFAULT_M;
}

int
VmHnswOptionEfConstruction(Relation index)
{
	HnswOptions *options = (HnswOptions *) index->rd_options;

	return options ? options->ef_construction : VM_HNSW_DEFAULT_EF_CONSTRUCTION;
}
