/*
 * index_find.c
 *		Which indexes a collection has: VmIndexList and the rest of index_find.h.
 */
#include "compat/compat.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "commands/defrem.h"
#include "nodes/primnodes.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "collection/index_find.h"
#include "collection/index_type.h"
#include "collection/job.h"
#include "collection/json.h"

/* What PostgreSQL knows of an index on a collection's table. */
typedef struct PgIndex
{
	Oid oid;
	bool valid;
	bool primary;
	VmField *field; /* NULL: not on one field alone */
	const char *access_method;
	const char *metric; /* NULL: of no operator class of ours */
	Datum options;      /* reloptions, or 0 */
} PgIndex;

/* ------------------------------------------------------------- PostgreSQL's view */

static VmField *
FieldOfColumn(VmCollection *collection, AttrNumber attnum)
{
	for (int i = 0; i < collection->nfields; i++)
	{
		if (collection->fields[i].attnum == attnum)
			return &collection->fields[i];
	}
	return NULL;
}

/* Of a cast to another vector type, as long vectors are indexed. */
static VmField *
FieldOfCast(VmCollection *collection, Relation index)
{
	List *expressions = RelationGetIndexExpressions(index);
	Node *node = list_length(expressions) == 1 ? linitial(expressions) : NULL;
	VmField *field;

	if (node != NULL && IsA(node, FuncExpr) && ((FuncExpr *) node)->args != NIL &&
		((FuncExpr *) node)->funcformat != COERCE_EXPLICIT_CALL)
		node = linitial(((FuncExpr *) node)->args);
	if (node == NULL || !IsA(node, Var))
		return NULL;
	field = FieldOfColumn(collection, ((Var *) node)->varattno);
	return field != NULL && VmIsVectorType(field->type) ? field : NULL;
}

static VmField *
FieldOfIndex(VmCollection *collection, Relation index)
{
	Form_pg_index form = index->rd_index;

	if (form->indnatts != 1 || RelationGetIndexPredicate(index) != NIL)
		return NULL;
	if (form->indkey.values[0] == 0)
		return FieldOfCast(collection, index);
	return FieldOfColumn(collection, form->indkey.values[0]);
}

/* The metric that an index of ours was made for. */
static const char *
MetricOfIndex(Relation index)
{
	Datum value;
	bool is_null;
	oidvector *opclasses;
	HeapTuple tuple;
	const char *metric = NULL;

	value = SysCacheGetAttr(INDEXRELID, index->rd_indextuple, Anum_pg_index_indclass, &is_null);
	if (is_null)
		return NULL;
	opclasses = (oidvector *) DatumGetPointer(value);
	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclasses->values[0]));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	if (((Form_pg_opclass) GETSTRUCT(tuple))->opcnamespace == VmExtensionSchema())
		metric = VmMetricOfOpclass(NameStr(((Form_pg_opclass) GETSTRUCT(tuple))->opcname));
	ReleaseSysCache(tuple);
	return metric;
}

static Datum
OptionsOfIndex(Oid index)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	Datum options = (Datum) 0;
	Datum value;
	bool is_null = true;

	if (!HeapTupleIsValid(tuple))
		return options;
	value = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &is_null);
	if (!is_null)
		options = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	ReleaseSysCache(tuple);
	return options;
}

static PgIndex *
ReadPgIndex(VmCollection *collection, Oid oid)
{
	Relation index = RelationIdGetRelation(oid);
	PgIndex *result;

	/* Dropped since, by somebody who did not need to wait for our lock. */
	if (!RelationIsValid(index))
		return NULL;
	result = palloc0(sizeof(*result));
	result->oid = oid;
	result->valid = index->rd_index->indisvalid && index->rd_index->indislive;
	result->primary = index->rd_index->indisprimary;
	result->field = FieldOfIndex(collection, index);
	result->access_method = get_am_name(index->rd_rel->relam);
	result->metric = MetricOfIndex(index);
	result->options = OptionsOfIndex(oid);
	RelationClose(index);
	return result;
}

static List *
ReadPgIndexes(VmCollection *collection)
{
	Relation table = table_open(collection->relid, NoLock);
	List *oids = RelationGetIndexList(table);
	List *result = NIL;
	ListCell *cell;

	foreach (cell, oids)
	{
		PgIndex *index = ReadPgIndex(collection, lfirst_oid(cell));

		if (index != NULL)
			result = lappend(result, index);
	}
	table_close(table, NoLock);
	return result;
}

