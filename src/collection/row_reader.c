/*
 * row_reader.c
 *		Rows of an insert or upsert (row_reader.h).
 *
 * A column that no row of a batch gives is left out of the statement, so that
 * PostgreSQL fills in its default.  Where only some rows lack it, their default
 * is evaluated here, as the caller: the first rows, before the column was first
 * seen, are filled in at the end (leading), later ones at once.
 *
 * Memory: a row's values live in row_context, which is reset after each row;
 * all else in the context of the batch.
 */
#include "compat/compat.h"

#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_func.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

#include "collection/row_reader.h"
#include "core/limits.h"

typedef struct RowReader
{
	VmValueReader values;
	VmBatch *batch;
	Relation relation;
	MemoryContext batch_context;
	MemoryContext row_context;
	/* of the row, by column */
	Datum *datums;
	bool *nulls;
	bool *given;
	int next_column;        /* where the next key is looked for first */
	StringInfoData dynamic; /* keys without a field, as the text of an object */
	int meta_column;        /* -1: no dynamic field */
	/* of the batch, by column */
	int64 *leading; /* rows before the first one that gave the column */
	ExprState **defaults;
	EState *estate;
	int64 key_room;
	VmRowGroup *group; /* that the last row went to */
} RowReader;

/* ------------------------------------------------------------------- errors */

static void
AddErrorContext(void *arg)
{
	VmValueReader *reader = arg;

	if (reader->raising)
		return;
	if (reader->column == NULL)
		errcontext("row %lld", (long long) reader->row);
	else
		errcontext("row %lld, field \"%s\"", (long long) reader->row, reader->column->name);
}

void
VmRaiseMissingField(const VmColumn *column, int64 row)
{
	ereport(ERROR, (VmErrcode(VM_INSERT_INVALID),
					errmsg("Insert missed an field `%s` to collection without set nullable==true "
						   "or set default_value",
						   column->name),
					errdetail("Row %lld.", (long long) row),
					errhint("Give the field in every row that is new.")));
}

static _Noreturn void
RaiseMissing(RowReader *reader, int i)
{
	reader->values.raising = true;
	VmRaiseMissingField(&reader->batch->columns[i], reader->values.row);
}

static _Noreturn void
RaiseUnexpectedKey(RowReader *reader, const char *key)
{
	reader->values.column = NULL;
	reader->values.hint = "Collections created with enable_dynamic_field keep such keys.";
	VmRaiseValue(
		&reader->values, VM_INSERT_INVALID,
		"Attempt to insert an unexpected field `%s` to collection without enabling dynamic "
		"field",
		key);
}

static _Noreturn void
RaiseHiddenKey(RowReader *reader, const char *key)
{
	reader->values.column = NULL;
	reader->values.hint = "Columns of that name are the collection's own.";
	VmRaiseValue(&reader->values, VM_INSERT_INVALID, "cannot set key to %s", key);
}

static _Noreturn void
RaiseNoRow(RowReader *reader)
{
	reader->values.column = NULL;
	VmJsonCheckValue(&reader->values.json);
	VmRaiseValue(&reader->values, VM_INSERT_INVALID,
				 "wrong type of argument 'data', expected 'Dict' or list of 'Dict', got '%s'",
				 VmJsonTokenKind(&reader->values.json));
}

/* ------------------------------------------------------------------ columns */

static void
SetColumn(VmColumn *column, Form_pg_attribute attribute, const VmField *field)
{
	memset(column, 0, sizeof(*column));
	column->field = field;
	column->name = field == NULL ? VM_META_COLUMN : field->name;
	column->name_len = strlen(column->name);
	column->attnum = attribute->attnum;
	column->typid = attribute->atttypid;
	column->typmod = attribute->atttypmod;
	column->collation = attribute->attcollation;
	column->is_generated = attribute->attgenerated != '\0';
	column->is_always_identity = attribute->attidentity == ATTRIBUTE_IDENTITY_ALWAYS;
	column->has_default = attribute->atthasdef || attribute->attidentity != '\0';
	if (field == NULL || field->type == VM_TYPE_NONE || field->type == VM_TYPE_JSON)
	{
		Oid input;

		getTypeInputInfo(column->typid, &input, &column->input_param);
		fmgr_info(input, &column->input);
	}
	else if (field->type == VM_TYPE_ARRAY)
	{
		column->element_typid = get_element_type(column->typid);
		get_typlenbyvalalign(column->element_typid, &column->element_len, &column->element_byval,
							 &column->element_align);
	}
}

