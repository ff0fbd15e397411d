/*
 * literal.c
 *		Values of constants and paths from the text of their tokens.
 *
 * The lexer has checked the shape of a token; here is what it means, and what no
 * pattern says: ranges of numbers, escapes, and that strings are UTF-8.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "filter/parser_private.h"

/* The longest run of digits that surely fits a buffer on the stack. */
#define SHORT_NUMBER 64

static size_t
OffsetOf(const VmFilterParser *parser, const char *p)
{
	return p - parser->text;
}

static int
HexDigit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
FailRange(VmFilterParser *parser, const char *text, size_t size)
{
	return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, OffsetOf(parser, text),
						"integer \"%.*s\" is out of range", (int) (size > 64 ? 64 : size), text);
}

/* Digits of a base; stops at 2^63, the magnitude of the least integer. */
static bool
ReadDigits(const char *text, size_t size, unsigned base, uint64_t *value)
{
	uint64_t limit = (uint64_t) 1 << 63;

	*value = 0;
	for (size_t i = 0; i < size; i++)
	{
		unsigned digit = (unsigned) HexDigit(text[i]);

		if (*value > (limit - digit) / base)
			return false;
		*value = *value * base + digit;
	}
	return true;
}

/*
 * Decimal, 0 octal, 0x hexadecimal, 0b binary.  2^63 is let through, as the least
 * integer, to be completed by a minus (FILT-5).
 */
bool
VmFilterReadInteger(VmFilterParser *parser, const char *text, size_t size, int64_t *value)
{
	unsigned base = 10;
	size_t prefix = 0;
	uint64_t magnitude;

	if (size > 1 && text[0] == '0')
	{
		char kind = text[1] | 0x20;

		base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
		prefix = base == 8 ? 1 : 2;
	}
	if (!ReadDigits(text + prefix, size - prefix, base, &magnitude))
		return FailRange(parser, text, size);
	if (magnitude <= INT64_MAX)
	{
		*value = (int64_t) magnitude;
		return true;
	}
	if (parser->minimum_pending)
		return FailRange(parser, parser->text + parser->minimum.offset, parser->minimum.length);
	parser->minimum_pending = true;
	parser->minimum = (VmFilterSpan) {OffsetOf(parser, text), size};
	*value = INT64_MIN;
	return true;
}

/* What is too small becomes zero; what is too large is an error. */
bool
VmFilterReadFloat(VmFilterParser *parser, const char *text, size_t size, double *value)
{
	char buffer[SHORT_NUMBER];
	char *copy = buffer;

	if (size >= sizeof(buffer))
	{
		copy = VmFilterPiece(parser, size + 1);
		if (copy == NULL)
			return false;
	}
	memcpy(copy, text, size);
	copy[size] = '\0';
	*value = strtod(copy, NULL);
	if (*value <= 1.7976931348623157e308)
		return true;
	return VmFilterFail(parser, VM_FILTER_ERROR_VALUE, OffsetOf(parser, text),
						"float \"%.*s\" is out of range", (int) (size > 64 ? 64 : size), text);
}

/* Bytes of the character at p, of at most rest; 0 when it is not UTF-8 or NUL. */
static size_t
Utf8Length(const unsigned char *p, size_t rest)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	uint32_t c;

	if (length <= 1)
		return p[0] == 0 ? 0 : length;
	if (p[0] > 0xF4 || length > rest)
		return 0;
	c = p[0] & (0xFFu >> (length + 1));
	for (size_t i = 1; i < length; i++)
	{
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3F);
	}
	return c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0 : length;
}

/* Whether eight bytes are ASCII without NUL, which most bytes are. */
static bool
AreAscii(const char *p)
{
	uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return (((bytes - ones) | bytes) & (ones << 7)) == 0;
}

size_t
VmFilterCheckUtf8(const char *text, size_t size)
{
	size_t i = 0;

	while (i < size)
	{
		size_t length;

		if (size - i >= 8 && AreAscii(text + i))
		{
			i += 8;
			continue;
		}
		length = Utf8Length((const unsigned char *) text + i, size - i);
		if (length == 0)
			return i;
		i += length;
	}
	return size;
}

static char *
PutUtf8(char *to, uint32_t c)
{
	if (c < 0x80)
		*to++ = (char) c;
	else if (c < 0x800)
		*to++ = (char) (0xC0 | c >> 6);
	else
	{
		if (c < 0x10000)
			*to++ = (char) (0xE0 | c >> 12);
		else
		{
			*to++ = (char) (0xF0 | c >> 18);
			*to++ = (char) (0x80 | (c >> 12 & 0x3F));
		}
		*to++ = (char) (0x80 | (c >> 6 & 0x3F));
	}
	if (c >= 0x80)
		*to++ = (char) (0x80 | (c & 0x3F));
	return to;
}

/* Up to max digits of a base from *p on; how many there were. */
static int
EscapeDigits(const char **p, const char *end, int max, unsigned base, uint32_t *value)
{
	int count = 0;

	for (*value = 0; count < max && *p < end; count++, (*p)++)
	{
		int digit = HexDigit(**p);

		if (digit < 0 || (unsigned) digit >= base)
			break;
		*value = *value * base + (unsigned) digit;
	}
	return count;
}

static bool
FailEscape(VmFilterParser *parser, const char *backslash)
{
	VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, OffsetOf(parser, backslash),
				 "invalid escape in a string");
	VmFilterHint(parser, "A backslash is written \"\\\\\", or as it is in a raw string: r\"…\".");
	return false;
}

