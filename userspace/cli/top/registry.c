// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <usertime.h>

#include "cli/clocks.h"
#include "cli/text.h"
#include "source.h"

/* With nothing registered there are no refreshes: then it is asked so often. */
#define IDLE_INTERVAL 1000000000ULL

struct registry {
	struct top_source source;	/* first */
	char *proc;
	uint64_t last;			/* look, CLOCK_MONOTONIC */
	uint64_t pause;			/* between two of them, at least */
};

static int put(const struct usertime_registry_entry *entry, void *table)
{
	const struct top_values values = {
		.pid = entry->pid,
		.start = entry->start_ns,
		.command = entry->command,
		.user = entry->user_ns,
		.system = entry->system_ns,
		.faults = entry->minor_faults + entry->major_faults,
		.threads = entry->threads,
		.state = entry->state,
		.exited = entry->state == 'X',
	};

	top_table_put(table, &values, false);
	return 0;
}

static bool look(struct top_source *source, struct top_table *table)
{
	struct registry *registry = (struct registry *)source;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (usertime_registry_list(registry->proc, put, table)) {
		fprintf(stderr, TOP_PROGRAM ": %s\n", usertime_message());
		return false;
	}
	top_table_look(table, registry->last ? now - registry->last : 0, true);
	registry->last = now;
	source->interval = table->nr_live ? 0 : IDLE_INTERVAL;
	if (source->interval && source->interval < registry->pause)
		source->interval = registry->pause;
	source->time = clock_ns(CLOCK_REALTIME);
	source->note = table->nr_rows ? "" : "nothing is registered: see usertime-register(1)";
	return true;
}

/* Two refreshes need not be further apart than was wanted to the last nanosecond. */
static bool take(struct top_source *source, struct top_table *table)
{
	struct registry *registry = (struct registry *)source;

	if (clock_ns(CLOCK_MONOTONIC) - registry->last < registry->pause / 10 * 9)
		return true;
	return look(source, table);
}

static void end(struct top_source *source)
{
	struct registry *registry = (struct registry *)source;

	if (source->fd >= 0)
		close(source->fd);
	free(registry->proc);
	free(registry);
}

struct top_source *top_registry(const char *root, uint64_t interval)
{
	struct registry *registry = grow(NULL, 1, sizeof(*registry));
	char *status = text("%s" USERTIME_STATUS_PATH, root ? root : "");

	*registry = (struct registry){
		.source = {
			.take = take, .look = look, .close = end,
			.fd = open(status, O_RDONLY | O_CLOEXEC), .events = POLLPRI,
			.name = "registry", .note = "",
		},
		.proc = root ? text("%s/proc", root) : NULL,
		.pause = interval,
	};
	free(status);
	return &registry->source;
}