static TupleDesc
MakeTupleDesc(const VmBatch *batch)
{
	TupleDesc desc = CreateTemplateTupleDesc(batch->ncolumns + 1);
	char name[NAMEDATALEN];

	for (int i = 0; i < batch->ncolumns; i++)
	{
		const VmColumn *column = &batch->columns[i];

		snprintf(name, sizeof(name), "c%d", i + 1);
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), name, column->typid, column->typmod, 0);
		TupleDescInitEntryCollation(desc, (AttrNumber) (i + 1), column->collation);
	}
	TupleDescInitEntry(desc, (AttrNumber) (batch->ncolumns + 1), "n", INT8OID, -1, 0);
	return desc;
}

static void
SetColumns(RowReader *reader)
{
	VmBatch *batch = reader->batch;
	VmCollection *collection = batch->collection;
	TupleDesc desc = RelationGetDescr(reader->relation);

	reader->meta_column = -1;
	batch->columns = palloc_array(VmColumn, collection->nfields + 1);
	for (int i = 0; i < collection->nfields; i++)
	{
		const VmField *field = &collection->fields[i];

		if (field == collection->primary)
			batch->key_column = i;
		SetColumn(&batch->columns[batch->ncolumns++], TupleDescAttr(desc, field->attnum - 1),
				  field);
	}
	if (collection->meta_attnum > 0)
	{
		reader->meta_column = batch->ncolumns;
		SetColumn(&batch->columns[batch->ncolumns++],
				  TupleDescAttr(desc, collection->meta_attnum - 1), NULL);
	}
	batch->desc = MakeTupleDesc(batch);
}

/* The column of a key, -1 for none.  Keys mostly come in the order of columns. */
static int
FindColumn(RowReader *reader, const char *key, size_t len)
{
	VmBatch *batch = reader->batch;
	int fields = batch->collection->nfields;

	for (int i = 0; i < fields; i++)
	{
		int place = reader->next_column + i < fields ? reader->next_column + i :
													   reader->next_column + i - fields;

		if (batch->columns[place].name_len == len &&
			memcmp(batch->columns[place].name, key, len) == 0)
		{
			reader->next_column = place + 1 < fields ? place + 1 : 0;
			return place;
		}
	}
	return -1;
}

/* ----------------------------------------------------------------- defaults */

/* Evaluated in the current memory context. */
static Datum
EvaluateDefault(RowReader *reader, int i, bool *isnull)
{
	const VmColumn *column = &reader->batch->columns[i];
	MemoryContext here = CurrentMemoryContext;
	ExprContext *econtext;

	if (reader->defaults[i] == NULL)
	{
		Expr *expr;

		MemoryContextSwitchTo(reader->batch_context);
		if (reader->estate == NULL)
			reader->estate = CreateExecutorState();
		expr = (Expr *) build_column_default(reader->relation, column->attnum);
		if (expr == NULL)
			elog(ERROR, "column \"%s\" has no default", column->name);
		reader->defaults[i] = ExecPrepareExpr(expr, reader->estate);
		MemoryContextSwitchTo(here);
	}
	econtext = GetPerTupleExprContext(reader->estate);
	return ExecEvalExpr(reader->defaults[i], econtext, isnull);
}

/* What the default is for a null that is given: generated columns say no themselves. */
static bool
NullMeansDefault(const VmColumn *column)
{
	return column->has_default && !column->is_generated && !column->is_always_identity;
}

