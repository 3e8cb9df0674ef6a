// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/text.h"
#include "format.h"

#define SECOND 1000000000

const struct top_column top_columns[] = {
	{ "    PID", TOP_PID },
	{ "   %CPU", TOP_CPU },
	{ "   %USR", TOP_USER_RATE },
	{ "   TIME(s)", TOP_TIME },
	{ "   USER(s)", TOP_USER },
	{ "   FAULTS", TOP_FAULTS },
	{ "  THR", TOP_THREADS },
	{ " S", TOP_NR_KEYS },
	{ " HISTORY     ", TOP_NR_KEYS },
	{ " COMMAND", TOP_COMMAND },
	{ NULL, TOP_NR_KEYS }
};

#define HISTORY_COLUMN (&top_columns[8])

bool top_has_column(const struct top_column *column, enum top_blocks blocks)
{
	return column != HISTORY_COLUMN || blocks != TOP_NO_HISTORY;
}

enum top_key top_next_key(enum top_key key, int direction)
{
	int next = (int)key + direction;

	/* Keys are in the order of their columns. */
	return next < 0 || next >= TOP_NR_KEYS ? key : (enum top_key)next;
}

/* A full block is a whole processor, or more of them. */
static const char *block(float share, enum top_blocks blocks)
{
	static const char *const utf8[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
	int level = share <= 0 ? 0 : share >= 1 ? 8 : 1 + (int)(share * 8);

	if (level > 8)
		level = 8;
	return blocks == TOP_UTF8 ? utf8[level] : ascii[level];
}

static void print_history(FILE *file, const struct top_row *row, enum top_blocks blocks)
{
	unsigned int i;

	putc(' ', file);
	for (i = row->nr_history; i < TOP_HISTORY; i++)
		putc(' ', file);
	for (i = 0; i < row->nr_history; i++)
		fputs(block(row->history[i], blocks), file);
}

/* Hundredths of seconds as far as there is room. */
static void print_time(FILE *file, uint64_t ns)
{
	uint64_t hundredths = ns / (SECOND / 100);

	if (hundredths < 100000000)
		fprintf(file, " %6" PRIu64 ".%02" PRIu64, hundredths / 100, hundredths % 100);
	else
		fprintf(file, " %9" PRIu64, hundredths / 100);
}

char *top_format_row(const struct top_row *row, enum top_blocks blocks)
{
	const struct top_values *values = &row->values;
	char *line = NULL;
	size_t size;
	FILE *file = open_memstream(&line, &size);

	if (!file)
		return text("out of memory");
	fprintf(file, "%7d %6.1f %6.1f", values->pid, 100 * (row->user_rate + row->system_rate),
		100 * row->user_rate);
	print_time(file, values->user + values->system);
	print_time(file, values->user);
	fprintf(file, " %8" PRIu64 " %4" PRIu32 " %c", values->faults, values->threads, values->state);
	if (blocks != TOP_NO_HISTORY)
		print_history(file, row, blocks);
	fprintf(file, " %s", values->command);
	if (fclose(file)) {
		free(line);
		return text("out of memory");
	}
	return line;
}

char *top_format_summary(const struct top_source *source, const struct top_table *table)
{
	time_t seconds = source->time / SECOND;
	char *name = text_printable(source->name), *line, when[32] = "";
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(when, sizeof(when), "%F %T", &local);
	line = text("%s  %s: %zu processes, %zu exited, %.2f CPUs (%.2f user)", when, name,
		    table->nr_live, table->nr_rows - table->nr_live,
		    table->user_rate + table->system_rate, table->user_rate);
	free(name);
	return line;
}
