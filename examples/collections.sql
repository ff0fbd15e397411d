-- Milvus's model on the demo's data: a collection with `section` as partition key.
SET client_min_messages = warning;

\echo '1. A collection of the packages'
SELECT milvus.drop_collection('catalog');
SELECT milvus.create_collection('catalog', schema => '{
    "enable_dynamic_field": true,
    "fields": [
        {"name": "package",   "type": "VARCHAR", "max_length": 128, "is_primary": true},
        {"name": "section",   "type": "VARCHAR", "max_length": 64, "is_partition_key": true},
        {"name": "embedding", "type": "FLOAT_VECTOR", "dim": 96}
    ]}', consistency_level => 'Session');

\echo '2. Rows as JSON, in batches of 1,000: what is no field goes to the dynamic field'
SELECT sum((milvus.insert('catalog', rows)->>'insert_count')::int) AS inserted
FROM (SELECT jsonb_agg(jsonb_build_object('package', package, 'section', section,
                                          'embedding', embedding::text, 'kib', installed_size))::text AS rows
      FROM (SELECT *, row_number() OVER (ORDER BY package) / 1000 AS batch FROM packages) p
      GROUP BY batch) b;

\echo '3. An index by Milvus''s name, and ready to be read'
SELECT milvus.create_index('catalog', 'embedding', 'HNSW', 'COSINE', '{"M": 16, "efConstruction": 64}');
SELECT milvus.load_collection('catalog');
SELECT jsonb_pretty(milvus.describe_index('catalog', 'embedding')) AS index;

\echo '4. What there is'
SELECT milvus.list_collections() AS collections, milvus.get_collection_stats('catalog') AS stats,
       milvus.get_load_state('catalog') AS load_state;
SELECT field->>'name' AS field, field->>'type' AS type, field->'params' AS params,
       coalesce(field->>'is_partition_key', '') AS partition_key
FROM jsonb_array_elements(milvus.describe_collection('catalog')->'fields') field;

\echo '5. Rows by key, changed and deleted'
SELECT pk, entity FROM milvus.get('catalog', '["gimp", "postgresql-15"]', '{section,kib}');
SELECT milvus.upsert('catalog', '{"package": "gimp", "note": "paints"}', partial_update => true) - 'timestamp' AS upsert;
SELECT entity FROM milvus.get('catalog', '"gimp"', '{section,kib,note}');
SELECT milvus.delete('catalog', '["gimp"]') - 'timestamp' AS delete;

\echo '6. It is a table: SQL sees the same rows, with the index'
SELECT c.package, c.section, round((c.embedding <=> q.embedding)::numeric, 3) AS distance, p.priority
FROM packages q, catalog c JOIN packages p USING (package)
WHERE q.package = 'postgresql-15' AND c.section = 'database' AND c.package <> q.package
ORDER BY c.embedding <=> q.embedding
LIMIT 3;

\echo '7. Searched: small ones outside of two sections'
SELECT s.pk, s.entity, round(s.distance::numeric, 3) AS similarity
FROM packages q, milvus.search('catalog', q.embedding, topk => 3, output_fields => '{section,kib}',
                               filter => 'kib < {limit} and section not in ["database", "doc"]',
                               filter_params => '{"limit": 500}') s
WHERE q.package = 'postgresql-15';
SELECT milvus.explain_filter('catalog', 'kib < 500 and section == "database"');

\echo '8. The nearest of each of three sections; and two vectors at once, by one ranking'
SELECT s.pk, s.entity->>'section' AS section, round(s.distance::numeric, 3) AS similarity
FROM packages q, milvus.search('catalog', q.embedding, topk => 3, group_by_field => 'section',
                               output_fields => '{section}') s
WHERE q.package = 'postgresql-15';
SELECT s.pk, round(s.distance::numeric, 4) AS score, p.priority
FROM milvus.hybrid_search('catalog', (
         SELECT jsonb_agg(jsonb_build_object('data', embedding::text::jsonb, 'limit', 20)) FROM packages
         WHERE package IN ('postgresql-15', 'python3-psycopg2')), topk => 3) s
     JOIN packages p ON p.package = s.pk
ORDER BY s.distance DESC;
