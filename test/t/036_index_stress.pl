# Eight clients insert, update, delete, search and vacuum for half a minute while
# searches go on at a standby: nobody gets an error, every answer is in order,
# and the indexes are sound on both.

use strict;
use warnings;

use IPC::Run ();
use Test::More;
use VecmilvusTest;

my $seconds = 30 * rounds();
my $rows = 2000;

my $primary = new_node('primary', streaming => 1, conf => q{
fsync = off
autovacuum = off
max_connections = 40
wal_keep_size = '1GB'
});
$primary->safe_psql('postgres', qq{
    SET client_min_messages = error;
    CREATE FUNCTION some_vector() RETURNS vector LANGUAGE sql VOLATILE
        AS \$\$ SELECT array_agg(random())::vector FROM generate_series(1, 8) \$\$;
    CREATE TABLE items (id int PRIMARY KEY, n int DEFAULT 0, v vector(8)) WITH (fillfactor = 70);
    INSERT INTO items (id, v) SELECT i, some_vector() FROM generate_series(1, $rows) i;
    CREATE SEQUENCE item START 1000000;
    CREATE INDEX items_hnsw ON items USING hnsw (v vector_l2_ops) WITH (m = 8, ef_construction = 32);
    CREATE INDEX items_ivf ON items USING ivfflat (v vector_cosine_ops) WITH (lists = 20);

    -- An error where an index gives rows out of order: a place that was given to
    -- another row would show as one.  The heap row's own distance is compared.
    CREATE FUNCTION search_hnsw(q vector, k int) RETURNS int LANGUAGE plpgsql AS \$\$
    DECLARE
        last float8 := -1;
        found int := 0;
        d float8;
    BEGIN
        FOR d IN SELECT v <-> q FROM items ORDER BY v <-> q LIMIT k LOOP
            IF d < last - 1e-6 THEN RAISE EXCEPTION 'hnsw: % after %', d, last; END IF;
            last := d;
            found := found + 1;
        END LOOP;
        IF found < k THEN RAISE EXCEPTION 'hnsw: % rows of %', found, k; END IF;
        RETURN found;
    END \$\$ SET enable_seqscan = off SET hnsw.iterative_scan = strict_order;
    CREATE FUNCTION search_ivf(q vector, k int) RETURNS int LANGUAGE plpgsql AS \$\$
    DECLARE
        last float8 := -1;
        found int := 0;
        d float8;
    BEGIN
        FOR d IN SELECT v <=> q FROM items ORDER BY v <=> q LIMIT k LOOP
            IF d < last - 1e-6 THEN RAISE EXCEPTION 'ivfflat: % after %', d, last; END IF;
            last := d;
            found := found + 1;
        END LOOP;
        IF found < k THEN RAISE EXCEPTION 'ivfflat: % rows of %', found, k; END IF;
        RETURN found;
    END \$\$ SET enable_seqscan = off SET ivfflat.probes = 20;
});
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
# Its searches are never cancelled: vacuum on the primary is told of them.
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\nmax_standby_streaming_delay = -1\n");
$standby->start;

# --------------------------------------------------------------------- the load
my $dir = PostgreSQL::Test::Utils::tempdir();
my %scripts = (
    insert => "INSERT INTO items (id, v) VALUES (nextval('item'), some_vector());\n",
    insert_many => "INSERT INTO items (id, v) SELECT nextval('item'), some_vector() FROM generate_series(1, 20);\n",
    # The same value often: rows that share an element.
    insert_same => "INSERT INTO items (id, v) VALUES (nextval('item'), '[1,1,1,1,1,1,1,1]');\n",
    update_other => "\\set r random(1, $rows)\nUPDATE items SET n = n + 1 WHERE id = :r;\n",
    update_vector => "\\set r random(1, $rows)\nUPDATE items SET v = some_vector() WHERE id = :r;\n",
    delete => "DELETE FROM items WHERE id IN (SELECT id FROM items WHERE id >= 1000000 ORDER BY id LIMIT 15\n"
      . "    FOR UPDATE SKIP LOCKED);\n",
    roll_back => "BEGIN;\nINSERT INTO items (id, v) SELECT nextval('item'), some_vector() FROM generate_series(1, 5);\nROLLBACK;\n",
    search => "SELECT search_hnsw(some_vector(), 40), search_ivf(some_vector(), 40);\n",
    vacuum => "VACUUM (SKIP_LOCKED) items;\n",
);
while (my ($name, $text) = each %scripts)
{
    PostgreSQL::Test::Utils::append_to_file("$dir/$name.sql", $text);
}

# pgbench in the background; its standard output and error go to files.
sub start_pgbench
{
    my ($node, $name, $clients, @weights) = @_;
    my @command = ('pgbench', '--no-vacuum', '-c', $clients, '-j', 1, '-T', $seconds,
        map { ('-f', "$dir/$_") } @weights);
    my $run = IPC::Run::start([ @command, '-d', $node->connstr('postgres') ],
        '>' => "$dir/$name.out", '2>' => "$dir/$name.err");
    return { name => $name, run => $run };
}

# Its exit status is an error when a client ended early.
sub finish_pgbench
{
    my ($bench) = @_;
    my $name = $bench->{name};

    $bench->{run}->finish;
    my $out = PostgreSQL::Test::Utils::slurp_file("$dir/$name.out");
    my $err = PostgreSQL::Test::Utils::slurp_file("$dir/$name.err");
    is($bench->{run}->result(0), 0, "$name: no client got an error") or diag($err);
    my ($done) = $out =~ /number of transactions actually processed: (\d+)/;
    cmp_ok($done // 0, '>', 100, "$name: they did something");
    note("$name: $done transactions");
}

my @benches = (
    start_pgbench($primary, 'primary', 8,
        'insert.sql@8', 'insert_many.sql@2', 'insert_same.sql@2', 'update_other.sql@4', 'update_vector.sql@4',
        'delete.sql@4', 'roll_back.sql@1', 'search.sql@6', 'vacuum.sql@1'),
    start_pgbench($standby, 'standby', 2, 'search.sql@1'));
finish_pgbench($_) for @benches;

# -------------------------------------------------------------------- afterwards
$primary->wait_for_catchup($standby);
for my $index ('items_hnsw', 'items_ivf')
{
    is(index_errors($primary, $index), '', "$index is sound");
    is(index_errors($standby, $index), '', "$index is sound on the standby");
}
$primary->safe_psql('postgres', 'VACUUM items');
is(index_errors($primary, 'items_hnsw'), '', 'and after one more vacuum');

# Rows are found by their own vectors, but for a few: the index has lost most of
# its rows several times, and nobody has rebuilt it.
my $lost = $primary->safe_psql('postgres', q{
    SET enable_seqscan = off; SET enable_sort = off; SET hnsw.ef_search = 400;
    SELECT count(*) FILTER (WHERE nearest > 0), count(*) FROM (
        SELECT (SELECT j.v <-> i.v FROM items j ORDER BY j.v <-> i.v LIMIT 1) AS nearest FROM items i) s});
my ($missed, $all) = split /\|/, $lost;
note("$missed of $all rows are not found by their own vector; notices: ",
    $primary->safe_psql('postgres', "SELECT rule, message FROM vecmilvus_check_index('items_hnsw')"));
cmp_ok($missed, '<=', 0.02 * $all, 'the rows are found by their vectors');

for my $node ($primary, $standby)
{
    unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/TRAP:|PANIC|terminated by signal/,
        $node->name . ': no process ended');
}
$standby->stop;
$primary->stop;
done_testing();
