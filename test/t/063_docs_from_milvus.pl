# docs/from-milvus.md as written: its blocks of SQL run in order, on rows as
# Milvus's iterator gives them.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use PostgreSQL::Test::Utils;
use Test::More;
use VecmilvusTest;

my $docs = dirname(abs_path($INC{'VecmilvusTest.pm'})) . '/../../docs';
my $text = slurp_file("$docs/from-milvus.md");
my @blocks = $text =~ /^```sql\n(.*?)^```$/msg;
is(scalar(@blocks), 5, 'the blocks of SQL');

my $node = new_node('from_milvus');
my $directory = PostgreSQL::Test::Utils::tempdir();

append_to_file(
    "$directory/docs.jsonl",
    <<'ROWS');
{"id": 1, "vector": [0.1, 0.2, 0.3, 0.4], "color": "red", "price": 10}
{"id": 2, "vector": [0.4, 0.3, 0.2, 0.1], "color": "blue", "price": 20, "note": "a \"quoted\" word, a \\ and a comma"}
{"id": 3, "vector": [0.1, 0.2, 0.3, 0.5], "color": "red", "price": 100}
{"id": 4, "vector": [1, 0, 0, 0], "color": "grün"}
ROWS
append_to_file("$directory/docs.sql", join("\n", @blocks));

# \copy reads from where psql runs
my ($output, $errors) = ('', '');
my $ok = IPC::Run::run(
    [ 'sh', '-c', 'cd "$1" && psql -X -A -t -q -v ON_ERROR_STOP=1 -d "$2" -f docs.sql', 'sh',
        $directory, $node->connstr('postgres') ],
    '>' => \$output,
    '2>' => \$errors);
ok($ok, 'every statement works') or diag($errors);
like($output, qr/^4$/m, 'all rows are inserted');
like($output, qr/^1\|1\|red\n2\|0\.66\d*\|blue$/m, 'the search finds what its filter says');
like($output, qr/^2\|\{"id": 2, "color": "blue", "price": 20\}$/m, 'the query too');
like($output, qr/^Ada\|1\nGrace\|0\.66\d*$/m, 'and a join');

done_testing();
