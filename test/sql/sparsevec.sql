-- sparsevec: text input and output, order and duplicates of indices, limits.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

-- accepted literals; output is in index order and without zeros
SELECT x, outcome(format('%s::sparsevec', x)) FROM (VALUES
    ($$'{1:1.5,3:2}/5'$$),
    ($$'{1:1}/1'$$),
    ($$'{5:5,3:3,1:1}/5'$$),
    ($$'{2:2,1:1}/2'$$),
    ($$'{}/5'$$),
    ($$'{1:0,2:1,3:0}/3'$$),
    ($$'{1:-0,2:0.0,3:0e5}/3'$$),
    ($$'{1:-1.5,2:+2,3:.5,4:5.,5:1e-3}/5'$$),
    ($$'{01:1,+2:2}/3'$$),
    ($$'{1:1}/007'$$),
    ($$'{1:1}/+7'$$),
    ($$'{1000000000:1}/1000000000'$$),
    ($$'{1:1,1000000000:2}/1000000000'$$),
    ($$'{1:0.1,2:16777217,3:123456789}/3'$$)
) v(x);

-- white space
SELECT x, outcome(format('%s::sparsevec', x)) FROM (VALUES
    ($$' { 1 : 1.5 , 3 : 2 } / 5 '$$),
    ($$E'\t{\n1\r:\x0b1.5\f,\t3\n:\r2\x0b}\f/\t5\n'$$),
    ($$' { } / 5 '$$),
    ($$'{1 2:1}/5'$$),
    ($$'{1:1 2}/5'$$),
    ($$'{1:1}/5 5'$$)
) v(x);

-- indices
SELECT x, outcome(format('%s::sparsevec', x)) FROM (VALUES
    ($$'{0:1}/5'$$),
    ($$'{-1:1}/5'$$),
    ($$'{6:1}/5'$$),
    ($$'{5:1,6:1}/5'$$),
    ($$'{6:0}/5'$$),
    ($$'{0:0}/5'$$),
    ($$'{2:1}/1'$$),
    ($$'{1:1,1:2}/5'$$),
    ($$'{3:1,1:2,3:3}/5'$$),
    ($$'{1:1,1:0}/5'$$),
    ($$'{1:0,1:0}/5'$$),
    ($$'{1:1,2:2,3:3}/2'$$),
    ($$'{1:1,2:0,3:0}/2'$$),
    ($$'{2147483647:1}/5'$$),
    ($$'{2147483648:1}/5'$$),
    ($$'{2147483649:1}/5'$$),
    ($$'{-2147483648:1}/5'$$),
    ($$'{-2147483649:1}/5'$$),
    ($$'{4294967297:1}/5'$$),
    ($$'{9223372036854775807:1}/5'$$),
    ($$'{9223372036854775808:1}/5'$$),
    ($$'{-9223372036854775809:1}/5'$$),
    ($$'{99999999999999999999:1}/5'$$)
) v(x);

-- dimensions
SELECT x, outcome(format('%s::sparsevec', x)) FROM (VALUES
    ($$'{}/1'$$),
    ($$'{}/0'$$),
    ($$'{}/-1'$$),
    ($$'{1:1}/0'$$),
    ($$'{1:1}/-1'$$),
    ($$'{}/1000000000'$$),
    ($$'{}/1000000001'$$),
    ($$'{}/2147483647'$$),
    ($$'{}/2147483648'$$),
    ($$'{}/-2147483649'$$),
    ($$'{}/4294967297'$$),
    ($$'{}/9223372036854775807'$$),
    ($$'{}/9223372036854775808'$$),
    ($$'{}/99999999999999999999'$$),
    ($$'{}/-99999999999999999999'$$),
    ($$'{}'$$),
    ($$'{}/'$$),
    ($$'{}/ '$$),
    ($$'{}/a'$$),
    ($$'{}/5a'$$),
    ($$'{}/1.5'$$),
    ($$'{}/1e3'$$),
    ($$'{}/0x10'$$),
    ($$'{}5'$$),
    ($$'{1:1}'$$),
    ($$'{1:1}5'$$)
) v(x);

