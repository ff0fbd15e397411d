"""PostgreSQL's binary formats for what the harness sends: parameters and COPY rows.

vector and halfvec: int16 dimensions, int16 zero, the elements, all big-endian.
"""

import struct

import numpy

ELEMENT = {"vector": ">f4", "halfvec": ">f2"}
ELEMENT_BYTES = {"vector": 4, "halfvec": 2}
COPY_START = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
COPY_END = struct.pack(">h", -1)


def parameters(vectors, kind):
    """One bytes object a vector, as a binary parameter."""
    head = struct.pack(">hh", vectors.shape[1], 0)
    return [head + row.tobytes() for row in vectors.astype(ELEMENT[kind])]


def integer(value):
    return struct.pack(">i", value)


def copy_blocks(ids, vectors, kind, block=2000):
    """The data of a binary COPY of (integer, vector), in blocks of rows."""
    dims = vectors.shape[1]
    layout = numpy.dtype([
        ("fields", ">i2"), ("id_size", ">i4"), ("id", ">i4"), ("size", ">i4"),
        ("dims", ">i2"), ("zero", ">i2"), ("elements", ELEMENT[kind], (dims,))])
    yield COPY_START
    for start in range(0, len(ids), block):
        some = ids[start:start + block]
        rows = numpy.zeros(len(some), dtype=layout)
        rows["fields"], rows["id_size"], rows["id"] = 2, 4, some
        rows["size"], rows["dims"] = 4 + ELEMENT_BYTES[kind] * dims, dims
        rows["elements"] = vectors[some]
        yield rows.tobytes()
    yield COPY_END


def text(vector):
    """A literal, for EXPLAIN."""
    return "[" + ",".join(repr(float(x)) for x in vector) + "]"
