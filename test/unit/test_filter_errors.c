/*
 * test_filter_errors.c
 *		Expressions that are none: where the error is and what it says; limits;
 *		memory that gives out; constants that cannot be computed.
 */
#include <sys/resource.h>

#include "filter_test.h"

/* What stands before the colon is the offset. */
static const FilterCase syntax[] = {
	{"", "!0: the expression is empty"},
	{" \n ", "!3: the expression is empty"},
	{"a ==", "!4: syntax error at the end of the expression"},
	{"a == ", "!5: syntax error at the end of the expression"},
	{"(a", "!2: syntax error at the end of the expression"},
	{"a)", "!1: syntax error at or near \")\""},
	{"a b", "!2: syntax error at or near \"b\""},
	{"a = 1", "!2: syntax error at or near \"=\""},
	{"a <> 1", "!3: syntax error at or near \">\""},
	{"a === 1", "!4: syntax error at or near \"=\""},
	{"== 1", "!0: syntax error at or near \"==\""},
	{"a == 1 AnD b", "!7: syntax error at or near \"AnD\""},
	{"a In [1]", "!2: syntax error at or near \"In\""},
	{"a is  null", "!2: syntax error at or near \"is\""},
	{"a Is Null", "!2: syntax error at or near \"Is\""},
	{"a is NULL", "!2: syntax error at or near \"is\""},
	{"(a) is null", "!4: syntax error at or near \"is null\""},
	{"1 is null", "!2: syntax error at or near \"is null\""},
	{"$meta is null", "!6: syntax error at or near \"is null\""},
	{"a in[\"x\"]", "!2: syntax error at or near \"in[\"x\"]\""},
	{"a not in[\"x\"]", "!2: syntax error at or near \"not\""},
	{"not in [1]", "!0: syntax error at or near \"not in\""},
	{"f[ 0 ]", "!1: syntax error at or near \"[\""},
	{"f [0]", "!2: syntax error at or near \"[\""},
	{"f[-1]", "!1: syntax error at or near \"[\""},
	{"f[01]", "!1: syntax error at or near \"[\""},
	{"f[\"a\"][b]", "!6: syntax error at or near \"[\""},
	{"$meta[x]", "!5: syntax error at or near \"[\""},
	{"$metal", "!5: syntax error at or near \"l\""},
	{"[,]", "!1: syntax error at or near \",\""},
	{"[1,,]", "!3: syntax error at or near \",\""},
	{"[1", "!2: syntax error at the end of the expression"},
	{"[1 2]", "!3: syntax error at or near \"2\""},
	{"{}", "!1: syntax error at or near \"}\""},
	{"{in}", "!1: syntax error at or near \"in\""},
	{"{1}", "!1: syntax error at or near \"1\""},
	{"{$meta}", "!1: syntax error at or near \"$meta\""},
	{"a is null is null", "!10: syntax error at or near \"is null\""},
	{"089", "!1: syntax error at or near \"89\""},
	{"12ab", "!2: syntax error at or near \"ab\""},
	{"0xg", "!1: syntax error at or near \"xg\""},
	{"0b2", "!1: syntax error at or near \"b2\""},
	{"1..2", "!2: syntax error at or near \".2\""},
	{"1.2.3", "!3: syntax error at or near \".3\""},
	{"a . b", "!2: syntax error at or near \".\""},
	{"a /* b */", "!3: syntax error at or near \"*\""},
	{"a // b", "!3: syntax error at or near \"/\""},
	{"a # b", "!2: syntax error at or near \"#\""},
	{"a; b", "!1: syntax error at or near \";\""},
	{"a == \v1", "!5: syntax error at or near \"\v\""},
	{"\xC3\xA9t\xC3\xA9 == 1", "!0: syntax error at or near \"\xC3\xA9\""},
	{"a == \xE2\x80\x9Cx\xE2\x80\x9D", "!5: syntax error at or near \"\xE2\x80\x9C\""},
	{"u8 \"a\"", "!3: syntax error at or near \"\"a\"\""},
	{"\"a\" \"b\"", "!4: syntax error at or near \"\"b\"\""},
	{"iso \"x\" > 1", "!10: syntax error at or near \"1\""},
	{"a[\"b\"] > iso \"x\"", "!7: syntax error at or near \"> iso\""},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1",
	 "!61: syntax error at or near \"1\""},
	{"1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	 "!2: syntax error at or near \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""},
	{"1 \"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
	 "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"",
	 "!2: syntax error at or near \"\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
	 "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
	 "\xC3\xA9\""},
};

