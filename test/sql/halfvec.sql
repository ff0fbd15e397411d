-- halfvec: text input and output, rounding to half precision, type modifiers, limits.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

-- accepted literals
SELECT x, outcome(format('%s::halfvec', x)) FROM (VALUES
    ($$'[1,2,3]'$$),
    ($$'[1]'$$),
    ($$'[-1,+2,-0,+0]'$$),
    ($$'[.5,5.,-.5,+.5e1]'$$),
    ($$'[1e3,1E3,1e+3,1e-3,001,0.10]'$$),
    ($$'[0.1,0.2,0.3,1.23456789,3.14159265,1234.5678]'$$),
    ($$'[0x10,0x1p-1,0X1.8P1]'$$),
    ($$' [ 1 , 2 , 3 ] '$$),
    ($$E'\t[\n1\r,\x0b2\f,\t3\n]\r\x0b\f'$$)
) v(x);

-- range: 65504 is the largest, 2^-24 the smallest above zero
SELECT x, outcome(format('%s::halfvec', x)) FROM (VALUES
    ($$'[65504,-65504]'$$),
    ($$'[65505]'$$),
    ($$'[65519]'$$),
    ($$'[65519.99]'$$),
    ($$'[-65519.99]'$$),
    ($$'[65520]'$$),
    ($$'[-65520]'$$),
    ($$'[1,65520,2]'$$),
    ($$'[65536]'$$),
    ($$'[1e39]'$$),
    ($$'[-1e39]'$$),
    ($$'[1e400]'$$),
    ($$'[6.1035156e-05,6.097555e-05,5.9604645e-08]'$$),
    ($$'[1e-7,2e-7,8.9e-8,9e-8]'$$),
    ($$'[2.9802323e-08,2.9802322e-08,-2.9802322e-08]'$$),
    ($$'[1e-8,-1e-8]'$$),
    ($$'[1e-46,-1e-46,1e-400]'$$)
) v(x);

-- rounding to the nearest half, ties to even
SELECT x, outcome(format('%s::halfvec', x)) FROM (VALUES
    ($$'[2047,2048,2049,2050,2051,2052,2053]'$$),
    ($$'[-2049,-2051,4097,4098,4099,4100,4102,4106]'$$),
    ($$'[2049.0001,2050.9999,2051.0001]'$$),
    ($$'[1.00048828125,1.0004883,1.00146484375,1.0014647]'$$),
    ($$'[0.99975586,0.9998779296875,0.99987799]'$$),
    ($$'[1023.75,1023.8,1024.5,1024.6]'$$),
    ($$'[6.1005354e-05,6.1020256e-05,6.1035e-05]'$$)
) v(x);

-- not numbers
SELECT x, outcome(format('%s::halfvec', x)) FROM (VALUES
    ($$'[NaN]'$$),
    ($$'[1,nan]'$$),
    ($$'[Infinity]'$$),
    ($$'[1,-inf]'$$),
    ($$'[NULL]'$$),
    ($$'[a]'$$),
    ($$'[1a]'$$),
    ($$'[1.5.5]'$$),
    ($$'[1e]'$$),
    ($$'[--1]'$$),
    ($$'[+]'$$),
    ($$'[.]'$$)
) v(x);

-- brackets, commas and what follows
SELECT x, outcome(format('%s::halfvec', x)) FROM (VALUES
    ($$''$$),
    ($$' '$$),
    ($$'1,2,3'$$),
    ($$'{1,2,3}'$$),
    ($$'['$$),
    ($$'[ '$$),
    ($$'[]'$$),
    ($$'[ ]'$$),
    ($$'[,'$$),
    ($$'[,]'$$),
    ($$'[1'$$),
    ($$'[1 '$$),
    ($$'[1,'$$),
    ($$'[1,]'$$),
    ($$'[,1]'$$),
    ($$'[1,,2]'$$),
    ($$'[1 2]'$$),
    ($$'[1;2]'$$),
    ($$'[1,2}'$$),
    ($$'[[1,2]]'$$),
    ($$'[1,2]]'$$),
    ($$'[1,2] x'$$),
    ($$'[1,2][3]'$$)
) v(x);

