/*
 * search_vector.c
 *		Query vectors as a call gives them: VmQueryVectorsRead (search.h).
 *
 *	a value of the field's type, or one that casts to it (real[] to vector)
 *	an array of such values
 *	text in the type's format
 *	text or jsonb: a vector as milvus.insert takes it, or an array of vectors
 */
#include "compat/compat.h"

#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varbit.h"

#include "collection/error.h"
#include "collection/row_value.h"
#include "collection/search.h"
#include "types/types.h"

static int
VectorDim(const VmField *field, Datum vector)
{
	switch (field->type)
	{
		case VM_TYPE_FLOAT_VECTOR:
			return VmDatumGetDense(vector, &VmVectorType)->dim;
		case VM_TYPE_FLOAT16_VECTOR:
			return VmDatumGetDense(vector, &VmHalfvecType)->dim;
		case VM_TYPE_BINARY_VECTOR:
			return VARBITLEN(DatumGetVarBitP(vector));
		default:
			return 0;
	}
}

/* A sparse vector's dimension is the field's, whatever was written after the slash. */
static Datum
FitSparse(const VmField *field, Datum vector)
{
	int dim = field->typmod > 0 ? field->typmod : VM_SPARSE_DIM;
	VmSparse *sparse = VmDatumGetSparse(vector);
	VmSparse *copy;

	VmCheckSparseIndices(sparse);
	if (sparse->dim == dim)
		return vector;
	if (sparse->nnz > 0 && sparse->indices[sparse->nnz - 1] >= dim)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("index of sparse float vector of field %s is out of range", field->name)));
	copy = memcpy(palloc(VmSparseSize(sparse->nnz)), sparse, VmSparseSize(sparse->nnz));
	copy->dim = dim;
	return PointerGetDatum(copy);
}

static void
Add(VmQueryVectors *list, const VmField *field, Datum vector)
{
	int dim = VectorDim(field, vector);

	if (field->type == VM_TYPE_SPARSE_FLOAT_VECTOR)
		vector = FitSparse(field, vector);
	if (field->dim > 0 && dim != field->dim)
		ereport(ERROR, (VmErrcode(VM_UNEXPECTED),
						errmsg("vector dimension mismatch, expected vector dimension %d, actual %d",
							   field->dim, dim),
						errdetail("Field \"%s\".", field->name)));
	if (list->count >= VM_MAX_TOPK)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("nq [%d] is invalid, it should be in range [1, %d]", list->count + 1,
							   VM_MAX_TOPK)));
	if (list->count == list->room)
	{
		list->room = Max(list->room * 2, 1);
		list->vectors = list->vectors == NULL ? palloc_array(Datum, list->room) :
												repalloc_array(list->vectors, Datum, list->room);
	}
	list->vectors[list->count++] = vector;
}

static _Noreturn void
RaiseNull(void)
{
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
					errmsg("invalid parameter: \"%s\" has a null element", "data")));
}

/* ---------------------------------------------------------------------- text */

