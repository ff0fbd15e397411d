-- Operators: arithmetic, concatenation, comparison.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

---------------------------------------------------------------- vector

SELECT x, outcome(x) FROM (VALUES
    ($$'[1,2,3]'::vector + '[4,5,-6]'$$),
    ($$'[1]'::vector + '[-1]'$$),
    ($$'[3e38]'::vector + '[3e38]'$$),
    ($$'[1,-3e38]'::vector + '[1,-3e38]'$$),
    ($$'[3.4028235e38]'::vector + '[0]'$$),
    ($$'[1e-45]'::vector + '[-1e-45]'$$),
    ($$'[1,2]'::vector + '[3]'$$),
    ($$NULL::vector + '[3]'$$),
    ($$'[1,2,3]'::vector - '[4,5,-6]'$$),
    ($$'[-3e38]'::vector - '[3e38]'$$),
    ($$'[3.4028235e38]'::vector - '[3.4028235e38]'$$),
    ($$'[1,2]'::vector - '[3]'$$),
    ($$'[1,2,3]'::vector * '[4,5,-6]'$$),
    ($$'[1,0]'::vector * '[0,-1]'$$),
    ($$'[3e38]'::vector * '[2]'$$),
    ($$'[-3e38]'::vector * '[2]'$$),
    ($$'[1e-30]'::vector * '[1e-30]'$$),
    ($$'[1e-45]'::vector * '[0.5]'$$),
    ($$'[1e-45]'::vector * '[0]'$$),
    ($$'[1e-45]'::vector * '[1]'$$),
    ($$'[3e38,1e-30]'::vector * '[2,1e-30]'$$),
    ($$'[1e-30,3e38]'::vector * '[1e-30,2]'$$),
    ($$'[1,2]'::vector * '[3]'$$),
    ($$'[1,2]'::vector || '[3]'$$),
    ($$'[3]'::vector || '[1,2]'$$),
    ($$NULL::vector || '[1,2]'$$),
    ($$vector_dims(array_fill(0, ARRAY[15999])::vector || '[1]')$$),
    ($$vector_dims(array_fill(0, ARRAY[16000])::vector || '[1]')$$),
    ($$array_fill(0, ARRAY[16000])::vector || array_fill(0, ARRAY[16000])::vector$$),
    ($$array_fill(1, ARRAY[16000])::vector + array_fill(2, ARRAY[16000])::vector = array_fill(3, ARRAY[16000])::vector$$),
    ($$vector_add('[1,2]', '[3,4]')$$),
    ($$vector_sub('[1,2]', '[3,4]')$$),
    ($$vector_mul('[1,2]', '[3,4]')$$),
    ($$vector_concat('[1,2]', '[3,4]')$$),
    ($$'[1,2]'::vector / '[3,4]'$$),
    ($$- '[1,2]'::vector$$),
    ($$'[1,2]'::vector * 2$$)
) v(x);

-- every tail length of a SIMD loop
SELECT count(*) AS lengths, count(*) FILTER (WHERE a + b <> s) AS add,
    count(*) FILTER (WHERE s - b <> a) AS sub,
    count(*) FILTER (WHERE a * b <> p) AS mul,
        count(*) FILTER (WHERE (a || b)::real[] <> a::real[] || b::real[]) AS concat
    FROM (SELECT array_agg(i ORDER BY i)::vector a, array_agg(i % 7 ORDER BY i)::vector b,
        array_agg(i + i % 7 ORDER BY i)::vector s, array_agg(i * (i % 7) ORDER BY i)::vector p
        FROM generate_series(1, 140) n, generate_series(1, n) i GROUP BY n) s;

---------------------------------------------------------------- halfvec