static const FilterCase values[] = {
	{"\"abc", "!0: unterminated string"},
	{"a == 'it's'", "!9: syntax error at or near \"s\""},
	{"a == 'it' '", "!10: unterminated string"},
	{"a == \"x\ny\"", "!5: unterminated string"},
	{"a == \"x\\\ny\"", "!5: unterminated string"},
	{"\"a\\\"", "!0: unterminated string"},
	{"f[\"a", "!1: syntax error at or near \"[\""},
	{"a like \"50\\%\"", "!10: invalid escape in a string"},
	{"\"\\d\"", "!1: invalid escape in a string"},
	{"\"\\\xC3\xA9\"", "!1: invalid escape in a string"},
	{"\"ab\\x\"", "!3: invalid escape in a string"},
	{"\"\\xg\"", "!1: invalid escape in a string"},
	{"\"\\8\"", "!1: invalid escape in a string"},
	{"\"\\777\"", "!1: invalid escape in a string"},
	{"\"\\0\"", "!1: invalid escape in a string"},
	{"\"\\x00\"", "!1: invalid escape in a string"},
	{"\"\\u0000\"", "!1: invalid escape in a string"},
	{"\"\\u12\"", "!1: invalid escape in a string"},
	{"\"\\ud800\"", "!1: invalid escape in a string"},
	{"\"\\U00110000\"", "!1: invalid escape in a string"},
	{"\"\\U0001F60\"", "!1: invalid escape in a string"},
	{"f[\"\\d\"]", "!3: invalid escape in a string"},
	{"a == \"\\xff\"", "!5: the escapes in a string give bytes that are not UTF-8"},
	{"a == \"\\xe4\\xb8\"", "!5: the escapes in a string give bytes that are not UTF-8"},
	{"9223372036854775808", "!0: integer \"9223372036854775808\" is out of range"},
	{"a == 9223372036854775808", "!5: integer \"9223372036854775808\" is out of range"},
	{"a == +9223372036854775808", "!6: integer \"9223372036854775808\" is out of range"},
	{"a == -9223372036854775809", "!6: integer \"9223372036854775809\" is out of range"},
	{"-9223372036854775808 ** 2", "!1: integer \"9223372036854775808\" is out of range"},
	{"9223372036854775808 - 9223372036854775808",
	 "!0: integer \"9223372036854775808\" is out of range"},
	{"0x10000000000000000", "!0: integer \"0x10000000000000000\" is out of range"},
	{"02000000000000000000000", "!0: integer \"02000000000000000000000\" is out of range"},
	{"99999999999999999999", "!0: integer \"99999999999999999999\" is out of range"},
	{"f[9223372036854775808]", "!2: integer \"9223372036854775808\" is out of range"},
	{"a < 1e400", "!4: float \"1e400\" is out of range"},
	{"0x1p2000", "!0: float \"0x1p2000\" is out of range"},
	{"a == \"\xFF\"", "!6: the expression is not valid UTF-8"},
	{"a == \"\xC0\x80\"", "!6: the expression is not valid UTF-8"},
	{"a == \"\xED\xA0\x80\"", "!6: the expression is not valid UTF-8"},
	{"a == \"\xF4\x90\x80\x80\"", "!6: the expression is not valid UTF-8"},
	{"a == \xE4\xB8", "!5: the expression is not valid UTF-8"},
};

