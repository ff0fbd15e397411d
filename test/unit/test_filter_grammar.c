/*
 * test_filter_grammar.c
 *		What filter expressions mean: each rule of the grammar, and every pair of
 *		operators, as canonical text.
 */
#include "filter_test.h"

static const FilterCase constants[] = {
	{"true", "true"},
	{"True", "true"},
	{"TRUE", "true"},
	{"false", "false"},
	{"False", "false"},
	{"FALSE", "false"},
	{"tRUE", "tRUE"},
	{"0", "0"},
	{"7", "7"},
	{"010", "8"},
	{"00", "0"},
	{"0x1F", "31"},
	{"0Xff", "255"},
	{"0b101", "5"},
	{"0B1", "1"},
	{"9223372036854775807", "9223372036854775807"},
	{"-9223372036854775808", "(-9223372036854775808)"},
	{"-0x8000000000000000", "(-9223372036854775808)"},
	{"- 9223372036854775808", "(-9223372036854775808)"},
	{"-(9223372036854775808)", "(-9223372036854775808)"},
	{"a == -9223372036854775808 or a == -9223372036854775808",
	 "((a == (-9223372036854775808)) or (a == (-9223372036854775808)))"},
	{"0x7fffffffffffffff", "9223372036854775807"},
	{"1.5", "1.5"},
	{"1.", "1.0"},
	{".5", "0.5"},
	{"08.5", "8.5"},
	{"1e3", "1000.0"},
	{"1E+3", "1000.0"},
	{"1e-3", "0.001"},
	{"1.e2", "100.0"},
	{".5e1", "5.0"},
	{"0x1p4", "16.0"},
	{"0x1.8p1", "3.0"},
	{"0x.8P+1", "1.0"},
	{"0x1.p-1", "0.5"},
	{"1e-400", "0.0"},
	{"0.50000000000000000000000000000000000000000000000000000000000000000000000000000000", "0.5"},
	{"0.1", "0.1"},
	{"1e300", "1e+300"},
	{"123456789.123456789", "123456789.12345679"},
	{"{name}", "{name}"},
	{"{ name }", "{name}"},
	{"{_n1}", "{_n1}"},
	{"{interval}", "{interval}"},
};

static const FilterCase strings[] = {
	{"\"abc\"", "\"abc\""},
	{"'abc'", "\"abc\""},
	{"\"\"", "\"\""},
	{"''", "\"\""},
	{"'say \"x\"'", "\"say \\\"x\\\"\""},
	{"\"it's\"", "\"it's\""},
	{"'it\\'s'", "\"it's\""},
	{"\"\\\"\"", "\"\\\"\""},
	{"\"a\\nb\\tc\\\\d\"", "\"a\\nb\\011c\\\\d\""},
	{"\"\\a\\b\\f\\r\\v\\?\"", "\"\\007\\010\\014\\015\\013?\""},
	{"\"\\101\\60\\7x\"", "\"A0\\007x\""},
	{"\"\\1019\"", "\"A9\""},
	{"\"\\x41\\x4a\"", "\"AJ\""},
	{"\"\\x41B\"", "\"AB\""},
	{"\"\\x4G\"", "\"\\004G\""},
	{"\"\\u00e9\\U0001F600\\u4e2d\"", "\"\xC3\xA9\xF0\x9F\x98\x80\xE4\xB8\xAD\""},
	{"\"\\xc3\\xa9\\303\\251\"", "\"\xC3\xA9\xC3\xA9\""},
	{"\"\xE4\xB8\xAD\"", "\"\xE4\xB8\xAD\""},
	{"\"\\u007f\"", "\"\\177\""},
	{"u8\"a\"", "\"a\""},
	{"u\"a\"", "\"a\""},
	{"U'a'", "\"a\""},
	{"L\"\\n\"", "\"\\n\""},
	{"r\"a\\nb\"", "\"a\\\\nb\""},
	{"R'\\d+'", "\"\\\\d+\""},
	{"r\"a\\\"b\"", "\"a\\\\\\\"b\""},
	{"r\"\\\\\"", "\"\\\\\\\\\""},
	{"\"a\tb\"", "\"a\\011b\""},
};

