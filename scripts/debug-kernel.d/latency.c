// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long interrupts or preemption are off at most because of the module: with 10,000 targets, and with a
 * process in as many sessions as can be. In a guest that counts its time in instructions a nanosecond is
 * one of them. Two of the kernel's tracers tell, their own work included:
 *
 *   preemptirqsoff   the longest such time of all, for what the module does in its own time
 *   function_graph   the longest call of what the module is called for, or calls, with either off: where
 *                    processes come and go the kernel itself has them off for longer. Interrupts that
 *                    come meanwhile are not counted, but for what they call of the module
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

/* ---- calls ---- */

/* All that the module is called for where it may not sleep, and all that it holds a raw spinlock in. */
static const char * const ours[] = {
	"urt_probe_exit", "urt_probe_fork", "urt_probe_exec", "urt_probe_switch", "urt_session_tick",
	"kick_work", "retry_work", "look", "look_here", "urt_index_insert", "urt_index_remove",
	"get_spare", "put_spare",
};

/* What an interrupt is made of, that can be traced. */
static const char * const interrupts[] = {
	"irq_enter_rcu", "irq_exit_rcu", "hrtimer_interrupt",
};

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))

static void choose_calls(void)
{
	int fd = open(TRACING "set_ftrace_filter", O_WRONLY | O_TRUNC | O_CLOEXEC);
	size_t i;

	ASSERT(fd >= 0);
	/* Not all kernels, nor all compilers, have each as a function of its own. */
	for (i = 0; i < LENGTH(ours); i++)
		EXPECT(dprintf(fd, "%s\n", ours[i]) > 0 || i > 3, "%s: errno %d", ours[i], errno);
	for (i = 0; i < LENGTH(interrupts); i++)
		ASSERT(dprintf(fd, "%s\n", interrupts[i]) > 0, "%s: errno %d", interrupts[i], errno);
	close(fd);
	trace_set("options/funcgraph-tail", "1");
	trace_set("buffer_size_kb", "32768");
}

static bool is_ours(const char *name)
{
	size_t i;

	for (i = 0; i < LENGTH(ours); i++)
		if (!strcmp(name, ours[i]))
			return true;
	return false;
}

/* A call that is under way: what of its time is not the module's. */
static struct call {
	bool ours;
	double others;
} calls[16];

static struct {
	unsigned int depth, n;
	double max;
	char longest[32];
} graph;

static void begin_call(const char *name)
{
	ASSERT(graph.depth < LENGTH(calls));
	calls[graph.depth++] = (struct call) { .ours = is_ours(name) };
}

/* Of an interrupt what is not the module's does not count for the call that it interrupts. */
static void end_call(const char *name, double us)
{
	struct call *call = graph.depth ? &calls[--graph.depth] : NULL;
	double others = !call ? 0 : call->ours ? call->others : us;

	if (graph.depth)
		calls[graph.depth - 1].others += others;
	if (!call || !call->ours)
		return;
	graph.n++;
	if (us - others <= graph.max)
		return;
	graph.max = us - others;
	snprintf(graph.longest, sizeof(graph.longest), "%s", name);
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
		begin_call(name);
		return;
	}
	if (!us)
		return;
	while (number > line && number[-1] != ' ')
		number--;
	if (!strchr(line, '}'))
		begin_call(name);
	end_call(name, strtod(number, NULL));
}

static void end_calls(const char *what)
{
	char *text, *line, *rest;

	trace_set("tracing_on", "0");
	rest = text = read_file(TRACING "trace", NULL);
	memset(&graph, 0, sizeof(graph));
	while ((line = strsep(&rest, "\n")))
		take_line(line);
	free(text);
	trace_set("tracing_on", "1");
	tap_note("%s: of %u calls the longest is %s, %.3f us", what, graph.n, graph.longest, graph.max);
	EXPECT(graph.n > 0 && graph.max <= LIMIT_US);
}

/* ---- sections ---- */

static void end_sections(const char *what)
{
	long max = trace_max();

	tap_note("%s: %ld us", what, max);
	if (!EXPECT(max <= LIMIT_US))
		show_trace();
}

static void measure_calls(const char *what, void (*work)(void))
{
	trace_set("current_tracer", "function_graph");
	work();
	end_calls(what);
	trace_set("current_tracer", "nop");
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
	kill_crowd();
	WAIT_FOR(counter("targets") == 0);
}

TEST(registry, "10,000 registered processes: registered, refreshed, read, exiting at once")
{
	choose_calls();
	start_crowd();
	measure_sections("registering", register_crowd);
	measure_sections("refreshes", refresh_often);
	measure_sections("reads", read_files);
	measure_calls("exits", end_crowd);
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
	measure_calls("adding", add_crowd);
	measure_sections("samples", sample_often);
	measure_calls("closing", close_all);
	d = dev_start_mapped(10 * MS, 1 << 15, 0);
	add_crowd();
	measure_calls("exits", exit_all);
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
	measure_calls("forks, execs, exits", burn_exec_and_exit);
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
