/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of top's table, for terminals and for files. */
#ifndef USERTIME_TOP_FORMAT_H
#define USERTIME_TOP_FORMAT_H

#include "source.h"

/* What a history is drawn with. */
enum top_blocks { TOP_NO_HISTORY, TOP_ASCII, TOP_UTF8 };

/* All of these are to be freed. */
char *top_format_summary(const struct top_source *source, const struct top_table *table);
char *top_format_row(const struct top_row *row, enum top_blocks blocks);

/* A column: its title as it stands above it, with the blank before, and what it sorts by. */
struct top_column {
	const char *title;
	enum top_key key;		/* TOP_NR_KEYS: nothing */
};

/* In order; the last has no title. */
extern const struct top_column top_columns[];

/* Whether a column is shown. */
bool top_has_column(const struct top_column *column, enum top_blocks blocks);

/* The key of the next column to the right (1) or to the left (-1) of that which has this one. */
enum top_key top_next_key(enum top_key key, int direction);

#endif
