"""Unit tests of the filter oracle: what Milvus's documentation and its own
tests say of expressions, as fixed answers.  Run: python3 test_filter_oracle.py
"""

import collections
import unittest

from filter_oracle import Field, FilterError, compile_filter, float32, like, like_items
from filter_parser import parse
from filter_random import Workload

SCHEMA = {
    "id": Field("INT64"),
    "i": Field("INT64", None, True),
    "i8": Field("INT8", None, True),
    "f": Field("FLOAT", None, True),
    "d": Field("DOUBLE", None, True),
    "s": Field("VARCHAR", None, True),
    "b": Field("BOOL", None, True),
    "a": Field("ARRAY", "INT64", True),
    "t": Field("ARRAY", "VARCHAR", True),
    "af": Field("ARRAY", "FLOAT", True),
    "j": Field("JSON", None, True),
    "v": Field("VECTOR"),
    "$meta": Field("JSON"),
}
ROWS = [
    {"id": 1, "i": 1, "i8": 127, "f": float32(0.1), "d": 0.1, "s": "a", "b": True, "a": [1, 2],
     "t": ["x"], "j": {"k": 1, "arr": [], "s": "abc"}, "$meta": {"dyn": 1}},
    {"id": 2, "i": -7, "i8": -128, "f": 1.5, "d": 1e308, "s": "a%b", "b": False, "a": [],
     "t": [], "j": {"k": "1", "arr": [1, 2.0, "x", None, [1, 2], {"z": 1}]}, "$meta": {"dyn": "x"}},
    {"id": 3, "i": 2**63 - 1, "i8": 0, "f": 16777216.0, "d": -0.0, "s": "a\nb", "b": True,
     "a": [3, 3], "t": ["a%b"], "af": [float32(0.1)], "j": {"k": 1.0, "arr": "no"}, "$meta": {}},
    {"id": 4, "i": None, "i8": None, "f": None, "d": None, "s": None, "b": None, "a": None,
     "t": None, "j": None, "$meta": {}},
    {"id": 5, "i": 0, "i8": 5, "f": 3.0, "d": 2.0, "s": "\u00e9", "b": False, "a": [5],
     "t": ["y"], "j": {"k": True, "n": {"x": {"y": 2}}}, "$meta": {"dyn": None}},
    {"id": 6, "i": 3, "i8": 3, "f": 2.0, "d": 3.0, "s": "B", "b": True, "a": [2, 1], "t": ["z"],
     "j": {"k": None, "1": "one", "k.z": 9}, "$meta": {"dyn": [1]}},
    {"id": 7, "i": -(2**63), "i8": 2, "f": 0.5, "d": 4.0, "s": "", "b": True, "a": [9], "t": ["w"],
     "j": {"k": 2**53 + 1}, "$meta": {"dyn": 2}},
]  # fmt: skip

