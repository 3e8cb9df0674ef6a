// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cli/clocks.h"
#include "cli/comm.h"
#include "cli/text.h"
#include "cli/tracker.h"
#include "source.h"

#define INTERVAL 1000000000ULL

struct session {
	struct top_source source;	/* first */
	struct targets *targets;
	struct usertime_session *session;
	struct tracker tracker;
	const char *root;
	char *note;
	uint64_t last;			/* look, CLOCK_MONOTONIC */
};

static bool failed(void)
{
	fprintf(stderr, TOP_PROGRAM ": %s\n", usertime_message());
	return false;
}

/* One that was there before has a name that no record brings. */
static void find_name(struct session *session, struct tracked *process)
{
	char name[COMM_SIZE];

	if (!strcmp(process->name, TRACKED_UNKNOWN) && comm_read(session->root, process->pid, name))
		tracked_set_name(process, name);
}

static void put(struct top_table *table, const struct tracked *process)
{
	char *command = text_printable(process->name);
	const struct top_values values = {
		.pid = process->pid,
		.start = process->start,
		.command = command,
		.user = process->usage.user,
		.system = process->usage.system,
		.faults = process->usage.minor_faults + process->usage.major_faults,
		.threads = process->threads,
		.state = '-',
		.exited = process->exited,
	};

	top_table_put(table, &values, process->parent_pid);
	free(command);
}

static bool take(struct top_source *source, struct top_table *table)
{
	struct session *session = (struct session *)source;
	struct usertime_record record;
	struct tracked *process;
	int there;

	while ((there = usertime_session_next(session->session, &record)) > 0) {
		process = tracker_take(&session->tracker, &record);
		if (process) {
			find_name(session, process);
			put(table, process);
		}
	}
	return there < 0 ? failed() : true;
}

static void note_drops(struct session *session)
{
	struct usertime_drops drops;

	usertime_session_drops(session->session, &drops);
	free(session->note);
	session->note = NULL;
	if (drops.exits || drops.events || drops.children)
		session->note = text("lost: %ju exits, %ju forks and execs, %ju children",
				     (uintmax_t)drops.exits, (uintmax_t)drops.events,
				     (uintmax_t)drops.children);
	session->source.note = session->note ? session->note : "";
}

/* Without targets the session hangs up for ever: there is nothing to wait for then. */
static void find_end(struct session *session)
{
	struct top_source *source = &session->source;

	source->fd = session->tracker.live ? usertime_session_fd(session->session) : -1;
	source->ended = !session->tracker.live && !targets_may_come(session->targets);
}

static bool show(struct session *session, struct top_table *table)
{
	uint64_t now;

	if (usertime_session_sample(session->session))
		return failed();
	if (!take(&session->source, table))
		return false;
	now = clock_ns(CLOCK_MONOTONIC);
	top_table_look(table, session->last ? now - session->last : 0, false);
	session->last = now;
	session->source.time = clock_ns(CLOCK_REALTIME);
	note_drops(session);
	find_end(session);
	return true;
}

static bool look(struct top_source *source, struct top_table *table)
{
	struct session *session = (struct session *)source;
	struct targets_changes changes = { 0, 0 };

	return targets_refresh(session->targets, session->session, &changes) && show(session, table);
}

static void end(struct top_source *source)
{
	struct session *session = (struct session *)source;

	usertime_session_close(session->session);
	tracker_free(&session->tracker);
	free(session->note);
	free(session);
}

struct top_source *top_session(struct targets *targets, const char *root, uint64_t interval)
{
	/* Samples are taken at each look: no others are wanted. */
	const struct usertime_session_options options = {
		.watermark = 1024, .flags = targets_flags(targets)
	};
	struct session *session = grow(NULL, 1, sizeof(*session));
	struct targets_changes changes = { 0, 0 };

	*session = (struct session){
		.source = {
			.take = take, .look = look, .close = end, .fd = -1, .events = POLLIN,
			.interval = interval ? interval : INTERVAL, .name = "session", .note = "",
		},
		.targets = targets,
		.root = root,
		.session = usertime_session_open(&options),
	};
	if (!session->session)
		failed();
	else if (targets_attach(targets, session->session, root, &changes))
		return &session->source;
	end(&session->source);
	return NULL;
}
