// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long interrupts or preemption are off at most while the module is at work on 10,000 targets, and on
 * a process in as many sessions as can be. In a guest that counts its time in instructions a nanosecond is
 * one of them. Two of the kernel's tracers tell, their own work included:
 *
 *   preemptirqsoff, irqsoff   the longest such time of all; where processes exit the kernel itself has
 *                             preemption off for longer than the module ever does
 *   function_graph            the longest call of what the module is called for with either off:
 *                             tracepoints, timers and interrupts
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "crowd.h"
#include "dev.h"

#define LIMIT_US	20
#define TIMES		100	/* periods of each kind */
#define CHILDREN	50
#define SESSIONS	16	/* an ordinary user's, of one process */

#define TRACING		"/sys/kernel/tracing/"

static void trace_set(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ASSERT(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value),
	       "%s: errno %d", name, errno);
	close(fd);
}

static long trace_max(void)
{
	char *text = read_file(TRACING "tracing_max_latency", NULL);
	long max = strtol(text, NULL, 10);

	free(text);
	return max;
}

/* The longest section since: where it began and ended, and what the kernel was doing at its end. */
static void show_trace(void)
{
	char *text = read_file(TRACING "trace", NULL), *line, *rest = text;

	while ((line = strsep(&rest, "\n")))
		if (strstr(line, "=> ") || strstr(line, "latency:"))
			tap_note("%s", line);
	free(text);
}

static void end_section(const char *what, const char *tracer)
{
	long max = trace_max();

	tap_note("%s: %s %ld us", what, tracer, max);
	if (!EXPECT(max <= LIMIT_US))
		show_trace();
}

/* A line is "CPU) FLAG DURATION us | FUNCTION ..."; the flag marks long ones. */
static double duration(const char *line, char *name)
{
	const char *us = strstr(line, " us"), *bar = strchr(line, '|'), *number = us;

	if (!us || !bar || bar < us)
		return -1;
	while (number > line && number[-1] != ' ')
		number--;
	bar += strcspn(bar, "abcdefghijklmnopqrstuvwxyz");
	snprintf(name, 32, "%.*s", (int)strspn(bar, "abcdefghijklmnopqrstuvwxyz_"), bar);
	return strtod(number, NULL);
}

static void end_calls(const char *what)
{
	char *text = read_file(TRACING "trace", NULL), *line, *rest = text;
	char name[32], longest[32] = "none";
	unsigned int calls = 0;
	double max = 0, us;

	while ((line = strsep(&rest, "\n"))) {
		us = duration(line, name);
		calls += us >= 0;
		if (us <= max)
			continue;
		max = us;
		strcpy(longest, name);
	}
	free(text);
	tap_note("%s: of %u calls the longest was %s, %.3f us", what, calls, longest, max);
	EXPECT(calls > 0 && max <= LIMIT_US);
}

#define SECTIONS	"preemptirqsoff"
#define INTERRUPTS	"irqsoff"
#define CALLS		"function_graph"

/* What work() does. */
static void measure(const char *what, const char *tracer, void (*work)(void))
{
	trace_set("current_tracer", "nop");
	trace_set("current_tracer", tracer);
	if (strcmp(tracer, CALLS))
		trace_set("tracing_max_latency", "0");
	work();
	if (strcmp(tracer, CALLS)) {
		end_section(what, tracer);
	} else {
		trace_set("tracing_on", "0");
		end_calls(what);
		trace_set("tracing_on", "1");
	}
	trace_set("current_tracer", "nop");
}

/* All that the module is called for where it may not sleep. */
static void choose_calls(void)
{
	static const char * const calls[] = {
		"urt_probe_*", "urt_session_tick", "kick_work", "retry_work", "look", "look_here",
	};
	size_t i;
	int fd = open(TRACING "set_ftrace_filter", O_WRONLY | O_TRUNC | O_CLOEXEC);

	ASSERT(fd >= 0);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		ASSERT(dprintf(fd, "%s\n", calls[i]) > 0, "%s: errno %d", calls[i], errno);
	close(fd);
	trace_set("options/funcgraph-tail", "1");
	trace_set("buffer_size_kb", "16384");
}

