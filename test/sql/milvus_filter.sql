-- Filters as conditions: every construct over a few rows, with nulls and JSON of
-- every type. f(filter) shows the keys for which it holds, for which it does not,
-- and how many are unknown.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vecmilvus;
RESET client_min_messages;
CREATE SCHEMA filters;
SET search_path = filters, public;

SELECT milvus.create_collection('c', schema => '{"enable_dynamic_field": true, "fields": [
  {"name": "id", "data_type": "Int64", "is_primary": true},
  {"name": "v", "data_type": "FloatVector", "dim": 2},
  {"name": "i8", "data_type": "Int8", "nullable": true},
  {"name": "i32", "data_type": "Int32", "nullable": true},
  {"name": "i64", "data_type": "Int64", "nullable": true},
  {"name": "f", "data_type": "Float", "nullable": true},
  {"name": "d", "data_type": "Double", "nullable": true},
  {"name": "b", "data_type": "Bool", "nullable": true},
  {"name": "s", "data_type": "VarChar", "max_length": 100, "nullable": true},
  {"name": "t", "data_type": "VarChar", "max_length": 100, "nullable": true, "enable_analyzer": true, "enable_match": true},
  {"name": "j", "data_type": "JSON", "nullable": true},
  {"name": "ai", "data_type": "Array", "element_type": "Int32", "max_capacity": 10, "nullable": true},
  {"name": "a8", "data_type": "Array", "element_type": "Int8", "max_capacity": 10, "nullable": true},
  {"name": "af", "data_type": "Array", "element_type": "Float", "max_capacity": 10, "nullable": true},
  {"name": "sa", "data_type": "Array", "element_type": "VarChar", "max_length": 20, "max_capacity": 10, "nullable": true}
]}', index_params => '[{"field_name": "v", "index_type": "FLAT", "metric_type": "L2"}]');
SELECT milvus.insert('c', $$[
 {"id": 1, "v": [1, 0], "i8": 1, "i32": 1, "i64": 9223372036854775807, "f": 0.1, "d": 0.1, "b": true, "s": "abc", "t": "the quick brown fox", "j": {"k": 1, "n": {"x": [1, 2, {"y": "z"}]}, "l": [1, 2.5, "a", [1, 2]]}, "ai": [1, 2, 3], "a8": [1, 2], "af": [0.1, 1.5], "sa": ["a", "b"], "dyn": 5},
 {"id": 2, "v": [0, 1], "i8": -7, "i32": 2, "i64": -9223372036854775808, "f": 1.5, "d": 2.5, "b": false, "s": "a%c", "t": "Brown dogs, quick foxes", "j": {"k": "1", "l": []}, "ai": [], "a8": [], "af": [], "sa": [], "dyn": "x"},
 {"id": 3, "v": [1, 1], "i8": 127, "i32": 3, "i64": 0, "f": 16777216, "d": 1e308, "b": true, "s": "", "t": "", "j": {"k": 2.5, "l": "no list"}, "ai": [3, 3], "a8": [127], "af": [2], "sa": ["%"]},
 {"id": 4, "v": [2, 1], "i8": 0, "i32": 4, "i64": 5, "f": -1, "d": -1, "b": false, "s": "日本", "t": "dog", "j": {"k": null, "n": null}, "ai": [4], "a8": [4], "af": [4], "sa": ["日本"], "dyn": null, "o": {"p": [10, 20]}},
 {"id": 5, "v": [2, 2], "j": {"k": true, "a.b": 1, "0": "zero"}},
 {"id": 6, "v": [3, 2], "j": [1, 2]},
 {"id": 7, "v": [3, 3], "j": 9007199254740993},
 {"id": 8, "v": [4, 3]}
]$$)->'insert_count';

CREATE FUNCTION f(filter text, params jsonb DEFAULT NULL)
    RETURNS TABLE (yes int[], no int[], filter_unknown int) LANGUAGE plpgsql AS $$
BEGIN
    SELECT array_agg(q.id ORDER BY q.id) INTO yes FROM milvus.query('c', f.filter, f.params) q;
    SELECT array_agg(q.id ORDER BY q.id) INTO no FROM milvus.query('c', 'not (' || f.filter || ')', f.params) q;
    filter_unknown := 8 - coalesce(cardinality(yes), 0) - coalesce(cardinality(no), 0);
    RETURN NEXT;
END $$;

