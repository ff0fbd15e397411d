-- TOASTed, compressed and short-header values; exact search against brute force.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

-- Integers from -10 to 10: float4 sums stay exact, so distances can be compared
-- with a computation on arrays in double precision to the last bit.
CREATE FUNCTION test_array(seed int, n int) RETURNS float8[] LANGUAGE sql IMMUTABLE AS
    $$ SELECT array_agg((seed * 7919 + i * 10473 + seed * i % 1000 * 31) % 21 - 10
        ORDER BY i)::float8[] FROM generate_series(1, n) i $$;
CREATE TABLE toast_rows (id int, v vector, h halfvec, s sparsevec, a float8[]);
INSERT INTO toast_rows SELECT i, a, a, a, a FROM generate_series(1, 60) i, test_array(i, 1536) a;
INSERT INTO toast_rows SELECT i, a, a, a, a FROM generate_series(61, 66) i, test_array(i, 16000) a;
INSERT INTO toast_rows SELECT i, a, a, a, a FROM generate_series(67, 69) i, test_array(i, 3) a;

-- stored out of line, uncompressed
SELECT pg_relation_size(reltoastrelid) > 0 AS toasted
    FROM pg_class WHERE oid = 'toast_rows'::regclass;
SELECT vector_dims(v) AS dims, count(*), min(pg_column_size(v)) AS vector,
    min(pg_column_size(h)) AS halfvec,
    count(pg_column_compression(v)) + count(pg_column_compression(h))
        + count(pg_column_compression(s)) AS compressed
    FROM toast_rows GROUP BY 1 ORDER BY 1;

-- every function sees whole values
SELECT vector_dims(v) AS dims, count(*),
    count(*) FILTER (WHERE v::real[]::float8[] <> a) AS vector_differ,
    count(*) FILTER (WHERE h::real[]::float8[] <> a) AS halfvec_differ,
    count(*) FILTER (WHERE s::vector::real[]::float8[] <> a) AS sparsevec_differ,
    count(*) FILTER (WHERE v::text::vector <> v OR h::text::halfvec <> h
        OR s::text::sparsevec <> s) AS text_differ,
    count(*) FILTER (WHERE vector_dims(v || v) <> 2 * vector_dims(v)) AS concat_differ
    FROM toast_rows WHERE vector_dims(v) <= 8000 GROUP BY 1 ORDER BY 1;
SELECT
    count(*) FILTER (WHERE subvector(v, 1500, 30)::real[]::float8[] <> a[1500:1529]) AS subvector,
    count(*) FILTER (WHERE v + v <> (SELECT array_agg(2 * x ORDER BY n)
        FROM unnest(a) WITH ORDINALITY u(x, n))::vector) AS add,
    count(*) FILTER (WHERE vector_norm(v) <> sqrt((SELECT sum(x * x) FROM unnest(a) x))) AS norm,
    count(*) FILTER (WHERE binary_quantize(v)::text <> (SELECT string_agg((x > 0)::int::text, ''
        ORDER BY n) FROM unnest(a) WITH ORDINALITY u(x, n))) AS quantize
    FROM toast_rows WHERE vector_dims(v) >= 1536;

