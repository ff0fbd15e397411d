-- Strings that would be SQL, JSON or filters if anything pasted them, at every
-- position of the reading functions: all are data. What a call says is one of
-- Milvus's errors or an answer; nothing else is read, and nothing is changed.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE SCHEMA hostile;
SET search_path = hostile, public;
SELECT milvus.create_collection('victim', schema => '{"enable_dynamic_field": true, "fields": [
    {"name": "id", "type": "VARCHAR", "max_length": 200, "is_primary": true}, {"name": "s", "type": "VARCHAR", "max_length": 200},
    {"name": "j", "type": "JSON"}, {"name": "t", "type": "VARCHAR", "max_length": 200, "enable_analyzer": true, "enable_match": true},
    {"name": "v", "type": "FLOAT_VECTOR", "dim": 2}]}', index_params => '[{"field_name": "v", "index_type": "FLAT", "metric_type": "L2"}]');
CREATE TABLE strings (n serial, x text);
INSERT INTO strings (x) VALUES ($$'$$), ($$''$$), ($$"$$), ($$\$$), ($$\'$$), ('$1'), ('$$'), ('%s %n %'), ('{x}'), ('}'), ('--'), ('/*'), (E'a\nb'), ('日本 é'), (' '),
    ($$'; DROP TABLE hostile.victim; --$$), ($$"; DROP TABLE hostile.victim; --$$), ($$' OR true --$$), ($$") or id != ("$$), ($$x" or "1" == "1$$), ($$1) OR (1=1$$),
    ($$pg_sleep(1)$$), ($$t.id$$), ($$hostile.victim"; --$$), ($$E'\x27$$), ($$U&"\0027"$$), ('$meta'), ('"$meta"'), ($$\u0027$$), ($$*$$), ($$count(*); DELETE FROM hostile.victim$$);
-- Each of them is a row: as key, string, JSON string, JSON key, dynamic value, words.
SELECT milvus.insert('victim', (SELECT jsonb_agg(jsonb_build_object('id', x || n, 's', x, 'j', jsonb_build_object('k', x, x, 1), 'd', x, 't', x, 'v', '[1,1]'::jsonb)) FROM strings))->'insert_count' = to_jsonb(count(*)) FROM strings;

-- As values they find their rows and no others.
CREATE FUNCTION finds(filter text, params jsonb) RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT string_agg(q.entity->>'s', ',') FROM milvus.query('victim', filter, params, output_fields => '{s}') q $$;
SELECT template, bool_and(finds(template, jsonb_build_object('x', x, 'l', jsonb_build_array(x))) = x) FROM strings,
    unnest(ARRAY['s == {x}', 's in {l}', 'j["k"] == {x}', 'd == {x}', 'j["k"] in {l}', 'd in {l}']) template GROUP BY 1 ORDER BY template COLLATE "C";
-- Written into the filter, quoted as its language quotes.
SELECT bool_and(finds(replace(template, '#', '"' || replace(replace(replace(x, '\', '\\'), '"', '\"'), E'\n', '\n') || '"'), NULL) = x) FROM strings,
    unnest(ARRAY['s == #', 's in [#]', 'j["k"] == #', 'd == #', 'not (s != #)', 'json_contains(j["none"], #) or s == #']) template;
-- As keys of JSON and as keys of rows.
SELECT bool_and(finds('j["' || replace(replace(replace(x, '\', '\\'), '"', '\"'), E'\n', '\n') || '"] == 1', NULL) = x) FROM strings;
SELECT bool_and((SELECT string_agg(g.entity->>'s', ',') FROM milvus.get('victim', jsonb_build_array(x || n), output_fields => '{s}') g) = x) FROM strings;
SELECT bool_and((SELECT string_agg(s.pk, ',') FROM milvus.search('victim', '[1,1]', filter => 'id == {x}', filter_params => jsonb_build_object('x', x || n)) s) = x || n) FROM strings;
SELECT bool_and((SELECT string_agg(h.pk, ',') FROM milvus.hybrid_search('victim', jsonb_build_array(jsonb_build_object('data', '[1,1]'::jsonb, 'expr', 's == {x}', 'expr_params', jsonb_build_object('x', x)))) h) = x || n) FROM strings;
-- As output fields they are dynamic keys; nothing more is shown.
SELECT bool_and((SELECT q.entity - 'id' FROM milvus.query('victim', 's == "*"', output_fields => ARRAY[x]) q) = '{}') FROM strings WHERE x !~ '^(\*|"?\$meta"?)$';

-- Everywhere else they are refused, or are names of nothing.
CREATE FUNCTION answer(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT * FROM milvus.' || call;
    RETURN 'an answer';
EXCEPTION WHEN OTHERS THEN
    RETURN left(SQLSTATE, CASE WHEN SQLSTATE LIKE 'M%' THEN 1 ELSE 5 END);
END $$;
SELECT position, string_agg(DISTINCT answer(format(call, quote_literal(x), quote_literal(to_jsonb(x)))), ' ' ORDER BY answer(format(call, quote_literal(x), quote_literal(to_jsonb(x)))))
FROM strings, (VALUES
    ('name', 'search(%1$s, ''[1,1]'')'), ('name of a query', 'query(%1$s, max_rows => 1)'), ('name of get', 'get(%1$s, ''[1]'')'), ('name of hybrid', 'hybrid_search(%1$s, ''[]'')'),
    ('data', 'search(''victim'', %1$s)'), ('jsonb data', 'search(''victim'', %2$s::jsonb)'), ('anns_field', 'search(''victim'', ''[1,1]'', anns_field => %1$s)'),
    ('filter', 'search(''victim'', ''[1,1]'', filter => %1$s)'), ('filter of a query', 'query(''victim'', %1$s, max_rows => 1)'), ('filter of delete', 'delete(''victim'', filter => ''id == '''' and '' || %1$s)'),
    ('variable', 'query(''victim'', ''s == {a}'', jsonb_build_object(%1$s, 1))'), ('pattern', 'query(''victim'', ''s like {x}'', jsonb_build_object(''x'', %1$s))'),
    ('words', 'query(''victim'', ''text_match(t, {x})'', jsonb_build_object(''x'', %1$s))'), ('phrase', 'query(''victim'', ''phrase_match(t, {x})'', jsonb_build_object(''x'', %1$s))'),
    ('output_fields', 'search(''victim'', ''[1,1]'', output_fields => ARRAY[%1$s])'), ('partition', 'search(''victim'', ''[1,1]'', partition_names => ARRAY[%1$s])'),
    ('group', 'search(''victim'', ''[1,1]'', group_by_field => %1$s)'), ('level', 'search(''victim'', ''[1,1]'', consistency_level => %1$s)'),
    ('metric', 'search(''victim'', ''[1,1]'', search_params => jsonb_build_object(''metric_type'', %1$s))'), ('radius', 'search(''victim'', ''[1,1]'', search_params => jsonb_build_object(''radius'', %1$s))'),
    ('request''s field', 'hybrid_search(''victim'', jsonb_build_array(jsonb_build_object(''data'', ''[1,1]''::jsonb, ''anns_field'', %1$s)))'),
    ('request''s data', 'hybrid_search(''victim'', jsonb_build_array(jsonb_build_object(''data'', %1$s)))'), ('request''s filter', 'hybrid_search(''victim'', jsonb_build_array(jsonb_build_object(''data'', ''[1,1]''::jsonb, ''expr'', %1$s)))'),
    ('ranker', 'hybrid_search(''victim'', ''[{"data": [1,1]}]'', jsonb_build_object(''strategy'', %1$s))'), ('ids', 'get(''victim'', jsonb_build_array(%1$s))'),
    ('cursor', 'query_iterator(''victim'', cursor_name => %1$s)'), ('cursor of a search', 'search_iterator(''victim'', ''[1,1]'', cursor_name => ''2'' || %1$s)'),
    ('fields of an iterator', 'query_iterator(''victim'', output_fields => ARRAY[%1$s])'), ('explained filter', 'explain_filter(''victim'', %1$s)'), ('explained search', 'explain_search(''victim'', ''[1,1]'', filter => %1$s)')) p (position, call)
GROUP BY 1 ORDER BY position COLLATE "C";
SELECT count(*) = (SELECT count(*) FROM strings) FROM victim;
-- An unprivileged role reads what it may and nothing else, by any filter.
CREATE ROLE regress_hostile;
GRANT USAGE ON SCHEMA hostile TO regress_hostile;
GRANT SELECT (id, v, "$meta") ON victim TO regress_hostile;
ALTER TABLE victim ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON victim FOR SELECT TO regress_hostile USING (length(id) > 30);
SET ROLE regress_hostile;
SELECT count(*) > 0, bool_and(length(pk) > 30) FROM milvus.query('victim', 'id != ""', output_fields => '{id}');
SELECT count(*) > 0, bool_and(length(pk) > 30) FROM milvus.search('victim', '[1,1]', topk => 100, filter => 'id != "" or exists d', output_fields => '{d}');
SELECT answer($$query('victim', 's != "x"')$$), answer($$query('victim', 'j["k"] != "x"', output_fields => '{id}')$$), answer($$search('victim', '[1,1]', group_by_field => 's')$$),
    answer($$query_iterator('victim', 't != ""', output_fields => '{id}')$$), answer($$hybrid_search('victim', '[{"data": [1,1], "expr": "s != \"\""}]')$$), answer($$delete('victim', filter => 'id != ""')$$);
RESET ROLE;
SELECT count(*) = (SELECT count(*) FROM strings) FROM victim;

DROP OWNED BY regress_hostile;
DROP ROLE regress_hostile;
DROP SCHEMA hostile CASCADE;
