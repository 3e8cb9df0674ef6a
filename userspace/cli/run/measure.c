// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/recording.h"
#include "cli/text.h"
#include "measure.h"

#define PROGRAM	"usertime run"
#define SECOND	1000000000

/* Between two samples of a recording, ns. */
#define RECORD_PERIOD	50000000

/*
 * So many records wake us: no more often than the command's own work would notice, and the smallest
 * ring has as many.
 */
#define WATERMARK	32

/* What is going on. */
struct run {
	struct measurement *measurement;
	struct run_result *result;
	struct usertime_session *session;
	struct tracker tracker;
	struct child child;
	int timer;		/* timerfd(2) of the intervals, -1 without */
	uint64_t began;
	struct recording *recording;	/* or NULL */
	uint64_t commit_due;
	bool recording_failed;
	bool ended;		/* the command has, ... */
	int wait_status;	/* ... and how */
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * (uint64_t)SECOND + time.tv_nsec;
}

bool measure_prepare(struct measurement *measurement)
{
	static const int signals[] = { SIGCHLD, SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
				       SIGUSR2 };
	sigset_t set;
	size_t i;

	/* A parent may have left it so that children vanish unseen. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, &measurement->mask))
		return false;
	/* Of a closed pipe the error is enough. */
	sigdelset(&set, SIGPIPE);
	measurement->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return measurement->signals >= 0;
}

/* A signal for the command; what a terminal sends has gone to it already. */
static void pass_on(const struct run *run, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo != SIGUSR1 && info->ssi_signo != SIGUSR2)
		run->measurement->interrupted = true;
	if (info->ssi_code != SI_KERNEL)
		kill(run->child.pid, info->ssi_signo);
}

/*
 * The recording. Where it fails, that is said, what was committed is kept, and the command goes on.
 */

static bool open_recording(struct run *run)
{
	char *command = recording_words(run->measurement->words);
	struct recording_options options = { .command = command, .period = RECORD_PERIOD };

	if (run->measurement->record) {
		run->recording = recording_append(run->measurement->record, &options);
		run->commit_due = now() + SECOND;
	}
	free(command);
	if (run->recording || !run->measurement->record)
		return true;
	fprintf(stderr, PROGRAM ": %s\n", recording_message());
	return false;
}

static void give_up_recording(struct run *run)
{
	fprintf(stderr, PROGRAM ": %s\n", recording_message());
	recording_close(run->recording);
	run->recording = NULL;
	run->recording_failed = true;
}

static void record(struct run *run, const struct usertime_record *record)
{
	if (run->recording && !recording_put(run->recording, record))
		give_up_recording(run);
}

static void commit(struct run *run)
{
	struct usertime_drops drops;

	if (!run->recording || now() < run->commit_due)
		return;
	usertime_session_drops(run->session, &drops);
	run->commit_due = now() + SECOND;
	if (!recording_commit(run->recording, &drops, now()))
		give_up_recording(run);
}

/* false: it is not complete. */
static bool end_recording(struct run *run)
{
	if (run->recording && !recording_end(run->recording, &run->result->drops, now()))
		give_up_recording(run);
	recording_close(run->recording);
	return !run->recording_failed;
}

static void take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->measurement->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			pass_on(run, &info);
	if (waitpid(run->child.pid, &run->wait_status, WNOHANG) == run->child.pid)
		run->ended = true;
}

static bool take_records(struct run *run)
{
	const struct usertime_record *records;
	ssize_t nr, i;

	while ((nr = usertime_session_peek(run->session, &records)) > 0) {
		for (i = 0; i < nr; i++) {
			tracker_take(&run->tracker, &records[i]);
			record(run, &records[i]);
		}
		if (usertime_session_consume(run->session, nr)) {
			nr = -1;
			break;
		}
	}
	commit(run);
	if (!nr)
		return true;
	fprintf(stderr, PROGRAM ": %s\n", usertime_message());
	return false;
}

/* What all have used now; exits that were lost are known only as a sum. */
static bool take_interval(struct run *run)
{
	struct run_result *result = run->result;
	struct run_interval interval;
	struct usertime_drops drops;

	if (usertime_session_sample(run->session)) {
		fprintf(stderr, PROGRAM ": %s\n", usertime_message());
		return false;
	}
	if (!take_records(run))
		return false;
	usertime_session_drops(run->session, &drops);
	interval = (struct run_interval){
		.time = now() - run->began,
		.user = run->tracker.usage.user + drops.exits_user,
		.system = run->tracker.usage.system + drops.exits_system,
		.processes = run->tracker.live,
	};
	result->intervals = grow(result->intervals, result->nr_intervals + 1, sizeof(interval));
	result->intervals[result->nr_intervals++] = interval;
	if (run->measurement->interval)
		run->measurement->interval(&interval, run->measurement->data);
	return true;
}

