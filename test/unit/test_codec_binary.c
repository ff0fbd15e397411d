/*
 * test_codec_binary.c
 *		Wire formats of vector, halfvec and sparsevec.
 *
 * The table holds what pgvector 0.8 answers to each message, found by sending
 * it in a binary COPY.  Then truncation at every byte, and random damage against
 * the reference of codec_reference.h, which reads number by number.
 */
#include <stdlib.h>

#include "codec_compare.h"
#include "unit.h"

static bool seen[VM_CODEC_NO_SPACE + 1];

/* v, h or s in front of the message says the type; blanks are for the eye. */
typedef struct Message
{
	const char *hex;
	int expected_dim;
	VmCodecStatus status;
	int64_t value;
} Message;

static const Message messages[] = {
	{"v 0003 0000 3f800000 40000000 40400000", -1, VM_CODEC_OK, 0},
	{"v 0001 0000 80000000", 1, VM_CODEC_OK, 0},
	{"v 0001 0000 3f800000 00", -1, VM_CODEC_OK, 0}, /* the rest is the caller's */
	{"v", -1, VM_CODEC_TRUNCATED, 0},
	{"v 00", -1, VM_CODEC_TRUNCATED, 0},
	{"v 0000", -1, VM_CODEC_TRUNCATED, 0}, /* the header is read before it is judged */
	{"v 3e81", -1, VM_CODEC_TRUNCATED, 0},
	{"v 0001 00", -1, VM_CODEC_TRUNCATED, 0},
	{"v 3e80 0000", -1, VM_CODEC_TRUNCATED, 0},
	{"v 0002 0000 3f800000", -1, VM_CODEC_TRUNCATED, 0},
	{"v 0002 0000 3f800000 400000", -1, VM_CODEC_TRUNCATED, 0},
	{"v 0000 0001", -1, VM_CODEC_NO_DIMS, 0},
	{"v ffff 0001", 3, VM_CODEC_NO_DIMS, 0},
	{"v 3e81 0001", 3, VM_CODEC_TOO_MANY_DIMS, 0},
	{"v 0002 0001", 3, VM_CODEC_WRONG_DIMS, 2},
	{"v 0002 0000", 3, VM_CODEC_WRONG_DIMS, 2},
	{"v 0002 0001", -1, VM_CODEC_UNUSED_NOT_0, 1},
	{"v 0001 ffff 3f800000", -1, VM_CODEC_UNUSED_NOT_0, -1},
	{"v 0001 0001 7fc00000", 1, VM_CODEC_UNUSED_NOT_0, 1},
	{"v 0002 0000 7fc00000", -1, VM_CODEC_NAN, 0}, /* before the cut is noticed */
	{"v 0001 0000 ff800001", -1, VM_CODEC_NAN, 0},
	{"v 0002 0000 3f800000 7f800000", -1, VM_CODEC_INFINITE, 0},
	{"v 0002 0000 7f800000 7fc00000", -1, VM_CODEC_INFINITE, 0},
	{"v 0002 0000 ff800000", -1, VM_CODEC_INFINITE, 0},

	{"h 0003 0000 3c00 4000 4200", -1, VM_CODEC_OK, 0},
	{"h 0001 0000 3c00 00", 1, VM_CODEC_OK, 0},
	{"h 0002 0000 3c00 40", -1, VM_CODEC_TRUNCATED, 0},
	{"h 0002 0000 3c00", -1, VM_CODEC_TRUNCATED, 0},
	{"h 0000 0001", -1, VM_CODEC_NO_DIMS, 0},
	{"h 3e81 0000", -1, VM_CODEC_TOO_MANY_DIMS, 0},
	{"h 0002 0001", 3, VM_CODEC_WRONG_DIMS, 2},
	{"h 0001 0001 3c00", -1, VM_CODEC_UNUSED_NOT_0, 1},
	{"h 0001 0000 fc01", -1, VM_CODEC_NAN, 0},
	{"h 0002 0000 7e00 7c00", -1, VM_CODEC_NAN, 0},
	{"h 0003 0000 7c00 7e00", -1, VM_CODEC_INFINITE, 0},

	{"s 00000003 00000001 00000000 00000000 3f800000", -1, VM_CODEC_OK, 0},
	{"s 3b9aca00 00000001 00000000 3b9ac9ff 00000001", -1, VM_CODEC_OK, 0},
	{"s 00000003 00000000 00000000", 3, VM_CODEC_OK, 0},
	{"s 00000003 00000000 00000000 00", -1, VM_CODEC_OK, 0},
	{"s 00000000", -1, VM_CODEC_TRUNCATED, 0},
	{"s 00000000 ffffffff", -1, VM_CODEC_TRUNCATED, 0},
	{"s 00000003 00000001 00000000", -1, VM_CODEC_TRUNCATED, 0},
	{"s 00000003 00000002 00000000 00000001", -1, VM_CODEC_TRUNCATED, 0},
	{"s 00000003 00000002 00000000 00000000 00000001 3f800000", -1, VM_CODEC_TRUNCATED, 0},
	{"s 00000000 ffffffff 00000001", -1, VM_CODEC_NO_DIMS, 0},
	{"s 80000000 00000000 00000000", 5, VM_CODEC_NO_DIMS, 0},
	{"s 3b9aca01 ffffffff 00000001", 5, VM_CODEC_TOO_MANY_DIMS, 0},
	{"s 00000003 ffffffff 00000001", 5, VM_CODEC_NEGATIVE_NNZ, 0},
	{"s 00000003 80000000 00000000", -1, VM_CODEC_NEGATIVE_NNZ, 0},
	{"s 00000003 00003e81 00000001", 5, VM_CODEC_TOO_MANY_NONZERO, 0},
	{"s 3b9aca00 7fffffff 00000000", -1, VM_CODEC_TOO_MANY_NONZERO, 0},
	{"s 00000003 00000004 00000001", 5, VM_CODEC_NNZ_EXCEEDS_DIMS, 0},
	{"s 00000003 00000001 00000001", 5, VM_CODEC_WRONG_DIMS, 3},
	{"s 00000003 00000001 00000000", 5, VM_CODEC_WRONG_DIMS, 3},
	{"s 00000003 00000001 00000001", -1, VM_CODEC_UNUSED_NOT_0, 1},
	{"s 00000003 00000001 ffffffff 00000009", 3, VM_CODEC_UNUSED_NOT_0, -1},
	{"s 00000003 00000001 00000000 00000003 3f800000", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, 0},
	{"s 00000003 00000001 00000000 ffffffff 3f800000", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, 0},
	{"s 00000003 00000001 00000000 00000005", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, 0},
	{"s 00000003 00000002 00000000 00000005 00000005", -1, VM_CODEC_INDEX_OUT_OF_BOUNDS, 0},
	{"s 00000003 00000002 00000000 00000001 00000001", -1, VM_CODEC_INDEX_DUPLICATE, 0},
	{"s 00000003 00000002 00000000 00000001 00000001 3f800000 7fc00000", -1,
	 VM_CODEC_INDEX_DUPLICATE, 0},
	{"s 00000003 00000002 00000000 00000001 00000000", -1, VM_CODEC_INDEX_NOT_ASCENDING, 0},
	{"s 00000003 00000003 00000000 00000001 00000000 00000005", -1, VM_CODEC_INDEX_NOT_ASCENDING,
	 0},
	{"s 00000003 00000002 00000000 00000000 00000001 7fc00000", -1, VM_CODEC_NAN, 0},
	{"s 00000003 00000001 00000000 00000000 7f800001", -1, VM_CODEC_NAN, 0},
	{"s 00000003 00000002 00000000 00000000 00000001 3f800000 ff800000", -1, VM_CODEC_INFINITE, 0},
	{"s 00000003 00000002 00000000 00000000 00000001 00000000", -1, VM_CODEC_ZERO_VALUE, 0},
	{"s 00000003 00000002 00000000 00000000 00000001 3f800000 80000000", -1, VM_CODEC_ZERO_VALUE,
	 0},
	{"s 00000003 00000002 00000000 00000000 00000001 00000000 7fc00000", -1, VM_CODEC_ZERO_VALUE,
	 0},
};