static bool
CallsFunction(Node *node, void *function)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == *(Oid *) function)
		return true;
	return expression_tree_walker(node, CallsFunction, function);
}

/*
 * Whether the key's default is a hybrid timestamp.  Tables that were registered
 * have defaults of their own, from a sequence say.
 */
static bool
DrawsKeys(const RowReader *reader)
{
	const VmCollection *collection = reader->batch->collection;
	List *name = list_make2(makeString("milvus"), makeString("next_id"));
	Oid next_id = LookupFuncName(name, 0, NULL, false);

	return collection->auto_id &&
		   CallsFunction(build_column_default(reader->relation, collection->primary->attnum),
						 &next_id);
}

/* Whether a row without the column can be stored. */
static bool
MayLack(const RowReader *reader, int i)
{
	const VmColumn *column = &reader->batch->columns[i];

	return column->has_default || column->field == NULL || column->field->nullable;
}

/* ----------------------------------------------------------------- one value */

static void
SetValue(RowReader *reader, int i, Datum value, bool isnull)
{
	reader->datums[i] = value;
	reader->nulls[i] = isnull;
	reader->given[i] = true;
}

static void
ReadNull(RowReader *reader, int i)
{
	const VmColumn *column = &reader->batch->columns[i];
	Datum value = (Datum) 0;
	bool isnull = true;

	if (i != reader->batch->key_column && NullMeansDefault(column))
		value = EvaluateDefault(reader, i, &isnull);
	else if (i == reader->batch->key_column || !MayLack(reader, i))
		VmRaiseWrongKind(&reader->values);
	VmJsonAdvance(&reader->values.json);
	SetValue(reader, i, value, isnull);
}

static void
ReadField(RowReader *reader, int i)
{
	VmBatch *batch = reader->batch;
	VmValueReader *values = &reader->values;

	values->column = &batch->columns[i];
	values->hint = NULL;
	if (i == batch->key_column && batch->mode == VM_READ_INSERT && batch->collection->auto_id)
	{
		values->hint = "Leave the field out: the collection draws its values (auto_id).";
		VmRaiseValue(values, VM_PARAMETER_INVALID,
					 "can not assign primary field data when auto id enabled %s",
					 values->column->name);
	}
	if (VmJsonToken(&values->json) == JSON_TOKEN_NULL)
		ReadNull(reader, i);
	else
		SetValue(reader, i, VmReadValue(values), false);
	values->column = NULL;
}

/* A key without a field: its text, as it is, becomes a part of "$meta". */
static void
ReadDynamic(RowReader *reader, VmJsonSlice key)
{
	VmJsonSlice value = VmJsonSkipValue(&reader->values.json);
	StringInfo dynamic = &reader->dynamic;

	appendStringInfoChar(dynamic, dynamic->len == 0 ? '{' : ',');
	appendBinaryStringInfo(dynamic, key.start, (int) key.len);
	appendStringInfoChar(dynamic, ':');
	appendBinaryStringInfo(dynamic, value.start, (int) value.len);
}

static bool
IsHidden(const char *key)
{
	return strcmp(key, VM_META_COLUMN) == 0 || strcmp(key, VM_TS_COLUMN) == 0 ||
		   strcmp(key, VM_PARTITION_COLUMN) == 0;
}

static void
ReadPair(RowReader *reader)
{
	VmJsonText *json = &reader->values.json;
	VmJsonSlice slice = VmJsonTokenSlice(json);
	int column;

	if (VmJsonToken(json) != JSON_TOKEN_STRING)
		VmJsonExpect(json, JSON_TOKEN_STRING, JSON_EXPECTED_OBJECT_FIRST);
	column = FindColumn(reader, VmJsonTokenString(json)->data, VmJsonTokenString(json)->len);
	if (column < 0 && IsHidden(VmJsonTokenString(json)->data))
		RaiseHiddenKey(reader, VmJsonTokenString(json)->data);
	if (column < 0 && reader->meta_column < 0)
		RaiseUnexpectedKey(reader, VmJsonTokenString(json)->data);
	VmJsonAdvance(json);
	VmJsonExpect(json, JSON_TOKEN_COLON, JSON_EXPECTED_COLON);
	if (column < 0)
		ReadDynamic(reader, slice);
	else
		ReadField(reader, column);
}

