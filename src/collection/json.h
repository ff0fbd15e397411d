/*
 * json.h
 *		Reading the jsonb parameters of schema milvus, and writing jsonb results.
 *
 * Readers take the object and a key; a key that is missing, or null, gives the
 * default.  A value of another type raises VM_PARAMETER_INVALID with the key's
 * name; numbers and booleans are also read from strings, as Milvus's clients
 * send both.  What they return is palloc'd.
 */
#ifndef VM_COLLECTION_JSON_H
#define VM_COLLECTION_JSON_H

#include "compat/compat.h"

#include "utils/jsonb.h"

/* ------------------------------------------------------------------- reading */

/* NULL if the key is missing or its value null.  object may be NULL. */
extern JsonbValue *VmJsonGet(const Jsonb *object, const char *key);

extern char *VmJsonGetString(const Jsonb *object, const char *key, char *missing);
extern int64 VmJsonGetInt(const Jsonb *object, const char *key, int64 missing);
extern bool VmJsonGetBool(const Jsonb *object, const char *key, bool missing);
extern Jsonb *VmJsonGetObject(const Jsonb *object, const char *key); /* NULL if missing */
extern Jsonb *VmJsonGetArray(const Jsonb *object, const char *key);

/* A value as text ("16", "true", "COSINE"), objects and arrays as JSON. */
extern char *VmJsonValueText(const JsonbValue *value);

/* As a number; false if it is none, nor a string that holds one. */
extern bool VmJsonValueInt(const JsonbValue *value, int64 *result);

/* Raises VM_PARAMETER_INVALID unless it is an object (array); what names it. */
extern void VmJsonCheckObject(const Jsonb *value, const char *what);
extern void VmJsonCheckArray(const Jsonb *value, const char *what);

/* An argument that is an object; NULL if it is NULL. */
extern Jsonb *VmJsonArgument(FunctionCallInfo fcinfo, int n, const char *name);

/* Calls visit for each pair of an object, in jsonb's order of keys. */
typedef void (*VmJsonVisit)(const char *key, const JsonbValue *value, void *state);
extern void VmJsonEach(const Jsonb *object, VmJsonVisit visit, void *state);

/* Elements of an array of objects, as Jsonb; an element that is none is an error. */
extern Jsonb **VmJsonObjects(const Jsonb *array, const char *what, int *count);

/* Elements of an array of strings. */
extern char **VmJsonStrings(const Jsonb *array, const char *what, int *count);

/* A copy of the object that has this key and value (removed if value is NULL). */
extern Jsonb *VmJsonSet(const Jsonb *object, const char *key, const char *value);

extern Jsonb *VmJsonEmptyObject(void);
extern Jsonb *VmJsonEmptyArray(void);

/* ------------------------------------------------------------------- writing */

/*
 * A writer: VmJsonBegin..., values or keys and values, VmJsonEnd...; nested as
 * deep as need be.  A key is NULL inside an array.
 */
typedef struct VmJsonWriter
{
	JsonbParseState *state;
	JsonbValue *result;
} VmJsonWriter;

extern void VmJsonBeginObject(VmJsonWriter *writer, const char *key);
extern void VmJsonEndObject(VmJsonWriter *writer);
extern void VmJsonBeginArray(VmJsonWriter *writer, const char *key);
extern void VmJsonEndArray(VmJsonWriter *writer);
extern void VmJsonPutString(VmJsonWriter *writer, const char *key, const char *value);
extern void VmJsonPutInt(VmJsonWriter *writer, const char *key, int64 value);
extern void VmJsonPutBool(VmJsonWriter *writer, const char *key, bool value);
extern void VmJsonPutNull(VmJsonWriter *writer, const char *key);
extern void VmJsonPutValue(VmJsonWriter *writer, const char *key, const JsonbValue *value);
extern void VmJsonPutJsonb(VmJsonWriter *writer, const char *key, const Jsonb *value);

/* The result as a Datum, after the outermost End. */
extern Datum VmJsonDatum(VmJsonWriter *writer);

#endif
