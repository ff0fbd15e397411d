"""hnswlib and faiss in this process, behind the interface of sqlsystem.py.

Each answers in two ways. "batch": all queries in one call with as many threads as there
are clients, the fairest figure of the library itself, and what ratios are taken against.
"single": one query a call, as a program would ask; what Python adds to that is measured
with an index of ten vectors and reported beside it.
"""

import time
from importlib.metadata import version

import faiss
import hnswlib
import numpy

import stats
from dataset import normalized
from indexes import EF_SEARCH, PROBES, default_lists, own_values

OVERHEAD_ROWS, OVERHEAD_CALLS = 10, 3000


class Library:
    kind = "library"
    clients = (1, 2)

    def __init__(self, data, options):
        self.data, self.options = data, options
        self.overhead = None

    def matrix(self, rows):
        return numpy.ascontiguousarray(rows, dtype=numpy.float32)

    def open(self):
        """Measures what a call costs that has nothing to search."""
        tiny = self.make(self.matrix(self.data.base[:OVERHEAD_ROWS]))
        queries = [self.queries[i:i + 1] for i in range(len(self.queries))]
        took, k = [], min(self.options.k, OVERHEAD_ROWS)
        for i in range(OVERHEAD_CALLS):
            start = time.perf_counter()
            self.search(tiny, queries[i % len(queries)], k, 1)
            took.append(time.perf_counter() - start)
        self.overhead = stats.percentile(took, 0.5)

    def timed_build(self, make):
        start = time.perf_counter()
        self.index = make()
        seconds = time.perf_counter() - start
        size, rows = self.size(), len(self.data.indexed)
        return {"seconds": seconds, "rows_per_s": rows / seconds, "bytes": size,
                "bytes_per_row": size / rows, "wal_bytes": None}

    def answers(self, value):
        self.set(value)
        start = time.monotonic()
        found = self.search(self.index, self.queries, self.options.k, 1)
        return self.ids(found).tolist(), time.monotonic() - start

    def measure(self, value, clients, passes):
        self.set(value)
        start = time.perf_counter()
        for _ in range(passes):
            self.search(self.index, self.queries, self.options.k, clients)
        result = {"qps": passes * len(self.queries) / (time.perf_counter() - start)}
        if clients == 1:
            result.update(self.measure_single())
        return result

    def measure_single(self):
        took, k = [], self.options.k
        rows = [self.queries[i:i + 1] for i in range(len(self.queries))]
        start = time.perf_counter()
        for row in rows:
            before = time.perf_counter()
            self.search(self.index, row, k, 1)
            took.append(time.perf_counter() - before)
        qps = len(rows) / (time.perf_counter() - start)
        return {"single_qps": qps, "p50_ms": stats.percentile(took, 0.50) * 1000,
                "single_qps_without_overhead": stats.without_overhead(qps, self.overhead),
                "p99_ms": stats.percentile(took, 0.99) * 1000}

    def insert(self, ids):
        """One thread; the rows in one call, which leaves Python's share out."""
        rows = self.matrix(self.data.base[ids])
        start = time.perf_counter()
        self.add(rows, ids)
        seconds = time.perf_counter() - start
        return {"steady": {"rows": len(ids), "rows_per_s": len(ids) / seconds}}

    def close(self):
        self.index = None


