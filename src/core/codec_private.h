/*
 * codec_private.h
 *		What the text and the binary codecs share: filling in an error, and the
 *		checks that both make.
 *
 * Each check returns true, or false with *err filled.
 */
#ifndef VM_CORE_CODEC_PRIVATE_H
#define VM_CORE_CODEC_PRIVATE_H

#include "core/codec.h"

static inline bool
VmCodecFail(VmCodecError *err, VmCodecStatus status)
{
	*err = (VmCodecError) {.status = status};
	return false;
}

static inline bool
VmCodecFailValue(VmCodecError *err, VmCodecStatus status, int64_t value)
{
	*err = (VmCodecError) {.status = status, .value = value};
	return false;
}

static inline bool
VmCodecCheckDim(int32_t dim, int32_t max_dim, VmCodecError *err)
{
	if (dim < 1)
		return VmCodecFail(err, VM_CODEC_NO_DIMS);
	if (dim > max_dim)
		return VmCodecFail(err, VM_CODEC_TOO_MANY_DIMS);
	return true;
}

static inline bool
VmCodecCheckExpected(int32_t dim, int expected_dim, VmCodecError *err)
{
	if (expected_dim >= 0 && dim != expected_dim)
		return VmCodecFailValue(err, VM_CODEC_WRONG_DIMS, dim);
	return true;
}

/* A zero-based index against the one before it, -1 for the first. */
static inline bool
VmCodecCheckIndex(int32_t index, int32_t previous, int32_t dim, VmCodecError *err)
{
	if (index < 0 || index >= dim)
		return VmCodecFail(err, VM_CODEC_INDEX_OUT_OF_BOUNDS);
	if (index == previous)
		return VmCodecFail(err, VM_CODEC_INDEX_DUPLICATE);
	if (index < previous)
		return VmCodecFail(err, VM_CODEC_INDEX_NOT_ASCENDING);
	return true;
}

#endif
