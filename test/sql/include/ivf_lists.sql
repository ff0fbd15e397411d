-- Lists and probes, for one access method (the variable am) of the two that
-- have lists. Groups of vectors lie so far apart that each is a list.
SET client_min_messages = warning;
SET enable_seqscan = off;
CREATE TABLE lists (id int, v vector(2));
INSERT INTO lists SELECT g * 100 + i, ARRAY[g * 10000 + i, i % 5]
    FROM generate_series(0, 3) g, generate_series(1, 20) i;
CREATE INDEX lists_v ON lists USING :am (v vector_l2_ops) WITH (lists = 4);

---------------------------------------------------------------- probes
SELECT count(*), min(id), max(id) FROM (SELECT id FROM lists ORDER BY v <-> '[3.1,0]') s;
SELECT count(*), min(id), max(id) FROM (SELECT id FROM lists ORDER BY v <-> '[30000,0]') s;
SELECT id FROM lists ORDER BY v <-> '[10003.1,3]' LIMIT 3;
SET ivfflat.probes = 2;
SELECT count(*), min(id), max(id) FROM (SELECT id FROM lists ORDER BY v <-> '[3.1,0]') s;
SET ivfflat.probes = 3;
SELECT count(*), min(id), max(id) FROM (SELECT id FROM lists ORDER BY v <-> '[3.1,0]') s;
SET ivfflat.probes = 4;
SELECT count(*), min(id), max(id) FROM (SELECT id FROM lists ORDER BY v <-> '[3.1,0]') s;
SET ivfflat.probes = 32768;
SELECT count(*), min(id), max(id) FROM (SELECT id FROM lists ORDER BY v <-> '[3.1,0]') s;
-- all lists: exact, and in order
SELECT count(*), count(*) FILTER (WHERE d < before) AS out_of_order FROM
    (SELECT d, lag(d) OVER (ORDER BY n) AS before FROM
    (SELECT d, row_number() OVER () AS n FROM
    (SELECT v <-> '[15000,1]' AS d FROM lists ORDER BY v <-> '[15000,1]') a) b) c;
SELECT id FROM lists ORDER BY v <-> '[15000,1]' LIMIT 3;
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> (SELECT NULL::vector)) s;
RESET ivfflat.probes;
-- NULL is as far from one list as from the next: it finds every row
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> (SELECT NULL::vector)) s;
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[3.1,0]' LIMIT 50) s;
-- read when the first row is fetched
CREATE FUNCTION fetch_all(cursor refcursor) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    MOVE FORWARD ALL FROM cursor;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
BEGIN;
DECLARE early CURSOR FOR SELECT id FROM lists ORDER BY v <-> '[3.1,0]';
FETCH 1 FROM early;
SET LOCAL ivfflat.probes = 4;
SELECT fetch_all('early');
DECLARE late CURSOR FOR SELECT id FROM lists ORDER BY v <-> '[3.1,0]';
SET LOCAL ivfflat.probes = 1;
SELECT fetch_all('late');
ROLLBACK;
DROP FUNCTION fetch_all;

---------------------------------------------------------------- filters and iterative scans
SELECT count(*) FROM (SELECT id FROM lists WHERE id > 300 ORDER BY v <-> '[3.1,0]' LIMIT 5) s;
SET ivfflat.iterative_scan = relaxed_order;
SELECT id FROM lists WHERE id > 300 ORDER BY v <-> '[3.1,0]' LIMIT 5;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM lists ORDER BY v <-> '[3.1,0]') s;
-- what a list holds comes in order
SELECT g, count(*), count(*) FILTER (WHERE d < before) AS out_of_order FROM
    (SELECT g, d, lag(d) OVER (PARTITION BY g ORDER BY n) AS before FROM
    (SELECT id / 100 AS g, d, row_number() OVER () AS n FROM
    (SELECT id, v <-> '[3.1,0]' AS d FROM lists ORDER BY v <-> '[3.1,0]') a) b) c
    GROUP BY g ORDER BY g;
SELECT n, outcome_of_statement('SET ivfflat.max_probes = ' || n) AS set,
    outcome('SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> ''[3.1,0]'') s') AS rows
    FROM generate_series(1, 5) n;
-- the maximum is at least the number of probes, which go together
SET ivfflat.probes = 3;
SELECT n, outcome_of_statement('SET ivfflat.max_probes = ' || n) AS set,
    outcome('SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> ''[3.1,0]'') s') AS rows
    FROM generate_series(1, 5) n;
RESET ivfflat.max_probes;
RESET ivfflat.probes;
SELECT count(*) FROM (SELECT id FROM lists WHERE id > 400 ORDER BY v <-> '[3.1,0]' LIMIT 5) s;
SELECT q, (SELECT array_agg(id) FROM (SELECT id FROM lists WHERE id < 100 ORDER BY v <-> q LIMIT 2)
    s) FROM (VALUES ('[20000,1]'::vector), ('[3.1,3]'), ('[30005,1]')) w(q);
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> (SELECT NULL::vector)) s;
RESET ivfflat.iterative_scan;

