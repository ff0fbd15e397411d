/*
 * validate.h
 *		amvalidate for every access method: does an operator class hold what the
 *		access method will look for?
 *
 * An operator class consists of ordering operators (strategy 1, sorted by
 * float8's btree family) and support functions.  What differs between access
 * methods is which support function takes and returns what: a table of
 * VmSupportRule, one per number in use.
 */
#ifndef VM_AM_VALIDATE_H
#define VM_AM_VALIDATE_H

#include "compat/compat.h"

#include "am/space.h"

/* Signature of a support function; T is the operator class's input type. */
typedef enum VmSupportKind
{
	VM_SUPPORT_KIND_DISTANCE, /* (T, T) -> float8 */
	VM_SUPPORT_KIND_NORM,     /* (T) -> float8 */
	VM_SUPPORT_KIND_TYPE      /* (internal) -> internal: describes the type */
} VmSupportKind;

typedef struct VmSupportRule
{
	int number;
	VmSupportKind kind;
	bool required;
} VmSupportRule;

/*
 * What operator classes of an access method may compare: a kind of value and a
 * metric, and which of the functions of VM_SUPPORT_KIND_NORM go with them, as
 * bits 1 << number.
 */
typedef struct VmSpaceRule
{
	VmValueKind kind;
	VmMetric metric;
	uint32 norms;
} VmSpaceRule;

/* Numbers above those in use, kept for later versions of an access method. */
#define VM_SUPPORT_COUNT 8

/*
 * True when an operator class is complete and consistent; else says what is
 * wrong, by ereport(INFO), as the server's own access methods do.  Function 1
 * must be one that VmSpaceLookup knows.
 */
extern bool VmValidate(Oid opclass, const char *am_name, const VmSupportRule *rules, int count);

/*
 * True when an operator class that VmValidate found to be complete compares in a
 * way that the rules name; else says by ereport(INFO) that it does not.
 */
extern bool VmValidateSpace(Oid opclass, const char *am_name, const VmSupportRule *rules, int count,
							const VmSpaceRule *spaces, int space_count);

#endif