# Expression and the ids of the rows for which it is true.
ANSWERS = """
i == 1                                  | 1
i != 1                                  | 2 3 5 6 7
not (i == 1)                            | 2 3 5 6 7
i > 0 or i <= 0                         | 1 2 3 5 6 7
i > 0 or i is null                      | 1 3 4 6
i is null                               | 4
not (i is not null)                     | 4
id is null                              |
not (i == 1 and b == true)              | 2 3 5 6 7
i in []                                 |
i not in []                             | 1 2 3 5 6 7
i in [1, 3,]                            | 1 6
i not in [1]                            | 2 3 5 6 7
i + 1 > 0                               | 1 3 5 6
i / 2 == -3                             | 2
i % 2 == -1                             | 2
2 * i == 6                              | 6
i == 1.0                                | 1
i > 0.5                                 | 1 3 6
i in [1.0]                              | error
i + 0.5 == 1.5                          | error
i == 9223372036854775807                | 3
i == -9223372036854775808               | 7
i == 9223372036854775808                | error
i8 == 300                               |
i8 < 300                                | 1 2 3 5 6 7
i8 in [5, 300]                          | 5
i8 * 100 == 12700                       | 1
f == 0.1                                | 1
f > 0.1                                 | 2 3 5 6 7
f + 0.2 == 0.3                          | 1
d + 0.2 == 0.3                          |
f + 1 == 16777217                       | 3
d * 10 > 1e308                          | 2
d == 0                                  | 3
b                                       | error
not b                                   | error
b == true                               | 1 3 6 7
b != true                               | 2 5
b in [true]                             | 1 3 6 7
b == 1                                  | error
s > "Z"                                 | 1 2 3 5
s like "a%"                             | 1 2 3
s like "a_b"                            | 2 3
s like "%"                              | 1 2 3 5 6 7
s like "_"                              | 1 5 6
s like "a\\\\%b"                        | 2
s like r"a\\%b"                         | 2
s like "a\\%b"                          | error
s == "a\\nb"                            | 3
s == '\\u00e9'                          | 5
s == "\\xc3\\xa9"                       | 5
s == u8"a"                              | 1
s in ['a', "B"]                         | 1 6
1 < i < 9                               | 6
9 > i >= 1                              | 1 6
9 < i < 1                               | error
1 < i > 0                               | error
1 < i < 5 < 7                           | error
"A" < s < "b"                           | 1 2 3 6
a[0] == 1                               | 1
a[0] != 1                               | 3 5 6 7
a[1] != 1                               | 1 3
not (a[0] > 2)                          | 1 6
a == [1, 2]                             | 1
a != [1, 2]                             | 2 3 5 6 7
a == []                                 | 2
a > [1]                                 | error
a["x"] == 1                             | error
array_contains(a, 1)                    | 1 6
not array_contains(a, 1)                | 2 3 5 7
array_contains(a, "1")                  | error
array_contains_all(a, [3, 3, 3])        | 3
array_contains_all(a, [])               | 1 2 3 5 6 7
array_contains_any(a, [])               |
array_contains_any(t, ["x", "y"])       | 1 5
array_length(a) == 2                    | 1 3 6
array_length(a) in [1]                  | error
af[0] == 0.1                            |
af[0] > 0.1                             | 3
j["k"] == 1                             | 1 3
j["k"] == 1.0                           | 1 3
j["k"] != 1                             | 7
not (j["k"] == 1)                       | 7
j["k"] == "1"                           | 2
j["k"] == true                          | 5
j["k"] in [1, "1"]                      | 1 2 3
j["k"] not in [1]                       | 7
j["k"] not in [1, "x"]                  |
j["k"] == 9007199254740993              | 7
j["k"] == 9007199254740992.0            |
j["k"] + 1 != 2                         | 7
j["arr"][0] == 1                        | 2
j["arr"]["0"] == 1                      | 2
j["arr"]["-1"] is null                  | 1 2 3 4 5 6 7
j[1] == "one"                           | 6
j["n"]["x"]["y"] == 2                   | 5
j["k.z"] == 9                           | 6
exists j["k"]                           | 1 2 3 5 7
not exists j["k"]                       | 4 6
j["k"] is null                          | 4 6
j["k"] is not null                      | 1 2 3 5 7
j is null                               | 4
exists j                                | error
exists i                                | error
json_contains(j["arr"], 2)              | 2
not json_contains(j["arr"], 2)          | 1
json_contains(j["arr"], [1, 2.0])       | 2
json_contains_all(j["arr"], ["x", 1])   | 2
json_contains_any(j["arr"], [9, "x"])   | 2
array_length(j["arr"]) == 0             | 1
array_length(j["arr"]) != 0             | 2
j["s"] like "a%"                        | 1
0 < j["k"] < 2                          | 1 3
j["arr"] == [1]                         |
j["arr"] != [1]                         | 1 2
j["k"] == j["k"]                        | error
dyn == 1                                | 1
$meta["dyn"] == 1                       | 1
dyn != 1                                | 7
dyn[0] == 1                             | 6
nokey != 1                              |
nokey is null                           | 1 2 3 4 5 6 7
i == id                                 | 1
i8 < d                                  | 2 7
s == i                                  | error
a[0] == i                               | error
i + id == 3                             | error
i == null                               | error
v == 1                                  | error
i ** 2 == 4                             | error
-i == 1                                 | error
i & 1 == 1                              | error
i / 0 == 1                              | error
not i == 1                              | error
not (i == 1) and i > 1                  | 3 6
1 == 1                                  | 1 2 3 4 5 6 7
-2 ** 2 == -4                           | 1 2 3 4 5 6 7
2 ** 3 ** 2 == 64                       | 1 2 3 4 5 6 7
7 / 2 == 3 and -7 % 2 == -1             | 1 2 3 4 5 6 7
1 == "a"                                | error
i == 0x1 or i == 0b11                   | 1 6
i8 == 010 - 3                           | 5
i == 1 OR i == 3 && b == false          | 1
i = 1                                   | error
i == 1 )                                | error
i in [1                                 | error
i  is  null                             | error
I Is null                               | error
random_sample(0.1)                      | error
i == {x}                                | 1
{x} == i                                | 1
i in {list}                             | 1 6
{x} < i < {y}                           | 6
i + {x} == 2                            | 1
s == {x}                                | error
i == {missing}                          | error
{x} == 1                                | error
json_contains_any(j["arr"], {list})     | 2
"""
PARAMS = {"x": 1, "y": 9, "list": [1, 3]}


