# Loading a collection reads its table and indexes into shared buffers, where
# extension pg_prewarm is installed.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

for my $extension ('pg_prewarm', 'pg_buffercache')
{
    plan skip_all => "contrib module $extension is not installed"
      unless defined extension_file("$extension.control");
}

my $node = new_node('warm', conf => "autovacuum = off\n");

$node->safe_psql('postgres', q{
    CREATE EXTENSION pg_prewarm; CREATE EXTENSION pg_buffercache;
    SELECT milvus.create_collection('items', 16);
    INSERT INTO items (id, vector, "$meta") SELECT i, array_agg(sin(i * j))::vector, jsonb_build_object('note', repeat('x', 1000))
        FROM generate_series(1, 2000) i, generate_series(1, 16) j GROUP BY i;
    SELECT milvus.release_collection('items');
    VACUUM items; CHECKPOINT;
});

# Relations of the collection with pages that are not in memory.
sub cold
{
    return $node->safe_psql('postgres', q{
        SELECT count(*) FROM (SELECT 'items'::regclass AS oid UNION ALL
            SELECT indexrelid FROM pg_index WHERE indrelid = 'items'::regclass) r
        WHERE pg_relation_size(oid) / current_setting('block_size')::int >
            (SELECT count(DISTINCT relblocknumber) FROM pg_buffercache
             WHERE relfilenode = pg_relation_filenode(oid) AND relforknumber = 0
             AND reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))});
}

my $relations = 1 + $node->safe_psql('postgres', q{SELECT count(*) FROM pg_index WHERE indrelid = 'items'::regclass});
is($relations, 3, 'a table, its primary key and the index of its vectors');
$node->restart;
is(cold(), $relations, 'after a restart they are not in memory');
$node->safe_psql('postgres', q{SELECT milvus.load_collection('items')});
is(cold(), 0, 'load_collection reads all of them');

$node->restart;
$node->safe_psql('postgres', q{SELECT milvus.get_load_state('items')});
is(cold(), $relations, 'a restart leaves a loaded collection on disk');
$node->safe_psql('postgres', q{SELECT milvus.refresh_load('items')});
is(cold(), 0, 'refresh_load reads it again');

# What does not fit is not read, as the rest would be lost to it.
$node->append_conf('postgresql.conf', "shared_buffers = '1MB'\n");
$node->restart;
is($node->safe_psql('postgres', q{SELECT milvus.refresh_load('items');
        SELECT pg_relation_size('items') > 1048576, count(*) < 10 FROM pg_buffercache WHERE relfilenode = pg_relation_filenode('items')}),
    "\nt|t", 'a table that is larger than shared buffers is left alone');

$node->stop;
done_testing();