static int
HexDigit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The message's bytes, at the end of readable memory. */
static const uint8_t *
Bytes(const char *hex, size_t *len)
{
	uint8_t bytes[256];

	*len = 0;
	for (const char *p = hex; *p != '\0'; p++)
	{
		if (*p == ' ')
			continue;
		bytes[(*len)++] = (uint8_t) (HexDigit(p[0]) << 4 | HexDigit(p[1]));
		p++;
	}
	return GuardedCopy(bytes, *len);
}

/* One message through its decoder. */
static VmCodecStatus
Decode(char type, const uint8_t *wire, size_t len, int expected_dim, VmCodecError *err)
{
	static float dense[VM_VECTOR_MAX_DIM];
	static int32_t indices[VM_SPARSEVEC_MAX_NNZ];
	static float values[VM_SPARSEVEC_MAX_NNZ];
	VmElement element = type == 'v' ? VM_ELEMENT_F32 : VM_ELEMENT_F16;

	*err = (VmCodecError) {0};
	if (type == 's')
	{
		VmSparseParts parts = {0, 0, indices, values};

		if (VmSparseDecodeHeader(wire, len, expected_dim, &parts, err))
			VmSparseDecode(wire, &parts, err);
	}
	else
	{
		int dim = VmDenseDecodeHeader(element, wire, len, expected_dim, err);

		if (dim >= 0)
			VmDenseDecode(element, wire, dim, dense, err);
	}
	seen[err->status] = true;
	return err->status;
}

