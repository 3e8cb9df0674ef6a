// SPDX-License-Identifier: GPL-2.0-only
/* usertime export: what processes use, by command and unit, for Prometheus to collect. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clocks.h"
#include "comm.h"
#include "command.h"
#include "export/exposition.h"
#include "export/metrics.h"
#include "export/notify.h"
#include "export/replace.h"
#include "targets.h"
#include "text.h"
#include "words.h"

#define PROGRAM "usertime export"

#define SECOND		1000000000ULL
#define INTERVAL	(15 * SECOND)
#define INTERVAL_MIN	(SECOND / 10)

/* An exited process has its own series until every Prometheus has seen it: they ask each minute or so. */
#define KEEP_EXITED	(300 * SECOND)

/* After a look for new processes that failed, the next one waits: each says why. */
#define PAUSE_FAILED	(60 * SECOND)

#define GROUPS		1000
#define RING		16384
#define OUTPUT		"/var/lib/prometheus/node-exporter/usertime.prom"

enum { OPT_OPENMETRICS = 256, OPT_PER_PID, OPT_ONCE, OPT_MAX_GROUPS };

struct exporter {
	struct targets targets;
	uint64_t interval;
	const char *output;
	bool once;
	unsigned int max_groups;
	const char *root;
	struct usertime_session *session;
	struct exposition exposition;
	bool idle;			/* the session has no targets */
	bool failing;			/* the last time it could not be written */
};

