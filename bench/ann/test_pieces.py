"""Index specifications, what is sent to a server, what a result shows of this machine."""

import struct
import unittest
from types import SimpleNamespace

try:
    import numpy
    import wire
except ImportError:
    numpy = None
import machine
from indexes import IndexSpec

OPTIONS = SimpleNamespace(type="halfvec", metric="cosine", m=16, ef_construction=64, lists=None,
                          ef_search=None, probes=None)


class Specifications(unittest.TestCase):
    def test_presets(self):
        spec = IndexSpec("hnsw", OPTIONS, 100)
        self.assertEqual(spec.ddl, "USING hnsw (v halfvec_cosine_ops) "
                                   "WITH (m = 16, ef_construction = 64)")
        self.assertEqual((spec.system, spec.name, spec.setting), ("", "hnsw", "hnsw.ef_search"))

    def test_no_more_probes_than_lists(self):
        spec = IndexSpec("ours/ivfflat", OPTIONS, 100)
        self.assertEqual((spec.system, spec.values), ("ours", [1, 2, 4, 8]))
        self.assertIn("lists = 10", spec.ddl)

    def test_own(self):
        own = SimpleNamespace(**{**vars(OPTIONS), "ef_search": [7]})
        spec = IndexSpec("a/x|USING hnsw (v {opclass}) WITH (m=8)|hnsw.ef_search=1,2|b.c=d / e",
                         own, 100)
        self.assertEqual((spec.system, spec.name, spec.values), ("a", "x", [1, 2]))
        self.assertEqual(spec.fixed, {"b.c": "d / e"})
        self.assertEqual(IndexSpec("hnsw", own, 100).values, [7])

    def test_refuses(self):
        for text in ("nothing", "x|USING hnsw (v)", "x|USING hnsw (v)|hnsw.ef_search"):
            self.assertRaises(SystemExit, IndexSpec, text, OPTIONS, 100)


@unittest.skipIf(numpy is None, "numpy is not installed")
class Wire(unittest.TestCase):
    def test_parameters(self):
        rows = numpy.array([[1.5, -2]], dtype="f4")
        self.assertEqual(wire.parameters(rows, "vector"), [struct.pack(">hhff", 2, 0, 1.5, -2)])
        self.assertEqual(wire.parameters(rows, "halfvec"), [struct.pack(">hhee", 2, 0, 1.5, -2)])

    def test_copy(self):
        rows = numpy.array([[0, 0], [1.5, -2], [3, 4]], dtype="f4")
        expected = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
        for i in (1, 2):
            expected += struct.pack(">hiiihhff", 2, 4, i, 12, 2, 0, *rows[i])
        expected += struct.pack(">h", -1)
        for block in (1, 10):
            blocks = wire.copy_blocks(numpy.array([1, 2]), rows, "vector", block)
            self.assertEqual(b"".join(blocks), expected)


class Portable(unittest.TestCase):
    def test_no_folders_and_no_passwords(self):
        self.assertEqual(machine.portable("x=host=/some/where/sock user=a password=b c=d"),
                         "x=host=.../sock user=a password=*** c=d")
        self.assertEqual(machine.portable("x=postgresql://a:b@host:1/db"),
                         "x=postgresql://a:***@host:1/db")
        self.assertEqual(machine.portable("ours/hnsw|USING hnsw (v)|a.b=1"),
                         "ours/hnsw|USING hnsw (v)|a.b=1")
        self.assertEqual(machine.portable(machine.ROOT + "/bench"), "./bench")


if __name__ == "__main__":
    unittest.main()
