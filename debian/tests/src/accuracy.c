// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values against the kernel's own: processes are stopped before the comparison, so that both stand
 * still. The limit is 1 % or 2 ticks of /proc/PID/stat, whichever is more.
 *
 * Neither side of the split ever falls, here as in the kernel, so what a first tick or two made of it
 * stays until the rest has caught up. The kernel is asked but once: nor are refreshes frequent before
 * the processes have run for a while.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "urt.h"

#define THREADS 32

static void check_near(u64 got, u64 want, u64 limit, const char *what)
{
	limit = max_u64(limit, 2 * USER_TICK);

	EXPECT(distance(got, want) <= limit, "%s: %llu ns, the kernel's %llu", what, got, want);
}

/* Compares all figures of a stopped or sleeping process, of which at least ms were burnt. */
static void check_still(pid_t pid, unsigned int ms)
{
	struct proc_stat s;
	struct detail d;
	u64 sum;

	wait_refreshes(2);
	d = detail_of(pid);
	s = proc_stat_of(pid);
	sum = cpu_clock_of(pid);
	tap_note("user %llu (%llu), system %llu (%llu), both %llu (%llu)", d.user, s.user, d.system,
		 s.system, d.user + d.system, sum);
	EXPECT_EQ(value_of(pid), d.user);
	check_near(d.user, s.user, s.user / 100, "user");
	check_near(d.system, s.system, sum / 100 + USER_TICK, "system");
	EXPECT(distance(d.user + d.system, sum) <= kernel_tick(), "sum %llu, the kernel's %llu",
	       d.user + d.system, sum);
	EXPECT(d.user + d.system >= ms * MS, "%llu ns", d.user + d.system);
}

/*
 * Of ms burnt as user, how much the kernel calls user is up to its ticks: an emulated or a busy machine
 * misses many, and most while interrupts are off. A quarter is never in doubt.
 */
static void check_seen(u64 user, unsigned int ms)
{
	EXPECT(user >= ms * MS / 4, "only %llu ns as user of %u ms", user, ms);
}

/* Without a refresh, which would fix the split that there is now. */
static void wait_burnt(pid_t pid, unsigned int ms)
{
	WAIT_FOR(cpu_clock_of(pid) >= ms * MS, "%llu ns", cpu_clock_of(pid));
}

static void busy(struct kid *parent, void *arg)
{
	burn_user(*(unsigned int *)arg);
	kid_tell(parent, 0);
	burn_forever();
}

static struct kid busy_kid(unsigned int ms)
{
	return kid_start(busy, &ms);
}

TEST(one_thread, "a busy process: within 1 % or 2 ticks of /proc/PID/stat, twice")
{
	struct kid k = busy_kid(2000);

	ASSERT_EQ(urt_register(k.pid), 0);
	kid_hear(&k);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	kid_stop(&k);
	check_still(k.pid, 2000);
	check_seen(value_of(k.pid), 2000);
	kill(k.pid, SIGCONT);
	WAIT_FOR(value_of(k.pid) > 2500 * MS);
	kid_stop(&k);
	check_still(k.pid, 2500);
}

TEST(at_once, "a new registration has its value at once")
{
	struct kid k = busy_kid(500);
	u64 refreshes = counter("refreshes");

	kid_hear(&k);
	kid_stop(&k);
	ASSERT_EQ(urt_register(k.pid), 0);
	check_near(value_of(k.pid), proc_stat_of(k.pid).user, 0, "user");
	check_seen(value_of(k.pid), 500);
	EXPECT_EQ(counter("refreshes"), refreshes);
}

struct crew {
	struct kid *parent;
	pthread_barrier_t ready;
};

static void *short_thread(void *arg)
{
	struct crew *crew = arg;

	pthread_barrier_wait(&crew->ready);
	burn_thread(60);
	return NULL;
}

static void *long_thread(void *arg)
{
	struct crew *crew = arg;

	pthread_barrier_wait(&crew->ready);
	burn_thread(60);
	kid_tell(crew->parent, 0);
	burn_forever();
}

/* Half of the threads end after their work, the others go on. */
static void threads(struct kid *parent, void *arg)
{
	struct crew crew = { .parent = parent };
	pthread_t thread[THREADS];
	int i;

	(void)arg;
	pthread_barrier_init(&crew.ready, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, i % 2 ? long_thread : short_thread,
					 &crew), 0);
	for (i = 0; i < THREADS; i += 2)
		pthread_join(thread[i], NULL);
	kid_tell(parent, 0);
	pthread_join(thread[1], NULL);
}

TEST(many_threads, "32 threads of which 16 have exited: the same limits")
{
	struct kid k = kid_start(threads, NULL);
	int i;

	ASSERT_EQ(urt_register(k.pid), 0);
	for (i = 0; i < 1 + THREADS / 2; i++)
		kid_hear(&k);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	kid_stop(&k);
	WAIT_FOR(proc_stat_of(k.pid).threads == 1 + THREADS / 2);
	check_still(k.pid, THREADS * 60);
	check_seen(value_of(k.pid), THREADS * 60);
	EXPECT_EQ(detail_of(k.pid).threads, 1 + THREADS / 2);
}