static const FilterCase calls[] = {
	{"json_contains(a)", "!0: json_contains takes 2 arguments, not 1"},
	{"x or JSON_CONTAINS(a, 1, 2)", "!5: json_contains takes 2 arguments, not 3"},
	{"json_contains()", "!0: json_contains takes 2 arguments, not 0"},
	{"json_contains(a, 1,)", "!19: syntax error at or near \")\""},
	{"array_length(1)", "!13: the argument of array_length must be a field"},
	{"array_length((a))", "!14: the argument of array_length must be a field"},
	{"array_length(a, b)", "!0: array_length takes 1 argument, not 2"},
	{"text_match(a[\"b\"], 'x')",
	 "!11: the first argument of text_match must be the name of a field"},
	{"text_match(a)", "!0: text_match takes 2 arguments, not 1"},
	{"text_match(a, 'x', 1)", "!0: text_match takes 2 arguments, not 3"},
	{"text_match(a, 'x', slop=1)", "!19: no function has an option \"slop\""},
	{"text_match(a, 'x', threshold=1)", "!19: text_match has no option \"threshold\""},
	{"text_match(a, 'x', minimum_should_match=1.5)", "!40: syntax error at or near \"1.5\""},
	{"text_match(a, 'x', Minimum_Should_Match=1)",
	 "!19: no function has an option \"Minimum_Should_Match\""},
	{"text_match(a, 'x', minimum_should_match=1, 2)",
	 "!43: no argument may follow minimum_should_match"},
	{"text_match(a, 'x', minimum_should_match=1, threshold=2)",
	 "!43: no argument may follow minimum_should_match"},
	{"text_match(a, 'x', minimum_should_match=1,)", "!42: syntax error at or near \")\""},
	{"phrase_match(a)", "!0: phrase_match takes 2 or 3 arguments, not 1"},
	{"phrase_match('a', 'b')",
	 "!13: the first argument of phrase_match must be the name of a field"},
	{"match_least(s, $)", "!0: match_least needs threshold = a number as its last argument"},
	{"match_all(s, $, threshold=1)", "!16: match_all has no option \"threshold\""},
	{"element_filter($meta, 1)",
	 "!15: the first argument of element_filter must be the name of a field"},
	{"st_isvalid(g, 1)", "!0: st_isvalid takes 1 argument, not 2"},
	{"f(a, threshold=1)", "!5: the function has no option \"threshold\""},
	{"f(,)", "!2: syntax error at or near \",\""},
	{"f(a", "!3: syntax error at the end of the expression"},
	{"a[\"b\"](1)", "!6: syntax error at or near \"(\""},
};

static const FilterCase folded[] = {
	{"a == 1 + 2 * 3", "(a == 7)"},
	{"a == -2**2", "(a == (-4.0))"},
	{"a == 2 ** -1", "(a == 0.5)"},
	{"a == -(-5)", "(a == 5)"},
	{"a == - -9223372036854775807", "(a == 9223372036854775807)"},
	{"a == +1.5", "(a == 1.5)"},
	{"a == -0.0", "(a == (-0.0))"},
	{"7 / 2", "3"},
	{"-7 / 2", "(-3)"},
	{"-7 % 3", "(-1)"},
	{"7 / 2.0", "3.5"},
	{"1 + 0.5", "1.5"},
	{"1.5 - 1", "0.5"},
	{"2 * 1.5", "3.0"},
	{"-9223372036854775808 % -1", "0"},
	{"1 << 62", "4611686018427387904"},
	{"-1 << 63", "(-9223372036854775808)"},
	{"-8 >> 1", "(-4)"},
	{"6 & 3 | 8 ^ 1", "11"},
	{"~0", "(-1)"},
	{"1 < 2", "(1 < 2)"},
	{"1 == 1 and not true", "((1 == 1) and (not true))"},
	{"a + 1 + 1", "((a + 1) + 1)"},
	{"a + (1 + 1)", "(a + 2)"},
	{"1 + 1 < a < 2 * 5", "(2 < a < 10)"},
	{"a in [1 + 1, 2 * 3]", "(a in [2, 6])"},
	{"a in [1 + 1, 0.5]", "(a in [2, 0.5])"},
	{"a in [1 + 1, x]", "(a in [2, x])"},
	{"f(1 + 1, [2 * 2])", "f(2, [4])"},
	{"json_contains(a, 1 + 1)", "json_contains(a, 2)"},
	{"not (1 + 1)", "(not 2)"},
	{"true + 1", "(true + 1)"},
	{"\"a\" + 1", "(\"a\" + 1)"},
	{"1 like 2", "(1 like 2)"},
	{"a % (5 - 5)", "(a % 0)"},
	{"a == 1 / 0", "!7: division by zero"},
	{"1 % 0", "!2: division by zero"},
	{"1.0 / 0", "!4: division by zero"},
	{"1 / 0.0", "!2: division by zero"},
	{"9223372036854775807 + 1", "!20: the result of \"+\" is out of range"},
	{"-9223372036854775808 - 1", "!21: the result of \"-\" is out of range"},
	{"a == 9223372036854775807 * 2", "!25: the result of \"*\" is out of range"},
	{"-9223372036854775808 / -1", "!21: the result of \"/\" is out of range"},
	{"-(-9223372036854775808)", "!0: the result of \"-\" is out of range"},
	{"[-(-9223372036854775808)]", "!1: the result of \"-\" is out of range"},
	{"1e308 * 10", "!6: the result of \"*\" is out of range"},
	{"10 ** 400", "!3: the result of \"**\" is out of range"},
	{"(-8) ** 0.5", "!5: the result of \"**\" is out of range"},
	{"0 ** -1", "!2: the result of \"**\" is out of range"},
	{"1 << 63", "!2: the result of \"<<\" is out of range"},
	{"1 << 64", "!2: a shift must be by 0 to 63 bits"},
	{"1 >> -1", "!2: a shift must be by 0 to 63 bits"},
	{"1.5 % 2", "!4: operator \"%\" takes integers only"},
	{"1 & 1.5", "!2: operator \"&\" takes integers only"},
	{"~1.5", "!0: operator \"~\" takes integers only"},
};

