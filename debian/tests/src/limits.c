// SPDX-License-Identifier: GPL-2.0-only
/* What one user can take of /dev/urt, and what that costs the others. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "dev.h"

static void alice_at_limits(struct kid *parent, pid_t other)
{
	struct usertime_setup big = { .ring = 8192 }, small = { .ring = 64 };
	struct rlimit none = { 0, 0 };
	struct kid kids[4];
	struct dev d;
	int i;

	(void)parent;
	(void)other;
	for (i = 0; i < 4; i++)		/* before the session, which they would keep */
		kids[i] = kid_sleeper();
	EXPECT_EQ(dev_setup(dev_open(), &big), -EDQUOT);
	d = dev_start(1 * MS, 64, 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(dev_add(d.fd, kids[i].pid, NULL), 0);
	EXPECT_EQ(dev_add(d.fd, kids[3].pid, NULL), -EDQUOT);
	EXPECT_EQ(urt_register(getpid()), -EDQUOT, "one limit for both");
	dev_close(&d);
	WAIT_FOR(urt_register(getpid()) == 0);
	EXPECT_EQ(urt_unregister(getpid()), 0);
	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	EXPECT_EQ(dev_setup(dev_open(), &small), -ENOMEM);
}

TEST(limits, "max_targets_per_user, max_bytes_per_user and RLIMIT_MEMLOCK hold")
{
	struct usertime_setup big = { .ring = 8192 };

	ASSERT_EQ(param_set_num("max_targets_per_user", 3), 0);
	ASSERT_EQ(param_set_num("max_bytes_per_user", 16 * sysconf(_SC_PAGESIZE)), 0);
	let_alice(alice_at_limits, 0);
	EXPECT_EQ(dev_setup(dev_open(), &big), 0, "root");
}

/* ---- sessions of one process ---- */

#define SESSIONS	16

static void alice_in_many_sessions(struct kid *parent, pid_t other)
{
	struct dev d[SESSIONS + 1];
	struct kid child;
	int i;

	(void)parent;
	(void)other;
	for (i = 0; i <= SESSIONS; i++)
		d[i] = dev_start_mapped(0, 64, i % 2 ? USERTIME_SETUP_FOLLOW :
						USERTIME_SETUP_FOLLOW | USERTIME_SETUP_PRECISE);
	for (i = 0; i < SESSIONS; i++)
		ASSERT_EQ(dev_add(d[i].fd, getpid(), NULL), 0, "%d", i);
	EXPECT_EQ(dev_add(d[i].fd, getpid(), NULL), -EBUSY);
	child = kid_sleeper();
	for (i = 0; i < SESSIONS; i++)
		dev_wait(&d[i], USERTIME_RECORD_FORK, child.pid);
	EXPECT_EQ(dev_add(d[i].fd, child.pid, NULL), -EBUSY);
	EXPECT_EQ(dev_remove(d[0].fd, getpid()), 0);
	EXPECT_EQ(dev_add(d[i].fd, getpid(), NULL), 0);
	kid_kill(&child);
	for (i = 0; i < SESSIONS; i++)
		dev_wait(&d[i], USERTIME_RECORD_EXIT, child.pid);
}

static void alice_fills_up(struct kid *parent, pid_t other)
{
	struct dev d;
	int i;

	(void)other;
	for (i = 0; i < SESSIONS; i++) {
		d = dev_start(0, 64, 0);
		ASSERT_EQ(dev_add(d.fd, getpid(), NULL), 0);
	}
	kid_tell(parent, 0);
	pause();
}

static void bob_with_perfmon(struct kid *parent, void *arg)
{
	struct dev d;

	(void)parent;
	become(ALICE + 1, CAP_PERFMON);
	d = dev_start(0, 64, 0);
	EXPECT_EQ(dev_add(d.fd, *(pid_t *)arg, NULL), 0);
}