/* ------------------------------------------------------------------- one row */

static void
FinishDynamic(RowReader *reader)
{
	StringInfo dynamic = &reader->dynamic;
	VmColumn *column;
	Datum meta;

	if (dynamic->len == 0)
		return;
	appendStringInfoChar(dynamic, '}');
	column = &reader->batch->columns[reader->meta_column];
	reader->values.column = column;
	if (dynamic->len > VM_MAX_JSON_BYTES)
		VmRaiseValue(&reader->values, VM_PARAMETER_INVALID,
					 "the length (%d) of dynamic field exceeds max length (%d)", dynamic->len,
					 VM_MAX_JSON_BYTES);
	meta = InputFunctionCall(&column->input, dynamic->data, column->input_param, column->typmod);
	SetValue(reader, reader->meta_column, meta, false);
	reader->values.column = NULL;
}

/* Columns that the row does not give. */
static void
FillMissing(RowReader *reader)
{
	VmBatch *batch = reader->batch;

	for (int i = 0; i < batch->ncolumns; i++)
	{
		if (reader->given[i])
		{
			if (reader->leading[i] < 0)
				reader->leading[i] = reader->values.row;
			continue;
		}
		reader->nulls[i] = true;
		if (i == batch->key_column && !batch->has_keys)
			continue;
		if (i == batch->key_column && batch->mode == VM_READ_INSERT && batch->collection->auto_id)
		{
			reader->datums[i] = EvaluateDefault(reader, i, &reader->nulls[i]);
			reader->given[i] = !reader->nulls[i];
		}
		if (reader->nulls[i] && i == batch->key_column)
			RaiseMissing(reader, i);
		if (batch->mode == VM_READ_PARTIAL || reader->given[i])
			continue;
		if (!MayLack(reader, i))
			RaiseMissing(reader, i);
		/* Others give it, so the statement has no default for this row. */
		if (reader->leading[i] >= 0 && NullMeansDefault(&batch->columns[i]))
			reader->datums[i] = EvaluateDefault(reader, i, &reader->nulls[i]);
	}
}

int
VmCompareKeys(const VmBatch *batch, Datum a, Datum b)
{
	if (batch->collection->primary->type == VM_TYPE_VARCHAR)
	{
		text *x = DatumGetTextPP(a);
		text *y = DatumGetTextPP(b);

		return varstr_cmp(VARDATA_ANY(x), VARSIZE_ANY_EXHDR(x), VARDATA_ANY(y),
						  VARSIZE_ANY_EXHDR(y), C_COLLATION_OID);
	}
	return DatumGetInt64(a) < DatumGetInt64(b) ? -1 : DatumGetInt64(a) > DatumGetInt64(b);
}

static Datum
KeyDatum(const VmBatch *batch, Datum value)
{
	switch (batch->collection->primary->type)
	{
		case VM_TYPE_VARCHAR:
			return PointerGetDatum(DatumGetTextPCopy(value));
		case VM_TYPE_INT32:
			return Int64GetDatum(DatumGetInt32(value));
		case VM_TYPE_INT16:
			return Int64GetDatum(DatumGetInt16(value));
		default:
			return Int64GetDatum(DatumGetInt64(value));
	}
}

static void
RememberKey(RowReader *reader)
{
	VmBatch *batch = reader->batch;
	MemoryContext old = MemoryContextSwitchTo(reader->batch_context);
	int64 row = batch->nrows;

	if (row == reader->key_room)
	{
		reader->key_room *= 2;
		batch->keys = repalloc_huge(batch->keys, reader->key_room * sizeof(Datum));
	}
	batch->keys[row] = KeyDatum(batch, reader->datums[batch->key_column]);
	if (row > 0 && VmCompareKeys(batch, batch->keys[row - 1], batch->keys[row]) >= 0)
		batch->keys_ascending = false;
	MemoryContextSwitchTo(old);
}

