/*
 * filter.h
 *		Milvus's filter expressions as conditions of SQL.
 *
 * A filter becomes an expression over a table's columns with typed parameters;
 * nothing that its writer wrote is in its text but the names of fields, quoted
 * (COLL-11).  Template variables are parameters that get their values with each
 * call, so that the condition is made once.
 */
#ifndef VM_COLLECTION_FILTER_H
#define VM_COLLECTION_FILTER_H

#include "compat/compat.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "collection/collection.h"

/* What becomes of a value on its way to a parameter. */
typedef enum VmParamUse
{
	VM_PARAM_VALUE,
	VM_PARAM_DIVISOR, /* must not be zero */
	VM_PARAM_PATTERN, /* of LIKE: must not end with a lone backslash */
	VM_PARAM_MATCH,   /* text, becomes a tsquery of any of its words */
	VM_PARAM_PHRASE   /* text, becomes a tsquery of its words in their order */
} VmParamUse;

typedef struct VmQualParam
{
	Oid type;
	VmParamUse use;
	Datum value;          /* of a literal; not used where there is a variable */
	const char *variable; /* the template variable that gives the value, or NULL */
} VmQualParam;

typedef struct VmQual
{
	char *sql; /* boolean; in parentheses */
	int nparams;
	VmQualParam *params;
	int nranges;
	struct VmFilterRange *ranges; /* of filter_private.h: bounds to look at with each call */
} VmQual;

/*
 * Compiles a filter; alias is the table's in the statement, its parameters are
 * $first_param and on.  templates (an object, or NULL) gives the types of
 * variables.  NULL for an empty filter.  In the current memory context.  Raises
 * VM_PARAMETER_INVALID for what cannot be parsed or typed, with the position in
 * the error's detail, and VM_UNSUPPORTED for what is newer than Milvus 2.5.
 */
extern VmQual *VmFilterCompile(VmCollection *collection, const char *filter, Jsonb *templates,
							   const char *alias, int first_param);

/* Values for the parameters; templates are of the types that were compiled for. */
extern void VmQualBind(const VmQual *qual, Jsonb *templates, Datum *values);

/* Appends the names and types of variables: what VmFilterCompile looks at of them. */
extern void VmTemplateSignature(StringInfo key, Jsonb *templates);

#endif
