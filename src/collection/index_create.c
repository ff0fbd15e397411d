/*
 * index_create.c
 *		milvus.create_index and milvus.drop_index (index.h).
 */
#include "compat/compat.h"

#include "commands/defrem.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "collection/catalog.h"
#include "collection/error.h"
#include "collection/index.h"
#include "collection/index_build.h"
#include "collection/index_find.h"
#include "collection/index_type.h"
#include "collection/job.h"
#include "collection/json.h"
#include "collection/load.h"
#include "collection/memento.h"
#include "collection/name.h"
#include "collection/statement.h"
#include "compat/acl.h"
#include "consistency/oracle.h"

/* ------------------------------------------------------------- what is there */

/* But for what alter_index_properties may have changed since. */
static bool
SameParams(const Jsonb *a, const Jsonb *b)
{
	a = VmJsonSet(a, VM_MMAP_PROPERTY, NULL);
	b = VmJsonSet(b, VM_MMAP_PROPERTY, NULL);
	return compareJsonbContainers((JsonbContainer *) &a->root, (JsonbContainer *) &b->root) == 0;
}

static bool
SameIndex(const VmIndexInfo *info, const VmIndexSpec *spec)
{
	return strcmp(info->index_type, spec->index_type) == 0 &&
		   strcmp(info->metric, spec->metric) == 0 && SameParams(info->params, spec->params);
}

static _Noreturn void
RaiseOtherIndex(const char *reason, const VmIndexInfo *info)
{
	ereport(ERROR, (VmErrcode(VM_UNEXPECTED), errmsg("CreateIndex failed: %s", reason),
					errdetail("Index \"%s\" on field \"%s\" is of type %s.", info->name,
							  info->field->name, info->index_type),
					errhint("Drop it first with milvus.drop_index().")));
}

/*
 * Whether that very index is there already.  Raises an error if it would be a
 * second one for its field, or its name is taken; one that failed is replaced.
 */
static bool
AlreadyThere(VmCollection *collection, const VmField *field, const char *name,
			 const VmIndexSpec *spec)
{
	ListCell *cell;

	foreach (cell, VmIndexList(collection))
	{
		VmIndexInfo *info = lfirst(cell);
		bool same_field = info->field->attnum == field->attnum;
		bool same_name = strcmp(info->name, name) == 0;

		if (same_field && info->state == VM_INDEX_FAILED)
			continue;
		if (same_field && SameIndex(info, spec) && (same_name || info->row == NULL))
			return true;
		if (same_name)
			RaiseOtherIndex("at most one distinct index is allowed per field", info);
		if (same_field)
			RaiseOtherIndex("creating multiple indexes on same field is not supported", info);
	}
	return false;
}

static void
DropPgIndex(const VmCollection *collection, Oid pg_index)
{
	VmRunUtility(
		psprintf("DROP INDEX %s", quote_qualified_identifier(get_namespace_name(collection->nspid),
															 get_rel_name(pg_index))));
}

/*
 * Rows of the field or the name that stand for nothing any more: a failed build,
 * with the invalid index that it may have left, or one that was dropped by hand.
 */
static void
RemoveLeftovers(const VmCollection *collection, const VmField *field, const char *name)
{
	ListCell *cell;

	foreach (cell, VmCatalogListIndexes(collection->relid))
	{
		VmIndexRow *row = lfirst(cell);
		bool valid;
		Oid pg_index = VmIndexOfRow(collection, row, &valid);

		if (strcmp(NameStr(row->field), field->name) != 0 && strcmp(NameStr(row->name), name) != 0)
			continue;
		if (OidIsValid(pg_index) && !valid)
			DropPgIndex(collection, pg_index);
		VmCatalogDeleteIndex(collection->relid, NameStr(row->name));
	}
}

/* ------------------------------------------------------------------- creating */

/* CREATE INDEX would say so, too, but a worker only in the server's log. */
static void
CheckMayCreate(const VmCollection *collection)
{
	AclResult result = VmSchemaAclCheck(collection->nspid, GetUserId(), ACL_CREATE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_SCHEMA, get_namespace_name(collection->nspid));
}

/*
 * CREATE INDEX would wait for a build in the background, which waits for all
 * older snapshots to end: ours, too.
 */
static void
CheckNoBuild(VmCollection *collection)
{
	ListCell *cell;

	foreach (cell, VmIndexList(collection))
	{
		VmIndexInfo *info = lfirst(cell);

		if (info->state == VM_INDEX_IN_PROGRESS)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("index \"%s\" of collection \"%s\" is being built in the background",
							info->name, collection->name),
					 errhint("Wait until milvus.describe_index() says that it is finished, or "
							 "pass sync => false: builds in the background follow one another.")));
	}
}

