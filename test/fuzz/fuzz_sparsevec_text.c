/*
 * fuzz_sparsevec_text.c
 *		libFuzzer target: text input of sparsevec.
 *
 * Properties: codec_compare.h, CompareSparseText.
 */
#include "fuzz_codec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzSparseText(data, size);
	return 0;
}
