-- Setting vecmilvus.simd: values, errors, and the same results at every level.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

-- The library defines its settings when it is loaded.
SELECT '[1]'::vector;
SHOW vecmilvus.simd;
SELECT name, setting, unit, context, vartype, min_val, max_val, enumvals, boot_val, reset_val
    FROM pg_settings WHERE name = 'vecmilvus.simd';
SELECT name, context, vartype FROM pg_settings
    WHERE name ~ '^vecmilvus[.]simd' ORDER BY name COLLATE "C";
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$SET vecmilvus.simd = 'sse9'$$),
    ($$SET vecmilvus.simd = ''$$),
    ($$SET vecmilvus.simd = 1$$),
    ($$SET vecmilvus.simd_in_use = 'scalar'$$),
    ($$SET vecmilvus.no_such_setting = 1$$),
    ($$SET vecmilvus.simd = 'scalar'$$),
    ($$SET vecmilvus.simd = AUTO$$)
) v(x);

SET vecmilvus.simd = scalar;
SHOW vecmilvus.simd;
SHOW vecmilvus.simd_in_use;
BEGIN;
SET LOCAL vecmilvus.simd = auto;
SHOW vecmilvus.simd;
ROLLBACK;
SHOW vecmilvus.simd_in_use;
RESET vecmilvus.simd;
SHOW vecmilvus.simd;
SELECT current_setting('vecmilvus.simd_in_use') IN ('scalar', 'avx2', 'avx512', 'neon') AS known;

-- Every level that this processor has must agree with scalar: floats within 1e-5
-- of the size of the sum's terms, everything else exactly.
CREATE FUNCTION simd_value(kind int) RETURNS float8 LANGUAGE sql VOLATILE AS $$
    SELECT CASE kind WHEN 1 THEN (random() - 0.5) * 4 WHEN 2 THEN round((random() - 0.5) * 200)
        ELSE random() END $$;
CREATE TABLE simd_rows AS
    SELECT n, c,
        array_agg(simd_value(c))::vector AS a,
        array_agg(simd_value(c))::vector AS b,
        string_agg((random() > 0.5)::int::text, '')::varbit AS p,
            string_agg((random() > 0.5)::int::text, '')::varbit AS q
    FROM unnest(ARRAY[1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 63, 64, 65, 96,
        100, 127, 128, 129, 255, 256, 257, 384, 500, 768, 1000, 1536, 2000]) n,
         generate_series(1, 3) c, generate_series(1, n) i GROUP BY n, c;
CREATE FUNCTION simd_results(level text) RETURNS TABLE (n int, c int, what text, value float8,
    scale float8, exact text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('vecmilvus.simd', level, true);
    IF level <> 'auto' AND current_setting('vecmilvus.simd_in_use') <> level THEN
        RAISE EXCEPTION 'level % is not in use', level;
    END IF;
    RETURN QUERY
    SELECT r.n, r.c, w.what, w.value, w.scale, w.exact
    FROM (SELECT s.*, s.a::halfvec AS ha, s.b::halfvec AS hb, vector_norm(s.a) AS na,
        vector_norm(s.b) AS nb FROM simd_rows s) r,
    LATERAL (VALUES
        ('vector l2', r.a <-> r.b, r.a <-> r.b, ''),
        ('vector l2 squared', vector_l2_squared_distance(r.a, r.b),
            vector_l2_squared_distance(r.a, r.b), ''),
        ('vector ip', r.a <#> r.b, r.na * r.nb, ''),
        ('vector inner_product', inner_product(r.a, r.b), r.na * r.nb, ''),
        ('vector cosine', r.a <=> r.b, 1, ''),
        ('vector l1', r.a <+> r.b, r.a <+> r.b, ''),
        ('vector spherical', vector_spherical_distance(l2_normalize(r.a), l2_normalize(r.b)), 30,
            ''),
        ('vector norm', r.na, r.na, ''),
        ('halfvec l2', r.ha <-> r.hb, r.ha <-> r.hb, ''),
        ('halfvec l2 squared', halfvec_l2_squared_distance(r.ha, r.hb),
            halfvec_l2_squared_distance(r.ha, r.hb), ''),
        ('halfvec ip', r.ha <#> r.hb, r.na * r.nb, ''),
        ('halfvec inner_product', inner_product(r.ha, r.hb), r.na * r.nb, ''),
        ('halfvec cosine', r.ha <=> r.hb, 1, ''),
        ('halfvec l1', r.ha <+> r.hb, r.ha <+> r.hb, ''),
        ('halfvec norm', l2_norm(r.ha), l2_norm(r.ha), ''),
        ('sparsevec l2', r.a::sparsevec <-> r.b::sparsevec, r.a <-> r.b, ''),
        ('sparsevec ip', r.a::sparsevec <#> r.b::sparsevec, r.na * r.nb, ''),
        ('sparsevec cosine', r.a::sparsevec <=> r.b::sparsevec, 1, ''),
        ('sparsevec l1', r.a::sparsevec <+> r.b::sparsevec, r.a <+> r.b, ''),
        ('hamming', r.p <~> r.q, 0, ''),
        ('jaccard', r.p <%> r.q, 1e-10, ''),
        ('quantize', 0, 0, binary_quantize(r.a)::text || binary_quantize(r.ha)::text),
        ('to halfvec', 0, 0, r.a::halfvec::text),
        ('to vector', 0, 0, r.ha::vector::text),
        ('arithmetic', 0, 0,
            md5((r.a + r.b)::text || (r.a - r.b)::text || (r.ha + r.hb)::text
                || (r.ha - r.hb)::text)),
        ('integers', CASE WHEN r.c = 2 AND r.n < 400 THEN vector_l2_squared_distance(r.a, r.b) END,
            0, CASE WHEN r.c = 2 AND r.n < 400 THEN (r.a <#> r.b)::text || (r.ha <#> r.hb) END)
    ) w(what, value, scale, exact);
END $$;
CREATE TABLE simd_scalar AS SELECT * FROM simd_results('scalar');
CREATE TABLE simd_auto AS SELECT * FROM simd_results('auto');
SELECT count(*) AS results,
    count(*) FILTER (WHERE abs(s.value - a.value) > 1e-5 * a.scale) AS differ,
    count(*) FILTER (WHERE s.exact <> a.exact) AS differ_exactly,
    count(*) FILTER (WHERE (s.value IS NULL) <> (a.value IS NULL)
        OR (s.value = 'NaN') <> (a.value = 'NaN')) AS differ_in_kind
    FROM simd_scalar s JOIN simd_auto a USING (n, c, what);
SELECT what, n, c, s.value, a.value AS auto FROM simd_scalar s JOIN simd_auto a USING (n, c, what)
    WHERE abs(s.value - a.value) > 1e-5 * a.scale OR s.exact <> a.exact
        ORDER BY what, n, c LIMIT 20;
-- levels that this processor lacks are refused, the others agree
CREATE FUNCTION simd_level_differs(level text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) FROM simd_results(level) a JOIN simd_scalar s USING (n, c, what)
            WHERE abs(s.value - a.value) > 1e-5 * a.scale OR s.exact <> a.exact);
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 0;
END $$;
SELECT sum(simd_level_differs(level)) AS differ
    FROM unnest(ARRAY['auto', 'scalar', 'avx2', 'avx512', 'neon']) level;
SHOW vecmilvus.simd;
DROP FUNCTION simd_value, simd_results, simd_level_differs;
DROP TABLE simd_rows, simd_scalar, simd_auto;
