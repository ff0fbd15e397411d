"""What can be wrong without looking wrong: python3 -m unittest, in this folder."""

import math
import unittest

import stats


class Percentile(unittest.TestCase):
    def test_nearest_rank(self):
        values = list(range(100, 0, -1))
        self.assertEqual(stats.percentile(values, 0.50), 50)
        self.assertEqual(stats.percentile(values, 0.99), 99)
        self.assertEqual(stats.percentile(values, 1), 100)
        self.assertEqual(stats.percentile(values, 0), 1)

    def test_few_values(self):
        self.assertEqual(stats.percentile([7.0], 0.99), 7.0)
        self.assertEqual(stats.percentile([3, 1, 2], 0.5), 2)
        self.assertEqual(stats.percentile([1, 2], 0.5), 1)

    def test_refuses(self):
        self.assertRaises(ValueError, stats.percentile, [], 0.5)
        self.assertRaises(ValueError, stats.percentile, [1], 50)


class Recall(unittest.TestCase):
    def test_order_does_not_matter(self):
        self.assertEqual(stats.recall([[3, 2, 1]], [[1, 2, 3]], 3), 1)

    def test_half(self):
        self.assertEqual(stats.recall([[1, 9], [8, 7]], [[1, 2], [7, 8]], 2), 0.75)

    def test_a_repeated_id_counts_once(self):
        self.assertEqual(stats.recall([[1, 1, 1, 1]], [[1, 2, 3, 4]], 4), 0.25)

    def test_short_answers_miss(self):
        self.assertEqual(stats.recall([[]], [[1, 2]], 2), 0)
        self.assertEqual(stats.recall([[2]], [[1, 2]], 2), 0.5)

    def test_only_the_first_k(self):
        self.assertEqual(stats.recall([[9, 8, 1]], [[1, 2]], 2), 0)

    def test_ties_are_right_answers(self):
        self.assertEqual(stats.recall([[1, 3]], [[1, 2, 3]], 2), 1)
        self.assertEqual(stats.recall([[3, 2]], [[1, 2, 3]], 2), 1)

    def test_refuses(self):
        self.assertRaises(ValueError, stats.recall, [[1]], [[1], [2]], 1)
        self.assertRaises(ValueError, stats.recall, [], [], 1)
        self.assertRaises(ValueError, stats.recall, [[1, 2]], [[1]], 2)


class Curves(unittest.TestCase):
    def test_dominated_points_go(self):
        curve = [(0.9, 100), (0.8, 90), (0.95, 50), (0.95, 40), (0.7, 300)]
        self.assertEqual(stats.frontier(curve), [(0.7, 300), (0.9, 100), (0.95, 50)])

    def test_between_is_linear_in_the_logarithm(self):
        qps, kind = stats.qps_at([(1.0, 100), (0.9, 10000)], 0.95)
        self.assertEqual(kind, "between")
        self.assertAlmostEqual(qps, 1000)
        qps, _ = stats.qps_at([(0.90, 400), (0.94, 100)], 0.91)
        self.assertAlmostEqual(qps, math.exp(0.75 * math.log(400) + 0.25 * math.log(100)))

    def test_on_a_point(self):
        curve = [(0.9, 400), (0.95, 200), (0.99, 50)]
        for recall, speed in curve:
            qps, kind = stats.qps_at(curve, recall)
            self.assertEqual(kind, "between")
            self.assertAlmostEqual(qps, speed)

    def test_outside(self):
        curve = [(0.96, 500), (0.99, 100)]
        self.assertEqual(stats.qps_at(curve, 0.90), (500, "bound"))
        self.assertEqual(stats.qps_at(curve, 0.999), (None, "unreached"))
        self.assertEqual(stats.qps_at([], 0.9), (None, "unreached"))
        self.assertEqual(stats.qps_at([(0.9, 5)], 0.9), (5, "between"))

    def test_noise_does_not_lower_the_curve(self):
        with_noise = [(0.9, 400), (0.92, 90), (0.94, 100)]
        self.assertEqual(stats.qps_at(with_noise, 0.93),
                         stats.qps_at([(0.9, 400), (0.94, 100)], 0.93))
        # Slower at a lower recall: the faster point has the recall that is asked for.
        self.assertEqual(stats.qps_at([(0.9, 300), (0.96, 400)], 0.95), (400, "between"))


class Ratios(unittest.TestCase):
    base = [(0.9, 1000), (0.99, 100)]

    def test_median_of_the_rounds(self):
        half = [(recall, qps / 2) for recall, qps in self.base]
        third = [(recall, qps / 3) for recall, qps in self.base]
        ratio = stats.ratio_at([half, third, half], [self.base] * 3, 0.95)
        self.assertAlmostEqual(ratio["median"], 1 / 2)
        self.assertAlmostEqual(ratio["low"], 1 / 3)
        self.assertAlmostEqual(ratio["high"], 1 / 2)
        self.assertEqual(ratio["kind"], "equal")

    def test_bounds(self):
        above = [(0.96, 500), (0.99, 100)]
        self.assertEqual(stats.ratio_at([above], [self.base], 0.95)["kind"], "at least")
        self.assertEqual(stats.ratio_at([self.base], [above], 0.95)["kind"], "at most")
        self.assertEqual(stats.ratio_at([above], [above], 0.95)["kind"], "bound")
        self.assertIsNone(stats.ratio_at([above], [[(0.8, 1)]], 0.95))


class Overhead(unittest.TestCase):
    def test_subtracts_time_not_speed(self):
        self.assertAlmostEqual(stats.without_overhead(1000, 0.0005), 2000)
        self.assertIsNone(stats.without_overhead(1000, 0.001))


if __name__ == "__main__":
    unittest.main()
