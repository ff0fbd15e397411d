/*
 * properties.c
 *		Properties and consistency levels (properties.h).
 */
#include "compat/compat.h"

#include "utils/builtins.h"

#include "collection/error.h"
#include "collection/json.h"
#include "collection/properties.h"

/* So that merging them costs little, and the memento of them too. */
#define MAX_PROPERTIES       256
#define MAX_PROPERTIES_BYTES 65536

static void
CheckProperty(const char *key, const JsonbValue *value)
{
	int64 number;

	if (value->type == jbvBinary || value->type == jbvNull)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("invalid value of property \"%s\": %s", key, VmJsonValueText(value)),
						errhint("Properties are strings, numbers or booleans.")));
	if (strcmp(key, VM_TTL_PROPERTY) != 0)
		return;
	if (!VmJsonValueInt(value, &number) || number < 0 || number > VM_MAX_TTL_SECONDS)
		ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID),
						errmsg("invalid value of property \"%s\": %s", key, VmJsonValueText(value)),
						errhint("A number of seconds, 0 for rows that do not expire.")));
}

static void
MergeProperty(const char *key, const JsonbValue *value, void *state)
{
	Jsonb **properties = state;

	CheckProperty(key, value);
	*properties = VmJsonSet(*properties, key, VmJsonValueText(value));
}

static void
CheckCount(const Jsonb *properties)
{
	if (properties != NULL &&
		(JB_ROOT_COUNT(properties) > MAX_PROPERTIES || VARSIZE(properties) > MAX_PROPERTIES_BYTES))
		ereport(ERROR, (VmErrcode(VM_PARAMETER_TOO_LARGE),
						errmsg("properties are limited to %d entries and %d bytes", MAX_PROPERTIES,
							   MAX_PROPERTIES_BYTES)));
}

Jsonb *
VmPropertiesMerge(const Jsonb *old, const Jsonb *changes)
{
	Jsonb *properties = old == NULL ? VmJsonEmptyObject() : unconstify(Jsonb *, old);

	VmJsonCheckObject(changes, "properties");
	CheckCount(changes);
	VmJsonEach(changes, MergeProperty, &properties);
	CheckCount(properties);
	return properties;
}

static const char *const level_names[] = {
	[VM_STRONG] = "Strong",         [VM_SESSION] = "Session",       [VM_BOUNDED] = "Bounded",
	[VM_EVENTUALLY] = "Eventually", [VM_CUSTOMIZED] = "Customized",
};

VmConsistencyLevel
VmConsistencyLevelFromText(const char *text)
{
	for (int level = VM_STRONG; level <= VM_CUSTOMIZED; level++)
	{
		const char number[] = {(char) ('0' + level), '\0'};

		if (pg_strcasecmp(text, level_names[level]) == 0 || strcmp(text, number) == 0)
			return (VmConsistencyLevel) level;
	}
	ereport(ERROR, (VmErrcode(VM_PARAMETER_INVALID), errmsg("invalid consistency level: %s", text),
					errhint("Strong, Session, Bounded or Eventually.")));
}

const char *
VmConsistencyLevelName(VmConsistencyLevel level)
{
	return level >= VM_STRONG && level <= VM_CUSTOMIZED ? level_names[level] : "Unknown";
}
