/*
 * vecmilvus.c
 *		Library start: settings and the kernels' choice; and what the extension
 *		scripts check before they create anything.
 *
 * Loading takes no shared memory and no hook unless the library is preloaded;
 * then src/consistency takes both, and none that a database would notice which
 * does not have the extension: others may run pgvector.
 */
#include "compat/compat.h"

#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "am/hnsw/options.h"
#include "am/ivf/options.h"
#include "am/stop_point.h"
#include "collection/ttl.h"
#include "consistency/worker.h"
#include "simd/simd.h"

VM_MODULE_MAGIC("vecmilvus", VM_VERSION);

void _PG_init(void);

#define SIMD_AUTO (-1)

static int simd_setting = SIMD_AUTO;
static char *simd_in_use = NULL;

static const struct config_enum_entry simd_options[] = {
	{"auto", SIMD_AUTO, false},    {"scalar", VM_SIMD_SCALAR, false},
	{"avx2", VM_SIMD_AVX2, false}, {"avx512", VM_SIMD_AVX512, false},
	{"neon", VM_SIMD_NEON, false}, {NULL, 0, false},
};

static bool
CheckSimd(int *value, void **extra, GucSource source)
{
	if (*value == SIMD_AUTO || VmSimdGet((VmSimdLevel) *value) != NULL)
		return true;
	GUC_check_errdetail("This processor, or this build, does not have that instruction set.");
	return false;
}

static void
AssignSimd(int value, void *extra)
{
	if (value == SIMD_AUTO)
		VmSimdInit();
	else
		(void) VmSimdSelect((VmSimdLevel) value);
}

static const char *
ShowSimdInUse(void)
{
	return VmSimd->name;
}

static void
DefineSettings(void)
{
	DefineCustomEnumVariable("vecmilvus.simd", "Instruction set of the distance kernels.",
							 "\"auto\" takes the best one that the processor has.", &simd_setting,
							 SIMD_AUTO, simd_options, PGC_SUSET, 0, CheckSimd, AssignSimd, NULL);
	DefineCustomStringVariable("vecmilvus.simd_in_use",
							   "Instruction set that the distance kernels use now.", NULL,
							   &simd_in_use, "", PGC_INTERNAL,
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL, ShowSimdInUse);
	VmStopPointDefineSetting();
	VmConsistencyInit();
	VmTtlInit();
	MarkGUCPrefixReserved("vecmilvus");
}

void
_PG_init(void)
{
	VmSimdInit();
	DefineSettings();
	VmHnswDefineStorageParameters();
	VmHnswDefineSettings();
	VmIvfDefineSettings();
}

/*
 * First statement of the extension script.  Access methods have no schema and
 * both extensions own the type names, so a database holds one of the two.
 */
VM_FUNCTION(vm_refuse_pgvector);
Datum
vm_refuse_pgvector(PG_FUNCTION_ARGS)
{
	if (OidIsValid(get_extension_oid("vector", true)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("cannot create extension \"vecmilvus\" in a database that holds pgvector"),
				 errdetail("Extension \"vector\" is installed here and owns the same names."),
				 errhint("To move, dump this database with pg_dump, create another one with "
						 "CREATE EXTENSION vecmilvus and CREATE EXTENSION vector (the alias that "
						 "comes with vecmilvus), and restore the dump there.")));
	PG_RETURN_VOID();
}

/*
 * First statement of the alias extension's script, with its schema: the types
 * there must be vecmilvus's, or names in a dump would miss them (ALIAS-2).
 */
VM_FUNCTION(vm_check_alias);
Datum
vm_check_alias(PG_FUNCTION_ARGS)
{
	char *schema = NameStr(*PG_GETARG_NAME(0));
	Oid extension = get_extension_oid("vecmilvus", false);
	Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("vector"),
							   ObjectIdGetDatum(get_namespace_oid(schema, false)));

	if (!OidIsValid(type) || getExtensionOfObject(TypeRelationId, type) != extension)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"vector\" must be created in the schema of \"vecmilvus\""),
				 errdetail("Schema \"%s\" does not hold the type \"vector\" of vecmilvus.", schema),
				 errhint("Use CREATE EXTENSION vector SCHEMA with the schema that \"\\dx "
						 "vecmilvus\" shows.")));
	PG_RETURN_VOID();
}
