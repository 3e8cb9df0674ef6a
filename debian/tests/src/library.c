// SPDX-License-Identifier: GPL-2.0-only
/*
 * libusertime against the module: a program that is compiled as C and as C++. What the library does
 * by itself is tested without a module, in userspace/tests.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* g++ does it by itself */
#endif
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <usertime.h>

#ifdef __cplusplus
extern "C" {
#endif
#include "urt.h"
#ifdef __cplusplus
}
#endif

#define ALICE		1001
#define LONG_NS		((int64_t)TAP_PATIENCE * 1000 * 1000000)

static struct usertime_session *open_with(uint64_t period, uint32_t ring, uint32_t flags)
{
	struct usertime_session_options options;
	struct usertime_session *session;

	memset(&options, 0, sizeof(options));
	options.period = period;
	options.ring = ring;
	options.flags = flags;
	session = usertime_session_open(&options);
	ASSERT(session, "errno %d: %s", errno, usertime_message());
	return session;
}

/* The next record of that type, of that process if pid is not 0; others are skipped. */
static struct usertime_record wait_record(struct usertime_session *session, unsigned int type,
					  pid_t pid)
{
	struct usertime_record record;
	int got, ready = 0;

	for (;;) {
		while ((got = usertime_session_next(session, &record)) == 1)
			if (record.type == type && (!pid || record.pid == (__u32)pid))
				return record;
		ASSERT_EQ(got, 0);
		ASSERT(!(ready & USERTIME_END), "no record of type %u of %d", type, pid);
		ready = usertime_session_wait(session, LONG_NS);
		ASSERT(ready > 0, "no record of type %u of %d", type, pid);
	}
}

static bool is_read(struct usertime_session *session)
{
	struct usertime_session_options options;

	usertime_session_settings(session, &options);
	return options.flags & USERTIME_SESSION_READ;
}

/* One that burns so many ms of its own and exits, when it hears them. */
static void burner(struct kid *parent, void *arg)
{
	(void)arg;
	burn_user((unsigned int)kid_hear(parent));
}

#define BURNERS 8

/* A zombie's CPU clock is what the scheduler measured of it, and stands still. */
static void exact_exits(uint32_t flags)
{
	struct usertime_session *session = open_with(0, 0, flags);
	struct usertime_record record;
	struct kid kids[BURNERS];
	int i;

	EXPECT_EQ(is_read(session), !!(flags & USERTIME_SESSION_READ));
	for (i = 0; i < BURNERS; i++) {
		uint64_t start = 0;

		kids[i] = kid_start(burner, NULL);
		ASSERT_EQ(usertime_session_add(session, kids[i].pid, &start), 0, "%s",
			  usertime_message());
		record = wait_record(session, USERTIME_RECORD_SAMPLE, kids[i].pid);
		EXPECT(start && record.start == start);
	}
	for (i = 0; i < BURNERS; i++) {
		kid_tell(&kids[i], 5 * i);
		kid_wait_zombie(&kids[i]);
		record = wait_record(session, USERTIME_RECORD_EXIT, kids[i].pid);
		EXPECT_EQ(record.user + record.system, cpu_clock_of(kids[i].pid), "of %d", i);
		EXPECT(record.user + record.system >= 5 * i * MS, "%d", i);
		kid_reap(&kids[i], NULL);
	}
	EXPECT(usertime_session_wait(session, LONG_NS) & USERTIME_END);
	EXPECT_EQ(usertime_session_next(session, &record), 0);
	usertime_session_close(session);
}

TEST(mapped, "mapped: the EXIT records of children have the scheduler's own sums")
{
	exact_exits(0);
}

TEST(read_mode, "the same by read()")
{
	exact_exits(USERTIME_SESSION_READ);
}

