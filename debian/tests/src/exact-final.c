// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exact final values: what a process that ended between two refreshes shows until the next one is
 * what wait4() reported for it, however it ended. No refresh takes place meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "urt.h"

struct variant {
	void (*end)(struct kid *parent);	/* burns, then ends the process */
	bool killed;				/* by the test, with SIGKILL, when it says so */
	bool reaped_at_once;
};

static void run_variant(struct kid *parent, void *arg)
{
	const struct variant *v = arg;

	kid_hear(parent);
	v->end(parent);
}

static void by_exit(struct kid *parent)
{
	(void)parent;
	burn_user(120);
	exit(7);
}

static void by_underscore_exit(struct kid *parent)
{
	(void)parent;
	burn_user(33);
	_exit(0);
}

static void at_once(struct kid *parent)
{
	(void)parent;
	_exit(0);
}

static void in_kernel(struct kid *parent)
{
	(void)parent;
	burn_user(50);
	burn_system(100);
	_exit(0);
}

static void looked_at(struct kid *parent)
{
	struct rusage usage;
	int i;

	(void)parent;
	for (i = 1; i <= 20; i++) {
		burn_user(i % 5);
		getrusage(RUSAGE_SELF, &usage);
		burn_system(i % 3);
		getrusage(RUSAGE_SELF, &usage);
	}
	_exit(0);
}

static void until_killed(struct kid *parent)
{
	burn_user(77);
	kid_tell(parent, 0);
	burn_forever();
}

static void by_exec(struct kid *parent)
{
	(void)parent;
	burn_user(10);
	execl("/bin/true", "true", NULL);
}

static void *burn_on(void *arg)
{
	(void)arg;
	burn_forever();
}

static void start_burners(int n)
{
	pthread_t thread;

	while (n--)
		ASSERT_EQ(pthread_create(&thread, NULL, burn_on, NULL), 0);
}

static void group_exit(struct kid *parent)
{
	(void)parent;
	start_burners(6);
	burn_thread(40);
	_exit(0);
}

static void group_until_killed(struct kid *parent)
{
	start_burners(3);
	burn_thread(40);
	kid_tell(parent, 0);
	burn_forever();
}

static void *exit_group_soon(void *arg)
{
	burn_thread(30);
	_exit((long)arg);
}

static void thread_exits_group(struct kid *parent)
{
	pthread_t thread;

	(void)parent;
	start_burners(2);
	ASSERT_EQ(pthread_create(&thread, NULL, exit_group_soon, NULL), 0);
	burn_forever();
}

static void *outlive_leader(void *arg)
{
	burn_thread((long)arg);
	WAIT_FOR(proc_state_of(getpid()) == 'Z');
	burn_thread((long)arg);
	syscall(SYS_exit, 0);
	return NULL;
}

static void leader_first(struct kid *parent)
{
	pthread_t thread;
	long ms;

	(void)parent;
	for (ms = 10; ms <= 40; ms += 10)
		ASSERT_EQ(pthread_create(&thread, NULL, outlive_leader, (void *)ms), 0);
	burn_thread(20);
	syscall(SYS_exit, 0);
}

/*
 * Before the first tick the kernel calls all time user time, and values never go backwards, so what
 * was shown when it was registered may keep a side above what wait4() says. Of one that is a zombie
 * all else is the same to the microsecond; one reaped at once still uses some time afterwards, which
 * is ours alone: ticks of it where the processor is emulated and has to wait for another one's turn.
 */
static void check_final(struct kid *k, struct rusage *usage, const struct detail *first,
			bool reaped_at_once)
{
	u64 user = timeval_ns(usage->ru_utime), sum = user + timeval_ns(usage->ru_stime);
	struct detail d = detail_of(k->pid);	/* at once: wait4() has returned */
	u64 got = d.user + d.system;
	u64 late = reaped_at_once ? 10 * kernel_tick() : 2000;

	EXPECT_EQ(value_of(k->pid), d.user);
	EXPECT_EQ(d.state, 'X');
	EXPECT(distance(d.user, user) <= late + max_u64(first->user, first->system),
	       "user %llu, wait4 %llu, at first %llu + %llu", d.user, user, first->user,
	       first->system);
	EXPECT(got + 2000 >= sum && got <= sum + late, "sum %llu, wait4 %llu", got, sum);
	EXPECT_EQ(d.minor, usage->ru_minflt);
	EXPECT_EQ(d.major, usage->ru_majflt);
}

/* The line lasts until the next refresh, and no longer. */
static void check_gone(struct kid *k, u64 refreshes)
{
	u64 exited = counter("exited");

	EXPECT_EQ(counter("refreshes"), refreshes, "no refresh since it was registered");
	EXPECT_EQ(counter("targets"), 1);
	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	WAIT_FOR(!listed(k->pid));
	EXPECT_EQ(counter("targets"), 0);
	EXPECT_EQ(counter("exited"), exited + 1);
	ASSERT_EQ(param_set_num("period_ms", FROZEN), 0);
}

