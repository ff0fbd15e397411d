"""The exact truth against a plain double loop; needs numpy (run's environment has it)."""

import os
import struct
import tempfile
import unittest

try:
    import numpy
    import dataset
except ImportError:
    numpy = None


def plain_distance(a, b, metric):
    dot = sum(x * y for x, y in zip(a, b))
    if metric == "l2":
        return sum((x - y) ** 2 for x, y in zip(a, b))
    if metric == "ip":
        return -dot
    return 1 - dot / (sum(x * x for x in a) * sum(y * y for y in b)) ** 0.5


def plain_neighbours(base, query, metric, k):
    far = [(plain_distance(query, row, metric), i) for i, row in enumerate(base)]
    return [i for _, i in sorted(far)[:k]]


@unittest.skipIf(numpy is None, "numpy is not installed")
class Truth(unittest.TestCase):
    def setUp(self):
        source = numpy.random.default_rng(5)
        self.base = source.standard_normal((300, 9)).astype("f4") * source.uniform(1, 3, (300, 1))
        self.base = self.base.astype("f4")
        self.queries = source.standard_normal((7, 9)).astype("f4")

    def test_every_metric_in_small_blocks(self):
        for metric in dataset.METRICS:
            found = dataset.exact_neighbours(self.base, self.queries, metric, 12, block=37)
            for query, row in zip(self.queries.tolist(), found.tolist()):
                self.assertEqual(row, plain_neighbours(self.base.tolist(), query, metric, 12))

    def test_metrics_differ(self):
        answers = {metric: dataset.exact_neighbours(self.base, self.queries, metric, 12).tolist()
                   for metric in dataset.METRICS}
        self.assertNotEqual(answers["l2"], answers["cosine"])
        self.assertNotEqual(answers["cosine"], answers["ip"])

    def test_ties_by_the_smaller_number(self):
        base = numpy.repeat(self.base[:5], 3, axis=0)
        found = dataset.exact_neighbours(base, self.base[3:4], "l2", 4)
        self.assertEqual(found[0].tolist()[:3], [9, 10, 11])

    def test_a_subset_has_its_own_truth(self):
        truth = dataset.exact_neighbours(self.base, self.queries, "l2", 30)
        data = dataset.Dataset("t", self.base, self.queries, "l2", truth, numpy.arange(0, 300, 4))
        # A tenth of the rows: too few of them among the 30 nearest, so they are searched again.
        for ids in (data.indexed, numpy.arange(3, 300, 10)):
            expected = [[int(ids[i]) for i in row] for row in
                        dataset.exact_neighbours(self.base[ids], self.queries, "l2", 10)]
            self.assertEqual(data.truth_among(ids, 10), expected)

    def test_ties_with_the_last_are_right_too(self):
        base = numpy.repeat(self.base[:20], 3, axis=0)
        for metric in ("l2", "cosine"):
            truth = dataset.exact_neighbours(base, self.base[3:4], metric, 30)
            data = dataset.Dataset("t", base, self.base[3:4], metric, truth, [])
            self.assertEqual(sorted(data.truth_among(numpy.arange(60), 2)[0]), [9, 10, 11])
            self.assertEqual(len(data.truth_among(numpy.arange(60), 3)[0]), 3)


@unittest.skipIf(numpy is None, "numpy is not installed")
class Files(unittest.TestCase):
    def read(self, suffix, content, dims=None):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "v" + suffix)
            with open(path, "wb") as out:
                out.write(content)
            return dataset.read_vectors(path, dims).tolist()

    def test_fvecs(self):
        content = struct.pack("<iffiff", 2, 1.5, -2, 2, 3, 0.25)
        self.assertEqual(self.read(".fvecs", content), [[1.5, -2], [3, 0.25]])
        self.assertRaises(SystemExit, self.read, ".fvecs", content[:-4])

    def test_f16(self):
        content = struct.pack("<eeee", 1.5, -2, 3, 0.25)
        self.assertEqual(self.read(".f16", content, 2), [[1.5, -2], [3, 0.25]])
        self.assertRaises(SystemExit, self.read, ".f16", content, 3)
        self.assertRaises(SystemExit, self.read, ".f16", content)

    def test_the_synthetic_set_is_seeded(self):
        one, two = (dataset.make_clustered(400, 24, seed) for seed in (1, 2))
        self.assertTrue((one == dataset.make_clustered(400, 24, 1)).all())
        self.assertFalse((one == two).all())

    def test_split_moves_rows(self):
        rows = numpy.arange(20).reshape(10, 2)
        base, queries = dataset.split(rows, 3, 1)
        both = base[:, 0].tolist() + queries[:, 0].tolist()
        self.assertEqual(sorted(both), list(range(0, 20, 2)))


if __name__ == "__main__":
    unittest.main()
