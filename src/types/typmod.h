/*
 * typmod.h
 *		The type modifier of all three types: the number of dimensions.
 */
#ifndef VM_TYPES_TYPMOD_H
#define VM_TYPES_TYPMOD_H

#include "compat/compat.h"
#include "utils/array.h"

/* typmod_in: one integer, 1 to max_dim. */
extern int32 VmTypmodIn(ArrayType *modifiers, const char *type_name, int max_dim);

#endif
