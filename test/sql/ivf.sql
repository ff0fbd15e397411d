-- Access method ivf: what ivfflat does, under the name that has defaults of its
-- own. The settings ivfflat.* are for both.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers
\set opclass :dir '/sql/include/opclass.sql'
\i :opclass
\set am ivf
\set with_options 'WITH (lists = 1)'

---------------------------------------------------------------- storage parameters
SET client_min_messages = warning;
CREATE TABLE options (v vector(3), h halfvec(3), s sparsevec(3), b bit(3));
SELECT o, outcome_of_statement('CREATE INDEX ON options USING ivf (v) WITH (' || o || ')')
    FROM (VALUES
    ('lists = 0'), ('lists = 1'), ('lists = 32768'), ('lists = 32769'),
    ('quantizer = none'), ('quantizer = auto'), ('quantizer = rabitq'), ('quantizer = sq8'),
    ('quantizer = pq'), ('lists = 3, quantizer = none'), ('m = 16'), ('bits = 4'),
    ('rerank = heap'), ('layout = node'), ('fastupdate = on'), ('no_such_option = 1')
) w(o);
-- the class for l2 is the default, but only for vector
SELECT column_and_class, outcome_of_statement('CREATE INDEX ON options USING ivf ('
    || column_and_class || ')') FROM (VALUES
    ('v'), ('v vector_l2_ops'), ('v vector_ip_ops'), ('v vector_cosine_ops'), ('v vector_l1_ops'),
    ('h'), ('h halfvec_l2_ops'), ('h halfvec_ip_ops'), ('h halfvec_cosine_ops'),
    ('s'), ('s sparsevec_l2_ops'), ('b'), ('b bit_hamming_ops'), ('b bit_jaccard_ops')
) w(column_and_class);
SELECT amname, reloptions, count(*) FROM pg_class c JOIN pg_am a ON a.oid = relam
    WHERE relname LIKE 'options_%_idx%' GROUP BY 1, 2
    ORDER BY reloptions::text COLLATE "C";
DROP TABLE options;
CREATE TABLE limits (v vector(2001), w vector, one vector(1), h halfvec(4001), b bit(64001),
    vb varbit(3));
SELECT column_and_class, outcome_of_statement('CREATE INDEX ON limits USING ivf ('
    || column_and_class || ')') FROM (VALUES
    ('v'), ('w'), ('one'), ('one vector_ip_ops'), ('h halfvec_l2_ops'), ('b bit_hamming_ops'),
    ('vb bit_hamming_ops'), ('(v::halfvec(2001)) halfvec_cosine_ops')
) w(column_and_class);
DROP TABLE limits;
RESET client_min_messages;
CREATE TABLE little (v vector(2));
CREATE INDEX ON little USING ivf (v) WITH (lists = 5);
DROP TABLE little;

\set ivf_lists :dir '/sql/include/ivf_lists.sql'
\i :ivf_lists
\set index_table :dir '/sql/include/index_table.sql'
\i :index_table
DROP FUNCTION search_by_index;
