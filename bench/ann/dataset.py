"""Data sets: base vectors, queries, metric, exact truth, and who is held out for inserts.

Entry point: load(). Whatever is slow to make is kept in the cache folder, named by what
it depends on. The truth is computed once, to a depth of 100: a neighbour list of a subset
of the base is the full list without the others, so every stage of a run has its exact one.
"""

import hashlib
import os

import numpy

TRUTH_DEPTH = 100
METRICS = ("l2", "cosine", "ip")
ROWS_PER_CLUSTER, SUBSPACE, CENTRE_SPREAD, NOISE = 100, 32, 0.6, 0.02


class Dataset:
    """base, queries: float32 matrices; truth: ids (row numbers of base), nearest first."""

    def __init__(self, name, base, queries, metric, truth, held):
        self.name, self.base, self.queries, self.metric = name, base, queries, metric
        self.truth = truth
        self.dims = base.shape[1]
        indexed = numpy.ones(len(base), dtype=bool)
        indexed[held] = False
        self.indexed = numpy.flatnonzero(indexed)
        self.held = held

    def truth_among(self, ids, k):
        """Per query the k nearest among these ids and whoever ties with the k-th, as lists."""
        kept = numpy.zeros(len(self.base), dtype=bool)
        kept[ids] = True
        rows = [row[kept[row]] for row in self.truth]
        short = [i for i, row in enumerate(rows) if len(row) < k]
        if short:
            ids = numpy.asarray(ids)
            exact = exact_neighbours(self.base[ids], self.queries[short], self.metric, TRUTH_DEPTH)
            for i, row in zip(short, exact):
                rows[i] = ids[row]
        return [self.with_ties(query, row, k) for query, row in zip(self.queries, rows)]

    def with_ties(self, query, row, k):
        """Equal but for float32's rounding: real data has the same vector more than once."""
        scores = similarity(self.base[row].astype(numpy.float64), query[None], self.metric)[0]
        if self.metric == "cosine":
            scores /= max(numpy.linalg.norm(query), 1e-30)
        near = scores >= scores[k - 1] - 2e-7 * numpy.abs(scores).max()
        return row[near | (numpy.arange(len(row)) < k)].tolist()

    def describe(self):
        return {"name": self.name, "rows": len(self.base), "dims": self.dims,
                "queries": len(self.queries), "metric": self.metric,
                "indexed_rows": len(self.indexed), "held_out_for_inserts": len(self.held)}


def normalized(rows):
    lengths = numpy.linalg.norm(rows, axis=1, keepdims=True)
    return rows / numpy.where(lengths == 0, 1, lengths)


def exact_neighbours(base, queries, metric, depth, block=16384):
    """Row numbers of the nearest, nearest first, ties by the smaller number.

    Blocks are multiplied in float32; what they leave is ranked again in float64, with
    enough candidates that float32's rounding does not decide who is in.
    """
    depth = min(depth, len(base))
    keep = min(len(base), depth + 32)
    if metric == "cosine":
        queries = normalized(queries)
    scores = numpy.empty((len(queries), 0), dtype=numpy.float32)
    ids = numpy.empty((len(queries), 0), dtype=numpy.int64)
    for start in range(0, len(base), block):
        rows = numpy.asarray(base[start:start + block], dtype=numpy.float32)
        scores = numpy.hstack([scores, -similarity(rows, queries, metric)])
        numbers = numpy.arange(start, start + len(rows))
        ids = numpy.hstack([ids, numpy.broadcast_to(numbers, (len(queries), len(rows)))])
        if scores.shape[1] > keep:
            best = numpy.argpartition(scores, keep - 1, axis=1)[:, :keep]
            scores = numpy.take_along_axis(scores, best, axis=1)
            ids = numpy.take_along_axis(ids, best, axis=1)
    result = numpy.empty((len(queries), depth), dtype=numpy.int32)
    for i, query in enumerate(queries):
        rows = numpy.asarray(base[ids[i]], dtype=numpy.float64)
        exact = -similarity(rows, query[None].astype(numpy.float64), metric)[0]
        result[i] = ids[i][numpy.lexsort((ids[i], exact))][:depth]
    return result


def similarity(rows, queries, metric):
    """Larger is nearer. For l2 without the query's own length, which changes no order."""
    if metric == "cosine":
        return queries @ normalized(rows).T
    products = queries @ rows.T
    if metric == "ip":
        return products
    return 2 * products - numpy.einsum("ij,ij->i", rows, rows)


def read_vectors(path, dims):
    """.fvecs (a count before each vector), .npy, or .f16 (float16 rows, dims from outside)."""
    if path.endswith(".fvecs"):
        words = numpy.fromfile(path, dtype="<i4")
        width = int(words[0]) if len(words) else 0
        if width <= 0 or len(words) % (width + 1):
            raise SystemExit(f"{path} is not an .fvecs file")
        return words.reshape(-1, width + 1)[:, 1:].view("<f4").astype(numpy.float32)
    if path.endswith(".npy"):
        return numpy.load(path, mmap_mode="r")
    if path.endswith(".f16"):
        if not dims:
            raise SystemExit(f"{path} has no header: say --dims")
        values = numpy.fromfile(path, dtype="<f2")
        if len(values) % dims:
            raise SystemExit(f"{path} is not rows of {dims} dimensions")
        return values.reshape(-1, dims).astype(numpy.float32)
    raise SystemExit(f"{path}: only .fvecs, .f16 and .npy files are read")