class Hnswlib(Library):
    name, setting = "hnswlib", "ef"

    def __init__(self, data, options):
        super().__init__(data, options)
        self.queries = data.queries
        self.values = own_values(options, "ef_search", EF_SEARCH)

    def describe(self):
        return {"version": version("hnswlib"), "setting": self.setting,
                "ddl": f"M={self.options.m}, ef_construction={self.options.ef_construction}"}

    def empty(self, rows):
        index = hnswlib.Index(space=self.data.metric, dim=self.data.dims)
        index.init_index(max_elements=rows, M=self.options.m, random_seed=self.options.seed,
                         ef_construction=self.options.ef_construction)
        return index

    def make(self, rows):
        index = self.empty(len(rows))
        index.add_items(rows, num_threads=1)
        index.set_ef(max(self.options.k, OVERHEAD_ROWS))
        return index

    def build(self):
        rows = self.matrix(self.data.base[self.data.indexed])

        def make():
            index = self.empty(len(self.data.base))
            index.add_items(rows, self.data.indexed, num_threads=self.options.cores)
            return index
        return self.timed_build(make)

    def size(self):
        """What it would write to a file, which leaves out room for rows yet to come."""
        return self.index.index_file_size()

    def set(self, value):
        self.index.set_ef(value)

    def search(self, index, queries, k, threads):
        return index.knn_query(queries, k=k, num_threads=threads)[0]

    def ids(self, found):
        return found

    def add(self, rows, ids):
        self.index.add_items(rows, ids, num_threads=1)


class Faiss(Library):
    """Cosine is the inner product of vectors of length 1."""

    def __init__(self, data, options):
        super().__init__(data, options)
        self.queries = self.matrix(data.queries)
        self.metric = faiss.METRIC_L2 if data.metric == "l2" else faiss.METRIC_INNER_PRODUCT

    def matrix(self, rows):
        return super().matrix(normalized(rows) if self.data.metric == "cosine" else rows)

    def build(self):
        rows = self.matrix(self.data.base[self.data.indexed])
        self.numbers = self.data.indexed

        def make():
            faiss.omp_set_num_threads(self.options.cores)
            return self.make(rows)
        return self.timed_build(make)

    def size(self):
        writer = faiss.VectorIOWriter()
        faiss.write_index(self.index, writer)
        return writer.data.size()

    def search(self, index, queries, k, threads):
        faiss.omp_set_num_threads(threads)
        return index.search(queries, k)[1]

    def ids(self, found):
        """Row numbers of faiss to ids; -1 (nothing more found) stays."""
        return numpy.where(found < 0, -1, self.numbers[found])

    def add(self, rows, ids):
        faiss.omp_set_num_threads(1)
        self.index.add(rows)
        self.numbers = numpy.concatenate([self.numbers, ids])


class FaissHnsw(Faiss):
    name, setting = "faiss/hnsw", "efSearch"

    def __init__(self, data, options):
        super().__init__(data, options)
        self.values = own_values(options, "ef_search", EF_SEARCH)

    def describe(self):
        return {"version": faiss.__version__, "setting": self.setting, "ddl":
                f"IndexHNSWFlat M={self.options.m}, efConstruction={self.options.ef_construction}"}

    def make(self, rows):
        index = faiss.IndexHNSWFlat(self.data.dims, self.options.m, self.metric)
        index.hnsw.efConstruction = self.options.ef_construction
        index.add(rows)
        return index

    def set(self, value):
        self.index.hnsw.efSearch = value


class FaissIvf(Faiss):
    name, setting = "faiss/ivfflat", "nprobe"

    def __init__(self, data, options):
        super().__init__(data, options)
        self.lists = options.lists or default_lists(len(data.indexed))
        self.values = [value for value in own_values(options, "probes", PROBES)
                       if value <= self.lists]

    def describe(self):
        return {"version": faiss.__version__, "setting": self.setting,
                "ddl": f"IndexIVFFlat nlist={self.lists}"}

    def make(self, rows):
        lists = min(self.lists, max(1, len(rows) // 10))
        self.quantizer = (faiss.IndexFlatL2 if self.metric == faiss.METRIC_L2
                          else faiss.IndexFlatIP)(self.data.dims)
        index = faiss.IndexIVFFlat(self.quantizer, self.data.dims, lists, self.metric)
        # Few rows a list in a small run are meant; faiss would warn.
        index.cp.min_points_per_centroid = 1
        index.cp.seed = self.options.seed
        index.train(rows)
        index.add(rows)
        return index

    def set(self, value):
        self.index.nprobe = value


ALL = {"hnswlib": Hnswlib, "faiss-hnsw": FaissHnsw, "faiss-ivfflat": FaissIvf}
