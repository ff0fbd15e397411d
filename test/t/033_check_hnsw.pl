# vecmilvus_check_index finds a planted violation of each invariant of hnsw
# (src/am/hnsw/README.md), names rule, block and item, and using such an index
# never ends the server.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

use constant PAGE => 8192;
use constant CONTENTS => 24;           # page header
use constant SPECIAL => PAGE - 8;      # version u32, kind u16, page id u16
use constant NONE => 0;                # a link that leads nowhere
use constant HEAP_TIDS => 12;          # of an element
use constant PAYLOAD => 72;
use constant LINKS => 8;               # of a neighbors item

my $m = 4;
my $node = new_node('check_hnsw', damage => 1, conf => "fsync = off\nautovacuum = off\n");
$node->safe_psql('postgres', qq{
    CREATE TABLE items (id int, v vector(3));
    SELECT setseed(0.7);
    INSERT INTO items SELECT i, ARRAY[random(), random(), random()] FROM generate_series(1, 400) i;
    INSERT INTO items SELECT 1000 + id, v FROM items WHERE id <= 200;
    CREATE INDEX items_v ON items USING hnsw (v vector_l2_ops) WITH (m = $m, ef_construction = 16);
    CHECKPOINT});
my $file = $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('items_v')");
$node->stop;
my $pristine = PostgreSQL::Test::Utils::slurp_file($file);

# ---------------------------------------------------------------- reading pages
sub u8 { return unpack 'C', substr($_[0], $_[1], 1) }
sub u16 { return unpack 'v', substr($_[0], $_[1], 2) }
sub u32 { return unpack 'V', substr($_[0], $_[1], 4) }

my $stride = u32($pristine, CONTENTS + 16);
my $entry = u32($pristine, CONTENTS + 20);

# Where an item's line pointer and the item are, and its length.
sub pointer_at { my ($block, $number) = @_; return $block * PAGE + CONTENTS + 4 * ($number - 1) }

sub item_at
{
    my ($block, $number) = @_;
    my $pointer = u32($pristine, pointer_at($block, $number));
    return ($block * PAGE + ($pointer & 0x7FFF), $pointer >> 17);
}

sub place { my ($ref) = @_; return (int($ref / $stride), $ref % $stride + 1) }

# Every element: place, level, neighbors item, heap TIDs.
sub read_elements
{
    my @found;

    for my $block (1 .. length($pristine) / PAGE - 1)
    {
        for my $number (1 .. (u16($pristine, $block * PAGE + 12) - CONTENTS) / 4)
        {
            my ($at, $length) = item_at($block, $number);
            next unless $length && u8($pristine, $at) == 1;
            my $high = u16($pristine, $at + 4);
            my $low = u16($pristine, $at + 6);
            my @neighbors = (($high << 16) + $low, u16($pristine, $at + 8));
            push @found, {
                block => $block, number => $number, at => $at, length => $length,
                ref => $block * $stride + $number - 1, level => u8($pristine, $at + 1),
                neighbors => \@neighbors, links => (item_at(@neighbors))[0],
                tids => scalar(grep { u16($pristine, $at + HEAP_TIDS + 6 * $_ + 4) } 0 .. 9) };
        }
    }
    return @found;
}

my @elements = read_elements();
cmp_ok(scalar(@elements), '==', 400, 'equal vectors share an element, and this test finds them all');

sub first_with
{
    my ($test) = @_;
    my ($element) = grep { $_->{ref} != $entry && $test->($_) } @elements;
    return $element;
}

my $plain = first_with(sub { $_->{level} == 0 && $_->{tids} == 1 });
my $other = first_with(sub { $_->{level} == 0 && $_->{tids} == 1 && $_ != $plain });
my $twin = first_with(sub { $_->{tids} == 2 });
my $high = first_with(sub { $_->{level} > 0 && u32($pristine, $_->{links} + LINKS + 8 * $m) });
my ($top) = grep { $_->{ref} == $entry } @elements;