static const FilterCase paths[] = {
	{"a", "a"},
	{"_a1", "_a1"},
	{"$meta", "$meta"},
	{"f[\"a\"]", "f[\"a\"]"},
	{"f['a']", "f[\"a\"]"},
	{"f[\"a\"][0][\"b\"]", "f[\"a\"][0][\"b\"]"},
	{"f[12]", "f[12]"},
	{"f[\"\\u0041\\n\"]", "f[\"A\\n\"]"},
	{"f[r\"a\\b\"]", "f[\"a\\\\b\"]"},
	{"f[u8'k']", "f[\"k\"]"},
	{"f[L\"k\"]", "f[\"k\"]"},
	{"f[\"]\"]", "f[\"]\"]"},
	{"f[\"\\\"]\"][1]", "f[\"\\\"]\"][1]"},
	{"f[9223372036854775807]", "f[9223372036854775807]"},
	{"$meta[\"k\"][\"l\"]", "$meta[\"k\"][\"l\"]"},
	{"$meta['k'] == 1", "($meta[\"k\"] == 1)"},
	{"in[\"a\"] == 1", "(in[\"a\"] == 1)"},
	{"not in[\"a\"]", "(not in[\"a\"])"},
	{"! inner", "(not inner)"},
	{"notin == 1", "(notin == 1)"},
	{"likes like \"x\"", "(likes like \"x\")"},
	{"android and order", "(android and order)"},
	{"And == 1", "(And == 1)"},
	{"iso == 1", "(iso == 1)"},
	{"interval + interval == threshold", "((interval + interval) == threshold)"},
	{"minimum_should_match > match_any", "(minimum_should_match > match_any)"},
	{"text_match == 1", "(text_match == 1)"},
	{"u8 == L", "(u8 == L)"},
	{"r == R", "(r == R)"},
	{"is == null", "(is == null)"},
	{"f[name]", "f[name]"},
	{"f[0][name]", "f[0][name]"},
	{"f[ab]", "f[ab]"},
	{"f[u8]", "f[u8]"},
	{"$", "$"},
	{"$[a] > 1", "($[a] > 1)"},
};

static const FilterCase lists[] = {
	{"[]", "[]"},
	{"[ \n]", "[]"},
	{"[1]", "[1]"},
	{"[1,]", "[1]"},
	{"[1, 2 ,3,]", "[1, 2, 3]"},
	{"[-1, +2, - 3]", "[-1, 2, -3]"},
	{"[-9223372036854775808, 1]", "[-9223372036854775808, 1]"},
	{"[-(-9223372036854775808)]", "[(-(-9223372036854775808))]"},
	{"[1.5, -2.]", "[1.5, -2.0]"},
	{"[true, FALSE]", "[true, false]"},
	{"[\"a\", 'b']", "[\"a\", \"b\"]"},
	{"[1, 2.5]", "[1, 2.5]"},
	{"[2.5, -1.5, 1]", "[2.5, (-1.5), 1]"},
	{"[true, false, \"a\"]", "[true, false, \"a\"]"},
	{"[-1, \"a\", true, x]", "[(-1), \"a\", true, x]"},
	{"[\"a\", -1]", "[\"a\", (-1)]"},
	{"[[1, 2], [3]]", "[[1, 2], [3]]"},
	{"[[]]", "[[]]"},
	{"[1 + 1]", "[(1 + 1)]"},
	{"[-2**2, 1]", "[(-(2 ** 2)), 1]"},
	{"[not true]", "[(not true)]"},
	{"[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, x]",
	 "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, x]"},
	{"a in [1,2]", "(a in [1, 2])"},
	{"a IN[1,2]", "(a in [1, 2])"},
	{"a in [\"x\"]", "(a in [\"x\"])"},
	{"a in {t}", "(a in {t})"},
	{"a in{t}", "(a in {t})"},
	{"a in b", "(a in b)"},
	{"a not in [1]", "(a not in [1])"},
	{"a NOT  \n IN [1]", "(a not in [1])"},
	{"a not in[1, 2]", "(a not in [1, 2])"},
	{"a in[false]", "(a in [false])"},
	{"a not in[TRUE]", "(a not in [true])"},
	{"a !in [1]", "(a not in [1])"},
	{"a ! in [1]", "(a not in [1])"},
	{"not a in [1]", "((not a) in [1])"},
	{"not (a in [1])", "(not (a in [1]))"},
	{"a + 1 in [1]", "((a + 1) in [1])"},
	{"a + 1 not in [1]", "((a + 1) not in [1])"},
	{"a in [1] == true", "((a in [1]) == true)"},
};