static bool
IsSpace(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The first characters that are no space: "[[1" tells a list from a vector. */
static void
FirstCharacters(const char *text, char first[4])
{
	memset(first, 0, 4);
	for (int n = 0; n < 3 && *text != '\0'; text++)
	{
		if (!IsSpace(*text))
			first[n++] = *text;
	}
}

/* Whether the text has an array of vectors. */
static bool
IsList(const VmField *field, const char first[4])
{
	if (first[0] != '[')
		return false;
	if (first[1] == '"' || first[1] == '{' || first[1] == ']')
		return true;
	return first[1] == '[' && (field->type != VM_TYPE_SPARSE_FLOAT_VECTOR || first[2] == '[');
}

/* Whether the text is in the type's own format, which JSON has not. */
static bool
IsNative(const VmField *field, const char first[4])
{
	if (field->type == VM_TYPE_SPARSE_FLOAT_VECTOR)
		return first[0] == '{' && first[1] != '"' && first[1] != '}';
	return first[0] != '[' && first[0] != '{' && first[0] != '"';
}

static Datum
CallInput(const VmField *field, char *text)
{
	Oid function;
	Oid param;

	getTypeInputInfo(field->typid, &function, &param);
	return OidInputFunctionCall(function, text, param,
								field->type == VM_TYPE_SPARSE_FLOAT_VECTOR ? -1 : field->typmod);
}

static void
ReadJson(VmQueryVectors *list, const VmField *field, char *text, bool is_list)
{
	VmField any_dim = *field;
	VmColumn column = {.field = &any_dim, .name = "data", .name_len = 4};
	VmValueReader reader = {.column = &column};

	/* Dimensions are compared by Add, for all kinds of arguments. */
	any_dim.dim = 0;
	column.typid = field->typid;
	column.typmod = field->typmod;
	reader.scratch = palloc_array(float, VM_VECTOR_MAX_DIM);
	VmJsonTextOpen(&reader.json, text, strlen(text));
	if (!is_list)
		Add(list, field, VmReadValue(&reader));
	else
	{
		VmJsonAdvance(&reader.json);
		if (VmJsonAccept(&reader.json, JSON_TOKEN_ARRAY_END))
			return;
		do
		{
			Add(list, field, VmReadValue(&reader));
			reader.row++;
		} while (VmJsonNextElement(&reader.json));
	}
	VmJsonExpect(&reader.json, JSON_TOKEN_END, JSON_EXPECTED_END);
}

static void
ReadText(VmQueryVectors *list, const VmField *field, char *text)
{
	char first[4];

	FirstCharacters(text, first);
	if (IsNative(field, first))
		Add(list, field, CallInput(field, text));
	else
		ReadJson(list, field, text, IsList(field, first));
}

/* -------------------------------------------------------------------- values */

/* False if the type does not cast to the field's. */
static bool
Cast(const VmField *field, Datum value, Oid type, Datum *result)
{
	Oid function;

	*result = value;
	if (type == field->typid)
		return true;
	switch (find_coercion_pathway(field->typid, type, COERCION_ASSIGNMENT, &function))
	{
		case COERCION_PATH_RELABELTYPE:
			return true;
		case COERCION_PATH_FUNC:
			/* With a modifier of none, not explicit: both may be missing. */
			if (get_func_nargs(function) == 1)
				*result = OidFunctionCall1(function, value);
			else
				*result = OidFunctionCall3(function, value, Int32GetDatum(-1), BoolGetDatum(false));
			return true;
		default:
			return false;
	}
}

static _Noreturn void
RaiseType(const VmField *field, Oid type)
{
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
					errmsg("data of type %s cannot be searched in field %s of type %s",
						   format_type_be(type), field->name, format_type_be(field->typid)),
					errhint("Give a vector of that type, an array of them, or JSON.")));
}

static void
ReadArray(VmQueryVectors *list, const VmField *field, Datum value, Oid element)
{
	Datum *elements;
	bool *nulls;
	int count;
	int16 len;
	bool byval;
	char align;

	get_typlenbyvalalign(element, &len, &byval, &align);
	deconstruct_array(DatumGetArrayTypeP(value), element, len, byval, align, &elements, &nulls,
					  &count);
	for (int i = 0; i < count; i++)
	{
		Datum vector;

		if (nulls[i])
			RaiseNull();
		if (!Cast(field, elements[i], element, &vector))
			RaiseType(field, element);
		Add(list, field, vector);
	}
}

VmQueryVectors
VmQueryVectorsRead(const VmField *field, Datum value, Oid type)
{
	VmQueryVectors list = {0};
	Oid element = get_element_type(type);
	Datum vector;

	if (type == TEXTOID || type == VARCHAROID)
		ReadText(&list, field, text_to_cstring(DatumGetTextPP(value)));
	else if (type == JSONBOID)
	{
		Jsonb *json = DatumGetJsonbP(value);

		ReadText(&list, field, JsonbToCString(NULL, &json->root, VARSIZE(json)));
	}
	else if (Cast(field, value, type, &vector))
		Add(&list, field, vector);
	else if (OidIsValid(element))
		ReadArray(&list, field, value, element);
	else
		RaiseType(field, type);
	if (list.count == 0)
		ereport(ERROR,
				(VmErrcode(VM_PARAMETER_INVALID),
				 errmsg("nq [%d] is invalid, it should be in range [1, %d]", 0, VM_MAX_TOPK)));
	return list;
}
