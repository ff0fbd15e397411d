-- Distances of PostgreSQL's bit strings; two lengths that differ are an error.

CREATE FUNCTION hamming_distance(bit, bit) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT vecmilvus_bit_cost AS 'MODULE_PATHNAME', 'vm_hamming_distance';
CREATE FUNCTION jaccard_distance(bit, bit) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE SUPPORT vecmilvus_bit_cost AS 'MODULE_PATHNAME', 'vm_jaccard_distance';

CREATE OPERATOR <~> (
    LEFTARG = bit, RIGHTARG = bit, FUNCTION = hamming_distance, COMMUTATOR = <~>
);
CREATE OPERATOR <%> (
    LEFTARG = bit, RIGHTARG = bit, FUNCTION = jaccard_distance, COMMUTATOR = <%>
);