---------------------------------------------------------------- lists that fill and empty
-- a vector goes to the list that is nearest when it comes; lists stay where they are
INSERT INTO lists VALUES (501, '[40000,0]'), (502, '[-5000,0]'), (503, NULL);
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[30000,0]') s;
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[-5000,0]') s;
SELECT id FROM lists ORDER BY v <-> '[40000,0]' LIMIT 1;
DELETE FROM lists WHERE id BETWEEN 100 AND 199;
VACUUM lists;
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[10000,0]') s;
INSERT INTO lists VALUES (110, '[10001,1]');
SELECT id FROM lists ORDER BY v <-> '[10000,0]';
INSERT INTO lists SELECT 1000 + i, ARRAY[10000 + i % 100, 0.5] FROM generate_series(1, 2000) i;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM lists ORDER BY v <-> '[10000,0]') s;
SELECT count(DISTINCT id), min(d), max(d) FROM (SELECT id, v <-> '[10050,0.5]' AS d FROM lists
    ORDER BY v <-> '[10050,0.5]' LIMIT 20) s;
DELETE FROM lists WHERE id BETWEEN 1000 AND 2900;
VACUUM lists;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM lists ORDER BY v <-> '[10000,0]') s;
SELECT * FROM vecmilvus_check_index('lists_v', true) WHERE severity <> 'notice';
REINDEX INDEX lists_v;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM lists ORDER BY v <-> '[10000,0]') s;
DROP TABLE lists;

-- one value many times, more lists than values, an index on an empty table
CREATE TABLE lists (id int, v vector(2));
CREATE INDEX lists_v ON lists USING :am (v vector_l2_ops) WITH (lists = 10);
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[1,1]') s;
SET ivfflat.probes = 10;
INSERT INTO lists SELECT i, '[1,1]' FROM generate_series(1, 50) i;
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[1,1]') s;
REINDEX INDEX lists_v;
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[1,1]') s;
INSERT INTO lists SELECT i, '[2,2]' FROM generate_series(51, 60) i;
REINDEX INDEX lists_v;
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[1.1,1]') s;
SELECT count(*) FILTER (WHERE id <= 50) AS near FROM (SELECT id FROM lists ORDER BY v <-> '[1.1,1]'
    LIMIT 50) s;
UPDATE lists SET v = NULL;
REINDEX INDEX lists_v;
SELECT * FROM vecmilvus_check_index('lists_v', true) WHERE severity <> 'notice';
SELECT count(*) FROM (SELECT id FROM lists ORDER BY v <-> '[1,1]') s;
RESET ivfflat.probes;
DROP TABLE lists;

---------------------------------------------------------------- every operator class
SET ivfflat.probes = 2;
SELECT opclass, s.* FROM (VALUES
    ('vector_l2_ops', '<->'), ('vector_ip_ops', '<#>'), ('vector_cosine_ops', '<=>'))
    w(opclass, operator),
    LATERAL search_by_index(:'am', 'WITH (lists = 2)', opclass, 'vector(3)', operator,
        ARRAY['[0,0,0]', '[1,2,3]', '[1,1,1]', NULL, '[3,-1,2]', '[-2,-3,1]', NULL, '[1,2,4]',
            '[0.5,7,-1]'], ARRAY['[3,3,3]', '[-1,2,1]', '[0,0,0]', NULL]) s;
SELECT opclass, s.* FROM (VALUES
    ('halfvec_l2_ops', '<->'), ('halfvec_ip_ops', '<#>'), ('halfvec_cosine_ops', '<=>'))
    w(opclass, operator),
    LATERAL search_by_index(:'am', 'WITH (lists = 2)', opclass, 'halfvec(3)', operator,
        ARRAY['[0,0,0]', '[1,2,3]', '[1,1,1]', NULL, '[3,-1,2]', '[-2,-3,1]', NULL, '[1,2,4]',
            '[0.5,7,-1]'], ARRAY['[3,3,3]', '[-1,2,1]', '[0,0,0]', NULL]) s;
SELECT s.* FROM search_by_index(:'am', 'WITH (lists = 2)', 'bit_hamming_ops', 'bit(6)', '<~>',
        ARRAY['000000', '110000', '111111', NULL, '100000', '000111', NULL, '111000', '010101'],
        ARRAY['111111', '110001', '000000', NULL]) s;
SELECT s.* FROM search_by_index(:'am', 'WITH (lists = 2)', 'vector_l2_ops', 'vector(2)', '<->',
    ARRAY['[3e38,0]', '[-3e38,0]', '[1e-38,0]', '[0,1e-45]', '[1e19,1e19]', '[-0,0]'],
    ARRAY['[0,0]', '[1e19,1e19]']) s;
SELECT s.* FROM search_by_index(:'am', 'WITH (lists = 2)', 'halfvec_l2_ops', 'halfvec(2)', '<->',
    ARRAY['[65504,0]', '[-65504,0]', '[6e-8,0]', '[1,1]', '[300,300]'],
    ARRAY['[0,0.001]', '[65000,10]']) s;
SELECT s.* FROM search_by_index(:'am', 'WITH (lists = 2)', 'vector_l2_ops', 'vector(1)', '<->',
    ARRAY['[1]', '[2]', '[4]', '[8]'], ARRAY['[3.5]']) s;
RESET ivfflat.probes;
RESET enable_seqscan;
RESET client_min_messages;