static void kill_crowd(void)
{
	int i;

	for (i = 0; i < CROWD; i++)
		kill(crowd[i], SIGKILL);
	for (i = 0; i < CROWD; i++)
		waitpid(crowd[i], NULL, 0);
}

static void wait_a_second(void) { sleep(1); }

TEST(nothing, "with nothing registered: what the kernel itself takes")
{
	measure("nothing", SECTIONS, wait_a_second);
}

static void register_crowd(void) { command_crowd(""); }

static void refresh_often(void)
{
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	wait_refreshes(TIMES);
}

static void read_file_whole(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ASSERT(fd >= 0);
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void read_files(void)
{
	read_file_whole(USERTIME_STATUS_PATH);
	read_file_whole(USERTIME_DETAIL_PATH);
}

static void end_crowd(void)
{
	kill_crowd();
	WAIT_FOR(counter("targets") == 0);
}

TEST(registry, "10,000 registered processes: registered, refreshed, read, exiting at once")
{
	choose_calls();
	start_crowd();
	measure("registering", SECTIONS, register_crowd);
	measure("refreshes", SECTIONS, refresh_often);
	measure("reads", SECTIONS, read_files);
	measure("exits", INTERRUPTS, end_crowd);
	start_crowd();
	register_crowd();
	measure("exits", CALLS, end_crowd);
}

static struct dev d;

static void take_all(void)
{
	struct usertime_record r;

	while (dev_next(&d, &r))
		;
}

static void add_crowd(void)
{
	int i;

	for (i = 0; i < CROWD; i++) {
		ASSERT_EQ(dev_add(d.fd, crowd[i], NULL), 0);
		take_all();
	}
}

static void sample_often(void)
{
	int i;

	for (i = 0; i < TIMES; i++) {
		ASSERT_EQ(dev_sample(d.fd), 0);
		take_all();
	}
}

static void close_all(void)
{
	dev_close(&d);
	WAIT_FOR(counter("sessions") == 0);
}

static void exit_all(void)
{
	struct usertime_record r;
	int exits = 0;

	kill_crowd();
	while (exits < CROWD) {
		WAIT_FOR(dev_next(&d, &r), "after %d exits", exits);
		exits += r.type == USERTIME_RECORD_EXIT;
	}
}

TEST(sampling, "10,000 targets of a session: added, sampled, closed with all of them, exiting at once")
{
	choose_calls();
	d = dev_start_mapped(0, 1 << 15, 0);
	start_crowd();
	measure("adding", SECTIONS, add_crowd);
	measure("samples", SECTIONS, sample_often);
	measure("closing", SECTIONS, close_all);
	d = dev_start_mapped(1 * MS, 1 << 15, 0);
	add_crowd();
	measure("exits", CALLS, exit_all);
	dev_close(&d);
}

static void burn_exec_and_exit(void)
{
	char *argv[] = { (char *)"exits", NULL };
	pid_t pid;
	int i;

	for (i = 0; i < CHILDREN; i++) {
		pid = fork();
		if (!pid) {
			burn_user(1);
			execv("/proc/self/exe", argv);
			_exit(1);
		}
		ASSERT(pid > 0);
		waitpid(pid, NULL, 0);
	}
}

static void fork_in(unsigned int sessions)
{
	static struct dev devs[SESSIONS];
	unsigned int i;

	for (i = 0; i < sessions; i++) {
		devs[i] = dev_start_mapped(0, 64, USERTIME_SETUP_FOLLOW | USERTIME_SETUP_PRECISE);
		ASSERT_EQ(dev_add(devs[i].fd, getpid(), NULL), 0);
	}
	measure("forks", INTERRUPTS, burn_exec_and_exit);
	measure("forks", CALLS, burn_exec_and_exit);
	for (i = 0; i < sessions; i++)
		dev_close(&devs[i]);
}

TEST(one_session, "a process in a precise session that follows it: forks, execs, exits")
{
	choose_calls();
	fork_in(1);
}

TEST(sessions, "in as many sessions as an ordinary user's can be")
{
	choose_calls();
	fork_in(SESSIONS);
}

int main(int argc, char *argv[])
{
	if (argc && !strcmp(argv[0], "exits"))
		return 0;
	return urt_main();
}
