/*
 * qual.c
 *		Statements with a filter's condition (qual.h).
 */
#include "compat/compat.h"

#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_node.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

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

/* ---------------------------------------------------------------------- plans */

/* What the parser is told of a statement's parameters. */
typedef struct Parameters
{
	const VmQual *qual; /* or NULL */
	int count;
	Oid types[FLEXIBLE_ARRAY_MEMBER];
} Parameters;

/* The filter's parameter of that number whose value is the same in all calls, or NULL. */
static const VmQualParam *
WrittenParam(const Parameters *parameters, int number)
{
	int nfirst = parameters->count - (parameters->qual == NULL ? 0 : parameters->qual->nparams);
	const VmQualParam *param;

	if (number <= nfirst)
		return NULL;
	param = &parameters->qual->params[number - nfirst - 1];
	return param->variable == NULL ? param : NULL;
}

/* A constant for what is written in the filter: the planner may look at it. */
static Node *
ParamNode(ParseState *state, ParamRef *reference)
{
	const Parameters *parameters = state->p_ref_hook_state;
	int number = reference->number;
	const VmQualParam *written;
	Param *param;
	Oid type;

	if (number < 1 || number > parameters->count)
		return NULL;
	type = parameters->types[number - 1];
	written = WrittenParam(parameters, number);
	if (written != NULL)
		return (Node *) makeConst(type, -1, get_typcollation(type), get_typlen(type),
								  datumCopy(written->value, get_typbyval(type), get_typlen(type)),
								  false, get_typbyval(type));
	param = makeNode(Param);
	param->paramkind = PARAM_EXTERN;
	param->paramid = number;
	param->paramtype = type;
	param->paramtypmod = -1;
	param->paramcollid = get_typcollation(type);
	param->location = reference->location;
	return (Node *) param;
}

static void
SetUpParser(ParseState *state, void *parameters)
{
	state->p_paramref_hook = ParamNode;
	state->p_ref_hook_state = parameters;
}

/* One plan for all calls, or, where a filter's values differ, what PostgreSQL thinks best. */
static int
PlanOptions(const VmQual *qual)
{
	for (int i = 0; qual != NULL && i < qual->nparams; i++)
	{
		if (qual->params[i].variable != NULL)
			return CURSOR_OPT_PARALLEL_OK;
	}
	return CURSOR_OPT_PARALLEL_OK | CURSOR_OPT_GENERIC_PLAN;
}

SPIPlanPtr
VmQualPlan(VmPrepared *prepared, const char *sql, const VmQual *qual, ParamListInfo params)
{
	Parameters *parameters = MemoryContextAlloc(
		VmPreparedContext(prepared), offsetof(Parameters, types) + sizeof(Oid) * params->numParams);

	parameters->qual = qual;
	parameters->count = params->numParams;
	for (int i = 0; i < params->numParams; i++)
		parameters->types[i] = params->params[i].ptype;
	return VmPreparedPlan(prepared, sql, SetUpParser, parameters, PlanOptions(qual));
}
