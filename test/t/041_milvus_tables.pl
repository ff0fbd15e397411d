# Collections live as tables do: dumps and restores, by a superuser and by the
# owner, dumps of single tables, logical replication, expiry by the worker.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

my $node = new_node(
    'tables',
    streaming => 1,
    conf => "shared_preload_libraries = 'vecmilvus'\nwal_level = logical\n"
      . "vecmilvus.purge_interval = '1s'\n"
      # A worker for each of the databases below, and one more for the purge.
      . "max_worker_processes = 16\n");

$node->safe_psql('postgres', q{
    CREATE ROLE owner LOGIN;
    CREATE DATABASE app OWNER owner;
});
$node->safe_psql('app', 'CREATE EXTENSION vecmilvus');

sub as_owner
{
    my ($database, $sql) = @_;

    return $node->safe_psql($database, $sql, extra_params => [ '-U', 'owner' ]);
}

as_owner('app', q{
    SELECT milvus.create_database('shop', '{"note": "kept"}');
    SELECT milvus.use_database('shop');
    SELECT milvus.create_collection('items', consistency_level => 'Session', description => 'what we sell',
        properties => '{"mmap.enabled": "true"}', num_shards => 3, schema => '{
        "auto_id": true, "enable_dynamic_field": true, "fields": [
        {"name": "id", "type": "INT64", "is_primary": true, "description": "the key"},
        {"name": "v", "type": "FLOAT_VECTOR", "dim": 4},
        {"name": "color", "type": "VARCHAR", "max_length": 16, "is_partition_key": true, "enable_match": true},
        {"name": "tags", "type": "ARRAY", "element_type": "VARCHAR", "max_capacity": 4, "max_length": 8}]}');
    SELECT milvus.create_index('items', 'v', 'HNSW', 'L2', '{"M": 8, "efConstruction": 40}');
    SELECT milvus.create_resource_group('near'), milvus.create_resource_group('far',
        '{"requests": {"node_num": 1}, "limits": {"node_num": 2}, "transfer_from": [{"resource_group": "near"}]}');
    SELECT milvus.load_collection('items', 2, '{id,v,color}', true, '{near,far}');
    SELECT milvus.alter_collection_field('items', 'v', '{"mmap.enabled": true}');
    SELECT milvus.alter_index_properties('items', 'v', '{"mmap.enabled": true}');
    SELECT milvus.create_alias('items', 'goods');
    INSERT INTO shop.items (v, color, tags)
        SELECT ARRAY[i, 1, 2, 3]::vector, 'c' || i % 3, '{a,b}' FROM generate_series(1, 50) i;
    SELECT milvus.create_collection('parts', 4);
    SELECT milvus.create_partition('parts', 'left');
    SELECT milvus.release_partitions('parts', '{left}');
    INSERT INTO shop.parts (id, vector, "$partition") VALUES (1, '[1,2,3,4]', 'left');
});

# Everything a client can see of a database.  What differs by nature is left out.
sub everything
{
    my ($database) = @_;

    return $node->safe_psql($database, q{
        SELECT milvus.use_database('shop');
        SELECT milvus.list_databases(), milvus.describe_database('shop'), milvus.list_collections(), milvus.list_aliases();
        SELECT milvus.describe_collection(c), milvus.list_partitions(c), milvus.get_collection_stats(c),
            milvus.get_load_state(c), milvus.list_indexes(c), milvus.describe_index(c, i)
            FROM (VALUES ('goods', 'v'), ('parts', 'vector')) t (c, i);
        SELECT milvus.get_load_state('parts', 'left');
        SELECT g, milvus.describe_resource_group(g) - 'nodes' FROM jsonb_array_elements_text(milvus.list_resource_groups()) g;
        SELECT milvus.describe_replica(c), load_params FROM (VALUES ('items'), ('parts')) t (c)
            JOIN milvus.collection ON relation = c::regclass;
        SELECT * FROM shop.items ORDER BY id;
        SELECT * FROM shop.parts ORDER BY id;
    });
}

my $before = everything('app');
like($before, qr/"enable_match": true/, 'what is compared is there');
like($before, qr/"M": "8"/, 'with its index');
like($before, qr/"load_fields": \["id", "v", "color"\]/, 'what it was loaded with');
like($before, qr/^far\|.*"node_num": 2.*"items": 1/m, 'and resource groups');

my $dump = PostgreSQL::Test::Utils::tempdir() . '/app.dump';

# ------------------------------------------------------------------- as superuser
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('app') ], 'pg_dump as superuser');
$node->safe_psql('postgres', 'CREATE DATABASE copy OWNER owner');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('copy'), $dump ],
    'pg_restore as superuser');
is(everything('copy'), $before, 'all of it is back');

# A second restore of the same needs an empty database; ids go on rising there.
is( $node->safe_psql('copy', q{SET search_path = shop, public;
        INSERT INTO items (v, color, tags) VALUES ('[1,2,3,4]', 'x', '{}');
        SELECT count(*), max(id) FILTER (WHERE color = 'x') = max(id) FROM items}),
    '51|t', 'a new row gets a new id');

