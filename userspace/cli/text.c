// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "text.h"

static void out_of_memory(void)
{
	fprintf(stderr, "usertime: out of memory\n");
	exit(STATUS_FAILED);
}

char *text_v(const char *format, va_list args)
{
	char *string;

	if (vasprintf(&string, format, args) < 0)
		out_of_memory();
	return string;
}

char *text(const char *format, ...)
{
	va_list args;
	char *string;

	va_start(args, format);
	string = text_v(format, args);
	va_end(args);
	return string;
}

void *grow(void *list, size_t nr, size_t size)
{
	list = reallocarray(list, nr, size);
	if (!list)
		out_of_memory();
	return list;
}

void text_print(FILE *file, const char *string)
{
	const unsigned char *c;

	for (c = (const unsigned char *)string; *c; c++) {
		if (*c < ' ' || *c > '~' || *c == '\\')
			fprintf(file, "\\%03o", *c);
		else
			putc(*c, file);
	}
}

void text_print_csv(FILE *file, const char *string, const char *separator)
{
	const char *c;

	if (!strpbrk(string, "\"\r\n") && !strstr(string, separator)) {
		fputs(string, file);
		return;
	}
	putc('"', file);
	for (c = string; *c; c++) {
		if (*c == '"')
			putc('"', file);
		putc(*c, file);
	}
	putc('"', file);
}

char *text_printable(const char *string)
{
	char *printable = NULL;
	size_t size;
	FILE *file = open_memstream(&printable, &size);

	if (!file)
		out_of_memory();
	text_print(file, string);
	if (fclose(file))
		out_of_memory();
	return printable;
}

/* How many bytes the character at string has, 0 if it is not UTF-8; jansson judges that. */
static size_t character(const char *string)
{
	size_t length, left = strnlen(string, 4);
	json_t *json;

	for (length = 1; length <= left; length++) {
		json = json_stringn(string, length);
		if (json) {
			json_decref(json);
			return length;
		}
	}
	return 0;
}

json_t *text_json(const char *string)
{
	char *valid, *end;
	size_t length;
	json_t *json;

	if (!string)
		return json_null();
	json = json_string(string);
	if (json)
		return json;
	/* The replacement has three bytes. */
	end = valid = grow(NULL, strlen(string) + 1, 3);
	while (*string) {
		length = character(string);
		end = length ? mempcpy(end, string, length) : stpcpy(end, "\xef\xbf\xbd");
		string += length ? length : 1;
	}
	*end = '\0';
	json = json_string(valid);
	free(valid);
	return json;
}