-- type modifiers
SELECT x, outcome(x) FROM (VALUES
    ($$'[1,2,3]'::halfvec(3)$$),
    ($$'[1,2,3]'::halfvec(2)$$),
    ($$'[1,2,3]'::halfvec(4)$$),
    ($$'[1,2,3]'::halfvec::halfvec(2)$$),
    ($$NULL::halfvec(3)$$),
    ($$'[1]'::halfvec(0)$$),
    ($$'[1]'::halfvec(-1)$$),
    ($$'[1]'::halfvec(16000)$$),
    ($$'[1]'::halfvec(16001)$$),
    ($$'[1]'::halfvec(2147483648)$$),
    ($$'[1]'::halfvec('a')$$),
    ($$'[1]'::halfvec(1,1)$$),
    ($$halfvec_typmod_in('{3}')$$),
    ($$halfvec_typmod_in('{1,2}')$$),
    ($$halfvec_in('[1,2]', 0, 2)$$),
    ($$halfvec_in('[1,2]', 0, 3)$$),
    ($$halfvec('[1,2]'::halfvec, 2, false)$$),
    ($$halfvec('[1,2]'::halfvec, 3, false)$$),
    ($$halfvec_out('[1,2]'::halfvec)$$),
    ($$format_type('halfvec'::regtype, 3)$$),
    ($$pg_column_size('[1,2,3]'::halfvec)$$)
) v(x);

-- dimensions: 1 to 16,000
SELECT x, outcome(x) FROM (VALUES
    ($$vector_dims(array_fill(0, ARRAY[16000])::halfvec)$$),
    ($$vector_dims(array_fill(0, ARRAY[16000])::halfvec(16000))$$),
    ($$('[' || repeat('1,', 15999) || '1]')::halfvec::text = '[' || repeat('1,', 15999) || '1]'$$),
    ($$('[' || repeat('1,', 16000) || '1]')::halfvec$$),
    ($$('[' || repeat('1,', 15999) || '1]')::halfvec(3)$$),
    ($$('[' || repeat('-6.1035156e-05,', 15999) || '-6.1035156e-05]')::halfvec::text = '[' || repeat('-6.1035156e-05,', 15999) || '-6.1035156e-05]'$$)
) v(x);

-- every half value below infinity survives text output and input
SELECT count(*), count(*) FILTER (WHERE h::text::halfvec = h) AS same
    FROM (SELECT ('[' || m::float8 * 2.0 ^ (e - 25) || ']')::halfvec AS h
        FROM generate_series(1, 30) e, generate_series(1024, 2047) m) s;

-- columns
CREATE TABLE halfvec_rows (id int, v halfvec(3), w halfvec);
INSERT INTO halfvec_rows VALUES (1, '[1,2,3]', '[1]'), (2, NULL, '[1,2]'), (3, '[4,5,6]', NULL);
SELECT * FROM halfvec_rows ORDER BY id;
SELECT x, outcome_of_statement(x) FROM (VALUES
    ($$INSERT INTO halfvec_rows (v) VALUES ('[1,2]')$$),
    ($$INSERT INTO halfvec_rows (v) SELECT w FROM halfvec_rows WHERE id = 1$$),
    ($$UPDATE halfvec_rows SET v = '[1,2,3,4]' WHERE id = 1$$),
    ($$ALTER TABLE halfvec_rows ALTER v TYPE halfvec(4)$$),
    ($$ALTER TABLE halfvec_rows ADD e halfvec(16001)$$)
) v(x);
COPY halfvec_rows FROM STDIN;
4	[ 7, 8.5 ,-9e-3] 	\N
\.
COPY (SELECT * FROM halfvec_rows ORDER BY id) TO STDOUT;
DROP TABLE halfvec_rows;