TEST(sleeper, "a process that only sleeps stays near 0 and does not move")
{
	struct kid k = kid_sleeper();
	u64 first;

	WAIT_FOR(proc_state_of(k.pid) == 'S');
	ASSERT_EQ(urt_register(k.pid), 0);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	wait_refreshes(2);
	first = value_of(k.pid);
	EXPECT(first <= 100 * MS, "%llu ns", first);
	check_near(first, proc_stat_of(k.pid).user, 0, "user");
	wait_refreshes(50);
	EXPECT_EQ(value_of(k.pid), first);
	EXPECT_EQ(detail_of(k.pid).state, 'S');
}

static void system_burner(struct kid *parent, void *arg)
{
	(void)arg;
	burn_system(1000);
	kid_tell(parent, 0);
	burn_system(100000);
}

TEST(system_time, "system time is system time")
{
	struct kid k = kid_start(system_burner, NULL);
	struct detail d;

	ASSERT_EQ(urt_register(k.pid), 0);
	kid_hear(&k);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	kid_stop(&k);
	check_still(k.pid, 1000);
	d = detail_of(k.pid);
	EXPECT(d.system > d.user, "system %llu, user %llu", d.system, d.user);
}

static void parent_of_busy(struct kid *parent, void *arg)
{
	struct kid child = kid_start(busy, arg);

	kid_hear(&child);
	kid_kill(&child);
	kid_tell(parent, 0);
	for (;;)
		pause();
}

TEST(children, "the time of children, reaped ones too, is not the process's")
{
	unsigned int ms = 500;
	struct kid k = kid_start(parent_of_busy, &ms);

	ASSERT_EQ(urt_register(k.pid), 0);
	kid_hear(&k);
	refresh_once();
	check_near(value_of(k.pid), proc_stat_of(k.pid).user, 0, "user");
	EXPECT(value_of(k.pid) <= 250 * MS, "%llu ns", value_of(k.pid));
}

static void *go_on_alone(void *arg)
{
	while (proc_state_of(getpid()) != 'Z')
		burn_thread(10);	/* no sleep: one kind of time makes a steady split */
	kid_tell(arg, 0);
	burn_forever();
}

static void leader_exits(struct kid *parent, void *arg)
{
	pthread_t thread;

	(void)arg;
	burn_user(300);
	ASSERT_EQ(pthread_create(&thread, NULL, go_on_alone, parent), 0);
	pthread_exit(NULL);
}

TEST(dead_leader, "a process whose leader has exited stays, grows, and can be registered")
{
	struct kid k = kid_start(leader_exits, NULL), late = kid_start(leader_exits, NULL);
	u64 before, caught = counter("exits_caught");

	ASSERT_EQ(urt_register(k.pid), 0);
	kid_hear(&k);
	kid_hear(&late);
	wait_burnt(k.pid, 600);
	wait_burnt(late.pid, 600);
	EXPECT_EQ(urt_register(late.pid), 0);
	before = value_of(late.pid);
	check_seen(before, 600);
	kid_stop(&k);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	check_still(k.pid, 600);
	WAIT_FOR(value_of(late.pid) >= before + 300 * MS);
	EXPECT_EQ(counter("exits_caught"), caught);
}

static void *exec_shell(void *arg)
{
	burn_thread(200);
	kid_tell(arg, 0);
	kid_hear(arg);
	execl("/bin/sh", "sh", "-c", "while :; do :; done", NULL);
	return NULL;
}

static void exec_by_thread(struct kid *parent, void *arg)
{
	pthread_t thread;

	(void)arg;
	burn_thread(200);
	ASSERT_EQ(pthread_create(&thread, NULL, exec_shell, parent), 0);
	pthread_join(thread, NULL);
}

TEST(thread_exec, "exec by another thread than the leader: the same process, the value goes on")
{
	struct kid k = kid_start(exec_by_thread, NULL);
	struct detail before, now;
	u64 value = 0;

	ASSERT_EQ(urt_register(k.pid), 0);
	kid_hear(&k);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	wait_refreshes(2);
	before = detail_of(k.pid);
	check_seen(before.user, 400);
	EXPECT(before.user + before.system >= 400 * MS, "%llu", before.user + before.system);
	EXPECT_EQ(before.threads, 2);
	kid_tell(&k, 0);
	do {
		now = detail_of(k.pid);
		EXPECT(now.user >= value, "%llu after %llu", now.user, value);
		EXPECT(now.user >= before.user, "%llu after %llu", now.user, before.user);
		value = now.user;
		usleep(1000);
	} while (value < before.user + 500 * MS);
	EXPECT_EQ(now.start, before.start);
	EXPECT_EQ(now.threads, 1);
	EXPECT_EQ(now.state, 'R');
	EXPECT(now.command[0] == 's' && now.command[1] == 'h', "command %s", now.command);
	kid_stop(&k);
	check_still(k.pid, 900);
}

int main(void)
{
	return urt_main();
}