def make_clustered(rows, dims, seed):
    """Gaussian clusters of about 100 rows, each in a random subspace of its own.

    Their centres lie in one more such subspace, nearer to each other than a cluster is
    wide. With centres spread over all dimensions every cluster is as far from every other:
    a graph has islands then that no walk reaches, and every recall stops below 1.
    """
    source = numpy.random.default_rng(seed)
    clusters = max(1, rows // ROWS_PER_CLUSTER)
    subspace = min(SUBSPACE, dims)
    of = source.integers(clusters, size=rows)
    order = numpy.argsort(of, kind="stable")
    ends = numpy.searchsorted(of[order], numpy.arange(clusters + 1))
    shared = random_basis(source, dims, subspace)
    out = numpy.empty((rows, dims), dtype=numpy.float32)
    for cluster in range(clusters):
        mine = order[ends[cluster]:ends[cluster + 1]]
        own = numpy.random.default_rng([seed, cluster])
        centre = shared @ own.standard_normal(subspace, dtype=numpy.float32) * CENTRE_SPREAD
        inside = own.standard_normal((len(mine), subspace), dtype=numpy.float32)
        noise = own.standard_normal((len(mine), dims), dtype=numpy.float32) * NOISE
        out[mine] = centre + inside @ random_basis(own, dims, subspace).T + noise
    return out


def random_basis(source, dims, count):
    """count orthonormal columns."""
    return numpy.linalg.qr(source.standard_normal((dims, count), dtype=numpy.float32))[0]


def cached(folder, key, make):
    """The array that make() returns, from the cache when it is there."""
    name = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
    path = os.path.join(folder, f"{key[0]}-{name}.npy")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        partial = f"{path[:-4]}.{os.getpid()}.npy"
        numpy.save(partial, make())
        os.replace(partial, path)
    return numpy.load(path, mmap_mode="r")


def file_key(path):
    status = os.stat(path)
    return os.path.basename(path), status.st_size, status.st_mtime_ns


def split(vectors, queries, seed):
    """(base, queries): random rows become the queries and are no longer in the base."""
    chosen = numpy.random.default_rng(seed).permutation(len(vectors))[:queries]
    rest = numpy.ones(len(vectors), dtype=bool)
    rest[chosen] = False
    return vectors[rest], vectors[chosen]


def packages(options, progress):
    """(name, base, queries, default metric, what it depends on, truth if it has one)."""
    paths = {part: os.path.join(options.data, f"packages256.{part}")
             for part in ("base.f16", "query.f16", "truth-cosine.i32")}
    truth = None
    if options.metric in (None, "cosine") and not options.rows:
        truth = numpy.fromfile(paths["truth-cosine.i32"], dtype="<i4").reshape(-1, 100)
    return ("packages256", read_vectors(paths["base.f16"], 256),
            read_vectors(paths["query.f16"], 256), "cosine",
            (file_key(paths["base.f16"]), file_key(paths["query.f16"])), truth)


def clustered(options, progress):
    rows, dims = options.rows or 200000, options.dims or 768
    name = f"clustered{dims}"
    key = (rows, options.queries, options.seed, ROWS_PER_CLUSTER, SUBSPACE, CENTRE_SPREAD, NOISE)
    progress.say(f"data set {name}: {rows} x {dims}")
    every = cached(options.cache, (name, *key),
                   lambda: make_clustered(rows + options.queries, dims, options.seed))
    return name, every[:rows], every[rows:], "l2", key, None


def from_path(options, progress):
    path = options.dataset
    vectors = read_vectors(path, options.dims)
    if options.query_file:
        base, queries = vectors, read_vectors(options.query_file, options.dims)
        key = (file_key(path), file_key(options.query_file), options.dims)
    else:
        base, queries = split(vectors, options.queries, options.seed)
        key = (file_key(path), options.queries, options.seed, options.dims)
    return os.path.splitext(os.path.basename(path))[0], base, queries, "l2", key, None


NAMED = {"packages256": packages, "clustered768": clustered}


def load(options, progress):
    """The Dataset that the options name; says what it makes."""
    source = NAMED.get(options.dataset, from_path)
    name, base, queries, metric, key, truth = source(options, progress)
    metric = options.metric or metric
    base = numpy.ascontiguousarray(base[:options.rows], dtype=numpy.float32)
    queries = numpy.ascontiguousarray(queries[:options.queries], dtype=numpy.float32)
    if base.shape[1] != queries.shape[1]:
        raise SystemExit(f"the base has {base.shape[1]} dimensions, the queries {queries.shape[1]}")
    if truth is None:
        progress.say(f"exact truth: {len(queries)} queries over {len(base)} rows, {metric}")
        key = (f"truth-{name}", key, len(base), len(queries), metric)
        truth = cached(options.cache, key,
                       lambda: exact_neighbours(base, queries, metric, TRUTH_DEPTH))
    order = numpy.random.default_rng(options.seed).permutation(len(base))
    return Dataset(name, base, queries, metric, numpy.asarray(truth[:len(queries)]),
                   numpy.sort(order[:options.inserts]))
