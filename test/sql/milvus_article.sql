-- What the reader of an article on Milvus in Kubernetes does: a database, a
-- collection made with Attu, sample data, an index, load; then the client's
-- script. Each step as README.md and docs/collections.md show it.
SET client_min_messages = warning;

-- In Attu: database "test", collection "testcollection".
SELECT milvus.create_database('test');
SELECT milvus.use_database('test');
SELECT milvus.create_collection('testcollection', consistency_level => 'Session', schema => '{
    "auto_id": true, "enable_dynamic_field": true, "fields": [
    {"name": "id", "type": "INT64", "is_primary": true},
    {"name": "vector", "type": "FLOAT_VECTOR", "dim": 128},
    {"name": "color", "type": "VARCHAR", "max_length": 128, "is_partition_key": true}]}');
-- Import sample data, create an index on the vector, load.
SELECT milvus.insert_sample('testcollection', 100, seed => 1)->'insert_count' AS sample;
SELECT milvus.get_load_state('testcollection');
SELECT milvus.create_index('testcollection', 'vector', 'AUTOINDEX', 'COSINE');
SELECT milvus.load_collection('testcollection');
SELECT milvus.get_load_state('testcollection');

-- client = MilvusClient(uri="http://…:19530/test")
-- client.list_collections()
SELECT milvus.list_collections();
-- client.describe_collection("testcollection"): all but the id is what the article shows
SELECT milvus.describe_collection('testcollection') @> '{
    "collection_name": "testcollection", "auto_id": true, "num_shards": 1, "description": "",
    "functions": [], "aliases": [], "consistency_level": 1, "properties": {}, "num_partitions": 16,
    "enable_dynamic_field": true}' AS same;
SELECT milvus.describe_collection('testcollection')->'fields' = '[
    {"field_id": 100, "name": "id", "description": "", "type": 5, "params": {}, "auto_id": true, "is_primary": true},
    {"field_id": 101, "name": "vector", "description": "", "type": 101, "params": {"dim": 128}},
    {"field_id": 102, "name": "color", "description": "", "type": 21, "params": {"max_length": 128}, "is_partition_key": true}
    ]' AS same_fields;
SELECT jsonb_object_agg(key, NULL) FROM jsonb_each(milvus.describe_collection('testcollection'));
-- client.get(collection_name="testcollection", ids=[…], output_fields=["color"])
SELECT id > 455116632364191056 AS id, pk = id::text AS pk, (entity->>'id')::bigint = id AS entity_id, entity - 'id' AS entity
    FROM milvus.get('testcollection', (SELECT jsonb_agg(id) FROM (SELECT id FROM testcollection ORDER BY id LIMIT 2) t), '{color}');
-- client.get_collection_stats("testcollection"), client.list_partitions(…)
SELECT milvus.get_collection_stats('testcollection'), jsonb_array_length(milvus.list_partitions('testcollection'));

SELECT milvus.drop_collection('testcollection');
SELECT milvus.drop_database('test');
