/*
 * bit.c
 *		Hamming and Jaccard distance of PostgreSQL's bit strings.
 */
#include "compat/compat.h"

#include "utils/varbit.h"

#include "simd/simd.h"
#include "types/errors.h"

/* An argument whose length agrees with its header (TYPES-1). */
static VarBit *
GetBits(FunctionCallInfo fcinfo, int n)
{
	VarBit *bits = PG_GETARG_VARBIT_P(n);

	if (unlikely(VARSIZE(bits) < VARBITHDRSZ + VARHDRSZ || VARBITLEN(bits) < 0 ||
				 VARSIZE(bits) != VARBITTOTALLEN((int64) VARBITLEN(bits))))
		VmRaiseCorrupt("bit", VM_CORRUPT_LENGTH);
	return bits;
}

static void
GetPair(FunctionCallInfo fcinfo, VarBit **a, VarBit **b)
{
	*a = GetBits(fcinfo, 0);
	*b = GetBits(fcinfo, 1);
	if (VARBITLEN(*a) != VARBITLEN(*b))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("different bit lengths %u and %u", (unsigned) VARBITLEN(*a),
							   (unsigned) VARBITLEN(*b))));
}

/* Number of bits that differ. */
VM_FUNCTION(vm_hamming_distance);
Datum
vm_hamming_distance(PG_FUNCTION_ARGS)
{
	VarBit *a;
	VarBit *b;

	GetPair(fcinfo, &a, &b);
	PG_RETURN_FLOAT8((double) VmSimd->bit_hamming(VARBITS(a), VARBITS(b), VARBITBYTES(a)));
}

/* 1 - |a and b| / |a or b|; 1 when they share no bit, two zero strings too. */
VM_FUNCTION(vm_jaccard_distance);
Datum
vm_jaccard_distance(PG_FUNCTION_ARGS)
{
	VarBit *a;
	VarBit *b;
	VmJaccardCounts counts;

	GetPair(fcinfo, &a, &b);
	counts = VmSimd->bit_jaccard(VARBITS(a), VARBITS(b), VARBITBYTES(a));
	if (counts.both == 0)
		PG_RETURN_FLOAT8(1);
	PG_RETURN_FLOAT8(1 - (double) counts.both / (double) (counts.a + counts.b - counts.both));
}
