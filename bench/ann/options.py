"""The command line, and what --quick and the machine make of the defaults."""

import argparse
import os

from dataset import METRICS
from machine import ROOT

LIBRARIES = ("hnswlib", "faiss-hnsw", "faiss-ivfflat")
QUICK = {"rows": 5000, "queries": 100, "rounds": 2, "seconds": 0.05, "inserts": 200,
         "ef_search": [10, 20, 40, 100], "probes": [1, 2, 4, 8, 16, 32], "quick": True}


def numbers(kind):
    return lambda text: [kind(value) for value in text.split(",")]


def named(text):
    name, separator, value = text.partition("=")
    if not separator or "/" in name:
        raise argparse.ArgumentTypeError("NAME=CONNINFO is needed")
    return name, value


def parser():
    p = argparse.ArgumentParser(
        prog="bench/ann/run", description="Recall, speed, size and upkeep of vector indexes, "
        "beside hnswlib and faiss in the same run. README.md has the method.")
    data = p.add_argument_group("data")
    data.add_argument("--dataset", help="packages256 (default when it is there), clustered768, "
                      "or a path to .fvecs, .npy or .f16 (with --dims)")
    data.add_argument("--data", default=os.environ.get(
        "VECMILVUS_DATA", os.path.join(ROOT, "..", "shared", "data")),
        help="where packages256 lies (VECMILVUS_DATA)")
    data.add_argument("--query-file", help="queries of a path's data set; else rows are held out")
    data.add_argument("--dims", type=int, help="of an .f16 file, or of clustered768")
    data.add_argument("--metric", choices=METRICS, help="default: cosine for packages256, else l2")
    data.add_argument("--rows", type=int, help="only the first so many (clustered768: how many)")
    data.add_argument("--queries", type=int, help="default 1000")
    data.add_argument("--inserts", type=int, help="rows held out for the inserts, default 2000")
    data.add_argument("--seed", type=int, default=1)
    server = p.add_argument_group("servers")
    server.add_argument("--extension", action="append", metavar="NAME",
                        help="of the private cluster; again for another, in a database of its "
                        "own; default vecmilvus")
    server.add_argument("--no-server", action="store_true", help="no private cluster")
    server.add_argument("--dsn", action="append", type=named, default=[], metavar="NAME=CONNINFO",
                        help="a server that is there; may be given again; needs a superuser, "
                        "drops and creates a schema of its own, issues CHECKPOINT")
    server.add_argument("--dsn-extension", action="append", type=named, default=[],
                        metavar="NAME=EXTENSION", help="default: vecmilvus or vector, as found")
    server.add_argument("--dsn-may-alter-system", action="append", default=[], metavar="NAME",
                        help="full_page_writes may be off for seconds there, for WAL in the "
                        "steady state: not where data matters")
    server.add_argument("--cluster-dir", help="where the private cluster is made")
    server.add_argument("--shared-buffers", help="default: holds data and indexes, 2GB or more, "
                        "at most half of the memory")
    server.add_argument("--maintenance-work-mem", default="1GB")
    index = p.add_argument_group("indexes")
    index.add_argument("--index", action="append", metavar="SPEC",
                       help="hnsw, ivfflat, ivf, or [SYSTEM/]NAME|DDL|SETTING=V,V,...[|SETTING=V]; "
                       "may be given again; default hnsw and ivfflat")
    index.add_argument("--type", choices=("vector", "halfvec"), default="vector")
    index.add_argument("--m", type=int, default=16)
    index.add_argument("--ef-construction", type=int, default=64)
    index.add_argument("--lists", type=int, help="default: the square root of the rows")
    index.add_argument("--ef-search", type=numbers(int), help="comma-separated, for all")
    index.add_argument("--probes", type=numbers(int), help="comma-separated, for all")
    index.add_argument("--library", action="append", choices=(*LIBRARIES, "none"),
                       help="default: all three")
    run = p.add_argument_group("run")
    run.add_argument("--quick", action="store_true", help="small and short: a smoke test")
    run.add_argument("--k", type=int, default=10)
    run.add_argument("--targets", type=numbers(float), default=[0.90, 0.95, 0.99])
    run.add_argument("--rounds", type=int, help="default 5")
    run.add_argument("--build-rounds", type=int, default=1)
    run.add_argument("--seconds", type=float, help="a measurement takes at least so long, "
                     "in whole passes over the queries; default 0.5")
    run.add_argument("--stop-recall", type=float, default=0.997,
                     help="a sweep ends with the first setting that reaches this")
    run.add_argument("--skip", action="append", choices=("insert", "vacuum"), default=[])
    run.add_argument("--cores", type=int, default=os.cpu_count(), help="that builds use")
    run.add_argument("--out", help="path without suffix for .json, .svg and .txt; default in "
                     "build/bench-ann/results")
    return p


def parse(arguments=None):
    p = parser()
    options = p.parse_args(arguments)
    defaults = {"queries": 1000, "rounds": 5, "seconds": 0.5, "inserts": 2000}
    if options.quick:
        defaults.update(QUICK)
    for name, value in defaults.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    present = os.path.exists(os.path.join(options.data, "packages256.base.f16"))
    options.dataset = options.dataset or ("packages256" if present else "clustered768")
    if options.dataset == "packages256" and not present:
        p.error(f"packages256 is not in {options.data}: --data or VECMILVUS_DATA says where")
    options.index = options.index or ["hnsw", "ivfflat"]
    options.library = [name for name in options.library or LIBRARIES if name != "none"]
    options.extension = [] if options.no_server else options.extension or ["vecmilvus"]
    options.cache = os.path.join(ROOT, "build", "bench-ann", "data")
    names = [*options.extension, *(name for name, _ in options.dsn)]
    if len(set(names)) < len(names):
        p.error("two servers have the same name")
    for name in [*dict(options.dsn_extension), *options.dsn_may_alter_system]:
        if name not in dict(options.dsn):
            p.error(f"there is no --dsn {name}=...")
    if "insert" in options.skip or options.inserts < 2 * options.rounds:
        options.skip = sorted({"insert", *options.skip})
        options.inserts = 0
    return options
