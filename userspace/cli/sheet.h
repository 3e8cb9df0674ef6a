/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of values, printed for people or for programs. */
#ifndef USERTIME_SHEET_H
#define USERTIME_SHEET_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum sheet_format { SHEET_TABLE, SHEET_CSV, SHEET_JSON, SHEET_JSONL, SHEET_MARKDOWN };

/* The format of that name; others end the program with a usage error. */
enum sheet_format word_format(const char *word, const struct argp_state *state);

/* What values are, and how they are printed: for people, for programs. */
enum sheet_kind {
	SHEET_INTEGER,
	SHEET_SECONDS,		/* ns; seconds with 6 digits, with 9 */
	SHEET_PERCENT,		/* number; with 1 digit, as it is */
	SHEET_MOMENT,		/* ns since 1970; time of day here, UTC in ISO 8601 */
	SHEET_TEXT,		/* any bytes; escaped, as they are where that is possible */
};

/**
 * struct sheet_column - what is in a column
 * @name: for programs; NULL: it is for people only
 * @title: for people; NULL: it is for programs only
 * @kind: of all its values
 */
struct sheet_column {
	const char *name;
	const char *title;
	enum sheet_kind kind;
};

/* A value; of texts, whoever fills the sheet keeps them. */
struct sheet_value {
	bool missing;
	union {
		int64_t integer;
		double number;
		const char *text;
	};
};

/**
 * struct sheet - rows and columns
 * @columns: nr_columns of them
 * @values: nr_rows * nr_columns, row by row
 * @dates: times of day for people have their date
 */
struct sheet {
	const struct sheet_column *columns;
	size_t nr_columns;
	const struct sheet_value *values;
	size_t nr_rows;
	bool dates;
};

/* To standard output, in any format but JSON, whose rows are a part of something. */
void sheet_print(const struct sheet *sheet, enum sheet_format format, const char *separator);

/* An array of objects; NULL: no memory. */
json_t *sheet_json(const struct sheet *sheet);

/* Digits that a number in JSON has at most: so many as a double keeps. */
#define SHEET_JSON_FLAGS	JSON_REAL_PRECISION(15)

/* A moment as text, ns since 1970; to be freed. */
char *sheet_moment(int64_t time, bool date);	/* here, with ms */
char *sheet_moment_utc(int64_t time);		/* in ISO 8601 */

#endif
