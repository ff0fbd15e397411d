/*
 * rank.h
 *		Rankers: one order of the rows that several searches found.
 *
 *	rrf			sum of 1 / (k + rank), rank from 1; k 60
 *	weighted	sum of weight * score, one weight a search; the score is the
 *				distance, made comparable (norm_score, on) by
 *				COSINE (1 + x) / 2, IP 1/2 + atan(x) / pi, others 1 - 2 atan(x) / pi
 */
#ifndef VM_COLLECTION_RANK_H
#define VM_COLLECTION_RANK_H

#include "compat/compat.h"

#include "utils/jsonb.h"

#include "collection/metric.h"

typedef struct VmRanker
{
	bool is_weighted;
	double k;
	double *weights;
	int nweights;
	bool norm_score;
} VmRanker;

/* Reads {"strategy": ..., "params": {...}} for so many searches; raises. */
extern void VmRankerRead(Jsonb *json, int nsearches, VmRanker *ranker);

/* What a row at this rank (from 0) of a search adds; value is the metric's, as shown. */
extern double
VmRankerScore(const VmRanker *ranker, int search, int rank, double value, const VmMetric *metric);

#endif
