# Filters say what a second evaluator, written in another language from the
# description alone, says: random expressions over random rows, with NULLs and
# JSON of every type (test/lib/filter_oracle.py).

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

my $lib = dirname(abs_path($INC{'VecmilvusTest.pm'}));

# As often as it takes to see rare combinations: 100 times 1,000 expressions.
my $seeds = 100 * rounds();

$ENV{PYTHONDONTWRITEBYTECODE} = 1;
plan skip_all => 'python3 is not installed' unless system('python3', '-c', '') == 0;

command_ok([ 'python3', "$lib/test_filter_oracle.py" ], 'the oracle knows the fixed answers');

my $node = new_node('filters');
my ($output, $errors) = ('', '');

# characters are characters in UTF-8 only
$node->safe_psql('postgres', "CREATE DATABASE filters TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
$node->safe_psql('filters', 'CREATE EXTENSION vecmilvus');

IPC::Run::run(
    [ 'python3', "$lib/filter_compare.py", $node->connstr('filters'), '--seeds', 1, $seeds, '--count', 1000 ],
    '>' => \$output,
    '2>' => \$errors) or fail('the comparison ended with an error');
diag($output, $errors) if $output =~ /^#/m || $errors ne '';
like($output, qr/^\d{6,} expressions: /m, 'that many expressions were compared');
unlike($output, qr/[1-9]\d* different/, 'and all of them agree');

done_testing();
