/*
 * fuzz_vector_text.c
 *		libFuzzer target: text input of vector.
 *
 * Properties: codec_compare.h, CompareDenseText.
 */
#include "fuzz_codec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzDenseText(VM_ELEMENT_F32, data, size);
	return 0;
}