static const FilterCase oddities[] = {
	{"not a == 1", "((not a) == 1)"},
	{"not (a == 1)", "(not (a == 1))"},
	{"!a", "(not a)"},
	{"!!a", "(not (not a))"},
	{"not not a", "(not (not a))"},
	{"not exists a[\"b\"]", "(not (exists a[\"b\"]))"},
	{"-2**2", "(-(2 ** 2))"},
	{"2**-2", "(2 ** (-2))"},
	{"2**-2**2", "(2 ** (-(2 ** 2)))"},
	{"2**-2*2", "((2 ** (-2)) * 2)"},
	{"2**3**2", "((2 ** 3) ** 2)"},
	{"-a*b", "((-a) * b)"},
	{"~a & b", "((~a) & b)"},
	{"+a", "(+a)"},
	{"a - -1", "(a - (-1))"},
	{"a-1", "(a - 1)"},
	{"a--1", "(a - (-1))"},
	{"a == not b == c", "((a == (not b)) == c)"},
	{"a is null", "(a is null)"},
	{"a IS NULL", "(a is null)"},
	{"a is not null", "(a is not null)"},
	{"a IS NOT NULL and b", "((a is not null) and b)"},
	{"a[\"b\"] is null", "(a[\"b\"] is null)"},
	{"not a is null", "(not (a is null))"},
	{"1 + a is null", "(1 + (a is null))"},
	{"exists a[\"b\"]", "(exists a[\"b\"])"},
	{"EXISTS a[\"b\"] and c", "((exists a[\"b\"]) and c)"},
	{"exists a == 1", "((exists a) == 1)"},
	{"exists a like b", "((exists a) like b)"},
	{"exists not a ** b", "(exists (not (a ** b)))"},
	{"a like \"x%\"", "(a like \"x%\")"},
	{"a LIKE 'x_'", "(a like \"x_\")"},
	{"a like {t}", "(a like {t})"},
	{"a like b like c", "((a like b) like c)"},
	{"a =~ \"x\"", "(a =~ \"x\")"},
	{"a !~ \"x\"", "(a !~ \"x\")"},
	{"a=~b!~c", "((a =~ b) !~ c)"},
	{"a !~ b =~ c", "(a !~ (b =~ c))"},
	{"a == 1and b == 2", "((a == 1) and (b == 2))"},
	{"a==1or b==0x1for c", "((a == 1) or (b == 31) or c)"},
	{"a&&b||c", "((a and b) or c)"},
	{"a AND b OR c", "((a and b) or c)"},
	{"((a))", "a"},
	{"(a) + (b)", "(a + b)"},
	{"\t\r\n a \n", "a"},
};

static const FilterCase chains[] = {
	{"1 < a < 10", "(1 < a < 10)"},
	{"1 <= a < 10", "(1 <= a < 10)"},
	{"1 < a <= 10", "(1 < a <= 10)"},
	{"10 > a > 1", "(10 > a > 1)"},
	{"10 >= a >= 1", "(10 >= a >= 1)"},
	{"1 < a[\"b\"][0] < 10", "(1 < a[\"b\"][0] < 10)"},
	{"1 < $meta[\"k\"] < 10", "(1 < $meta[\"k\"] < 10)"},
	{"{lo} < a < {hi}", "({lo} < a < {hi})"},
	{"1 + 1 < a < 2 * 5", "((1 + 1) < a < (2 * 5))"},
	{"1 < a < 10 and b", "((1 < a < 10) and b)"},
	{"x == 1 < a < 10", "(x == (1 < a < 10))"},
	{"1 < a < 10 == true", "((1 < a < 10) == true)"},
	{"b < a < c", "(b < a < c)"},
	{"1 < $meta < 2", "((1 < $meta) < 2)"},
	{"1 < (a) < 10", "((1 < a) < 10)"},
	{"(1 < a) < 10", "((1 < a) < 10)"},
	{"1 < a + 1 < 10", "((1 < (a + 1)) < 10)"},
	{"1 < 2 < 3", "((1 < 2) < 3)"},
	{"1 < a > 0", "((1 < a) > 0)"},
	{"1 > a < 3", "((1 > a) < 3)"},
	{"1 < a == 2", "((1 < a) == 2)"},
	{"1 < a < b < 10", "((1 < a < b) < 10)"},
	{"1 < $[x] < 3", "(1 < $[x] < 3)"},
	{"a and b and c", "(a and b and c)"},
	{"(a and b) and c", "((a and b) and c)"},
	{"a and (b and c)", "(a and (b and c))"},
	{"a or b or c or d or e", "(a or b or c or d or e)"},
	{"a and b or c and d or e", "((a and b) or (c and d) or e)"},
	{"a or b and c", "(a or (b and c))"},
	{"(a or b) and c", "((a or b) and c)"},
};

