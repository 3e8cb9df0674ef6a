// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder.h"

#define SECOND	UINT64_C(1000000000)

/* At most so many records between two looks at what else there is. */
#define BATCH	(1 << 17)

static uint64_t monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/*
 * Signals.
 */

static void reap(struct recorder *recorder)
{
	if (recorder->child && !recorder->child_ended &&
	    waitpid(recorder->child, &recorder->child_status, WNOHANG) == recorder->child)
		recorder->child_ended = true;
}

/* What a terminal sends, it sends to the command as well. */
static void pass_on(const struct recorder *recorder, const struct signalfd_siginfo *info)
{
	if (info->ssi_code != SI_KERNEL)
		kill(recorder->child, info->ssi_signo);
}

/* The first is the command's, if one runs, so that it can end as it likes; the next is meant. */
static void take_signals(struct recorder *recorder)
{
	struct signalfd_siginfo info;

	while (read(recorder->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap(recorder);
		} else if (recorder->child && !recorder->child_ended && !recorder->signal_passed) {
			recorder->signal_passed = true;
			pass_on(recorder, &info);
		} else {
			recorder->interrupted = true;
		}
	}
}

bool recorder_wait(struct recorder *recorder)
{
	struct pollfd poller = { .fd = recorder->signals, .events = POLLIN };

	reap(recorder);
	while (!recorder->child_ended && !recorder->interrupted) {
		poll(&poller, 1, -1);
		take_signals(recorder);
	}
	return recorder->child_ended;
}

/*
 * The progress line: on a terminal, on the line of the cursor.
 */

static void print_size(FILE *file, uint64_t bytes)
{
	static const char units[] = "BKMGTP";
	const char *unit = units;
	double size = bytes;

	while (size >= 1024 && unit[1]) {
		size /= 1024;
		unit++;
	}
	fprintf(file, *unit == 'B' ? "%.0f %c" : "%.1f %c", size, *unit);
}

static uint64_t lost(const struct usertime_drops *drops)
{
	return drops->samples + drops->exits + drops->events + drops->children;
}

static void show_progress(const struct recorder *recorder, uint64_t elapsed,
			  const struct usertime_drops *drops)
{
	struct recording_progress progress;

	if (!isatty(STDERR_FILENO))
		return;
	recording_progress(recorder->recording, &progress);
	fprintf(stderr, "\r\033[K%" PRIu64 ":%02u:%02u, %" PRIu64 " processes, %" PRIu64 " records, ",
		elapsed / SECOND / 3600, (unsigned int)(elapsed / SECOND / 60 % 60),
		(unsigned int)(elapsed / SECOND % 60), progress.processes, progress.records);
	print_size(stderr, progress.bytes);
	fprintf(stderr, ", %" PRIu64 " lost", lost(drops));
	fflush(stderr);
}

static void hide_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void report_drops(const struct recorder *recorder, const struct usertime_drops *drops)
{
	bool missed = drops->missed_periods && drops->missed_periods != USERTIME_UNKNOWN;

	if (missed)
		fprintf(stderr, "%s: %" PRIu64 " periods have no sample: record fewer processes or"
			" with a longer -I\n", recorder->program, drops->missed_periods);
	if (drops->samples)
		fprintf(stderr, "%s: %" PRIu64 " samples are lost, no totals: record fewer processes"
			" or with a longer -I\n", recorder->program, drops->samples);
	if (drops->exits)
		fprintf(stderr, "%s: the exits of %" PRIu64 " processes are lost, with %.6f s of CPU"
			" time since they were forked\n", recorder->program, drops->exits,
			(drops->exits_user + drops->exits_system) / 1e9);
	if (drops->events)
		fprintf(stderr, "%s: %" PRIu64 " forks and new names are lost\n",
			recorder->program, drops->events);
	if (drops->children)
		fprintf(stderr, "%s: %" PRIu64 " processes could not be followed: a limit was"
			" reached, see usertime(4)\n", recorder->program, drops->children);
}

/*
 * The loop.
 */

static bool fail(const struct recorder *recorder)
{
	hide_progress();
	fprintf(stderr, "%s: %s\n", recorder->program, recording_message());
	return false;
}

static bool drain(const struct recorder *recorder)
{
	const struct usertime_record *records;
	ssize_t nr, i, taken;

	for (taken = 0; taken < BATCH; taken += nr) {
		nr = usertime_session_peek(recorder->session, &records);
		if (nr < 0) {
			hide_progress();
			fprintf(stderr, "%s: %s\n", recorder->program, usertime_message());
			return false;
		}
		if (!nr)
			break;
		for (i = 0; i < nr; i++)
			if (!recording_put(recorder->recording, &records[i]))
				return fail(recorder);
		usertime_session_consume(recorder->session, nr);
	}
	return true;
}

