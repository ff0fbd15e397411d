# The server is killed in the middle of inserts: every acknowledged row is there
# afterwards, and every row that is there has the value it was given.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);
use VecmilvusTest;

my $node = new_node('crash', conf => "fsync = off\n");
fill_table($node, 'items', 200);

my $next = 1000;
my $rows_per_round = 20000;

# Kills the server while a session inserts one row a transaction; returns the
# ids that psql had got acknowledged.
sub crash_during_inserts
{
    my ($how) = @_;
    my $first = $next;
    my $sql = join('', map {
            my $id = $first + $_;
            "INSERT INTO items SELECT $id, test_vector($id, 24), test_vector($id, 24), "
              . "test_sparse($id, 40), NULL, test_vector($id, 600) RETURNING id;\n"
    } 0 .. $rows_per_round - 1);
    my $session = start_psql($node, $sql);

    # In the middle: some rows are in, many are not.
    $node->poll_query_until('postgres', "SELECT count(*) > 50 FROM items WHERE id >= $first")
      or die 'the session inserts nothing';
    sleep rand(0.3);
    $how eq 'kill9' ? $node->kill9 : $node->stop('immediate');
    $next += $rows_per_round;
    return ($first, grep { /^\d+$/ } split /\n/, finish_psql($session));
}

for my $round (1 .. rounds())
{
    for my $how ('kill9', 'immediate')
    {
        my ($first, @acknowledged) = crash_during_inserts($how);
        my $name = "round $round, $how";

        start_after_crash($node);
        my $last = $acknowledged[-1] // $first - 1;
        my $count = $node->safe_psql('postgres', "SELECT count(*) FROM items WHERE id >= $first");
        cmp_ok($count, '<', $rows_per_round, "$name: the crash came in the middle ($count rows)");
        is( $node->safe_psql('postgres',
                "SELECT count(*) FROM items WHERE id BETWEEN $first AND $last"),
            $last - $first + 1,
            "$name: every acknowledged row is there (" . scalar(@acknowledged) . ')');
        is( $node->safe_psql('postgres', qq{
                SELECT count(*) FROM items WHERE id >= $first AND
                    (v <> test_vector(id, 24) OR h <> test_vector(id, 24)::halfvec
                    OR s <> test_sparse(id, 40) OR wide <> test_vector(id, 600))}),
            '0',
            "$name: every row has its value");
    }
}

is( $node->safe_psql('postgres', q{
        SELECT count(*) FROM items WHERE id <= 200 AND
            (v = test_vector(id, 24) AND (wide IS NULL OR wide = test_vector(id, 600)))}),
    '200',
    'the rows from before the crashes are untouched');
is( $node->safe_psql('postgres',
        'VACUUM FULL items; SELECT count(*) > 200 FROM items WHERE v <-> test_vector(3, 24) >= 0'),
    't',
    'the table can be rewritten and searched');

done_testing();
