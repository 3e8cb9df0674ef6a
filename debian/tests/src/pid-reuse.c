// SPDX-License-Identifier: GPL-2.0-only
/* A recycled PID, forced through ns_last_pid, is never taken for the process that had it before. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "urt.h"

#define OTHER_USER 1001

static void burn_then_sleep(struct kid *parent, void *arg)
{
	burn_user(*(unsigned int *)arg);
	kid_tell(parent, 0);
	for (;;)
		pause();
}

static struct kid burnt(unsigned int ms)
{
	struct kid k = kid_start(burn_then_sleep, &ms);

	kid_hear(&k);
	kid_wait_asleep(&k);
	return k;
}

/* The next process gets this PID, unless something else in the system forks just now. */
static void set_next_pid(pid_t pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);

	ASSERT(fd >= 0);
	ASSERT(dprintf(fd, "%d", pid - 1) > 0);
	close(fd);
}

static struct kid burnt_as(pid_t pid, unsigned int ms)
{
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		struct kid k;

		set_next_pid(pid);
		k = kid_start(burn_then_sleep, &ms);
		if (k.pid == pid) {
			kid_hear(&k);
			kid_wait_asleep(&k);
			return k;
		}
		kid_kill(&k);
	}
	ASSERT(0, "no process could get the PID %d", pid);
	__builtin_unreachable();
}

/* One line, with the times of the process that has this PID now; it sleeps. */
static void check_own(pid_t pid)
{
	struct proc_stat s = proc_stat_of(pid);
	struct detail d = detail_of(pid);

	EXPECT_EQ(value_of(pid), d.user);
	EXPECT(distance(d.user, s.user) <= 2 * USER_TICK, "%llu, not %llu", d.user, s.user);
	EXPECT(distance(d.user + d.system, cpu_clock_of(pid)) <= kernel_tick(),
	       "%llu, the kernel's %llu", d.user + d.system, cpu_clock_of(pid));
	EXPECT_EQ(d.start / USER_TICK, s.start);
	EXPECT_EQ(lines(), 1);
}

/* A process that burnt 300 ms and is gone, with its last line shown. */
static pid_t ended(u64 *final)
{
	struct kid old = burnt(300);

	ASSERT_EQ(urt_register(old.pid), 0);
	kid_kill(&old);
	*final = wait_final(old.pid).user;
	EXPECT(*final >= 75 * MS, "%llu", *final);	/* how much of it is user is up to ticks */
	return old.pid;
}

TEST(not_the_old, "an unregistered process with the old one's PID is not shown, then or later")
{
	struct kid keeper = kid_sleeper();	/* without one there are no refreshes */
	u64 final;
	pid_t pid = ended(&final);

	ASSERT_EQ(urt_register(keeper.pid), 0);
	burnt_as(pid, 700);
	EXPECT_EQ(value_of(pid), final, "the old one's line until the refresh");
	EXPECT_EQ(detail_of(pid).state, 'X');
	EXPECT_EQ(urt_unregister(pid), -ESRCH, "the new one is not registered");
	EXPECT_EQ(value_of(pid), final);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	WAIT_FOR(!listed(pid));
	wait_refreshes(3);
	EXPECT(!listed(pid));
	EXPECT_EQ(counter("targets"), 1);
}

TEST(fresh_later, "registered after the old one's line went, its value starts fresh")
{
	u64 final;
	pid_t pid = ended(&final);
	struct kid k = burnt_as(pid, 20);

	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	WAIT_FOR(!listed(pid));
	EXPECT_EQ(urt_register(pid), 0);
	check_own(pid);
	kid_kill(&k);
}

TEST(replaces, "registered while the old one's line is shown, it replaces that: one line")
{
	u64 final, refreshes;
	pid_t pid = ended(&final);
	struct kid k = burnt_as(pid, 20);
	struct detail d;

	refreshes = counter("refreshes");
	EXPECT_EQ(register_as(OTHER_USER, pid), 0);
	check_own(pid);
	EXPECT_EQ(counter("refreshes"), refreshes);
	d = detail_of(pid);
	EXPECT(!strcmp(d.holders, "1001"), "holders %s: the old one's are gone", d.holders);
	refresh_once();
	check_own(pid);
	kid_kill(&k);
}

TEST(many_rounds, "100 processes with one PID in turn, each with a value of its own")
{
	struct kid k = burnt(50);
	unsigned int rounds = fewer(100), i;
	pid_t pid = k.pid;

	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	for (i = 0; i < rounds; i++) {
		if (i % 3)
			ASSERT_EQ(urt_register(pid), 0);
		kid_kill(&k);
		k = burnt_as(pid, 10 * (10 - i % 10));
		if (i % 2) {
			ASSERT_EQ(urt_register(pid), 0);
			check_own(pid);
		}
	}
	kid_kill(&k);
	WAIT_FOR(counter("targets") == 0);
}

int main(void)
{
	return urt_main();
}