# -------------------------------------------------------------------- planting
sub put
{
    my ($image, $at, $bytes) = @_;
    substr($$image, $at, length $bytes) = $bytes;
}

sub tid { my ($block, $number) = @_; return pack 'v3', $block >> 16, $block & 0xFFFF, $number }

sub element { my ($element) = @_; return "$element->{block}|$element->{number}" }
sub neighbors { my ($element) = @_; return join '|', @{ $element->{neighbors} } }

# The links of layer 0 that are in use.
sub links
{
    my ($element) = @_;
    return grep { $_ } unpack 'V' . 2 * $m, substr($pristine, $element->{links} + LINKS, 8 * $m);
}

# What is planted, the rule and the place that must be named, and how.
my @plants = (
    ['another magic', 'HNSW-1', '0|', sub { put($_[0], CONTENTS, pack 'V', 1) }],
    ['a newer version', 'HNSW-1', '0|', sub { put($_[0], CONTENTS + 4, pack 'V', 2) }],
    ['other dimensions', 'HNSW-1', '0|', sub { put($_[0], CONTENTS + 8, pack 'V', 4) }],
    ['another m', 'HNSW-1', '0|', sub { put($_[0], CONTENTS + 12, pack 'v', 200) }],
    ['another stride', 'HNSW-1', '0|', sub { put($_[0], CONTENTS + 16, pack 'V', $stride + 1) }],
    ['an unknown quantizer', 'HNSW-1', '0|', sub { put($_[0], CONTENTS + 27, pack 'C', 9) }],
    ['reserved bytes in use', 'HNSW-1', '0|', sub { put($_[0], CONTENTS + 123, pack 'C', 1) }],
    ['a page of another extension', 'HNSW-1', '1|', sub { put($_[0], PAGE + SPECIAL + 6, pack 'v', 0xFF90) }],
    ['a second metapage', 'HNSW-1', '1|', sub { put($_[0], PAGE + SPECIAL + 4, pack 'v', 1) }],
    ['a line pointer out of the page', 'HNSW-1', element($plain),
        sub { put($_[0], pointer_at(@$plain{qw(block number)}), pack 'V', 8180 | 1 << 15 | 80 << 17) }],
    ['a dead line pointer', 'HNSW-1', element($plain),
        sub { put($_[0], pointer_at(@$plain{qw(block number)}), pack 'V', 3 << 15) }],
    ['two line pointers to one item', 'HNSW-1', "$plain->{block}|",
        sub {
            put($_[0], pointer_at(@$plain{qw(block number)}),
                substr($pristine, pointer_at($plain->{block}, $plain->{number} == 1 ? 3 : 1), 4));
        }],
    ['an item of no known kind', 'HNSW-1', element($plain), sub { put($_[0], $plain->{at}, pack 'C', 7) }],
    ['an element that is too short', 'HNSW-1', element($plain),
        sub {
            put($_[0], pointer_at(@$plain{qw(block number)}),
                pack 'V', ($plain->{at} % PAGE) | 1 << 15 | ($plain->{length} - 8) << 17);
        }],
    ['a neighbors item of another level', 'HNSW-1', neighbors($plain),
        sub { put($_[0], $plain->{links} + 1, pack 'C', 1) }],
    ['unknown flags', 'HNSW-1', element($plain), sub { put($_[0], $plain->{at} + 3, pack 'C', 0x80) }],
    ['neighbors of another element', 'HNSW-2', element($plain),
        sub { put($_[0], $plain->{at} + 4, tid(@{ $other->{neighbors} })) }],
    ['neighbors that nobody names', 'HNSW-2', neighbors($plain),
        sub { put($_[0], $plain->{at} + 4, tid(@{ $other->{neighbors} })) }],
    ['neighbors that are nowhere', 'HNSW-2', element($plain),
        sub { put($_[0], $plain->{at} + 4, tid(1_000_000, 1)) }],
    ['an element of another level', 'HNSW-2', element($plain),
        sub { put($_[0], $plain->{at} + 1, pack 'C', 1) }],
    ['another owner', 'HNSW-2', neighbors($plain),
        sub { put($_[0], $plain->{links} + 4, pack 'V', $other->{ref}) }],
    ['a link to itself', 'HNSW-3', neighbors($plain),
        sub { put($_[0], $plain->{links} + LINKS, pack 'V', $plain->{ref}) }],
    ['a link to a neighbors item', 'HNSW-3', neighbors($plain),
        sub {
            my ($block, $number) = @{ $other->{neighbors} };
            put($_[0], $plain->{links} + LINKS, pack 'V', $block * $stride + $number - 1);
        }],
    ['a link out of the index', 'HNSW-3', neighbors($plain),
        sub { put($_[0], $plain->{links} + LINKS, pack 'V', 0xFFFFFFFF) }],
    ['a link to the metapage', 'HNSW-3', neighbors($plain),
        sub { put($_[0], $plain->{links} + LINKS, pack 'V', 3) }],
    ['a link twice', 'HNSW-3', neighbors($plain),
        sub { put($_[0], $plain->{links} + LINKS + 4, pack 'V', (links($plain))[0]) }],
    ['a gap among the links', 'HNSW-3', neighbors($plain),
        sub { put($_[0], $plain->{links} + LINKS, pack 'V', NONE) }],
    ['a link of layer 1 to an element without', 'HNSW-3', neighbors($high),
        sub { put($_[0], $high->{links} + LINKS + 8 * $m, pack 'V', $plain->{ref}) }],
    ['a version of the future', 'HNSW-4', element($plain),
        sub { put($_[0], $plain->{at} + 2, pack 'C', 5); put($_[0], $plain->{links} + 2, pack 'C', 5) }],
    ['no entry', 'HNSW-5', '0|', sub { put($_[0], CONTENTS + 20, pack 'V', NONE) }],
    ['an entry that is no element', 'HNSW-5', '0|',
        sub { put($_[0], CONTENTS + 20, pack 'V', 1_000_000) }],
    ['an entry of another level', 'HNSW-5', '0|',
        sub { put($_[0], CONTENTS + 24, pack 'v', $top->{level} + 1) }],
    ['an element without rows', 'HNSW-7', element($plain),
        sub { put($_[0], $plain->{at} + HEAP_TIDS, pack 'v3', 0xFFFF, 0xFFFF, 0) }],
    ['a row after a gap', 'HNSW-7', element($plain),
        sub { put($_[0], $plain->{at} + HEAP_TIDS + 12, tid(0, 1)) }],
    ['a row twice', 'HNSW-7', element($twin),
        sub { put($_[0], $twin->{at} + HEAP_TIDS + 6, substr($pristine, $twin->{at} + HEAP_TIDS, 6)) }],
    ['a row of no block', 'HNSW-7', element($plain),
        sub { put($_[0], $plain->{at} + HEAP_TIDS, pack 'v3', 0xFFFF, 0xFFFF, 1) }],
    ['a row in two elements', 'HNSW-7', '.*',
        sub {
            put($_[0], $plain->{at} + HEAP_TIDS, substr($pristine, $other->{at} + HEAP_TIDS, 6));
        }],
    ['a deleted element that the metapage does not know of', 'HNSW-9', '0|',
        sub { put($_[0], $plain->{at} + 3, pack 'C', 1) }],
    ['a row of the table that is missing', 'CHECK-2', '|',
        sub { put($_[0], $plain->{at} + HEAP_TIDS, tid(9999, 1)) }],
);

# Statements that read and write the index: errors are expected, crashes are not.
my @uses = (
    'SELECT count(*) FROM (SELECT id FROM items ORDER BY v <-> (SELECT v FROM items LIMIT 1)) nearest',
    'BEGIN; INSERT INTO items SELECT id, v FROM items WHERE id % 20 = 0; ROLLBACK',
    'BEGIN; INSERT INTO items SELECT id, ARRAY[random(), random(), random()] FROM items; ROLLBACK',
    'VACUUM items',
);

sub write_index
{
    my ($image) = @_;

    open my $out, '>:raw', $file or die "$file: $!";
    print $out $image;
    close $out or die "$file: $!";
}

sub check_plant
{
    my ($what, $rule, $place, $plant) = @_;
    my $damaged = $pristine;
    my $pattern = $place eq '.*' ? $place : quotemeta $place;

    $plant->(\$damaged);
    write_index($damaged);
    $node->start;
    like(
        $node->safe_psql('postgres',
            "SELECT severity, block, item, rule FROM vecmilvus_check_index('items_v', true)"),
        $place =~ /^\d+\|$/ ? qr/^error\|$pattern\d*\|$rule$/m : qr/^error\|$pattern\|$rule$/m,
        "$what: found");
    for my $sql (@uses)
    {
        $node->psql('postgres', "SET enable_seqscan = off; SET statement_timeout = '60s'; $sql");
    }
    is($node->safe_psql('postgres', 'SELECT 1'), '1', "$what: the server goes on");
    $node->stop;
}

