"""One index on one server, measured through SQL; a table of its own for each index.

The interface that phases.py calls is that of libraries.py too: build, open, answers,
measure, insert, and here alone remove, vacuum and rebuild.
"""

import time

import psycopg

import stats
import wire
from client import Remote

OPERATOR = {"l2": "<->", "cosine": "<=>", "ip": "<#>"}
# Rows inserted right after each checkpoint; the first ones pay the most.
AFTER_CHECKPOINT = 100
# A generic plan, made once, and the index even where a small table would be scanned faster.
QUERY_SESSION = {
    "enable_seqscan": "off", "max_parallel_workers_per_gather": "0", "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}


def settings_commands(settings):
    return [f"SET {name} = '{value}'" for name, value in settings.items()]


class SqlSystem:
    kind = "server"
    clients = (1, 2)

    def __init__(self, server, spec, data, options):
        self.name = f"{server.name}/{spec.name}"
        self.server, self.spec, self.data, self.options = server, spec, data, options
        self.setting, self.values = spec.setting, spec.values
        safe = "".join(c if c.isalnum() else "_" for c in spec.name.lower())
        self.table, self.index = f"t_{safe}", f"i_{safe}"
        self.remotes = []

    def describe(self):
        return {"server": self.server.name, "setting": self.setting, "ddl":
                f"CREATE INDEX ON t {self.spec.ddl}", "fixed_settings": self.spec.fixed}

    # ------------------------------------------------------------------ build

    def load(self):
        kind, dims = self.options.type, self.data.dims
        self.server.execute(
            f"CREATE TABLE {self.table} (id integer PRIMARY KEY, v {kind}({dims}))",
            # How many processes build is the run's choice, not the table's size.
            f"ALTER TABLE {self.table} SET (parallel_workers = {self.options.cores - 1}, "
            "autovacuum_enabled = off)")
        with self.server.connection.cursor() as cursor:
            with cursor.copy(f"COPY {self.table} FROM STDIN (FORMAT binary)") as copy:
                for block in wire.copy_blocks(self.data.indexed, self.data.base, kind):
                    copy.write(block)
        self.server.execute(f"VACUUM ANALYZE {self.table}")

    def build(self):
        """Loads the table if it is not there, and builds the index anew."""
        if not self.server.value("SELECT to_regclass(%s)", self.table):
            self.load()
        self.server.execute(f"DROP INDEX IF EXISTS {self.index}", "CHECKPOINT")
        before, start = self.server.lsn(), time.perf_counter()
        self.server.execute(f"CREATE INDEX {self.index} ON {self.table} {self.spec.ddl}")
        seconds = time.perf_counter() - start
        rows = len(self.data.indexed)
        size = self.size()
        return {"seconds": seconds, "rows_per_s": rows / seconds, "bytes": size,
                "bytes_per_row": size / rows, "wal_bytes": self.server.lsn() - before}

    def size(self):
        return int(self.server.value("SELECT pg_relation_size(%s::regclass)", self.index))

    # ----------------------------------------------------------------- search

    def open(self):
        """Two clients with their statements; refuses to measure another plan."""
        query = (f"SELECT id FROM {self.table} ORDER BY v {OPERATOR[self.data.metric]} $1 "
                 f"LIMIT {self.options.k}")
        floor = f"SELECT id FROM {self.table} WHERE id = $1 LIMIT 1"
        insert = f"INSERT INTO {self.table} (id, v) VALUES ($1, $2)"
        self.vector = self.server.value("SELECT %s::regtype::oid::int8", self.options.type)
        integer = 23
        vectors = wire.parameters(self.data.queries, self.options.type)
        ids = self.data.indexed[:len(vectors)]
        known = [[wire.integer(int(ids[i % len(ids)])), vector] for i, vector in enumerate(vectors)]
        session = self.server.session + settings_commands({**QUERY_SESSION, **self.spec.fixed})
        for _ in self.clients:
            remote = Remote(self.server.conninfo)
            self.remotes.append(remote)
            # The library defines its settings once a function of it has run.
            remote.call("execute", *session[:1], f"SELECT '[1]'::{self.options.type}", *session[1:])
            remote.call("prepare", "query", query, [self.vector], [[v] for v in vectors])
            remote.call("prepare", "floor", floor, [integer, self.vector], known)
            remote.call("prepare", "insert", insert, [integer, self.vector], [])
        self.check_plan(query)

    def check_plan(self, query):
        with psycopg.connect(self.server.conninfo, autocommit=True) as connection:
            for command in self.server.session + settings_commands(QUERY_SESSION):
                connection.execute(command)
            literal = f"'{wire.text(self.data.queries[0])}'::{self.options.type}"
            plan = "\n".join(row[0] for row in connection.execute(
                "EXPLAIN (COSTS OFF) " + query.replace("$1", literal)))
        if f"Index Scan using {self.index} " not in plan:
            raise RuntimeError(f"the index is not used:\n{plan[:2000]}")

    def set(self, value):
        for remote in self.remotes:
            remote.call("execute", f"SET {self.setting} = {value}")

    def answers(self, value):
        """(ids per query, seconds) of one untimed pass, which also warms the caches."""
        self.set(value)
        return self.remotes[0].call("answers", "query")

    def measure(self, value, clients, passes):
        """Speed and latencies with so many clients at once, over whole passes."""
        self.set(value)
        return self.run("query", clients, passes)

    def floor(self, clients, passes):
        return self.run("floor", clients, passes)

    def run(self, statement, clients, passes):
        count, at = len(self.data.queries), time.monotonic() + 0.05
        for number, remote in enumerate(self.remotes[:clients]):
            # They do not ask the same question at the same moment.
            remote.ask("timed", statement, passes, count * number // clients, at)
        results = [remote.result() for remote in self.remotes[:clients]]
        took = [seconds for _, _, all_seconds in results for seconds in all_seconds]
        wall = max(ended for _, ended, _ in results) - min(began for began, _, _ in results)
        return {"qps": len(took) / wall, "p50_ms": stats.percentile(took, 0.50) * 1000,
                "p99_ms": stats.percentile(took, 0.99) * 1000}

    # ----------------------------------------------------------------- insert

    def insert(self, ids):
        """Some rows right after a checkpoint, the others in the steady state, one at a time."""
        vectors = wire.parameters(self.data.base[ids], self.options.type)
        rows = [[wire.integer(int(i)), vector] for i, vector in zip(ids, vectors)]
        first = min(AFTER_CHECKPOINT, max(1, len(rows) // 5))
        self.server.execute("CHECKPOINT")
        result = {"after_checkpoint": self.insert_rows(rows[:first]), "steady": None}
        if self.server.may_alter_system:
            self.server.full_page_writes(False)
            try:
                result["steady"] = self.insert_rows(rows[first:])
            finally:
                self.server.full_page_writes(True)
        else:
            result["later"] = self.insert_rows(rows[first:])
        return result

    def insert_rows(self, rows):
        remote = self.remotes[0]
        before, images = self.server.lsn(), self.server.full_page_images()
        seconds = remote.call("transaction", "insert", rows)
        written = self.server.lsn() - before
        remote.call("execute", "SELECT pg_stat_force_next_flush()")
        return {"rows": len(rows), "rows_per_s": len(rows) / seconds,
                "wal_bytes_per_row": written / len(rows),
                "full_page_images": self.server.full_page_images() - images}

    # ----------------------------------------------------------------- vacuum

    def remove(self, ids):
        self.server.connection.execute(
            f"DELETE FROM {self.table} WHERE id = ANY(%s)", ([int(i) for i in ids],))

    def vacuum(self):
        """Without the TOAST table, whose time has nothing to do with the index."""
        self.server.execute("CHECKPOINT")
        before, start = self.server.lsn(), time.perf_counter()
        self.server.execute(f"VACUUM (INDEX_CLEANUP ON, PROCESS_TOAST OFF) {self.table}")
        return {"seconds": time.perf_counter() - start, "bytes": self.size(),
                "wal_bytes": self.server.lsn() - before}

    def rebuild(self):
        start = time.perf_counter()
        self.server.execute(f"REINDEX INDEX {self.index}")
        return {"seconds": time.perf_counter() - start, "bytes": self.size()}

    def close(self):
        for remote in self.remotes:
            remote.close()
        self.remotes = []


class PlainTable(SqlSystem):
    """The same rows inserted into a table with its primary key alone: what SQL itself costs."""

    def __init__(self, server, data, options):
        self.name = f"{server.name}/heap"
        self.server, self.data, self.options = server, data, options
        self.table, self.remotes = "t_heap", []

    def open(self):
        self.server.execute(f"CREATE TABLE {self.table} (id integer PRIMARY KEY, "
                            f"v {self.options.type}({self.data.dims}))")
        vector = self.server.value("SELECT %s::regtype::oid::int8", self.options.type)
        remote = Remote(self.server.conninfo)
        self.remotes = [remote]
        remote.call("execute", *self.server.session)
        remote.call("prepare", "insert", f"INSERT INTO {self.table} (id, v) VALUES ($1, $2)",
                    [23, vector], [])