SELECT x, outcome(x) FROM (VALUES
    ($$'[1,2,3]'::halfvec + '[4,5,-6]'$$),
    ($$'[1]'::halfvec + '[-1]'$$),
    ($$'[60000]'::halfvec + '[60000]'$$),
    ($$'[1,-60000]'::halfvec + '[1,-60000]'$$),
    ($$'[65504]'::halfvec + '[0]'$$),
    ($$'[5.9604645e-08]'::halfvec + '[-5.9604645e-08]'$$),
    ($$'[1,2]'::halfvec + '[3]'$$),
    ($$NULL::halfvec + '[3]'$$),
    ($$'[1,2,3]'::halfvec - '[4,5,-6]'$$),
    ($$'[-60000]'::halfvec - '[60000]'$$),
    ($$'[65504]'::halfvec - '[65504]'$$),
    ($$'[1,2]'::halfvec - '[3]'$$),
    ($$'[1,2,3]'::halfvec * '[4,5,-6]'$$),
    ($$'[1,0]'::halfvec * '[0,-1]'$$),
    ($$'[60000]'::halfvec * '[2]'$$),
    ($$'[-60000]'::halfvec * '[2]'$$),
    ($$'[1e-4]'::halfvec * '[1e-4]'$$),
    ($$'[5.9604645e-08]'::halfvec * '[0.5]'$$),
    ($$'[5.9604645e-08]'::halfvec * '[0]'$$),
    ($$'[5.9604645e-08]'::halfvec * '[1]'$$),
    ($$'[60000,1e-4]'::halfvec * '[2,1e-4]'$$),
    ($$'[1e-4,60000]'::halfvec * '[1e-4,2]'$$),
    ($$'[1,2]'::halfvec * '[3]'$$),
    ($$'[1,2]'::halfvec || '[3]'$$),
    ($$'[3]'::halfvec || '[1,2]'$$),
    ($$NULL::halfvec || '[1,2]'$$),
    ($$vector_dims(array_fill(0, ARRAY[15999])::halfvec || '[1]')$$),
    ($$vector_dims(array_fill(0, ARRAY[16000])::halfvec || '[1]')$$),
    ($$array_fill(0, ARRAY[16000])::halfvec || array_fill(0, ARRAY[16000])::halfvec$$),
    ($$array_fill(1, ARRAY[16000])::halfvec + array_fill(2, ARRAY[16000])::halfvec = array_fill(3, ARRAY[16000])::halfvec$$),
    ($$halfvec_add('[1,2]', '[3,4]')$$),
    ($$halfvec_sub('[1,2]', '[3,4]')$$),
    ($$halfvec_mul('[1,2]', '[3,4]')$$),
    ($$halfvec_concat('[1,2]', '[3,4]')$$),
    ($$'[1,2]'::halfvec / '[3,4]'$$),
    ($$- '[1,2]'::halfvec$$),
    ($$'[1,2]'::halfvec * 2$$)
) v(x);

-- every tail length of a SIMD loop
SELECT count(*) AS lengths, count(*) FILTER (WHERE a + b <> s) AS add,
    count(*) FILTER (WHERE s - b <> a) AS sub,
    count(*) FILTER (WHERE a * b <> p) AS mul,
        count(*) FILTER (WHERE (a || b)::real[] <> a::real[] || b::real[]) AS concat
    FROM (SELECT array_agg(i ORDER BY i)::halfvec a, array_agg(i % 7 ORDER BY i)::halfvec b,
        array_agg(i + i % 7 ORDER BY i)::halfvec s, array_agg(i * (i % 7) ORDER BY i)::halfvec p
        FROM generate_series(1, 140) n, generate_series(1, n) i GROUP BY n) s;

---------------------------------------------------------------- sparsevec has no arithmetic

SELECT x, outcome(x) FROM (VALUES
    ($$'{1:1}/2'::sparsevec + '{1:1}/2'$$),
    ($$'{1:1}/2'::sparsevec - '{1:1}/2'$$),
    ($$'{1:1}/2'::sparsevec * '{1:1}/2'$$),
    ($$'{1:1}/2'::sparsevec || '{1:1}/2'$$)
) v(x);

---------------------------------------------------------------- comparison

-- vector: element by element, then the shorter first; operators and functions agree
CREATE TEMP TABLE compare_vector AS SELECT t::vector v FROM (VALUES
    ('[0]'), ('[-0]'), ('[1]'), ('[1,0]'), ('[1,2]'), ('[1,-2]'), ('[0,1]'), ('[0,-1]'),
    ('[-1,5]'), ('[1,2,0]'), ('[1,1,9]')) s(t);
SELECT v FROM compare_vector ORDER BY v, v::text COLLATE "C";
SELECT vector_cmp(a.v, b.v) AS cmp, count(*),
    count(*) FILTER (WHERE a.v < b.v) AS "<", count(*) FILTER (WHERE a.v <= b.v) AS "<=",
    count(*) FILTER (WHERE a.v = b.v) AS "=", count(*) FILTER (WHERE a.v <> b.v) AS "<>",
    count(*) FILTER (WHERE a.v >= b.v) AS ">=", count(*) FILTER (WHERE a.v > b.v) AS ">",
    count(*) FILTER (WHERE vector_cmp(b.v, a.v) <> -vector_cmp(a.v, b.v)) AS asymmetric
    FROM compare_vector a, compare_vector b GROUP BY 1 ORDER BY 1;
SELECT vector_cmp(a.v, b.v) AS cmp, vector_lt(a.v, b.v) AS lt, vector_le(a.v, b.v) AS le,
    vector_eq(a.v, b.v) AS eq,
    vector_ne(a.v, b.v) AS ne, vector_ge(a.v, b.v) AS ge, vector_gt(a.v, b.v) AS gt
    FROM compare_vector a, compare_vector b GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1;
SELECT NULL::vector = NULL::vector AS "=", NULL::vector < NULL::vector AS "<";

