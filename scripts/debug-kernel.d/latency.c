// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: latency sections|calls
 *
 * How long interrupts or preemption are off at most because of the module: with 10,000 targets, and with a
 * process in as many sessions as can be. In a guest that counts its time in instructions a nanosecond is
 * one of them. Two of the kernel's tracers tell, their own work included:
 *
 *   sections   preemptirqsoff: the longest such time of all, for what the module does in its own time.
 *              Kernels that are made to run have no such tracer
 *   calls      function_graph: the longest call of what the module is called for, or calls, with either
 *              off. For when processes come and go: then the kernel itself has them off for longer.
 *              Calls that were interrupted by others do not count
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
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

/* ---- calls ---- */

/* All that the module is called for where it may not sleep. */
static const char * const entries[] = {
	"urt_probe_exit", "urt_probe_fork", "urt_probe_exec", "urt_probe_switch", "urt_session_tick",
	"kick_work", "retry_work", "look", "look_here",
};

/* What it holds a raw spinlock in the longest. Where entries call it, tracing costs more than it does. */
static const char * const locked[] = {
	"urt_index_insert",
};

/* Where each interrupt begins and ends. */
static const char * const interrupts[] = { "irq_enter_rcu", "irq_exit_rcu" };

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

static void choose(int fd, const char * const *names, size_t n)
{
	while (n--)
		ASSERT(dprintf(fd, "%s\n", names[n]) > 0, "%s: errno %d", names[n], errno);
}

static void choose_calls(bool with_locked)
{
	int fd = open(TRACING "set_ftrace_filter", O_WRONLY | O_TRUNC | O_CLOEXEC);

	ASSERT(fd >= 0);
	choose(fd, entries, LENGTH(entries));
	choose(fd, interrupts, LENGTH(interrupts));
	if (with_locked)
		choose(fd, locked, LENGTH(locked));
	close(fd);
	trace_set("options/funcgraph-tail", "1");
	trace_set("options/sleep-time", "0");
	trace_set("buffer_size_kb", "32768");
}

/*
 * A call that is under way. Of interrupts that came meanwhile only the one that kicks the sessions'
 * workers is the module's, and of this not what is done at its end for others.
 */
static struct call {
	unsigned int interrupts, kicks;
	double others;
} calls[16];

static struct {
	unsigned int depth, n, interrupted;
	double took[1 << 16];
} graph;

static void begin_call(void)
{
	ASSERT(graph.depth < LENGTH(calls));
	calls[graph.depth++] = (struct call) { 0 };
}

static void end_call(const char *name, double us)
{
	struct call done = { 0 }, outer = { 0 }, *parent;

	if (graph.depth)
		done = calls[--graph.depth];
	parent = graph.depth ? &calls[graph.depth - 1] : &outer;
	if (!strcmp(name, "irq_enter_rcu")) {
		parent->interrupts++;
	} else if (!strcmp(name, "irq_exit_rcu")) {
		parent->others += us;
	} else if (done.interrupts > done.kicks) {
		graph.interrupted++;
	} else {
		parent->kicks += !strcmp(name, "kick_work");
		if (graph.n < LENGTH(graph.took))
			graph.took[graph.n++] = us - done.others;
	}
}

/*
 * A line is "CPU) FLAG DURATION us | NAME();" for a call that makes no other, else "CPU) | NAME() {" and
 * the same with } before the name.
 */
static void take_line(const char *line)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	const char *bar = strchr(line, '|'), *us = strstr(line, " us"), *number = us;
	char name[32];

	if (!bar)
		return;
	bar += strcspn(bar, letters);
	snprintf(name, sizeof(name), "%.*s", (int)strspn(bar, letters), bar);
	if (strchr(line, '{')) {
		begin_call();
		return;
	}
	if (!us)
		return;
	while (number > line && number[-1] != ' ')
		number--;
	if (!strchr(line, '}'))
		begin_call();
	end_call(name, strtod(number, NULL));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One in a thousand may have been interrupted where the tracer was not looking. */