/* ------------------------------------------------------------ indexes with a row */

Oid
VmIndexOfRow(const VmCollection *collection, const VmIndexRow *row, bool *valid)
{
	Oid oid;
	HeapTuple tuple;
	Form_pg_index form;

	*valid = false;
	if (NameStr(row->pg_name)[0] == '\0')
		return InvalidOid;
	oid = get_relname_relid(NameStr(row->pg_name), collection->nspid);
	if (!OidIsValid(oid))
		return InvalidOid;
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	form = (Form_pg_index) GETSTRUCT(tuple);
	if (form->indrelid != collection->relid)
		oid = InvalidOid;
	*valid = OidIsValid(oid) && form->indisvalid && form->indislive;
	ReleaseSysCache(tuple);
	return oid;
}

bool
VmIndexRowById(Oid relid, int64 id, VmIndexRow *row)
{
	ListCell *cell;

	foreach (cell, VmCatalogListIndexes(relid))
	{
		*row = *(VmIndexRow *) lfirst(cell);
		if (row->index_id == id)
			return true;
	}
	return false;
}

/*
 * A row that says "in progress" while no worker holds its lock was left by a
 * crash, either before the index was complete or just after.  On a standby the
 * worker runs elsewhere.
 */
static VmIndexState
StateOfRow(const VmIndexRow *row, bool valid, const char **reason)
{
	*reason = row->fail_reason;
	if (row->state != VM_INDEX_IN_PROGRESS)
		return (VmIndexState) row->state;
	if (RecoveryInProgress() || VmJobIsRunning(row->index_id))
		return VM_INDEX_IN_PROGRESS;
	if (valid)
		return VM_INDEX_FINISHED;
	*reason = VM_INDEX_STOPPED_REASON;
	return VM_INDEX_FAILED;
}

/* NULL if the index, or its column, was dropped by hand. */
static VmIndexInfo *
InfoOfRow(VmCollection *collection, VmIndexRow *row)
{
	VmField *field = VmCollectionFindField(collection, NameStr(row->field));
	bool valid;
	Oid pg_index = VmIndexOfRow(collection, row, &valid);
	VmIndexInfo *info;

	if (field == NULL)
		return NULL;
	if (row->state == VM_INDEX_FINISHED && NameStr(row->pg_name)[0] != '\0' && !valid)
		return NULL;
	info = palloc0(sizeof(*info));
	info->name = NameStr(row->name);
	info->field = field;
	info->index_type = row->index_type;
	info->metric = row->metric_type;
	info->params = row->params;
	info->state = StateOfRow(row, valid, &info->fail_reason);
	info->pg_index = pg_index;
	info->row = row;
	return info;
}

/* --------------------------------------------------------- indexes made by hand */

static void
PutOption(VmJsonWriter *writer, const PgIndex *index, const char *option, const char *missing,
		  const char *param)
{
	const char *value = missing;
	ListCell *cell;

	foreach (cell, untransformRelOptions(index->options))
	{
		DefElem *element = lfirst(cell);

		if (strcmp(element->defname, option) == 0)
			value = defGetString(element);
	}
	VmJsonPutString(writer, param, value);
}

static const char *
VectorIndexType(const PgIndex *index)
{
	bool is_hnsw = strcmp(index->access_method, "hnsw") == 0;

	if (index->field->type == VM_TYPE_SPARSE_FLOAT_VECTOR)
		return "SPARSE_INVERTED_INDEX";
	if (is_hnsw)
		return "HNSW";
	return index->field->type == VM_TYPE_BINARY_VECTOR ? "BIN_IVF_FLAT" : "IVF_FLAT";
}

static Jsonb *
ParamsOfHandMade(const PgIndex *index)
{
	VmJsonWriter writer = {0};

	VmJsonBeginObject(&writer, NULL);
	if (strcmp(index->access_method, "hnsw") == 0)
	{
		PutOption(&writer, index, "m", "16", "M");
		PutOption(&writer, index, "ef_construction", "64", "efConstruction");
	}
	else if (VmIsVectorType(index->field->type))
		PutOption(&writer, index, "lists", "100", "nlist");
	VmJsonEndObject(&writer);
	return DatumGetJsonbP(VmJsonDatum(&writer));
}

static bool
IsNumeric(VmDataType type)
{
	return (type >= VM_TYPE_INT8 && type <= VM_TYPE_INT64) || type == VM_TYPE_FLOAT ||
		   type == VM_TYPE_DOUBLE;
}

