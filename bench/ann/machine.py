"""What a result was measured on and with: machine, versions, commit, command line."""

import os
import platform
import re
import subprocess
import sys
import time
from importlib.metadata import version

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SPIN = "import time; t = time.perf_counter(); sum(range(20000000)); print(time.perf_counter() - t)"
PACKAGES = ("numpy", "hnswlib", "faiss-cpu", "psycopg")


def spin(count):
    running = [subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE, text=True)
               for _ in range(count)]
    return max(float(process.communicate()[0]) for process in running)


def slowdown(rounds):
    """How much a second busy process slows the first: 1.0 would be two whole processors."""
    return min(spin(2) for _ in range(rounds)) / min(spin(1) for _ in range(rounds))


def from_file(path, pattern):
    try:
        with open(path) as file:
            found = re.search(pattern, file.read(), re.M)
    except OSError:
        return None
    return found.group(1).strip() if found else None


def describe(spin_rounds):
    flags = (from_file("/proc/cpuinfo", r"^(?:flags|Features)\s*:(.*)$") or "").split()
    return {
        "cpu": from_file("/proc/cpuinfo", r"^model name\s*:(.*)$") or platform.machine(),
        "simd": sorted(f for f in flags if re.match(r"avx2|avx512|fma|f16c|asimd|sve|amx", f)),
        "processors": os.cpu_count(),
        "memory_kb": int(from_file("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0),
        "kernel": platform.release(),
        "system": from_file("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "load_average_at_start": os.getloadavg()[0],
        "two_processes_slowdown": slowdown(spin_rounds),
    }


def git(*arguments):
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def portable(argument):
    """An argument without this machine's folders and without a password."""
    argument = re.sub(r"(password=)\S+|(://[^:/@\s]+:)[^@\s]+(?=@)", r"\1\2***", argument)
    argument = argument.replace(ROOT, ".")
    return re.sub(r"(?<![\w.:/])/[^\s,=|]*/", ".../", argument)


def provenance():
    return {
        "command": "bench/ann/run " + " ".join(portable(a) for a in sys.argv[1:]),
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(git("status", "--porcelain")),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }
