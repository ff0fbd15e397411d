-- The operator classes of hnsw: every type and distance, NULLs, zero vectors,
-- duplicates, and how many dimensions fit.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers
\set opclass :dir '/sql/include/opclass.sql'
\i :opclass

---------------------------------------------------------------- every operator class
-- The zero vector has no direction: an index of cosines leaves it out. As a
-- query it is equally far from everything, and so is NULL.
SELECT opclass, s.* FROM (VALUES
    ('vector_l2_ops', '<->'), ('vector_ip_ops', '<#>'), ('vector_cosine_ops', '<=>'),
    ('vector_l1_ops', '<+>')) w(opclass, operator),
    LATERAL search_by_index('hnsw', '', opclass, 'vector(3)', operator,
        ARRAY['[0,0,0]', '[1,2,3]', '[1,1,1]', NULL, '[3,-1,2]', '[-2,-3,1]', NULL, '[1,2,4]',
            '[0.5,7,-1]'], ARRAY['[3,3,3]', '[-1,2,1]', '[0,0,0]', NULL]) s;
SELECT opclass, s.* FROM (VALUES
    ('halfvec_l2_ops', '<->'), ('halfvec_ip_ops', '<#>'), ('halfvec_cosine_ops', '<=>'),
    ('halfvec_l1_ops', '<+>')) w(opclass, operator),
    LATERAL search_by_index('hnsw', '', opclass, 'halfvec(3)', operator,
        ARRAY['[0,0,0]', '[1,2,3]', '[1,1,1]', NULL, '[3,-1,2]', '[-2,-3,1]', NULL, '[1,2,4]',
            '[0.5,7,-1]'], ARRAY['[3,3,3]', '[-1,2,1]', '[0,0,0]', NULL]) s;
SELECT opclass, s.* FROM (VALUES
    ('sparsevec_l2_ops', '<->'), ('sparsevec_ip_ops', '<#>'), ('sparsevec_cosine_ops', '<=>'),
    ('sparsevec_l1_ops', '<+>')) w(opclass, operator),
    LATERAL search_by_index('hnsw', '', opclass, 'sparsevec(9)', operator,
        ARRAY['{}/9', '{1:1,2:2,3:3}/9', '{1:1,5:1,9:1}/9', NULL, '{1:3,2:-1,9:2}/9',
            '{4:-2,5:-3,6:1}/9', NULL, '{1:1,2:2,3:4}/9', '{7:0.5,8:7,9:-1}/9'],
        ARRAY['{1:3,2:3,3:3}/9', '{1:-1,2:2,9:1}/9', '{}/9', NULL]) s;
SELECT opclass, s.* FROM (VALUES ('bit_hamming_ops', '<~>'), ('bit_jaccard_ops', '<%>'))
    w(opclass, operator),
    LATERAL search_by_index('hnsw', '', opclass, 'bit(6)', operator,
        ARRAY['000000', '110000', '111111', NULL, '100000', '000111', NULL, '111000', '010101'],
        ARRAY['111111', '110001', '000000', NULL]) s;

-- parameters of the graph change no answer of a small one
SELECT options, s.* FROM (VALUES ('WITH (m = 2, ef_construction = 4)'),
    ('WITH (m = 100, ef_construction = 1000)'), ('WITH (quantizer = none)'),
    ('WITH (quantizer = auto)')) w(options),
    LATERAL search_by_index('hnsw', options, 'vector_l2_ops', 'vector(2)', '<->',
        (SELECT array_agg(format('[%s,%s]', i, i * i % 7)) FROM generate_series(1, 12) i),
        ARRAY['[3.3,1]', '[11,4.1]']) s;

-- values that are large, small, negative or far apart
SELECT s.* FROM search_by_index('hnsw', '', 'vector_l2_ops', 'vector(2)', '<->',
    ARRAY['[3e38,0]', '[-3e38,0]', '[1e-38,0]', '[0,1e-45]', '[1e19,1e19]', '[-0,0]'],
    ARRAY['[0,0]', '[1e19,1e19]']) s;
SELECT s.* FROM search_by_index('hnsw', '', 'halfvec_l2_ops', 'halfvec(2)', '<->',
    ARRAY['[65504,0]', '[-65504,0]', '[6e-8,0]', '[1,1]', '[300,300]'],
    ARRAY['[0,0.001]', '[65000,10]']) s;
SELECT s.* FROM search_by_index('hnsw', '', 'sparsevec_l2_ops', 'sparsevec(1000000000)', '<->',
    ARRAY['{1:1}/1000000000', '{1000000000:1}/1000000000', '{}/1000000000',
        '{1:1,1000000000:1}/1000000000', '{500000000:2}/1000000000'],
    ARRAY['{1000000000:0.75}/1000000000', '{500000000:3,1:0.125}/1000000000']) s;
SELECT s.* FROM search_by_index('hnsw', '', 'vector_l2_ops', 'vector(1)', '<->',
    ARRAY['[1]', '[2]', '[4]', '[8]'], ARRAY['[3.5]']) s;
SELECT s.* FROM search_by_index('hnsw', '', 'bit_hamming_ops', 'bit(1)', '<~>',
    ARRAY['0', '1'], ARRAY['1']) s;

---------------------------------------------------------------- duplicates
-- Equal vectors share a node of the graph, up to ten of them.
SET enable_seqscan = off;
SET client_min_messages = warning;
CREATE TABLE duplicates (id serial, v vector(3));
INSERT INTO duplicates (v) SELECT '[1,2,3]' FROM generate_series(1, 20);
CREATE INDEX duplicates_v ON duplicates USING hnsw (v vector_l2_ops);
SET hnsw.ef_search = 1;
SELECT count(*) FROM (SELECT id FROM duplicates ORDER BY v <-> '[1,2,3]') s;
INSERT INTO duplicates (v) SELECT '[1,2,3]' FROM generate_series(1, 20);
SELECT count(*) FROM (SELECT id FROM duplicates ORDER BY v <-> '[1,2,3]') s;
SET hnsw.ef_search = 3;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM duplicates ORDER BY v <-> '[1,2,3]') s;
RESET hnsw.ef_search;
DELETE FROM duplicates WHERE id % 2 = 0;
VACUUM duplicates;
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM duplicates ORDER BY v <-> '[1,2,3]') s;
INSERT INTO duplicates (v) SELECT '[1,2,3]' FROM generate_series(1, 5);
INSERT INTO duplicates (v) VALUES ('[1,2,3.5]');
SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM duplicates ORDER BY v <-> '[1,2,3]') s;
SELECT count(DISTINCT id), max(d) FROM (SELECT id, v <-> '[1,2,3]' AS d FROM duplicates
    ORDER BY v <-> '[1,2,3]' LIMIT 20) s;
SELECT v FROM duplicates ORDER BY v <-> '[1,2,4]' LIMIT 1;
SELECT * FROM vecmilvus_check_index('duplicates_v', true) WHERE severity <> 'notice';
DROP TABLE duplicates;
-- in an index of cosines, only directions count, yet lengths are kept apart
CREATE TABLE directions (id int, v vector(2));
CREATE INDEX directions_v ON directions USING hnsw (v vector_cosine_ops);
INSERT INTO directions VALUES (1, '[1,1]'), (2, '[2,2]'), (3, '[0,0]'), (4, '[1,0]'), (5, NULL);
SELECT id, d < 1e-6 AS same FROM (SELECT id, v <=> '[3,3]' AS d FROM directions
    ORDER BY v <=> '[3,3]') s ORDER BY 2 DESC, 1;
UPDATE directions SET v = '[0,0]' WHERE id = 1;
UPDATE directions SET v = '[5,5]' WHERE id = 3;
SELECT id, d < 1e-6 AS same FROM (SELECT id, v <=> '[3,3]' AS d FROM directions
    ORDER BY v <=> '[3,3]') s ORDER BY 2 DESC, 1;
SELECT * FROM vecmilvus_check_index('directions_v', true) WHERE severity <> 'notice';
DROP TABLE directions;
RESET client_min_messages;

---------------------------------------------------------------- limits
CREATE FUNCTION try_index(type text, opclass text, item text) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    built text;
    inserted text;
    found text;
BEGIN
    EXECUTE format('CREATE TABLE limits (v %s)', type);
    built := outcome_of_statement(format('CREATE INDEX ON limits USING hnsw (v %s)', opclass));
    inserted := outcome_of_statement(format('INSERT INTO limits SELECT %s FROM generate_series(1, 2)',
        item));
    EXECUTE format('DROP TABLE limits; CREATE TABLE limits (v %s); INSERT INTO limits SELECT %s
        FROM generate_series(1, 3)', type, item);
    found := outcome_of_statement(format('CREATE INDEX ON limits USING hnsw (v %s)', opclass));
    DROP TABLE limits;
    RETURN concat_ws('; ', built, inserted, 'with rows: ' || found);
END $$;
SELECT type, opclass, try_index(type, opclass, item) FROM (VALUES
    ('vector(2000)', 'vector_l2_ops', 'array_fill(0.5, ARRAY[2000])::vector'),
    ('vector(2001)', 'vector_l2_ops', 'array_fill(0.5, ARRAY[2001])::vector'),
    ('vector(16000)', 'vector_l1_ops', 'array_fill(0.5, ARRAY[16000])::vector'),
    ('vector', 'vector_l2_ops', '''[1,2]''::vector'),
    ('halfvec(4000)', 'halfvec_cosine_ops', 'array_fill(0.5, ARRAY[4000])::halfvec'),
    ('halfvec(4001)', 'halfvec_cosine_ops', 'array_fill(0.5, ARRAY[4001])::halfvec'),
    ('halfvec', 'halfvec_l2_ops', '''[1,2]''::halfvec'),
    ('bit(64000)', 'bit_hamming_ops', 'repeat(''1'', 64000)::bit(64000)'),
    ('bit(64001)', 'bit_hamming_ops', 'repeat(''1'', 64001)::bit(64001)'),
    ('bit(64000)', 'bit_jaccard_ops', 'repeat(''1'', 64000)::bit(64000)'),
    ('bit', 'bit_hamming_ops', '''1''::bit'),
    ('varbit(3)', 'bit_hamming_ops', '''1''::varbit'),
    ('varbit', 'bit_hamming_ops', '''1''::varbit'),
    ('sparsevec(1000)', 'sparsevec_l2_ops', 'array_fill(0.5, ARRAY[1000])::vector::sparsevec'),
    ('sparsevec(1001)', 'sparsevec_l2_ops', 'array_fill(0.5, ARRAY[1001])::vector::sparsevec'),
    ('sparsevec(1000000000)', 'sparsevec_ip_ops',
        '(SELECT format(''{%s}/1000000000'', string_agg(i * 1000000 || '':0.5'', '',''))::sparsevec
            FROM generate_series(1, 1000) i)'),
    ('sparsevec(1000000000)', 'sparsevec_cosine_ops',
        '(SELECT format(''{%s}/1000000000'', string_agg(i * 900000 || '':0.5'', '',''))::sparsevec
            FROM generate_series(1, 1001) i)'),
    ('sparsevec', 'sparsevec_l2_ops', '''{1:1}/3''::sparsevec')
) w(type, opclass, item);
-- an UPDATE may bring the vector that does not fit; the row stays as it was
CREATE TABLE limits (id int, v sparsevec(1001));
CREATE INDEX ON limits USING hnsw (v sparsevec_cosine_ops);
INSERT INTO limits VALUES (1, '{1:1}/1001');
SELECT outcome_of_statement('UPDATE limits SET v = array_fill(1, ARRAY[1001])::vector::sparsevec');
SELECT id, v FROM limits ORDER BY v <=> '{1:1,2:1}/1001';
DROP TABLE limits;
-- a view of the value that fits
CREATE TABLE limits (v vector(3000), bits varbit);
SELECT outcome_of_statement('CREATE INDEX ON limits USING hnsw ((v::halfvec(3000)) halfvec_l2_ops)'),
    outcome_of_statement('CREATE INDEX ON limits USING hnsw ((subvector(v, 1, 100)::vector(100)) vector_ip_ops)'),
    outcome_of_statement('CREATE INDEX ON limits USING hnsw ((subvector(v, 1, 100)) vector_ip_ops)'),
    outcome_of_statement('CREATE INDEX ON limits USING hnsw ((binary_quantize(v)::bit(3000)) bit_jaccard_ops)'),
    outcome_of_statement('CREATE INDEX ON limits USING hnsw ((bits::bit(5)) bit_hamming_ops)'),
    outcome_of_statement('CREATE INDEX ON limits USING hnsw ((v::sparsevec(3000)) sparsevec_l2_ops)');
DROP TABLE limits;
DROP FUNCTION search_by_index, try_index;
RESET enable_seqscan;
