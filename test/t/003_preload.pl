# The library may be preloaded: its settings exist from the start, a database
# without the extension is not disturbed, and a bad setting is refused.

use strict;
use warnings;

use Test::More;
use VecmilvusTest;

my $node =
  new_node('preload', conf => "shared_preload_libraries = 'vecmilvus'\nvecmilvus.simd = 'scalar'\n");

is($node->safe_psql('postgres', 'SHOW vecmilvus.simd'), 'scalar',
    'the setting of postgresql.conf holds');
is($node->safe_psql('postgres', q{SELECT '[1,2,3]'::vector <-> '[4,5,6]'}),
    '5.196152422706632', 'a distance with the scalar kernels');

$node->safe_psql('postgres', 'CREATE DATABASE empty');
is($node->safe_psql('empty', 'SHOW vecmilvus.simd'), 'scalar',
    'a database without the extension has the settings');
my ($status, $out, $err) = $node->psql('empty', q{SELECT '[1]'::vector});
like($err, qr/type "vector" does not exist/, 'and no types');

# hnsw.* and ivfflat.* are pgvector's as well: two libraries on one server must
# not both define them in the postmaster.
is($node->safe_psql('empty', q{SELECT count(*) FROM pg_settings WHERE name LIKE 'hnsw.%'}),
    '0', 'the preloaded library defines no setting of pgvector');

($status, $out, $err) = $node->psql('postgres', q{SET vecmilvus.simd = 'sse3'});
isnt($status, 0, 'an unknown instruction set is refused');
like($err, qr/invalid value for parameter "vecmilvus\.simd": "sse3"/, 'with its error text');
($status, $out, $err) = $node->psql('postgres', q{SET vecmilvus.no_such_setting = 1});
like($err, qr/invalid configuration parameter name/, 'the prefix is reserved');

# The same answers with every instruction set that this machine has.
fill_table($node, 'items', 500);
my $scalar = exact_answers($node, 'items');
for my $simd ('auto', 'avx2', 'avx512', 'neon')
{
    ($status, $out, $err) = $node->psql('postgres', "SET vecmilvus.simd = '$simd'");
  SKIP:
    {
        skip "this CPU has no $simd", 1 if $status != 0 && $simd ne 'auto';
        $node->safe_psql('postgres', "ALTER SYSTEM SET vecmilvus.simd = '$simd'");
        $node->restart;
        is(exact_answers($node, 'items'), $scalar, "simd = $simd gives the scalar answers");
    }
}

done_testing();