def answer(text, params=None):
    """The ids of the rows that match, or "error"."""
    try:
        condition = compile_filter(text, SCHEMA, params)
    except FilterError:
        return "error"
    return " ".join(str(row["id"]) for row in ROWS if condition.matches(row) is True)


class Answers(unittest.TestCase):
    def test_table(self):
        lines = [line.rsplit("|", 1) for line in ANSWERS.strip().splitlines()]
        self.assertGreater(len(lines), 100)
        for text, wanted in lines:
            with self.subTest(text=text.strip()):
                self.assertEqual(answer(text.strip(), PARAMS), wanted.strip())

    def test_blank(self):
        self.assertEqual(answer(" \n"), "1 2 3 4 5 6 7")

    def test_depth(self):
        self.assertEqual(answer("(" * 50 + "i == 1" + ")" * 50), "1")
        self.assertEqual(answer("(" * 5000 + "i == 1" + ")" * 5000), "error")

    def test_position(self):
        with self.assertRaises(FilterError) as caught:
            parse("i == 1 and %")
        self.assertEqual(caught.exception.offset, 11)


class Like(unittest.TestCase):
    def test_wildcards(self):
        node = ("like", 0)
        for pattern, text, wanted in (
            ("", "", True), ("", "a", False), ("%", "", True), ("_%", "", False), ("%%a", "ba", True),
            ("a%c%e", "abcde", True), ("a%c%e", "abcdef", False), ("\\_", "_", True),
            ("\\_", "x", False), ("_", "\U0001f600", True),
        ):  # fmt: skip
            with self.subTest(pattern=pattern, text=text):
                self.assertEqual(like(text, like_items(node, pattern)), wanted)
        with self.assertRaises(FilterError):
            like_items(node, "a\\")


class Random(unittest.TestCase):
    def test_repeatable(self):
        def some(seed):
            workload = Workload(seed)
            return workload.rows(3), [workload.expression() for _ in range(50)]

        self.assertEqual(some(7), some(7))
        self.assertNotEqual(some(7)[1], some(8)[1])

    def test_balanced(self):
        """Random expressions are valid, of every kind, and neither always true nor always false."""
        results, features = collections.Counter(), set()
        for seed in range(5):
            workload = Workload(seed)
            rows = workload.rows(20)
            for _ in range(200):
                expression = workload.expression()
                features |= expression.features
                try:
                    condition = compile_filter(expression.text, workload.schema, expression.params)
                except FilterError:
                    results["error"] += 1
                    continue
                results.update(condition.matches(row) for row in rows)
        self.assertLess(results["error"], 50)
        for value in (True, False, None):
            self.assertGreater(results[value], 2000)
        self.assertGreaterEqual(features, {"compare", "in", "range", "like", "json", "template", "arith"})

    def test_broken(self):
        """Damaged expressions are refused, or still expressions; never anything else."""
        workload, results = Workload(1), collections.Counter()
        workload.rows(5)
        for _ in range(500):
            expression = workload.broken()
            try:
                compile_filter(expression.text, workload.schema, expression.params)
                results["valid"] += 1
            except FilterError:
                results["error"] += 1
        self.assertGreater(results["error"], 200)
        self.assertGreater(results["valid"], 10)


if __name__ == "__main__":
    unittest.main()
