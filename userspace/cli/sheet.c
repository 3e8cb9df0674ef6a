// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sheet.h"
#include "text.h"

#define SECOND	INT64_C(1000000000)

enum sheet_format word_format(const char *word, const struct argp_state *state)
{
	static const char *const names[] = {
		[SHEET_TABLE] = "table", [SHEET_CSV] = "csv", [SHEET_JSON] = "json",
		[SHEET_JSONL] = "jsonl", [SHEET_MARKDOWN] = "md",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(word, names[i]))
			return i;
	argp_error(state, "%s: no such format: table, csv, json, jsonl or md", word);
	return SHEET_TABLE;
}

/* Before 1970 as well. */
static time_t split(int64_t time, unsigned int *ns)
{
	int64_t rest = time % SECOND;

	*ns = rest < 0 ? rest + SECOND : rest;
	return time / SECOND - (rest < 0);
}

char *sheet_moment(int64_t time, bool date)
{
	unsigned int ns;
	time_t seconds = split(time, &ns);
	char digits[32];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(digits, sizeof(digits), date ? "%F %T" : "%T", &tm);
	return text("%s.%03u", digits, ns / 1000000);
}

char *sheet_moment_utc(int64_t time)
{
	unsigned int ns;
	time_t seconds = split(time, &ns);
	char digits[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(digits, sizeof(digits), "%FT%T", &tm);
	return text("%s.%09uZ", digits, ns);
}

static bool is_text(const struct sheet_column *column)
{
	return column->kind == SHEET_TEXT;
}

/* For people; not texts, which only whoever prints them can escape. */
static char *value_for_people(const struct sheet *sheet, const struct sheet_column *column,
			      const struct sheet_value *value)
{
	if (value->missing)
		return text("-");
	switch (column->kind) {
	case SHEET_SECONDS:
		return text("%.6f", value->integer / 1e9);
	case SHEET_PERCENT:
		return text("%.1f", value->number);
	case SHEET_MOMENT:
		return sheet_moment(value->integer, sheet->dates);
	default:
		return text("%" PRId64, value->integer);
	}
}

/* A text with what would disturb as \ooo. */
static char *escaped(const char *string, const char *disturbs)
{
	char *list = NULL;
	size_t size;
	FILE *file = open_memstream(&list, &size);

	if (!file)
		return text("%s", "");
	for (; *string; string++) {
		const char one[2] = { *string };

		if (strchr(disturbs, *string))
			fprintf(file, "\\%03o", (unsigned char)*string);
		else
			text_print(file, one);
	}
	return fclose(file) ? text("%s", "") : list;
}

static char *cell(const struct sheet *sheet, size_t row, size_t column, const char *disturbs)
{
	const struct sheet_value *value = &sheet->values[row * sheet->nr_columns + column];

	if (is_text(&sheet->columns[column]) && !value->missing)
		return escaped(value->text, disturbs);
	return value_for_people(sheet, &sheet->columns[column], value);
}

static size_t width(const struct sheet *sheet, size_t column)
{
	size_t row, widest = strlen(sheet->columns[column].title);

	for (row = 0; row < sheet->nr_rows; row++) {
		char *string = cell(sheet, row, column, "");
		size_t length = strlen(string);

		widest = length > widest ? length : widest;
		free(string);
	}
	return widest;
}

/* Texts to the left, numbers to the right; nothing behind the last column. */
static void pad(const struct sheet *sheet, size_t column, const char *string, size_t width,
		const char **gap)
{
	bool last = column + 1 == sheet->nr_columns;

	if (is_text(&sheet->columns[column]))
		printf("%s%-*s", *gap, last ? 0 : (int)width, string);
	else
		printf("%s%*s", *gap, (int)width, string);
	*gap = "  ";
}

static void print_table(const struct sheet *sheet)
{
	size_t *widths = grow(NULL, sheet->nr_columns, sizeof(*widths));
	size_t row, column;
	const char *gap = "";

	for (column = 0; column < sheet->nr_columns; column++) {
		if (!sheet->columns[column].title)
			continue;
		widths[column] = width(sheet, column);
		pad(sheet, column, sheet->columns[column].title, widths[column], &gap);
	}
	putchar('\n');
	for (row = 0; row < sheet->nr_rows; row++) {
		gap = "";
		for (column = 0; column < sheet->nr_columns; column++) {
			char *string;

			if (!sheet->columns[column].title)
				continue;
			string = cell(sheet, row, column, "");
			pad(sheet, column, string, widths[column], &gap);
			free(string);
		}
		putchar('\n');
	}
	free(widths);
}

/* Texts are code, in which nothing but its end and that of a cell has a meaning. */
static void print_markdown(const struct sheet *sheet)
{
	size_t row, column;

	for (column = 0; column < sheet->nr_columns; column++)
		if (sheet->columns[column].title)
			printf("| %s ", sheet->columns[column].title);
	puts("|");
	for (column = 0; column < sheet->nr_columns; column++)
		if (sheet->columns[column].title)
			fputs(is_text(&sheet->columns[column]) ? "|---" : "|--:", stdout);
	puts("|");
	for (row = 0; row < sheet->nr_rows; row++) {
		for (column = 0; column < sheet->nr_columns; column++) {
			const char *quote = is_text(&sheet->columns[column]) ? "`" : "";
			char *string;

			if (!sheet->columns[column].title)
				continue;
			string = cell(sheet, row, column, "|`");
			printf("| %s%s%s ", quote, string, *string ? quote : "");
			free(string);
		}
		puts("|");
	}
}

/* As it is, in quotes where RFC 4180 wants them. */
static void print_csv_text(const char *string, const char *separator)
{
	if (!strpbrk(string, "\"\r\n") && !(*separator && strstr(string, separator))) {
		fputs(string, stdout);
		return;
	}
	putchar('"');
	for (; *string; string++) {
		if (*string == '"')
			putchar('"');
		putchar(*string);
	}
	putchar('"');
}

static void print_csv_value(const struct sheet_column *column, const struct sheet_value *value,
			    const char *separator)
{
	char *moment;

	if (value->missing)
		return;
	switch (column->kind) {
	case SHEET_INTEGER:
		printf("%" PRId64, value->integer);
		break;
	case SHEET_SECONDS:
		printf("%" PRId64 ".%09" PRId64, value->integer / SECOND, value->integer % SECOND);
		break;
	case SHEET_PERCENT:
		printf("%.15g", value->number);
		break;
	case SHEET_MOMENT:
		moment = sheet_moment_utc(value->integer);
		fputs(moment, stdout);
		free(moment);
		break;
	case SHEET_TEXT:
		print_csv_text(value->text, separator);
	}
}

static void print_csv(const struct sheet *sheet, const char *separator)
{
	const struct sheet_value *value = sheet->values;
	const char *between = "";
	size_t row, column;

	for (column = 0; column < sheet->nr_columns; column++) {
		if (!sheet->columns[column].name)
			continue;
		fputs(between, stdout);
		print_csv_text(sheet->columns[column].name, separator);
		between = separator;
	}
	putchar('\n');
	for (row = 0; row < sheet->nr_rows; row++) {
		between = "";
		for (column = 0; column < sheet->nr_columns; column++, value++) {
			if (!sheet->columns[column].name)
				continue;
			fputs(between, stdout);
			print_csv_value(&sheet->columns[column], value, separator);
			between = separator;
		}
		putchar('\n');
	}
}

static json_t *json_value(const struct sheet_column *column, const struct sheet_value *value)
{
	char *moment;
	json_t *json;

	if (value->missing)
		return json_null();
	switch (column->kind) {
	case SHEET_SECONDS:
		return json_real(value->integer / 1e9);
	case SHEET_PERCENT:
		return json_real(value->number);
	case SHEET_MOMENT:
		moment = sheet_moment_utc(value->integer);
		json = json_string(moment);
		free(moment);
		return json;
	case SHEET_TEXT:
		return text_json(value->text);
	default:
		return json_integer(value->integer);
	}
}

static json_t *json_row(const struct sheet *sheet, size_t row)
{
	json_t *object = json_object();
	size_t column;

	for (column = 0; column < sheet->nr_columns; column++) {
		const struct sheet_column *as = &sheet->columns[column];
		const struct sheet_value *value = &sheet->values[row * sheet->nr_columns + column];

		if (as->name)
			json_object_set_new(object, as->name, json_value(as, value));
	}
	return object;
}

json_t *sheet_json(const struct sheet *sheet)
{
	json_t *array = json_array();
	size_t row;

	for (row = 0; row < sheet->nr_rows; row++)
		json_array_append_new(array, json_row(sheet, row));
	return array;
}

static void print_json_lines(const struct sheet *sheet)
{
	size_t row;

	for (row = 0; row < sheet->nr_rows; row++) {
		json_t *object = json_row(sheet, row);

		json_dumpf(object, stdout, JSON_COMPACT | SHEET_JSON_FLAGS);
		json_decref(object);
		putchar('\n');
	}
}

void sheet_print(const struct sheet *sheet, enum sheet_format format, const char *separator)
{
	switch (format) {
	case SHEET_CSV:
		print_csv(sheet, separator);
		break;
	case SHEET_JSONL:
		print_json_lines(sheet);
		break;
	case SHEET_MARKDOWN:
		print_markdown(sheet);
		break;
	default:
		print_table(sheet);
	}
}