/* mmap(2) with a descriptor is refused; memory without one is needed to live. */
static void refuse_mmap(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST(filtered, "where a seccomp filter refuses mmap() records are read, and losses counted")
{
	struct usertime_session *session;
	struct usertime_record record;
	struct usertime_drops drops;
	struct kid kid = kid_start(burner, NULL);
	unsigned int samples = 0, exits = 0, i;
	int ready;
	u64 lost;

	refuse_mmap();
	session = open_with(0, 64, 0);
	EXPECT(is_read(session));
	ASSERT_EQ(usertime_session_add(session, kid.pid, NULL), 0);
	for (i = 1; i < 200; i++)
		ASSERT_EQ(usertime_session_sample(session), 0);
	kid_tell(&kid, 1);
	kid_wait_zombie(&kid);
	do {
		ready = usertime_session_wait(session, LONG_NS);
		ASSERT(ready > 0);
		while (usertime_session_next(session, &record) == 1) {
			samples += record.type == USERTIME_RECORD_SAMPLE;
			if (record.type == USERTIME_RECORD_EXIT)
				EXPECT_EQ(record.user + record.system, cpu_clock_of(kid.pid));
			exits += record.type == USERTIME_RECORD_EXIT;
		}
	} while (!(ready & USERTIME_END));
	usertime_session_drops(session, &drops);
	lost = drops.samples;
	EXPECT_EQ(exits, 1);
	EXPECT(lost && samples + lost == 200, "%u samples, %llu lost", samples, lost);
	EXPECT_EQ(drops.exits, 0);
	EXPECT(drops.missed_periods == USERTIME_UNKNOWN);
	usertime_session_close(session);
}

struct seen {
	unsigned int samples, exits, said;	/* said to be lost */
};

static void see_all(struct usertime_session *session, struct seen *seen)
{
	const struct usertime_record *records, *record;
	ssize_t count;

	while ((count = usertime_session_peek(session, &records)) > 0) {
		for (record = records; record < records + count; record++) {
			seen->samples += record->type == USERTIME_RECORD_SAMPLE;
			seen->exits += record->type == USERTIME_RECORD_EXIT;
			if (record->type == USERTIME_RECORD_LOST)
				seen->said += record->lost_samples;
		}
		ASSERT_EQ(usertime_session_consume(session, (size_t)count), 0);
	}
	ASSERT_EQ(count, 0);
}

TEST(lost, "a full ring: every sample comes or is counted, the EXIT comes")
{
	struct usertime_session *session = open_with(0, 64, 0);
	struct seen seen = { 0, 0, 0 };
	struct usertime_drops drops;
	struct kid kid = kid_start(burner, NULL);
	unsigned int i;
	int ready;

	ASSERT_EQ(usertime_session_add(session, kid.pid, NULL), 0);
	for (i = 1; i < 1000; i++) {
		ASSERT_EQ(usertime_session_sample(session), 0);
		if (i % 300 == 0)
			see_all(session, &seen);
	}
	kid_tell(&kid, 1);
	do {
		ready = usertime_session_wait(session, LONG_NS);
		ASSERT(ready > 0);
		see_all(session, &seen);
	} while (!(ready & USERTIME_END));
	usertime_session_drops(session, &drops);
	EXPECT_EQ(seen.exits, 1);
	EXPECT(drops.samples && seen.samples + drops.samples == 1000, "%u, and %llu lost",
	       seen.samples, (u64)drops.samples);
	EXPECT_EQ(seen.said, drops.samples);
	usertime_session_close(session);
}

#define FORKS 50

static void shell(struct kid *parent, void *arg)
{
	(void)arg;
	kid_hear(parent);
	execl("/bin/sh", "sh", "-c", "i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i + 1)); done",
	      (char *)NULL);
	_exit(127);
}

static void follow_shell(uint32_t flags)
{
	struct usertime_session *session = open_with(0, 0, flags | USERTIME_SESSION_FOLLOW |
						     USERTIME_SESSION_WAKE_EXIT);
	struct kid kid = kid_start(shell, NULL);
	unsigned int forks = 0, exits = 0, names = 0, strangers = 0;
	struct usertime_record record;
	struct usertime_drops drops;
	int ready;

	ASSERT_EQ(usertime_session_add(session, kid.pid, NULL), 0);
	kid_tell(&kid, 0);
	do {
		ready = usertime_session_wait(session, LONG_NS);
		ASSERT(ready > 0, "%d", ready);
		while (usertime_session_next(session, &record) == 1) {
			forks += record.type == USERTIME_RECORD_FORK;
			strangers += record.type == USERTIME_RECORD_FORK &&
				     record.parent_pid != (__u32)kid.pid;
			exits += record.type == USERTIME_RECORD_EXIT;
			names += record.type == USERTIME_RECORD_EXEC && !strcmp(record.name, "true");
		}
	} while (!(ready & USERTIME_END));
	usertime_session_drops(session, &drops);
	EXPECT_EQ(forks, FORKS);
	EXPECT_EQ(exits, FORKS + 1);
	EXPECT_EQ(names, FORKS);
	EXPECT_EQ(strangers, 0);
	EXPECT_EQ(drops.events + drops.children + drops.exits, 0);
	EXPECT_EQ(kid_reap(&kid, NULL), 0);
	usertime_session_close(session);
}

TEST(follow, "a shell that starts 50 programs: 50 FORK, 50 EXEC, 51 EXIT records")
{
	follow_shell(0);
	follow_shell(USERTIME_SESSION_READ);
}

/* Three generations; the last ones fork once more when they are told to. */
static void generation(struct kid *parent, void *arg)
{
	struct kid kids[2];
	long depth = *(long *)arg - 1, i;

	if (depth < 0) {
		kid_tell(parent, 0);
		kid_hear(parent);
		if (!fork())
			_exit(0);
		wait(NULL);
		return;
	}
	for (i = 0; i < 2; i++)
		kids[i] = kid_start(generation, &depth);
	for (i = 0; i < 2; i++)
		kid_hear(&kids[i]);
	kid_tell(parent, 0);
	kid_hear(parent);
	for (i = 0; i < 2; i++) {
		kid_tell(&kids[i], 0);
		kid_reap(&kids[i], NULL);
	}
}

TEST(tree, "a process with its descendants, who are followed from then on")
{
	struct usertime_session *session = open_with(0, 0, USERTIME_SESSION_FOLLOW);
	unsigned int forks = 0, exits = 0, refused = 99;
	struct usertime_record record;
	long depth = 2;
	struct kid kid = kid_start(generation, &depth);

	kid_hear(&kid);
	EXPECT_EQ(usertime_session_add_tree(session, kid.pid, &refused), 7, "%s", usertime_message());
	EXPECT_EQ(refused, 0);
	EXPECT_EQ(usertime_session_add_tree(session, kid.pid, NULL), 0);
	kid_tell(&kid, 0);
	EXPECT_EQ(kid_reap(&kid, NULL), 0);
	EXPECT(usertime_session_wait(session, LONG_NS) & USERTIME_READY);
	while (!(usertime_session_wait(session, LONG_NS) & USERTIME_END))
		usleep(1000);
	while (usertime_session_next(session, &record) == 1) {
		forks += record.type == USERTIME_RECORD_FORK;
		exits += record.type == USERTIME_RECORD_EXIT;
	}
	EXPECT_EQ(forks, 4);
	EXPECT_EQ(exits, 11);
	usertime_session_close(session);
}

static void nothing(int signal)
{
	(void)signal;
}

static void waiting(uint32_t flags)
{
	struct usertime_session_options options;
	struct usertime_session *session;
	struct usertime_record record;
	struct kid kid = kid_sleeper();
	struct sigaction action;
	double began;
	int i;

	memset(&options, 0, sizeof(options));
	options.watermark = 3;
	options.flags = flags | USERTIME_SESSION_WAKE_EXIT;
	session = usertime_session_open(&options);
	ASSERT(session, "%s", usertime_message());
	began = tap_now();
	EXPECT_EQ(usertime_session_wait(session, 50 * MS), 0);
	EXPECT(tap_now() - began >= 0.05, "%f s", tap_now() - began);
	ASSERT_EQ(usertime_session_add(session, kid.pid, NULL), 0);
	EXPECT_EQ(usertime_session_wait(session, 0), 0, "one record, below the watermark");
	ASSERT_EQ(usertime_session_sample(session), 0);
	ASSERT_EQ(usertime_session_sample(session), 0);
	EXPECT_EQ(usertime_session_wait(session, LONG_NS), USERTIME_READY);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(usertime_session_next(session, &record), 1);
	EXPECT_EQ(usertime_session_wait(session, 0), 0);

	memset(&action, 0, sizeof(action));
	action.sa_handler = nothing;
	ASSERT_EQ(sigaction(SIGALRM, &action, NULL), 0);
	ualarm(50000, 50000);		/* again, if the first comes too early */
	EXPECT(usertime_session_wait(session, -1) == -1 && errno == EINTR);
	ualarm(0, 0);
	EXPECT(!strcmp(usertime_message(), "cannot wait for records: Interrupted system call"), "%s",
	       usertime_message());

	kid_kill(&kid);
	/* The end is published after the record: perhaps not with it. */
	EXPECT(usertime_session_wait(session, LONG_NS) & USERTIME_READY);
	record = wait_record(session, USERTIME_RECORD_EXIT, kid.pid);
	EXPECT_EQ(usertime_session_wait(session, LONG_NS), USERTIME_END);
	usertime_session_close(session);
}

TEST(waits, "wait: its timeout, the watermark, a signal, an exit, the end")
{
	waiting(0);
	waiting(USERTIME_SESSION_READ);
}

static void busy(struct kid *parent, void *arg)
{
	(void)parent;
	(void)arg;
	burn_forever();
}

TEST(periodic, "a period of 1 ms gives samples without being asked")
{
	struct usertime_session *session = open_with(1 * MS, 0, 0);
	struct kid kid = kid_start(busy, NULL);
	struct usertime_record record, before;
	int i;

	ASSERT_EQ(usertime_session_add(session, kid.pid, NULL), 0);
	before = wait_record(session, USERTIME_RECORD_SAMPLE, kid.pid);
	for (i = 0; i < 10; i++) {
		record = wait_record(session, USERTIME_RECORD_SAMPLE, kid.pid);
		EXPECT(record.time > before.time && record.user >= before.user &&
		       record.start == before.start);
		before = record;
	}
	kid_kill(&kid);
	usertime_session_close(session);
}

static void *wait_for_end(void *data)
{
	struct usertime_session *session = (struct usertime_session *)data;
	struct usertime_record record;
	unsigned long exits = 0;
	int ready;

	do {
		ready = usertime_session_wait(session, LONG_NS);
		ASSERT(ready > 0);
		while (usertime_session_next(session, &record) == 1)
			exits += record.type == USERTIME_RECORD_EXIT;
	} while (!(ready & USERTIME_END));
	return (void *)exits;
}

#define ADDED 100

TEST(threads, "two threads on one session: one waits and takes, one adds")
{
	struct usertime_session *session = open_with(1 * MS, 0, USERTIME_SESSION_WAKE_EXIT);
	struct kid keeper = kid_sleeper(), kid;
	pthread_t thread;
	void *exits;
	int i;

	ASSERT_EQ(usertime_session_add(session, keeper.pid, NULL), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, wait_for_end, session), 0);
	for (i = 0; i < ADDED; i++) {
		kid = kid_start(burner, NULL);
		ASSERT_EQ(usertime_session_add(session, kid.pid, NULL), 0);
		kid_tell(&kid, 0);
		kid_reap(&kid, NULL);
	}
	kid_kill(&keeper);
	ASSERT_EQ(pthread_join(thread, &exits), 0);
	EXPECT_EQ((unsigned long)exits, ADDED + 1);
	usertime_session_close(session);
}