-- exact search: ORDER BY distance LIMIT k against brute force over arrays
CREATE FUNCTION array_l2(a float8[], b float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT sqrt(sum((x - y) ^ 2)) FROM unnest(a, b) u(x, y) $$;
CREATE FUNCTION array_ip(a float8[], b float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT sum(x * y) FROM unnest(a, b) u(x, y) $$;
CREATE FUNCTION array_l1(a float8[], b float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    $$ SELECT sum(abs(x - y)) FROM unnest(a, b) u(x, y) $$;
CREATE TABLE toast_queries AS SELECT q, n, test_array(1000 + q, n) AS a
    FROM (VALUES (1, 1536), (2, 1536), (3, 16000), (4, 3)) v(q, n);
SELECT q, n, count(*) AS rows,
    count(*) FILTER (WHERE t.v <-> c.a::vector <> array_l2(t.a, c.a)
        OR t.h <-> c.a::halfvec <> array_l2(t.a, c.a)
        OR t.s <-> c.a::sparsevec <> array_l2(t.a, c.a)) AS l2,
    count(*) FILTER (WHERE t.v <#> c.a::vector <> -array_ip(t.a, c.a)
        OR t.h <#> c.a::halfvec <> -array_ip(t.a, c.a)
        OR t.s <#> c.a::sparsevec <> -array_ip(t.a, c.a)) AS ip,
    count(*) FILTER (WHERE t.v <+> c.a::vector <> array_l1(t.a, c.a)
        OR t.h <+> c.a::halfvec <> array_l1(t.a, c.a)
        OR t.s <+> c.a::sparsevec <> array_l1(t.a, c.a)) AS l1,
    count(*) FILTER (WHERE abs((t.v <=> c.a::vector) - (1 - array_ip(t.a, c.a)
        / sqrt(array_ip(t.a, t.a) * array_ip(c.a, c.a)))) > 1e-12) AS cosine
    FROM toast_queries c JOIN toast_rows t ON cardinality(t.a) = c.n GROUP BY q, n ORDER BY q;
SELECT q, (SELECT array_agg(id) FROM (SELECT id FROM toast_rows
    WHERE vector_dims(v) = c.n ORDER BY v <-> c.a::vector, id LIMIT 5) s) AS vector,
    (SELECT array_agg(id) FROM (SELECT id FROM toast_rows
        WHERE vector_dims(v) = c.n ORDER BY h <-> c.a::halfvec, id LIMIT 5) s)
    = (SELECT array_agg(id) FROM (SELECT id FROM toast_rows
        WHERE vector_dims(v) = c.n ORDER BY array_l2(a, c.a), id LIMIT 5) s) AS halfvec,
    (SELECT array_agg(id) FROM (SELECT id FROM toast_rows
        WHERE vector_dims(v) = c.n ORDER BY v <-> c.a::vector, id LIMIT 5) s)
    = (SELECT array_agg(id) FROM (SELECT id FROM toast_rows
        WHERE vector_dims(v) = c.n ORDER BY array_l2(a, c.a), id LIMIT 5) s) AS same,
    (SELECT array_agg(id) FROM (SELECT id FROM toast_rows
        WHERE vector_dims(v) = c.n ORDER BY v <#> c.a::vector, id LIMIT 5) s)
    = (SELECT array_agg(id) FROM (SELECT id FROM toast_rows
        WHERE vector_dims(v) = c.n ORDER BY -array_ip(a, c.a), id LIMIT 5) s) AS same_ip
    FROM toast_queries c ORDER BY q;

-- the other storage strategies: compressed, compressed in line, plain
CREATE TABLE toast_storage (k text, id int, v vector, s sparsevec);
ALTER TABLE toast_storage ALTER v SET STORAGE EXTENDED, ALTER s SET STORAGE EXTENDED;
INSERT INTO toast_storage SELECT 'extended', i, array_fill(i, ARRAY[1536]),
    array_fill(i, ARRAY[1536]) FROM generate_series(1, 5) i;
ALTER TABLE toast_storage ALTER v SET STORAGE MAIN, ALTER s SET STORAGE MAIN;
INSERT INTO toast_storage SELECT 'main', i, array_fill(i, ARRAY[1536]), array_fill(i, ARRAY[1536])
    FROM generate_series(1, 5) i;
ALTER TABLE toast_storage ALTER v SET STORAGE PLAIN, ALTER s SET STORAGE EXTERNAL;
INSERT INTO toast_storage SELECT 'plain', i, array_fill(i, ARRAY[200]), '{}/200'
    FROM generate_series(1, 5) i;
SELECT k, count(pg_column_compression(v)) AS compressed, count(DISTINCT v) AS distinct_values,
    sum(vector_dims(v)) AS dims,
    sum(v <-> v) AS self, min(v <-> array_fill(0,
        ARRAY[vector_dims(v)])::vector) = sqrt(min(vector_dims(v))) AS first,
    sum(l2_distance(s::vector, v)) AS sparse
    FROM toast_storage GROUP BY k ORDER BY k;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$INSERT INTO toast_storage (v) VALUES (array_fill(1, ARRAY[2100]))$$)
) v(x);

-- short headers: small values lie unaligned behind a one-byte header
CREATE TABLE toast_short (pad "char", v vector, h halfvec, s sparsevec);
INSERT INTO toast_short VALUES
    ('x', '[1,-2]', '[1,-2,3]', '{2:-2}/2'), ('y', '[3,4]', '[0,0,1]', '{}/2'),
    ('z', array_fill(1, ARRAY[29])::vector, array_fill(1, ARRAY[59])::halfvec, '{1:1}/9'),
    ('t', array_fill(1, ARRAY[30])::vector, array_fill(1, ARRAY[60])::halfvec, '{1:1}/9');
SELECT pad, pg_column_size(v) AS v, pg_column_size(h) AS h, pg_column_size(s) AS s,
    vector_norm(v) ^ 2 < 31 AS norm,
    v = v::text::vector AND h = h::text::halfvec AND s = s::text::sparsevec AS same,
        v <-> v AS self, h <#> h AS ip, s <-> s AS sparse
    FROM toast_short ORDER BY pad;
SELECT pad, v + v AS add, v <-> '[1,1]' AS l2, h::vector - h AS zero, s::vector
    FROM toast_short WHERE pad IN ('x', 'y') ORDER BY pad;
DROP TABLE toast_rows, toast_queries, toast_storage, toast_short;
DROP FUNCTION test_array, array_l2, array_ip, array_l1;
