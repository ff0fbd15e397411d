/*
 * array_fits.c
 *		milvus.array_fits: what the CHECK of an ARRAY field asks.
 */
#include "compat/compat.h"

#include "access/detoast.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* Whether all elements are there and, of texts, have at most max_bytes. */
static bool
ElementsFit(ArrayType *array, int32 max_bytes)
{
	ArrayIterator iterator;
	Datum element;
	bool is_null;
	bool fits = true;

	if (!ARR_HASNULL(array) && max_bytes == 0)
		return true;
	iterator = array_create_iterator(array, 0, NULL);
	while (fits && array_iterate(iterator, &element, &is_null))
		fits =
			!is_null && (max_bytes == 0 || toast_raw_datum_size(element) - VARHDRSZ <= max_bytes);
	array_free_iterator(iterator);
	return fits;
}

/*
 * array_fits(array, capacity, max_bytes): at most one dimension, counted from 1
 * (element 0 of a filter is the first one), at most capacity elements, none NULL,
 * none longer than max_bytes (0: not looked at, as for elements that are no texts).
 */
VM_FUNCTION(vm_array_fits);
Datum
vm_array_fits(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	int32 capacity = PG_GETARG_INT32(1);
	int32 max_bytes = PG_GETARG_INT32(2);

	if (ARR_NDIM(array) > 1 || ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) > capacity)
		PG_RETURN_BOOL(false);
	if (ARR_NDIM(array) == 1 && ARR_LBOUND(array)[0] != 1)
		PG_RETURN_BOOL(false);
	if (max_bytes > 0 && get_typlen(ARR_ELEMTYPE(array)) != -1)
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(ElementsFit(array, max_bytes));
}