/* ---- messages ---- */

static void expect_message(int error, const char *want)
{
	EXPECT_EQ(errno, error);
	EXPECT(!strcmp(usertime_message(), want), "%s, not %s", usertime_message(), want);
}

static void expect_pid_message(int error, pid_t pid, const char *what)
{
	char want[256];

	snprintf(want, sizeof(want), "%d: %s", pid, what);
	expect_message(error, want);
}

TEST(pid_messages, "what is said of processes that cannot be targets")
{
	struct usertime_session *session = open_with(0, 0, 0);
	struct usertime_registry *registry = usertime_registry_open(NULL);
	struct kid kid = kid_sleeper(), threaded;
	pid_t missing = missing_pid(), tid;
	uint64_t start = 1;
	char want[64];

	ASSERT(registry);
	EXPECT_EQ(usertime_session_add(session, missing, NULL), -1);
	expect_pid_message(ESRCH, missing, "no such process");
	EXPECT_EQ(usertime_session_add_tree(session, missing, NULL), -1);
	expect_pid_message(ESRCH, missing, "no such process");
	EXPECT_EQ(usertime_session_add(session, kid.pid, &start), -1);
	expect_pid_message(ESRCH, kid.pid, "no such process");
	EXPECT_EQ(start, 1);
	EXPECT_EQ(usertime_session_add(session, 2, NULL), -1);
	expect_pid_message(EINVAL, 2, "a kernel thread, which cannot be measured");
	EXPECT_EQ(usertime_session_add(session, -1, NULL), -1);
	expect_pid_message(EINVAL, -1, "not a process that can be measured");
	threaded = kid_threaded(&tid);
	snprintf(want, sizeof(want), "a thread, not a process: its process is %d", threaded.pid);
	EXPECT_EQ(usertime_session_add(session, tid, NULL), -1);
	expect_pid_message(EINVAL, tid, want);
	EXPECT_EQ(usertime_session_remove(session, kid.pid, 0), -1);
	expect_pid_message(ESRCH, kid.pid, "not a target of this session, or not any more");
	EXPECT_EQ(usertime_session_add(session, kid.pid, NULL), 0);
	EXPECT_EQ(usertime_session_add(session, kid.pid, NULL), -1);
	expect_pid_message(EEXIST, kid.pid, "already a target of this session");
	EXPECT_EQ(usertime_session_remove(session, kid.pid, 0), 0);

	EXPECT_EQ(usertime_registry_add(registry, missing), -1);
	expect_pid_message(ESRCH, missing, "no such process");
	EXPECT_EQ(usertime_registry_add(registry, 2), -1);
	expect_pid_message(EINVAL, 2, "a kernel thread, which cannot be measured");
	EXPECT_EQ(usertime_registry_add(registry, tid), -1);
	expect_pid_message(EINVAL, tid, want);
	EXPECT_EQ(usertime_registry_remove(registry, kid.pid), -1);
	expect_pid_message(ESRCH, kid.pid, "not registered");
	usertime_registry_close(registry);
	usertime_session_close(session);
}

