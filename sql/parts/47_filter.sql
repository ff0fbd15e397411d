-- Schema milvus: what the conditions of filters call. Paths are the steps of a JSON
-- pointer: a step is an object's key, or an array's index if it is written as a
-- number. What is not there, or null, or of another kind is unknown (null).

CREATE FUNCTION milvus.json_compare(document jsonb, path text[], operator text, value jsonb)
    RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_compare';
COMMENT ON FUNCTION milvus.json_compare IS 'compares a value of a document with a constant: ==, !=, <, <=, >, >=';
CREATE FUNCTION milvus.json_in(document jsonb, path text[], list jsonb)
    RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_in';
COMMENT ON FUNCTION milvus.json_in IS 'whether a value of a document is one of a list';
CREATE FUNCTION milvus.json_exists(document jsonb, path text[])
    RETURNS boolean LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_exists';
COMMENT ON FUNCTION milvus.json_exists IS 'whether a document has a value other than null there; never null';
CREATE FUNCTION milvus.json_string(document jsonb, path text[])
    RETURNS text LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_string';
COMMENT ON FUNCTION milvus.json_string IS 'a string of a document; null if there is none';
CREATE FUNCTION milvus.json_number(document jsonb, path text[])
    RETURNS numeric LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_number';
COMMENT ON FUNCTION milvus.json_number IS 'a number of a document; null if there is none';
CREATE FUNCTION milvus.json_length(document jsonb, path text[])
    RETURNS integer LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_length';
COMMENT ON FUNCTION milvus.json_length IS 'the number of elements of an array in a document; null if there is none';
CREATE FUNCTION milvus.json_contains(document jsonb, path text[], value jsonb)
    RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_contains';
COMMENT ON FUNCTION milvus.json_contains IS 'whether an array in a document has an element';
CREATE FUNCTION milvus.json_contains_all(document jsonb, path text[], list jsonb)
    RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_contains_all';
COMMENT ON FUNCTION milvus.json_contains_all IS 'whether an array in a document has all elements of a list';
CREATE FUNCTION milvus.json_contains_any(document jsonb, path text[], list jsonb)
    RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_contains_any';
COMMENT ON FUNCTION milvus.json_contains_any IS 'whether an array in a document has an element of a list';
CREATE FUNCTION milvus.json_arithmetic(a numeric, operator text, b numeric, whole boolean)
    RETURNS numeric LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_json_arithmetic';
COMMENT ON FUNCTION milvus.json_arithmetic IS 'a number of a document and a constant: +, -, *, /, %; whole: the constant is an integer';
CREATE FUNCTION milvus.float_arithmetic(a real, operator text, b real)
    RETURNS real LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_float4_arithmetic';
COMMENT ON FUNCTION milvus.float_arithmetic(real, text, real) IS 'arithmetic whose results may be infinite';
CREATE FUNCTION milvus.float_arithmetic(a double precision, operator text, b double precision)
    RETURNS double precision LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_float8_arithmetic';
COMMENT ON FUNCTION milvus.float_arithmetic(double precision, text, double precision) IS 'arithmetic whose results may be infinite';
CREATE FUNCTION milvus.cosine_order(distance double precision)
    RETURNS double precision LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vm_cosine_order';
COMMENT ON FUNCTION milvus.cosine_order IS 'a cosine distance, or 1 where it is NaN, for a vector of zeros';

CREATE FUNCTION milvus.explain_filter(collection_name text, filter text, filter_params jsonb DEFAULT NULL)
    RETURNS text LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vm_explain_filter';
COMMENT ON FUNCTION milvus.explain_filter IS 'the condition that a filter becomes, over the table as t, and its parameters';