static const char *
Compare(char type, const uint8_t *wire, size_t len, int expected_dim)
{
	switch (type)
	{
		case 's':
			return CompareSparseWire(wire, len, expected_dim);
		case 'v':
			return CompareDenseWire(VM_ELEMENT_F32, wire, len, expected_dim);
		default:
			return CompareDenseWire(VM_ELEMENT_F16, wire, len, expected_dim);
	}
}

static void
TestMessages(void)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
	{
		const Message *message = &messages[i];
		size_t len;
		const uint8_t *wire = Bytes(message->hex + 1, &len);
		VmCodecError err;
		VmCodecStatus status;
		const char *wrong;

		status = Decode(message->hex[0], wire, len, message->expected_dim, &err);
		UNIT_EACH(status == message->status, "\"%s\": status %d", message->hex, status);
		UNIT_EACH(err.value == message->value, "\"%s\": value %lld", message->hex,
				  (long long) err.value);
		wrong = Compare(message->hex[0], wire, len, message->expected_dim);
		UNIT_EACH(wrong == NULL, "\"%s\": %s", message->hex, wrong);
	}
	UnitReport("messages answered as pgvector answers them");
}

/* A good message of each type with dim (nnz) elements; returns its length. */
static size_t
PutGood(char type, int count, uint8_t *out)
{
	static float x[VM_VECTOR_MAX_DIM];
	static VmHalf h[VM_VECTOR_MAX_DIM];
	static int32_t indices[VM_SPARSEVEC_MAX_NNZ];
	VmSparseParts parts = {VM_SPARSEVEC_MAX_DIM, count, indices, x};

	for (int i = 0; i < count; i++)
	{
		x[i] = (float) (i % 2 == 0 ? i + 1 : -i) * 0.37f;
		h[i] = VmFloatToHalf(x[i]);
		indices[i] = VM_SPARSEVEC_MAX_DIM - 2 * count + 2 * i;
	}
	switch (type)
	{
		case 'v':
			VmDenseEncode(VM_ELEMENT_F32, x, count, out);
			return VmDenseWireSize(VM_ELEMENT_F32, count);
		case 'h':
			VmDenseEncode(VM_ELEMENT_F16, h, count, out);
			return VmDenseWireSize(VM_ELEMENT_F16, count);
		default:
			VmSparseEncode(&parts, out);
			return VmSparseWireSize(count);
	}
}

