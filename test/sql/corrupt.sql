--
-- Values that contradict themselves, as a damaged page would hold them, are
-- reported (XX001) and not followed. Casts without a function, which only a
-- superuser can make, stand in for the damage.
--
\set VERBOSITY sqlstate
CREATE CAST (bytea AS vector) WITHOUT FUNCTION;
CREATE CAST (bytea AS halfvec) WITHOUT FUNCTION;
CREATE CAST (bytea AS sparsevec) WITHOUT FUNCTION;
CREATE CAST (bytea AS varbit) WITHOUT FUNCTION;

-- a value laid out right is read: int16 dims, int16 0, elements, little-endian
SELECT '\x020000000000803f00000040'::bytea::vector;
SELECT '\x02000000003c0040'::bytea::halfvec;
SELECT '\x05000000010000000000000002000000000080bf'::bytea::sparsevec;
SELECT hamming_distance('\x080000000f'::bytea::varbit::bit(8), '\x08000000f0'::bytea::varbit::bit(8));

-- no header, half a header, fewer or more elements than it says, dims out of range
SELECT '\x'::bytea::vector;
SELECT '\x0200'::bytea::vector;
SELECT '\x02000000'::bytea::vector <-> '[1,2]';
SELECT '\x020000000000803f'::bytea::vector <=> '[1,2]';
SELECT l2_norm('\x02000000003c00400000'::bytea::halfvec);
SELECT '\x00000000'::bytea::vector + '[1]';
SELECT vector_dims('\xffff0000000080bf'::bytea::vector);
SELECT ('\x823e0000' || repeat('00', 4))::bytea::vector::text;
SELECT ('\x05000000ff0000000000000000000000')::bytea::sparsevec::text;
SELECT '\x05000000ffffffff00000000'::bytea::sparsevec <-> '{}/5';
SELECT '\x00000000000000000000000000'::bytea::sparsevec::text;

-- sparse indices outside the dimension, or not ascending
SELECT '\x05000000010000000000000005000000000080bf'::bytea::sparsevec::text;
SELECT '\x0500000001000000000000000000008000000080'::bytea::sparsevec::vector;
SELECT sparsevec_send('\x050000000200000000000000030000000100000000000040000080bf'::bytea::sparsevec);
SELECT '\x050000000200000000000000030000000100000000000040000080bf'::bytea::sparsevec <-> '{1:1}/5';

-- bit strings
SELECT hamming_distance(('\x00100000' || repeat('00', 4))::bytea::varbit, ('\x00100000' || repeat('00', 4))::bytea::varbit);
SELECT jaccard_distance('\x0000'::bytea::varbit, '\x0000'::bytea::varbit);
SELECT hamming_distance('\xffffffff'::bytea::varbit, '\xffffffff'::bytea::varbit);
\set VERBOSITY default
SELECT '\x02000000'::bytea::vector <-> '[1,2]';

-- the planner's support function with arguments that are no vectors
CREATE FUNCTION odd_distance(vector, int) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT SUPPORT vecmilvus_vector_cost
    AS '$libdir/vecmilvus', 'vm_vector_l2_distance';
CREATE TABLE odd (v vector);
EXPLAIN (COSTS OFF) SELECT * FROM odd WHERE odd_distance(v, 12345) < 1;

DROP TABLE odd;
DROP FUNCTION odd_distance;
DROP CAST (bytea AS vector);
DROP CAST (bytea AS halfvec);
DROP CAST (bytea AS sparsevec);
DROP CAST (bytea AS varbit);
