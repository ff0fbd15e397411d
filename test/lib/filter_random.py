"""Random schemas, rows and filter expressions, all determined by a seed.

    Workload(seed, **options)     .schema  {name: filter_oracle.Field}
        nulls=True                nullable fields, and NULLs in them
        dynamic=True              "$meta" with keys of its own
        only=None                 the productions to use (see LEAVES), or all
        negate=True               not, and `not in`
        templates=True            template variables
        plain=False               one spelling of everything: lower case, decimal
    workload.rows(count)          a list of rows, ids 1 to count
    workload.expression()         Expression(text, params, features)
    workload.broken()             the same, damaged: valid or not, who knows

features are the names of the productions that the expression is made of, so
that a comparison with a partial implementation can leave some out.
"""

import json
import random
import re
from collections import namedtuple

from filter_oracle import FLOATS, INTEGERS, Field, float32

Expression = namedtuple("Expression", "text params features")

BITS = {"INT8": 8, "INT16": 16, "INT32": 32, "INT64": 64}
STRINGS = (
    "", "a", "ab", "abc", "B", "Z", "\u00e9", "e\u0301", "\u65e5\u672c", "\U0001f600", "a%b", "a_b",
    "a\\b", "\\", "it's", 'say "hi"', "a\nb", "tab\t", "%", "_", "null", "true", "1", "a b", "$meta",
    "x\x01y", "';drop table t;--", "\u200b", "\ufeff", "zz",
)  # fmt: skip
DOUBLES = (0.0, -0.0, 0.1, 0.5, 1.0, 1.5, -2.25, 3.0, 0.30000000000000004, 1e300, -1e300, 5e-324,
           1.7976931348623157e308, 9007199254740992.0, 16777217.0, 123456.789)  # fmt: skip
BIG = (2**31, -(2**31) - 1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), -(2**53) - 1)
KEYS = ("k", "x", "n", "deep", "a b", "k.z", "\u00e9", "0", "it's", 'q"', "-1")
DYNAMIC_KEYS = ("d1", "d2", "D", "nokey")
OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
NOISE = ("==", "=", "not", "and", "(", ")", "[", "]", ",", "1", '"a"', "is null", "in", "<", "&", "**",
         "like", "exists", "{p}", "0x", "1.5", "'", "\\", "NULL", "true", "nofield", "-", "%")  # fmt: skip
# The productions of a predicate and how often each is drawn.
LEAVES = {
    "compare": 10, "reverse": 2, "in": 5, "range": 3, "arith": 4, "like": 3, "null": 2, "exists": 1,
    "contains": 3, "length": 1, "fields": 2, "list": 2, "constant": 1,
}  # fmt: skip


def default_schema(nulls=True, dynamic=True):
    """A field of every type that a filter can be about."""
    schema = {"id": Field("INT64")}
    for name, kind in (
        ("flag", "BOOL"), ("i8", "INT8"), ("i16", "INT16"), ("i32", "INT32"), ("big", "INT64"),
        ("f", "FLOAT"), ("d", "DOUBLE"), ("s", "VARCHAR"), ("tag", "VARCHAR"), ("j", "JSON"),
    ):  # fmt: skip
        schema[name] = Field(kind, None, nulls and name not in ("i16", "tag"))
    for name, element in (("ai", "INT64"), ("as8", "INT8"), ("at", "VARCHAR"), ("ad", "DOUBLE"),
                          ("af", "FLOAT"), ("ab", "BOOL")):  # fmt: skip
        schema[name] = Field("ARRAY", element, nulls)
    if dynamic:
        schema["$meta"] = Field("JSON")
    return schema