static void
ExpectHint(const char *text, const char *part)
{
	VmFilterError error;
	VmFilterAst *ast = VmFilterParse(text, strlen(text), NULL, &error);

	UNIT_EACH(ast == NULL && strstr(error.hint, part) != NULL, "%s: %s", text,
			  ast == NULL ? error.hint : "no error");
	VmFilterFree(ast);
}

static void
TestHints(void)
{
	ExpectHint("a In [1]", "lower or in upper");
	ExpectHint("a Or b", "lower or in upper");
	ExpectHint("a in[\"x\"]", "a field \"in\"");
	ExpectHint("a is  null", "one space");
	ExpectHint("a = 1", "\"==\"");
	ExpectHint("a <> 1", "\"!=\"");
	ExpectHint("12ab", "number");
	ExpectHint("'a", "quote");
	ExpectHint("'it's'", "backslash");
	ExpectHint("'\\d'", "raw string");
	UnitReport("hints");
}

/* count copies of unit between before and after. */
static char *
Repeat(const char *before, const char *unit, size_t count, const char *after)
{
	size_t size = strlen(unit);
	char *text = malloc(strlen(before) + size * count + strlen(after) + 1);
	char *p = text + strlen(before);

	strcpy(text, before);
	for (size_t i = 0; i < count; i++, p += size)
		memcpy(p, unit, size);
	strcpy(p, after);
	return text;
}

/* The message for such a text, "" when there is no error; in one buffer. */
static const char *
Message(const char *text, size_t length, const VmFilterOptions *options, VmFilterError *error)
{
	VmFilterAst *ast = VmFilterParse(text, length, options, error);

	VmFilterFree(ast);
	return ast != NULL ? "" : error->message;
}

static void
ExpectDepth(const char *unit, size_t count, const char *middle, const char *closing, bool fits)
{
	VmFilterError error = {.kind = VM_FILTER_ERROR_SYNTAX};
	char *left = Repeat("", unit, count, middle);
	char *text = Repeat(left, closing, count, "");
	const char *message = Message(text, strlen(text), NULL, &error);

	if (fits)
		UNIT_EACH(message[0] == '\0', "%zu times %s: %s", count, unit, message);
	else
		UNIT_EACH(error.kind == VM_FILTER_ERROR_LIMIT && strstr(message, "200 levels") != NULL,
				  "%zu times %s: \"%s\"", count, unit, message);
	free(left);
	free(text);
}

