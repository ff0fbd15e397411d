/*
 * qual.h
 *		Statements with a filter's condition: their parameters and plans.
 */
#ifndef VM_COLLECTION_QUAL_H
#define VM_COLLECTION_QUAL_H

#include "compat/compat.h"

#include "nodes/params.h"

#include "collection/filter.h"
#include "collection/prepared.h"

/* A parameter before the filter's. */
typedef struct VmBoundParam
{
	Oid type;
	Datum value;
	bool is_null;
} VmBoundParam;

/* All parameters of a call: the first ones, then the filter's (qual may be NULL). */
extern ParamListInfo
VmQualParams(const VmQual *qual, Jsonb *filter_params, const VmBoundParam *first, int nfirst);

/* A plan for statements with parameters of these types. */
extern SPIPlanPtr
VmQualPlan(VmPrepared *prepared, const char *sql, const VmQual *qual, ParamListInfo params);

#endif
