/*
 * validate.c
 *		Checks an operator class: VmValidate, VmValidateSpace.
 */
#include "compat/compat.h"

#include "access/amvalidate.h"
#include "access/htup_details.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "am/validate.h"

/* An operator class under inspection. */
typedef struct Inspection
{
	const char *am_name;
	char *opclass;
	char *opfamily;
	Oid opfamily_id;
	Oid input_type;
	const VmSupportRule *rules;
	int rule_count;
	bool valid;
} Inspection;

#define COMPLAIN(inspection, ...)                                                                  \
	do                                                                                             \
	{                                                                                              \
		ereport(INFO, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION), errmsg(__VA_ARGS__)));          \
		(inspection)->valid = false;                                                               \
	} while (0)

static void
Start(Inspection *inspection, Oid opclass)
{
	HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass));
	Form_pg_opclass form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator class %u", opclass);
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	inspection->opclass = pstrdup(NameStr(form->opcname));
	inspection->opfamily_id = form->opcfamily;
	inspection->input_type = form->opcintype;
	ReleaseSysCache(tuple);

	tuple = SearchSysCache1(OPFAMILYOID, ObjectIdGetDatum(inspection->opfamily_id));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator family %u", inspection->opfamily_id);
	inspection->opfamily = pstrdup(NameStr(((Form_pg_opfamily) GETSTRUCT(tuple))->opfname));
	ReleaseSysCache(tuple);
	inspection->valid = true;
}

/* ----------------------------------------------------------------- operators */

static void
CheckOperator(Inspection *inspection, Form_pg_amop operator)
{
	if (operator->amopstrategy != 1)
		COMPLAIN(inspection,
				 "operator family \"%s\" of access method %s contains operator %s with invalid "
				 "strategy number %d",
				 inspection->opfamily, inspection->am_name,
				 format_operator(operator->amopopr), operator->amopstrategy);

	if (operator->amoppurpose != AMOP_ORDER)
		COMPLAIN(inspection,
				 "operator family \"%s\" of access method %s contains operator %s that is not an "
				 "ordering operator",
				 inspection->opfamily, inspection->am_name, format_operator(operator->amopopr));
	else if (!opfamily_can_sort_type(operator->amopsortfamily, FLOAT8OID))
		COMPLAIN(inspection,
				 "operator family \"%s\" of access method %s contains invalid ORDER BY "
				 "specification for operator %s",
				 inspection->opfamily, inspection->am_name, format_operator(operator->amopopr));

	if (!check_amop_signature(operator->amopopr,
							  FLOAT8OID, operator->amoplefttype, operator->amoprighttype) ||
		operator->amoplefttype != operator->amoprighttype)
		COMPLAIN(inspection,
				 "operator family \"%s\" of access method %s contains operator %s with wrong "
				 "signature",
				 inspection->opfamily, inspection->am_name, format_operator(operator->amopopr));
}

static void
CheckOperators(Inspection *inspection)
{
	CatCList *list = SearchSysCacheList1(AMOPSTRATEGY, ObjectIdGetDatum(inspection->opfamily_id));
	bool found = false;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amop operator=(Form_pg_amop) GETSTRUCT(&list->members[i]->tuple);

		CheckOperator(inspection, operator);
		if (operator->amopstrategy == 1 && operator->amoplefttype == inspection->input_type)
			found = true;
	}
	ReleaseCatCacheList(list);
	if (!found)
		COMPLAIN(inspection, "operator class \"%s\" of access method %s is missing operator 1",
				 inspection->opclass, inspection->am_name);
}

/* --------------------------------------------------------- support functions */

static const VmSupportRule *
FindRule(const Inspection *inspection, int number)
{
	for (int i = 0; i < inspection->rule_count; i++)
	{
		if (inspection->rules[i].number == number)
			return &inspection->rules[i];
	}
	return NULL;
}

static bool
SignatureFits(VmSupportKind kind, Oid function, Oid type)
{
	switch (kind)
	{
		case VM_SUPPORT_KIND_DISTANCE:
			return check_amproc_signature(function, FLOAT8OID, true, 2, 2, type, type);
		case VM_SUPPORT_KIND_NORM:
			return check_amproc_signature(function, FLOAT8OID, true, 1, 1, type);
		case VM_SUPPORT_KIND_TYPE:
			return check_amproc_signature(function, INTERNALOID, true, 1, 1, INTERNALOID);
	}
	return false;
}

