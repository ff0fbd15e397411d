/*
 * options.c
 *		Storage parameters (lists, quantizer) and settings (ivfflat.*).
 */
#include "compat/compat.h"

#include "access/reloptions.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "am/ivf/options.h"
#include "am/settings.h"

typedef struct IvfOptions
{
	int32 vl_len_; /* varlena header (do not touch directly!) */
	int lists;
	int quantizer; /* VmIvfQuantizer */
} IvfOptions;

typedef enum IterativeScan
{
	ITERATIVE_OFF,
	ITERATIVE_RELAXED
} IterativeScan;

static int probes = 1;
static int max_probes = VM_IVF_MAX_LISTS;
static int iterative_scan = ITERATIVE_OFF;

/* The variables above are the settings. */
static bool defined = false;

static const struct config_enum_entry iterative_scan_options[] = {
	{"off", ITERATIVE_OFF, false},
	{"relaxed_order", ITERATIVE_RELAXED, false},
	{NULL, 0, false},
};

static relopt_enum_elt_def quantizer_options[] = {
	{"none", VM_IVF_QUANTIZER_NONE},
	{"rabitq", VM_IVF_QUANTIZER_RABITQ},
	{"sq8", VM_IVF_QUANTIZER_SQ8},
	{NULL, 0},
};

/* -------------------------------------------------------- storage parameters */

static relopt_kind
DefineStorageParameters(void)
{
	relopt_kind kind = add_reloption_kind();

	add_int_reloption(kind, "lists", "Number of lists", VM_IVF_DEFAULT_LISTS, VM_IVF_MIN_LISTS,
					  VM_IVF_MAX_LISTS, AccessExclusiveLock);
	add_enum_reloption(kind, "quantizer", "How vectors are stored in the index", quantizer_options,
					   VM_IVF_QUANTIZER_NONE, "The only valid value is \"none\".",
					   AccessExclusiveLock);
	return kind;
}

static bytea *
ParseOptions(relopt_kind kind, Datum reloptions, bool validate)
{
	static const relopt_parse_elt table[] = {
		{"lists", RELOPT_TYPE_INT, offsetof(IvfOptions, lists)},
		{"quantizer", RELOPT_TYPE_ENUM, offsetof(IvfOptions, quantizer)},
	};
	IvfOptions *options = (IvfOptions *) build_reloptions(
		reloptions, validate, kind, sizeof(IvfOptions), table, lengthof(table));

	if (validate && options != NULL && options->quantizer != VM_IVF_QUANTIZER_NONE)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("quantizer \"%s\" is not supported yet",
							   quantizer_options[options->quantizer].string_val)));
	return (bytea *) options;
}

bytea *
VmIvfflatOptions(Datum reloptions, bool validate)
{
	static relopt_kind kind = 0;

	if (kind == 0)
		kind = DefineStorageParameters();
	return ParseOptions(kind, reloptions, validate);
}

bytea *
VmIvfOptions(Datum reloptions, bool validate)
{
	static relopt_kind kind = 0;

	if (kind == 0)
		kind = DefineStorageParameters();
	return ParseOptions(kind, reloptions, validate);
}

int
VmIvfOptionLists(Relation index)
{
	IvfOptions *options = (IvfOptions *) index->rd_options;

	return options ? options->lists : VM_IVF_DEFAULT_LISTS;
}

VmIvfQuantizer
VmIvfOptionQuantizer(Relation index)
{
	IvfOptions *options = (IvfOptions *) index->rd_options;

	return options ? (VmIvfQuantizer) options->quantizer : VM_IVF_QUANTIZER_NONE;
}

/* ------------------------------------------------------------------- settings */

void
VmIvfDefineSettings(void)
{
	if (defined || !VmMayDefineSettings("ivfflat.probes"))
		return;
	defined = true;
	DefineCustomIntVariable("ivfflat.probes", "Number of lists that a scan reads.",
							"Valid range is 1..lists.", &probes, 1, VM_IVF_MIN_LISTS,
							VM_IVF_MAX_LISTS, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable(
		"ivfflat.iterative_scan", "Whether a scan goes on when the first lists are used up.", NULL,
		&iterative_scan, ITERATIVE_OFF, iterative_scan_options, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("ivfflat.max_probes", "Lists that an iterative scan reads at most.",
							NULL, &max_probes, VM_IVF_MAX_LISTS, VM_IVF_MIN_LISTS, VM_IVF_MAX_LISTS,
							PGC_USERSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("ivfflat");
}

int
VmIvfProbes(void)
{
	return defined ? probes :
					 VmReadIntSetting("ivfflat.probes", 1, VM_IVF_MIN_LISTS, VM_IVF_MAX_LISTS);
}

int
VmIvfMaxProbes(void)
{
	return defined ? max_probes :
					 VmReadIntSetting("ivfflat.max_probes", VM_IVF_MAX_LISTS, VM_IVF_MIN_LISTS,
									  VM_IVF_MAX_LISTS);
}

bool
VmIvfIterativeScan(void)
{
	int value = defined ? iterative_scan :
						  VmReadEnumSetting("ivfflat.iterative_scan", ITERATIVE_OFF,
											iterative_scan_options);

	return value == ITERATIVE_RELAXED;
}
