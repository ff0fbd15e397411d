"""A throw-away server for one run: its own directory, its own socket, no port.

bench/sql has the same in small, around psql; here the harness connects by itself, and
writes are as durable as in earnest (fsync on), because insert rates are measured.
"""

import os
import pwd
import shutil
import subprocess
import tempfile

# Only the name of the socket in the cluster's own directory.
PORT = 5432


class Cluster:
    """initdb and start with the installed extensions; close() removes everything."""

    def __init__(self, settings, folder=None):
        pg_config = os.environ.get("PG_CONFIG", "pg_config")
        try:
            self.bin = subprocess.check_output([pg_config, "--bindir"], text=True).strip()
        except OSError:
            raise SystemExit("no PostgreSQL here: install vecmilvus (scripts/quickstart does), "
                             "name a server by --dsn, or say --no-server")
        self.dir = tempfile.mkdtemp(prefix="vecmilvus-ann-", dir=folder)
        self.data = os.path.join(self.dir, "data")
        self.log = os.path.join(self.dir, "log")
        try:
            self.start(settings)
        except BaseException:
            self.close()
            raise

    def start(self, settings):
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.dir, owner.pw_uid, owner.pw_gid)
        self.run("initdb", "-D", self.data, "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust",
                 "-U", "postgres")
        with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
            for name, value in {**settings, "listen_addresses": "", "port": PORT,
                                "unix_socket_directories": self.dir}.items():
                conf.write(f"{name} = '{value}'\n")
        if self.run("pg_ctl", "-D", self.data, "-l", self.log, "-w", "start",
                    check=False).returncode:
            with open(self.log) as log:
                raise SystemExit("the server did not start:\n" + log.read())

    def run(self, program, *arguments, check=True):
        prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        return subprocess.run([*prefix, os.path.join(self.bin, program), *arguments], cwd="/",
                              check=check, stdout=subprocess.DEVNULL)

    def conninfo(self, database="postgres"):
        return f"host={self.dir} port={PORT} user=postgres dbname={database}"

    def close(self):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
