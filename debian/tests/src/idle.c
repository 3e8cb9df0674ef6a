// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing registered: no timer, no refresh, and after a second no tracepoint probe, before the
 * first and after the last registration. The probes are counted by kprobe events, without the
 * module's help.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "urt.h"

#define TRACING "/sys/kernel/tracing/"
#define PAIRS 10000

static void trace_write(const char *path, int flags, const char *text, bool must)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	EXPECT(done || !must, "%s to %s: errno %d", text, path, errno);
	if (fd >= 0)
		close(fd);
}

static void stop_counting(void)
{
	trace_write(TRACING "events/urt_test/enable", 0, "0", false);
	trace_write(TRACING "kprobe_events", O_APPEND, "-:urt_test/urt_attach\n", false);
	trace_write(TRACING "kprobe_events", O_APPEND, "-:urt_test/urt_detach\n", false);
}

/* From here on each call of the two functions counts. */
static void count_calls(void)
{
	if (access(TRACING "kprobe_events", W_OK))
		ASSERT_EQ(mount("tracefs", TRACING, "tracefs", 0, NULL), 0);
	stop_counting();
	trace_write(TRACING "kprobe_events", O_APPEND,
		    "p:urt_test/urt_attach tracepoint_probe_register\n", true);
	trace_write(TRACING "kprobe_events", O_APPEND,
		    "p:urt_test/urt_detach tracepoint_probe_unregister\n", true);
	trace_write(TRACING "events/urt_test/enable", 0, "1", true);
}

static u64 calls(const char *event)
{
	char *text = read_file(TRACING "kprobe_profile", NULL), *line = strstr(text, event);
	u64 hits = 0, missed = 0;

	ASSERT(line && sscanf(line + strlen(event), "%llu %llu", &hits, &missed) == 2, "%s", text);
	EXPECT_EQ(missed, 0);
	free(text);
	return hits;
}

/* Probes attached since count_calls(). */
static long long attached(void)
{
	u64 detached = calls("urt_detach");

	return calls("urt_attach") - detached;
}

static bool timer_armed(void)
{
	char *text = read_file("/proc/timer_list", NULL);
	bool armed = strstr(text, "urt_session_tick");

	ASSERT(strstr(text, "tick_nohz") || strstr(text, "tick_sched"), "no timers at all?");
	free(text);
	return armed;
}

static void reload(void)
{
	ASSERT_EQ(module_unload(), 0);
	count_calls();
	ASSERT_EQ(module_load("period_ms=10"), 0);
}

/* Waits for the probes to go; then nothing stirs. */
static void check_idle(void)
{
	u64 refreshes;

	EXPECT(!timer_armed());
	WAIT_FOR(attached() == 0, "(%lld attached)", attached());
	refreshes = counter("refreshes");
	usleep(300000);
	EXPECT_EQ(counter("refreshes"), refreshes);
	EXPECT(!timer_armed());
	EXPECT_EQ(attached(), 0);
}

TEST(fresh, "a module just loaded has armed nothing and attached nothing")
{
	reload();
	EXPECT_EQ(calls("urt_attach"), 0);
	EXPECT_EQ(counter("probe_attaches"), 0);
	check_idle();
	EXPECT_EQ(counter("refreshes"), 0);
	EXPECT_EQ(calls("urt_attach"), 0);
}

TEST(rejected, "what is rejected arms and attaches nothing that stays")
{
	reload();
	EXPECT_EQ(urt_register(missing_pid()), -ESRCH);
	EXPECT_EQ(urt_register(2), -EINVAL);
	check_idle();
}

TEST(registered, "with something registered there are a timer and a probe, afterwards none")
{
	struct kid a = kid_sleeper(), b = kid_sleeper();

	reload();
	ASSERT_EQ(urt_register(a.pid), 0);
	EXPECT(attached() > 0, "%lld", attached());
	WAIT_FOR(timer_armed());
	wait_refreshes(2);
	ASSERT_EQ(urt_register(b.pid), 0);
	ASSERT_EQ(urt_unregister(a.pid), 0);
	WAIT_FOR(timer_armed());
	EXPECT(attached() > 0, "%lld", attached());
	ASSERT_EQ(urt_unregister(b.pid), 0);
	WAIT_FOR(!timer_armed());
	check_idle();
	ASSERT_EQ(urt_register(a.pid), 0);
	EXPECT(attached() > 0, "%lld: again", attached());
	ASSERT_EQ(urt_unregister(a.pid), 0);
	WAIT_FOR(!timer_armed());
	check_idle();
}

TEST(last_exit, "the same after the last one exits")
{
	struct kid k = kid_sleeper();

	reload();
	ASSERT_EQ(urt_register(k.pid), 0);
	wait_refreshes(2);
	kid_kill(&k);
	WAIT_FOR(counter("targets") == 0);
	WAIT_FOR(!timer_armed());
	check_idle();
}

TEST(pairs, "10,000 times R and U attach at most once a second")
{
	struct kid k = kid_sleeper();
	double start, seconds;
	unsigned int pairs = fewer(PAIRS), i;
	u64 each, times;

	reload();
	ASSERT_EQ(urt_register(k.pid), 0);
	each = calls("urt_attach");	/* functions attached each time */
	ASSERT_EQ(urt_unregister(k.pid), 0);
	ASSERT(each > 0);
	start = tap_now();
	for (i = 0; i < pairs; i++) {
		ASSERT_EQ(urt_register(k.pid), 0);
		ASSERT_EQ(urt_unregister(k.pid), 0);
	}
	times = calls("urt_attach") / each;
	seconds = tap_now() - start;
	tap_note("%llu times in %.1f s, %llu probes each", times, seconds, each);
	EXPECT(times <= seconds + 1 + 1, "%llu times in %.1f s", times, seconds);
	EXPECT_EQ(counter("probe_attaches"), times);
	EXPECT_EQ(counter("registered"), pairs + 1);
	check_idle();
}

int main(void)
{
	int status = urt_main();

	stop_counting();
	return status;
}
