/*
 * settings.c
 *		Settings that pgvector's library defines too: see settings.h.
 */
#include "compat/compat.h"

#include "access/xact.h"
#include "miscadmin.h"

#include "am/settings.h"

/* True when a setting has been defined, by whatever library. */
static bool
SettingExists(const char *name)
{
	return GetConfigOption(name, true, false) != NULL &&
		   !(GetConfigOptionFlags(name, true) & GUC_CUSTOM_PLACEHOLDER);
}

bool
VmMayDefineSettings(const char *name)
{
	return !process_shared_preload_libraries_in_progress && !IsInParallelMode() &&
		   !SettingExists(name);
}

int
VmReadIntSetting(const char *name, int fallback, int min, int max)
{
	const char *text = GetConfigOption(name, true, false);
	int value;

	if (text == NULL || !parse_int(text, &value, 0, NULL) || value < min || value > max)
		return fallback;
	return value;
}

double
VmReadRealSetting(const char *name, double fallback, double min, double max)
{
	const char *text = GetConfigOption(name, true, false);
	double value;

	if (text == NULL || !parse_real(text, &value, 0, NULL) || !(value >= min && value <= max))
		return fallback;
	return value;
}

int
VmReadEnumSetting(const char *name, int fallback, const struct config_enum_entry *options)
{
	const char *text = GetConfigOption(name, true, false);

	for (; text != NULL && options->name != NULL; options++)
	{
		if (pg_strcasecmp(text, options->name) == 0)
			return options->val;
	}
	return fallback;
}