TEST(hiding, "who fills up the sessions of a process does not hide it from CAP_PERFMON")
{
	struct kid alice = start_alice(alice_fills_up, 0), bob;

	kid_hear(&alice);
	bob = kid_start(bob_with_perfmon, &alice.pid);
	EXPECT_EQ(kid_reap(&bob, NULL), 0);
	kid_kill(&alice);
}

TEST(sessions, "a process is in 16 sessions, no more; root and the registry are not limited")
{
	struct kid k = kid_sleeper();
	struct dev d[SESSIONS + 8];
	int i;

	let_alice(alice_in_many_sessions, 0);
	for (i = 0; i < SESSIONS + 8; i++) {
		d[i] = dev_start(0, 64, 0);
		ASSERT_EQ(dev_add(d[i].fd, k.pid, NULL), 0, "%d", i);
	}
	ASSERT_EQ(urt_register(k.pid), 0);
	ASSERT_EQ(urt_unregister(k.pid), 0);
	for (i = 0; i < SESSIONS + 8; i++)
		dev_close(&d[i]);
	kid_kill(&k);
}

/* ---- memory cgroups ---- */

static void group_write(const char *group, const char *name, const char *format, long long value)
{
	char path[150];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	f = fopen(path, "w");
	ASSERT(f && fprintf(f, format, value) > 0 && !fclose(f), "%s: errno %d", path, errno);
}

static long long group_read(const char *group, const char *name)
{
	char path[150], *text;
	long long value;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	text = read_file(path, NULL);
	value = strtoll(text, NULL, 10);
	free(text);
	return value;
}

/* A new one with that process in it. */
static const char *group_of(pid_t pid)
{
	static char group[100];

	snprintf(group, sizeof(group), "/sys/fs/cgroup/usertime-test-%d", getpid());
	group_write("/sys/fs/cgroup", "cgroup.subtree_control", "+memory", 0);
	ASSERT_EQ(mkdir(group, 0755), 0, "errno %d", errno);
	group_write(group, "cgroup.procs", "%lld", pid);
	return group;
}

/* Before 5.11 the kernel could not map pages that are charged. */
static bool rings_are_charged(void)
{
	struct utsname name;
	int major, minor;

	ASSERT_EQ(uname(&name), 0);
	ASSERT_EQ(sscanf(name.release, "%d.%d", &major, &minor), 2);
	return major > 5 || (major == 5 && minor >= 11);
}

/* They refuse what a ring takes without killing anybody. */
static void short_of_memory(struct kid *parent, void *arg)
{
	struct usertime_setup big = { .ring = 1 << 16, .flags = USERTIME_SETUP_FOLLOW };
	struct usertime_setup small = { .ring = 64 };
	int fd = dev_open();

	(void)arg;
	kid_tell(parent, 0);
	kid_hear(parent);
	if (rings_are_charged()) {
		EXPECT_EQ(dev_setup(fd, &big), -ENOMEM);
		EXPECT_EQ(dev_setup(fd, &small), 0);
	} else {
		EXPECT_EQ(dev_setup(fd, &big), 0);
	}
	EXPECT_EQ(dev_add(fd, getpid(), NULL), 0);
	kid_tell(parent, 0);
}

TEST(no_memory, "ENOMEM changes nothing: what was put by for the session is given back")
{
	struct kid k = kid_start(short_of_memory, NULL);
	const char *group = group_of(k.pid);

	kid_hear(&k);
	group_write(group, "memory.max", "%lld", group_read(group, "memory.current") + (2 << 20));
	kid_tell(&k, 0);
	kid_hear(&k);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	WAIT_FOR(rmdir(group) == 0);
}

#define CHARGED	(8LL << 20)

static void takes_memory(struct kid *parent, void *arg)
{
	struct dev d;

	(void)arg;
	kid_hear(parent);
	d = dev_start(0, CHARGED / sizeof(struct usertime_record), 0);
	kid_tell(parent, 0);
	kid_hear(parent);
	dev_close(&d);
	WAIT_FOR(counter("sessions") == 0);
	kid_tell(parent, 0);
	kid_hear(parent);
}