-- values: unlike the dense types, underflow is an error too
SELECT x, outcome(format('%s::sparsevec', x)) FROM (VALUES
    ($$'{1:3.4028235e38,2:-3.4028235e38}/2'$$),
    ($$'{1:3.4028236e38}/1'$$),
    ($$'{1:1e39}/1'$$),
    ($$'{1:-1e400}/1'$$),
    ($$'{1:1e-45,2:1e-40}/2'$$),
    ($$'{1:1e-46}/1'$$),
    ($$'{1:-1e-46}/1'$$),
    ($$'{1:1,2:1e-400}/2'$$),
    ($$'{1:0e-400}/2'$$),
    ($$'{1:NaN}/1'$$),
    ($$'{1:-nan}/1'$$),
    ($$'{1:Infinity}/1'$$),
    ($$'{1:1,2:-inf}/2'$$),
    ($$'{1:NULL}/1'$$),
    ($$'{1:a}/1'$$),
    ($$'{1:1a}/1'$$),
    ($$'{1:1.5.5}/1'$$),
    ($$'{1:1e}/1'$$),
    ($$'{1:--1}/1'$$),
    ($$'{1:}/1'$$),
    ($$'{1:-}/1'$$),
    ($$'{1:0x10}/1'$$)
) v(x);

-- braces, commas and what follows
SELECT x, outcome(format('%s::sparsevec', x)) FROM (VALUES
    ($$''$$),
    ($$' '$$),
    ($$'1:1/5'$$),
    ($$'[1:1]/5'$$),
    ($$'[1,2,3]'$$),
    ($$'x{1:1}/5'$$),
    ($$'{'$$),
    ($$'{ '$$),
    ($$'{1'$$),
    ($$'{1:'$$),
    ($$'{1:1'$$),
    ($$'{1:1,'$$),
    ($$'{1:1,2'$$),
    ($$'{1:1,}/5'$$),
    ($$'{,}/5'$$),
    ($$'{,1:1}/5'$$),
    ($$'{1:1,,2:2}/5'$$),
    ($$'{:}/5'$$),
    ($$'{:1}/5'$$),
    ($$'{1}/5'$$),
    ($$'{1,2}/5'$$),
    ($$'{1=1}/5'$$),
    ($$'{a:1}/5'$$),
    ($$'{1a:1}/5'$$),
    ($$'{1.5:1}/5'$$),
    ($$'{1::1}/5'$$),
    ($$'{1:1;2:2}/5'$$),
    ($$'{1:1]/5'$$),
    ($$'{{1:1}}/5'$$),
    ($$'{1:1}}/5'$$),
    ($$'{1:1}/5/5'$$),
    ($$'{1:1}/5x'$$),
    ($$'{1:1}/5,'$$),
    ($$'{1:1}//5'$$),
    ($$'{1:1}x/5'$$)
) v(x);

-- type modifiers
SELECT x, outcome(x) FROM (VALUES
    ($$'{1:1}/3'::sparsevec(3)$$),
    ($$'{1:1}/3'::sparsevec(2)$$),
    ($$'{1:1}/3'::sparsevec(4)$$),
    ($$'{}/3'::sparsevec(4)$$),
    ($$'{1:1}/3'::sparsevec::sparsevec(2)$$),
    ($$NULL::sparsevec(3)$$),
    ($$'{1:1}/1'::sparsevec(0)$$),
    ($$'{1:1}/1'::sparsevec(-1)$$),
    ($$'{1:1}/1'::sparsevec(1000000000)$$),
    ($$'{1:1}/1000000000'::sparsevec(1000000000)$$),
    ($$'{1:1}/1'::sparsevec(1000000001)$$),
    ($$'{1:1}/1'::sparsevec(2147483648)$$),
    ($$'{1:1}/1'::sparsevec('a')$$),
    ($$'{1:1}/1'::sparsevec(1,1)$$),
    ($$sparsevec_typmod_in('{3}')$$),
    ($$sparsevec_typmod_in('{1,2}')$$),
    ($$sparsevec_in('{1:1}/3', 0, 3)$$),
    ($$sparsevec_in('{1:1}/3', 0, 4)$$),
    ($$sparsevec('{1:1}/3'::sparsevec, 3, false)$$),
    ($$sparsevec('{1:1}/3'::sparsevec, 4, false)$$),
    ($$sparsevec_out('{1:1}/3'::sparsevec)$$),
    ($$format_type('sparsevec'::regtype, 3)$$),
    ($$format_type('sparsevec'::regtype, 1000000000)$$),
    ($$pg_column_size('{}/3'::sparsevec)$$),
    ($$pg_column_size('{1:1,2:2}/3'::sparsevec)$$)
) v(x);

