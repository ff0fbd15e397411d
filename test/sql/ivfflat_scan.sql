-- Scans of ivfflat indexes: lists, probes and iterative scans, every operator
-- class, and an index as part of a table's life.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers
\set opclass :dir '/sql/include/opclass.sql'
\i :opclass
\set am ivfflat
\set with_options 'WITH (lists = 1)'
\set ivf_lists :dir '/sql/include/ivf_lists.sql'
\i :ivf_lists
\set index_table :dir '/sql/include/index_table.sql'
\i :index_table
DROP FUNCTION search_by_index;
