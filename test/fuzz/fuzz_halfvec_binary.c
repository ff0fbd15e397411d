/*
 * fuzz_halfvec_binary.c
 *		libFuzzer target: wire input of halfvec.
 *
 * Properties: codec_compare.h, CompareDenseWire.
 */
#include "fuzz_codec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzDenseWire(VM_ELEMENT_F16, data, size);
	return 0;
}
