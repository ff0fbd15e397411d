# pg_upgrade carries collections, indexes and timestamps to a new cluster of the
# same major version, as it would to a later one.

use strict;
use warnings;

use Cwd ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

my ($bindir) = run_command([ 'pg_config', '--bindir' ]);

plan skip_all => "pg_upgrade is not installed in $bindir" unless -x "$bindir/pg_upgrade";

my $conf = "shared_preload_libraries = 'vecmilvus'\nshared_buffers = '16MB'\n";
my $old = new_node('old', conf => $conf);

$old->safe_psql('postgres', q{CREATE DATABASE app});
$old->safe_psql('app', q{
    CREATE EXTENSION vecmilvus;
    SELECT milvus.create_database('shop', '{"note": "kept"}');
    SELECT milvus.use_database('shop');
    SELECT milvus.create_resource_group('near', '{"requests": {"node_num": 1}, "limits": {"node_num": 2}}');
    SELECT milvus.create_collection('items', consistency_level => 'Session', description => 'what we sell',
        properties => '{"mmap.enabled": "true"}', num_shards => 3, schema => '{
        "auto_id": true, "enable_dynamic_field": true, "fields": [
        {"name": "id", "type": "INT64", "is_primary": true, "description": "the key"},
        {"name": "gone", "type": "INT8"},
        {"name": "v", "type": "FLOAT_VECTOR", "dim": 4}, {"name": "h", "type": "FLOAT16_VECTOR", "dim": 4},
        {"name": "s", "type": "SPARSE_FLOAT_VECTOR"}, {"name": "b", "type": "BINARY_VECTOR", "dim": 8},
        {"name": "color", "type": "VARCHAR", "max_length": 16, "is_partition_key": true, "enable_match": true},
        {"name": "tags", "type": "ARRAY", "element_type": "VARCHAR", "max_capacity": 4, "max_length": 8}]}');
    ALTER TABLE shop.items DROP COLUMN gone;
    INSERT INTO shop.items (v, h, s, b, color, tags)
        SELECT ARRAY[i, 1, 2, 3]::vector, ARRAY[i, 1, 2, 3]::halfvec, ('{' || i || ':1,7:' || i || '}/1000000000')::sparsevec,
            i::bit(8), 'c' || i % 3, '{a,b}' FROM generate_series(8, 200) i;
    SELECT milvus.create_index('items', 'v', 'HNSW', 'L2', '{"M": 8, "efConstruction": 40}'),
        milvus.create_index('items', 'h', 'IVF_FLAT', 'COSINE', '{"nlist": 8}'),
        milvus.create_index('items', 's', 'SPARSE_INVERTED_INDEX', 'IP'), milvus.create_index('items', 'b', 'BIN_IVF_FLAT', 'HAMMING', '{"nlist": 4}');
    SELECT milvus.load_collection('items', 2, resource_groups => '{near}');
    SELECT milvus.create_alias('items', 'goods');
    SELECT milvus.create_collection('parts', 4);
    SELECT milvus.create_partition('parts', 'left');
    SELECT milvus.insert('parts', '[{"id": 1, "vector": [1,2,3,4], "size": 5}]', 'left');
    SELECT milvus.release_partitions('parts', '{left}');
    VACUUM;
});

# Everything a client can see.
sub everything
{
    my ($node) = @_;

    return $node->safe_psql('app', q{
        SELECT milvus.use_database('shop');
        SELECT milvus.list_databases(), milvus.describe_database('shop'), milvus.list_collections(), milvus.list_aliases();
        SELECT milvus.describe_collection(c), milvus.list_partitions(c), milvus.get_collection_stats(c),
            milvus.get_load_state(c), milvus.describe_replica(c), i, milvus.describe_index(c, i)
            FROM unnest(ARRAY['items', 'parts']) c, jsonb_array_elements_text(milvus.list_indexes(c)) i;
        SELECT milvus.get_load_state('parts', 'left'), milvus.get_partition_stats('parts', 'left');
        SELECT milvus.list_resource_groups(), milvus.describe_resource_group('near');
        SELECT * FROM shop.items ORDER BY id;
        SELECT * FROM shop.parts ORDER BY id;
        SET enable_seqscan = off;
        SELECT color FROM shop.items ORDER BY v <-> '[50,1,2,3]' LIMIT 5;
        SELECT color FROM shop.items ORDER BY h <=> '[50,1,2,3]' LIMIT 5;
    });
}

my $before = everything($old);
my ($states) = $before =~ /("Finished".*)/;
ok(defined $states, 'what is compared is there');
my $newest = $old->safe_psql('app', 'SELECT milvus.next_id()');
# Builds for tests can set the clock back: then only what the old cluster noted keeps timestamps rising.
my $has_clock = $old->psql('app', q{LOAD 'vecmilvus'; SHOW vecmilvus.test_clock_offset}) == 0;
$old->stop;

# ------------------------------------------------------------------- pg_upgrade
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
$new->append_conf('postgresql.conf', $conf);

my $back = Cwd::getcwd();
# It writes its scripts and logs where it is started.
chdir(PostgreSQL::Test::Utils::tempdir()) or die "chdir: $!";
command_ok(
    [ "$bindir/pg_upgrade", '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bindir, '-B', $bindir,
      '-s', $new->host, '-p', $old->port, '-P', $new->port ],
    'pg_upgrade');
chdir($back) or die "chdir: $!";

$new->append_conf('postgresql.conf', "vecmilvus.test_clock_offset = '-10h'\n") if $has_clock;
$new->start;
is(everything($new), $before, 'descriptions, data and answers are what they were');
is( $new->safe_psql('app', q{
        SELECT relname, severity, message FROM pg_class c JOIN pg_am a ON a.oid = relam AND amname IN ('hnsw', 'ivfflat'),
            vecmilvus_check_index(c.oid, true) WHERE relkind = 'i' AND severity = 'error'}),
    '', 'indexes are sound');
is( $new->safe_psql('app', q{
        SELECT amname, count(*) FROM pg_class c JOIN pg_am a ON a.oid = relam AND amname IN ('hnsw', 'ivfflat')
            WHERE relkind = 'i' GROUP BY 1 ORDER BY 1}),
    "hnsw|3\nivfflat|2", 'all of them');

# -------------------------------------------------------------------- life goes on
cmp_ok($new->safe_psql('app', 'SELECT milvus.next_id()'), '>', $newest, 'timestamps go on above the old ones');
is( $new->safe_psql('app', q{
        SELECT milvus.use_database('shop');
        SELECT (milvus.insert('goods', '{"v": [9,9,9,9], "h": [9,9,9,9], "s": {"5": 1}, "b": [7], "color": "new", "tags": []}') -> 'ids' ->> 0)::bigint
            > (SELECT max(id) FROM items);
        SELECT color FROM items ORDER BY v <-> '[9,9,9,9]' LIMIT 1}),
    "\nt\nnew", 'rows are inserted and found');
is( $new->safe_psql('app', q{
        SELECT milvus.rename_collection('shop.parts', 'pieces');
        SELECT milvus.has_collection('shop.pieces'), milvus.has_collection('shop.parts');
        DROP TABLE shop.pieces; SELECT milvus.has_collection('shop.pieces')}),
    "\nt|f\nf", 'the event triggers are there');

$new->stop;
done_testing();
