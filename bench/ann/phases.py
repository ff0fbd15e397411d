"""The phases of a run, in order: build, sweep, rounds, insert, vacuum.

Each takes entries (a system and its record in the result) and fills the records with raw
figures; summary.py makes medians and ratios of them. A system that fails is out for the
rest of the run, and its record says why.
"""

import math
import traceback

import numpy

import stats

MOST_PASSES = 50
DELETED = 0.1
# Roughly, to choose how long the floor is measured.
POINT_QUERIES_PER_SECOND = 15000


class Entry:
    """A system, its record, and whether it still takes part."""

    def __init__(self, system, record):
        self.system, self.record, self.alive = system, record, True

    def attempt(self, progress, what, function, *arguments):
        """The function's result; None after a failure, which ends this entry's part."""
        try:
            return function(*arguments)
        except Exception as error:
            self.alive = False
            text = str(error).strip() or type(error).__name__
            self.record["error"] = f"{what}: {text}"
            self.record["traceback"] = traceback.format_exc().splitlines()[-6:]
            progress.say(f"{self.system.name} FAILED in {what}: {text}")
            return None


def living(entries):
    return [entry for entry in entries if entry.alive]


def build(entries, options, progress):
    for round_number in range(options.build_rounds):
        for entry in living(entries):
            progress.say(f"building {entry.system.name}")
            result = entry.attempt(progress, "build", entry.system.build)
            if result:
                entry.record.setdefault("builds", []).append(result)
                progress.say(f"built {entry.system.name} in {result['seconds']:.1f} s")
    for entry in living(entries):
        entry.attempt(progress, "open", entry.system.open)


def sweep(entries, truth, options, progress):
    """Recall of each setting, by rising value, until one reaches the recall to stop at."""
    for entry in living(entries):
        points = entry.record["curve"] = []
        for value in progress.steps(f"{entry.system.name} recall", entry.system.values):
            answer = entry.attempt(progress, "sweep", entry.system.answers, value)
            if answer is None:
                break
            recall = stats.recall(answer[0], truth, options.k)
            points.append({"value": value, "recall": recall, "pass_seconds": answer[1],
                           "clients": {str(count): [] for count in entry.system.clients}})
            if recall >= options.stop_recall:
                break
        shown = ", ".join(f"{point['value']}: {point['recall']:.3f}" for point in points)
        progress.say(f"{entry.system.name} recall by {entry.system.setting}: {shown}")


def passes(options, point):
    wanted = math.ceil(options.seconds / max(point["pass_seconds"], 1e-4))
    return max(1, min(MOST_PASSES, wanted))


def interleaved(entries):
    """(entry, point) of all curves, the systems taking turns."""
    longest = max((len(entry.record["curve"]) for entry in entries), default=0)
    for position in range(longest):
        for entry in entries:
            if position < len(entry.record["curve"]):
                yield entry, entry.record["curve"][position]


def rounds(entries, floors, options, progress):
    """Speed: every system, setting and number of clients once a round."""
    for number in range(options.rounds):
        jobs = [(entry, point, clients) for entry, point in interleaved(living(entries))
                for clients in entry.system.clients]
        label = f"round {number + 1} of {options.rounds}"
        for entry, point, clients in progress.steps(label, jobs):
            if entry.alive:
                result = entry.attempt(progress, "rounds", entry.system.measure, point["value"],
                                       clients, passes(options, point))
                if result:
                    point["clients"][str(clients)].append(result)
        floor_round(living(entries), floors, options, progress)
        progress.say(f"{label} done")


def floor_round(entries, floors, options, progress):
    """Point queries by primary key on each server, through the same clients."""
    seen = set()
    for entry in entries:
        system = entry.system
        if system.kind != "server" or system.server.name in seen:
            continue
        seen.add(system.server.name)
        about = {"pass_seconds": len(system.data.queries) / POINT_QUERIES_PER_SECOND}
        for clients in system.clients:
            result = entry.attempt(progress, "floor", system.floor, clients,
                                   passes(options, about))
            if result:
                floors[system.server.name].setdefault(str(clients), []).append(result)


def recalls(entry, truth, options, progress):
    """{value: recall} of the curve's settings against another truth, or None."""
    found = {}
    for point in entry.record["curve"]:
        answer = entry.attempt(progress, "recall", entry.system.answers, point["value"])
        if answer is None:
            return None
        found[str(point["value"])] = stats.recall(answer[0], truth, options.k)
    return found


def insert(entries, data, options, progress):
    """The rows that were held out, in random order, the systems taking turns."""
    shuffled = numpy.random.default_rng(options.seed + 1).permutation(data.held)
    parts = [part for part in numpy.array_split(shuffled, min(options.rounds, 5)) if len(part) > 1]
    for number, part in enumerate(parts):
        for entry in living(entries):
            result = entry.attempt(progress, "insert", entry.system.insert, part)
            if result:
                entry.record.setdefault("inserts", []).append(result)
        progress.say(f"insert round {number + 1} of {len(parts)} done")
    truth = data.truth_among(numpy.arange(len(data.base)), options.k)
    for entry in living(entries):
        if "curve" in entry.record:
            entry.record["recall_after_insert"] = recalls(entry, truth, options, progress)


def vacuum(entries, data, options, progress):
    """A tenth of the rows deleted and vacuumed; then the index built anew over the rest."""
    order = numpy.random.default_rng(options.seed + 2).permutation(len(data.base))
    gone = order[:int(len(order) * DELETED)]
    truth = data.truth_among(numpy.sort(order[len(gone):]), options.k)
    for entry in living(entries):
        system = entry.system
        if system.kind != "server":
            continue
        progress.say(f"vacuum of {system.name}: {len(gone)} rows deleted")
        entry.attempt(progress, "delete", system.remove, gone)
        record = entry.alive and entry.attempt(progress, "vacuum", system.vacuum)
        if not record:
            continue
        record["deleted_rows"] = len(gone)
        record["recall"] = recalls(entry, truth, options, progress)
        record["fresh"] = entry.alive and entry.attempt(progress, "rebuild", system.rebuild)
        if record["fresh"]:
            record["fresh"]["recall"] = recalls(entry, truth, options, progress)
        entry.record["vacuum"] = record