static void
TestDepth(void)
{
	ExpectDepth("(", 200, "a", ")", true);
	ExpectDepth("(", 201, "a", ")", false);
	ExpectDepth("(", 1000000, "a", ")", false);
	ExpectDepth("[", 199, "a", "]", true);
	ExpectDepth("[", 200, "a", "]", false);
	ExpectDepth("f(", 199, "a", ")", true);
	ExpectDepth("f(", 200, "a", ")", false);
	ExpectDepth("not ", 199, "a", "", true);
	ExpectDepth("not ", 200, "a", "", false);
	ExpectDepth("!", 1000000, "a", "", false);
	ExpectDepth("-", 1000000, "", "", false);
	ExpectDepth("1 + ", 199, "a", "", true);
	ExpectDepth("1 + ", 200, "a", "", false);
	ExpectDepth("(1 or 2 & (", 90, "a", "))", true);
	ExpectDepth(
		"(a or a and a | a ^ a & a == a < a in a << a + a * -a ** a !~ a =~ a like exists (", 11,
		"a", "))", true);
	ExpectDepth(
		"(a or a and a | a ^ a & a == a < a in a << a + a * -a ** a !~ a =~ a like exists (", 12,
		"a", "))", false);
	ExpectDepth("a and ", 100000, "a", "", true);
	ExpectDepth("a or ", 100000, "a", "", true);
	ExpectDepth("a[0] == 1 or ", 100000, "a", "", true);
	UnitReport("depth");
}

static bool
StopAtOnce(void *arg)
{
	(*(int *) arg)++;
	return true;
}

static void
TestLimits(void)
{
	VmFilterError error;
	char *list = Repeat("a in [", "1234567890,", 100000, "]");
	char *huge = Repeat("", " ", VM_FILTER_MAX_TEXT + 1, "");
	int asked = 0;
	VmFilterOptions small = {.max_memory = 1 << 20};
	VmFilterOptions stop = {.interrupted = StopAtOnce, .interrupted_arg = &asked};
	VmFilterAst *ast = VmFilterParse(list, strlen(list), NULL, &error);

	UNIT_OK(ast != NULL && VmFilterRoot(ast)->arg[1]->list->count == 100000 &&
				VmFilterRoot(ast)->arg[1]->list->integers[99999] == 1234567890,
			"a list of 100,000 integers");
	UNIT_OK(ast != NULL && VmFilterMemory(ast) < strlen(list) + 100000 * 16 * 2,
			"which takes %zu bytes beside its text", VmFilterMemory(ast) - strlen(list));
	VmFilterFree(ast);
	UNIT_OK(Message(list, strlen(list), &small, &error)[0] != '\0' &&
				error.kind == VM_FILTER_ERROR_LIMIT &&
				strstr(error.message, "1048576 bytes") != NULL,
			"a limit of memory: %s", error.message);
	UNIT_OK(Message(list, strlen(list), &stop, &error)[0] != '\0' && asked == 1 &&
				error.kind == VM_FILTER_ERROR_INTERRUPTED,
			"an interrupt");
	UNIT_OK(strcmp(Message(huge, VM_FILTER_MAX_TEXT + 1, NULL, &error),
				   "the expression has more than 67108864 bytes") == 0 &&
				error.kind == VM_FILTER_ERROR_LIMIT,
			"one byte too many");
	UNIT_OK(strcmp(Message(huge, VM_FILTER_MAX_TEXT, NULL, &error), "the expression is empty") == 0,
			"as many bytes as there may be");
	UNIT_OK(strcmp(Message("a == \0 1", 8, NULL, &error), "the expression holds a NUL byte") == 0 &&
				error.offset == 5,
			"a NUL byte");
	UNIT_OK(strcmp(Message("a\0", 2, NULL, &error), "the expression holds a NUL byte") == 0,
			"a NUL byte at the end");
	free(list);
	free(huge);
}

