"""An evaluator of Milvus filter expressions that shares nothing with src/filter.

    compile_filter(text, schema, params=None)   a Filter, or raises FilterError
    Filter.matches(row)                         True, False or None (unknown)

Tests compare the answers of the extension with these.  The rules are those of
docs/filters.md; where that is silent, Milvus's own.  The text becomes tokens
(filter_tokens.py), the tokens a tree of tuples (filter_parser.py); here the
tree is given types against a schema and turned into closures.  Everything that
can be wrong with an expression is found before the first row is looked at.

A schema maps a field's name to a Field.  A row maps names to Python values:
None is NULL, a JSON field holds the parsed document, a FLOAT holds a Python
float that is already rounded to 32 bits, and "$meta" the dynamic keys.

Only the standard library; Python 3.9 and later.
"""

import functools
import struct
from collections import namedtuple
from decimal import Decimal
from fractions import Fraction

from filter_parser import FilterError, parse

INTEGERS = ("INT8", "INT16", "INT32", "INT64")
FLOATS = ("FLOAT", "DOUBLE")
DYNAMIC = "$meta"

# A field: type as in Milvus, element only for ARRAY.
Field = namedtuple("Field", "type element nullable", defaults=(None, False))

# What a node is after typing.  Constant: kind is bool, int, float, str, list.
Constant = namedtuple("Constant", "kind value")
# A column or a path into one: type VECTOR, ARRAY, JSON or a scalar's; get(row).
Column = namedtuple("Column", "type element get path")
# column op constant, waiting for its comparison.
Arithmetic = namedtuple("Arithmetic", "column op operand")
Length = namedtuple("Length", "get")
# A predicate: call(row) gives True, False or None.
Predicate = namedtuple("Predicate", "call")


def fail(node, text):
    """Refuse the expression, pointing at the node."""
    raise FilterError(text, node[1])


def float32(value):
    """The nearest 32-bit float, as a Python float; beyond the range infinity."""
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def kind_of(value):
    """The kind of a constant or a JSON value, or None for null and objects."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "str"
    return "list" if isinstance(value, list) else None


def usable(value):
    """Whether a template's value can stand for a constant."""
    if isinstance(value, list):
        return all(map(usable, value))
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return kind_of(value) is not None


def exact(value):
    """A number as JSON writes it, exactly."""
    return Fraction(value) if isinstance(value, int) else Fraction(Decimal(repr(value)))


def json_equal(left, right):
    """Equality of a JSON value and a constant: True, False, None if they do not compare."""
    kind = kind_of(left)
    if kind is None or kind != kind_of(right):
        return None
    if kind == "number":
        return exact(left) == exact(right)
    if kind == "list":
        return len(left) == len(right) and all(map(json_equal, left, right))
    return left == right


def sort_key(value):
    """What < compares: strings go by their bytes."""
    return value.encode("utf-8") if isinstance(value, str) else value


ORDER = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def logical_not(value):
    """Kleene's not."""
    return None if value is None else not value


def logical_and(left, right):
    """Kleene's and."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def logical_or(left, right):
    """Kleene's or."""
    return logical_not(logical_and(logical_not(left), logical_not(right)))


def unless_null(get, test):
    """A predicate that is unknown where the value is."""

    def call(row):
        value = get(row)
        return None if value is None else test(value)

    return Predicate(call)


def step_into(value, step):
    """One step of a JSON path, by the rules of JSON pointers; None where it leads nowhere."""
    if isinstance(value, dict):
        return value.get(str(step))
    if isinstance(value, list):
        text = str(step)
        plain = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
        if plain and int(text) < len(value):
            return value[int(text)]
    return None


def int_divide(left, right):
    """Truncating division, as C's."""
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def compute(op, left, right, whole):
    """left op right; whole says that both are integers and so is the result."""
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    if op == "*":
        return left * right
    if op == "/":
        return int_divide(left, right) if whole else left / right
    return left - right * int_divide(left, right)