static uint8_t buffer[VM_SPARSEVEC_MAX_NNZ * 8 + 64];

static void
TestTruncation(void)
{
	static const int counts[] = {1, 2, 15, 16, 17, 33};

	for (const char *type = "vhs"; *type != '\0'; type++)
	{
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		{
			size_t full = PutGood(*type, counts[i], buffer);

			for (size_t len = 0; len <= full; len++)
			{
				const uint8_t *wire = GuardedCopy(buffer, len);
				VmCodecError err;
				VmCodecStatus status = Decode(*type, wire, len, -1, &err);

				UNIT_EACH(status == (len < full ? VM_CODEC_TRUNCATED : VM_CODEC_OK),
						  "%c of %d at %zu of %zu bytes: status %d", *type, counts[i], len, full,
						  status);
			}
		}
	}
	UnitReport("messages cut at every byte");
}

/* Every size near the block sizes of the loops, and the largest. */
static void
TestSizes(void)
{
	for (const char *type = "vhs"; *type != '\0'; type++)
	{
		for (int count = *type == 's' ? 0 : 1; count <= 16000; count += count < 70 ? 1 : 1593)
		{
			size_t len = PutGood(*type, count, buffer);
			const uint8_t *wire = GuardedCopy(buffer, len);
			const char *wrong = Compare(*type, wire, len, -1);

			UNIT_EACH(wrong == NULL, "%c of %d: %s", *type, count, wrong);
			UNIT_EACH(compare_ref.status == VM_CODEC_OK, "%c of %d: not good", *type, count);
		}
	}
	UNIT_EACH(VmDenseWireSize(VM_ELEMENT_F32, 768) == 4 + 4 * 768, "vector");
	UNIT_EACH(VmDenseWireSize(VM_ELEMENT_F16, 768) == 4 + 2 * 768, "halfvec");
	UNIT_EACH(VmSparseWireSize(100) == 12 + 8 * 100, "sparsevec");
	UnitReport("messages of every small size and of the largest");
}

/* One bad element at every place of a vector is found. */
static void
TestBadElements(void)
{
	static const uint32_t bad32[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0xFFFFFFFF};
	static const uint16_t bad16[] = {0x7C00, 0xFC00, 0x7E00, 0x7C01, 0xFFFF};

	for (int count = 1; count <= 50; count++)
	{
		for (int at = 0; at < count; at++)
		{
			for (int which = 0; which < 5; which++)
			{
				VmCodecStatus wanted = which < 2 ? VM_CODEC_INFINITE : VM_CODEC_NAN;
				VmCodecError err;
				size_t len = PutGood('v', count, buffer);

				for (int i = 0; i < 4; i++)
					buffer[4 + 4 * at + i] = (uint8_t) (bad32[which] >> (24 - 8 * i));
				UNIT_EACH(Decode('v', GuardedCopy(buffer, len), len, -1, &err) == wanted,
						  "vector of %d, %x at %d", count, bad32[which], at);

				len = PutGood('h', count, buffer);
				buffer[4 + 2 * at] = (uint8_t) (bad16[which] >> 8);
				buffer[5 + 2 * at] = (uint8_t) bad16[which];
				UNIT_EACH(Decode('h', GuardedCopy(buffer, len), len, -1, &err) == wanted,
						  "halfvec of %d, %x at %d", count, bad16[which], at);

				len = PutGood('s', count, buffer);
				for (int i = 0; i < 4; i++)
					buffer[12 + 4 * count + 4 * at + i] = (uint8_t) (bad32[which] >> (24 - 8 * i));
				UNIT_EACH(Decode('s', GuardedCopy(buffer, len), len, -1, &err) == wanted,
						  "sparsevec of %d, %x at %d", count, bad32[which], at);
			}
		}
	}
	UnitReport("a bad element at any place is found");
}

