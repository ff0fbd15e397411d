/*
 * search.h
 *		Searches: what is asked for, and the rows that are found.
 *
 * milvus.search and the sub-searches of milvus.hybrid_search run through here.
 * A search is made once for its arguments, and run for each vector.
 */
#ifndef VM_COLLECTION_SEARCH_H
#define VM_COLLECTION_SEARCH_H

#include "compat/compat.h"

#include "access/htup.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/jsonb.h"

#include "collection/collection.h"
#include "collection/entity.h"
#include "collection/filter.h"
#include "collection/metric.h"
#include "collection/prepared.h"

#define VM_MAX_TOPK 16384

/* What a call asks for; strings and arrays are NULL where nothing is said. */
typedef struct VmSearchArguments
{
	char *anns_field;
	int topk;
	int skip;
	char *filter;
	Jsonb *filter_params;
	char **output_fields;
	int noutputs;
	Jsonb *search_params;
	char **partitions;
	int npartitions;
	int round_decimal; /* digits after the point, -1: all */
	char *group_by_field;
	int group_size;
	bool strict_group_size;
} VmSearchArguments;

/* Of search_params, which have them at the top, in "params", or both. */
typedef struct VmSearchParams
{
	char *metric; /* NULL: the index's */
	int ef;       /* 0: not given; the same for nprobe */
	int nprobe;
	bool has_radius;
	bool has_range_filter;
	double radius;
	double range_filter;
} VmSearchParams;

typedef struct VmSearch
{
	VmPrepared *prepared;
	VmCollection *collection;
	VmField *field;
	const VmMetric *metric;
	VmSearchParams params;
	int limit; /* rows, or groups, with those to skip */
	int skip;
	int round_decimal;
	VmField *group_field; /* or NULL */
	int group_size;
	bool strict_group_size;
	VmEntity *entity; /* NULL: no columns are shown */
	Datum partitions; /* name[], or 0 */
	VmQual *qual;     /* or NULL */
	bool is_filtered; /* fewer rows may pass than the index gives at first */
	char *index_sql;  /* NULL: no index serves */
	char *exact_sql;
	SPIPlanPtr index_plan; /* made when they are first needed */
	SPIPlanPtr exact_plan;
	const char *access_method; /* of the index; NULL: none serves */
	bool is_in_order;          /* its rows come by the distance that is shown */
	bool stops_at_radius;      /* ... and end at the radius */
} VmSearch;

/* A row that was found.  In a query's context. */
typedef struct VmHit
{
	double ordered; /* distance, ascending */
	Datum key;      /* int8, or text */
	Datum group;
	bool group_is_null;
	int rank;           /* of its group, by the group's nearest row; 0 without groups */
	MinimalTuple tuple; /* with the entity's columns; NULL without */
} VmHit;

typedef struct VmHits
{
	VmHit *hits;
	int count;
	int room;
	TupleDesc desc; /* of the tuples */
	bool is_exact;  /* all rows were looked at */
} VmHits;

/* Where the entity's columns begin in a search's target list. */
#define VM_HIT_COLUMNS 3

/* Parameters of a search's statements before the filter's. */
#define VM_SEARCH_PARAMS 3

typedef struct VmQueryVectors
{
	Datum *vectors;
	int count;
	int room;
} VmQueryVectors;

/* The arguments of milvus.search but for the name and the vector, checked. */
extern void
VmSearchReadArguments(FunctionCallInfo fcinfo, VmSearchArguments *arguments, char **level);

/* Limits that do not depend on the collection; raises. */
extern void VmSearchCheckArguments(const VmSearchArguments *arguments);

/* Everything of the arguments that a search is made of. */
extern void VmSearchKey(StringInfo key, const VmSearchArguments *arguments);

/* A VmPrepareMake; arguments are a VmSearchArguments. */
extern VmSearch *
VmSearchMake(VmPrepared *prepared, VmCollection *collection, VmSearchArguments *arguments);

/* Reads search_params. */
extern void VmSearchParamsRead(Jsonb *json, VmSearchParams *params);

/*
 * The statement of a search, over the index or exact.  Its columns are distance
 * (ordered), key, group, and the entity's.  Parameters: $1 the vector, $2
 * partitions, $3 the expiry, then the filter's.
 */
extern char *VmSearchSql(const VmSearch *search, bool exact);

/* The exact one for all rows there are (limit -1) or so many. */
extern char *VmSearchIteratorSql(const VmSearch *search, int limit);

/* Its parameters, and the settings that the index needs for it (in a GUC nest level). */
extern ParamListInfo VmSearchBind(const VmSearch *search, Datum vector, Jsonb *filter_params);
extern void VmSearchSetUpIndex(const VmSearch *search);

/* Nearest first, ties by key, all of search->limit that there are, those to skip included. */
extern VmHits *VmSearchRun(VmSearch *search, Datum vector, Jsonb *filter_params);

/* A vector argument of any type, or a list of them, for the field. */
extern VmQueryVectors VmQueryVectorsRead(const VmField *field, Datum value, Oid type);

/* A key's value as int8, or as text of the current context. */
extern Datum VmWidenKey(const VmCollection *collection, Datum key);

/* Order of two such values: ascending, texts by their bytes. */
extern int VmCompareHitKeys(Datum a, Datum b, bool text_keys);

/* To so many digits after the point; -1: as it is. */
extern double VmRoundDecimal(double value, int digits);

/* The same as an expression of SQL over a column. */
extern char *VmSearchValueSql(const VmSearch *search, const char *column);

/* The value shown: the metric's, rounded. */
extern double VmSearchValue(const VmSearch *search, double ordered);

#endif