$node->start;
is($node->safe_psql('postgres', "SELECT * FROM vecmilvus_check_index('items_v', true)"),
    '', 'nothing is found in a sound index');
$node->stop;

check_plant(@$_) for @plants;

# A heap TID of no block would have a page added to the table.
my $nowhere = $pristine;
put(\$nowhere, $plain->{at} + HEAP_TIDS, pack 'v3', 0xFFFF, 0xFFFF, 1);
write_index($nowhere);
$node->start;
my $table_size = $node->safe_psql('postgres', "SELECT pg_relation_size('items')");
my ($result, $out, $err) = $node->psql('postgres', qq{
    SET enable_seqscan = off; SET hnsw.ef_search = 1000;
    SELECT id FROM items ORDER BY v <-> '[0,0,0]' LIMIT 1000});
isnt($result, 0, 'a row of no block is not looked for');
like($err, qr/"items_v" is damaged in block $plain->{block}\n.*impossible heap TID/, 'but reported');
is($node->safe_psql('postgres', "SELECT pg_relation_size('items')"),
    $table_size, 'and the table does not grow');
$node->stop;

# Without a metapage nothing can be said of the table's rows.
my $unusable = $pristine;
put(\$unusable, CONTENTS, pack 'V', 1);
write_index($unusable);
$node->start;
is( $node->safe_psql('postgres',
        "SELECT severity, block, item, rule FROM vecmilvus_check_index('items_v', true)"),
    "error|0||HNSW-1\nnotice|||CHECK-2",
    'of an index that cannot be opened no row is reported');
$node->stop;

# What is unusual, but sound.
sub check_notice
{
    my ($what, $found, $image) = @_;

    write_index($image);
    $node->start;
    is( $node->safe_psql('postgres',
            "SELECT severity, block, item, rule FROM vecmilvus_check_index('items_v', true)"),
        $found, $what);
    $node->safe_psql('postgres', $_) for @uses;
    is(index_errors($node, 'items_v'), '', "$what: it can be used");
    $node->stop;
}

# Takes every link to an element away.
my $lonely = $pristine;
for my $element (@elements)
{
    next if $element == $plain;
    my $layers = $element->{level} + 1;
    for my $layer (0 .. $layers - 1)
    {
        my $count = $layer ? $m : 2 * $m;
        my $at = $element->{links} + LINKS + 4 * ($layer ? ($layer + 1) * $m : 0);
        my @refs = grep { $_ && $_ != $plain->{ref} } unpack "V$count", substr($lonely, $at, 4 * $count);
        put(\$lonely, $at, pack "V$count", @refs, (0) x ($count - @refs));
    }
}
check_notice('an element that nobody links to is counted',
    'notice|' . element($plain) . '|HNSW-8', $lonely);
check_notice('a page that a crash left empty is nothing', '', $pristine . ("\0" x PAGE));