-- many at once; an error is shown with what it says of the place
CREATE FUNCTION fs(VARIADIC filters text[])
    RETURNS TABLE (filter text, yes int[], no int[], filter_unknown int) LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    FOREACH filter IN ARRAY filters LOOP
        BEGIN
            SELECT g.yes, g.no, g.filter_unknown INTO yes, no, filter_unknown FROM f(fs.filter) g;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
            filter := filter || ' -> ' || SQLSTATE || ': ' || regexp_replace(message, '.*, error: ', '') || ' | ' || detail
                || CASE WHEN hint <> '' THEN ' | ' || hint ELSE '' END;
            yes := NULL; no := NULL; filter_unknown := NULL;
        END;
        RETURN NEXT;
    END LOOP;
END $$;

-- scalars
SELECT * FROM fs('i8 == 1', 'i8 != 1', 'i8 == 300', 'i8 < 300', 'i8 > -1000', 'i8 in [1, 300]', 'i8 not in [1, 300]',
    'i64 == 9223372036854775807', 'i64 == -9223372036854775808', '0 < i64', 'i64 >= 0.5', 'i64 == 1.5', 'i64 != 1.5',
    'i64 < 1e30', 'i64 > 9223372036854775808.0', 'i32 <= 2.5', 'i32 > 2.0', 'i32 == 2.0', '1 < i32 < 4', '4 >= i32 > 1',
    'f == 0.1', 'd == 0.1', 'f > 0.1', 'f in [0.1, 1.5]', 'd in [0.1, 2]', 'f < 1e300',
    'b == true', 'b != true', 'b in [true]', 'b > false', 's == "abc"', 's > "Z"', 's < "b"', 's in ["abc", "日本"]', '"abc" == s',
    '"a" < s <= "abc"');
-- arithmetic
SELECT * FROM fs('i8 + 1 == 2', '1 + i8 == 2', 'i8 / 2 == -3', 'i8 % 2 == -1', 'i8 * 2 > 200', 'i8 - 1 < 0', 'i64 + 33 <= 19974', 'i64 + 1 == -9223372036854775808',
    'i8 + 1 == 1.5', 'f + 0.2 == 0.3', 'd + 0.2 == 0.3', 'f + 1 == 16777217', 'd * 1e10 > 1e308', 'd + 1 == 3.5', 'i32 == 1 + 2 ** 0 * 1', 'i32 == 7 / 2',
    'j["k"] + 1 == 2', 'j["k"] * 2 == 5', 'j["k"] % 2 == 1', 'ai[0] + 1 == 2', '+i32 == 1');
-- logic
SELECT * FROM fs('i8 == 1 or i32 == 2', 'i8 == 1 && i32 == 1', 'not (i8 == 1)', 'i8 is null', 'i8 is not null', 'i8 IS NULL OR NOT (b == true)', 'true', 'false',
    '1 == 1', 'not true', '1 < 2 and i8 == 1', 'i8 == 1 or true', 'i8 == 1 and false', 'id is null', '"a" < "b"', '$meta is null', '1 < 2 == true', 'j["k"] == (1 < 2)', 'j[""] == 1');
-- strings
SELECT * FROM fs('s like "a%"', 's like "%c"', 's like "a\\%c"', 's like "a_c"', 's like "__"', 's like ""', 's like "%"', 's like "a\\"', 's like r"a\%c"', 'i8 like "a"',
    'text_match(t, "fox dogs")', 'text_match(t, "DOG")', 'text_match(t, "")', 'phrase_match(t, "quick brown")', 'phrase_match(t, "quick brown", 0)', 'phrase_match(t, "quick fox", 1)',
    'text_match(s, "a")', 'text_match(t, "a''\\ | & !:*")', 'text_match(t, "dog fox", minimum_should_match=2)', 'text_match(i8, "a")');
-- arrays
SELECT * FROM fs('ai[0] == 1', 'ai[9] == 1', 'ai[9] != 1', 'ai[0] in [1, 3]', 'ai == [1, 2, 3]', 'ai != [3, 3]', 'ai == [3.0, 3.0]', 'ai == [3.5]', 'ai == []', 'ai > [1]', 'ai == 1', 'ai in [1]',
    'array_contains(ai, 3)', 'array_contains(ai, 3.0)', 'array_contains(ai, "a")', 'array_contains_all(ai, [3, 3.0])', 'array_contains_all(ai, [3, 99999999999])', 'array_contains_any(ai, [4, 1.5])',
    'array_contains_any(ai, [])', 'array_contains_all(ai, [])', 'array_contains_any(a8, [300, 127])', 'array_contains(a8, 300)', 'a8 == [1, 2]', 'array_length(ai) == 3', 'array_length(ai) < 2.5',
    'array_length(ai) in [1]', 'af[0] == 0.1', 'af[0] > 0.1', 'array_contains(af, 0.1)', 'array_contains(af, 1.5)', 'ai is null', 'ai[1] is null',
    'ai["k"] == 1', 'ai[0][0] == 1', 'json_contains(ai, 4)', 'JSON_CONTAINS_ANY(ai, [4, 1])', 'ai[99999999999] == 1');