/* Until the command has ended. */
static bool watch(struct run *run)
{
	struct pollfd fds[] = {
		{ .fd = run->measurement->signals, .events = POLLIN },
		{ .fd = usertime_session_fd(run->session), .events = POLLIN },
		{ .fd = run->timer, .events = POLLIN },
	};
	uint64_t periods;

	while (!run->ended) {
		if (!take_records(run))
			return false;
		if (poll(fds, 3, run->recording ? 1000 : -1) < 0 && errno != EINTR)
			return false;
		/* No target is left, and the command will have ended in a moment. */
		if (fds[1].revents & POLLHUP)
			fds[1].fd = -1;
		if (fds[2].revents && read(run->timer, &periods, sizeof(periods)) > 0 &&
		    !take_interval(run))
			return false;
		take_signals(run);
	}
	return true;
}

static bool open_timer(struct run *run)
{
	run->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (run->timer < 0)
		fprintf(stderr, PROGRAM ": cannot measure in intervals: %s\n", strerror(errno));
	return run->timer >= 0;
}

static void start_timer(const struct run *run)
{
	uint64_t period = run->measurement->period;
	struct itimerspec spec = {
		.it_interval = { .tv_sec = period / SECOND, .tv_nsec = period % SECOND },
	};

	spec.it_value = spec.it_interval;
	timerfd_settime(run->timer, 0, &spec, NULL);
}

static void add_lost(struct run_result *result)
{
	struct tracked_command lost = {
		.name = LOST_COMMAND, .count = result->drops.exits,
		.usage = { .user = result->drops.exits_user,
			   .system = result->drops.exits_system },
	};

	result->commands = grow(result->commands, result->nr_commands + 1, sizeof(lost));
	result->commands[result->nr_commands++] = lost;
}

static void fill_result(struct run *run)
{
	const struct tracker *tracker = &run->tracker;
	struct run_result *result = run->result;
	uint64_t *figures = result->figures;

	result->status = child_status(run->wait_status);
	result->signal = WIFSIGNALED(run->wait_status) ? WTERMSIG(run->wait_status) : 0;
	figures[METRIC_USER] = tracker->usage.user + result->drops.exits_user;
	figures[METRIC_SYSTEM] = tracker->usage.system + result->drops.exits_system;
	figures[METRIC_CPU] = figures[METRIC_USER] + figures[METRIC_SYSTEM];
	figures[METRIC_MINOR_FAULTS] = tracker->usage.minor_faults;
	figures[METRIC_MAJOR_FAULTS] = tracker->usage.major_faults;
	figures[METRIC_PROCESSES] = tracker->count;
	figures[METRIC_PEAK] = tracker_peak(tracker);
	result->looks = tracker->looks;
	result->running = tracker->live;
	result->unseen = tracker->unseen;
	result->commands = tracker_commands(tracker, &result->nr_commands);
	if (result->drops.exits)
		add_lost(result);
}

/* The command has ended: what it and its descendants have used, those that still run included. */
static bool finish(struct run *run)
{
	uint64_t ended = now();

	run->result->figures[METRIC_WALL] = ended - run->began;
	if (usertime_session_sample(run->session)) {
		fprintf(stderr, PROGRAM ": %s\n", usertime_message());
		return false;
	}
	if (!take_records(run))
		return false;
	usertime_session_drops(run->session, &run->result->drops);
	if (run->result->drops.exits)
		tracker_forget(&run->tracker, ended);
	fill_result(run);
	return true;
}

/* From a command that waits to its end. Returns 0 or the exit status of a failure. */
static int run_child(struct run *run)
{
	char *const *words = run->measurement->words;
	int error;

	run->began = now();
	if (run->timer >= 0)
		start_timer(run);
	error = child_go(&run->child);
	if (error) {
		waitpid(run->child.pid, NULL, 0);
		fprintf(stderr, PROGRAM ": %s: %s\n", words[0], strerror(error));
		return child_error_status(error);
	}
	if (watch(run) && finish(run))
		return 0;
	/* Without us to look, it goes on. */
	return STATUS_OURS;
}

static int start_child(struct run *run)
{
	if (!child_start(&run->child, run->measurement->words, &run->measurement->mask)) {
		fprintf(stderr, PROGRAM ": cannot start a process: %s\n", strerror(errno));
		return STATUS_OURS;
	}
	if (!usertime_session_add(run->session, run->child.pid, NULL))
		return run_child(run);
	fprintf(stderr, PROGRAM ": %s\n", usertime_message());
	child_cancel(&run->child);
	return STATUS_OURS;
}

int measure(struct measurement *measurement, struct run_result *result)
{
	const struct usertime_session_options options = {
		.period = measurement->record ? RECORD_PERIOD : 0, .watermark = WATERMARK,
		.flags = USERTIME_SESSION_FOLLOW |
			 (measurement->precise ? USERTIME_SESSION_PRECISE : 0),
	};
	struct run run = { .measurement = measurement, .result = result, .timer = -1 };
	int status = STATUS_OURS;

	*result = (struct run_result){ .status = 0 };
	run.session = usertime_session_open(&options);
	if (!run.session)
		fprintf(stderr, PROGRAM ": %s\n", usertime_message());
	else if ((!measurement->period || open_timer(&run)) && open_recording(&run))
		status = start_child(&run);
	if (!end_recording(&run))
		status = STATUS_OURS;
	usertime_session_close(run.session);
	tracker_free(&run.tracker);
	if (run.timer >= 0)
		close(run.timer);
	return status;
}

void run_result_free(struct run_result *result)
{
	free(result->commands);
	free(result->intervals);
}