static const struct argp_option options[] = {
	{ "interval", 'I', "INTERVAL", 0, "Time between two writes (15s)", 1 },
	{ "output", 'o', "FILE", 0, "Write to FILE (" OUTPUT "); - is standard output, with --once", 1 },
	{ "once", OPT_ONCE, NULL, 0,
	  "Write what the processes have used in their whole life, once, to standard output", 1 },
	{ "openmetrics", OPT_OPENMETRICS, NULL, 0, "OpenMetrics instead of Prometheus's text format", 1 },
	{ "per-pid", OPT_PER_PID, NULL, 0, "Series of each process besides", 1 },
	{ "max-groups", OPT_MAX_GROUPS, "N", 0,
	  "At most N pairs of command and unit, and \"other\" for the rest (1000)", 1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void check_request(struct exporter *exporter, const struct argp_state *state)
{
	if (!targets_named(&exporter->targets))
		argp_error(state, "name what to export with -p, -C, -u or --unit");
	if (!exporter->output)
		exporter->output = exporter->once ? "-" : OUTPUT;
	else if (!strcmp(exporter->output, "-") && !exporter->once)
		argp_error(state, "-o -: only with --once");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct exporter *exporter = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &exporter->targets;
		break;
	case 'I':
		exporter->interval = word_duration(arg, state);
		if (exporter->interval < INTERVAL_MIN)
			argp_error(state, "%s: must be 100ms or more", arg);
		break;
	case 'o':
		exporter->output = arg;
		break;
	case OPT_ONCE:
		exporter->once = true;
		break;
	case OPT_OPENMETRICS:
		exporter->exposition.openmetrics = true;
		break;
	case OPT_PER_PID:
		exporter->exposition.per_pid = true;
		break;
	case OPT_MAX_GROUPS:
		exporter->max_groups = word_count(arg, state);
		break;
	case ARGP_KEY_END:
		check_request(exporter, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &targets_options, 0, "Processes, with all that descend from them:", 0 },
	{ &usertime_help_options, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = "Export what processes use, by command and unit, as a file for the textfile collector of"
	       " Prometheus's node exporter, until it is told to end."
	       "\vExamples:\n"
	       "  usertime export --unit nginx.service --unit postgresql.service\n"
	       "  usertime export -C make -I 5s -o /run/metrics/build.prom\n"
	       "  usertime export -p 4711 --once\n\n"
	       "Sums only grow, as processes that have exited stay in them, and begin at 0 at each start."
	       " usertime-export.service runs this.\n\n"
	       "Exit status: 0 ended by SIGINT or SIGTERM, 1 failed, 2 usage.",
	.children = children,
};

static bool read_command(void *data, pid_t pid, char name[16])
{
	const struct exporter *exporter = data;

	return comm_read(exporter->root, pid, name);
}

static const char *read_unit(void *data, pid_t pid)
{
	const struct exporter *exporter = data;

	return targets_unit(&exporter->targets, pid);
}

static bool is_gone(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

static bool failed(void)
{
	fprintf(stderr, PROGRAM ": %s\n", usertime_message());
	return false;
}

/* Takes all records there are. */
static bool drain(struct exporter *exporter)
{
	const struct usertime_record *records;
	ssize_t nr, i;

	while ((nr = usertime_session_peek(exporter->session, &records)) > 0) {
		for (i = 0; i < nr; i++)
			metrics_take(exporter->exposition.metrics, &records[i]);
		usertime_session_consume(exporter->session, nr);
	}
	return nr < 0 ? failed() : true;
}

/* Looks whether there are new processes; false after a message. */
static bool look(struct exporter *exporter, bool first)
{
	struct exposition *exposition = &exporter->exposition;
	struct targets_changes changes = { 0, 0 };
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	bool looked;

	metrics_look(exposition->metrics, clock_ns(CLOCK_BOOTTIME));
	looked = first ? targets_attach(&exporter->targets, exporter->session, exporter->root, &changes) :
			 targets_refresh(&exporter->targets, exporter->session, &changes);
	if (!looked)
		return false;
	if (changes.added)
		exporter->idle = false;
	exposition->refused = changes.refused;
	usertime_session_drops(exporter->session, &exposition->drops);
	if (exposition->drops.exits)
		metrics_forget_gone(exposition->metrics, now, is_gone);
	metrics_expire(exposition->metrics, now);
	return true;
}

static uint64_t nanoseconds(const struct timeval *time)
{
	return time->tv_sec * SECOND + time->tv_usec * 1000;
}

static void print(FILE *file, const void *data)
{
	exposition_print(file, data);
}

static bool write_output(struct exporter *exporter)
{
	/* Errors of standard output are told at the end of the program. */
	if (strcmp(exporter->output, "-"))
		return replace_file(exporter->output, print, &exporter->exposition);
	exposition_print(stdout, &exporter->exposition);
	return true;
}

/* A disk that is full now may not be later: it is said once. */
static bool write_metrics(struct exporter *exporter)
{
	bool written = write_output(exporter);

	if (!written) {
		exporter->exposition.failures++;
		if (!exporter->failing)
			fprintf(stderr, PROGRAM ": %s: %s\n", exporter->output, strerror(errno));
	} else if (exporter->failing) {
		fprintf(stderr, PROGRAM ": %s: is written again\n", exporter->output);
	}
	exporter->failing = !written;
	return written;
}

/* All that is there now; false after a message if the session has failed. */
static bool measure(struct exporter *exporter)
{
	struct exposition *exposition = &exporter->exposition;
	struct rusage usage;

	if (usertime_session_sample(exporter->session))
		return failed();
	getrusage(RUSAGE_SELF, &usage);
	exposition->user = nanoseconds(&usage.ru_utime);
	exposition->system = nanoseconds(&usage.ru_stime);
	usertime_session_drops(exporter->session, &exposition->drops);
	return drain(exporter);
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* They come only while wait_until() waits, which cannot miss them so, and here. */
static bool is_stopped(const sigset_t *unblocked)
{
	sigset_t blocked;

	/* ppoll() that finds something ready lets none in. */
	sigprocmask(SIG_SETMASK, unblocked, &blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	return stopped;
}

static void catch_signals(sigset_t *unblocked)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, unblocked);
	sigdelset(unblocked, SIGINT);
	sigdelset(unblocked, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Until then, a signal, or records or units that want to be looked at; units do if it is true. */
static bool wait_until(struct exporter *exporter, uint64_t time, const sigset_t *unblocked)
{
	/* Without targets the session hangs up, each time. */
	struct pollfd fds[] = {
		{ .fd = exporter->idle ? -1 : usertime_session_fd(exporter->session), .events = POLLIN },
		{ .fd = targets_fd(&exporter->targets), .events = POLLIN },
	};
	uint64_t now = clock_ns(CLOCK_MONOTONIC), left = time > now ? time - now : 0;
	struct timespec timeout = { .tv_sec = left / SECOND, .tv_nsec = left % SECOND };

	if (ppoll(fds, 2, &timeout, unblocked) <= 0)
		return false;
	exporter->idle |= fds[0].revents & POLLHUP;
	return fds[1].revents;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A time in steps from the beginning on; those that are past, as the machine slept, are left out. */
static uint64_t next_time(uint64_t time, uint64_t step, uint64_t now)
{
	return time + ((now - time) / step + 1) * step;
}

/* A limit that is reached is no reason to give up what is known. */
static bool look_again(struct exporter *exporter)
{
	bool looked = look(exporter, false);

	exporter->exposition.look_failures += !looked;
	return looked;
}

static int follow(struct exporter *exporter, const sigset_t *unblocked)
{
	uint64_t pause = earlier(exporter->interval, SECOND), now = clock_ns(CLOCK_MONOTONIC);
	uint64_t next_look = now + pause, next_write = now + exporter->interval;
	bool changed;

	while (!is_stopped(unblocked)) {
		changed = wait_until(exporter, earlier(next_look, next_write), unblocked);
		now = clock_ns(CLOCK_MONOTONIC);
		if (changed || now >= next_look)
			next_look = now + (look_again(exporter) ? pause : PAUSE_FAILED);
		if (!drain(exporter))
			return STATUS_FAILED;
		if (now >= next_write) {
			if (!measure(exporter))
				return STATUS_FAILED;
			write_metrics(exporter);
			next_write = next_time(next_write, exporter->interval, now);
		}
	}
	return STATUS_DONE;
}

static bool open_session(struct exporter *exporter)
{
	struct usertime_session_options settings = {
		/* What is used between a sample and an exec counts as the new program's. */
		.period = exporter->once ? 0 : earlier(exporter->interval, SECOND),
		.ring = RING,
		.watermark = RING / 4,
		.flags = USERTIME_SESSION_FOLLOW,
	};

	exporter->session = usertime_session_open(&settings);
	return exporter->session || failed();
}

static int export(struct exporter *exporter)
{
	sigset_t unblocked;
	int status;

	catch_signals(&unblocked);
	if (!open_session(exporter) || !look(exporter, true) || !measure(exporter) ||
	    !write_metrics(exporter))
		return STATUS_FAILED;
	if (exporter->once)
		return STATUS_DONE;
	notify("READY=1");
	status = follow(exporter, &unblocked);
	/* What stayed there would be taken for what is now. */
	unlink(exporter->output);
	return status;
}

int usertime_export(int argc, char **argv, const char *root)
{
	struct exporter exporter = {
		/* Children that live shorter than any look are what this is for. */
		.targets.follow = true,
		.interval = INTERVAL,
		.max_groups = GROUPS,
		.root = root,
	};
	struct metrics_options counting = {
		.command = read_command, .unit = read_unit, .data = &exporter
	};
	int status;

	argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &exporter);
	counting.max_groups = exporter.max_groups;
	counting.whole = exporter.once;
	counting.keep = exporter.exposition.per_pid ? KEEP_EXITED : 0;
	exporter.exposition.metrics = metrics_new(&counting);
	status = export(&exporter);

	usertime_session_close(exporter.session);
	metrics_free(exporter.exposition.metrics);
	targets_free(&exporter.targets);
	return status;
}