-- JSON
SELECT * FROM fs('j["k"] == 1', 'j["k"] == 1.0', 'j["k"] != 1', 'j["k"] == "1"', 'j["k"] == true', 'j["k"] > 1', 'j["k"] in [1, "1"]', 'j["k"] not in [1, "1"]', 'j["k"] in []', 'j["k"] not in [2]',
    '1 <= j["k"] < 3', 'j["k"] is null', 'j["k"] is not null', 'exists j["k"]', 'not exists j["n"]["x"]', 'j["n"]["x"][1] == 2', 'j["n"]["x"][2]["y"] == "z"', 'j["n"]["x"]["1"] == 2', 'j["n"]["x"]["01"] == 2',
    'j[0] == "zero"', 'j[0] == 1', 'j["a.b"] == 1', 'j == 9007199254740993', 'j == 9007199254740992.0', 'j == [1, 2]', 'j["l"] == []', 'j["l"] > [1]', 'j["k"] like "1%"',
    'json_contains(j["l"], 1.0)', 'json_contains(j["l"], "a")', 'json_contains(j["l"], [1, 2])', 'json_contains_all(j["l"], [1, "a", [1, 2]])', 'json_contains_any(j["l"], [7, 2.5])', 'json_contains_any(j["l"], [])',
    'json_contains_all(j["l"], [])', 'array_length(j["l"]) == 4', 'array_contains(j["l"], 1)', 'j is null', 'j["k"] == j["n"]', 'j["k"] == i8', 'exists j', 'exists i8');
-- dynamic keys
SELECT * FROM fs('dyn == 5', '$meta["dyn"] == 5', 'dyn == "x"', 'dyn is null', 'exists dyn', 'o["p"][1] == 20', 'nokey == 1', 'nokey != 1', 'dyn in [5, "x"]');
-- two fields
SELECT * FROM fs('i8 == i32', 'i32 < i64', 'i32 == f', 's == t', 'b == b', 's == i8', 'ai[0] == i32', 'i8 + 1 == i32', 'id >= i32');
-- what is refused
SELECT * FROM fs('i8 = 1', 'i8 == ', 'i8 == "a"', 's == 1', 'b == 1', 'i8 in [1.5]', 'i8 in [1, "a"]', 'i8 in 1', 'i8 in {x}', 'i8 == {x}', 'i8', 'b', 'not b', 'b and i8 == 1', 'not i8 == 1', '1 < 2 < 3', '5 < i8 < 1',
    'i8 == null', 'i8 in [1, null]', 'v == 1', '1 == "a"', 'true < false', 'i8 + 1', 'i8 + 1.5 == 2', '2 - i8 == 1', 'i8 / 0 == 1', 'd % 2 == 1', 'i8 ** 2 == 4', 'i8 & 1 == 1', 'i8 + i32 == 2', '(i8 + 1) * 2 == 4',
    '-i8 == 1', 'i8 == 99999999999999999999', 's == "\q"', 'array_length(ai)', 'nofunction(i8)', 'i8 == 1 i32', '1 < b < 3', 'false < b < true', 's =~ "a"', 'random_sample(0.1)', 'i8 == 1 and' || chr(10) || '  i32 == "x"');
-- names that are not there, without a dynamic field
SELECT milvus.create_collection('strict', schema => '{"enable_dynamic_field": false, "fields": [{"name": "id", "data_type": "Int64", "is_primary": true}, {"name": "v", "data_type": "FloatVector", "dim": 2}]}',
    index_params => '[{"field_name": "v", "index_type": "FLAT", "metric_type": "L2"}]');
SELECT * FROM milvus.query('strict', 'nofield == 1');

