// SPDX-License-Identifier: GPL-2.0-only
/* Values never go backwards, whatever the threads of a process do, and refreshes can be awaited. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "urt.h"

#define READS 200
#define AT_ONCE 8

static void *short_life(void *arg)
{
	burn_thread((long)arg % 7);
	return NULL;
}

/* Threads all the time: each ends after 0 to 6 ms and is replaced. */
static void thread_maker(struct kid *parent, void *arg)
{
	pthread_t thread[AT_ONCE];
	long i;

	(void)parent;
	(void)arg;
	for (i = 0;; i++) {
		if (i >= AT_ONCE)
			pthread_join(thread[i % AT_ONCE], NULL);
		ASSERT_EQ(pthread_create(&thread[i % AT_ONCE], NULL, short_life, (void *)i), 0);
	}
}

static void steady(struct kid *parent, void *arg)
{
	pthread_t thread;

	(void)parent;
	(void)arg;
	ASSERT_EQ(pthread_create(&thread, NULL, (void *(*)(void *))(void (*)(void))burn_forever,
				 NULL), 0);
	for (;;) {
		burn_thread(3);
		usleep(100);
	}
}

/*
 * How far a value may be ahead of what the clock of the process says a moment later: that clock is
 * as old as the last tick, for the thread on each CPU, and the estimate is two ticks at most.
 */
static u64 ahead(void)
{
	return (2 * sysconf(_SC_NPROCESSORS_ONLN) + 1) * kernel_tick();
}

/* READS refreshes of a process of this kind, none of whose figures may fall. */
static void watch(kid_fn *fn)
{
	struct kid k = kid_start(fn, NULL);
	struct detail first, last, now;
	unsigned int reads = fewer(READS), i;
	u64 before, after, threads = 0;

	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	ASSERT_EQ(urt_register(k.pid), 0);
	first = last = detail_of(k.pid);
	for (i = 0; i < reads; i++) {
		before = value_of(k.pid);
		wait_refreshes(1);
		now = detail_of(k.pid);
		after = cpu_clock_of(k.pid);
		EXPECT(now.user >= before, "read %u: %llu after %llu", i, now.user, before);
		EXPECT(now.user >= last.user, "read %u: %llu after %llu", i, now.user, last.user);
		EXPECT(now.system >= last.system, "read %u: %llu after %llu", i, now.system,
		       last.system);
		EXPECT(now.minor >= last.minor && now.major >= last.major, "read %u", i);
		EXPECT(now.user + now.system <= after + ahead(),
		       "read %u: %llu, the clock of the process later %llu", i,
		       now.user + now.system, after);
		threads = max_u64(threads, now.threads);
		last = now;
	}
	EXPECT(threads > 1, "%llu threads at most", threads);
	EXPECT(last.user >= first.user + reads * MS, "only %llu ns in %u refreshes",
	       last.user - first.user, reads);
	kid_stop(&k);
	wait_refreshes(2);
	now = detail_of(k.pid);
	EXPECT(now.user >= last.user, "at the end %llu after %llu", now.user, last.user);
	EXPECT(distance(now.user + now.system, cpu_clock_of(k.pid)) <= kernel_tick());
}

TEST(churn, "200 refreshes of a process that creates and ends threads all the time")
{
	watch(thread_maker);
}

TEST(running, "200 refreshes of a process with threads that run and sleep")
{
	watch(steady);
}

static int poll_now(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	ASSERT(poll(&p, 1, timeout) >= 0);
	return p.revents & POLLPRI;
}

TEST(polling, "poll() reports POLLPRI once after each refresh, to each open file")
{
	struct kid k = kid_sleeper();
	int a = open(USERTIME_STATUS_PATH, O_RDONLY), b = open(USERTIME_STATUS_PATH, O_RDONLY);
	u64 refreshes;
	int i;

	ASSERT_EQ(urt_register(k.pid), 0);
	poll_now(a, 0);
	poll_now(b, 0);
	EXPECT_EQ(poll_now(a, 100), 0, "without a refresh");
	for (i = 0; i < 20; i++) {
		refreshes = counter("refreshes");
		ASSERT_EQ(param_set_num("period_ms", 10), 0);
		EXPECT_EQ(poll_now(a, TAP_PATIENCE * 1000), POLLPRI);
		EXPECT(counter("refreshes") > refreshes);
		EXPECT_EQ(poll_now(b, TAP_PATIENCE * 1000), POLLPRI);
		ASSERT_EQ(param_set_num("period_ms", FROZEN), 0);
		usleep(50000);
		poll_now(a, 0);
		poll_now(b, 0);
		EXPECT_EQ(poll_now(a, 0), 0, "a second time");
		EXPECT_EQ(poll_now(b, 0), 0, "a second time");
	}
}

int main(void)
{
	return urt_main();
}