-- at most 16,000 entries, counted before zeros are dropped
CREATE FUNCTION sparse_text(n int, value text) RETURNS text LANGUAGE sql AS
    $$ SELECT '{' || string_agg(i || ':' || value, ',' ORDER BY i) || '}/' || n
        FROM generate_series(1, n) i $$;
SELECT x, left(outcome(x), 100) FROM (VALUES
    ($$sparse_text(16000, '1')::sparsevec::text = sparse_text(16000, '1')$$),
    ($$sparse_text(16000, '-1.1754944e-38')::sparsevec::text = sparse_text(16000, '-1.1754944e-38')$$),
    ($$sparse_text(16001, '1')::sparsevec$$),
    ($$sparse_text(16001, '0')::sparsevec$$),
    ($$sparse_text(16000, '0')::sparsevec$$),
    ($$('{' || repeat(',', 15999) || '}/5')::sparsevec$$),
    ($$('{' || repeat(',', 16000) || '}/5')::sparsevec$$),
    ($$('{1:1}/5' || repeat(',', 16000))::sparsevec$$),
    ($$(repeat(',', 16000) || '{1:1}/5')::sparsevec$$)
) v(x);

-- the widest text: 16,000 entries of 9 digits below 10^9 dimensions
SELECT length(v::text) > 350000, v::text::sparsevec = v
    FROM (SELECT ('{' || string_agg((999900000 + i * 3) || ':-1.1754944e-38',
        ',') || '}/1000000000')::sparsevec v
        FROM generate_series(1, 16000) i) s;

-- sorting on input
SELECT ('{' || string_agg((1 + (i * 7919) % 1000) || ':' || (i + 1), ','
    ORDER BY i) || '}/1000')::sparsevec
    = ('{' || string_agg((1 + (i * 7919) % 1000) || ':' || (i + 1), ','
        ORDER BY (i * 7919) % 1000) || '}/1000')::sparsevec
    AS same FROM generate_series(0, 999) i;

-- columns
CREATE TABLE sparsevec_rows (id int, v sparsevec(3), w sparsevec);
INSERT INTO sparsevec_rows VALUES
    (1, '{1:1,2:2,3:3}/3', '{}/1'), (2, NULL, '{2:5}/2'), (3, '{}/3', NULL);
SELECT * FROM sparsevec_rows ORDER BY id;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$INSERT INTO sparsevec_rows (v) VALUES ('{1:1}/2')$$),
    ($$INSERT INTO sparsevec_rows (v) SELECT w FROM sparsevec_rows WHERE id = 1$$),
    ($$UPDATE sparsevec_rows SET v = '{}/4' WHERE id = 1$$),
    ($$ALTER TABLE sparsevec_rows ALTER v TYPE sparsevec(4)$$),
    ($$ALTER TABLE sparsevec_rows ADD e sparsevec(1000000001)$$)
) v(x);
COPY sparsevec_rows FROM STDIN;
4	{ 3 : 8.5 , 1 : -9e-3 } / 3 	\N
\.
COPY (SELECT * FROM sparsevec_rows ORDER BY id) TO STDOUT;
DROP TABLE sparsevec_rows;
DROP FUNCTION sparse_text;
