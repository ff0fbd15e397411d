"""The tables on stdout: what a person wants to see of the result."""

MISSING = "-"


def number(value, digits=0):
    return MISSING if value is None else f"{value:,.{digits}f}"


def ratio(record):
    """0.43 (0.40..0.47); a leading > or < where one side is only a bound."""
    if not record:
        return MISSING
    sign = {"equal": "", "at least": ">", "at most": "<"}.get(record["kind"], "~")
    return f"{sign}{record['median']:.2f} ({record['low']:.2f}..{record['high']:.2f})"


def best_ratio(record, base):
    found = record and record["best"]["ratio_to"].get(base)
    return ratio(found).split(" ")[0]


def table(header, rows):
    """Columns aligned, the first to the left, the others to the right."""
    rows = [header, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def curves(systems):
    rows = []
    for system in systems:
        for point in system.get("curve", []):
            one, two = (point.get("medians", {}).get(clients, {}) for clients in ("1", "2"))
            rows.append([system["name"], f"{system['setting']}={point['value']}",
                         f"{point['recall']:.4f}", number(one.get("qps")), number(two.get("qps")),
                         number(one.get("p50_ms"), 3), number(one.get("p99_ms"), 3),
                         number(one.get("single_qps"))])
    return table(["system", "setting", "recall", "qps 1", "qps 2", "p50 ms", "p99 ms",
                  "one a call"], rows)


def equal_recall(systems, options):
    rows = []
    for system in systems:
        for target, by_clients in system.get("at_recall", {}).items():
            one, two = by_clients["1"], by_clients["2"]
            mark = ">" if one and one["kind"] == "bound" else ""
            rows.append([system["name"], target, mark + number(one and one["qps"]),
                         ratio(one and one["ratio_to"].get("hnswlib")),
                         best_ratio(one, "hnswlib"),
                         ratio(one and one.get("ratio_to_hnswlib_above_floor")),
                         number(two and two["qps"]), ratio(two and two["ratio_to"].get("hnswlib")),
                         best_ratio(two, "hnswlib")])
    return table(["system", "recall", "qps 1", "/hnswlib", "best", "/hnswlib above floor", "qps 2",
                  "/hnswlib 2", "best 2"], rows)


def building(systems):
    rows = []
    for system in systems:
        build = system.get("build")
        if build:
            rows.append([system["name"], number(build["seconds"], 1),
                         number(build.get("time_ratio_to_hnswlib"), 2), number(build["bytes"]),
                         number(build["bytes_per_row"]),
                         number(build["wal_bytes"] and build["wal_bytes"] / 1e6)])
    return table(["system", "build s", "/hnswlib", "bytes", "bytes/row", "WAL MB"], rows)


def inserting(records):
    rows = []
    for record in records:
        insert = record.get("insert")
        if insert:
            rows.append([record["name"], number(insert["rows_per_s"]),
                         number(insert["ratio_to_hnswlib"], 3),
                         number(insert["wal_bytes_per_row_steady"]),
                         number(insert["wal_bytes_per_row_after_checkpoint"])])
    return table(["system", "inserts/s", "/hnswlib 1 thread", "WAL/row steady",
                  "WAL/row after checkpoint"], rows)


def middle_recalls(system):
    """Recall before, after inserts, after vacuum, fresh: of the setting nearest 0.95."""
    point = min(system["curve"], key=lambda p: abs(p["recall"] - 0.95))
    value, vacuum = str(point["value"]), system.get("vacuum") or {}
    stages = [system.get("recall_after_insert"), vacuum.get("recall"),
              (vacuum.get("fresh") or {}).get("recall")]
    return [f"{system['setting']}={value}", f"{point['recall']:.4f}",
            *(f"{stage[value]:.4f}" if stage else MISSING for stage in stages)]


def upkeep(systems):
    rows = []
    for system in systems:
        vacuum = system.get("vacuum") or {}
        if system.get("recall_after_insert") or vacuum:
            rows.append([system["name"], number(vacuum.get("seconds"), 2),
                         number(vacuum.get("time_ratio_to_build"), 3), *middle_recalls(system)])
    return table(["system", "vacuum s", "/build", "at", "recall", "after inserts",
                  "after vacuum", "fresh build"], rows)


def pairs(systems, options):
    """The same index on two servers: speed at equal recall, and what it costs."""
    servers = [s for s in systems if s["kind"] == "server" and s.get("at_recall")]
    rows = []
    for number_of, system in enumerate(servers):
        for other in servers[number_of + 1:]:
            same = system["name"].partition("/")[2] == other["name"].partition("/")[2]
            if same and system["server"] != other["server"]:
                rows.append([f"{system['name']} / {other['name']}",
                             *(pair_speed(system, other, target) for target in options.targets),
                             cost(system, other, "build", "seconds"),
                             cost(system, other, "build", "bytes"),
                             cost(system, other, "insert", "rows_per_s")])
    header = ["pair", *(f"qps at {target:g}" for target in options.targets), "build s", "bytes",
              "inserts/s"]
    return table(header, rows) if rows else None


def pair_speed(system, other, target):
    found = system["at_recall"].get(str(target), {}).get("1")
    return ratio(found and found["ratio_to"].get(other["name"]))


def cost(system, other, phase, key):
    ours, theirs = (record.get(phase, {}).get(key) for record in (system, other))
    return number(ours / theirs if ours and theirs else None, 2)


def floors(servers):
    rows = [[server["name"], number(server["floor"].get("1", {}).get("qps")),
             number(server["floor"].get("2", {}).get("qps")),
             number(server["floor"].get("1", {}).get("p50_ms"), 3)] for server in servers]
    return table(["server", "floor qps 1", "floor qps 2", "p50 ms"], rows)


def heading(result):
    data, machine = result["dataset"], result["machine"]
    lines = [f"# {result['provenance']['command']}",
             f"# {data['name']}: {data['indexed_rows']:,} rows indexed x {data['dims']}, "
             f"{data['queries']} queries, {data['metric']}, {result['options']['type']}, "
             f"top {result['options']['k']}, {result['options']['rounds']} rounds",
             f"# {machine['cpu']}, {machine['processors']} processors (a second busy process "
             f"slows the first {machine['two_processes_slowdown']:.2f} times), load average "
             f"{machine['load_average_at_start']:.1f} to {machine['load_average_at_end']:.1f}"]
    for server in result["servers"]:
        settings = server["settings"]
        lines.append(f"# {server['name']}: {server['extension']} {server['extension_version']}, "
                     f"PostgreSQL {settings['server_version'].split()[0]}, shared_buffers "
                     f"{settings['shared_buffers']}, fsync {settings['fsync']}")
    for package, its_version in result["provenance"]["packages"].items():
        lines.append(f"# {package} {its_version}")
    return "\n".join(lines)


def render(result, options):
    """All tables, each with a line above it."""
    systems, servers = result["systems"], result["servers"]
    parts = [heading(result), "Recall and speed (medians of the rounds)", curves(systems),
             "Speed at equal recall; ratio: median (lowest..highest) of the rounds",
             equal_recall(systems, options)]
    beside = pairs(systems, options)
    if beside:
        parts += ["The same index on two servers, as ratios", beside]
    if servers:
        parts += ["SQL's own floor: a point query by primary key", floors(servers)]
    parts += ["Build and size", building(systems)]
    if any(system.get("insert") for system in systems):
        parts += ["Single-row inserts", inserting([*[s["heap"] for s in servers], *systems])]
    if any(system.get("recall_after_insert") for system in systems):
        parts += ["Recall after upkeep; vacuum of a deleted tenth", upkeep(systems)]
    for record in [*[s["heap"] for s in servers], *systems]:
        if "error" in record:
            parts.append(f"FAILED: {record['name']}: {record['error']}")
    return "\n\n".join(parts)
