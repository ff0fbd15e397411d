/*
 * comparison.h
 *		The seven comparison functions of a type, from one three-way order.
 */
#ifndef VM_TYPES_COMPARISON_H
#define VM_TYPES_COMPARISON_H

#include "compat/compat.h"

#define VM_COMPARISON_FUNCTION(type, name, order, test)                                            \
	VM_FUNCTION(vm_##type##_##name);                                                               \
	Datum vm_##type##_##name(PG_FUNCTION_ARGS)                                                     \
	{                                                                                              \
		PG_RETURN_BOOL((order) test 0);                                                            \
	}                                                                                              \
	extern Datum vm_##type##_##name(PG_FUNCTION_ARGS)

/*
 * Defines vm_TYPE_lt, _le, _eq, _ne, _ge, _gt and _cmp.  order is an int
 * expression over fcinfo: negative, zero or positive.
 */
#define VM_COMPARISON_FUNCTIONS(type, order)                                                       \
	VM_COMPARISON_FUNCTION(type, lt, order, <);                                                    \
	VM_COMPARISON_FUNCTION(type, le, order, <=);                                                   \
	VM_COMPARISON_FUNCTION(type, eq, order, ==);                                                   \
	VM_COMPARISON_FUNCTION(type, ne, order, !=);                                                   \
	VM_COMPARISON_FUNCTION(type, ge, order, >=);                                                   \
	VM_COMPARISON_FUNCTION(type, gt, order, >);                                                    \
	VM_FUNCTION(vm_##type##_cmp);                                                                  \
	Datum vm_##type##_cmp(PG_FUNCTION_ARGS)                                                        \
	{                                                                                              \
		PG_RETURN_INT32(order);                                                                    \
	}

#endif
