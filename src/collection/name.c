/*
 * name.c
 *		Which names Milvus allows, and names as arguments (name.h).
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/name.h"

typedef struct NameRule
{
	const char *kind;
	VmMilvusCode code;
	bool digit_first; /* may begin with a digit, and have hyphens */
} NameRule;

static bool
IsLetter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
IsDigit(char c)
{
	return c >= '0' && c <= '9';
}

static void
CheckName(const char *name, const NameRule *rule)
{
	if (name[0] == '\0')
		ereport(ERROR, (VmErrcode(rule->code), errmsg("%s name should not be empty", rule->kind)));
	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(VmErrcode(rule->code),
				 errmsg("invalid %s name: %s. the length of a name must be less than %d bytes",
						rule->kind, name, NAMEDATALEN),
				 errdetail("Milvus allows 255 characters, PostgreSQL %d bytes.", NAMEDATALEN - 1)));
	if (!IsLetter(name[0]) && !(rule->digit_first && IsDigit(name[0])))
		ereport(ERROR, (VmErrcode(rule->code),
						errmsg("invalid %s name: %s. the first character of a name must be an "
							   "underscore or letter",
							   rule->kind, name)));
	for (const char *c = name; *c != '\0'; c++)
	{
		if (!IsLetter(*c) && !IsDigit(*c) && !(rule->digit_first && *c == '-'))
			ereport(ERROR, (VmErrcode(rule->code),
							errmsg("invalid %s name: %s. a name can only contain numbers, letters "
								   "and underscores",
								   rule->kind, name)));
	}
}

void
VmCheckCollectionName(const char *name)
{
	static const NameRule rule = {"collection", VM_PARAMETER_INVALID, false};

	CheckName(name, &rule);
}

void
VmCheckAliasName(const char *name)
{
	static const NameRule rule = {"alias", VM_PARAMETER_INVALID, false};

	CheckName(name, &rule);
}

void
VmCheckPartitionName(const char *name)
{
	static const NameRule rule = {"partition", VM_PARAMETER_INVALID, true};

	CheckName(name, &rule);
}

void
VmCheckFieldName(const char *name)
{
	static const NameRule rule = {"field", VM_FIELD_INVALID_NAME, false};

	CheckName(name, &rule);
}

void
VmCheckIndexName(const char *name)
{
	static const NameRule rule = {"index", VM_PARAMETER_INVALID, false};

	CheckName(name, &rule);
}

void
VmCheckDatabaseName(const char *name)
{
	static const NameRule rule = {"database", VM_DATABASE_INVALID_NAME, false};

	CheckName(name, &rule);
}

void
VmCheckGroupName(const char *name)
{
	static const NameRule rule = {"resource group", VM_PARAMETER_INVALID, false};

	CheckName(name, &rule);
}

char *
VmTextArgument(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_MISSING),
						errmsg("missing required parameter: \"%s\"", name)));
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

char *
VmOptionalText(FunctionCallInfo fcinfo, int n, char *missing)
{
	return PG_ARGISNULL(n) ? missing : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

int32
VmIntArgument(FunctionCallInfo fcinfo, int n, int32 missing)
{
	return PG_ARGISNULL(n) ? missing : PG_GETARG_INT32(n);
}

bool
VmArgumentIsConstant(FunctionCallInfo fcinfo, int n)
{
	Node *call = fcinfo->flinfo->fn_expr;

	return call != NULL && IsA(call, FuncExpr) && n < list_length(((FuncExpr *) call)->args) &&
		   IsA(list_nth(((FuncExpr *) call)->args, n), Const);
}

char **
VmTextArrayArgument(FunctionCallInfo fcinfo, int n, const char *name, int *count)
{
	Datum *values;
	bool *nulls;
	char **texts;

	*count = 0;
	if (PG_ARGISNULL(n))
		return NULL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls,
					  count);
	texts = palloc(sizeof(char *) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
	{
		if (nulls[i])
			ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
							errmsg("invalid parameter: \"%s\" has a null element", name)));
		texts[i] = TextDatumGetCString(values[i]);
	}
	return texts;
}
