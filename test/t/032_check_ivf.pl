# vecmilvus_check_index finds a planted violation of each invariant of ivf
# (src/am/ivf/README.md), names rule and block, and using such an index never
# ends the server.

use strict;
use warnings;

use File::Copy qw(copy);
use Test::More;
use VecmilvusTest;

use constant PAGE => 8192;
use constant CONTENTS => 24;           # page header
use constant SPECIAL => PAGE - 8;      # next u32, kind u16, page id u16
use constant NONE => 0xFFFFFFFF;

my $dims = 100;
my $lists = 10;
my $row_stride = 8 + 4 * $dims;        # a multiple of 8 already
my $list_stride = 16 + 4 * $dims;

my $node = new_node('check_ivf', damage => 1, conf => "fsync = off\nautovacuum = off\n");
$node->safe_psql('postgres', qq{
    CREATE TABLE items (id int, v vector($dims));
    INSERT INTO items SELECT i, array_agg(((i * 7919 + d * 104729 + i * d * 31) % 2003)::float4)::vector
        FROM generate_series(1, 600) i, generate_series(1, $dims) d GROUP BY i;
    CREATE INDEX items_v ON items USING ivfflat (v vector_l2_ops) WITH (lists = $lists);
    CHECKPOINT});
my $file = $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('items_v')");
my $pristine = PostgreSQL::Test::Utils::tempdir() . '/index';
$node->stop;
copy($file, $pristine) or die "copy: $!";

sub slurp
{
    open my $in, '<:raw', $pristine or die "$pristine: $!";
    local $/;
    return <$in>;
}

sub u32 { my ($bytes, $at) = @_; return unpack 'V', substr($bytes, $at, 4) }

# Puts bytes into the image of the index.
sub put
{
    my ($image, $at, $bytes) = @_;
    substr($$image, $at, length $bytes) = $bytes;
}

my $image = slurp();
my $blocks = length($image) / PAGE;
my $row_block = 2;                     # one list page holds ten lists
my $list0 = PAGE + CONTENTS + 8;
my $start = u32($image, $list0);
my $extent = u32($image, $list0 + 8);
cmp_ok($extent, '>=', 2, 'the first list has pages enough for this test');
is($start, $row_block, 'and starts where it should');

my $row_page = $start * PAGE;
my $slot = $row_page + CONTENTS + 8;

# What is planted, where, and the rule that must be named.
my @plants = (
    ['another magic', 'IVF-1', 0, sub { put($_[0], CONTENTS, pack 'V', 1) }],
    ['a newer version', 'IVF-1', 0, sub { put($_[0], CONTENTS + 4, pack 'v', 2) }],
    ['an unknown quantizer', 'IVF-1', 0, sub { put($_[0], CONTENTS + 6, pack 'C', 1) }],
    ['reserved bytes in use', 'IVF-1', 0, sub { put($_[0], CONTENTS + 127, pack 'C', 1) }],
    ['other dimensions', 'IVF-1', 0, sub { put($_[0], CONTENTS + 8, pack 'V', 99) }],
    ['a list page of other lists', 'IVF-2', 1, sub { put($_[0], PAGE + CONTENTS, pack 'V', 10) }],
    ['a centroid that is no number', 'IVF-2', 1, sub { put($_[0], $list0 + 16, pack 'V', 0x7FC00000) }],
    ['a list that starts nowhere', 'IVF-3', 1, sub { put($_[0], $list0, pack 'V', 1_000_000) }],
    ['a chain that goes back', 'IVF-3', $start + 1,
        sub { put($_[0], $row_page + PAGE + SPECIAL, pack 'V', $start) }],
    ['a chain that leads out of the file', 'IVF-3', $start,
        sub { put($_[0], $row_page + SPECIAL, pack 'V', 1_000_000) }],
    ['a page of another list', 'IVF-4', $start, sub { put($_[0], $row_page + CONTENTS, pack 'V', 5) }],
    ['a page that no chain reaches', 'IVF-4', $start + 1,
        sub { put($_[0], $row_page + SPECIAL, pack 'V', NONE) }],
    ['more rows than fit', 'IVF-4', $start, sub { put($_[0], $row_page + CONTENTS + 4, pack 'v', 999) }],
    ['a free slot that is not counted', 'IVF-5', $start,
        sub { put($_[0], $slot, pack 'v3', 0xFFFF, 0xFFFF, 0) }],
    ['a row of no block of the table', 'IVF-5', $start,
        sub { put($_[0], $slot, pack 'v3', 0xFFFF, 0xFFFF, 1) }],
    ['a vector that is not finite', 'IVF-6', $start, sub { put($_[0], $slot + 8, pack 'V', 0x7F800000) }],
    ['an insert page of another list', 'IVF-8', 1,
        sub { put($_[0], $list0 + 4, pack 'V', $start + $extent) }],
    ['an extent that is too long', 'IVF-8', 1, sub { put($_[0], $list0 + 8, pack 'V', $extent + 1) }],
    ['a row of the table that is missing', 'CHECK-2', undef,
        sub { put($_[0], $slot, pack 'v3', 0, 9999, 1) }],
);