static const FilterCase calls[] = {
	{"json_contains(a[\"x\"], 1)", "json_contains(a[\"x\"], 1)"},
	{"JSON_CONTAINS(a, 'x')", "json_contains(a, \"x\")"},
	{"json_contains_all(a, [1, 2])", "json_contains_all(a, [1, 2])"},
	{"JSON_CONTAINS_ANY(a, {t})", "json_contains_any(a, {t})"},
	{"array_contains(a, 1)", "array_contains(a, 1)"},
	{"array_contains_all(a, [1,])", "array_contains_all(a, [1])"},
	{"ARRAY_CONTAINS_ANY(a, [])", "array_contains_any(a, [])"},
	{"array_length(a) == 3", "(array_length(a) == 3)"},
	{"ARRAY_LENGTH(a[\"b\"]) > 1", "(array_length(a[\"b\"]) > 1)"},
	{"array_length(a[b])", "array_length(a[b])"},
	{"not array_contains(a, 1) and b", "((not array_contains(a, 1)) and b)"},
	{"text_match(a, \"x y\")", "text_match(a, \"x y\")"},
	{"TEXT_MATCH(a, {t})", "text_match(a, {t})"},
	{"text_match(a, \"x\", minimum_should_match=2)",
	 "text_match(a, \"x\", minimum_should_match=2)"},
	{"text_match(a, \"x\", MINIMUM_SHOULD_MATCH = 0x2)",
	 "text_match(a, \"x\", minimum_should_match=2)"},
	{"phrase_match(a, \"x y\")", "phrase_match(a, \"x y\")"},
	{"phrase_match(a, \"x y\", 1)", "phrase_match(a, \"x y\", 1)"},
	{"random_sample(0.01)", "random_sample(0.01)"},
	{"a and RANDOM_SAMPLE({p})", "(a and random_sample({p}))"},
	{"element_filter(s, $[x] > 1 and $[y] == 2)",
	 "element_filter(s, (($[x] > 1) and ($[y] == 2)))"},
	{"match_all(s, $ > 1)", "match_all(s, ($ > 1))"},
	{"MATCH_ANY(s, $[x] == 1)", "match_any(s, ($[x] == 1))"},
	{"match_least(s, $[x] == 1, threshold=3)", "match_least(s, ($[x] == 1), threshold=3)"},
	{"match_most(s, $, THRESHOLD = 1)", "match_most(s, $, threshold=1)"},
	{"match_exact(s, $, threshold=0)", "match_exact(s, $, threshold=0)"},
	{"ST_EQUALS(g, \"POINT(1 2)\")", "st_equals(g, \"POINT(1 2)\")"},
	{"st_touches(g, {p})", "st_touches(g, {p})"},
	{"st_overlaps(g, '')", "st_overlaps(g, \"\")"},
	{"st_crosses(g, '')", "st_crosses(g, \"\")"},
	{"st_contains(g, '')", "st_contains(g, \"\")"},
	{"st_intersects(g, '')", "st_intersects(g, \"\")"},
	{"st_within(g, '')", "st_within(g, \"\")"},
	{"st_dwithin(g, '', 1.5)", "st_dwithin(g, \"\", 1.5)"},
	{"st_isvalid(g)", "st_isvalid(g)"},
	{"f()", "f()"},
	{"f(1, a, [2],)", "f(1, a, [2])"},
	{"Json_Contains(a, 1, 2)", "Json_Contains(a, 1, 2)"},
	{"json_contains (a, 1)", "json_contains(a, 1)"},
	{"ts > iso \"x\"", "(ts > iso \"x\")"},
	{"ts>=ISO'x'", "(ts >= iso \"x\")"},
	{"ts == iso \"x\"", "(ts == iso \"x\")"},
	{"ts + interval \"P1D\" != ISO \"x\"", "(ts + interval \"P1D\" != iso \"x\")"},
	{"ts-INTERVAL 'P1D'<=iso 'x'", "(ts - interval \"P1D\" <= iso \"x\")"},
	{"iso \"x\" < ts", "(ts > iso \"x\")"},
	{"iso \"x\" <= ts", "(ts >= iso \"x\")"},
	{"iso \"x\" > ts - interval 'y'", "(ts - interval \"y\" < iso \"x\")"},
	{"iso \"x\" == ts", "(ts == iso \"x\")"},
	{"iso \"x\" != ts", "(ts != iso \"x\")"},
	{"ISO \"x\" >= ts + interval \"P1D\"", "(ts + interval \"P1D\" <= iso \"x\")"},
	{"not ts > iso \"x\" and b", "((not (ts > iso \"x\")) and b)"},
	{"threshold < iso \"x\"", "(threshold < iso \"x\")"},
};

