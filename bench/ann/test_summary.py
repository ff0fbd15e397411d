"""From the raw records of two systems to ratios, and through every table and the plot."""

import unittest
import xml.dom.minidom
from types import SimpleNamespace

import plot
import report
import summary

OPTIONS = SimpleNamespace(rounds=3, targets=[0.95, 0.999])


def system(name, kind, speeds, **more):
    """Recalls 0.9 and 0.99; a list of speeds for each, one a round."""
    curve = [{"value": value, "recall": recall, "clients": {
        "1": [{"qps": qps, "p50_ms": 1, "p99_ms": 2} for qps in rounds], "2": []}}
        for value, recall, rounds in zip((10, 20), (0.9, 0.99), speeds)]
    return {"name": name, "kind": kind, "setting": "ef", "curve": curve,
            "builds": [{"seconds": 4, "bytes": 100, "bytes_per_row": 10, "wal_bytes": None}],
            **more}


def result():
    insert = {"rows_per_s": 50, "wal_bytes_per_row": 9}
    ours = system("ours/hnsw", "server", ([500, 400, 100], [50, 40, 10]), server="ours",
                  inserts=[{"steady": insert, "after_checkpoint": insert}],
                  vacuum={"seconds": 1, "recall": {"10": 0.8, "20": 0.9}, "fresh": None})
    failed = {"name": "ours/ivf", "kind": "server", "server": "ours", "error": "build: <no>"}
    base = system("hnswlib", "library", ([1000, 1000, 1000], [100, 100, 100]),
                  inserts=[{"steady": {"rows_per_s": 100}}])
    return {
        "systems": [ours, failed, base],
        "servers": [{"name": "ours", "extension": "x", "extension_version": "1",
                     "settings": {"server_version": "17", "shared_buffers": "1GB", "fsync": "on"},
                     "floor_rounds": {"1": [{"qps": 1000, "p50_ms": 1}] * 3},
                     "heap": {"name": "ours/heap"}}],
        "machine": {"cpu": "a & b", "processors": 2, "two_processes_slowdown": 1,
                    "load_average_at_start": 0, "load_average_at_end": 1},
        "dataset": {"name": "d", "indexed_rows": 10, "dims": 3, "queries": 5, "metric": "l2"},
        "options": {"type": "vector", "k": 10, "rounds": 3},
        "provenance": {"command": "run", "packages": {"p": "1"}}}


class Summary(unittest.TestCase):
    def setUp(self):
        self.result = result()
        summary.summarize(self.result, OPTIONS)
        self.ours = self.result["systems"][0]

    def test_ratios_within_rounds(self):
        at = self.ours["at_recall"]["0.95"]["1"]
        ratio = at["ratio_to"]["hnswlib"]
        self.assertAlmostEqual(ratio["median"], 0.4)
        self.assertAlmostEqual(ratio["low"], 0.1)
        self.assertAlmostEqual(at["best"]["ratio_to"]["hnswlib"]["median"], 0.5)
        self.assertIsNone(self.ours["at_recall"]["0.999"]["1"])

    def test_above_the_floor(self):
        # 0.9: 2.5 ms of which the floor is 1; 0.99: 25 ms.
        floor = self.result["servers"][0]["floor_rounds"]["1"]
        curves = summary.round_curves(self.ours, 1, 3, floor)
        self.assertAlmostEqual(curves[1][0][1], 1000 / 1.5)
        self.assertAlmostEqual(curves[1][1][1], 1000 / 24)

    def test_other_ratios(self):
        self.assertEqual(self.ours["insert"]["ratio_to_hnswlib"], 0.5)
        self.assertEqual(self.ours["insert"]["wal_bytes_per_row_steady"], 9)
        self.assertEqual(self.ours["vacuum"]["time_ratio_to_build"], 0.25)

    def test_tables_and_plot(self):
        tables = report.render(self.result, OPTIONS)
        self.assertIn("0.40 (0.10..0.50)", tables)
        self.assertIn("FAILED: ours/ivf: build: <no>", tables)
        document = xml.dom.minidom.parseString(plot.render(self.result))
        self.assertEqual(len(document.getElementsByTagName("polyline")), 2)

    def test_nothing_measured(self):
        empty = result()
        empty["systems"] = empty["systems"][1:2]
        summary.summarize(empty, OPTIONS)
        self.assertIsNone(plot.render(empty))
        self.assertIn("FAILED", report.render(empty, OPTIONS))


if __name__ == "__main__":
    unittest.main()
