/*
 * query.h
 *		Queries: what is asked for, and the statement that answers it.
 */
#ifndef VM_COLLECTION_QUERY_H
#define VM_COLLECTION_QUERY_H

#include "compat/compat.h"

#include "collection/collection.h"
#include "collection/entity.h"
#include "collection/filter.h"
#include "collection/json.h"
#include "collection/prepared.h"
#include "collection/qual.h"
#include "collection/receiver.h"

#define VM_COUNT_FIELD "count(*)"

/* Columns of a query's statement before the entity's: the key. */
#define VM_QUERY_COLUMNS 1

/* Parameters of it before the filter's: partitions, expiry. */
#define VM_QUERY_PARAMS 2

typedef struct VmQueryArguments
{
	char *filter;
	Jsonb *filter_params;
	char **output_fields; /* NULL: all */
	int noutputs;
	int max_rows; /* -1: no limit */
	int skip;
	char **partitions;
	int npartitions;
} VmQueryArguments;

typedef struct VmQuery
{
	VmPrepared *prepared;
	VmCollection *collection;
	VmEntity *entity;
	Datum partitions;
	VmQual *qual;
	bool is_count;
	char *sql;
	SPIPlanPtr plan;
} VmQuery;

/* Limits that do not depend on the collection; raises. */
extern void VmQueryCheckArguments(const VmQueryArguments *arguments, bool has_limit);

/* The same for an iterator, which has no limit of Milvus's. */
extern void VmQueryCheckIterator(const VmQueryArguments *arguments);

/* Everything of the arguments that a query is made of. */
extern void VmQueryKey(StringInfo key, const VmQueryArguments *arguments);

extern VmQuery *
VmQueryMake(VmPrepared *prepared, VmCollection *collection, VmQueryArguments *arguments);

extern ParamListInfo VmQueryParams(const VmQuery *query, Jsonb *filter_params);

/* Rows have the key and the entity's columns, or for a count one bigint. */
extern void VmQueryRun(VmQuery *query, Jsonb *filter_params, VmTakeRow take, void *state);

#endif