my $low = $pristine;
my ($highest) = grep { $_->{level} == $top->{level} } @elements;
put(\$low, CONTENTS + 20, pack 'Vv', $plain->{ref}, 0);
check_notice('an entry that is not the highest element',
    'notice|' . element($highest) . '|HNSW-5', $low);

# A column may lose its dimensions while its indexes stay as they are.
write_index($pristine);
$node->start;
$node->safe_psql('postgres', q{
    CREATE TABLE loose AS SELECT id, v::vector(3) FROM items;
    CREATE INDEX loose_hnsw ON loose USING hnsw (v vector_l2_ops);
    CREATE INDEX loose_ivf ON loose USING ivf (v vector_l2_ops) WITH (lists = 5)});
my $files = q{SELECT relname, pg_relation_filepath(oid) FROM pg_class WHERE relname ~ '^loose_' ORDER BY 1};
my $before = $node->safe_psql('postgres', $files);
$node->safe_psql('postgres', 'ALTER TABLE loose ALTER v TYPE vector');
is($node->safe_psql('postgres', $files), $before, 'a column without dimensions keeps its indexes');
for my $index ('loose_hnsw', 'loose_ivf')
{
    is($node->safe_psql('postgres', "SELECT * FROM vecmilvus_check_index('$index', true)"),
        '', "$index: and they are sound");
}

# Index expressions run under the search_path that the server's own maintenance
# has: its restricted one from 17 on, the caller's before.
$node->safe_psql('postgres', q{
    CREATE FUNCTION seen_path(v vector) RETURNS vector IMMUTABLE LANGUAGE plpgsql AS
        $$ BEGIN RAISE WARNING 'path: %', current_setting('search_path'); RETURN v; END $$;
    CREATE TABLE paths (v vector(3));
    INSERT INTO paths VALUES ('[1,2,3]')});
for my $command (
    'CREATE INDEX paths_v ON paths USING hnsw ((seen_path(v)::vector(3)) vector_l2_ops)',
    q{SELECT * FROM vecmilvus_check_index('paths_v', true)})
{
    (undef, undef, $err) = $node->psql('postgres', "SET search_path = public, elsewhere; $command");
    my $path = $node->pg_version >= 17 ? 'pg_catalog, pg_temp' : 'public, elsewhere';
    like($err, qr/WARNING:  path: \Q$path\E$/m, "the search_path of: $command");
}
$node->stop;

# A payload of which a part lies behind the links (cut) is as long as both parts.
write_index($pristine);
$node->start;
$node->safe_psql('postgres', q{
    CREATE TABLE wide (id int, v vector(700));
    INSERT INTO wide SELECT i, array_agg(random())::vector
        FROM generate_series(1, 60) i, generate_series(1, 700) GROUP BY i;
    CREATE INDEX wide_v ON wide USING hnsw (v vector_l2_ops);
    CHECKPOINT});
is(index_errors($node, 'wide_v'), '', 'an index with cut payloads is sound');
$file = $node->data_dir . '/' . $node->safe_psql('postgres', "SELECT pg_relation_filepath('wide_v')");
$node->stop;
$pristine = PostgreSQL::Test::Utils::slurp_file($file);
my ($cut) = grep { u8($pristine, $_->{at} + 3) & 2 } read_elements();
ok($cut, 'some payloads are cut') or BAIL_OUT('this test needs one');
my $pointer = pointer_at(@{ $cut->{neighbors} });
my $shorter = $pristine;
put(\$shorter, $pointer, pack 'V', u32($pristine, $pointer) - (8 << 17));
write_index($shorter);
$node->start;
like(
    $node->safe_psql('postgres',
        "SELECT severity, block, item, rule FROM vecmilvus_check_index('wide_v', true)"),
    qr/^error\|\Q@{[ element($cut) ]}\E\|HNSW-2$/m,
    'a payload whose end is too short: found');
$node->psql('postgres', 'SET enable_seqscan = off; SELECT id FROM wide ORDER BY v <-> (SELECT v FROM wide LIMIT 1)');
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'a payload whose end is too short: the server goes on');
$node->stop;

done_testing();