/* The type that Milvus would call it, or NULL if it has none. */
static const char *
TypeOfHandMade(const VmCollection *collection, const PgIndex *index)
{
	const char *am = index->access_method;
	bool is_btree = am != NULL && strcmp(am, "btree") == 0;

	if (!index->valid || index->primary || index->field == NULL || am == NULL)
		return NULL;
	if (VmIsVectorType(index->field->type))
	{
		bool is_ours =
			strcmp(am, "hnsw") == 0 || strcmp(am, "ivfflat") == 0 || strcmp(am, "ivf") == 0;

		return is_ours && index->metric != NULL && VmMetricFits(index->metric, index->field->type) ?
				   VectorIndexType(index) :
				   NULL;
	}
	if (is_btree && IsNumeric(index->field->type))
		return "STL_SORT";
	return is_btree || strcmp(am, "gin") == 0 || strcmp(am, "hash") == 0 ? "INVERTED" : NULL;
}

static VmIndexInfo *
InfoOfHandMade(const VmCollection *collection, const PgIndex *index)
{
	const char *index_type = TypeOfHandMade(collection, index);
	VmIndexInfo *info;

	if (index_type == NULL || VmIndexBelongsToTable(collection, index->oid))
		return NULL;
	info = palloc0(sizeof(*info));
	info->name = get_rel_name(index->oid);
	info->field = index->field;
	info->index_type = index_type;
	info->metric = VmIsVectorType(index->field->type) ? index->metric : "";
	info->params = ParamsOfHandMade(index);
	info->state = VM_INDEX_FINISHED;
	info->fail_reason = "";
	info->pg_index = index->oid;
	return info->name == NULL ? NULL : info;
}

/* ------------------------------------------------------------------------ lists */

static bool
IsListed(List *infos, Oid pg_index)
{
	ListCell *cell;

	foreach (cell, infos)
	{
		if (((VmIndexInfo *) lfirst(cell))->pg_index == pg_index)
			return true;
	}
	return false;
}

List *
VmIndexList(VmCollection *collection)
{
	List *infos = NIL;
	ListCell *cell;

	foreach (cell, VmCatalogListIndexes(collection->relid))
	{
		VmIndexInfo *info = InfoOfRow(collection, lfirst(cell));

		if (info != NULL)
			infos = lappend(infos, info);
	}
	foreach (cell, ReadPgIndexes(collection))
	{
		PgIndex *index = lfirst(cell);
		VmIndexInfo *info = IsListed(infos, index->oid) ? NULL : InfoOfHandMade(collection, index);

		if (info != NULL)
			infos = lappend(infos, info);
	}
	return infos;
}

VmIndexInfo *
VmIndexFind(VmCollection *collection, const char *name)
{
	ListCell *cell;

	foreach (cell, VmIndexList(collection))
	{
		VmIndexInfo *info = lfirst(cell);

		if (strcmp(info->name, name) == 0)
			return info;
	}
	return NULL;
}

VmIndexInfo *
VmIndexOfField(VmCollection *collection, const VmField *field)
{
	ListCell *cell;

	foreach (cell, VmIndexList(collection))
	{
		VmIndexInfo *info = lfirst(cell);

		if (info->field->attnum == field->attnum)
			return info;
	}
	return NULL;
}

static bool
IsKeyIndex(const PgIndex *index)
{
	return index->valid && index->access_method != NULL &&
		   (strcmp(index->access_method, "btree") == 0 ||
			strcmp(index->access_method, "hash") == 0);
}

Oid
VmIndexOnColumn(const VmCollection *collection, const VmField *field)
{
	ListCell *cell;

	foreach (cell, ReadPgIndexes((VmCollection *) collection))
	{
		PgIndex *index = lfirst(cell);

		if (index->field != NULL && index->field->attnum == field->attnum && IsKeyIndex(index))
			return index->oid;
	}
	return InvalidOid;
}

/* The primary key, and the index by which rows of a partition are found. */
bool
VmIndexBelongsToTable(const VmCollection *collection, Oid pg_index)
{
	PgIndex *index = ReadPgIndex((VmCollection *) collection, pg_index);

	if (index == NULL)
		return false;
	return index->primary ||
		   (collection->partition_key != NULL && index->field != NULL &&
			index->field->attnum == collection->partition_key->attnum && IsKeyIndex(index));
}