/* Charges come in batches of some dozen pages a CPU. */
TEST(charged, "a ring is charged to the memory cgroup of who set it up, until it is gone")
{
	struct kid k = kid_start(takes_memory, NULL);
	const char *group = group_of(k.pid);
	long long before = group_read(group, "memory.current"), with, after;
	long long charged = rings_are_charged() ? CHARGED : 0;

	kid_tell(&k, 0);
	kid_hear(&k);
	with = group_read(group, "memory.current");
	EXPECT(with - before > charged - CHARGED / 8 && with - before < charged + CHARGED / 8,
	       "%lld bytes", with - before);
	kid_tell(&k, 0);
	kid_hear(&k);
	after = group_read(group, "memory.current");
	EXPECT(after - before < CHARGED / 8, "%lld bytes", after - before);
	kid_tell(&k, 0);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
	WAIT_FOR(rmdir(group) == 0);
}

/* ---- user namespaces ---- */

static void as_sub_user(struct kid *parent, void *arg)
{
	struct usertime_setup big = { .ring = 8192 };
	struct kid kids[4];
	struct dev d;
	int i;

	(void)arg;
	become(ALICE, -1);
	ASSERT_EQ(unshare(CLONE_NEWUSER), 0);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	kid_tell(parent, 0);
	kid_hear(parent);			/* the maps are written */
	d = dev_start(1 * MS, 64, 0);
	for (i = 0; i < 2; i++) {
		kids[i] = kid_sleeper();
		ASSERT_EQ(dev_add(d.fd, kids[i].pid, NULL), 0);
	}
	ASSERT_EQ(setresgid(1, 1, 1), 0);
	ASSERT_EQ(setresuid(1, 1, 1), 0);
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	d = dev_start(1 * MS, 64, 0);
	for (; i < 4; i++) {
		kids[i] = kid_sleeper();
		EXPECT_EQ(dev_add(d.fd, kids[i].pid, NULL), i < 3 ? 0 : -EDQUOT);
	}
	EXPECT_EQ(dev_setup(dev_open(), &big), -EDQUOT);
}

TEST(userns, "a user namespace gives no more sessions and targets: its owner is charged, too")
{
	struct kid k;

	ASSERT_EQ(param_set_num("max_targets_per_user", 3), 0);
	ASSERT_EQ(param_set_num("max_bytes_per_user", 16 * sysconf(_SC_PAGESIZE)), 0);
	k = kid_start(as_sub_user, NULL);
	kid_hear(&k);
	write_id_map(k.pid, "uid_map", "0 1001 1\n1 2001 1\n");
	write_id_map(k.pid, "gid_map", "0 1001 1\n1 2001 1\n");
	kid_tell(&k, 0);
	EXPECT_EQ(kid_reap(&k, NULL), 0);
}

/* ---- the work of sampling ---- */

static void alice_too_fast(struct kid *parent, pid_t other)
{
	struct kid k = kid_sleeper();
	struct dev slow = dev_start(1000 * MS, 64, 0), fast = dev_start(1 * MS, 64, 0);

	(void)parent;
	(void)other;
	EXPECT_EQ(dev_add(fast.fd, k.pid, NULL), -EDQUOT);
	EXPECT_EQ(dev_add(slow.fd, k.pid, NULL), 0);
}

