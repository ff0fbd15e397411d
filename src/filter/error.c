/*
 * error.c
 *		Errors of the parser: what is wrong, where, and what to do about it.
 *
 * The first error of a parse stays.  Offsets are in bytes of the text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "filter/parser_private.h"

/* How much of an unexpected token a message quotes. */
#define QUOTED_BYTES 40

bool
VmFilterFail(VmFilterParser *parser, VmFilterErrorKind kind, size_t offset, const char *format, ...)
{
	VmFilterError *error = parser->error;
	va_list args;

	if (parser->failed)
		return false;
	parser->failed = true;
	error->kind = kind;
	error->offset = offset;
	error->hint[0] = '\0';
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return false;
}

/* Adds a hint to the error, unless it has one. */
void
VmFilterHint(VmFilterParser *parser, const char *format, ...)
{
	va_list args;

	if (parser->error->hint[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(parser->error->hint, sizeof(parser->error->hint), format, args);
	va_end(args);
}

bool
VmFilterFailTooDeep(VmFilterParser *parser, size_t offset)
{
	return VmFilterFail(parser, VM_FILTER_ERROR_LIMIT, offset,
						"the expression is nested more than %d levels deep", VM_FILTER_MAX_DEPTH);
}

/* How many bytes of a token a message may quote: whole characters. */
static int
QuotedLength(const VmFilterParser *parser, VmFilterSpan span)
{
	const char *text = parser->text + span.offset;
	uint32_t rest = parser->length - span.offset;
	uint32_t length = span.length;

	if (length > QUOTED_BYTES)
		length = QUOTED_BYTES;
	while (length < rest && length > 0 && ((unsigned char) text[length] & 0xC0) == 0x80)
		length--;
	return (int) length;
}

/* Whether the token, or its part before '[', is word, whatever the case. */
static bool
IsWord(const VmFilterParser *parser, VmFilterSpan span, const char *word)
{
	const char *text = parser->text + span.offset;
	size_t size = strlen(word);

	if (span.length < size || (span.length > size && text[size] != '['))
		return false;
	for (size_t i = 0; i < size; i++)
	{
		if ((text[i] | 0x20) != word[i])
			return false;
	}
	return true;
}

static bool
IsDigit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
IsWordByte(char c)
{
	return IsDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

/* Whether the token before is a string; a path ends with a bracket. */
static bool
EndsString(const VmFilterParser *parser)
{
	char c = parser->text[parser->last.offset + parser->last.length - 1];

	return parser->last.length > 0 && (c == '"' || c == '\'');
}

/* The usual reasons why a token is not expected. */
static void
HintAt(VmFilterParser *parser, VmFilterSpan span)
{
	static const char *const words[] = {"and", "or", "not", "in", "like", "exists"};
	const char *text = parser->text + span.offset;
	bool path = memchr(text, '[', span.length) != NULL && IsWordByte(text[0]);
	bool touches = span.offset > 0 && span.offset == parser->last.offset + parser->last.length;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
	{
		if (!IsWord(parser, span, words[i]))
			continue;
		if (path)
			VmFilterHint(parser,
						 "Without a space before \"[\", this is a path into a field \"%s\".",
						 words[i]);
		else
			VmFilterHint(parser, "Keywords are written in lower or in upper case throughout.");
		return;
	}
	if (IsWord(parser, span, "is"))
		VmFilterHint(parser,
					 "\"is null\" and \"is not null\" have one space between the words, and "
					 "are written in lower or in upper case throughout.");
	else if (text[0] == '=' && span.length == 1)
		VmFilterHint(parser, "Equality is written \"==\".");
	else if (text[0] == '>' && span.length == 1 && touches && text[-1] == '<')
		VmFilterHint(parser, "Inequality is written \"!=\".");
	else if (touches && IsDigit(parser->text[parser->last.offset]) && IsWordByte(text[0]))
		VmFilterHint(parser, "The number before it ends there.");
	else if (touches && EndsString(parser) && IsWordByte(text[0]))
		VmFilterHint(parser, "The string before it ends there; a quote in a string has a backslash "
							 "before it.");
}

/* The grammar expects something else than the token at span, empty at the end. */
void
VmFilterFailSyntax(VmFilterParser *parser, VmFilterSpan span)
{
	if (parser->failed)
		return;
	if (span.offset >= parser->length)
	{
		VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, parser->length,
					 parser->tokens <= 1 ? "the expression is empty" :
										   "syntax error at the end of the expression");
		return;
	}
	VmFilterFail(parser, VM_FILTER_ERROR_SYNTAX, span.offset, "syntax error at or near \"%.*s\"",
				 QuotedLength(parser, span), parser->text + span.offset);
	HintAt(parser, span);
}
