/*
 * json_text.c
 *		JSON text token by token (json_text.h).
 */
#include "compat/compat.h"

#include "miscadmin.h"

#include "collection/json_text.h"

void
VmJsonTextOpen(VmJsonText *json, char *text, size_t len)
{
	json->text = text;
	json->lex = VmMakeJsonLexer(text, len);
	VmJsonAdvance(json);
}

VmJsonSlice
VmJsonTokenSlice(const VmJsonText *json)
{
	VmJsonSlice slice;

	slice.start = json->text + (json->lex->token_start - json->lex->input);
	slice.len = json->lex->token_terminator - json->lex->token_start;
	return slice;
}

void
VmJsonAdvance(VmJsonText *json)
{
	JsonParseErrorType result = json_lex(json->lex);

	if (unlikely(result != JSON_SUCCESS))
		VmRaiseJsonError(result, json->lex);
}

bool
VmJsonAccept(VmJsonText *json, JsonTokenType type)
{
	if (VmJsonToken(json) != type)
		return false;
	VmJsonAdvance(json);
	return true;
}

/* At the end of the text PostgreSQL says so, whatever was expected. */
static _Noreturn void
RaiseExpected(VmJsonText *json, JsonParseErrorType error)
{
	VmRaiseJsonError(VmJsonToken(json) == JSON_TOKEN_END ? JSON_EXPECTED_MORE : error, json->lex);
}

void
VmJsonExpect(VmJsonText *json, JsonTokenType type, JsonParseErrorType error)
{
	if (unlikely(!VmJsonAccept(json, type)))
		RaiseExpected(json, error);
}

bool
VmJsonNextPair(VmJsonText *json)
{
	if (VmJsonAccept(json, JSON_TOKEN_COMMA))
	{
		if (VmJsonToken(json) != JSON_TOKEN_STRING)
			RaiseExpected(json, JSON_EXPECTED_STRING);
		return true;
	}
	VmJsonExpect(json, JSON_TOKEN_OBJECT_END, JSON_EXPECTED_OBJECT_NEXT);
	return false;
}

bool
VmJsonNextElement(VmJsonText *json)
{
	if (VmJsonAccept(json, JSON_TOKEN_COMMA))
		return true;
	VmJsonExpect(json, JSON_TOKEN_ARRAY_END, JSON_EXPECTED_ARRAY_NEXT);
	return false;
}

static void SkipValue(VmJsonText *json);

static void
SkipObject(VmJsonText *json)
{
	VmJsonAdvance(json);
	if (VmJsonAccept(json, JSON_TOKEN_OBJECT_END))
		return;
	do
	{
		VmJsonExpect(json, JSON_TOKEN_STRING, JSON_EXPECTED_OBJECT_FIRST);
		VmJsonExpect(json, JSON_TOKEN_COLON, JSON_EXPECTED_COLON);
		SkipValue(json);
	} while (VmJsonNextPair(json));
}

static void
SkipArray(VmJsonText *json)
{
	VmJsonAdvance(json);
	if (VmJsonAccept(json, JSON_TOKEN_ARRAY_END))
		return;
	do
	{
		/* Most arrays are vectors: no call for a number. */
		if (likely(VmJsonToken(json) == JSON_TOKEN_NUMBER))
			VmJsonAdvance(json);
		else
			SkipValue(json);
	} while (VmJsonNextElement(json));
}

static void
SkipValue(VmJsonText *json)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	switch (VmJsonToken(json))
	{
		case JSON_TOKEN_OBJECT_START:
			SkipObject(json);
			break;
		case JSON_TOKEN_ARRAY_START:
			SkipArray(json);
			break;
		case JSON_TOKEN_STRING:
		case JSON_TOKEN_NUMBER:
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
		case JSON_TOKEN_NULL:
			VmJsonAdvance(json);
			break;
		default:
			RaiseExpected(json, JSON_EXPECTED_JSON);
	}
}

VmJsonSlice
VmJsonSkipValue(VmJsonText *json)
{
	VmJsonSlice slice = VmJsonTokenSlice(json);
	const char *end;

	SkipValue(json);
	end = json->text + (json->lex->prev_token_terminator - json->lex->input);
	slice.len = end - slice.start;
	return slice;
}

char
VmJsonSliceCut(VmJsonSlice slice)
{
	char cut = slice.start[slice.len];

	slice.start[slice.len] = '\0';
	return cut;
}

void
VmJsonSliceMend(VmJsonSlice slice, char cut)
{
	slice.start[slice.len] = cut;
}

void
VmJsonCheckValue(VmJsonText *json)
{
	switch (VmJsonToken(json))
	{
		case JSON_TOKEN_OBJECT_START:
		case JSON_TOKEN_ARRAY_START:
		case JSON_TOKEN_STRING:
		case JSON_TOKEN_NUMBER:
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
		case JSON_TOKEN_NULL:
			break;
		default:
			RaiseExpected(json, JSON_EXPECTED_JSON);
	}
}

const char *
VmJsonTokenKind(const VmJsonText *json)
{
	switch (VmJsonToken(json))
	{
		case JSON_TOKEN_OBJECT_START:
			return "object";
		case JSON_TOKEN_ARRAY_START:
			return "array";
		case JSON_TOKEN_STRING:
			return "string";
		case JSON_TOKEN_NUMBER:
			return "number";
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
			return "boolean";
		case JSON_TOKEN_NULL:
			return "null";
		default:
			return "nothing";
	}
}