/* Where rows that give these columns go. */
static VmRowGroup *
FindGroup(RowReader *reader)
{
	VmBatch *batch = reader->batch;
	size_t size = batch->ncolumns * sizeof(bool);
	MemoryContext old;
	VmRowGroup *group;
	ListCell *cell;

	if (reader->group != NULL &&
		(batch->mode != VM_READ_PARTIAL || memcmp(reader->group->given, reader->given, size) == 0))
		return reader->group;
	foreach (cell, batch->groups)
	{
		group = lfirst(cell);
		if (memcmp(group->given, reader->given, size) == 0)
			return group;
	}
	old = MemoryContextSwitchTo(reader->batch_context);
	group = palloc0(sizeof(*group));
	group->given = palloc(size);
	memcpy(group->given, reader->given, size);
	group->rows = tuplestore_begin_heap(true, false, work_mem);
	batch->groups = lappend(batch->groups, group);
	MemoryContextSwitchTo(old);
	return group;
}

static void
StoreRow(RowReader *reader)
{
	VmBatch *batch = reader->batch;

	if (batch->has_keys)
		RememberKey(reader);
	reader->group = FindGroup(reader);
	reader->group->count++;
	for (int i = 0; i < batch->ncolumns; i++)
		reader->group->given[i] |= reader->given[i];
	reader->datums[batch->ncolumns] = Int64GetDatum(batch->nrows);
	reader->nulls[batch->ncolumns] = false;
	tuplestore_putvalues(reader->group->rows, batch->desc, reader->datums, reader->nulls);
	batch->nrows++;
}

static void
ReadRow(RowReader *reader)
{
	VmJsonText *json = &reader->values.json;
	MemoryContext old = MemoryContextSwitchTo(reader->row_context);

	if (VmJsonToken(json) != JSON_TOKEN_OBJECT_START)
		RaiseNoRow(reader);
	memset(reader->given, 0, reader->batch->ncolumns * sizeof(bool));
	reader->next_column = 0;
	resetStringInfo(&reader->dynamic);
	VmJsonAdvance(json);
	if (!VmJsonAccept(json, JSON_TOKEN_OBJECT_END))
	{
		do
			ReadPair(reader);
		while (VmJsonNextPair(json));
	}
	FinishDynamic(reader);
	FillMissing(reader);
	StoreRow(reader);
	MemoryContextSwitchTo(old);
	MemoryContextReset(reader->row_context);
	if (reader->estate != NULL)
		ResetPerTupleExprContext(reader->estate);
	reader->values.row++;
	CHECK_FOR_INTERRUPTS();
}

/* ----------------------------------------------------------------- the batch */

