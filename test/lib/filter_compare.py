"""Compares filters of milvus.query with the oracle, over random rows.

    filter_compare.py CONNECTION [--seeds FIRST LAST] [--count N] [--rows N] [--broken N]

For each seed: a collection of random rows, --count random expressions and
--broken damaged ones (default a tenth).  Every expression must select the rows
for which the oracle (filter_oracle.py) says true; one that the oracle refuses
must be refused with one of Milvus's codes (SQLSTATE M....).  Prints what differs,
a summary, and ends with status 1 if anything did.
"""

import argparse
import collections
import json
import sys

from filter_oracle import FilterError, compile_filter
from filter_random import Workload
from psql_session import Session, quote

FUNCTION = """
CREATE TEMP TABLE expressions (number int, filter text, params jsonb);
CREATE FUNCTION pg_temp.answers(collection text) RETURNS TABLE (number int, ids int[], state text, message text)
LANGUAGE plpgsql AS $$
DECLARE
    e record;
BEGIN
    FOR e IN SELECT * FROM expressions x ORDER BY x.number LOOP
        number := e.number; ids := NULL; state := NULL; message := NULL;
        BEGIN
            SELECT pg_catalog.array_agg(q.id::int ORDER BY q.id) INTO ids
                FROM milvus.query(collection, e.filter, e.params, output_fields => '{id}') q;
        EXCEPTION WHEN OTHERS THEN
            state := SQLSTATE; message := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $$
"""
SHOWN = 20


def field_definition(name, field):
    """A field as milvus.create_collection takes it."""
    definition = {"name": name, "type": field.type, "nullable": field.nullable}
    if name == "id":
        definition = {"name": name, "type": field.type, "is_primary": True}
    if "VARCHAR" in (field.type, field.element):
        definition["max_length"] = 200
    if field.type == "ARRAY":
        definition.update(element_type=field.element, max_capacity=16)
    return definition


def create(session, name, schema, rows):
    """The collection, with an index, its rows, and loaded."""
    fields = [field_definition(n, f) for n, f in schema.items() if n != "$meta"]
    fields.append({"name": "vector", "type": "FLOAT_VECTOR", "dim": 2})
    definition = {"enable_dynamic_field": "$meta" in schema, "fields": fields}
    session.run("SELECT milvus.create_collection(%s, schema => %s)" % (quote(name), quote(definition)))
    session.run("SELECT milvus.create_index(%s, 'vector', 'FLAT', 'L2')" % quote(name))
    session.run("SELECT milvus.load_collection(%s)" % quote(name))
    data = []
    for row in rows:
        fields = {k: v for k, v in row.items() if k != "$meta"}
        data.append(dict(row.get("$meta", {}), vector=[row["id"], 1], **fields))
    session.run("SELECT milvus.insert(%s, %s)" % (quote(name), quote(data)))


class Comparison:
    """Counts what agreed and keeps what did not."""

    def __init__(self, session):
        self.session = session
        self.counts = collections.Counter()
        self.shown = 0

    def differs(self, expression, text):
        self.counts["different"] += 1
        if self.shown < SHOWN:
            self.shown += 1
            print("# %s\n#   filter: %s" % (text, json.dumps(expression.text, ensure_ascii=False)))
            if expression.params:
                print("#   params: %s" % json.dumps(expression.params, ensure_ascii=False))

    def check(self, expression, schema, rows, ids, state, message):
        """One expression and what the server said to it."""
        try:
            condition = compile_filter(expression.text, schema, expression.params)
        except FilterError as error:
            if state is None:
                self.differs(expression, "accepted, but the oracle says: %s" % error)
            elif not state.startswith("M"):
                self.differs(expression, "refused with %s: %s" % (state, message))
            else:
                self.counts["refused"] += 1
            return
        if state is not None:
            self.differs(expression, "refused with %s: %s" % (state, message))
            return
        wanted = [row["id"] for row in rows if condition.matches(row) is True]
        if wanted == (ids or []):
            self.counts["some" if 0 < len(wanted) < len(rows) else "all or none"] += 1
            return
        extra = [i for i in ids or [] if i not in wanted]
        missing = [i for i in wanted if i not in (ids or [])]
        shown = [row for row in rows if row["id"] == (extra + missing)[0]]
        self.differs(
            expression,
            "rows too many %s, missing %s; the first: %s"
            % (extra, missing, json.dumps(shown, ensure_ascii=False)),
        )

    def seed(self, seed, options):
        workload = Workload(seed)
        rows = workload.rows(options.rows)
        create(self.session, "filters", workload.schema, rows)
        expressions = [workload.expression() for _ in range(options.count)]
        broken = options.broken if options.broken is not None else options.count // 10
        expressions += [workload.broken() for _ in range(broken)]
        self.session.run("TRUNCATE expressions")
        self.session.insert(
            "expressions",
            [{"number": n, "filter": e.text, "params": e.params} for n, e in enumerate(expressions)],
        )
        answers = self.session.value(
            "SELECT json_agg(json_build_array(ids, state, message) ORDER BY number)"
            " FROM pg_temp.answers('filters')"
        )
        for expression, answer in zip(expressions, answers):
            self.check(expression, workload.schema, rows, *answer)
        self.session.run("SELECT milvus.drop_collection('filters')")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("connection")
    parser.add_argument("--seeds", type=int, nargs=2, default=(1, 10), metavar=("FIRST", "LAST"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--broken", type=int)
    options = parser.parse_args()
    session = Session(options.connection)
    session.run(FUNCTION)
    comparison = Comparison(session)
    for seed in range(options.seeds[0], options.seeds[1] + 1):
        before = comparison.counts["different"]
        comparison.seed(seed, options)
        if comparison.counts["different"] > before:
            print("# seed %d: %d differ" % (seed, comparison.counts["different"] - before))
    session.close()
    counts = comparison.counts
    print("%d expressions: " % sum(counts.values()) + ", ".join("%d %s" % (n, k) for k, n in counts.items()))
    return 1 if counts["different"] or not counts["some"] else 0


if __name__ == "__main__":
    sys.exit(main())