-- templates: values that may be bound, and those that decide the condition
SELECT * FROM f('i8 == {x}', '{"x": 1}');
SELECT * FROM f('i8 == {x}', '{"x": -7}');
SELECT * FROM f('i8 > {x}', '{"x": 0.5}');
SELECT * FROM f('i8 > {x}', '{"x": 1.5}');
SELECT * FROM f('i8 in {list}', '{"list": [1, 127]}');
SELECT * FROM f('i8 in {list}', '{"list": []}');
SELECT * FROM f('s == {x} or j["k"] == {x}', '{"x": "1"}');
SELECT * FROM f('j["k"] == {x}', '{"x": true}');
SELECT * FROM f('s like {p}', '{"p": "a%"}');
SELECT * FROM f('{lo} <= i8 < {hi}', '{"lo": 0, "hi": 2}');
SELECT * FROM f('{lo} <= i8 < {hi}', '{"lo": 2, "hi": 0}');
SELECT * FROM f('{lo} > s >= {hi}', '{"lo": "b", "hi": "a"}');
SELECT * FROM f('{lo} > s >= {hi}', '{"lo": "a", "hi": "b"}');
SELECT * FROM f('1 < {x}', '{"x": 2}');
SELECT * FROM f('i8 / {x} == -3', '{"x": 2}');
SELECT * FROM f('array_contains_any(ai, {x}) or json_contains(j["l"], {y})', '{"x": [4], "y": "a"}');
SELECT * FROM f('text_match(t, {x})', '{"x": "dog"}');
SELECT * FROM f('i8 / {x} == 1', '{"x": 0}');
SELECT * FROM f('s like {x}', '{"x": "a\\"}');
SELECT * FROM f('i8 == {x}', '{"x": "1"}');
SELECT * FROM f('i8 == {x}', '{"x": {"a": 1}}');
SELECT * FROM f('i8 == {x}', '{"x": null}');
SELECT * FROM f('i8 == {y}', '{"x": 1}');
SELECT * FROM f('i8 in {x}', '{"x": 1}');
SELECT * FROM f('i8 > 1e400');
SELECT * FROM f('j["k"] > {x}', jsonb_build_object('x', 1e400::numeric));
SELECT * FROM f('i8 + {x} == {y}', '{"x": 1, "y": 2}');
SELECT * FROM f('i8 in [{x}]', '{"x": 1}');

-- what conditions look like, and that indexes serve them
SELECT milvus.explain_filter('c', 'i8 == 1 and s like "a%" or not (j["a"]["b"] > 1.5)');
SELECT milvus.explain_filter('c', 'i64 in [1, 2, 3] and i32 > 1.5 and s == {x}', '{"x": "it''s"}');
SELECT milvus.explain_filter('c', '  ');
SELECT milvus.explain_filter('c', NULL);
CREATE TABLE plans (line text);
CREATE INDEX ON c (i64);
CREATE INDEX ON c (s);
CREATE INDEX ON c USING gin (ai);
CREATE FUNCTION uses_index(filter text, params jsonb DEFAULT NULL) RETURNS boolean LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
DECLARE
    condition text := split_part(milvus.explain_filter('c', filter, params), E'\n', 1);
    value text;
    plan text := '';
    line text;
    n int := 0;
BEGIN
    FOREACH value IN ARRAY (string_to_array(milvus.explain_filter('c', filter, params), E'\n'))[2:] LOOP
        n := n + 1;
        condition := replace(condition, '$' || n, split_part(value, ' = ', 2));
    END LOOP;
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT FROM c AS t WHERE ' || condition LOOP
        plan := plan || line;
    END LOOP;
    RETURN plan LIKE '%Index Cond%';
END $$;
SELECT uses_index('i64 == 1'), uses_index('i64 > 1.5'), uses_index('1 < i64 <= 3'), uses_index('i64 in [1, 2]'), uses_index('s == "a"'),
    uses_index('s < "a"'), uses_index('s like "a%"'), uses_index('array_contains(ai, 1)'), uses_index('array_contains_any(ai, [1, 2])'), uses_index('i64 != 1');

-- long lists, deep nesting
SELECT count(*) FROM milvus.query('c', 'id in [' || (SELECT string_agg(i::text, ',') FROM generate_series(3, 100002) i) || ']');
SELECT count(*) FROM milvus.query('c', 'j["k"] in [' || (SELECT string_agg(i::text, ',') FROM generate_series(1, 100000) i) || ']');
SELECT count(*) FROM milvus.query('c', repeat('(', 150) || 'i8 == 1' || repeat(')', 150));
SELECT count(*) FROM milvus.query('c', repeat('(', 300) || 'i8 == 1' || repeat(')', 300));
SELECT count(*) FROM milvus.query('c', (SELECT string_agg('i8 == ' || i, ' or ') FROM generate_series(1, 1000) i));
SELECT count(*) FROM milvus.query('c', (SELECT string_agg('i8 == ' || i % 100, ' or ') FROM generate_series(1, 70000) i));
SELECT count(*) FROM milvus.query('c', 'id in {x}', jsonb_build_object('x', (SELECT jsonb_agg(i) FROM generate_series(1, 1000001) i)));

