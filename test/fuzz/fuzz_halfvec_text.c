/*
 * fuzz_halfvec_text.c
 *		libFuzzer target: text input of halfvec.
 *
 * Properties: codec_compare.h, CompareDenseText.
 */
#include "fuzz_codec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzDenseText(VM_ELEMENT_F16, data, size);
	return 0;
}