/* Operators that join two expressions; a smaller level binds tighter. */
static const struct
{
	const char *text;
	int level;
} operators[] = {
	{"like", 2},    {"=~", 3}, {"!~", 4},  {"**", 5}, {"*", 7},    {"/", 7},
	{"%", 7},       {"+", 8},  {"-", 8},   {"<<", 9}, {">>", 9},   {"in", 10},
	{"not in", 10}, {"<", 13}, {"<=", 13}, {">", 13}, {">=", 13},  {"==", 14},
	{"!=", 14},     {"&", 15}, {"^", 16},  {"|", 17}, {"and", 18}, {"or", 19},
};

#define NOPERATORS   (sizeof(operators) / sizeof(operators[0]))
#define PREFIX_LEVEL 6

/* 1 o 2 p 3 for every o and p: whichever binds tighter, else the left one. */
static void
TestPairs(void)
{
	for (size_t o = 0; o < NOPERATORS; o++)
	{
		for (size_t p = 0; p < NOPERATORS; p++)
		{
			const char *first = operators[o].text;
			const char *second = operators[p].text;
			bool logical = o == p && operators[o].level >= 18;
			bool left = operators[o].level <= operators[p].level;
			char text[64];
			char expected[64];

			snprintf(text, sizeof(text), "1 %s 2 %s 3", first, second);
			snprintf(expected, sizeof(expected),
					 logical ? "(1 %s 2 %s 3)" :
					 left    ? "((1 %s 2) %s 3)" :
							   "(1 %s (2 %s 3))",
					 first, second);
			FilterExpect(text, expected, false);
		}
	}
	UnitReport("every pair of operators");
}

/* Prefix operators before and behind every other one. */
static void
TestPrefixes(void)
{
	static const char *const prefixes[] = {"-", "+", "~", "not "};

	for (size_t o = 0; o < NOPERATORS; o++)
	{
		const char *op = operators[o].text;
		bool inside = operators[o].level < PREFIX_LEVEL;

		for (size_t i = 0; i < 4; i++)
		{
			char text[64];
			char expected[64];

			snprintf(text, sizeof(text), "%sa %s 2", prefixes[i], op);
			snprintf(expected, sizeof(expected), inside ? "(%s(a %s 2))" : "((%sa) %s 2)",
					 prefixes[i], op);
			FilterExpect(text, expected, false);
			snprintf(text, sizeof(text), "a %s %s2", op, prefixes[i]);
			snprintf(expected, sizeof(expected), "(a %s (%s2))", op, prefixes[i]);
			FilterExpect(text, expected, false);
		}
		if (strcmp(op, "like") != 0)
		{
			char text[64];
			char expected[64];

			snprintf(text, sizeof(text), "exists a %s exists b", op);
			snprintf(expected, sizeof(expected), "((exists a) %s (exists b))", op);
			FilterExpect(text, expected, false);
		}
	}
	UnitReport("prefix operators beside every other one");
}

/* Where nodes stand in the text. */
static void
TestSpans(void)
{
	const char *text = "  (a + 1) == f[\"k\"] and  text_match(b, 'x')";
	VmFilterError error;
	VmFilterAst *ast = VmFilterParse(text, strlen(text), NULL, &error);
	const VmFilterNode *root = VmFilterRoot(ast);
	const VmFilterNode *equal = root->terms[0];
	const VmFilterNode *call = root->terms[1];

	UNIT_OK(root->kind == VM_FILTER_LOGICAL && root->nterms == 2 && root->span.offset == 2 &&
				root->span.offset + root->span.length == strlen(text) && root->op_offset == 20,
			"span of and");
	UNIT_OK(equal->op == VM_FILTER_EQ && equal->op_offset == 10 && equal->span.offset == 2 &&
				equal->span.length == 17,
			"span of ==, with the parentheses on its left");
	UNIT_OK(equal->arg[0]->parens && equal->arg[0]->span.offset == 3 &&
				equal->arg[0]->span.length == 5 && equal->arg[0]->op_offset == 5,
			"span of +, without its parentheses");
	UNIT_OK(equal->arg[1]->span.offset == 13 && equal->arg[1]->span.length == 6, "span of a path");
	UNIT_OK(call->span.offset == 25 && call->span.length == 18 &&
				call->call->name_span.length == 10 && call->call->args[1]->span.offset == 39,
			"spans of a call");
	VmFilterFree(ast);
}