# Statements that read and write the index: errors are expected, crashes are not.
my @uses = (
    'SELECT count(*) FROM (SELECT id FROM items ORDER BY v <-> (SELECT v FROM items LIMIT 1)) nearest',
    'BEGIN; INSERT INTO items SELECT * FROM items LIMIT 20; ROLLBACK',
    'VACUUM items',
);

# Starts the server with that damage in the index.
sub start_damaged
{
    my ($plant) = @_;
    my $damaged = slurp();

    $plant->(\$damaged);
    open my $out, '>:raw', $file or die "$file: $!";
    print $out $damaged;
    close $out or die "$file: $!";
    $node->start;
}

sub check_plant
{
    my ($what, $rule, $block, $plant) = @_;

    start_damaged($plant);
    my $found = $node->safe_psql('postgres',
        "SELECT severity, block, rule FROM vecmilvus_check_index('items_v', true)");
    my $expected = defined $block ? "error\\|$block\\|$rule" : "error\\|\\|$rule";
    like($found, qr/^$expected$/m, "$what: found");
    for my $sql (@uses)
    {
        $node->psql('postgres', "SET enable_seqscan = off; SET ivfflat.probes = $lists; $sql");
    }
    is($node->safe_psql('postgres', 'SELECT 1'), '1', "$what: the server goes on");
    $node->stop;
}

$node->start;
is($node->safe_psql('postgres', "SELECT * FROM vecmilvus_check_index('items_v', true)"),
    '', 'nothing is found in a sound index');
$node->stop;

check_plant(@$_) for @plants;

# The table is not read, nor made longer, where a row is of no block of it.
start_damaged(sub { put($_[0], $slot, pack 'v3', 0xFFFF, 0xFFFF, 1) });
my $size = $node->safe_psql('postgres', "SELECT pg_relation_size('items')");
my (undef, undef, $complaint) = $node->psql('postgres',
    "SET enable_seqscan = off; SET ivfflat.probes = $lists; $uses[0]");
like($complaint, qr/index "items_v" has a row of no block of the table/, 'a scan refuses such a row');
is($node->safe_psql('postgres', "SELECT pg_relation_size('items')"), $size, 'and the table stays');
$node->stop;

# Vacuum sends no insert to a page that is in no chain of the list that it names.
start_damaged(sub { put($_[0], $row_page + CONTENTS, pack 'V', 5) });
$node->safe_psql('postgres', "DELETE FROM items WHERE ctid > '(1,1)'; VACUUM items");
is( $node->safe_psql('postgres', q{SELECT message FROM vecmilvus_check_index('items_v')
        WHERE rule = 'IVF-8' AND message LIKE 'insert page % of list 5 %'}),
    '', 'vacuum leaves the insert page of a list alone that a damaged page names');
$node->stop;

# A page that a crash left behind is no damage.
my $longer = slurp() . ("\0" x PAGE);
open my $out, '>:raw', $file or die "$file: $!";
print $out $longer;
close $out;
$node->start;
is( $node->safe_psql('postgres',
        "SELECT severity, block, rule FROM vecmilvus_check_index('items_v', true)"),
    "notice|$blocks|IVF-7",
    'a page of zeros is a notice');
$node->safe_psql('postgres', 'INSERT INTO items SELECT * FROM items; DELETE FROM items WHERE id % 2 = 0');
$node->safe_psql('postgres', 'VACUUM items');
is( $node->safe_psql('postgres',
        "SELECT severity, block, rule FROM vecmilvus_check_index('items_v', true)"),
    "notice|$blocks|IVF-7",
    'and inserts and vacuum pass it by');

# Who may ask.
$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN; GRANT SELECT ON items TO stranger');
my ($result, undef, $stderr) = $node->psql('postgres',
    "SET ROLE stranger; SELECT * FROM vecmilvus_check_index('items_v')");
like($stderr, qr/must be owner of index items_v/, 'only the owner may ask');
($result, undef, $stderr) =
  $node->psql('postgres', "SELECT * FROM vecmilvus_check_index('pg_class_oid_index')");
like($stderr, qr/"pg_class_oid_index" is not an hnsw, ivfflat or ivf index/, 'only about our indexes');

$node->stop;
done_testing();
