"""The grammar of Milvus filter expressions: text to a tree of tuples.

    parse(text)     the tree; raises FilterError(message, offset)

Written from the grammar's description in docs/filters.md, by hand, without a
generator: the tests want a second opinion on src/filter.  A node is a tuple
(name, offset, ...); the names are the visit_ methods of filter_oracle.Typer.
"""

import re

KEYWORDS = {
    "like", "exists", "and", "or", "not", "in",
    "json_contains", "json_contains_all", "json_contains_any",
    "array_contains", "array_contains_all", "array_contains_any", "array_length",
    # Known forms that are refused, whatever they hold.
    "text_match", "phrase_match", "random_sample", "element_filter",
    "match_any", "match_all", "match_least", "match_most", "match_exact",
    "st_equals", "st_touches", "st_overlaps", "st_crosses", "st_contains",
    "st_intersects", "st_within", "st_dwithin", "st_isvalid", "iso", "interval",
}  # fmt: skip
CONTAINS = {"contains": "one", "contains_all": "all", "contains_any": "any"}
MAX_DEPTH = 200

NAME = r"(?:[A-Za-z_][A-Za-z_0-9]*|\$meta)"
ESCAPE = r"\\(?:['\"?abfnrtv\\]|[0-7]{1,3}|x[0-9a-fA-F]+|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
STRING = (
    r"(?:(?:u8|u|U|L)?(?:\"(?:[^\"\\\r\n]|%s)*\"|'(?:[^'\\\r\n]|%s)*')"
    r"|[rR](?:\"[^\"\r\n]*\"|'[^'\r\n]*'))" % (ESCAPE, ESCAPE)
)
FLOAT = (
    r"(?:0[xX](?:[0-9a-fA-F]*\.[0-9a-fA-F]+|[0-9a-fA-F]+\.?)[pP][+-]?[0-9]+"
    r"|(?:[0-9]*\.[0-9]+|[0-9]+\.)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)"
)
INTEGER = r"(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)"
STEP = r"\[(?:%s|0|[1-9][0-9]*)\]" % STRING

# The longest match wins, and of two that are as long the first.
TOKENS = [
    ("space", r"[ \t\r\n]+"),
    ("null", r"is null|IS NULL|is not null|IS NOT NULL"),
    ("path", r"%s(?:%s)+" % (NAME, STEP)),
    ("string", STRING),
    ("float", FLOAT),
    ("int", INTEGER),
    ("template", r"\{[A-Za-z_][A-Za-z_0-9]*\}"),
    ("name", NAME),
    ("op", r"\*\*|<<|>>|<=|>=|==|!=|=~|!~|&&|\|\||[-+*/%<>!~&|^()\[\],]"),
]
TOKENS = [(kind, re.compile(pattern)) for kind, pattern in TOKENS]


class FilterError(Exception):
    """An expression that is refused; offset counts characters."""

    def __init__(self, message, offset):
        super().__init__("%s at %d" % (message, offset))
        self.offset = offset


def tokenize(text):
    """The tokens, as (kind, text, offset); the last one is ("end", "", length)."""
    tokens, at = [], 0
    while at < len(text):
        best = None
        for kind, pattern in TOKENS:
            match = pattern.match(text, at)
            if match and (best is None or match.end() > best[1]):
                best = (kind, match.end())
        if best is None:
            raise FilterError("no token", at)
        kind, end = best
        word = text[at:end]
        if kind == "name" and (word.islower() or word.isupper()) and word.lower() in KEYWORDS:
            kind, word = "key", word.lower()
        elif kind == "name" and word in ("true", "True", "TRUE", "false", "False", "FALSE"):
            kind = "bool"
        elif word in ("&&", "||", "!"):
            kind, word = "key", {"&&": "and", "||": "or", "!": "not"}[word]
        if kind != "space":
            tokens.append((kind, word, at))
        at = end
    tokens.append(("end", "", len(text)))
    return tokens


SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}


def unquote(literal, offset):
    """The value of a string literal."""
    body = literal[min(literal.index(q) for q in "\"'" if q in literal) + 1 : -1]
    if literal[0] in "rR":
        value = body
    else:
        data = b""
        for part in re.findall(r"%s|[^\\]+" % ESCAPE, body):
            data += unescape(part)
        try:
            value = data.decode("utf-8")
        except UnicodeDecodeError:
            raise FilterError("not UTF-8", offset) from None
    if "\0" in value:
        raise FilterError("a zero character", offset)
    return value


def unescape(part):
    """The bytes that an escape sequence, or plain text, stands for."""
    if part[0] != "\\":
        return part.encode("utf-8", "surrogatepass")
    code = part[1]
    if code in SIMPLE:
        return bytes([SIMPLE[code]])
    if code in "01234567":
        return bytes([int(part[1:], 8) & 255])
    if code == "x":
        return bytes([int(part[2:], 16) & 255])
    if code in "uU":
        number = int(part[2:], 16)
        return chr(number).encode("utf-8", "surrogatepass") if number < 0x110000 else b"\xff"
    return code.encode("ascii")


def integer(text, offset):
    """The value of an integer literal; 2**63 is left to a minus before it."""
    lower = text.lower()
    if lower.startswith(("0x", "0b")):
        value = int(lower, 0)
    else:
        value = int(text, 8 if text[0] == "0" else 10)
    if value > 2**63:
        raise FilterError("out of range of 64 bits", offset)
    return value


def floating(text, offset):
    """The value of a float literal, which must be finite."""
    value = float.fromhex(text) if text.lower().startswith("0x") else float(text)
    if value in (float("inf"), float("-inf")):
        raise FilterError("out of range of a double", offset)
    return value


