"""A PostgreSQL server under test: what it is, how it is set, its write-ahead log."""

import time

import psycopg
from psycopg import sql

SCHEMA = "vecmilvus_bench_ann"
REPORTED = ("server_version", "shared_buffers", "maintenance_work_mem", "wal_level",
            "max_parallel_maintenance_workers", "max_worker_processes", "fsync",
            "synchronous_commit", "full_page_writes", "wal_compression", "data_checksums",
            "max_wal_size", "checkpoint_timeout", "autovacuum", "jit", "huge_pages",
            "debug_assertions")
# Known names of the type's extension, for a server that is only given by address.
EXTENSIONS = ("vecmilvus", "vector")


class Server:
    """One database of one server; everything the run makes lies in a schema of its own."""

    def __init__(self, name, conninfo, extension, session, may_alter_system):
        self.name, self.may_alter_system = name, may_alter_system
        self.connection = psycopg.connect(conninfo, autocommit=True)
        self.extension = self.create_extension(extension)
        where = self.value("SELECT nspname FROM pg_extension e JOIN pg_namespace n "
                           "ON n.oid = extnamespace WHERE extname = %s", self.extension)
        path = sql.SQL("SET search_path = {}, {}").format(
            sql.Identifier(SCHEMA), sql.Identifier(where)).as_string(self.connection)
        self.conninfo, self.session = conninfo, [path]
        self.execute("SET client_min_messages = warning",
                     f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE", f"CREATE SCHEMA {SCHEMA}", path)
        self.execute(*(f"SET {name} = '{value}'" for name, value in session.items()))

    def execute(self, *commands):
        for command in commands:
            self.connection.execute(command)

    def value(self, query, *arguments):
        row = self.connection.execute(query, arguments or None).fetchone()
        return row[0] if row else None

    def create_extension(self, wanted):
        """The named extension, or the one of the known that is there."""
        if not wanted:
            present = [row[0] for row in self.connection.execute(
                "SELECT name FROM pg_available_extensions WHERE name = ANY(%s) "
                "ORDER BY installed_version IS NULL, array_position(%s, name::text)",
                (list(EXTENSIONS), list(EXTENSIONS)))]
            if not present:
                raise SystemExit(f"{self.name}: none of the extensions {', '.join(EXTENSIONS)} "
                                 "is installed there")
            wanted = present[0]
        try:
            self.connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(
                sql.Identifier(wanted)))
        except psycopg.Error as error:
            raise SystemExit(f"{self.name}: {error}")
        return wanted

    def describe(self):
        settings = dict(self.connection.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)",
            (list(REPORTED),)).fetchall())
        version = self.value("SELECT extversion FROM pg_extension WHERE extname = %s",
                             self.extension)
        return {"extension": self.extension, "extension_version": version, "settings": settings}

    def lsn(self):
        """A number of bytes: differences of it are WAL written."""
        return int(self.value("SELECT pg_current_wal_insert_lsn() - '0/0'"))

    def full_page_images(self):
        """How many were written so far; a client must have flushed its statistics."""
        return int(self.value("SELECT wal_fpi FROM pg_stat_wal"))

    def full_page_writes(self, on):
        """As if every page had been written since the last checkpoint; a private server only."""
        self.execute("ALTER SYSTEM " + ("RESET full_page_writes" if on
                                        else "SET full_page_writes = off"),
                     "SELECT pg_reload_conf()")
        deadline = time.monotonic() + 10
        while (self.value("SHOW full_page_writes") == "on") != on:
            if time.monotonic() > deadline:
                raise RuntimeError("the server did not take the new full_page_writes")
            time.sleep(0.05)
        # The checkpointer tells the others, a moment after this session has seen it.
        time.sleep(0.5)

    def close(self):
        try:
            self.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        except psycopg.Error:
            pass  # The server may be what failed.
        self.connection.close()
