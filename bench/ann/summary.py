"""Medians over the rounds, speeds at given recalls, and ratios: from the raw records."""

from statistics import median

import stats


def median_of(records, key):
    values = [record[key] for record in records if record and record.get(key) is not None]
    return median(values) if values else None


def medians(records):
    """One record of the medians of each figure that the records have."""
    keys = dict.fromkeys(key for record in records for key in record)
    return {key: median_of(records, key) for key in keys}


def round_curve(record, clients, number, floor_qps=None):
    """(recall, qps) of one round; with a floor, of the time that is above it."""
    curve = []
    for point in record["curve"]:
        results = point["clients"].get(str(clients), [])
        if number < len(results):
            qps = results[number]["qps"]
            if floor_qps:
                qps = stats.without_overhead(qps, 1 / floor_qps)
            if qps:
                curve.append((point["recall"], qps))
    return curve


def round_curves(record, clients, rounds, floors=None):
    return [round_curve(record, clients, number, floors and floors[number]["qps"])
            for number in range(rounds)]


def best_curve(record, clients):
    """Each point's fastest round: what is left when another's work took the processor."""
    return [(point["recall"], max(result["qps"] for result in results))
            for point in record["curve"] if (results := point["clients"].get(str(clients)))]


def speed_at(curves, target):
    """Median, lowest and highest over the rounds of the speed at a recall, or None."""
    found = [stats.qps_at(curve, target) for curve in curves]
    if not found or any(qps is None for qps, _ in found):
        return None
    speeds = [qps for qps, _ in found]
    return {"qps": median(speeds), "low": min(speeds), "high": max(speeds),
            "kind": "bound" if any(kind == "bound" for _, kind in found) else "between"}


def summarize_search(systems, servers, options):
    """Fills each point with medians and each system with "at_recall"."""
    usable = [s for s in systems if s.get("curve") and "error" not in s]
    for system in systems:
        for point in system.get("curve", []):
            point["medians"] = {clients: medians(results)
                                for clients, results in point["clients"].items() if results}
    for server in servers:
        server["floor"] = {clients: medians(results)
                           for clients, results in server["floor_rounds"].items()}
    floors = {server["name"]: server["floor_rounds"] for server in servers}
    for system in usable:
        system["at_recall"] = {}
        for target in options.targets:
            system["at_recall"][str(target)] = {
                str(clients): at_recall(system, usable, floors, target, clients, options)
                for clients in (1, 2)}


def at_recall(system, others, floors, target, clients, options):
    curves = round_curves(system, clients, options.rounds)
    result = speed_at(curves, target)
    if result is None:
        return None
    result["ratio_to"] = {
        other["name"]: stats.ratio_at(curves, round_curves(other, clients, options.rounds), target)
        for other in others if other is not system}
    best = best_curve(system, clients)
    result["best"] = {
        "qps": stats.qps_at(best, target)[0],
        "ratio_to": {other["name"]: stats.ratio_at([best], [best_curve(other, clients)], target)
                     for other in others if other is not system}}
    floor = floors.get(system.get("server"), {}).get(str(clients))
    base = next((other for other in others if other["name"] == "hnswlib"), None)
    if clients == 1 and base and floor and len(floor) == options.rounds:
        result["ratio_to_hnswlib_above_floor"] = stats.ratio_at(
            round_curves(system, 1, options.rounds, floor),
            round_curves(base, 1, options.rounds), target)
    return result


def insert_speed(record):
    """The steady state where the server could be put into it, else what came later."""
    return record.get("steady") or record.get("later")


def summarize_inserts(systems, plain):
    """Speeds and bytes of WAL a row; "index" figures are without the table's own."""
    base = next((s for s in systems if s["name"] == "hnswlib"), None)
    base_speed = base and median_of(
        [insert_speed(r) for r in base.get("inserts", [])], "rows_per_s")
    for record in [*plain, *systems]:
        inserts = record.get("inserts")
        if not inserts:
            continue
        speed = median_of([insert_speed(r) for r in inserts], "rows_per_s")
        record["insert"] = {
            "rows_per_s": speed,
            "ratio_to_hnswlib": speed / base_speed if base_speed and speed else None}
        for state in ("steady", "later", "after_checkpoint"):
            states = [r.get(state) for r in inserts]
            record["insert"][f"wal_bytes_per_row_{state}"] = median_of(states, "wal_bytes_per_row")


def summarize(result, options):
    """Adds the derived figures to the whole result."""
    systems = result["systems"]
    for system in systems:
        if system.get("builds"):
            system["build"] = medians(system["builds"])
    summarize_search(systems, result["servers"], options)
    summarize_inserts(systems, [server["heap"] for server in result["servers"]])
    base = next((s for s in systems if s["name"] == "hnswlib"), None)
    for system in systems:
        if base and system.get("build") and base.get("build"):
            system["build"]["time_ratio_to_hnswlib"] = (
                system["build"]["seconds"] / base["build"]["seconds"])
        if system.get("vacuum"):
            system["vacuum"]["time_ratio_to_build"] = (
                system["vacuum"]["seconds"] / system["build"]["seconds"])
