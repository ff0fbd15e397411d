# Input errors that the caller wants reported, not raised: pg_input_is_valid
# (PostgreSQL 16) and COPY ... ON_ERROR ignore (PostgreSQL 17).
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('soft');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION vecmilvus');

my $major = $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::int / 10000});
plan skip_all => "PostgreSQL $major raises every input error; 16 saves them" if $major < 16;

my @bad = (
    [ 'vector', '[1,2' ],           [ 'vector', '[]' ],
    [ 'vector', '[nan]' ],          [ 'vector', '[1e39]' ],
    [ 'vector(2)', '[1,2,3]' ],     [ 'vector', '[' . join(',', (1) x 16001) . ']' ],
    [ 'halfvec', '[65520]' ],       [ 'halfvec', 'x' ],
    [ 'sparsevec', '{1:1' ],        [ 'sparsevec', '{6:1}/5' ],
    [ 'sparsevec', '{1:1,1:2}/5' ], [ 'sparsevec(4)', '{}/5' ],
    [ 'sparsevec', '{' . join(',', map { "$_:1" } 1 .. 16001) . '}/20000' ],
);
for my $case (@bad)
{
    my ($type, $text) = @$case;
    is( $node->safe_psql('postgres', "SELECT pg_input_is_valid('$text', '$type')"),
        'f', "$type: " . substr($text, 0, 20));
}
is( $node->safe_psql('postgres', q{SELECT pg_input_is_valid('[1,2]', 'vector(2)')}),
    't', 'a valid one is valid');
is( $node->safe_psql('postgres', q{SELECT message FROM pg_input_error_info('[1,2,3]', 'vector(2)')}),
    'expected 2 dimensions, not 3', 'the message is the one that would be raised');

SKIP:
{
    skip "COPY ... ON_ERROR is PostgreSQL 17's", 1 if $major < 17;
    $node->safe_psql('postgres', <<'SQL');
CREATE TABLE items (id int, v vector(2));
COPY items FROM stdin WITH (ON_ERROR ignore);
1	[1,2]
2	[1,2,3]
3	[oops]
4	[3,4]
\.
SQL
    is( $node->safe_psql('postgres', 'SELECT string_agg(id::text, $$,$$ ORDER BY id) FROM items'),
        '1,4', 'COPY skips the rows that are no vectors');
}

done_testing();