class Workload:
    """See the head of this file."""

    def __init__(
        self, seed, nulls=True, dynamic=True, only=None, negate=True, templates=True, plain=False
    ):
        self.random = random.Random(seed)
        self.schema = default_schema(nulls, dynamic)
        self.leaves = {k: n for k, n in LEAVES.items() if only is None or k in only}
        self.negate, self.templates, self.plain = negate, templates, plain
        self.seen = {}
        self.params, self.features = {}, set()

    # ------------------------------------------------------------- rows
    def rows(self, count):
        """Rows with ids from 1; later expressions like to ask for their values."""
        return [self.row(number) for number in range(1, count + 1)]

    def row(self, number):
        row = {}
        for name, field in self.schema.items():
            if name == "id":
                row[name] = number
            elif name == "$meta":
                row[name] = self.document(DYNAMIC_KEYS[:3])
            elif field.nullable and self.chance(0.2):
                row[name] = None
            else:
                row[name] = self.value(field)
            self.seen.setdefault(name, []).append(row[name])
        return row

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, values):
        return self.random.choice(values)

    def spelling(self, *words):
        """One of several ways to write the same; the first one is the plain one."""
        return words[0] if self.plain else self.pick(words)

    def value(self, field):
        """A value for a field."""
        if field.type == "JSON":
            return self.document(KEYS)
        if field.type == "ARRAY":
            size = self.pick((0, 1, 1, 2, 3, 5))
            return [self.scalar(field.element) for _ in range(size)]
        return self.scalar(field.type)

    def scalar(self, kind):
        if kind == "BOOL":
            return self.chance(0.5)
        if kind in INTEGERS:
            top = 2 ** (BITS[kind] - 1)
            near = (0, 1, 2, 3, 5, -1, -7, top - 1, -top, top // 2)
            return self.pick(near) if self.chance(0.8) else self.random.randint(-top, top - 1)
        if kind == "FLOAT":
            return float32(self.pick((0.0, 0.1, 0.5, 1.5, -2.25, 3.0, 16777216.0, 3e38, 1e-40)))
        if kind == "DOUBLE":
            return self.pick(DOUBLES)
        return self.pick(STRINGS)

    def document(self, keys):
        """A JSON object."""
        chosen = self.random.sample(keys, self.random.randint(0, min(4, len(keys))))
        return {key: self.json_value(2) for key in chosen}

    def json_value(self, depth):
        roll = self.random.randrange(12)
        if roll < 3:
            return self.pick((0, 1, 2, 3, -5, 100) + BIG)
        if roll < 5:
            return self.pick(DOUBLES)
        if roll < 7:
            return self.pick(STRINGS)
        if roll < 9:
            return self.pick((True, False, None))
        if depth == 0:
            return 1
        if roll < 11:
            return [self.json_value(depth - 1) for _ in range(self.random.randint(0, 4))]
        return {key: self.json_value(depth - 1) for key in self.random.sample(KEYS, 2)}

    # -------------------------------------------------------- constants
    def literal(self, value):
        """The text of a constant, or a template in its place."""
        if self.templates and self.chance(0.12) and not whole_float(value):
            name = "p%d" % len(self.params)
            self.params[name] = value
            self.features.add("template")
            return "{%s}" % name
        return self.inline(value)

    def inline(self, value):
        if isinstance(value, bool):
            word = "true" if value else "false"
            return self.spelling(word, word.title(), word.upper())
        if isinstance(value, int):
            return self.integer(value)
        if isinstance(value, float):
            return repr(value)
        if isinstance(value, str):
            return self.quoted(value)
        return "[" + self.pick((",", ", ")).join(map(self.inline, value)) + "]"

    def integer(self, value):
        if value > 0 and not self.plain and self.chance(0.1):
            self.features.add("radix")
            return self.pick(("0x%x", "0X%X", "0%o")) % value if self.chance(0.7) else bin(value)
        return str(value)

    def quoted(self, value):
        """A string literal; escapes are used where they must be, and at times where not."""
        quote = self.pick("\"'")
        if not self.plain and self.chance(0.1) and not set(value) & set("\"'\r\n\\"):
            self.features.add("escape")
            return "r" + quote + value + quote
        text = ""
        for char in value:
            if char in '\\\r\n' + quote:
                self.features.add("escape")
                text += {"\n": "\\n", "\r": "\\r"}.get(char, "\\" + char)
            elif not self.plain and self.chance(0.03):
                self.features.add("escape")
                wide = "\\U%08x" if ord(char) > 0xFFFF else "\\u%04x"
                text += wide % ord(char)
            else:
                text += char
        return quote + text + quote

    def constant(self, kind):
        """A constant to compare a field of this kind with; often one that occurs."""
        if kind in INTEGERS and self.chance(0.15):
            return self.pick((0.5, 1.5, -0.1, 300.25, 1e300) + BIG)
        if kind in FLOATS and self.chance(0.3):
            return self.pick((0, 1, 3, -2, 2**53 + 1, 300))
        return self.scalar(kind)

    def known(self, name, kind):
        """A value that the field has in some row, or any constant."""
        values = [v for v in self.seen.get(name, ()) if v is not None]
        return self.pick(values) if values and self.chance(0.6) else self.constant(kind)

    def json_constant(self, name, steps):
        """A constant to compare a path with; often a value that is there."""
        if self.seen.get(name) and self.chance(0.6):
            value = self.pick(self.seen[name])
            for step in steps:
                try:
                    value = value[step]
                except (KeyError, IndexError, TypeError):
                    value = None
            if isinstance(value, (bool, str, float)) or in_range(value):
                return value
        return self.pick((0, 1, 2, 1.0, 1.5, -5, True, False) + STRINGS[:9] + BIG[3:5])

    # ---------------------------------------------------------- columns
    def column(self, kinds):
        """The name of a field, or an element of an array, of one of the kinds: (text, kind, name)."""
        names = [n for n, f in self.schema.items() if f.type in kinds]
        arrays = [n for n, f in self.schema.items() if f.type == "ARRAY" and f.element in kinds]
        if arrays and self.chance(0.15):
            self.features.add("subscript")
            name = self.pick(arrays)
            return "%s[%d]" % (name, self.pick((0, 0, 1, 2, 9))), self.schema[name].element, name
        name = self.pick(names)
        return name, self.schema[name].type, name

    def path(self):
        """A JSON path: (text, name of the field, steps)."""
        self.features.add("json")
        if "$meta" in self.schema and self.chance(0.4):
            steps = [self.pick(DYNAMIC_KEYS)]
            name, text = "$meta", steps[0]
            if self.chance(0.4):
                text = "$meta" + self.step(steps[0])
        else:
            steps = [self.pick(KEYS)]
            name, text = "j", "j" + self.step(steps[0])
        while self.chance(0.3):
            step = self.pick(KEYS) if self.chance(0.5) else self.random.randint(0, 3)
            steps.append(step)
            text += self.step(step)
        return text, name, steps

    def step(self, step):
        return "[%s]" % (self.quoted(step) if isinstance(step, str) else step)

    # ------------------------------------------------------- predicates
    def expression(self):
        """A random expression; nearly always a valid one."""
        self.params, self.features = {}, set()
        text = self.condition(self.pick((0, 0, 1, 1, 2, 3)))
        return Expression(text, self.params, frozenset(self.features))

    def broken(self):
        """An expression with one thing changed."""
        text, params, _ = self.expression()
        parts = re.findall(r"\s+|\w+|[^\w\s]", text)
        at = self.random.randrange(len(parts))
        roll = self.random.randrange(3)
        if roll == 0:
            del parts[at]
        elif roll == 1:
            parts[at] = " %s " % self.pick(NOISE)
        else:
            parts.insert(at, " %s " % self.pick(NOISE))
        return Expression("".join(parts), params, frozenset(["broken"]))

    def condition(self, depth):
        if depth == 0:
            names = list(self.leaves)
            weights = [self.leaves[name] for name in names]
            return self.leaf(self.random.choices(names, weights)[0])
        if self.negate and self.chance(0.3):
            self.features.add("not")
            return self.spelling("not (%s)", "NOT(%s)", "!(%s)") % self.condition(depth - 1)
        parts = [self.condition(depth - 1) for _ in range(self.pick((2, 2, 3)))]
        words = ("and", "or") if self.plain else ("and", "or", "and", "or", "&&", "||", "AND", "OR")
        ops = [self.pick(words) for _ in parts[1:]]
        self.features.update(op.lower() if op.islower() else "symbols" for op in ops)
        text = parts[0] if self.chance(0.5) else "(%s)" % parts[0]
        for op, part in zip(ops, parts[1:]):
            text += " %s %s" % (op, part if self.chance(0.5) else "(%s)" % part)
        return text if self.chance(0.5) else "(%s)" % text

    def leaf(self, name):
        self.features.add(name)
        return getattr(self, "leaf_" + name)()

    SCALARS = INTEGERS + FLOATS + ("VARCHAR", "BOOL")

    def operand(self, kinds=SCALARS):
        """A column and a constant for it: (text, type, constant)."""
        if "JSON" in kinds or (kinds is self.SCALARS and self.chance(0.35)):
            text, name, steps = self.path()
            return text, "JSON", self.json_constant(name, steps)
        text, kind, name = self.column(kinds)
        self.features.add(kind)
        if text != name:
            return text, kind, self.constant(kind)
        return text, kind, self.known(name, kind)

    def leaf_compare(self):
        text, _, value = self.operand()
        op = self.pick(OPERATORS[:2] if isinstance(value, list) else OPERATORS)
        gap = self.pick((" ", " ", ""))
        return text + gap + op + gap + self.literal(value)

    def leaf_reverse(self):
        text, _, value = self.operand()
        op = self.pick(OPERATORS[:2] if isinstance(value, list) else OPERATORS)
        return "%s %s %s" % (self.literal(value), op, text)

    def leaf_in(self):
        text, kind, value = self.operand()
        values = [value] + [self.operand_like(value) for _ in range(self.random.randint(0, 4))]
        if self.chance(0.06):
            self.features.add("empty")
            values = []
        if isinstance(value, int) or kind in INTEGERS:
            values = [v for v in values if not isinstance(v, float)]
        op = "not in" if self.negate and self.chance(0.4) else self.spelling("in", "IN")
        self.features.add(op.lower())
        self.random.shuffle(values)
        return "%s %s %s" % (text, op, self.literal(values))

    def operand_like(self, value):
        """Another constant of the same kind."""
        if isinstance(value, bool):
            return self.chance(0.5)
        if isinstance(value, int):
            return self.pick((0, 1, 2, 3, 5, -7, 100) + BIG[2:4])
        if isinstance(value, float):
            return self.pick(DOUBLES)
        return self.pick(STRINGS)

    def leaf_range(self):
        plain = INTEGERS + FLOATS + ("VARCHAR",)
        text, _, value = self.operand(plain if self.chance(0.7) else ("JSON",))
        if isinstance(value, (bool, list)):
            value = 1
        low, high = value, self.operand_like(value)
        low, high = sorted((low, high), key=lambda v: v.encode() if isinstance(v, str) else v)
        strict = "" if low == high else self.pick(("", "="))
        first, last = ("<=", "<=") if low == high else ("<" + strict, self.pick(("<", "<=")))
        if self.chance(0.3):
            self.features.add("descending")
            first, last, low, high = last.replace("<", ">"), first.replace("<", ">"), high, low
        return "%s %s %s %s %s" % (self.literal(low), first, text, last, self.literal(high))

    def leaf_arith(self):
        op = self.pick("+-*/%")
        if self.chance(0.3):
            text, _, _ = self.path()
            op = self.pick("+-*")
            operand, value = self.pick((1, 2, -3, 0.5, 0.25)), self.pick((0, 1, 2, 3, 1.5, -5))
        else:
            kinds = INTEGERS if op == "%" else INTEGERS + FLOATS
            text, kind, _ = self.column(kinds)
            self.features.add(kind)
            operand = self.pick((1, 2, 3, -2, 7, 100))
            if kind in FLOATS and self.chance(0.5):
                operand = self.pick((0.5, 0.1, -1.5, 10.0))
            value = self.constant(kind) if self.chance(0.5) else self.pick((0, 1, 2, -1, 3, 10))
        if op in "+*" and self.chance(0.2):
            self.features.add("reverse")
            left = "%s %s %s" % (self.literal(operand), op, text)
        else:
            left = "%s %s %s" % (text, op, self.literal(operand))
        return "%s %s %s" % (left, self.pick(OPERATORS), self.literal(value))

    def leaf_like(self):
        if self.chance(0.3):
            text = self.path()[0]
        else:
            text = self.column(("VARCHAR",))[0]
            self.features.add("VARCHAR")
        return "%s %s %s" % (text, self.spelling("like", "LIKE"), self.literal(self.pattern()))

    def pattern(self):
        """A pattern made of a string by putting wildcards and backslashes into it."""
        out = ""
        for char in self.pick(STRINGS):
            roll = self.random.randrange(8)
            if roll == 0:
                out += "%"
            elif roll == 1:
                out += "_"
            elif char in "%_\\" and (roll < 5 or char == "\\"):
                self.features.add("pattern escape")
                out += "\\" + char
            else:
                out += char
        return out + self.pick(("", "", "%", "_"))

    def leaf_null(self):
        if self.chance(0.5):
            text = self.path()[0]
        else:
            text = self.pick([n for n in self.schema if n != "$meta"])
        word = self.pick((" is null", " is not null"))
        return text + self.spelling(word, word.upper())

    def leaf_exists(self):
        return self.spelling("exists %s", "EXISTS %s", "exists(%s)") % self.path()[0]

    def leaf_contains(self):
        word = self.pick(("json_contains", "array_contains"))
        prefix = self.spelling(word, word.upper())
        mode = self.pick(("", "_any", "_all"))
        self.features.add("contains" + mode)
        if self.chance(0.45):
            text, name, steps = self.path()
            values = [self.json_constant(name, steps + [0]) for _ in range(self.random.randint(0, 3))]
        else:
            name, element = self.array()
            text, pool = name, [v for row in self.seen.get(name, ()) for v in row or ()]
            values = [
                self.pick(pool) if pool and self.chance(0.6) else self.scalar(element)
                for _ in range(self.random.randint(0, 3))
            ]
        if not values:
            self.features.add("empty")
        word = prefix + (mode.upper() if prefix.isupper() else mode)
        if mode == "":
            whole = self.schema[name].type == "ARRAY"
            values = values[0] if values else self.scalar(element) if whole else 1
        return "%s(%s, %s)" % (word, text, self.literal(values))

    def array(self):
        """The name of an array field and its element type."""
        name = self.pick([n for n, f in self.schema.items() if f.type == "ARRAY"])
        self.features.add("ARRAY " + self.schema[name].element)
        return name, self.schema[name].element

    def leaf_length(self):
        text = self.path()[0] if self.chance(0.4) else self.array()[0]
        word = self.spelling("array_length", "ARRAY_LENGTH")
        return "%s(%s) %s %s" % (word, text, self.pick(OPERATORS), self.literal(self.pick((0, 1, 2, 3))))

    def leaf_fields(self):
        """Two fields against each other."""
        kinds = self.pick((INTEGERS + FLOATS, INTEGERS + FLOATS, ("VARCHAR",), ("BOOL",)))
        names = [n for n, f in self.schema.items() if f.type in kinds]
        left, right = self.pick(names), self.pick(names)
        self.features.update((self.schema[left].type, self.schema[right].type))
        return "%s %s %s" % (left, self.pick(OPERATORS), right)

    def leaf_list(self):
        """A whole array against a list."""
        op = self.pick(("==", "!="))
        if self.chance(0.5):
            name, element = self.array()
            rows = [v for v in self.seen.get(name, ()) if v is not None]
            value = self.pick(rows) if rows and self.chance(0.6) else [self.scalar(element)]
            return "%s %s %s" % (name, op, self.inline(value))
        text, name, steps = self.path()
        values = [self.json_constant(name, steps + [0]) for _ in range(self.random.randint(0, 3))]
        return "%s %s %s" % (text, op, self.inline(values))

    def leaf_constant(self):
        return self.pick(("1 == 1", "1 < 2", '"a" == "b"', "2 + 2 == 5", "7 % 4 == 3", "2 ** 3 == 8",
                          "7 / 2 == 3", "not (1 == 2)", "(true)", "-7 / 2 == -3", "true == false"))  # fmt: skip


def whole_float(value):
    """Whether a template would not tell this float from an integer."""
    if isinstance(value, list):
        return any(map(whole_float, value))
    return isinstance(value, float) and value.is_integer()


def in_range(value):
    """An integer of 64 bits, or a list of usable values."""
    if isinstance(value, list):
        return all(isinstance(v, (bool, str, float)) or in_range(v) for v in value)
    return isinstance(value, int) and -(2**63) <= value < 2**63


def to_json(value):
    """The row as JSON text, floats as their shortest digits."""
    return json.dumps(value, ensure_ascii=False)
