// SPDX-License-Identifier: GPL-2.0-only
/*
 * 500 short processes, registered before they run on and ended: the sum of their final values
 * against wait4().
 *
 * With several CPUs wait4() itself loses the last slice of a process that is reaped before its
 * final switch, and it reports whole microseconds, so ours may be larger by that. With one CPU both
 * agree.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

#include "urt.h"

#define TOTAL 500
#define BATCH 20
#define THREADS 3

static void *burn_some(void *arg)
{
	burn_thread((long)arg);
	return NULL;
}

static void with_threads(long ms)
{
	pthread_t thread[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, burn_some, (void *)ms), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

static void short_process(struct kid *parent, void *arg)
{
	long kind = (long)arg;

	kid_hear(parent);
	switch (kind % 4) {
	case 0:
		execl("/bin/true", "true", NULL);
		_exit(1);
	case 1:
		burn_user(1 + kind % 3);
		break;
	case 2:
		with_threads(1);
		break;
	default:
		burn_system(1 + kind % 3);
	}
}

struct sums {
	u64 user, both;
};

/*
 * user: what wait4() says, but no less than what was shown when the process was registered. Before
 * its first tick the kernel calls all its time user time, and values never go backwards.
 */
static void run_batch(struct sums *waited, long first, pid_t *pid, u64 *user)
{
	struct kid kid[BATCH];
	struct rusage usage;
	int i;

	for (i = 0; i < BATCH; i++) {
		kid[i] = kid_start(short_process, (void *)(first + i));
		ASSERT_EQ(urt_register(kid[i].pid), 0);
		user[i] = value_of(kid[i].pid);
	}
	for (i = 0; i < BATCH; i++)
		kid_tell(&kid[i], 0);
	for (i = 0; i < BATCH; i++) {
		ASSERT_EQ(kid_reap(&kid[i], &usage), 0);
		pid[i] = kid[i].pid;
		user[i] = max_u64(user[i], timeval_ns(usage.ru_utime));
		waited->user += user[i];
		waited->both += timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
	}
}

TEST(sums, "500 short processes: the sum of their final values is wait4()'s")
{
	static pid_t pid[TOTAL];
	static u64 user[TOTAL];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct sums ours = { 0 }, waited = { 0 };
	u64 limit, rounding, refreshes = counter("refreshes");
	int total = max_u64(fewer(TOTAL) / BATCH, 1) * BATCH, i;

	for (i = 0; i < total; i += BATCH)
		run_batch(&waited, i, pid + i, user + i);
	EXPECT_EQ(counter("targets"), (u64)total);
	for (i = 0; i < total; i++) {
		struct detail d = wait_final(pid[i]);

		EXPECT(distance(d.user, user[i]) <= kernel_tick(), "%d: user %llu, wait4 %llu", i,
		       d.user, user[i]);
		EXPECT_EQ(value_of(pid[i]), d.user);
		ours.user += d.user;
		ours.both += d.user + d.system;
	}
	EXPECT_EQ(counter("refreshes"), refreshes);
	rounding = 2000ULL * total;
	limit = waited.both / (cpus > 1 ? 100 : 1000);
	tap_note("%ld CPUs; user %llu, wait4 %llu; both %llu, wait4 %llu", cpus, ours.user,
		 waited.user, ours.both, waited.both);
	EXPECT(ours.both + waited.both / 1000 >= waited.both, "%llu, wait4 %llu", ours.both,
	       waited.both);
	EXPECT(ours.both <= waited.both + limit + rounding, "%llu, wait4 %llu", ours.both,
	       waited.both);
	EXPECT(distance(ours.user, waited.user) <= waited.user / 50 + rounding,
	       "user %llu, wait4 %llu", ours.user, waited.user);
}

int main(void)
{
	return urt_main();
}