/* What a list of constants looks like inside. */
static void
TestListArrays(void)
{
	const char *text = "[[-1, 20], [\"a\", \"bc\"], [1.5], [true, false], [1, x]]";
	VmFilterError error;
	VmFilterAst *ast = VmFilterParse(text, strlen(text), NULL, &error);
	VmFilterNode **lists_of = VmFilterRoot(ast)->list->nodes;

	UNIT_OK(lists_of[0]->list->kind == VM_FILTER_INT && lists_of[0]->list->integers[0] == -1 &&
				lists_of[0]->list->integers[1] == 20 && lists_of[0]->list->spans[0].offset == 2 &&
				lists_of[0]->list->spans[1].length == 2,
			"a list of integers");
	UNIT_OK(lists_of[1]->list->kind == VM_FILTER_STRING && lists_of[1]->list->strings[1].size == 2,
			"a list of strings");
	UNIT_OK(lists_of[2]->list->kind == VM_FILTER_FLOAT && lists_of[2]->list->reals[0] == 1.5,
			"a list of floats");
	UNIT_OK(lists_of[3]->list->kind == VM_FILTER_BOOL && lists_of[3]->list->bools[0] &&
				!lists_of[3]->list->bools[1],
			"a list of booleans");
	UNIT_OK(lists_of[4]->list->kind == VM_FILTER_LIST &&
				lists_of[4]->list->nodes[0]->span.offset == 47 &&
				lists_of[4]->list->nodes[0]->span.length == 1,
			"a mixed list: its constants keep their places");
	VmFilterFree(ast);
}

static void
ExpectNewer(const char *text, const char *expected, uint32_t offset)
{
	VmFilterError error;
	VmFilterAst *ast = VmFilterParse(text, strlen(text), NULL, &error);
	const char *name = NULL;
	const VmFilterNode *node = VmFilterNewerForm(ast, &name);

	UNIT_EACH(expected == NULL ?
				  node == NULL :
				  node != NULL && strcmp(name, expected) == 0 && node->span.offset == offset,
			  "%s: %s at %u", text, name != NULL ? name : "nothing",
			  node != NULL ? node->span.offset : 0);
	VmFilterFree(ast);
}

static void
TestNewer(void)
{
	ExpectNewer("a == 1 and text_match(b, 'x', minimum_should_match=1)", NULL, 0);
	ExpectNewer("phrase_match(b, 'x') or unknown(1)", NULL, 0);
	ExpectNewer("a =~ 'x'", "=~", 0);
	ExpectNewer("b and a !~ 'x'", "!~", 6);
	ExpectNewer("b or random_sample(0.1)", "random_sample", 5);
	ExpectNewer("element_filter(s, $[x] > 1)", "element_filter", 0);
	ExpectNewer("1 == s[x]", "a member of a struct", 5);
	ExpectNewer("b and ts > iso 'x'", "iso", 6);
	ExpectNewer("st_isvalid(g) and a =~ 'x'", "st_isvalid", 0);
	ExpectNewer("a =~ 'x' and st_isvalid(g)", "=~", 0);
	ExpectNewer("match_least(s, $ > 1, threshold=1)", "match_least", 0);
	UnitReport("forms newer than 2.5 are found, the first of them");
}

int
main(void)
{
	FILTER_TABLE(constants, false, "constants");
	FILTER_TABLE(strings, false, "strings");
	FILTER_TABLE(paths, false, "paths and names");
	FILTER_TABLE(lists, false, "lists");
	FILTER_TABLE(oddities, false, "oddities of the language");
	FILTER_TABLE(chains, false, "ranges and chains");
	FILTER_TABLE(calls, false, "functions and times");
	TestPairs();
	TestPrefixes();
	TestSpans();
	TestListArrays();
	TestNewer();
	return UnitDone();
}
