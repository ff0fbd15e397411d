-- bit: Hamming and Jaccard distance.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

SELECT x, outcome(x) FROM (VALUES
    ($$hamming_distance('111', '111')$$),
    ($$hamming_distance('111', '110')$$),
    ($$hamming_distance('111', '000')$$),
    ($$hamming_distance('10101010101010101', '01010101010101010')$$),
    ($$hamming_distance('', '')$$),
    ($$hamming_distance('1', '')$$),
    ($$hamming_distance('111', '00')$$),
    ($$hamming_distance('11111111', '1111111')$$),
    ($$hamming_distance(NULL, '1')$$),
    ($$'111'::bit(3) <~> '010'$$),
    ($$B'111' <~> B'00'$$),
    ($$'101'::varbit <~> '011'::varbit$$),
    ($$'101'::varbit <~> '01'::bit(2)$$),
    ($$jaccard_distance('1111', '1111')$$),
    ($$jaccard_distance('1111', '1110')$$),
    ($$jaccard_distance('1111', '1100')$$),
    ($$jaccard_distance('1111', '1000')$$),
    ($$jaccard_distance('1100', '1000')$$),
    ($$jaccard_distance('1111', '0000')$$),
    ($$jaccard_distance('1100', '0011')$$),
    ($$jaccard_distance('0000', '0000')$$),
    ($$jaccard_distance('', '')$$),
    ($$jaccard_distance('1', '')$$),
    ($$jaccard_distance('1111', '000')$$),
    ($$jaccard_distance(NULL, '1')$$),
    ($$'1111'::bit(4) <%> '1000'$$),
    ($$B'111' <%> B'00'$$),
    ($$'101'::varbit <%> '011'::varbit$$)
) v(x);

-- every length of a tail: n ones against zeros, against themselves and against one of them
SELECT n, hamming_distance(o, z) AS all_differ, hamming_distance(o, o) AS same,
    hamming_distance(o, f) AS last,
    jaccard_distance(o, o) AS j_same, jaccard_distance(o, z) AS j_none,
        abs(1 - jaccard_distance(o, f) - 1.0 / n) < 1e-12 AS j_last
    FROM (SELECT n, repeat('1', n)::varbit o, repeat('0', n)::varbit z,
        (repeat('0', n - 1) || '1')::varbit f
        FROM generate_series(1, 600) n) s
    WHERE n < 20 OR n IN (31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 575,
        576, 577, 600) ORDER BY n;

-- long values, and pseudorandom bits against a count by characters
SELECT hamming_distance(repeat('10', 50000)::varbit, repeat('01', 50000)::varbit),
    jaccard_distance(repeat('10', 50000)::varbit, repeat('11', 50000)::varbit);
SELECT count(*) AS cases,
    count(*) FILTER (WHERE a <~> b <> length(replace((a # b)::text, '0', ''))) AS hamming_wrong,
    count(*) FILTER (WHERE a <%> b <> 1 - length(replace((a & b)::text, '0',
        ''))::float8 / length(replace((a | b)::text, '0', ''))) AS jaccard_wrong
    FROM (SELECT n, string_agg(CASE WHEN n * i * 7919 % 11 < 5 THEN '1' ELSE '0' END, ''
        ORDER BY i)::varbit a,
        string_agg(CASE WHEN (n + i * i) % 7 < 4 THEN '1' ELSE '0' END, '' ORDER BY i)::varbit b
        FROM generate_series(3, 300, 3) n, generate_series(1, n) i GROUP BY n) s;

-- order by distance
CREATE TABLE bits (id int, b bit(4));
INSERT INTO bits VALUES (1, '0000'), (2, '0001'), (3, '0011'), (4, '0111'), (5, '1111'), (6, NULL);
SELECT id, b <~> '0001' AS d FROM bits ORDER BY b <~> '0001', id;
SELECT id, b <%> '0011' AS d FROM bits ORDER BY b <%> '0011', id;
SELECT x, outcome(x) FROM (VALUES ($$(SELECT count(b <~> '011') FROM bits)$$),
    ($$(SELECT count(b <%> '00110') FROM bits)$$)) v(x);
DROP TABLE bits;
