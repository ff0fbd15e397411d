/*
 * json.h
 *		PostgreSQL's JSON lexer, on every supported server.
 */
#ifndef VM_COMPAT_JSON_H
#define VM_COMPAT_JSON_H

#include "compat/compat.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "utils/json.h"
#include "utils/jsonfuncs.h"

/* A lexer in the current memory context; strings are given without escapes. */
static inline JsonLexContext *
VmMakeJsonLexer(char *text, size_t len)
{
#if PG_VERSION_NUM >= 170000
	return makeJsonLexContextCstringLen(NULL, text, len, GetDatabaseEncoding(), true);
#else
	return makeJsonLexContextCstringLen(text, (int) len, GetDatabaseEncoding(), true);
#endif
}

static inline _Noreturn void
VmRaiseJsonError(JsonParseErrorType error, JsonLexContext *lex)
{
#if PG_VERSION_NUM >= 160000
	json_errsave_error(error, lex, NULL);
#else
	json_ereport_error(error, lex);
#endif
	pg_unreachable();
}

#endif
