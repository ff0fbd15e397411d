/*
 * rank.c
 *		Rankers of hybrid searches (rank.h).
 */
#include "compat/compat.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "collection/error.h"
#include "collection/json.h"
#include "collection/rank.h"
#include "collection/search.h"

#define DEFAULT_K 60.0

static bool
NumberOf(const JsonbValue *value, double *number)
{
	if (value->type != jbvNumeric)
		return false;
	*number = DatumGetFloat8(
		DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	return true;
}

static void
ReadK(Jsonb *params, VmRanker *ranker)
{
	JsonbValue *value = VmJsonGet(params, "k");

	ranker->k = DEFAULT_K;
	if (value == NULL)
		return;
	if (!NumberOf(value, &ranker->k) || !(ranker->k > 0) || !(ranker->k < VM_MAX_TOPK))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("The rank params k should be in range (0, %d), but got %s",
							   VM_MAX_TOPK, VmJsonValueText(value))));
}

static void
AddWeight(VmRanker *ranker, const JsonbValue *value)
{
	double weight;

	if (!NumberOf(value, &weight) || weight < 0 || weight > 1)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("rank param weight should be in range [0, 1], but got %s",
							   VmJsonValueText(value))));
	ranker->weights[ranker->nweights++] = weight;
}

static void
ReadWeights(Jsonb *params, int nsearches, VmRanker *ranker)
{
	Jsonb *weights = VmJsonGetArray(params, "weights");
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	int count = weights == NULL ? 0 : (int) JB_ROOT_COUNT(weights);

	if (weights == NULL)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"%s\"", "weights")));
	if (count != nsearches)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("the length of weights param mismatch with ann search requests: "
							   "invalid parameter[expected=%d][actual=%d]",
							   nsearches, count)));
	ranker->weights = palloc_array(double, Max(count, 1));
	iterator = JsonbIteratorInit(&weights->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
			AddWeight(ranker, &value);
	}
	ranker->norm_score = VmJsonGetBool(params, "norm_score", true);
}

void
VmRankerRead(Jsonb *json, int nsearches, VmRanker *ranker)
{
	char *strategy = json == NULL ? "rrf" : VmJsonGetString(json, "strategy", "rrf");
	Jsonb *params = json == NULL ? NULL : VmJsonGetObject(json, "params");

	memset(ranker, 0, sizeof(*ranker));
	ranker->is_weighted = pg_strcasecmp(strategy, "weighted") == 0;
	if (ranker->is_weighted)
		ReadWeights(params, nsearches, ranker);
	else if (pg_strcasecmp(strategy, "rrf") == 0)
		ReadK(params, ranker);
	else
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("unsupported rank type %s", strategy), errhint("rrf or weighted.")));
}

/* Between 0 and 1, greater is nearer. */
static double
Normalize(const VmMetric *metric, double value)
{
	if (strcmp(metric->name, "COSINE") == 0)
		return (1 + value) / 2;
	if (metric->is_similarity)
		return 0.5 + atan(value) / M_PI;
	return 1 - 2 * atan(value) / M_PI;
}

double
VmRankerScore(const VmRanker *ranker, int search, int rank, double value, const VmMetric *metric)
{
	if (!ranker->is_weighted)
		return 1 / (ranker->k + rank + 1);
	return ranker->weights[search] * (ranker->norm_score ? Normalize(metric, value) : value);
}
