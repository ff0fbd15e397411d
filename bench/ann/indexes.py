"""Which indexes a run builds, and which setting of each it sweeps.

A specification is a preset's name or NAME|DDL|SETTING=VALUE,VALUE,...[|SETTING=VALUE ...];
SYSTEM/ before it restricts it to one server. In the DDL {opclass}, {m}, {ef_construction}
and {lists} are filled in; the column is v.
"""

import math

EF_SEARCH = (10, 16, 24, 40, 64, 100, 160, 250, 400, 650, 1000)
PROBES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)

HNSW = "USING hnsw (v {opclass}) WITH (m = {m}, ef_construction = {ef_construction})"
IVF = "USING %s (v {opclass}) WITH (lists = {lists})"
PRESETS = {
    "hnsw": (HNSW, "hnsw.ef_search", EF_SEARCH),
    "ivfflat": (IVF % "ivfflat", "ivfflat.probes", PROBES),
    "ivf": (IVF % "ivf", "ivfflat.probes", PROBES),
}


def default_lists(rows):
    return max(1, round(math.sqrt(rows)))


class IndexSpec:
    """name, the text after CREATE INDEX ... ON t, the swept setting, fixed settings."""

    def __init__(self, text, options, rows):
        self.system, _, rest = text.partition("/") if "/" in text.split("|")[0] else ("", "", text)
        parts = [part.strip() for part in rest.split("|")]
        self.name, self.fixed = parts[0], {}
        if len(parts) == 1:
            if self.name not in PRESETS:
                raise SystemExit(f"no preset \"{self.name}\": it is one of {', '.join(PRESETS)}, "
                                 "or NAME|DDL|SETTING=VALUES")
            ddl, self.setting, values = PRESETS[self.name]
            values = own_values(options, self.setting, values)
        else:
            if len(parts) < 3 or "=" not in parts[2]:
                raise SystemExit(f"--index {text}: NAME|DDL|SETTING=VALUE,VALUE,... is needed")
            ddl = parts[1]
            self.setting, _, values = (part.strip() for part in parts[2].partition("="))
            values = [int(value) for value in values.split(",")]
            for pair in parts[3:]:
                setting, _, value = pair.partition("=")
                self.fixed[setting.strip()] = value.strip()
        lists = options.lists or default_lists(rows)
        self.ddl = ddl.format(opclass=f"{options.type}_{options.metric}_ops", m=options.m,
                              ef_construction=options.ef_construction, lists=lists)
        if self.setting.endswith("probes"):
            values = [value for value in values if value <= lists]
        self.values = list(values)


def own_values(options, setting, values):
    """The run's own values (--ef-search, --probes) in place of the preset's."""
    if setting.endswith("ef_search"):
        return options.ef_search or values
    if setting.endswith("probes"):
        return options.probes or values
    return values