/* Every amount of memory up to enough: an error or a tree, and nothing lost. */
static void
TestMemory(void)
{
	char *text = Repeat(
		"a",
		" or a[\"\\u0041\"][0][1][\"x\"] in [1, -2, \"x\", {t}] and 1 < f[\"k\"] < 2 or g(1, 2, 3) "
		"or text_match(b, 'x', minimum_should_match=2) or ts + interval 'x' > iso \"y\" or f == [1]",
		60, " or a in [1, 2, 3, 4, 5, 6, 7, 8, 9, 1.5]");
	size_t length = strlen(text);
	VmFilterError error;
	size_t enough = 1;
	int failures = 0;

	while (Message(text, length, &(VmFilterOptions) {.max_memory = enough}, &error)[0] != '\0')
	{
		UNIT_EACH(error.kind == VM_FILTER_ERROR_LIMIT, "%zu bytes: %s", enough, error.message);
		enough += 1021;
		failures++;
	}
	UNIT_EACH(failures > 50 && enough > length, "%zu bytes are enough for %zu", enough, length);
	UnitReport("too little memory");
	free(text);
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/*
 * Bytes of address space that the process has, 0 where nobody says or where the
 * address sanitizer needs all that there is.
 */
static size_t
AddressSpace(void)
{
	size_t pages = 0;
#ifndef __SANITIZE_ADDRESS__
	FILE *statm = fopen("/proc/self/statm", "r");

	if (statm != NULL)
	{
		if (fscanf(statm, "%zu", &pages) != 1)
			pages = 0;
		fclose(statm);
	}
#endif
	return pages * 4096;
}

/* malloc itself gives out. */
static void
TestNoMemory(void)
{
	char *text = Repeat("a in [", "1,", 2000000, "]");
	size_t space = AddressSpace();
	struct rlimit before;
	VmFilterError error;

	getrlimit(RLIMIT_AS, &before);
	if (space == 0 ||
		setrlimit(RLIMIT_AS, &(struct rlimit) {space + (16 << 20), before.rlim_max}) != 0)
		UnitSkip("no memory", "the address space cannot be limited here");
	else
	{
		const char *message = Message(text, strlen(text), NULL, &error);

		setrlimit(RLIMIT_AS, &before);
		UNIT_OK(strcmp(message, "out of memory") == 0 && error.kind == VM_FILTER_ERROR_MEMORY,
				"no memory: \"%s\"", message);
	}
	free(text);
}

static void
TestLines(void)
{
	static const char text[] = "a ==\n  \"\xC3\xA9\" and\n)";
	VmFilterError error;
	int line;
	int column;

	Message(text, strlen(text), NULL, &error);
	VmFilterLine(text, strlen(text), error.offset, &line, &column);
	UNIT_OK(line == 3 && column == 1, "line %d, column %d", line, column);
	VmFilterLine(text, strlen(text), 11, &line, &column);
	UNIT_OK(line == 2 && column == 6, "columns count characters");
	VmFilterLine(text, strlen(text), 1000, &line, &column);
	UNIT_OK(line == 3 && column == 2, "an offset behind the end is the end");
}

/* VmFilterPrint gives the length that it would need, and never writes more. */
static void
TestPrintRoom(void)
{
	static const char text[] = "a == 1 and b in [1, 2]";
	static const char canonical[] = "((a == 1) and (b in [1, 2]))";
	VmFilterError error;
	VmFilterAst *ast = VmFilterParse(text, strlen(text), NULL, &error);
	size_t full = strlen(canonical);

	UNIT_EACH(VmFilterPrint(VmFilterRoot(ast), NULL, 0) == full, "without a buffer");
	for (size_t room = 1; room <= full + 2; room++)
	{
		char buffer[64];

		memset(buffer, '#', sizeof(buffer));
		UNIT_EACH(VmFilterPrint(VmFilterRoot(ast), buffer, room) == full, "%zu bytes", room);
		UNIT_EACH(strlen(buffer) == (room <= full ? room - 1 : full) && buffer[room] == '#' &&
					  strncmp(buffer, canonical, room - 1) == 0,
				  "%zu bytes: %s", room, buffer);
	}
	VmFilterFree(ast);
	UnitReport("printing into little room");
}

int
main(void)
{
	FILTER_TABLE(syntax, false, "syntax errors");
	FILTER_TABLE(values, false, "constants that are none");
	FILTER_TABLE(calls, false, "calls that are none");
	FILTER_TABLE(folded, true, "folding");
	TestHints();
	TestDepth();
	TestLimits();
	TestMemory();
	TestNoMemory();
	TestLines();
	TestPrintRoom();
	return UnitDone();
}
