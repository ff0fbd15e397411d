/*
 * cost.c
 *		Planner support of the distance functions: what one call costs.
 *
 * Without it PostgreSQL prices a distance like an integer addition, so a plan
 * that reads 200,000 vectors of 1,536 dimensions out of TOAST looks as cheap as
 * one that reads 200,000 integers, and no parallel plan is chosen.
 *
 * Costs are in units of cpu_operator_cost; bench/README.md has the measurements
 * behind the constants.
 */
#include "compat/compat.h"

#include <math.h>

#include "access/detoast.h"
#include "access/heaptoast.h"
#include "catalog/pg_attribute.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varbit.h"

#include "types/types.h"

/* Any call: fetching, checking and returning. */
#define COST_PER_CALL 1.0

/* Fetching one value from TOAST: finding it, then each chunk. */
#define COST_PER_TOASTED_VALUE 40.0
#define COST_PER_TOAST_CHUNK   20.0

/* Bytes of a TOAST pointer in the tuple. */
#define TOAST_POINTER_WIDTH 18

/* Elements assumed where nothing is known. */
#define DEFAULT_ELEMENTS 768

/* What a kind of argument costs. */
typedef struct ElementCost
{
	double bytes;        /* in storage, each */
	double header;       /* bytes before the elements */
	double per_unit;     /* elements that a kernel does per cpu_operator_cost */
	int typmod_elements; /* largest number that a type modifier may stand for */
} ElementCost;

static const ElementCost vector_cost = {4, 8, 200, VM_VECTOR_MAX_DIM};
static const ElementCost halfvec_cost = {2, 8, 200, VM_HALFVEC_MAX_DIM};
static const ElementCost bit_cost = {0.125, 8, 1000, PG_INT32_MAX};

/* A type modifier counts dimensions, not the elements that are stored. */
static const ElementCost sparsevec_cost = {8, 16, 10, 0};

static List *
CallArguments(Node *call)
{
	if (call != NULL && IsA(call, FuncExpr))
		return ((FuncExpr *) call)->args;
	if (call != NULL && IsA(call, OpExpr))
		return ((OpExpr *) call)->args;
	return NIL;
}

/* The table column behind an argument; false when it is none. */
static bool
FindColumn(PlannerInfo *root, Node *argument, Oid *relid, AttrNumber *attnum)
{
	Var *var = (Var *) argument;
	RangeTblEntry *rte;

	if (root == NULL || !IsA(argument, Var) || var->varlevelsup != 0 || var->varattno <= 0 ||
		var->varno <= 0 || var->varno >= root->simple_rel_array_size)
		return false;
	rte = planner_rt_fetch(var->varno, root);
	if (rte == NULL || rte->rtekind != RTE_RELATION)
		return false;
	*relid = rte->relid;
	*attnum = var->varattno;
	return true;
}

/* Elements of one argument, by constant, type modifier or width; 0: unknown. */
static double
ArgumentElements(PlannerInfo *root, Node *argument, const ElementCost *cost)
{
	int32 typmod = exprTypmod(argument);
	Oid relid;
	AttrNumber attnum;
	int32 width;

	if (IsA(argument, Const) && !((Const *) argument)->constisnull &&
		((Const *) argument)->constlen == -1)
	{
		Size size = toast_raw_datum_size(((Const *) argument)->constvalue);

		return Max(0, (size - cost->header) / cost->bytes);
	}
	if (typmod > 0 && typmod <= cost->typmod_elements)
		return typmod;
	if (!FindColumn(root, argument, &relid, &attnum))
		return 0;
	width = get_attavgwidth(relid, attnum);
	if (width <= TOAST_POINTER_WIDTH + 1)
		return 0;
	return Max(0, (width - cost->header) / cost->bytes);
}

/* Elements of the call: the arguments agree, so the first that is known. */
static double
CallElements(PlannerInfo *root, List *arguments, const ElementCost *cost)
{
	ListCell *cell;

	foreach (cell, arguments)
	{
		double elements = ArgumentElements(root, lfirst(cell), cost);

		if (elements > 0)
			return elements;
	}
	return DEFAULT_ELEMENTS;
}

/* True when the column's values may be moved to TOAST. */
static bool
ColumnMayToast(Oid relid, AttrNumber attnum)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
	char storage;

	if (!HeapTupleIsValid(tuple))
		return false;
	storage = ((Form_pg_attribute) GETSTRUCT(tuple))->attstorage;
	ReleaseSysCache(tuple);
	return storage == TYPSTORAGE_EXTERNAL || storage == TYPSTORAGE_EXTENDED;
}

/*
 * The share of a column's values that lie in TOAST: from the average width that
 * ANALYZE saw in the tuples, or, before ANALYZE, from the size of a value.
 */
static double
ToastedFraction(Oid relid, AttrNumber attnum, double size)
{
	int32 width = get_attavgwidth(relid, attnum);

	if (size <= 2 * TOAST_POINTER_WIDTH)
		return 0;
	if (width <= 0)
		return size > TOAST_TUPLE_THRESHOLD && ColumnMayToast(relid, attnum) ? 1 : 0;
	if (width >= size)
		return 0;
	return (size - width) / (size - TOAST_POINTER_WIDTH);
}

static double
DetoastCost(PlannerInfo *root, Node *argument, double size)
{
	Oid relid;
	AttrNumber attnum;
	double chunks = ceil(size / TOAST_MAX_CHUNK_SIZE);

	if (!FindColumn(root, argument, &relid, &attnum))
		return 0;
	return ToastedFraction(relid, attnum, size) *
		   (COST_PER_TOASTED_VALUE + chunks * COST_PER_TOAST_CHUNK);
}

static Datum
DistanceSupport(FunctionCallInfo fcinfo, const ElementCost *cost)
{
	Node *raw = (Node *) PG_GETARG_POINTER(0);
	SupportRequestCost *request;
	List *arguments;
	ListCell *cell;
	double elements;
	double units;

	if (!IsA(raw, SupportRequestCost))
		PG_RETURN_POINTER(NULL);

	request = (SupportRequestCost *) raw;
	arguments = CallArguments(request->node);
	elements = CallElements(request->root, arguments, cost);
	units = COST_PER_CALL + elements / cost->per_unit;
	foreach (cell, arguments)
		units += DetoastCost(request->root, lfirst(cell), cost->header + elements * cost->bytes);

	request->startup = 0;
	request->per_tuple = units * cpu_operator_cost;
	PG_RETURN_POINTER(request);
}

VM_FUNCTION(vm_vector_cost);
Datum
vm_vector_cost(PG_FUNCTION_ARGS)
{
	return DistanceSupport(fcinfo, &vector_cost);
}

VM_FUNCTION(vm_halfvec_cost);
Datum
vm_halfvec_cost(PG_FUNCTION_ARGS)
{
	return DistanceSupport(fcinfo, &halfvec_cost);
}

VM_FUNCTION(vm_sparsevec_cost);
Datum
vm_sparsevec_cost(PG_FUNCTION_ARGS)
{
	return DistanceSupport(fcinfo, &sparsevec_cost);
}

VM_FUNCTION(vm_bit_cost);
Datum
vm_bit_cost(PG_FUNCTION_ARGS)
{
	return DistanceSupport(fcinfo, &bit_cost);
}
