"""The same calls to milvus-lite and to us, answered in one form.

    side = LiteSide(path of a file) or ServerSide(connection)
    side.create(name, fields, indexes)    DDL; fields as milvus.create_collection has them
    side.insert(name, rows), side.upsert(name, rows)     how many rows
    side.delete(name, ids), side.delete_by(name, filter)     how many rows
    side.count(name), side.contents(name)
    side.queries(name, filters)    for each the ids that it selects, or REFUSED
    side.search(name, field, vectors, options)    for each vector [(id, distance, entity)], or REFUSED
    side.drop(name), side.names()
"""

import json
import logging
import struct
import warnings

from filter_compare import FUNCTION
from psql_session import Session, SqlError, quote

REFUSED = "refused"


class LiteSide:
    """milvus-lite by its client."""

    def __init__(self, path):
        warnings.simplefilter("ignore")
        # Here, so that nothing but a comparison needs the package.
        import numpy
        from pymilvus import DataType, MilvusClient

        logging.disable(logging.CRITICAL)
        self.types, self.numpy = DataType, numpy
        self.client, self.kinds = MilvusClient(path), {}

    def encode(self, field, value):
        """A value of ours as the client takes it."""
        kind = self.kinds.get(field)
        if kind == "FLOAT16_VECTOR":
            return self.numpy.array(value, dtype="float16")
        if kind == "BINARY_VECTOR":
            return bytes(value)
        if kind == "SPARSE_FLOAT_VECTOR":
            return {int(index): number for index, number in value.items()}
        return value

    def decode(self, row):
        """A row of the client as one of ours."""
        return {field: self.decode_value(self.kinds.get(field), value) for field, value in row.items()}

    @staticmethod
    def decode_value(kind, value):
        if kind == "FLOAT16_VECTOR":
            data = b"".join(value) if isinstance(value, list) else bytes(value)
            return list(struct.unpack("<%de" % (len(data) // 2), data))
        if kind == "BINARY_VECTOR":
            return list(b"".join(value))
        if kind == "SPARSE_FLOAT_VECTOR":
            return {str(index): number for index, number in value.items()}
        return list(value) if kind in ("ARRAY", "FLOAT_VECTOR") else value

    def encode_rows(self, rows):
        return [{field: self.encode(field, value) for field, value in row.items()} for row in rows]

    def create(self, name, fields, indexes):
        schema = self.client.create_schema(enable_dynamic_field=True)
        for field in fields:
            options = {k: v for k, v in field.items() if k not in ("name", "type", "nullable")}
            if "element_type" in options:
                options["element_type"] = self.types[options["element_type"]]
            schema.add_field(field["name"], self.types[field["type"]], **options)
        self.kinds = {field["name"]: field["type"] for field in fields}
        params = self.client.prepare_index_params()
        for field, kind, metric in indexes:
            params.add_index(field, index_type=kind, metric_type=metric)
        self.client.create_collection(name, schema=schema, index_params=params)
        self.client.load_collection(name)

    def insert(self, name, rows):
        return self.client.insert(name, self.encode_rows(rows))["insert_count"]

    def upsert(self, name, rows):
        return self.client.upsert(name, self.encode_rows(rows))["upsert_count"]

    def delete(self, name, ids):
        self.client.delete(name, ids=ids)

    def delete_by(self, name, text):
        try:
            self.client.delete(name, filter=text)
        except Exception:
            return REFUSED
        return None

    def count(self, name):
        return self.client.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"]

    def contents(self, name):
        rows = self.client.query(name, filter="id >= 0", output_fields=["*"])
        return sorted((self.decode(row) for row in rows), key=lambda row: row["id"])

    def query(self, name, text):
        try:
            rows = self.client.query(name, filter=text, output_fields=["id"])
        except Exception:
            return REFUSED
        return sorted(row["id"] for row in rows)

    def queries(self, name, filters):
        return [self.query(name, text) for text in filters]

    def search(self, name, field, vectors, options):
        params = {"params": options.get("range", {})}
        try:
            found = self.client.search(
                name, data=[self.encode(field, v) for v in vectors], anns_field=field, limit=options["limit"],
                filter=options.get("filter", ""), output_fields=options["output_fields"],
                search_params=dict(params, offset=options.get("offset", 0)),
            )  # fmt: skip
        except Exception:
            return REFUSED
        return [[(hit["id"], hit["distance"], dict(hit["entity"])) for hit in hits] for hits in found]

    def drop(self, name):
        self.client.drop_collection(name)

    def names(self):
        return sorted(self.client.list_collections())


class ServerSide:
    """Us, by psql."""

    def __init__(self, connection):
        self.session = Session(connection)
        self.session.run(FUNCTION)

    def create(self, name, fields, indexes):
        schema = {"enable_dynamic_field": True, "fields": fields}
        params = [{"field_name": f, "index_type": k, "metric_type": m} for f, k, m in indexes]
        self.session.run(
            "SELECT milvus.create_collection(%s, schema => %s, index_params => %s)"
            % (quote(name), quote(schema), quote(params))
        )

    def number(self, call, key):
        return self.session.value("SELECT milvus.%s->%s" % (call, quote(key)))

    def insert(self, name, rows):
        return self.number("insert(%s, %s)" % (quote(name), quote(rows)), "insert_count")

    def upsert(self, name, rows):
        return self.number("upsert(%s, %s)" % (quote(name), quote(rows)), "upsert_count")

    def delete(self, name, ids):
        self.number("delete(%s, %s)" % (quote(name), quote(ids)), "delete_count")

    def delete_by(self, name, text):
        try:
            self.number("delete(%s, filter => %s)" % (quote(name), quote(text)), "delete_count")
        except SqlError:
            return REFUSED
        return None

    def count(self, name):
        return self.session.value(
            "SELECT entity->'count(*)' FROM milvus.query(%s, output_fields => '{count(*)}')" % quote(name)
        )

    def contents(self, name):
        return self.session.value(
            "SELECT coalesce(json_agg(entity ORDER BY id), '[]')"
            " FROM milvus.query(%s, 'id >= 0', output_fields => '{*}')" % quote(name)
        )

    def queries(self, name, filters):
        self.session.run("TRUNCATE expressions")
        rows = [{"number": n, "filter": text} for n, text in enumerate(filters)]
        self.session.insert("expressions", rows)
        answers = self.session.value(
            "SELECT json_agg(json_build_array(ids, state, message) ORDER BY number)"
            " FROM pg_temp.answers(%s)" % quote(name)
        )
        return [self.answer(*answer) for answer in answers]

    @staticmethod
    def answer(ids, state, message):
        if state is None:
            return ids or []
        if not state.startswith("M"):
            raise SqlError(state, message)
        return REFUSED

    def search(self, name, field, vectors, options):
        arguments = [quote(name), quote(vectors) + "::jsonb", quote(field)]
        arguments.append("topk => %d" % options["limit"])
        arguments.append("skip => %d" % options.get("offset", 0))
        arguments.append("filter => %s" % quote(options.get("filter", "")))
        arguments.append("search_params => %s" % quote(options.get("range", {})))
        arguments.append("output_fields => ARRAY[%s]::text[]" % ", ".join(map(quote, options["output_fields"])))
        try:
            rows = self.session.value(
                "SELECT coalesce(json_agg(json_build_array(query, id, distance, entity)), '[]')"
                " FROM milvus.search(%s)" % ", ".join(arguments)
            )
        except SqlError as error:
            if not error.state.startswith("M"):
                raise
            return REFUSED
        found = [[] for _ in vectors]
        for number, key, distance, entity in rows:
            found[number].append((key, distance, entity))
        return found

    def drop(self, name):
        self.session.run("SELECT milvus.drop_collection(%s)" % quote(name))

    def names(self):
        return sorted(json.loads(json.dumps(self.session.value("SELECT milvus.list_collections()"))))