class Typer:
    """Turns a tree into a Predicate, or raises FilterError."""

    def __init__(self, schema, params):
        self.schema = schema
        self.params = params or {}

    # ------------------------------------------------------------ nodes
    def visit(self, node):
        """Constant, Column, Arithmetic, Length or Predicate for a node."""
        return getattr(self, "visit_" + node[0])(node)

    def visit_const(self, node):
        return Constant(node[2], node[3])

    def visit_list(self, node):
        values = []
        for item in node[2]:
            constant = self.visit(item)
            if not isinstance(constant, Constant) or item[0] == "template":
                fail(item, "a list holds constants only")
            values.append(constant.value)
        return Constant("list", values)

    def visit_template(self, node):
        if node[2] not in self.params:
            fail(node, "no value for {%s}" % node[2])
        value = self.params[node[2]]
        kind = kind_of(value)
        if kind == "number":
            kind = "int" if isinstance(value, int) else "float"
        if kind is None or not usable(value):
            fail(node, "the value of {%s} has a type of no use" % node[2])
        return Constant(kind, value)

    def visit_column(self, node):
        name, steps = node[2], node[3]
        if name in ("null", "NULL") and name not in self.schema:
            fail(node, "NULL is not a constant")
        field = self.schema.get(name)
        if field is None or name == DYNAMIC:
            if DYNAMIC not in self.schema:
                fail(node, "no field %s" % name)
            path = ([] if name == DYNAMIC else [name]) + steps
            return self.json_column(DYNAMIC, path)
        if field.type == "JSON":
            return self.json_column(name, steps)
        if field.type == "ARRAY":
            return self.array_column(node, name, field, steps)
        if steps:
            fail(node, "%s is not JSON nor an array" % name)
        if field.type == "VECTOR":
            fail(node, "a vector cannot be filtered on")
        return Column(field.type, None, lambda row: row.get(name), [])

    @staticmethod
    def json_column(name, path):
        def get(row):
            value = row.get(name)
            for step in path:
                value = step_into(value, step)
            return value

        return Column("JSON", None, get, path)

    @staticmethod
    def array_column(node, name, field, steps):
        if not steps:
            return Column("ARRAY", field.element, lambda row: row.get(name), [])
        if len(steps) > 1 or isinstance(steps[0], str):
            fail(node, "an array has integer subscripts only")
        index = steps[0]

        def get(row):
            value = row.get(name)
            return value[index] if value is not None and index < len(value) else None

        # Elements of a FLOAT array are compared as the doubles they are.
        kind = "DOUBLE" if field.element == "FLOAT" else field.element
        return Column(kind, None, get, steps)

    # ------------------------------------------------------------ logic
    def boolean(self, node):
        """The operand of a logical operator."""
        value = self.visit(node)
        if isinstance(value, Predicate):
            return value
        if isinstance(value, Constant) and value.kind == "bool" and node[0] != "template":
            return Predicate(lambda row: value.value)
        return fail(node, "not a condition")

    def visit_and(self, node):
        left, right = self.boolean(node[2]), self.boolean(node[3])
        return Predicate(lambda row: logical_and(left.call(row), right.call(row)))

    def visit_or(self, node):
        left, right = self.boolean(node[2]), self.boolean(node[3])
        return Predicate(lambda row: logical_or(left.call(row), right.call(row)))

    def visit_unary(self, node):
        op, operand = node[2], node[3]
        if op == "not":
            child = self.boolean(operand)
            return Predicate(lambda row: logical_not(child.call(row)))
        value = self.visit(operand)
        if isinstance(value, Constant) and operand[0] != "template":
            if value.kind not in ("int", "float") or op == "~":
                fail(node, "no %s of that" % op)
            if op == "-":
                return self.number(node, -value.value)
            return value
        if op == "+" and isinstance(value, Column) and value.type != "ARRAY":
            return value
        return fail(node, "no %s of that" % op)

    @staticmethod
    def number(node, value):
        """A constant that folding made; integers must fit in 64 bits."""
        if isinstance(value, int):
            if not -(2**63) <= value < 2**63:
                fail(node, "out of range of 64 bits")
            return Constant("int", value)
        return Constant("float", value)

    # ------------------------------------------------------- arithmetic
    def visit_power(self, node):
        left, right = self.visit(node[2]), self.visit(node[3])
        for value in (left, right):
            if not isinstance(value, Constant) or value.kind not in ("int", "float"):
                fail(node, "power of constants only")
        try:
            result = float(left.value) ** float(right.value)
        except (OverflowError, ZeroDivisionError):
            result = None
        if not isinstance(result, float):
            fail(node, "no such power")
        return Constant("float", result)

    def visit_arith(self, node):
        op = node[2]
        left, right = self.visit(node[3]), self.visit(node[4])
        if isinstance(left, Constant) and isinstance(right, Constant):
            if "template" in (node[3][0], node[4][0]):
                fail(node, "no template between constants")
            return self.fold(node, op, left, right)
        if isinstance(left, Constant) and op in ("+", "*"):
            left, right = right, left
        if not isinstance(left, Column) or not isinstance(right, Constant):
            fail(node, "arithmetic is a field, an operator and a constant")
        self.check_arith(node, left, op, right)
        return Arithmetic(left, op, right.value)

    def fold(self, node, op, left, right):
        if left.kind not in ("int", "float") or right.kind not in ("int", "float"):
            fail(node, "no arithmetic of those")
        whole = left.kind == right.kind == "int"
        if op == "%" and not whole:
            fail(node, "modulo of integers only")
        if op in "/%" and right.value == 0:
            fail(node, "division by zero")
        return self.number(node, compute(op, left.value, right.value, whole))

    @staticmethod
    def check_arith(node, column, op, operand):
        if operand.kind not in ("int", "float"):
            fail(node, "no arithmetic with that constant")
        if column.type in INTEGERS:
            if operand.kind != "int":
                fail(node, "an integer field and a float constant")
        elif column.type not in FLOATS and column.type != "JSON":
            fail(node, "no arithmetic on that field")
        if op == "%" and (operand.kind != "int" or column.type in FLOATS):
            fail(node, "modulo of integers only")
        if op in "/%" and operand.value == 0:
            fail(node, "division by zero")

    def visit_bitop(self, node):
        fail(node, "bit operators are not supported")

    # ------------------------------------------------------ comparisons
    def visit_compare(self, node):
        op = node[2]
        left, right = self.visit(node[3]), self.visit(node[4])
        if isinstance(left, Constant) and isinstance(right, Constant):
            if "template" in (node[3][0], node[4][0]):
                fail(node, "no template between constants")
            return self.compare_constants(node, op, left, right)
        if isinstance(left, Constant):
            left, right, op = right, left, MIRROR[op]
        if isinstance(right, Constant):
            return self.compare_value(node, op, left, right)
        if isinstance(left, Column) and isinstance(right, Column):
            return self.compare_columns(node, op, left, right)
        return fail(node, "that cannot be compared")

    @staticmethod
    def compare_constants(node, op, left, right):
        numbers = ("int", "float")
        if left.kind in numbers and right.kind in numbers:
            return Constant("bool", ORDER[op](left.value, right.value))
        if left.kind != right.kind or left.kind == "list" or (left.kind == "bool" and op[0] in "<>"):
            fail(node, "constants of types that do not compare")
        return Constant("bool", ORDER[op](sort_key(left.value), sort_key(right.value)))

    def compare_value(self, node, op, left, constant):
        """A column, arithmetic or a length against a constant."""
        if isinstance(left, Length):
            if constant.kind not in ("int", "float"):
                fail(node, "a length is a number")
            return unless_null(left.get, lambda n: ORDER[op](n, constant.value))
        if isinstance(left, Arithmetic):
            return self.compare_arith(node, op, left, constant)
        if not isinstance(left, Column):
            fail(node, "that cannot be compared")
        if left.type == "JSON":
            return self.compare_json(node, op, left.get, constant)
        if left.type == "ARRAY":
            return self.compare_array(node, op, left, constant)
        value = self.cast(node, left.type, constant)
        return unless_null(left.get, lambda v: ORDER[op](sort_key(v), value))

    @staticmethod
    def cast(node, field_type, constant):
        """The constant as the field's type compares with it."""
        kind, value = constant
        if field_type in INTEGERS + FLOATS and kind in ("int", "float"):
            if field_type == "FLOAT":
                return float32(float(value))
            return float(value) if field_type == "DOUBLE" else value
        if (field_type, kind) in (("VARCHAR", "str"), ("BOOL", "bool")):
            return sort_key(value)
        return fail(node, "a %s field and a constant of type %s" % (field_type, kind))

    @staticmethod
    def compare_json(node, op, get, constant):
        if op in ("==", "!="):
            equal = functools.partial(json_equal, right=constant.value)
            if op == "==":
                return unless_null(get, equal)
            return unless_null(get, lambda v: logical_not(equal(v)))
        if constant.kind == "list":
            fail(node, "lists have no order")
        kind = kind_of(constant.value)
        limit = exact(constant.value) if kind == "number" else sort_key(constant.value)

        def test(value):
            if kind_of(value) != kind:
                return None
            return ORDER[op](exact(value) if kind == "number" else sort_key(value), limit)

        return unless_null(get, test)

    def compare_array(self, node, op, column, constant):
        if constant.kind != "list" or op not in ("==", "!="):
            fail(node, "an array compares as a whole by == and != with a list only")
        wanted = [self.element(node, column.element, v) for v in constant.value]
        equal = functools.partial(json_equal, right=wanted)
        return unless_null(column.get, lambda v: equal(v) == (op == "=="))

    @staticmethod
    def element(node, element, value):
        """A constant that is to equal an array's element."""
        kinds = {"VARCHAR": "str", "BOOL": "bool"}
        if kind_of(value) != kinds.get(element, "number"):
            fail(node, "an element of another type than the array's")
        return float(value) if element in FLOATS else value

    def compare_arith(self, node, op, left, constant):
        if constant.kind not in ("int", "float"):
            fail(node, "arithmetic gives a number")
        column, operand, limit = left.column, left.operand, constant.value
        if column.type == "JSON":
            return self.compare_json_arith(op, left, exact(limit))
        if column.type in INTEGERS:
            return unless_null(
                column.get, lambda v: ORDER[op](compute(left.op, v, operand, True), limit)
            )
        shape = float32 if column.type == "FLOAT" else float
        operand, limit = shape(operand), shape(limit)

        def test(value):
            try:
                return ORDER[op](shape(compute(left.op, value, operand, False)), limit)
            except OverflowError:
                return None

        return unless_null(column.get, test)

    @staticmethod
    def compare_json_arith(op, left, limit):
        operand = left.operand

        def test(value):
            if kind_of(value) != "number":
                return None
            whole = isinstance(value, int) and isinstance(operand, int)
            if left.op == "%" and not whole:
                return None
            if whole:
                return ORDER[op](compute(left.op, value, operand, True), limit)
            return ORDER[op](compute(left.op, exact(value), exact(operand), False), limit)

        return unless_null(left.column.get, test)

    @staticmethod
    def compare_columns(node, op, left, right):
        numbers = INTEGERS + FLOATS
        alike = left.type == right.type and left.type in ("VARCHAR", "BOOL")
        if left.path or right.path or not (alike or (left.type in numbers and right.type in numbers)):
            fail(node, "these two fields do not compare")
        # As soon as one is a float the other is compared as a double.
        shape = sort_key if alike or {left.type, right.type} <= set(INTEGERS) else float

        def call(row):
            a, b = left.get(row), right.get(row)
            return None if a is None or b is None else ORDER[op](shape(a), shape(b))

        return Predicate(call)

    def visit_range(self, node):
        column = self.visit(node[4])
        lower, upper = self.visit(node[2]), self.visit(node[6])
        low_op, high_op = node[3], node[5]
        if not isinstance(lower, Constant) or not isinstance(upper, Constant):
            fail(node, "the bounds of a range are constants")
        if not isinstance(column, Column) or column.type in ("ARRAY", "BOOL"):
            fail(node, "no range of that field")
        kinds = {kind_of(lower.value), kind_of(upper.value)}
        if len(kinds) != 1 or not kinds <= {"number", "str"}:
            fail(node, "bounds of types that do not compare")
        low, high = (lower, upper) if low_op[0] == "<" else (upper, lower)
        a, b = sort_key(low.value), sort_key(high.value)
        if a > b or (a == b and not low_op[1:] == high_op[1:] == "="):
            fail(node, "the lower bound is not below the upper")
        first = self.compare_value(node, MIRROR[low_op], column, lower)
        second = self.compare_value(node, high_op, column, upper)
        return Predicate(lambda row: logical_and(first.call(row), second.call(row)))

    # ------------------------------------------------------ membership
    def visit_in(self, node):
        column, wanted = self.visit(node[3]), self.visit(node[4])
        if not isinstance(column, Column):
            fail(node, "in: a field on the left")
        if not isinstance(wanted, Constant) or wanted.kind != "list":
            fail(node, "in: a list on the right")
        if column.type == "JSON":
            found = self.in_json(column, wanted.value)
        elif column.type == "ARRAY":
            fail(node, "in: not on a whole array")
        else:
            found = self.in_scalar(node, column, wanted.value)
        if node[2] == "in":
            return found
        return Predicate(lambda row: logical_not(found.call(row)))

    def in_scalar(self, node, column, values):
        wanted = set()
        for value in values:
            kind = kind_of(value)
            if kind == "number":
                kind = "int" if isinstance(value, int) else "float"
                if kind == "float" and column.type in INTEGERS:
                    fail(node, "a float in a list for an integer field")
            wanted.add(self.cast(node, column.type, Constant(kind, value)))
        return unless_null(column.get, lambda v: sort_key(v) in wanted)

    @staticmethod
    def in_json(column, values):
        def test(value):
            result = False
            for wanted in values:
                result = logical_or(result, json_equal(value, wanted))
            return result

        return unless_null(column.get, test)

    def visit_contains(self, node):
        mode, column, constant = node[2], self.visit(node[3]), self.visit(node[4])
        if not isinstance(column, Column) or not (
            column.type == "JSON" or (column.type == "ARRAY" and not column.path)
        ):
            fail(node, "contains: JSON or an array")
        if not isinstance(constant, Constant):
            fail(node, "contains: a constant")
        if mode != "one" and constant.kind != "list":
            fail(node, "contains: a list")
        wanted = [constant.value] if mode == "one" else constant.value
        if column.type == "ARRAY":
            if mode == "one" and column.element in INTEGERS and constant.kind == "float":
                fail(node, "contains: a float in an array of integers")
            wanted = [self.element(node, column.element, v) for v in wanted]
        every = all if mode == "all" else any

        def test(value):
            if not isinstance(value, list):
                return None
            return every(any(json_equal(item, w) for item in value) for w in wanted)

        return unless_null(column.get, test)

    def visit_length(self, node):
        column = self.visit(node[2])
        if column.type != "JSON" and (column.type != "ARRAY" or column.path):
            fail(node, "length: JSON or an array")

        def get(row):
            value = column.get(row)
            return len(value) if isinstance(value, list) else None

        return Length(get)

    # ---------------------------------------------- null, exists, like
    def visit_null(self, node):
        column = self.visit(node[3])
        present = node[2] == "is not null"
        return Predicate(lambda row: (column.get(row) is not None) == present)

    def visit_exists(self, node):
        column = self.visit(node[2])
        if not isinstance(column, Column) or column.type != "JSON" or not column.path:
            fail(node, "exists: a key of a JSON field")
        return Predicate(lambda row: column.get(row) is not None)

    def visit_like(self, node):
        column, pattern = self.visit(node[2]), self.visit(node[3])
        if not isinstance(column, Column) or column.type not in ("VARCHAR", "JSON"):
            fail(node, "like: a string field or JSON")
        if not isinstance(pattern, Constant) or pattern.kind != "str":
            fail(node, "like: a string")
        items = like_items(node, pattern.value)

        def test(value):
            return like(value, items) if isinstance(value, str) else None

        return unless_null(column.get, test)


ANY_RUN, ANY_ONE = object(), object()


def like_items(node, pattern):
    """The pattern as characters and the two wildcards."""
    items, escaped = [], False
    for char in pattern:
        if not escaped and char == "\\":
            escaped = True
            continue
        items.append(char if escaped else {"%": ANY_RUN, "_": ANY_ONE}.get(char, char))
        escaped = False
    if escaped:
        fail(node, "like: nothing after the last backslash")
    return items


def like(text, items):
    """Whether the whole text has the shape of the pattern."""
    reached = {0}
    for item in items:
        if item is ANY_RUN:
            reached = set(range(min(reached), len(text) + 1)) if reached else reached
        else:
            reached = {
                at + 1 for at in reached if at < len(text) and item in (ANY_ONE, text[at])
            }
    return len(text) in reached


class Filter:
    """A filter that is known to be valid for its schema."""

    def __init__(self, call):
        self.matches = call


def compile_filter(text, schema, params=None):
    """A Filter for the expression, or FilterError; nothing but blanks is always true."""
    if not text.strip(" \t\r\n"):
        return Filter(lambda row: True)
    return Filter(Typer(schema, params).boolean(parse(text)).call)
