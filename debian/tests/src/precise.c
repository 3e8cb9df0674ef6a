// SPDX-License-Identifier: GPL-2.0-only
/*
 * Precise mode: processes that no tick sees are split all the same. How exactly is measured by
 * scripts/bench, where time is instructions; here, on any machine, which side of the middle they
 * fall on, and that whatever else a record has is as without the mode.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"

#define FOLLOW	USERTIME_SETUP_FOLLOW
#define PRECISE	USERTIME_SETUP_PRECISE

typedef void work_fn(void);

/*
 * Work, not time: looks and ticks take time of a process that burns until its clock says so, on a debug
 * kernel most of it.
 */
static void turn(unsigned long turns)
{
	volatile unsigned long i;

	for (i = 0; i < turns; i++)
		;
}

/* As many turns as 8 ms had room for when nobody looked and the machine was least disturbed. */
static unsigned long turns_of_8_ms(void)
{
	unsigned long most = 0;
	unsigned int tries;
	u64 began, took;

	for (tries = 0; tries < 10; tries++) {
		began = cpu_clock_of(getpid());
		turn(1000000);
		took = cpu_clock_of(getpid()) - began;
		most = max_u64(most, 1000000 * 8 * MS / took);
	}
	return most;
}

static unsigned long user_turns;

static void in_user_code(void)
{
	turn(user_turns);
}

static void in_the_kernel(void)
{
	burn_system(8);
}

static void nothing(void)
{
}

/* Has many children that do that and exit, one after the other. */
static void many_children(struct kid *parent, void *arg)
{
	work_fn *work = arg;
	pid_t pid;
	int i;

	kid_hear(parent);
	for (i = 0; i < 100; i++) {
		pid = fork();
		ASSERT(pid >= 0);
		if (!pid) {
			work();
			_exit(0);
		}
		ASSERT_EQ(waitpid(pid, NULL, 0), pid);
	}
}

struct sums {
	u64 user, both;
	u64 looks;
	unsigned int exits, unlooked;
};

/* Of the children of one that is followed, whose own EXIT may come before that of its last child. */
static struct sums sums_of(struct dev *d, pid_t parent)
{
	struct usertime_record r;
	struct sums sums = { 0 };

	WAIT_FOR(d->producer->targets == 0);
	while (dev_next(d, &r)) {
		if (r.type != USERTIME_RECORD_EXIT || r.pid == (unsigned int)parent)
			continue;
		sums.user += r.user;
		sums.both += r.user + r.system;
		sums.exits++;
		if (r.split == USERTIME_SPLIT_PRECISE)
			sums.looks += r.samples;
		sums.unlooked += !!(r.flags & USERTIME_FLAG_UNLOOKED);
	}
	return sums;
}

static struct sums children_sums(unsigned int flags, work_fn *work)
{
	struct dev d = dev_start_mapped(0, 4096, FOLLOW | flags);
	struct kid k = kid_start(many_children, work);
	struct sums sums;

	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	kid_tell(&k, 0);
	sums = sums_of(&d, k.pid);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	EXPECT_EQ(sums.exits, 100);
	dev_close(&d);
	tap_note("%.1f %% of %llu ns in user code, %llu looks, %u processes without one",
		 sums.user * 100.0 / sums.both, sums.both, sums.looks, sums.unlooked);
	return sums;
}

/*
 * What forking and exiting take, all of it in the kernel, is the machine's business, and the same for
 * both kinds of children: in user code is what one kind has more.
 */
TEST(told_apart, "children of 8 ms in the kernel, and in user code: told apart")
{
	struct sums kernel, user;

	user_turns = turns_of_8_ms();
	kernel = children_sums(PRECISE, in_the_kernel);
	user = children_sums(PRECISE, in_user_code);
	EXPECT(kernel.looks > 200 && user.looks > 200);
	EXPECT(kernel.user < kernel.both / 20, "%llu of %llu", kernel.user, kernel.both);
	EXPECT(user.user > 100 * 8 * MS / 2, "%llu of %llu", user.user, user.both);
}

TEST(unlooked, "children that do nothing: what was not looked at says so")
{
	struct sums sums = children_sums(PRECISE, nothing);

	EXPECT(sums.both > 0);
	EXPECT_EQ(children_sums(0, nothing).unlooked, 0);
}

/* Alternates. */
static void mixed(struct kid *parent, void *arg)
{
	int i;

	(void)arg;
	kid_hear(parent);
	for (i = 0; i < 20; i++) {
		burn_user(3);
		burn_system(2);
	}
}

TEST(same_sum, "a precise session and one that is not: the same sum, each its own split")
{
	struct dev precise = dev_start_mapped(0, 64, PRECISE), tick = dev_start_mapped(0, 64, 0);
	struct kid k = kid_start(mixed, NULL);
	struct usertime_record p, t;

	ASSERT_EQ(dev_add(precise.fd, k.pid, NULL), 0);
	ASSERT_EQ(dev_add(tick.fd, k.pid, NULL), 0);
	kid_tell(&k, 0);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	p = dev_wait(&precise, USERTIME_RECORD_EXIT, k.pid);
	t = dev_wait(&tick, USERTIME_RECORD_EXIT, k.pid);
	EXPECT_EQ(p.user + p.system, t.user + t.system);
	EXPECT_EQ(p.split, USERTIME_SPLIT_PRECISE);
	EXPECT_EQ(t.split, USERTIME_SPLIT_TICK);
	EXPECT(p.samples > 20, "%u", p.samples);
	EXPECT_EQ(p.minor_faults, t.minor_faults);
	EXPECT_EQ(p.flags, t.flags);
	dev_close(&precise);
	dev_close(&tick);
}

