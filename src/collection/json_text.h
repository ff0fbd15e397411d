/*
 * json_text.h
 *		JSON text token by token, with PostgreSQL's own lexer and error texts.
 *
 * For input that is too large to become jsonb first: what is not needed as a
 * value can be skipped and taken as a slice of the text.  The text belongs to
 * the reader, which may write to it (VmJsonSliceCut).
 */
#ifndef VM_COLLECTION_JSON_TEXT_H
#define VM_COLLECTION_JSON_TEXT_H

#include "compat/compat.h"

#include "compat/json.h"
#include "lib/stringinfo.h"

typedef struct VmJsonText
{
	char *text; /* NUL-terminated */
	JsonLexContext *lex;
} VmJsonText;

/* Bytes of the text. */
typedef struct VmJsonSlice
{
	char *start;
	size_t len;
} VmJsonSlice;

/* Reads the first token.  The struct lives in the current memory context. */
extern void VmJsonTextOpen(VmJsonText *json, char *text, size_t len);

/* The current token. */
static inline JsonTokenType
VmJsonToken(const VmJsonText *json)
{
	return json->lex->token_type;
}

/* A string token's value, until the next token is read. */
static inline StringInfo
VmJsonTokenString(const VmJsonText *json)
{
	return json->lex->strval;
}

extern VmJsonSlice VmJsonTokenSlice(const VmJsonText *json);

/* Reads the next token; raises what PostgreSQL says of wrong JSON (22P02). */
extern void VmJsonAdvance(VmJsonText *json);

/* Steps over the token if it is of that type. */
extern bool VmJsonAccept(VmJsonText *json, JsonTokenType type);

/* Steps over the token, which must be of that type; else raises error. */
extern void VmJsonExpect(VmJsonText *json, JsonTokenType type, JsonParseErrorType error);

/* Steps over the value that begins with the current token, whatever it is. */
extern VmJsonSlice VmJsonSkipValue(VmJsonText *json);

/* After an element of an object (array): true if another one follows. */
extern bool VmJsonNextPair(VmJsonText *json);
extern bool VmJsonNextElement(VmJsonText *json);

/*
 * Makes a slice a C string in place, and undoes it.  Nothing may be read
 * between; an error does not need the undoing.
 */
extern char VmJsonSliceCut(VmJsonSlice slice);
extern void VmJsonSliceMend(VmJsonSlice slice, char cut);

/* Raises wrong JSON unless the current token begins a value. */
extern void VmJsonCheckValue(VmJsonText *json);

/* "string", "number": what the current token begins, for messages. */
extern const char *VmJsonTokenKind(const VmJsonText *json);

#endif
