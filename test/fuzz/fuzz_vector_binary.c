/*
 * fuzz_vector_binary.c
 *		libFuzzer target: wire input of vector.
 *
 * Properties: codec_compare.h, CompareDenseWire.
 */
#include "fuzz_codec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzDenseWire(VM_ELEMENT_F32, data, size);
	return 0;
}
