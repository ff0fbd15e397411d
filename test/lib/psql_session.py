"""One psql that stays, for tests that are written in Python.

    session = Session(connection_string)
    session.run(sql)        the output lines of one or more statements
    session.value(sql)      the only value of the only row, parsed as JSON
    session.insert(table, rows)     rows (dicts) into a table
    session.close()

A statement that fails raises SqlError with its SQLSTATE and message.
"""

import json
import subprocess

MARK = "--end-of-statement--"


class SqlError(Exception):
    """What the server said; state is the SQLSTATE."""

    def __init__(self, state, message):
        super().__init__("%s: %s" % (state, message))
        self.state, self.message = state, message


def quote(value):
    """A literal of SQL: NULL, a number or a string; lists and dicts as JSON text."""
    if value is None:
        return "NULL"
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool) or isinstance(value, (int, float)):
        return json.dumps(value)
    escaped = value.replace("'", "''")
    if "\\" in escaped:
        return "E'" + escaped.replace("\\", "\\\\") + "'"
    return "'" + escaped + "'"


class Session:
    """See the head of this file."""

    def __init__(self, connection, program="psql"):
        self.process = subprocess.Popen(
            [program, "-X", "-q", "-A", "-t", "-d", connection],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip
        self.run("\\set VERBOSITY verbose\nSET client_min_messages = error; SET client_encoding = 'UTF8'")

    def run(self, sql):
        self.process.stdin.write("%s\n;\n\\echo %s\n" % (sql, MARK))
        self.process.stdin.flush()
        lines, error = [], None
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if line == MARK:
                break
            # psql names the file and the line when it reads a script.
            at = line.find("ERROR:  ")
            if error is None and at >= 0 and (at == 0 or line.startswith("psql:")):
                state, _, message = line[at + 8 :].partition(": ")
                error = SqlError(state, message)
            lines.append(line)
        else:
            raise SqlError("08006", "psql has ended: " + "\n".join(lines[-5:]))
        if error:
            raise error
        return lines

    def value(self, sql):
        return json.loads("".join(self.run(sql)) or "null")

    def insert(self, table, rows):
        """Rows, which are dicts, into a table."""
        self.run(
            "INSERT INTO %s SELECT r.* FROM json_array_elements(%s) e,"
            " json_populate_record(NULL::%s, e) r" % (table, quote(rows), table)
        )

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