def steps_of(token, offset):
    """The name and the steps of a path token."""
    name = re.match(NAME, token).group()
    steps = []
    for step in re.findall(STEP, token[len(name) :]):
        inner = step[1:-1]
        key = int(inner) if inner.isdigit() else unquote(inner, offset)
        if key == "":
            raise FilterError("an empty key", offset)
        steps.append(key)
    return name, steps


# How tight the operators bind; all associate to the left.
BINARY = {"like": 16, "=~": 16, "!~": 16, "**": 15, "*": 13, "/": 13, "%": 13, "+": 12, "-": 12}
BINARY.update({"<<": 11, ">>": 11, "in": 10, "not": 10, "<": 8, "<=": 8, ">": 8, ">=": 8})
BINARY.update({"==": 7, "!=": 7, "&": 6, "^": 5, "|": 4, "and": 3, "or": 2})
UNARY, RANGE = 14, 9


class Parser:
    """Precedence climbing over the tokens."""

    def __init__(self, text):
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def expect(self, text):
        kind, word, offset = self.take()
        if kind not in ("op", "key") or word != text:
            raise FilterError("%s expected" % text, offset)

    def expression(self, tight=0):
        """An expression whose operators bind at least as tight."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FilterError("nested too deep", self.peek()[2])
        left = self.primary()
        while True:
            kind, op, offset = self.peek()
            level = BINARY.get(op) if kind in ("op", "key") else None
            if level is None:
                break
            if level == 8 and tight <= RANGE and self.is_range(op):
                left = self.range(left, op, offset)
                continue
            if level < tight or (op == "not" and self.peek(1)[:2] != ("key", "in")):
                break
            self.take()
            left = self.binary(left, op, level, offset)
        self.depth -= 1
        return left

    def is_range(self, op):
        """Whether `op name op2` follows, both pointing the same way."""
        kind, second = self.peek(1)[0], self.peek(2)
        return kind in ("name", "path") and second[0] == "op" and second[1] in (op[0], op[0] + "=")

    def range(self, left, op, offset):
        self.take()
        column = self.column()
        second = self.take()[1]
        return ("range", offset, left, op, column, second, self.expression(RANGE + 1))

    def binary(self, left, op, level, offset):
        if op == "not":
            self.expect("in")
            op = "not in"
        right = self.expression(level + 1)
        if op in ("and", "or"):
            return (op, offset, left, right)
        if op in ("in", "not in"):
            return ("in", offset, op, left, right)
        if op == "like":
            return ("like", offset, left, right)
        if op in ("=~", "!~"):
            raise FilterError("regular expressions are not supported", offset)
        if op == "**":
            return ("power", offset, left, right)
        if op in "+-*/%":
            return ("arith", offset, op, left, right)
        if op in ("<<", ">>", "&", "^", "|"):
            return ("bitop", offset, op, left, right)
        return ("compare", offset, op, left, right)

    def column(self):
        kind, word, offset = self.take()
        name, steps = steps_of(word, offset)
        node = ("column", offset, name, steps)
        return node if kind in ("name", "path") else None

    def primary(self):
        """A prefix operator with its operand, or what has no operators."""
        kind, word, offset = self.peek()
        if kind in ("name", "path"):
            node = self.column()
            if self.peek()[0] == "null":
                return ("null", offset, self.take()[1].lower(), node)
            return node
        self.take()
        if kind == "int":
            return self.integer(word, offset)
        if kind == "float":
            return ("const", offset, "float", floating(word, offset))
        if kind == "bool":
            return ("const", offset, "bool", word.lower() == "true")
        if kind == "string":
            return ("const", offset, "str", unquote(word, offset))
        if kind == "template":
            return ("template", offset, word[1:-1])
        if kind == "op":
            return self.symbol(word, offset)
        if kind == "key":
            return self.keyword(word, offset)
        raise FilterError("an expression expected", offset)

    def integer(self, word, offset):
        value = integer(word, offset)
        if value == 2**63 and not self.after_sign():
            raise FilterError("out of range of 64 bits", offset)
        return ("const", offset, "int", value)

    def after_sign(self):
        """Whether a minus stands before the token taken last, and no operand before that."""
        if self.at < 2 or self.tokens[self.at - 2][:2] != ("op", "-"):
            return False
        kind, word, _ = self.tokens[self.at - 3] if self.at > 2 else ("op", "", 0)
        return kind == "key" or (kind == "op" and word not in (")", "]"))

    def symbol(self, op, offset):
        if op in ("-", "+", "~"):
            return ("unary", offset, op, self.expression(UNARY))
        if op == "(":
            node = self.expression()
            self.expect(")")
            return node
        if op == "[":
            items = []
            while self.peek()[:2] != ("op", "]"):
                items.append(self.expression())
                if self.peek()[:2] != ("op", ","):
                    break
                self.take()
            self.expect("]")
            return ("list", offset, items)
        raise FilterError("an expression expected", offset)

    def keyword(self, word, offset):
        if word == "not":
            return ("unary", offset, "not", self.expression(UNARY))
        if word == "exists":
            return ("exists", offset, self.expression(17))
        function = word.partition("_")[2]
        if function not in CONTAINS and word != "array_length":
            raise FilterError("%s is not supported" % word, offset)
        self.expect("(")
        if word == "array_length":
            if self.peek()[0] not in ("name", "path"):
                raise FilterError("a field expected", self.peek()[2])
            node = ("length", offset, self.column())
        else:
            field = self.expression()
            self.expect(",")
            node = ("contains", offset, CONTAINS[function], field, self.expression())
        self.expect(")")
        return node


def parse(text):
    """The tree of an expression that fills the whole text."""
    parser = Parser(text)
    node = parser.expression()
    kind, word, offset = parser.peek()
    if kind != "end":
        raise FilterError("%s not expected" % word, offset)
    return node
