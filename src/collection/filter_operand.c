/*
 * filter_operand.c
 *		What a name in a filter is: VmFilterOperand (filter_private.h).
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "collection/filter_private.h"

static char *
ColumnSql(const VmCompiler *compiler, const char *name)
{
	return psprintf("%s.%s", compiler->alias, quote_identifier(name));
}

static Datum
StringDatum(VmFilterString string)
{
	string = VmFilterServerString(string);
	return PointerGetDatum(cstring_to_text_with_len(string.data, (int) string.size));
}

/* A path is a parameter: its keys are the writer's. */
static char *
PathParam(VmCompiler *compiler, const VmFilterNode *node, bool with_root)
{
	const VmFilterPath *path = node->path;
	Datum *steps = palloc_array(Datum, path->nsteps + 1);
	int count = 0;
	ArrayType *array;

	if (with_root)
		steps[count++] = StringDatum(path->root);
	for (uint32 i = 0; i < path->nsteps; i++)
	{
		const VmFilterStep *step = &path->steps[i];

		if (step->kind == VM_FILTER_STEP_KEY && step->name.size == 0)
			VmFilterRaise(compiler, node, "invalid identifier: a key is empty");
		steps[count++] = step->kind == VM_FILTER_STEP_INDEX ?
							 CStringGetTextDatum(psprintf(INT64_FORMAT, step->index)) :
							 StringDatum(step->name);
	}
	array = construct_array(steps, count, TEXTOID, -1, false, TYPALIGN_INT);
	return VmFilterParam(compiler, TEXTARRAYOID, VM_PARAM_VALUE, PointerGetDatum(array), NULL);
}

static void
JsonOperand(VmCompiler *compiler, const VmFilterNode *node, const VmField *field, bool with_root,
			VmOperand *operand)
{
	operand->kind = VM_OPERAND_JSON;
	operand->type = VM_TYPE_JSON;
	operand->field = field;
	operand->column = ColumnSql(compiler, field == NULL ? VM_META_COLUMN : field->name);
	if (field != NULL && field->typid == JSONOID)
		operand->column = psprintf("(%s)::pg_catalog.jsonb", operand->column);
	operand->has_steps = with_root || node->path->nsteps > 0;
	operand->path = PathParam(compiler, node, with_root);
}

static void
ArrayOperand(VmCompiler *compiler, const VmFilterNode *node, const VmField *field,
			 VmOperand *operand)
{
	const VmFilterPath *path = node->path;

	operand->kind = path->nsteps == 0 ? VM_OPERAND_ARRAY : VM_OPERAND_ELEMENT;
	operand->type = field->element_type;
	operand->field = field;
	operand->column = ColumnSql(compiler, field->name);
	if (path->nsteps == 0)
		return;
	if (path->nsteps > 1 || path->steps[0].kind != VM_FILTER_STEP_INDEX)
		VmFilterRaise(compiler, node, "can only access array field with integer index, field: %s",
					  field->name);
	operand->has_steps = true;
	operand->column = psprintf("(%s)[%d]", operand->column,
							   (int) Min(path->steps[0].index, PG_INT32_MAX - 1) + 1);
	if (operand->type != VM_TYPE_FLOAT)
		return;
	/* Unlike a FLOAT field's, its constants are not rounded. */
	operand->type = VM_TYPE_DOUBLE;
	operand->column = psprintf("(%s)::pg_catalog.float8", operand->column);
}

static void
FieldOperand(VmCompiler *compiler, const VmFilterNode *node, const VmField *field,
			 VmOperand *operand)
{
	if (VmIsVectorType(field->type) || field->type == VM_TYPE_NONE)
		VmFilterRaise(compiler, node, "field %s of type %s cannot be filtered", field->name,
					  VmDataTypeName(field->type));
	if (field->type == VM_TYPE_JSON)
	{
		JsonOperand(compiler, node, field, false, operand);
		return;
	}
	if (field->type == VM_TYPE_ARRAY)
	{
		ArrayOperand(compiler, node, field, operand);
		return;
	}
	if (node->path->nsteps > 0)
		VmFilterRaise(compiler, node, "%s data type not supported accessed with []",
					  VmDataTypeName(field->type));
	operand->kind = VM_OPERAND_COLUMN;
	operand->type = field->type;
	operand->field = field;
	operand->column = ColumnSql(compiler, field->name);
}

void
VmFilterOperand(VmCompiler *compiler, const VmFilterNode *node, VmOperand *operand)
{
	VmFilterString root = VmFilterServerString(node->path->root);
	char *name = pnstrdup(root.data, root.size);
	const VmField *field =
		node->path->is_meta ? NULL : VmCollectionFindField(compiler->collection, name);

	memset(operand, 0, sizeof(*operand));
	operand->node = node;
	if (field != NULL)
		FieldOperand(compiler, node, field, operand);
	else if (compiler->collection->meta_attnum == 0)
		VmFilterRaise(compiler, node, "field %s not exist", name);
	else if (pg_strcasecmp(name, "null") == 0 && node->path->nsteps == 0)
		VmFilterRaise(compiler, node, "NULL literal is not supported in expressions");
	else
		JsonOperand(compiler, node, NULL, !node->path->is_meta, operand);
}