-- halfvec: element by element, then the shorter first; operators and functions agree
CREATE TEMP TABLE compare_halfvec AS SELECT t::halfvec v FROM (VALUES
    ('[0]'), ('[-0]'), ('[1]'), ('[1,0]'), ('[1,2]'), ('[1,-2]'), ('[0,1]'), ('[0,-1]'),
    ('[-1,5]'), ('[1,2,0]'), ('[1,1,9]')) s(t);
SELECT v FROM compare_halfvec ORDER BY v, v::text COLLATE "C";
SELECT halfvec_cmp(a.v, b.v) AS cmp, count(*),
    count(*) FILTER (WHERE a.v < b.v) AS "<", count(*) FILTER (WHERE a.v <= b.v) AS "<=",
    count(*) FILTER (WHERE a.v = b.v) AS "=", count(*) FILTER (WHERE a.v <> b.v) AS "<>",
    count(*) FILTER (WHERE a.v >= b.v) AS ">=", count(*) FILTER (WHERE a.v > b.v) AS ">",
    count(*) FILTER (WHERE halfvec_cmp(b.v, a.v) <> -halfvec_cmp(a.v, b.v)) AS asymmetric
    FROM compare_halfvec a, compare_halfvec b GROUP BY 1 ORDER BY 1;
SELECT halfvec_cmp(a.v, b.v) AS cmp, halfvec_lt(a.v, b.v) AS lt, halfvec_le(a.v, b.v) AS le,
    halfvec_eq(a.v, b.v) AS eq,
    halfvec_ne(a.v, b.v) AS ne, halfvec_ge(a.v, b.v) AS ge, halfvec_gt(a.v, b.v) AS gt
    FROM compare_halfvec a, compare_halfvec b GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1;
SELECT NULL::halfvec = NULL::halfvec AS "=", NULL::halfvec < NULL::halfvec AS "<";

-- sparsevec: element by element, then the shorter first; operators and functions agree
CREATE TEMP TABLE compare_sparsevec AS SELECT t::sparsevec v FROM (VALUES
    ('{}/1'), ('{}/2'), ('{1:1}/1'), ('{1:1}/2'), ('{1:1,2:1}/2'), ('{1:1,2:-1}/2'), ('{2:1}/2'),
    ('{2:-1}/2'), ('{1:1,3:1}/3'), ('{3:-1}/3'), ('{1:-1}/3')) s(t);
SELECT v FROM compare_sparsevec ORDER BY v, v::text COLLATE "C";
SELECT sparsevec_cmp(a.v, b.v) AS cmp, count(*),
    count(*) FILTER (WHERE a.v < b.v) AS "<", count(*) FILTER (WHERE a.v <= b.v) AS "<=",
    count(*) FILTER (WHERE a.v = b.v) AS "=", count(*) FILTER (WHERE a.v <> b.v) AS "<>",
    count(*) FILTER (WHERE a.v >= b.v) AS ">=", count(*) FILTER (WHERE a.v > b.v) AS ">",
    count(*) FILTER (WHERE sparsevec_cmp(b.v, a.v) <> -sparsevec_cmp(a.v, b.v)) AS asymmetric
    FROM compare_sparsevec a, compare_sparsevec b GROUP BY 1 ORDER BY 1;
SELECT sparsevec_cmp(a.v, b.v) AS cmp, sparsevec_lt(a.v, b.v) AS lt, sparsevec_le(a.v, b.v) AS le,
    sparsevec_eq(a.v, b.v) AS eq,
    sparsevec_ne(a.v, b.v) AS ne, sparsevec_ge(a.v, b.v) AS ge, sparsevec_gt(a.v, b.v) AS gt
    FROM compare_sparsevec a, compare_sparsevec b GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1;
SELECT NULL::sparsevec = NULL::sparsevec AS "=", NULL::sparsevec < NULL::sparsevec AS "<";

-- a difference at every position
SELECT count(*) AS cases,
    count(*) FILTER (WHERE NOT (a::vector < b::vector AND a::vector <> b::vector
        AND b::vector > a::vector)) AS vector,
    count(*) FILTER (WHERE NOT (a::halfvec < b::halfvec AND a::halfvec <> b::halfvec
        AND b::halfvec > a::halfvec)) AS halfvec,
    count(*) FILTER (WHERE NOT (a::sparsevec < b::sparsevec AND a::sparsevec <> b::sparsevec
        AND b::sparsevec > a::sparsevec)) AS sparsevec
    FROM (SELECT n, array_agg(CASE WHEN i % 4 = 0 THEN 0 ELSE i % 5 - 2 END ORDER BY i) a,
        array_agg(CASE WHEN i % 4 = 0 THEN 0 ELSE i % 5 - 2 END
            + CASE WHEN i = n THEN 1 WHEN i > n THEN -1 ELSE 0 END ORDER BY i) b
        FROM generate_series(1, 40) n, generate_series(1, 40) i GROUP BY n) s;
