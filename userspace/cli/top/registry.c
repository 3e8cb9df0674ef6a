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
#include "cli/tracker.h"
#include "source.h"

/* With nothing registered there are no refreshes: then it is asked so often. */
#define IDLE_INTERVAL 1000000000ULL

struct registry {
	struct top_source source;	/* first */
	char *proc;
	uint64_t last;			/* look, CLOCK_MONOTONIC */
	uint64_t pause;			/* between two of them, at least */
	struct usertime_session *exits;	/* NULL: cannot be had */
	struct tracker tracker;		/* of it */
	struct top_table *table;	/* that a look is for */
};

/*
 * Exits. The refresh that wakes us has removed who exited since the one before, and the final values
 * with it. So whatever is listed becomes a target of a session without a period: who may be
 * observed brings an EXIT record.
 */
static void watch(struct registry *registry, const struct usertime_registry_entry *entry)
{
	uint64_t start = entry->start_ns;

	if (registry->exits && entry->state != 'X' &&
	    !tracker_find(&registry->tracker, entry->pid, start))
		usertime_session_add(registry->exits, entry->pid, &start);
}

static void put_exit(struct top_table *table, const struct tracked *process)
{
	const struct top_values values = {
		.pid = process->pid,
		.start = process->start,
		.user = process->usage.user,
		.system = process->usage.system,
		.faults = process->usage.minor_faults + process->usage.major_faults,
		.threads = process->threads,
		.exited = true,
	};

	top_table_put(table, &values, false);
}

static bool take_exits(struct registry *registry)
{
	struct usertime_record record;
	struct tracked *process;
	int there = 0;

	/* With it come the exits that are under way. */
	if (registry->exits && usertime_session_sample(registry->exits))
		return false;
	while (registry->exits && (there = usertime_session_next(registry->exits, &record)) > 0) {
		process = tracker_take(&registry->tracker, &record);
		if (process && process->exited)
			put_exit(registry->table, process);
	}
	return !there;
}

static int put(const struct usertime_registry_entry *entry, void *data)
{
	struct registry *registry = data;
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

	top_table_put(registry->table, &values, false);
	watch(registry, entry);
	return 0;
}

static bool look(struct top_source *source, struct top_table *table)
{
	struct registry *registry = (struct registry *)source;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	registry->table = table;
	if (usertime_registry_list(registry->proc, put, registry) || !take_exits(registry)) {
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
	usertime_session_close(registry->exits);
	tracker_free(&registry->tracker);
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
	/* Without a device it does without; so do tests. */
	if (!root)
		registry->exits = usertime_session_open(NULL);
	free(status);
	return &registry->source;
}
