// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long interrupts or preemption are off at most while the module is at work on 10,000 targets, as
 * the kernel's preemptirqsoff tracer measures it, its own work included. In a guest that counts its time
 * in instructions a nanosecond is one of them.
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
#define CHILDREN	500

static void trace_set(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ASSERT(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value),
	       "%s: errno %d", name, errno);
	close(fd);
}

static long trace_max(void)
{
	char *text = read_file("/sys/kernel/tracing/tracing_max_latency", NULL);
	long max = strtol(text, NULL, 10);

	free(text);
	return max;
}

/* The longest section since: where it began and ended, and what the kernel was doing at its end. */
static void show_trace(void)
{
	char *text = read_file("/sys/kernel/tracing/trace", NULL), *line, *rest = text;

	while ((line = strsep(&rest, "\n")))
		if (strstr(line, "=> ") || strstr(line, "latency:"))
			tap_note("%s", line);
	free(text);
}

static void begin(void)
{
	trace_set("current_tracer", "nop");
	trace_set("current_tracer", "preemptirqsoff");
	trace_set("tracing_max_latency", "0");
}

static void end(const char *what)
{
	long max = trace_max();

	tap_note("%s: %ld us", what, max);
	if (!EXPECT(max <= LIMIT_US))
		show_trace();
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

TEST(nothing, "with nothing registered: what the kernel itself takes")
{
	begin();
	sleep(1);
	end("nothing");
}

TEST(registry, "10,000 registered processes: registered, refreshed, read, exiting at once")
{
	size_t len;

	start_crowd();
	begin();
	command_crowd("");
	end("registering");
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	begin();
	wait_refreshes(TIMES);
	end("refreshes");
	begin();
	free(read_file(USERTIME_STATUS_PATH, &len));
	free(read_file(USERTIME_DETAIL_PATH, &len));
	end("reads");
	begin();
	kill_crowd();
	WAIT_FOR(counter("targets") == 0);
	end("exits");
}

static void add_crowd(const struct dev *d)
{
	int i;

	for (i = 0; i < CROWD; i++)
		ASSERT_EQ(dev_add(d->fd, crowd[i], NULL), 0);
}

TEST(sampling, "10,000 targets of a session: added, sampled, closed with all of them")
{
	struct dev d = dev_start_mapped(0, 1 << 15, 0);
	struct usertime_record r;
	int i;

	start_crowd();
	begin();
	add_crowd(&d);
	end("adding");
	begin();
	for (i = 0; i < TIMES; i++) {
		ASSERT_EQ(dev_sample(d.fd), 0);
		while (dev_next(&d, &r))
			;
	}
	end("samples");
	begin();
	dev_close(&d);
	WAIT_FOR(counter("sessions") == 0);
	end("closing");
}

TEST(exits, "10,000 targets of a session exit at once")
{
	struct dev d = dev_start_mapped(0, 1 << 15, 0);
	struct usertime_record r;
	int exits = 0;

	start_crowd();
	add_crowd(&d);
	begin();
	kill_crowd();
	while (exits < CROWD) {
		WAIT_FOR(dev_next(&d, &r), "after %d exits", exits);
		exits += r.type == USERTIME_RECORD_EXIT;
	}
	end("exits");
	dev_close(&d);
}

TEST(following, "forks that are followed")
{
	struct dev d = dev_start_mapped(1 * MS, 1 << 12, USERTIME_SETUP_FOLLOW);
	int i;

	ASSERT_EQ(dev_add(d.fd, getpid(), NULL), 0);
	begin();
	for (i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		ASSERT(pid > 0);
		waitpid(pid, NULL, 0);
	}
	end("forks");
	dev_close(&d);
}

#define SESSIONS	32

/* Of an ordinary user's, at the limit of sessions of one process. */
static void alice_forks(struct kid *parent, pid_t other)
{
	static struct dev d[SESSIONS];
	int i;

	(void)parent;
	(void)other;
	for (i = 0; i < SESSIONS; i++) {
		d[i] = dev_start_mapped(0, 1 << 12, USERTIME_SETUP_FOLLOW | USERTIME_SETUP_PRECISE);
		ASSERT_EQ(dev_add(d[i].fd, getpid(), NULL), 0);
	}
	for (i = 0; i < CHILDREN / 10; i++) {
		pid_t pid = fork();

		if (!pid) {
			burn_user(1);
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		ASSERT(pid > 0);
		waitpid(pid, NULL, 0);
	}
}

TEST(sessions, "a process in 32 sessions, precise and followed: forks, execs, exits")
{
	begin();
	let_alice(alice_forks, 0);
	end("32 sessions");
}

int main(void)
{
	return urt_main();
}
