/*
 * fuzz_sparsevec_binary.c
 *		libFuzzer target: wire input of sparsevec.
 *
 * Properties: codec_compare.h, CompareSparseWire.
 */
#include "fuzz_codec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzSparseWire(data, size);
	return 0;
}
