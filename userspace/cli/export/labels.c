// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>

#include "labels.h"
#include "cli/text.h"

char *label_value(const char *string)
{
	json_t *json = text_json(string);
	char *value = text("%s", json_string_value(json));

	json_decref(json);
	return value;
}

void label_print(FILE *file, const char *value)
{
	putc('"', file);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", file);
			continue;
		}
		if (*value == '"' || *value == '\\')
			putc('\\', file);
		putc(*value, file);
	}
	putc('"', file);
}