/* Gives the first rows the defaults of columns that later rows gave. */
static void
FillLeading(RowReader *reader)
{
	VmBatch *batch = reader->batch;
	VmRowGroup *group = batch->groups == NIL ? NULL : linitial(batch->groups);
	Tuplestorestate *filled;
	TupleTableSlot *slot;
	bool needed = false;

	for (int i = 0; i < batch->ncolumns && batch->mode != VM_READ_PARTIAL; i++)
		needed |= reader->leading[i] > 0 && NullMeansDefault(&batch->columns[i]);
	if (!needed)
		return;
	filled = tuplestore_begin_heap(true, false, work_mem);
	slot = MakeSingleTupleTableSlot(batch->desc, &TTSOpsMinimalTuple);
	reader->values.row = 0;
	while (tuplestore_gettupleslot(group->rows, true, false, slot))
	{
		MemoryContext old = MemoryContextSwitchTo(reader->row_context);

		slot_getallattrs(slot);
		for (int i = 0; i <= batch->ncolumns; i++)
		{
			reader->datums[i] = slot->tts_values[i];
			reader->nulls[i] = slot->tts_isnull[i];
			if (i < batch->ncolumns && reader->values.row < reader->leading[i] &&
				NullMeansDefault(&batch->columns[i]))
			{
				reader->values.column = &batch->columns[i];
				reader->datums[i] = EvaluateDefault(reader, i, &reader->nulls[i]);
				reader->values.column = NULL;
			}
		}
		tuplestore_putvalues(filled, batch->desc, reader->datums, reader->nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(reader->row_context);
		if (reader->estate != NULL)
			ResetPerTupleExprContext(reader->estate);
		reader->values.row++;
		CHECK_FOR_INTERRUPTS();
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(group->rows);
	group->rows = filled;
}

static void
ReadAll(RowReader *reader)
{
	VmJsonText *json = &reader->values.json;

	if (VmJsonAccept(json, JSON_TOKEN_ARRAY_START))
	{
		if (VmJsonAccept(json, JSON_TOKEN_ARRAY_END))
			return;
		do
			ReadRow(reader);
		while (VmJsonNextElement(json));
	}
	else
		ReadRow(reader);
	if (VmJsonToken(json) != JSON_TOKEN_END)
		VmRaiseJsonError(JSON_EXPECTED_END, json->lex);
}

static void
InitReader(RowReader *reader, VmCollection *collection, VmReadMode mode)
{
	VmBatch *batch = palloc0(sizeof(*batch));

	memset(reader, 0, sizeof(*reader));
	reader->batch = batch;
	batch->collection = collection;
	batch->mode = mode;
	batch->keys_ascending = true;
	reader->relation = table_open(collection->relid, NoLock);
	SetColumns(reader);
	batch->draws_keys = DrawsKeys(reader);
	batch->has_keys = mode != VM_READ_INSERT || !batch->draws_keys;
	reader->batch_context = CurrentMemoryContext;
	reader->row_context =
		AllocSetContextCreate(CurrentMemoryContext, "vecmilvus row", ALLOCSET_DEFAULT_SIZES);
	reader->datums = palloc0_array(Datum, batch->ncolumns + 1);
	reader->nulls = palloc0_array(bool, batch->ncolumns + 1);
	reader->given = palloc0_array(bool, batch->ncolumns + 1);
	reader->defaults = palloc0_array(ExprState *, batch->ncolumns);
	reader->leading = palloc_array(int64, batch->ncolumns);
	for (int i = 0; i < batch->ncolumns; i++)
		reader->leading[i] = -1;
	initStringInfo(&reader->dynamic);
	reader->values.scratch = palloc_array(float, VM_VECTOR_MAX_DIM);
	reader->key_room = 1024;
	batch->keys = palloc_array(Datum, reader->key_room);
}

VmBatch *
VmReadRows(VmCollection *collection, VmReadMode mode, char *text, size_t len)
{
	ErrorContextCallback callback;
	RowReader reader;

	InitReader(&reader, collection, mode);
	VmJsonTextOpen(&reader.values.json, text, len);
	callback.callback = AddErrorContext;
	callback.arg = &reader.values;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	ReadAll(&reader);
	FillLeading(&reader);
	error_context_stack = callback.previous;
	if (reader.estate != NULL)
		FreeExecutorState(reader.estate);
	MemoryContextDelete(reader.row_context);
	pfree(reader.values.scratch);
	table_close(reader.relation, NoLock);
	return reader.batch;
}

void
VmBatchFree(VmBatch *batch)
{
	ListCell *cell;

	foreach (cell, batch->groups)
		tuplestore_end(((VmRowGroup *) lfirst(cell))->rows);
	batch->groups = NIL;
}

const VmColumn *
VmBatchMissingColumn(const VmBatch *batch, const VmRowGroup *group)
{
	for (int i = 0; i < batch->ncolumns; i++)
	{
		const VmColumn *column = &batch->columns[i];

		if (!group->given[i] && !column->has_default && column->field != NULL &&
			!column->field->nullable)
			return column;
	}
	return NULL;
}
