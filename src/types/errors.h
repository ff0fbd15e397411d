/*
 * errors.h
 *		The error texts of the drop-in surface, each written once.
 *
 * Texts and SQLSTATEs are pgvector's, letter for letter: applications and
 * tests match on them.
 */
#ifndef VM_TYPES_ERRORS_H
#define VM_TYPES_ERRORS_H

#include "nodes/nodes.h"

#include "types/types.h"

/*
 * Raises what a codec reported, or saves it where the caller of an input
 * function asked for that: context is fcinfo->context, NULL to raise always.
 * literal is the text input, NULL for binary.  What it returns is for the input
 * function to return.
 */
extern Datum VmReportCodecError(Node *context, const char *type_name, int max_dim, int expected_dim,
								const VmCodecError *err, const char *literal);

/* The stored value contradicts itself: how. */
#define VM_CORRUPT_LENGTH  "Its length does not agree with its header."
#define VM_CORRUPT_INDICES "Its indices do not ascend within its dimensions."

extern _Noreturn void VmRaiseCorrupt(const char *type_name, const char *detail);

/* "NUMBER" is out of range for type NAME */
extern _Noreturn void VmRaiseOutOfRange(const char *type_name, float value);

extern void VmCheckDim(const char *type_name, int64 dim, int max_dim);
extern void VmCheckExpectedDim(int32 typmod, int64 dim);
extern void VmCheckSameDim(const char *type_name, int dim_a, int dim_b);
extern void VmCheckFinite(const char *type_name, float value);
extern void VmCheckNonzeroCount(int64 nnz);

#endif