/*
 * One escape.  *from is behind the backslash and goes behind the escape.  \x takes
 * two digits at most and an octal escape three, as in Go; both give a byte.
 */
static bool
ReadEscape(VmFilterParser *parser, const char **from, const char *end, char **to)
{
	static const char letters[] = "abfnrtv'\"?\\";
	static const char meanings[] = "\a\b\f\n\r\t\v'\"?\\";
	const char *backslash = *from - 1;
	const char *letter = **from != '\0' ? strchr(letters, **from) : NULL;
	char kind = **from;
	uint32_t c;

	if (letter != NULL)
	{
		(*from)++;
		*(*to)++ = meanings[letter - letters];
		return true;
	}
	if (kind == 'u' || kind == 'U')
	{
		int digits = kind == 'u' ? 4 : 8;

		(*from)++;
		if (EscapeDigits(from, end, digits, 16, &c) != digits || c == 0 || c > 0x10FFFF ||
			(c >= 0xD800 && c <= 0xDFFF))
			return FailEscape(parser, backslash);
		*to = PutUtf8(*to, c);
		return true;
	}
	if (kind == 'x')
		(*from)++;
	if (EscapeDigits(from, end, kind == 'x' ? 2 : 3, kind == 'x' ? 16 : 8, &c) == 0 || c == 0 ||
		c > 0xFF)
		return FailEscape(parser, backslash);
	*(*to)++ = (char) c;
	return true;
}

/* What is between the quotes, where a backslash is; never longer than the text. */
static bool
ReadEscaped(VmFilterParser *parser, const char *text, size_t size, VmFilterString *value)
{
	const char *from = text;
	const char *end = text + size;
	char *result = VmFilterPiece(parser, size);
	char *to = result;

	if (result == NULL)
		return false;
	while (from < end)
	{
		if (*from != '\\')
			*to++ = *from++;
		else
		{
			from++;
			if (!ReadEscape(parser, &from, end, &to))
				return false;
		}
	}
	*value = (VmFilterString) {result, (uint32_t) (to - result)};
	if (VmFilterCheckUtf8(result, value->size) != value->size)
		return VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, OffsetOf(parser, text) - 1,
							"the escapes in a string give bytes that are not UTF-8");
	return true;
}

/* A whole string token: prefix, quotes and all. */
bool
VmFilterReadString(VmFilterParser *parser, const char *text, size_t size, VmFilterString *value)
{
	bool raw = (text[0] | 0x20) == 'r';

	while (*text != '"' && *text != '\'')
	{
		text++;
		size--;
	}
	text++;
	size -= 2;
	*value = (VmFilterString) {text, (uint32_t) size};
	if (raw || memchr(text, '\\', size) == NULL)
		return true;
	return ReadEscaped(parser, text, size, value);
}

/* Where the string token that begins at p ends. */
static const char *
SkipString(const char *p)
{
	char quote;

	while (*p != '"' && *p != '\'')
		p++;
	quote = *p++;
	while (*p != quote)
		p += *p == '\\' ? 2 : 1;
	return p + 1;
}

/* One [..] whose bracket is at p; returns what is behind it, or NULL. */
static const char *
ReadStep(VmFilterParser *parser, const char *p, VmFilterStep *step)
{
	const char *start = ++p;

	*step = (VmFilterStep) {.kind = VM_FILTER_STEP_INDEX};
	if (*p >= '0' && *p <= '9')
	{
		uint64_t index;

		while (*p != ']')
			p++;
		if (!ReadDigits(start, p - start, 10, &index) || index > INT64_MAX)
		{
			FailRange(parser, start, p - start);
			return NULL;
		}
		step->index = (int64_t) index;
		return p + 1;
	}
	/* A name goes up to the bracket; a string has a quote at most 2 bytes on. */
	if (*p == '"' || *p == '\'' || p[1] == '"' || p[1] == '\'' ||
		(p[1] != ']' && (p[2] == '"' || p[2] == '\'')))
	{
		step->kind = VM_FILTER_STEP_KEY;
		p = SkipString(p);
		return VmFilterReadString(parser, start, p - start, &step->name) ? p + 1 : NULL;
	}
	while (*p != ']')
		p++;
	step->kind = VM_FILTER_STEP_MEMBER;
	step->name = (VmFilterString) {start, (uint32_t) (p - start)};
	return p + 1;
}

/* A whole path token; also a name without steps. */
VmFilterPath *
VmFilterReadPath(VmFilterParser *parser, const char *text, size_t size)
{
	VmFilterPath *path = VmFilterPiece(parser, sizeof(VmFilterPath));
	const char *end = text + size;
	const char *p = memchr(text, '[', size);
	size_t capacity = 0;

	if (path == NULL)
		return NULL;
	if (p == NULL)
		p = end;
	*path = (VmFilterPath) {.root = {text, (uint32_t) (p - text)}};
	path->is_meta = path->root.size > 1 && text[0] == '$';
	while (p < end)
	{
		if (path->nsteps == capacity)
		{
			size_t larger = capacity == 0 ? 2 : capacity * 2;

			path->steps =
				VmFilterGrowArray(parser, path->steps, sizeof(VmFilterStep), capacity, larger);
			if (path->steps == NULL)
				return NULL;
			capacity = larger;
		}
		p = ReadStep(parser, p, &path->steps[path->nsteps]);
		if (p == NULL)
			return NULL;
		path->nsteps++;
	}
	return path;
}