static VmIndexRow
NewRow(const VmCollection *collection, const VmField *field, const char *name,
	   const VmIndexSpec *spec)
{
	VmIndexRow row = {
		.relid = collection->relid,
		.index_id = VmOracleDraw(1),
		.index_type = pstrdup(spec->index_type),
		.metric_type = pstrdup(spec->metric),
		.params = spec->params,
		.state = VM_INDEX_FINISHED,
		.fail_reason = "",
	};

	row.created_ts = row.index_id;
	namestrcpy(&row.name, name);
	namestrcpy(&row.field, field->name);
	return row;
}

/* The index that the table has anyway on a primary or partition key, or InvalidOid. */
static Oid
IndexToAdopt(const VmCollection *collection, const VmField *field)
{
	if (VmIsVectorType(field->type) || !(field->is_primary || field->is_partition_key))
		return InvalidOid;
	return VmIndexOnColumn(collection, field);
}

static void
Build(VmCollection *collection, VmIndexRow *row, const VmIndexPlan *plan, bool background)
{
	const char *pg_name =
		ChooseRelationName(collection->name, NameStr(row->field), "idx", collection->nspid, false);

	CheckMayCreate(collection);
	if (!background)
		CheckNoBuild(collection);
	namestrcpy(&row->pg_name, pg_name);
	row->state = background ? VM_INDEX_IN_PROGRESS : VM_INDEX_FINISHED;
	if (background)
	{
		VmCatalogPutIndex(row);
		VmIndexBuildStart(row);
		return;
	}
	VmRunUtility(VmIndexSql(collection, pg_name, plan, false));
	VmCatalogPutIndex(row);
}

void
VmIndexCreate(VmCollection *collection, const char *field_name, const char *index_type,
			  const char *metric, const Jsonb *params, const char *index_name, bool background)
{
	VmField *field = VmCollectionGetField(collection, field_name);
	const char *name = index_name == NULL || index_name[0] == '\0' ? field->name : index_name;
	VmIndexSpec spec;
	VmIndexPlan plan;
	VmIndexRow row;
	Oid adopted;

	VmIndexSpecRead(field, index_type, metric, params, &spec);
	if (name != field->name)
		VmCheckIndexName(name);
	VmLockRows(collection->relid);
	if (AlreadyThere(collection, field, name, &spec))
		return;
	RemoveLeftovers(collection, field, name);
	VmIndexPlanMake(field, &spec, true, &plan);
	row = NewRow(collection, field, name, &spec);
	adopted = IndexToAdopt(collection, field);
	if (OidIsValid(adopted))
		namestrcpy(&row.pg_name, get_rel_name(adopted));
	if (OidIsValid(adopted) || plan.method == VM_METHOD_EXACT)
		VmCatalogPutIndex(&row);
	else
		Build(collection, &row, &plan, background);
	VmMementoWrite(collection->relid);
}

VM_FUNCTION(vm_create_index);
Datum
vm_create_index(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		VmCollectionOpenOwned(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	char *field = VmTextArgument(fcinfo, 1, "field_name");
	Jsonb *params = PG_ARGISNULL(4) ? NULL : PG_GETARG_JSONB_P(4);

	VmIndexCreate(collection, field, VmOptionalText(fcinfo, 2, NULL),
				  VmOptionalText(fcinfo, 3, NULL), params, VmOptionalText(fcinfo, 5, NULL),
				  !PG_ARGISNULL(6) && !PG_GETARG_BOOL(6));
	PG_RETURN_VOID();
}

/* ------------------------------------------------------------------- dropping */

static void
DropIndex(VmCollection *collection, VmIndexInfo *info)
{
	Oid pg_index = info->pg_index;

	if (VmIsVectorType(info->field->type) && VmCollectionIsLoaded(collection))
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
						errmsg("index cannot be dropped, collection is loaded, please release it "
							   "first"),
						errhint("Call milvus.release_collection('%s').", collection->name)));
	if (info->row != NULL && info->state == VM_INDEX_IN_PROGRESS)
	{
		bool valid;

		VmJobStop(collection->relid, info->row->index_id);
		AcceptInvalidationMessages();
		pg_index = VmIndexOfRow(collection, info->row, &valid);
	}
	if (OidIsValid(pg_index) && !VmIndexBelongsToTable(collection, pg_index))
		DropPgIndex(collection, pg_index);
	if (info->row != NULL)
		VmCatalogDeleteIndex(collection->relid, info->name);
}

VM_FUNCTION(vm_drop_index);
Datum
vm_drop_index(PG_FUNCTION_ARGS)
{
	VmCollection *collection =
		VmCollectionOpenOwned(VmTextArgument(fcinfo, 0, "collection_name"), AccessShareLock);
	char *name = VmTextArgument(fcinfo, 1, "index_name");
	VmIndexInfo *info;

	VmLockRows(collection->relid);
	/* Its load state may have changed while we waited. */
	collection = VmCollectionOfTable(collection->relid);
	info = VmIndexFind(collection, name);
	if (info == NULL)
		ereport(NOTICE,
				(errmsg("there is no index \"%s\" on collection \"%s\"", name, collection->name)));
	else
	{
		DropIndex(collection, info);
		VmMementoWrite(collection->relid);
	}
	PG_RETURN_VOID();
}