static void expect_refused(uint64_t period, uint32_t ring, uint32_t watermark, uint32_t flags,
			   int error, const char *want)
{
	struct usertime_session_options options;

	memset(&options, 0, sizeof(options));
	options.period = period;
	options.ring = ring;
	options.watermark = watermark;
	options.flags = flags;
	errno = 0;
	EXPECT(!usertime_session_open(&options));
	EXPECT_EQ(errno, error);
	EXPECT(strstr(usertime_message(), want), "%s, not %s", usertime_message(), want);
}

TEST(option_messages, "what is said of options that are refused")
{
	expect_refused(UINT64_MAX, 0, 0, 0, EINVAL, "ns: it has to be 0 or from ");
	expect_refused(0, UINT32_MAX, 0, 0, EINVAL, "a ring of 4294967295 records: ");
	expect_refused(0, 64, 65536, 0, EINVAL, "a watermark of 65536 records, and a ring of 64");
	expect_refused(0, 0, 0, 0x4000, EINVAL, "the usertime module does not know the flags 0x4000");
}

/* By the quota of 64 KiB, then by a limit of locked memory, to the smallest. */
static void default_ring_shrinks(const struct usertime_info *info)
{
	struct rlimit three_pages = { 3 * (rlim_t)sysconf(_SC_PAGESIZE), RLIM_INFINITY }, old;
	struct usertime_session *session = usertime_session_open(NULL);
	struct usertime_session_options settings;

	ASSERT(session, "%s", usertime_message());
	usertime_session_settings(session, &settings);
	EXPECT(settings.ring >= info->ring_min && settings.ring < 4096, "%u", settings.ring);
	usertime_session_close(session);
	WAIT_FOR(counter("sessions") == 0);

	ASSERT_EQ(getrlimit(RLIMIT_MEMLOCK, &old), 0);
	three_pages.rlim_max = old.rlim_max;
	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &three_pages), 0);
	session = usertime_session_open(NULL);
	ASSERT(session, "%s", usertime_message());
	usertime_session_settings(session, &settings);
	EXPECT_EQ(settings.ring, info->ring_min);
	usertime_session_close(session);
	WAIT_FOR(counter("sessions") == 0);
	ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &old), 0);
}