/* What is known of a loop of recorder_run(). */
struct loop {
	uint64_t began;
	uint64_t second;		/* when the next thing of each second is due */
	struct usertime_drops drops;
	bool no_targets;		/* of now; more may come */
	bool failed;			/* it ends, cleanly, after a message */
	bool done;
};

static bool may_come(const struct recorder *recorder)
{
	return recorder->targets && targets_may_come(recorder->targets);
}

static void refresh(const struct recorder *recorder, struct loop *loop)
{
	struct targets_changes changes;

	if (!may_come(recorder))
		return;
	hide_progress();
	if (!targets_refresh(recorder->targets, recorder->session, &changes))
		loop->failed = loop->done = true;
	else if (changes.added)
		loop->no_targets = false;
}

static bool each_second(const struct recorder *recorder, struct loop *loop, uint64_t now)
{
	struct recording_progress progress;

	loop->second = now + SECOND;
	usertime_session_drops(recorder->session, &loop->drops);
	if (!recording_commit(recorder->recording, &loop->drops, now))
		return fail(recorder);
	recording_progress(recorder->recording, &progress);
	if (recorder->max_size && progress.bytes >= recorder->max_size) {
		hide_progress();
		fprintf(stderr, "%s: the recording has reached its --max-size\n",
			recorder->program);
		loop->done = true;
	}
	refresh(recorder, loop);
	show_progress(recorder, now - loop->began, &loop->drops);
	return true;
}

/* Until something is there, the next second or the end of the duration; in ms, rounded up. */
static int time_left(const struct recorder *recorder, const struct loop *loop)
{
	uint64_t now = monotonic_now(), until = loop->second;

	if (recorder->duration && loop->began + recorder->duration < until)
		until = loop->began + recorder->duration;
	return until <= now ? 0 : (until - now + 999999) / 1000000;
}

enum { SIGNALS, SESSION, TARGETS, NR_POLLED };

static bool turn(struct recorder *recorder, struct loop *loop)
{
	struct pollfd polled[NR_POLLED] = {
		[SIGNALS] = { .fd = recorder->signals, .events = POLLIN },
		/* Once no target is left it is ready for ever. */
		[SESSION] = { .fd = loop->no_targets ? -1 : usertime_session_fd(recorder->session),
			      .events = POLLIN },
		[TARGETS] = { .fd = may_come(recorder) ? targets_fd(recorder->targets) : -1,
			      .events = POLLIN },
	};
	uint64_t now;

	if (poll(polled, NR_POLLED, time_left(recorder, loop)) < 0 && errno != EINTR) {
		fprintf(stderr, "%s: poll: %s\n", recorder->program, strerror(errno));
		return false;
	}
	take_signals(recorder);
	if (!drain(recorder))
		return false;
	if (polled[SESSION].revents & POLLHUP) {
		loop->no_targets = true;
		if (!may_come(recorder))
			loop->done = true;
	}
	now = monotonic_now();
	if (recorder->duration && now - loop->began >= recorder->duration)
		loop->done = true;
	if (polled[TARGETS].revents)
		refresh(recorder, loop);
	if (recorder->interrupted)
		loop->done = true;
	return loop->done || now < loop->second || each_second(recorder, loop, now);
}

/* What targets have used until now, and all that is still there. */
static bool finish(const struct recorder *recorder, struct loop *loop)
{
	uint64_t now;

	if (!loop->no_targets)
		usertime_session_sample(recorder->session);
	if (!drain(recorder))
		return false;
	now = monotonic_now();
	usertime_session_drops(recorder->session, &loop->drops);
	if (!recording_end(recorder->recording, &loop->drops, now))
		return fail(recorder);
	/* The last one stays. */
	show_progress(recorder, now - loop->began, &loop->drops);
	if (isatty(STDERR_FILENO))
		putc('\n', stderr);
	return true;
}

bool recorder_run(struct recorder *recorder)
{
	struct loop loop = { .began = monotonic_now() };
	bool good = true;

	loop.second = loop.began + SECOND;
	while (good && !loop.done)
		good = turn(recorder, &loop);
	if (good)
		good = finish(recorder, &loop);
	report_drops(recorder, &loop.drops);
	return good && !loop.failed;
}