# ----------------------------------------------------------------- as the owner
$node->command_ok(
    [ 'pg_dump', '-U', 'owner', '-Fc', '-f', $dump, $node->connstr('app') ],
    'pg_dump as the owner of the tables');
$node->safe_psql('postgres', 'CREATE DATABASE own OWNER owner');
$node->safe_psql('own', 'CREATE EXTENSION vecmilvus');
my $list = PostgreSQL::Test::Utils::tempdir() . '/list';
my ($out, $err) = run_command([ 'pg_restore', '-l', $dump ]);
# Only a superuser comments on an extension that is somebody else's.
append_to_file($list, join("\n", grep { !/COMMENT - EXTENSION/ } split(/\n/, $out)) . "\n");
$node->command_ok(
    [ 'pg_restore', '-U', 'owner', '--exit-on-error', '-L', $list, '-d', $node->connstr('own'), $dump ],
    'pg_restore as the owner');
is(everything('own'), $before, 'all of it is back');

# ---------------------------------------------------------------------- as INSERTs
$node->command_ok(
    [ 'pg_dump', '--rows-per-insert=100', '-f', "$dump.sql", $node->connstr('app') ], 'pg_dump --inserts');
$node->safe_psql('postgres', 'CREATE DATABASE inserts OWNER owner');
$node->command_ok(
    [ 'psql', '-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-f', "$dump.sql", $node->connstr('inserts') ],
    'and its restore');
is(everything('inserts'), $before, 'all of it is back');

# ------------------------------------------------------------------ single tables
$node->command_ok(
    [ 'pg_dump', '-Fc', '-t', 'shop.items', '-f', $dump, $node->connstr('app') ], 'pg_dump -t');
$node->safe_psql('postgres', 'CREATE DATABASE one');
$node->safe_psql('one', 'CREATE EXTENSION vecmilvus; CREATE SCHEMA shop');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('one'), $dump ],
    'pg_restore of it');
is($node->safe_psql('one', q{SELECT milvus.has_collection('shop.items')}), 'f',
    'a dump of a table leaves the metadata behind');
$node->safe_psql('one', q{SELECT milvus.register_collection('shop.items')});
my $description = q{SELECT milvus.describe_collection('shop.goods') - 'collection_id',
    milvus.describe_index('shop.items', 'v'), milvus.get_collection_stats('shop.goods')};
is($node->safe_psql('one', $description), $node->safe_psql('app', $description),
    'register_collection restores it');
is($node->safe_psql('one', q{SELECT milvus.load_collection('shop.items');
        SELECT r ->> 'resource_group' FROM jsonb_array_elements(milvus.describe_replica('shop.items')) r}),
    "\n__default_resource_group\n__default_resource_group",
    'replicas come back with it, without the resource groups of the other database');
is($node->safe_psql('one', q{SELECT load_params -> 'load_fields' FROM milvus.collection}), '["id", "v", "color"]',
    'and load_fields');

# ------------------------------------------------------------- logical replication
my $subscriber = new_node('subscriber', conf => "shared_preload_libraries = 'vecmilvus'\n");
$subscriber->safe_psql('postgres', 'CREATE SCHEMA shop');
my $schema = PostgreSQL::Test::Utils::tempdir() . '/items.sql';
$node->command_ok([ 'pg_dump', '-s', '-O', '-t', 'shop.items', '-f', $schema, $node->connstr('app') ],
    'pg_dump -s -t');
$subscriber->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $schema,
        $subscriber->connstr('postgres') ], 'and its restore');
$node->safe_psql('app', 'CREATE PUBLICATION pub FOR TABLE shop.items');
(my $connection = $node->connstr('app')) =~ s/'/''/g;
$subscriber->safe_psql('postgres', qq{CREATE SUBSCRIPTION sub CONNECTION '$connection' PUBLICATION pub});
$subscriber->wait_for_subscription_sync($node, 'sub') if $subscriber->can('wait_for_subscription_sync');
$node->safe_psql('app', q{DELETE FROM shop.items WHERE color = 'c1';
    UPDATE shop.items SET color = 'z' WHERE color = 'c2'});
$node->wait_for_catchup('sub');
$subscriber->safe_psql('postgres', q{SELECT milvus.register_collection('shop.items')});
is( $subscriber->safe_psql('postgres', q{SELECT milvus.get_collection_stats('shop.items'),
        milvus.describe_collection('shop.items')->'num_partitions'}),
    '{"row_count": 33}|16', 'a subscriber has the rows, and a collection once it is registered');
is( $subscriber->safe_psql('postgres', 'SELECT id, v, color, "$ts" FROM shop.items ORDER BY id'),
    $node->safe_psql('app', 'SELECT id, v, color, "$ts" FROM shop.items ORDER BY id'),
    'the same rows');
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION sub');