static bool
DistanceIsKnown(Oid function)
{
	FmgrInfo info;
	VmValueKind kind;
	VmMetric metric;

	fmgr_info(function, &info);
	return VmSpaceLookup(&info, &kind, &metric);
}

static void
CheckFunction(Inspection *inspection, Form_pg_amproc function)
{
	const VmSupportRule *rule = FindRule(inspection, function->amprocnum);

	if (rule == NULL)
		COMPLAIN(inspection,
				 "operator family \"%s\" of access method %s contains function %s with invalid "
				 "support number %d",
				 inspection->opfamily, inspection->am_name, format_procedure(function->amproc),
				 function->amprocnum);
	else if (function->amproclefttype != function->amprocrighttype ||
			 !SignatureFits(rule->kind, function->amproc, function->amproclefttype))
		COMPLAIN(inspection,
				 "operator family \"%s\" of access method %s contains function %s with wrong "
				 "signature for support number %d",
				 inspection->opfamily, inspection->am_name, format_procedure(function->amproc),
				 function->amprocnum);
	else if (function->amprocnum == VM_SUPPORT_DISTANCE && !DistanceIsKnown(function->amproc))
		COMPLAIN(inspection,
				 "operator family \"%s\" of access method %s contains function %s that the access "
				 "method does not know as a distance",
				 inspection->opfamily, inspection->am_name, format_procedure(function->amproc));
}

static void
CheckFunctions(Inspection *inspection)
{
	CatCList *list = SearchSysCacheList1(AMPROCNUM, ObjectIdGetDatum(inspection->opfamily_id));
	uint32 found = 0;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_amproc function = (Form_pg_amproc) GETSTRUCT(&list->members[i]->tuple);

		CheckFunction(inspection, function);
		if (function->amproclefttype == inspection->input_type && function->amprocnum > 0 &&
			function->amprocnum <= VM_SUPPORT_COUNT)
			found |= (uint32) 1 << function->amprocnum;
	}
	ReleaseCatCacheList(list);

	for (int i = 0; i < inspection->rule_count; i++)
	{
		const VmSupportRule *rule = &inspection->rules[i];

		if (rule->required && !(found & ((uint32) 1 << rule->number)))
			COMPLAIN(inspection,
					 "operator class \"%s\" of access method %s is missing support function %d",
					 inspection->opclass, inspection->am_name, rule->number);
	}
}

bool
VmValidate(Oid opclass, const char *am_name, const VmSupportRule *rules, int count)
{
	Inspection inspection = {.am_name = am_name, .rules = rules, .rule_count = count};

	Start(&inspection, opclass);
	CheckOperators(&inspection);
	CheckFunctions(&inspection);
	return inspection.valid;
}

/* -------------------------------------------------------------------- spaces */

/* The operator class's own function of that number, or InvalidOid. */
static Oid
OwnFunction(const Inspection *inspection, int number)
{
	return get_opfamily_proc(inspection->opfamily_id, inspection->input_type,
							 inspection->input_type, number);
}

/* Those that it has of the norms that the access method may use. */
static uint32
OwnNorms(const Inspection *inspection)
{
	uint32 norms = 0;

	for (int i = 0; i < inspection->rule_count; i++)
	{
		const VmSupportRule *rule = &inspection->rules[i];

		if (rule->kind == VM_SUPPORT_KIND_NORM && OidIsValid(OwnFunction(inspection, rule->number)))
			norms |= (uint32) 1 << rule->number;
	}
	return norms;
}

bool
VmValidateSpace(Oid opclass, const char *am_name, const VmSupportRule *rules, int count,
				const VmSpaceRule *spaces, int space_count)
{
	Inspection inspection = {.am_name = am_name, .rules = rules, .rule_count = count};
	FmgrInfo distance;
	VmValueKind kind;
	VmMetric metric;
	uint32 norms;

	Start(&inspection, opclass);
	norms = OwnNorms(&inspection);
	fmgr_info(OwnFunction(&inspection, VM_SUPPORT_DISTANCE), &distance);
	if (!VmSpaceLookup(&distance, &kind, &metric))
		return false;
	for (int i = 0; i < space_count; i++)
	{
		if (spaces[i].kind == kind && spaces[i].metric == metric && spaces[i].norms == norms)
			return true;
	}
	COMPLAIN(&inspection,
			 "operator class \"%s\" of access method %s combines distance and norm functions in a "
			 "way that the access method does not support",
			 inspection.opclass, am_name);
	return false;
}
