#!/usr/bin/env python3
"""One client: one process, one connection, prepared statements, binary parameters.

The parent starts this file with start() and calls methods of Client in it, by pickles
over the standard streams. It uses libpq through psycopg's thin layer, so that Python
costs a few microseconds a query; SQL's own floor is measured through the same code.
"""

import gc
import pickle
import struct
import subprocess
import sys
import time

from psycopg import pq

TUPLES_OK, COMMAND_OK = int(pq.ExecStatus.TUPLES_OK), int(pq.ExecStatus.COMMAND_OK)


class Client:
    """Lives in the child. A statement is prepared together with the parameters it is run with."""

    def __init__(self, conninfo):
        self.connection = pq.PGconn.connect(conninfo.encode())
        if self.connection.status != pq.ConnStatus.OK:
            raise RuntimeError(self.connection.get_error_message())
        self.statements = {}

    def checked(self, result, expected):
        if result.status != expected:
            raise RuntimeError(result.get_error_message())
        return result

    def execute(self, *commands):
        for command in commands:
            result = self.connection.exec_(command.encode())
            if result.status not in (TUPLES_OK, COMMAND_OK):
                raise RuntimeError(result.get_error_message())

    def prepare(self, name, sql, types, rows):
        """rows: one list of binary parameters for each execution of a pass."""
        self.checked(self.connection.prepare(name.encode(), sql.encode(), types), COMMAND_OK)
        self.statements[name] = rows

    def answers(self, name):
        """One untimed pass: the ids that each execution returned, and the seconds it took."""
        start, found = time.monotonic(), []
        for row in self.statements[name]:
            result = self.checked(self.connection.exec_prepared(
                name.encode(), row, [1] * len(row), 1), TUPLES_OK)
            found.append([struct.unpack(">i", result.get_value(i, 0))[0]
                          for i in range(result.ntuples)])
        return found, time.monotonic() - start

    def timed(self, name, passes, offset, at):
        """Whole passes from row `offset` on, beginning at the monotonic time `at`.

        Returns when it began and ended, and each execution's seconds.
        """
        rows = self.statements[name]
        rows = (rows[offset:] + rows[:offset]) * passes
        formats, name, took = [1] * len(rows[0]), name.encode(), []
        execute, clock = self.connection.exec_prepared, time.perf_counter
        gc.disable()
        time.sleep(max(0, at - time.monotonic()))
        began = time.monotonic()
        for row in rows:
            start = clock()
            result = execute(name, row, formats, 1)
            took.append(clock() - start)
            if result.status != TUPLES_OK:
                raise RuntimeError(result.get_error_message())
        ended = time.monotonic()
        gc.enable()
        return began, ended, took

    def transaction(self, name, rows):
        """Runs a command once for each row of parameters in one transaction: seconds."""
        formats, name = [1] * len(rows[0]), name.encode()
        execute = self.connection.exec_prepared
        start = time.perf_counter()
        self.execute("BEGIN")
        for row in rows:
            result = execute(name, row, formats, 1)
            if result.status != COMMAND_OK:
                raise RuntimeError(result.get_error_message())
        self.execute("COMMIT")
        return time.perf_counter() - start


class Remote:
    """The parent's side: ask() and result() apart, so that two clients run at once."""

    def __init__(self, conninfo):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.send(conninfo)
        self.result()

    def send(self, message):
        pickle.dump(message, self.process.stdin)
        self.process.stdin.flush()

    def ask(self, method, *arguments):
        self.send((method, arguments))

    def result(self):
        try:
            ok, value = pickle.load(self.process.stdout)
        except EOFError:
            raise RuntimeError("a client process ended unexpectedly")
        if not ok:
            raise RuntimeError(value)
        return value

    def call(self, method, *arguments):
        self.ask(method, *arguments)
        return self.result()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve(source, sink):
    def reply(ok, value):
        pickle.dump((ok, value), sink)
        sink.flush()

    try:
        client = Client(pickle.load(source))
    except RuntimeError as error:
        reply(False, str(error).strip())
        return
    reply(True, None)
    while True:
        try:
            method, arguments = pickle.load(source)
        except EOFError:
            return
        try:
            reply(True, getattr(client, method)(*arguments))
        except RuntimeError as error:
            reply(False, str(error).strip())


if __name__ == "__main__":
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except KeyboardInterrupt:
        # The parent got it too and says so.
        sys.exit(130)
