"""bench/ann: measures indexes of servers beside hnswlib and faiss. Started by `run`."""

import datetime
import json
import os
import signal
import sys

import libraries
import machine
import options as command_line
import phases
import plot
import report
import summary
from cluster import Cluster
from dataset import load
from indexes import IndexSpec
from phases import Entry
from progress import Progress
from server import Server
from sqlsystem import PlainTable, SqlSystem

FORMAT = 1
GB = 1 << 30


def buffers(options, data):
    """Room for each table and its index, 2 GB or more, at most half of the memory."""
    if options.shared_buffers:
        return options.shared_buffers
    raw = 4 * data.dims * len(data.base)
    wanted = int(2.5 * raw * len(options.index) * len(options.extension))
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return f"{min(max(2 * GB, wanted), half) >> 20}MB"


def cluster_settings(options, data):
    return {
        "shared_buffers": buffers(options, data),
        "max_wal_size": "32GB",
        "checkpoint_timeout": "1h",
        "max_worker_processes": str(options.cores + 8),
        "max_parallel_workers": str(options.cores),
        "fsync": "on",
        "autovacuum": "off",
        "jit": "off",
    }


def session_settings(options):
    """Builds use the processors that hnswlib's build uses: the leader and its workers."""
    return {"maintenance_work_mem": options.maintenance_work_mem,
            "max_parallel_maintenance_workers": str(options.cores - 1), "jit": "off"}


def private_servers(cluster, options):
    """A database for each extension: two of them may not want to share one."""
    first = Server("postgres", cluster.conninfo(), "plpgsql", {}, False)
    for name in options.extension:
        first.execute(f'CREATE DATABASE "{name}"')
        yield Server(name, cluster.conninfo(name), name, session_settings(options), True)
    first.close()


def given_servers(options):
    for name, conninfo in options.dsn:
        yield Server(name, conninfo, dict(options.dsn_extension).get(name),
                     session_settings(options), name in options.dsn_may_alter_system)


def make_entries(servers, data, options):
    """The systems in the order in which they take turns."""
    systems = []
    for server in servers:
        for text in options.index:
            spec = IndexSpec(text, options, len(data.indexed))
            if spec.system in ("", server.name):
                systems.append(SqlSystem(server, spec, data, options))
    systems += [libraries.ALL[name](data, options) for name in options.library]
    names = [system.name for system in systems]
    if len(set(names)) < len(names):
        raise SystemExit("two indexes have the same name")
    return [Entry(system, {"name": system.name, "kind": system.kind, **system.describe()})
            for system in systems]


def start_result(options, data, servers, entries):
    shown = {name: value for name, value in vars(options).items()
             if name not in ("data", "cache", "dsn", "out", "cluster_dir", "query_file")}
    shown["dataset"] = os.path.basename(options.dataset)
    return {
        "format": FORMAT, "provenance": machine.provenance(),
        "machine": machine.describe(1 if options.quick else 3), "options": shown,
        "dataset": data.describe(),
        "servers": [{"name": s.name, **s.describe(), "floor_rounds": {},
                     "heap": {"name": f"{s.name}/heap"}} for s in servers],
        "systems": [entry.record for entry in entries],
    }


def measure(entries, servers, data, options, result, progress):
    truth = data.truth_among(data.indexed, options.k)
    phases.build(entries, options, progress)
    for entry in phases.living(entries):
        if getattr(entry.system, "overhead", None) is not None:
            entry.record["call_overhead_seconds"] = entry.system.overhead
    phases.sweep(entries, truth, options, progress)
    floors = {server["name"]: server["floor_rounds"] for server in result["servers"]}
    phases.rounds(entries, floors, options, progress)
    if "insert" not in options.skip:
        heaps = [Entry(PlainTable(server, data, options), record["heap"])
                 for server, record in zip(servers, result["servers"])]
        for heap in heaps:
            heap.attempt(progress, "open", heap.system.open)
        phases.insert([*heaps, *entries], data, options, progress)
        for heap in heaps:
            heap.system.close()
    if "vacuum" not in options.skip:
        phases.vacuum(entries, data, options, progress)
    result["machine"]["load_average_at_end"] = os.getloadavg()[0]


def write(result, options, progress):
    """The files; the table also goes to stdout."""
    prefix = options.out
    if not prefix:
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        prefix = os.path.join(machine.ROOT, "build", "bench-ann", "results",
                              f"{result['dataset']['name']}-{options.type}-{stamp}")
    os.makedirs(os.path.dirname(os.path.abspath(prefix)), exist_ok=True)
    tables = report.render(result, options)
    files = {".json": json.dumps(result, indent=1) + "\n", ".svg": plot.render(result),
             ".txt": tables + "\n"}
    for suffix, content in files.items():
        if content:
            with open(prefix + suffix, "w", encoding="utf-8") as out:
                out.write(content)
    print(tables, flush=True)
    progress.say(f"wrote {os.path.relpath(prefix)}.json, .svg and .txt")


def run(options, progress):
    data = load(options, progress)
    options.metric = data.metric
    cluster, servers, entries = None, [], []
    try:
        if options.extension:
            progress.say("starting a private cluster")
            cluster = Cluster(cluster_settings(options, data), options.cluster_dir)
            servers += private_servers(cluster, options)
        servers += given_servers(options)
        entries = make_entries(servers, data, options)
        if not entries:
            raise SystemExit("nothing to measure")
        result = start_result(options, data, servers, entries)
        measure(entries, servers, data, options, result, progress)
    finally:
        for entry in entries:
            entry.system.close()
        for server in servers:
            server.close()
        if cluster:
            cluster.close()
    summary.summarize(result, options)
    write(result, options, progress)
    return 0 if all(entry.alive for entry in entries) else 1


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = command_line.parse()
    try:
        return run(options, Progress())
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