static void alice_many_threads(struct kid *parent, pid_t pid)
{
	struct dev d = dev_start_mapped(10 * MS, 256, 0);
	u64 refreshes, missed;

	ASSERT_EQ(dev_add(d.fd, pid, NULL), 0);
	kid_tell(parent, 0);
	kid_hear(parent);		/* it has 320 threads */
	refreshes = d.producer->refreshes;
	WAIT_FOR(d.producer->refreshes >= refreshes + 2);
	refreshes = d.producer->refreshes;
	missed = d.producer->missed_periods;
	/* Five times as many threads as are paid for: four of five periods are left out. */
	WAIT_FOR(d.producer->refreshes >= refreshes + 10);
	refreshes = d.producer->refreshes - refreshes;
	missed = d.producer->missed_periods - missed;
	EXPECT(missed >= 3 * refreshes, "%llu missed, %llu not", missed, refreshes);
}

static void alice_grows(struct kid *parent, pid_t other)
{
	pthread_t thread;
	int i;

	(void)other;
	kid_hear(parent);
	for (i = 0; i < 319; i++) {
		ASSERT_EQ(pthread_create(&thread, NULL, idle_thread, parent), 0);
		kid_hear(parent);
	}
	pause();
}

TEST(rate, "max_rate_per_user holds: EDQUOT, and periods left out where threads become too many")
{
	struct kid grows, client;
	int i;

	ASSERT_EQ(param_set_num("max_rate_per_user", 20000), 0);
	let_alice(alice_too_fast, 0);
	WAIT_FOR(counter("sessions") == 0);
	grows = start_alice(alice_grows, 0);
	client = start_alice(alice_many_threads, grows.pid);
	kid_hear(&client);
	kid_tell(&grows, 0);
	for (i = 0; i < 319; i++) {
		kid_hear(&grows);
		kid_tell(&grows, 0);
	}
	kid_tell(&client, 0);
	EXPECT_EQ(kid_reap(&client, NULL), 0);
	kid_kill(&grows);
}

/* As many sessions as she gets, each as fast as it may be. */
static void alice_attacks(struct kid *parent, pid_t other)
{
	int sessions = 0, err;
	struct dev d;

	(void)other;
	do {
		d = dev_start(1 * MS, 64, 0);
		err = dev_add(d.fd, getpid(), NULL);
		sessions += !err;
	} while (!err && sessions < 300);
	EXPECT_EQ(err, -EDQUOT);
	kid_tell(parent, sessions);
	pause();
}

static void bystander(struct kid *parent, void *arg)
{
	cpu_set_t one;

	(void)parent;
	CPU_ZERO(&one);
	CPU_SET(*(int *)arg, &one);
	ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
	burn_forever();
}

/*
 * Workers compete with others as any process does, and their work is limited. With a processor that
 * is so slow (emulated, in a debug kernel) that even this limit is more than it can do, two of them
 * leave a third of it.
 */
TEST(attack, "who samples as much as max_rate_per_user allows leaves others their time")
{
	struct kid attacker, victims[CPU_SETSIZE];
	int cpu, cpus = 0, i;
	cpu_set_t allowed;
	u64 used = 0, refreshes;
	double began;

	ASSERT_EQ(param_set_num("max_rate_per_user", 400000), 0);
	attacker = start_alice(alice_attacks, 0);
	EXPECT_EQ(kid_hear(&attacker), 2);
	ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			victims[cpus++] = kid_start(bystander, &cpu);
	sleep(1);
	refreshes = counter("refreshes");
	began = tap_now();
	for (i = 0; i < cpus; i++)
		used -= cpu_clock_of(victims[i].pid);
	sleep(3);
	for (i = 0; i < cpus; i++)
		used += cpu_clock_of(victims[i].pid);
	began = tap_now() - began;
	tap_note("%.0f %% of %d CPUs left, %llu refreshes", used / 1e7 / began / cpus, cpus,
		 counter("refreshes") - refreshes);
	EXPECT(counter("refreshes") > refreshes);
	EXPECT(used > 0.3 * 1e9 * began * cpus, "%f s of %f s on %d CPUs", used / 1e9, began, cpus);
	for (i = 0; i < cpus; i++)
		kid_kill(&victims[i]);
	kid_kill(&attacker);
}

int main(void)
{
	return urt_main();
}
