# A streaming standby has the types, the data and the same exact answers, also
# after rows changed, and goes on as a primary when it is promoted.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

my $primary = new_node('primary', streaming => 1);
fill_table($primary, 'items', 1000);

$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
# Every replayed page is compared with what the primary had.
$standby->append_conf('postgresql.conf', 'wal_consistency_checking = all');
$standby->start;

$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'the standby recovers');
my $answers = exact_answers($primary, 'items');
is(scalar(split /\n/, $answers), 540, 'every search of the primary gives ten rows');
is(exact_answers($standby, 'items'), $answers, 'the standby gives the same answers');

$primary->safe_psql('postgres', q{
    DELETE FROM items WHERE id % 3 = 0;
    UPDATE items SET v = test_vector(id + 50000, 24), wide = test_vector(id + 1, 600) WHERE id % 5 = 0;
    VACUUM items;
    INSERT INTO items SELECT id, test_vector(id, 24), test_vector(id, 24), test_sparse(id, 40),
        binary_quantize(test_vector(id, 24)), NULL FROM generate_series(2001, 2300) id;
    CREATE INDEX items_v ON items (v);
});
$primary->wait_for_catchup($standby);
my $changed = exact_answers($primary, 'items');
isnt($changed, $answers, 'the changes change the answers');
is(exact_answers($standby, 'items'), $changed, 'the standby follows');

my $lookup = q{SET enable_seqscan = off; SELECT id FROM items WHERE v = test_vector(2222, 24)};
is($standby->safe_psql('postgres', $lookup), '2222', 'the standby uses the btree index');
my $text = 'SELECT md5(string_agg(i::text, chr(10) ORDER BY id)) FROM items i';
is($standby->safe_psql('postgres', $text), $primary->safe_psql('postgres', $text),
    'every value reads the same');

$primary->stop;
$standby->promote;
is(exact_answers($standby, 'items'), $changed, 'the promoted standby gives the same answers');
$standby->safe_psql('postgres', 'INSERT INTO items (id, v) VALUES (9001, test_vector(9001, 24))');
is( $standby->safe_psql('postgres',
        'SELECT id FROM items WHERE v IS NOT NULL ORDER BY v <-> test_vector(9001, 24) LIMIT 1'),
    '9001',
    'the promoted standby takes and finds new rows');

done_testing();
