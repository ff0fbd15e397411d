# docs/from-pgvector.md as written: a dump of a database that has the extension by
# pgvector's name loads by the dump's own statements, and without them; a binary
# COPY and a subscription bring the rows too.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

plan skip_all => 'the alias is not installed (make install-vector-alias)'
    unless (extension_file('vector.control') // '') =~ /^# vecmilvus alias$/m;

my $node = new_node('from_pgvector', streaming => 1, conf => "wal_level = logical\n");

sub shell
{
    my ($command) = @_;
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    my $output = '';
    my $ok = IPC::Run::run([ 'sh', '-e', '-c', $command ], '>' => \$output, '2>&1');
    return $ok ? '' : "failed: $output";
}

my $rows = 'SELECT count(*), sum(id), min(v::text), max(h::text), max(s::text) FROM items';
my $near = "SELECT id FROM items ORDER BY v <-> '[7.1,1,0]' LIMIT 3";

$node->safe_psql('postgres', 'CREATE DATABASE old');
$node->safe_psql('old', <<'SQL');
CREATE EXTENSION vecmilvus;
CREATE EXTENSION vector;
CREATE TABLE items (id integer PRIMARY KEY, v vector(3), h halfvec(3), s sparsevec(5));
INSERT INTO items SELECT i, ARRAY[i, 1, 0]::real[], ARRAY[i, 0.5, 2]::real[]::vector::halfvec, format('{1:%s,3:2}/5', i)::sparsevec
    FROM generate_series(1, 200) i;
CREATE INDEX items_v ON items USING hnsw (v vector_l2_ops) WITH (m = 8);
CREATE INDEX items_h ON items USING ivfflat (h halfvec_l2_ops) WITH (lists = 4);
SQL
my $expected = $node->safe_psql('old', $rows);

is(shell("createdb new; psql -X -q -d new -c 'CREATE EXTENSION vecmilvus'; pg_dump old | psql -X -q -v ON_ERROR_STOP=1 -d new"),
    '', 'a dump loads, its CREATE EXTENSION vector too');
is($node->safe_psql('new', $rows), $expected, 'with all its rows');
is($node->safe_psql('new', "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class JOIN pg_am a ON relam = a.oid AND amname IN ('hnsw', 'ivfflat')"),
    'items_h items_v', 'and its indexes');
is($node->safe_psql('new', "SET enable_seqscan = off; $near"), "7\n8\n6", 'which serve');

is(shell("createdb bare; psql -X -q -d bare -c 'CREATE EXTENSION vecmilvus'; pg_dump old | "
            . "grep -v -E '^(CREATE|COMMENT ON) EXTENSION.* vector' | psql -X -q -v ON_ERROR_STOP=1 -d bare"),
    '', 'a dump loads without the alias');
is($node->safe_psql('bare', $rows), $expected, 'with all its rows');

my $columns = 'id integer PRIMARY KEY, v vector(3), h halfvec(3), s sparsevec(5)';
is(shell("createdb copied; psql -X -q -d copied -c 'CREATE EXTENSION vecmilvus' -c 'CREATE TABLE items ($columns)'; "
            . "psql -X -q -d old -c 'COPY items TO STDOUT WITH (FORMAT binary)' | "
            . "psql -X -q -v ON_ERROR_STOP=1 -d copied -c 'COPY items FROM STDIN WITH (FORMAT binary)'"),
    '', 'a binary COPY loads');
is($node->safe_psql('copied', $rows), $expected, 'with all its rows');

# Within one server the slot is made by hand, or the subscription waits for itself.
$node->safe_psql('old', "CREATE PUBLICATION p FOR TABLE items");
$node->safe_psql('old', "SELECT pg_create_logical_replication_slot('sub', 'pgoutput')");
$node->safe_psql('postgres', 'CREATE DATABASE subscribed');
$node->safe_psql('subscribed', "CREATE EXTENSION vecmilvus; CREATE TABLE items ($columns)");
$node->safe_psql('subscribed',
    sprintf("CREATE SUBSCRIPTION sub CONNECTION '%s dbname=old' PUBLICATION p WITH (create_slot = false, slot_name = 'sub', binary = true)",
        $node->connstr));
$node->poll_query_until('subscribed', 'SELECT count(*) = 200 FROM items') or fail('the subscription copies nothing');
$node->safe_psql('old', "INSERT INTO items VALUES (201, '[201,1,0]', '[1,1,1]', '{}/5')");
$node->poll_query_until('subscribed', 'SELECT count(*) = 201 FROM items') or fail('the subscription applies nothing');
is($node->safe_psql('subscribed', $rows), $node->safe_psql('old', $rows), 'a subscription in binary brings the rows, old and new');
$node->safe_psql('subscribed', 'DROP SUBSCRIPTION sub');

done_testing();