-- nothing that a filter holds is SQL
SELECT * FROM fs('s == "''; DROP TABLE c; --"', 's in ["'') OR true --"]', 'j["k''; DROP TABLE c; --"] == 1', 'j["\") or true --"] == 1', '$meta["''"] == 1',
    's like "''%"', 'text_match(t, "'' | \\")', 'array_contains(ai, 1) or s == "$1"');
SELECT * FROM f('s == {x''y}', '{"x''y": 1}');
SELECT * FROM f('s == {x}', '{"x": "''; DROP TABLE c; --"}');
SELECT milvus.create_collection('hostile', schema => '{"enable_dynamic_field": true, "fields": [{"name": "id", "data_type": "Int64", "is_primary": true}, {"name": "v", "data_type": "FloatVector", "dim": 2}]}',
    index_params => '[{"field_name": "v", "index_type": "FLAT", "metric_type": "L2"}]');
ALTER TABLE hostile ADD COLUMN "select" integer DEFAULT 1, ADD COLUMN "Upper" text DEFAULT 'x';
SELECT milvus.insert('hostile', '[{"id": 1, "v": [1, 2]}]')->'insert_count';
SELECT q.id FROM milvus.query('hostile', 'select == 1 and Upper == "x"') q;

-- filters of searches, deletes, iterators; plans are kept
SELECT s.id FROM milvus.search('c', '[1, 0]', topk => 2, search_params => '{"metric_type": "L2"}', filter => 'b == {x}', filter_params => '{"x": true}') s;
SELECT s.id FROM milvus.search('c', '[1, 0]', topk => 2, search_params => '{"metric_type": "L2"}', filter => 'b == {x}', filter_params => '{"x": false}') s;
SELECT entity FROM milvus.query('c', 'i8 >= 0', output_fields => '{count(*)}');
BEGIN;
SELECT milvus.query_iterator('c', 'i8 >= {x}', '{"x": 1}', output_fields => '{i8}', cursor_name => 'cur');
FETCH ALL FROM cur;
ROLLBACK;
SELECT milvus.delete('c', filter => 'i8 == {x}', filter_params => '{"x": 127}')->'delete_count';
SELECT milvus.delete('c', filter => 'i8 is null and j["k"] == true')->'delete_count';
SELECT milvus.delete('c', filter => ' ');
SELECT milvus.delete('c', '[1]', filter => 'id == 1');
SELECT milvus.delete('c', filter => 'nofield')->'delete_count';
SELECT array_agg(q.id) FROM milvus.query('c', max_rows => 10) q;

-- the caller's rights
CREATE ROLE filter_user;
GRANT USAGE ON SCHEMA filters, milvus TO filter_user;
GRANT SELECT (id, v, i8, j) ON c TO filter_user;
ALTER TABLE c ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON c USING (id <> 2);
SET ROLE filter_user;
SELECT array_agg(q.id) FROM milvus.query('c', 'i8 < 100', output_fields => '{id}') q;
SELECT array_agg(q.id) FROM milvus.query('c', 's == "abc"', output_fields => '{id}') q;
SELECT milvus.explain_filter('c', 's == "abc"');
SELECT milvus.delete('c', filter => 'i8 == 1');
RESET ROLE;

-- functions alone
SELECT milvus.json_compare('{}', '{a}', '<>', '1');
SELECT milvus.json_compare('{"a": 1}', '{a}', '<>', '1');
SELECT milvus.json_in('{"a": 1}', '{a}', '1'), milvus.json_in('{"a": 1}', '{a}', '{}');
SELECT milvus.json_exists('{"a": 1}', '{NULL}');
SELECT milvus.json_exists(NULL, '{a}'), milvus.json_exists('{"a": 1}', NULL), milvus.json_exists('1', '{}'), milvus.json_exists('null', '{}');
SELECT milvus.json_arithmetic(7, '^', 2, true);
SELECT milvus.json_arithmetic(7, '/', 2, true), milvus.json_arithmetic(7.0, '/', 2, true), milvus.json_arithmetic(7.5, '%', 2, true);
SELECT milvus.float_arithmetic(1e308::float8, '*', 10), milvus.float_arithmetic(1::float4, '/', 0);
SELECT milvus.float_arithmetic(1::float8, '%', 2);
SELECT milvus.json_contains_any('{"a": [1]}', '{a}', '1');

SET client_min_messages = warning;
DROP SCHEMA filters CASCADE;
DROP OWNED BY filter_user;
DROP ROLE filter_user;
