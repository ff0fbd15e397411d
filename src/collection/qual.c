/*
 * qual.c
 *		Statements with a filter's condition (qual.h).
 */
#include "compat/compat.h"

#include "nodes/parsenodes.h"

#include "collection/qual.h"

static void
SetParam(ParamExternData *param, Oid type, Datum value, bool is_null)
{
	param->value = value;
	param->isnull = is_null;
	param->pflags = PARAM_FLAG_CONST;
	param->ptype = type;
}

ParamListInfo
VmQualParams(const VmQual *qual, Jsonb *filter_params, const VmBoundParam *first, int nfirst)
{
	int nqual = qual == NULL ? 0 : qual->nparams;
	ParamListInfo params = makeParamList(nfirst + nqual);
	Datum *values = palloc_array(Datum, Max(nqual, 1));

	for (int i = 0; i < nfirst; i++)
		SetParam(&params->params[i], first[i].type, first[i].value, first[i].is_null);
	if (nqual > 0)
		VmQualBind(qual, filter_params, values);
	for (int i = 0; i < nqual; i++)
		SetParam(&params->params[nfirst + i], qual->params[i].type, values[i], false);
	return params;
}

/* One plan for all values without a filter; with one, what PostgreSQL thinks best. */
static int
PlanOptions(const VmQual *qual)
{
	if (qual == NULL)
		return CURSOR_OPT_PARALLEL_OK | CURSOR_OPT_GENERIC_PLAN;
	return CURSOR_OPT_PARALLEL_OK | (qual->wants_values ? CURSOR_OPT_CUSTOM_PLAN : 0);
}

SPIPlanPtr
VmQualPlan(VmPrepared *prepared, const char *sql, const VmQual *qual, ParamListInfo params)
{
	Oid *types = palloc_array(Oid, Max(params->numParams, 1));

	for (int i = 0; i < params->numParams; i++)
		types[i] = params->params[i].ptype;
	return VmPreparedPlan(prepared, sql, params->numParams, types, PlanOptions(qual));
}