static void end_calls(const char *what, unsigned int least)
{
	char *text, *line, *rest;
	double max;

	trace_set("tracing_on", "0");
	rest = text = read_file(TRACING "trace", NULL);
	memset(&graph, 0, sizeof(graph));
	while ((line = strsep(&rest, "\n")))
		take_line(line);
	free(text);
	trace_set("tracing_on", "1");
	ASSERT(graph.n >= least, "%u calls of %u", graph.n, least);
	qsort(graph.took, graph.n, sizeof(graph.took[0]), compare);
	max = graph.took[graph.n - 1 - graph.n / 1000];
	tap_note("%s: of %u calls, without %u that were interrupted, 999 in 1000 took %.3f us at most, %.3f all",
		 what, graph.n, graph.interrupted, max, graph.took[graph.n - 1]);
	EXPECT(max <= LIMIT_US);
}

/* ---- sections ---- */

static void end_sections(const char *what)
{
	long max = trace_max();

	tap_note("%s: %ld us", what, max);
	if (!EXPECT(max <= LIMIT_US))
		show_trace();
}

/*
 * At least so many calls, less those that are interrupted. The tracer stays: a task that it has traced
 * is not traced when it comes again.
 */
static void measure_calls(const char *what, unsigned int least, void (*work)(void))
{
	trace_set("current_tracer", "function_graph");
	trace_set("trace", "\n");
	work();
	end_calls(what, least * 9 / 10);
}

static void measure_sections(const char *what, void (*work)(void))
{
	trace_set("current_tracer", "preemptirqsoff");
	trace_set("tracing_max_latency", "0");
	work();
	end_sections(what);
	trace_set("current_tracer", "nop");
}

static void kill_crowd(void)
{
	int i;

	for (i = 0; i < CROWD; i++)
		kill(crowd[i], SIGKILL);
	for (i = 0; i < CROWD; i++)
		waitpid(crowd[i], NULL, 0);
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
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	kill_crowd();
	WAIT_FOR(counter("targets") == 0);
}

static void test_registry_sections(void)
{
	start_crowd();
	measure_sections("registering", register_crowd);
	measure_sections("refreshes", refresh_often);
	measure_sections("reads", read_files);
	end_crowd();
}

static void test_registry_calls(void)
{
	choose_calls(true);
	start_crowd();
	measure_calls("registering", CROWD, register_crowd);
	choose_calls(false);
	measure_calls("exits", 2 * CROWD, end_crowd);
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

static void test_session_sections(void)
{
	d = dev_start_mapped(0, 1 << 15, 0);
	start_crowd();
	add_crowd();
	measure_sections("samples", sample_often);
	dev_close(&d);
}

static void test_session_calls(void)
{
	choose_calls(true);
	d = dev_start_mapped(10 * MS, 1 << 15, 0);
	start_crowd();
	measure_calls("adding", CROWD, add_crowd);
	choose_calls(false);
	measure_calls("exits", 2 * CROWD, exit_all);
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
	measure_calls("forks, execs, exits", 3 * CHILDREN, burn_exec_and_exit);
	for (i = 0; i < sessions; i++)
		dev_close(&devs[i]);
}

static void test_one_session(void)
{
	choose_calls(false);
	fork_in(1);
}

static void test_all_sessions(void)
{
	choose_calls(false);
	fork_in(SESSIONS);
}

int main(int argc, char *argv[])
{
	if (argc && !strcmp(argv[0], "exits"))
		return 0;
	if (access(TRACING "trace", F_OK))
		mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (argc == 2 && !strcmp(argv[1], "sections")) {
		tap_add("sections: 10,000 registered processes", test_registry_sections);
		tap_add("sections: 10,000 targets of a session", test_session_sections);
	} else if (argc == 2 && !strcmp(argv[1], "calls")) {
		tap_add("calls: 10,000 registered processes", test_registry_calls);
		tap_add("calls: 10,000 targets of a session", test_session_calls);
		tap_add("calls: a process in a precise session that follows it", test_one_session);
		tap_add("calls: in as many such sessions as can be", test_all_sessions);
	} else {
		return 2;
	}
	return urt_main();
}
