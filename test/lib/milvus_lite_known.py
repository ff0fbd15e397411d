"""Differences between milvus-lite 2.5 and us that are known, intended and explained.

KNOWN maps a name to a predicate over what was compared (its kind, the expression
or the options, both answers) and the reason.
"""

REFUSED = "refused"


def refuses(what, subject, lite, server):
    return what == "query" and lite == REFUSED


def of_nothing(what, subject, lite, server):
    """Rows too many, by a condition about what some rows do not have."""
    if what != "query" or REFUSED in (lite, server) or "!=" not in subject.text:
        return False
    return "json" in subject.features and set(server) < set(lite)


def beyond_the_end(what, subject, lite, server):
    return what == "query" and REFUSED not in (lite, server) and "subscript" in subject.features


def smallest_integer(what, subject, lite, server):
    return what == "query" and "-9223372036854775808" in subject.text


def rounded(what, subject, lite, server):
    if what != "query" or REFUSED in (lite, server):
        return False
    return "json" in subject.features and ("9007199254740993" in subject.text or "9007199254740992" in subject.text)


def tiny(what, subject, lite, server):
    return what == "query" and ("e-41" in subject.text or "e-324" in subject.text)


KNOWN = {
    "milvus-lite refuses more": (
        refuses,
        "empty lists, integers for float fields, some negative numbers and lists of mixed kinds are in Milvus's"
        " language, and in the oracle of filters, but milvus-lite refuses many of them",
    ),
    "what is not there": (
        of_nothing,
        "milvus-lite says that a JSON value that is not there, or of another type, is != any constant; here, as in"
        " Milvus's three-valued logic, that is unknown",
    ),
    "elements beyond the end": (
        beyond_the_end,
        "milvus-lite takes an element that an array does not have for 0 or an empty string; here it is unknown",
    ),
    "numbers beyond 2^53 in JSON": (
        rounded,
        "milvus-lite compares integers of JSON as doubles; here they are exact",
    ),
    "the smallest floats": (
        tiny,
        "milvus-lite takes subnormal numbers for 0; here they are numbers",
    ),
    "the smallest integer": (
        smallest_integer,
        "milvus-lite reads -9223372036854775808 as the negative of a number that 64 bits do not hold",
    ),
}


def known_difference(what, subject, lite, server):
    """The name of the known difference that this is, or None."""
    for name, (applies, _) in KNOWN.items():
        if applies(what, subject, lite, server):
            return name
    return None