/* The numbers that are nearly bad are good. */
static void
TestEdgeElements(void)
{
	const char *wrong;
	size_t len;
	const uint8_t *wire =
		Bytes("0006 0000 7f7fffff ff7fffff 00000001 80000001 00000000 80000000", &len);

	wrong = CompareDenseWire(VM_ELEMENT_F32, wire, len, 6);
	UNIT_EACH(wrong == NULL && compare_ref.status == VM_CODEC_OK, "vector: %s", wrong);
	wire = Bytes("0006 0000 7bff fbff 0001 8001 0000 8000", &len);
	wrong = CompareDenseWire(VM_ELEMENT_F16, wire, len, 6);
	UNIT_EACH(wrong == NULL && compare_ref.status == VM_CODEC_OK, "halfvec: %s", wrong);
	wire = Bytes("00000002 00000002 00000000 00000000 00000001 7f7fffff 80000001", &len);
	wrong = CompareSparseWire(wire, len, 2);
	UNIT_EACH(wrong == NULL && compare_ref.status == VM_CODEC_OK, "sparsevec: %s", wrong);
	UnitReport("the largest and the smallest numbers are good");
}

/* Damages a message at random: what it becomes is the reference's to say. */
static void
TestDamage(void)
{
	static const uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 0x7C, 0x7E, 0xC0, 0x3E};
	unsigned int seed = 1;
	long good = 0;

	for (int round = 0; round < 400000; round++)
	{
		char type = "vhs"[rand_r(&seed) % 3];
		size_t len = PutGood(type, 1 + rand_r(&seed) % 40, buffer);
		int expected_dim = rand_r(&seed) % 4 == 0 ? 3 : -1;
		const char *wrong;

		/* Small dimensions, so that a sparse index can be too large. */
		if (type == 's')
		{
			memset(buffer, 0, 3);
			for (size_t i = 12; i < 12 + (len - 12) / 2; i += 4)
			{
				memset(buffer + i, 0, 3);
				buffer[i + 3] = (uint8_t) ((i - 12) / 2);
			}
			buffer[3] = (uint8_t) (rand_r(&seed) % 100);
		}
		for (int damage = rand_r(&seed) % 3; damage > 0; damage--)
			buffer[(size_t) rand_r(&seed) % len] =
				telling[(size_t) rand_r(&seed) % sizeof(telling)];
		if (rand_r(&seed) % 2 == 0)
			len = (size_t) rand_r(&seed) % (len + 1);
		wrong = Compare(type, GuardedCopy(buffer, len), len, expected_dim);
		UNIT_EACH(wrong == NULL, "round %d, %c: %s", round, type, wrong);
		good += compare_ref.status == VM_CODEC_OK;
	}
	UNIT_EACH(good > 1000, "only %ld messages were still good", good);
	UnitReport("damaged messages answered as the reference answers them");
}

/* What the wire can be told; the rest belongs to texts. */
static void
TestAllSeen(void)
{
	static const VmCodecStatus wanted[] = {VM_CODEC_OK,
										   VM_CODEC_NAN,
										   VM_CODEC_INFINITE,
										   VM_CODEC_NO_DIMS,
										   VM_CODEC_TOO_MANY_DIMS,
										   VM_CODEC_WRONG_DIMS,
										   VM_CODEC_NEGATIVE_NNZ,
										   VM_CODEC_TOO_MANY_NONZERO,
										   VM_CODEC_NNZ_EXCEEDS_DIMS,
										   VM_CODEC_ZERO_VALUE,
										   VM_CODEC_INDEX_OUT_OF_BOUNDS,
										   VM_CODEC_INDEX_NOT_ASCENDING,
										   VM_CODEC_TRUNCATED,
										   VM_CODEC_UNUSED_NOT_0,
										   VM_CODEC_INDEX_DUPLICATE};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		UNIT_EACH(seen[wanted[i]], "status %d was never seen", wanted[i]);
	UnitReport("every status of a message was seen");
}

int
main(void)
{
	TestMessages();
	TestTruncation();
	TestSizes();
	TestBadElements();
	TestEdgeElements();
	TestDamage();
	TestAllSeen();
	return UnitDone();
}