# A publication of all tables has those of schema milvus, too: what comes of them is
# left out, and the subscriber's own timestamps and collections stay as they are.
$node->safe_psql('postgres', 'CREATE DATABASE every');
$node->safe_psql('every', q{CREATE EXTENSION vecmilvus;
    SELECT milvus.create_collection('items', 2); SELECT milvus.next_id();
    CREATE PUBLICATION pub_all FOR ALL TABLES});
$subscriber->safe_psql('postgres', 'CREATE DATABASE every');
$subscriber->safe_psql('every', q{CREATE EXTENSION vecmilvus; SELECT milvus.create_collection('items', 2)});
my $own = $subscriber->safe_psql('every', 'TABLE milvus.collection');
($connection = $node->connstr('every')) =~ s/'/''/g;
$subscriber->safe_psql('every', qq{CREATE SUBSCRIPTION sub_all CONNECTION '$connection' PUBLICATION pub_all});
$subscriber->wait_for_subscription_sync($node, 'sub_all', 'every');
$node->safe_psql('every', q{SELECT milvus.insert('items', '{"id": 1, "vector": [1, 2]}'),
    milvus.create_alias('items', 'goods'), milvus.alter_collection_properties('items', '{"a": "b"}')});
$node->wait_for_catchup('sub_all');
is($subscriber->safe_psql('every', 'SELECT count(*) FROM milvus.tick'), '1', 'one tick page');
ok($subscriber->safe_psql('every', 'SELECT milvus.next_id()') > 0, 'timestamps are drawn');
is($subscriber->safe_psql('every', q{SELECT milvus.get_collection_stats('items'), milvus.list_aliases('items')->'aliases'}),
    '{"row_count": 1}|[]', 'rows are replicated, metadata is the subscriber\'s');
is($subscriber->safe_psql('every', 'SELECT relation, collection_id FROM milvus.collection'),
    join('|', (split /\|/, $own)[0, 1]), 'and stays what it was');
$subscriber->safe_psql('every', 'DROP SUBSCRIPTION sub_all');

# -------------------------------------------------------------------------- expiry
# A trigger of the owner's runs as the owner, not as the worker.
as_owner('app', q{
    CREATE TABLE shop.log (who name, path text);
    CREATE FUNCTION shop.note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO shop.log VALUES (current_user, session_user); RETURN OLD; END $$;
    SELECT milvus.use_database('shop');
    SELECT milvus.create_collection('gone', 4);
    SELECT milvus.create_collection('broken', 4);
    CREATE FUNCTION shop.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
    CREATE TRIGGER note BEFORE DELETE ON shop.gone FOR EACH ROW EXECUTE FUNCTION shop.note();
    CREATE TRIGGER fail BEFORE DELETE ON shop.broken FOR EACH ROW EXECUTE FUNCTION shop.fail();
    INSERT INTO shop.gone (id, vector, "$ts") SELECT i, '[1,2,3,4]', milvus.timestamptz_to_ts(now() - interval '1 hour' * i)
        FROM generate_series(0, 9) i;
    INSERT INTO shop.broken (id, vector, "$ts") SELECT i, '[1,2,3,4]', 0 FROM generate_series(1, 3) i;
    SELECT milvus.alter_collection_properties('broken', '{"collection.ttl.seconds": 60}');
    SELECT milvus.alter_collection_properties('gone', '{"collection.ttl.seconds": 18000}');
});
is(as_owner('app', q{SELECT milvus.get_collection_stats('shop.gone'), milvus.get_collection_stats('shop.broken')}),
    '{"row_count": 5}|{"row_count": 0}', 'expired rows are not counted');
ok($node->poll_query_until('app', 'SELECT count(*) = 5 FROM shop.gone'), 'the worker deletes them');
is(as_owner('app', 'SELECT DISTINCT who FROM shop.log'), 'owner', q{triggers ran with the owner's rights});
is(as_owner('app', 'SELECT count(*) FROM shop.broken'), '3', 'a table that fails keeps its rows, and holds up no other');

# ------------------------------------------------------------------------- security
# What a superuser restores is not what others may write.
($out, $err) = ('', '');
my $status = $node->psql('app', q{COPY milvus.collection FROM stdin;},
    extra_params => [ '-U', 'owner' ], stdin => undef, stdout => \$out, stderr => \$err);
$node->safe_psql('app', 'CREATE TABLE theirs (id bigint PRIMARY KEY)');
$status = $node->psql('app',
    "COPY milvus.collection FROM stdin;\npublic.theirs\t1\tf\tf\t2\t1\t0\t{}\t[]\t1\t1\t{}\n\\.\n",
    extra_params => [ '-U', 'owner' ], stderr => \$err);
like($err, qr/a row of table collection was left out/, 'rows about tables of others are left out');
is($node->safe_psql('app', q{SELECT milvus.has_collection('theirs')}), 'f', 'and not there');

$node->stop;
$subscriber->stop;
done_testing();