static void spinner(struct kid *parent, void *arg)
{
	(void)arg;
	kid_tell(parent, 0);
	burn_forever();
}

TEST(running, "one that runs when it is added is looked at from then on, and its past stays split")
{
	struct dev d = dev_start_mapped(10 * MS, 64, PRECISE);
	struct kid k = kid_start(spinner, NULL);
	struct usertime_record first, r;

	kid_hear(&k);
	WAIT_FOR(cpu_clock_of(k.pid) > 100 * MS);
	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	first = dev_wait(&d, USERTIME_RECORD_SAMPLE, k.pid);
	EXPECT_EQ(first.split, USERTIME_SPLIT_TICK);
	do {
		r = dev_wait(&d, USERTIME_RECORD_SAMPLE, k.pid);
	} while (r.split != USERTIME_SPLIT_PRECISE || r.samples < 40);
	EXPECT(r.user >= first.user && r.system >= first.system);
	EXPECT((r.user - first.user) > (r.system - first.system), "%llu user, %llu system",
	       r.user - first.user, r.system - first.system);
	kid_kill(&k);
	dev_close(&d);
}

static void *kernel_thread(void *arg)
{
	burn_system(30);
	return arg;
}

static void two_threads(struct kid *parent, void *arg)
{
	pthread_t thread;

	(void)arg;
	kid_hear(parent);
	ASSERT_EQ(pthread_create(&thread, NULL, kernel_thread, NULL), 0);
	pthread_join(thread, NULL);
}

TEST(threads, "threads are the process's: one that has the kernel work makes its time system time")
{
	struct dev d = dev_start_mapped(0, 64, PRECISE);
	struct kid k = kid_start(two_threads, NULL);
	struct usertime_record r;

	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	kid_tell(&k, 0);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	r = dev_wait(&d, USERTIME_RECORD_EXIT, k.pid);
	EXPECT_EQ(r.split, USERTIME_SPLIT_PRECISE);
	EXPECT(r.system > r.user, "%llu user, %llu system", r.user, r.system);
	dev_close(&d);
}

static void until_told(struct kid *parent, void *arg)
{
	kid_hear(parent);
	((work_fn *)arg)();
	kid_tell(parent, 0);
	kid_hear(parent);
}

static struct detail registered_one(void)
{
	struct kid k = kid_start(until_told, in_the_kernel);
	struct detail d;

	ASSERT_EQ(urt_register(k.pid), 0);
	kid_tell(&k, 0);
	kid_hear(&k);
	kid_tell(&k, 0);
	kid_wait_zombie(&k);
	d = wait_final(k.pid);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	return d;
}

TEST(registry, "precise=1: what is registered from then on; detail says how it was split")
{
	struct detail d;

	ASSERT_EQ(param_set_num("precise", 2), -EINVAL);
	ASSERT_EQ(param_get("precise"), 0);
	d = registered_one();
	EXPECT(!strcmp(d.split, "tick"), "%s", d.split);
	ASSERT_EQ(param_set_num("precise", 1), 0);
	d = registered_one();
	EXPECT(!strcmp(d.split, "precise"), "%s", d.split);
	EXPECT(d.looks > 2, "%llu", d.looks);
	EXPECT(d.system > d.user, "%llu user, %llu system", d.user, d.system);
}

TEST(offered, "it is among the flags that are offered, and alone, too")
{
	int fd = dev_open();

	EXPECT(dev_info(fd).setup_flags & PRECISE);
	close(fd);
}

/* ---- storms ---- */

static void *fork_and_exit(void *arg)
{
	pid_t pid;
	int i;

	for (i = 0; i < 30; i++) {
		pid = fork();
		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	return arg;
}

static void storm(struct kid *parent, void *arg)
{
	pthread_t thread[4];
	int i;

	(void)arg;
	kid_tell(parent, 0);
	for (;;) {
		for (i = 0; i < 4; i++)
			if (pthread_create(&thread[i], NULL, fork_and_exit, NULL))
				_exit(1);
		for (i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
	}
}

static void set_online(int cpu, int online)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT(fd >= 0, "%s: errno %d", path, errno);
	ASSERT_EQ(write(fd, online ? "1" : "0", 1), 1, "errno %d", errno);
	close(fd);
}

TEST(storms, "sessions come and go on storms of forks and threads, while processors do")
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct kid k[2];
	unsigned int rounds = max_u64(fewer(60), 12), i, round;

	for (i = 0; i < 2; i++) {
		k[i] = kid_start(storm, NULL);
		kid_hear(&k[i]);
	}
	for (round = 0; round < rounds; round++) {
		struct dev d = dev_start_mapped(MS, 1024, PRECISE | (round & 1 ? FOLLOW : 0));

		for (i = 0; i < 2; i++)
			ASSERT_EQ(dev_add(d.fd, k[i].pid, NULL), 0);
		if (cpus > 1 && round % 6 == 0)
			set_online(cpus - 1, round % 12 != 0);
		usleep(20000);
		dev_close(&d);
	}
	if (cpus > 1)
		set_online(cpus - 1, 1);
	for (i = 0; i < 2; i++)
		kid_kill(&k[i]);
}

int main(void)
{
	return urt_main();
}
