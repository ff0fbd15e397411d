/*
 * prewarm.c
 *		Reading a collection into memory: VmPrewarm (load.h).
 */
#include "compat/compat.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "collection/load.h"

#define ARGUMENTS 5

/* pg_prewarm(regclass, text, text, bigint, bigint) of the extension, or InvalidOid. */
static Oid
FindPrewarm(void)
{
	Oid extension = get_extension_oid("pg_prewarm", true);
	CatCList *functions;
	Oid found = InvalidOid;

	if (!OidIsValid(extension))
		return InvalidOid;
	functions = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum("pg_prewarm"));
	for (int i = 0; i < functions->n_members; i++)
	{
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(&functions->members[i]->tuple);

		if (form->pronargs == ARGUMENTS && form->prorettype == INT8OID &&
			form->proargtypes.values[0] == REGCLASSOID &&
			getExtensionOfObject(ProcedureRelationId, form->oid) == extension)
			found = form->oid;
	}
	ReleaseSysCacheList(functions);
	return found;
}

static bool
MayPrewarm(Oid function, const VmCollection *collection)
{
	return DatumGetBool(DirectFunctionCall2(has_function_privilege_id, ObjectIdGetDatum(function),
											CStringGetTextDatum("EXECUTE"))) &&
		   pg_class_aclcheck(collection->relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

static void
PrewarmRelation(Oid function, Oid relid)
{
	LOCAL_FCINFO(fcinfo, ARGUMENTS);
	FmgrInfo flinfo;

	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, ARGUMENTS, InvalidOid, NULL, NULL);
	fcinfo->args[0] = (NullableDatum) {ObjectIdGetDatum(relid), false};
	fcinfo->args[1] = (NullableDatum) {CStringGetTextDatum("buffer"), false};
	fcinfo->args[2] = (NullableDatum) {CStringGetTextDatum("main"), false};
	fcinfo->args[3] = (NullableDatum) {(Datum) 0, true};
	fcinfo->args[4] = (NullableDatum) {(Datum) 0, true};
	(void) FunctionCallInvoke(fcinfo);
}

/* If it fits into what is left of the budget of pages. */
static void
PrewarmIfFits(Oid function, Oid relid, int64 *budget)
{
	Relation relation = try_relation_open(relid, AccessShareLock);
	int64 pages;

	if (relation == NULL)
		return;
	pages = RelationGetNumberOfBlocks(relation);
	relation_close(relation, NoLock);
	if (pages > *budget)
		return;
	*budget -= pages;
	PrewarmRelation(function, relid);
}

void
VmPrewarm(const VmCollection *collection)
{
	Oid function = FindPrewarm();
	int64 budget = NBuffers;
	Relation table;
	List *indexes;
	ListCell *cell;

	if (!OidIsValid(function))
		return;
	if (!MayPrewarm(function, collection))
	{
		ereport(DEBUG1, (errmsg_internal("collection \"%s\" is not prewarmed: no privilege",
										 collection->name)));
		return;
	}
	table = table_open(collection->relid, NoLock);
	indexes = RelationGetIndexList(table);
	table_close(table, NoLock);
	foreach (cell, indexes)
		PrewarmIfFits(function, lfirst_oid(cell), &budget);
	PrewarmIfFits(function, collection->relid, &budget);
}