static void try_variant(const struct variant *v)
{
	struct kid k = kid_start(run_variant, (void *)v);
	u64 refreshes = counter("refreshes");
	struct detail first;
	struct rusage usage;

	ASSERT_EQ(urt_register(k.pid), 0);
	first = detail_of(k.pid);
	kid_tell(&k, 0);
	if (v->killed) {
		kid_hear(&k);
		ASSERT_EQ(kill(k.pid, SIGKILL), 0);
	}
	if (!v->reaped_at_once) {
		kid_wait_zombie(&k);
		wait_final(k.pid);
	}
	kid_reap(&k, &usage);
	check_final(&k, &usage, &first, v->reaped_at_once);
	check_gone(&k, refreshes);
}

/* Several times each, left a zombie for a while and reaped at once in turn. */
static void try_end(void (*end)(struct kid *parent), bool killed)
{
	struct variant v = { .end = end, .killed = killed };
	int i;

	for (i = 0; i < 8; i++) {
		v.reaped_at_once = i % 2;
		try_variant(&v);
	}
}

TEST(t_exit, "exit()")
{
	try_end(by_exit, false);
}

TEST(t_underscore_exit, "_exit()")
{
	try_end(by_underscore_exit, false);
}

TEST(t_at_once, "a process that ends at once")
{
	try_end(at_once, false);
}

TEST(t_in_kernel, "a process that was in the kernel most of the time")
{
	try_end(in_kernel, false);
}

TEST(t_looked_at, "a process at which the kernel was asked to look meanwhile")
{
	try_end(looked_at, false);
}

TEST(t_killed, "killed while it burns")
{
	try_end(until_killed, true);
}

TEST(t_exec, "a program that was executed and ends at once")
{
	try_end(by_exec, false);
}

TEST(t_group, "_exit() of the leader while six threads burn")
{
	try_end(group_exit, false);
}

TEST(t_group_killed, "killed while four threads burn")
{
	try_end(group_until_killed, true);
}

TEST(t_thread, "_exit() of another thread than the leader")
{
	try_end(thread_exits_group, false);
}

TEST(t_leader_first, "the leader exits first, then the other threads one by one")
{
	try_end(leader_first, false);
}

/* Of a process itself: when it entered its cgroup, and last. */
struct last_words {
	volatile u64 entering, entered, user;
};

static void unwatched(struct kid *parent, void *arg)
{
	struct last_words *words = arg;
	struct rusage usage;

	words->entering = cpu_clock_of(getpid());
	cgroup_enter();
	words->entered = cpu_clock_of(getpid());
	kid_tell(parent, 0);
	kid_hear(parent);
	burn_user(60);
	getrusage(RUSAGE_SELF, &usage);
	words->user = timeval_ns(usage.ru_utime);
	_exit(0);
}

TEST(t_ignored, "a process that nobody waits for (SIGCHLD ignored)")
{
	struct last_words *words = mmap(NULL, sizeof(*words), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u64 refreshes = counter("refreshes"), sum, in_cgroup;
	struct detail d;
	struct kid k;

	cgroup_make();
	signal(SIGCHLD, SIG_IGN);
	k = kid_start(unwatched, words);
	kid_hear(&k);
	ASSERT_EQ(urt_register(k.pid), 0);
	kid_tell(&k, 0);
	WAIT_FOR(kill(k.pid, 0));
	d = wait_final(k.pid);
	EXPECT(d.user >= words->user, "user %llu, its own figure %llu", d.user,
	       words->user);
	sum = d.user + d.system;
	in_cgroup = cgroup_ns();
	cgroup_remove();
	EXPECT(sum + kernel_tick() >= words->entering + in_cgroup, "sum %llu, the cgroup's %llu",
	       sum, in_cgroup);
	EXPECT(sum <= words->entered + in_cgroup + kernel_tick(), "sum %llu, the cgroup's %llu",
	       sum, in_cgroup);
	check_gone(&k, refreshes);
}

TEST(t_unregistered, "U of a dying process, and one that dies while it is registered over and over")
{
	struct variant v = { .end = at_once };
	unsigned int rounds = fewer(300), i;
	u64 exits = counter("exits_caught");
	int ret;

	ASSERT_EQ(param_set_num("period_ms", 10), 0);
	for (i = 0; i < rounds; i++) {
		struct kid k = kid_start(run_variant, &v);

		ASSERT_EQ(urt_register(k.pid), 0);
		kid_tell(&k, 0);
		do {
			ret = i % 2 ? urt_register(k.pid) : urt_unregister(k.pid);
		} while (!ret && i % 2);
		EXPECT(!ret || ret == -ESRCH, "%d", ret);
		kid_reap(&k, NULL);
	}
	WAIT_FOR(counter("targets") == 0);
	EXPECT(counter("exits_caught") >= exits + rounds / 2, "%llu after %llu",
	       counter("exits_caught"), exits);
}

int main(void)
{
	return urt_main();
}
