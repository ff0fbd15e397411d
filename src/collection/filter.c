/*
 * filter.c
 *		Filter expressions as conditions (filter.h).  They are not here yet: every
 *		one is refused.
 */
#include "compat/compat.h"

#include "collection/filter.h"

VmQual *
VmFilterCompile(VmCollection *collection, const char *filter, Jsonb *templates, const char *alias,
				int first_param)
{
	if (filter[strspn(filter, " \t\r\n")] == '\0')
		return NULL;
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("filter expressions are not supported yet")));
}

void
VmQualBind(const VmQual *qual, Jsonb *templates, Datum *values)
{
}

void
VmTemplateSignature(StringInfo key, Jsonb *templates)
{
}