static void alice_is_limited(struct kid *parent, void *arg)
{
	struct usertime_session *session;
	struct usertime_info info;
	struct kid own;
	pid_t other = *(pid_t *)arg;
	long i;

	become(ALICE, -1);
	/* Changed credentials make a process, and its children, one that may not be observed. */
	ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	expect_refused(100000, 0, 0, 0, EPERM,
		       "a period of 100000 ns: less than 1000000 ns needs CAP_SYS_NICE");
	ASSERT_EQ(usertime_device_info(&info), 0);
	expect_refused(0, info.ring_max, 0, 0, EDQUOT,
		       "(the module's parameter max_bytes_per_user)");
	default_ring_shrinks(&info);
	session = open_with(1 * MS, 64, 0);
	EXPECT_EQ(usertime_session_add(session, other, NULL), -1);
	expect_pid_message(EPERM, other, "has another user or group, or is protected: needs"
			   " CAP_PERFMON or CAP_SYS_PTRACE");
	for (i = 0; i < 3; i++) {
		own = kid_sleeper();
		EXPECT_EQ(usertime_session_add(session, own.pid, NULL), i < 2 ? 0 : -1);
	}
	expect_pid_message(EDQUOT, own.pid, "over this user's limit: the module's parameter"
			   " max_targets_per_user, or max_rate_per_user, which a longer period"
			   " would keep");
	usertime_session_close(session);
	kid_tell(parent, 0);
	kid_hear(parent);
	EXPECT(!usertime_session_open(NULL));
	expect_message(EPERM, "only CAP_PERFMON may have sampling sessions here: the module's"
		       " parameter unprivileged is 0");
}

