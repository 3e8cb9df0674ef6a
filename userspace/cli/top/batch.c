// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "cli/clocks.h"
#include "format.h"

#define SECOND 1000000000ULL

static void print(const struct top_source *source, const struct top_table *table, bool first)
{
	const struct top_column *column;
	char *line = top_format_summary(source, table);
	size_t i;

	printf("%s%s%s%s\n", first ? "" : "\n", line, *source->note ? "; " : "", source->note);
	free(line);
	for (column = top_columns; column->title; column++)
		if (top_has_column(column, TOP_NO_HISTORY))
			fputs(column->title, stdout);
	putchar('\n');
	for (i = 0; i < table->nr_rows; i++) {
		line = top_format_row(table->rows[i], TOP_NO_HISTORY);
		puts(line);
		free(line);
	}
}

/* Takes what comes until it is time to look. A refresh of the registry is a look by itself. */
static bool wait_for_look(struct top_source *source, struct top_table *table, uint64_t next)
{
	struct pollfd fd = { .events = source->events };
	struct timespec timeout;
	int64_t time = source->time;
	uint64_t now;

	for (;;) {
		now = clock_ns(CLOCK_MONOTONIC);
		if (source->interval && now >= next)
			return source->look(source, table);
		timeout.tv_sec = (next - now) / SECOND;
		timeout.tv_nsec = (next - now) % SECOND;
		fd.fd = source->fd;
		if (ppoll(&fd, 1, source->interval ? &timeout : NULL, NULL) > 0 &&
		    !source->take(source, table))
			return false;
		if (source->time != time)
			return true;
	}
}

/* What was recorded needs not be waited for. What was missed is left out. */
static uint64_t next_look(const struct top_source *source, uint64_t last)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (source->back)
		return 0;
	return last + source->interval > now ? last + source->interval : now + source->interval;
}

bool top_batch(struct top_source *source, struct top_table *table, unsigned int times)
{
	uint64_t next = clock_ns(CLOCK_MONOTONIC);
	unsigned int time = 0;

	if (!source->look(source, table))
		return false;
	for (;;) {
		print(source, table, !time);
		if (++time == times || source->ended)
			return true;
		/* Who reads it has it before the next one; an error is told at the end of the program. */
		if (fflush(stdout))
			return true;
		next = next_look(source, next);
		if (!wait_for_look(source, table, next))
			return false;
	}
}