TEST(user_messages, "what is said to an unprivileged user")
{
	pid_t own = getpid();
	struct kid alice;

	ASSERT_EQ(param_set_num("max_targets_per_user", 2), 0);
	ASSERT_EQ(param_set_num("max_bytes_per_user", 65536), 0);
	alice = kid_start(alice_is_limited, &own);
	kid_hear(&alice);
	ASSERT_EQ(param_set_num("unprivileged", 0), 0);
	kid_tell(&alice, 0);
	EXPECT_EQ(kid_reap(&alice, NULL), 0);
}

static void alice_unregisters(struct kid *parent, void *arg)
{
	struct usertime_registry *registry;
	pid_t other = *(pid_t *)arg;

	(void)parent;
	become(ALICE, -1);
	registry = usertime_registry_open(NULL);
	ASSERT(registry);
	EXPECT_EQ(usertime_registry_remove(registry, other), -1);
	expect_pid_message(EPERM, other, "neither registered by you nor your own process");
	usertime_registry_close(registry);
}

struct found {
	pid_t pid;
	unsigned int times, entries;
};

static int find_time(pid_t pid, uint64_t user, void *data)
{
	struct found *found = (struct found *)data;

	found->times += pid == found->pid && user > 0;
	return 0;
}

static int find_entry(const struct usertime_registry_entry *entry, void *data)
{
	struct found *found = (struct found *)data;

	found->entries += entry->pid == found->pid && entry->user_ns > 0 &&
			  !strcmp(entry->holders, "0");
	return 0;
}

TEST(registry, "the registry: register, list, unregister; not another's")
{
	struct usertime_registry *registry = usertime_registry_open(NULL);
	struct found found;
	struct kid alice;

	memset(&found, 0, sizeof(found));
	found.pid = getpid();
	burn_user(20);
	ASSERT(registry, "%s", usertime_message());
	EXPECT_EQ(usertime_registry_add(registry, found.pid), 0);
	EXPECT_EQ(usertime_registry_times(NULL, find_time, &found), 0);
	EXPECT_EQ(usertime_registry_list(NULL, find_entry, &found), 0);
	EXPECT(found.times == 1 && found.entries == 1, "%u, %u", found.times, found.entries);
	alice = kid_start(alice_unregisters, &found.pid);
	EXPECT_EQ(kid_reap(&alice, NULL), 0);
	EXPECT_EQ(usertime_registry_remove(registry, found.pid), 0);
	EXPECT_EQ(usertime_registry_times(NULL, find_time, &found), 0);
	EXPECT_EQ(found.times, 1);
	usertime_registry_close(registry);
}

int main(void)
{
	return urt_main();
}
