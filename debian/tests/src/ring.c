// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of /dev/urt: what fits and what does not, a hostile consumer, the periods, and records
 * that stay whole under stress.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "dev.h"

/* The smallest ring, whatever the size of a page. */
static unsigned int smallest(void)
{
	return sysconf(_SC_PAGESIZE) / sizeof(struct usertime_record);
}

TEST(drops, "a reader that stops: samples are dropped and counted, an EXIT still fits, later all is right")
{
	unsigned int size = smallest(), n, i;
	struct usertime_record *r = calloc(size, sizeof(*r));
	struct kid kids[3] = { kid_sleeper(), kid_sleeper(), kid_sleeper() };
	struct dev d = dev_start_mapped(0, size, 0);
	u64 lost;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(dev_add(d.fd, kids[i].pid, NULL), 0);
	for (i = 0; i < size; i++)
		ASSERT_EQ(dev_sample(d.fd), 0);
	/* 3 + 3 * size samples, of which size - 4 fit: one slot for each EXIT, one for LOST. */
	EXPECT_EQ(d.producer->head, size - 4);
	lost = d.producer->lost_samples;
	EXPECT_EQ(lost, 3 + 3 * size - (size - 4));
	EXPECT_EQ(counter("records_dropped") >= lost, 1);

	kid_kill(&kids[0]);
	/* Where it takes long to leave its processor, a sample does not wait for that. */
	ASSERT_EQ(dev_sample(d.fd), 0);
	WAIT_FOR(d.producer->targets == 2);
	EXPECT_EQ(d.producer->lost_exits, 0);
	n = dev_take(&d, r, size);
	for (i = 0; i < size - 4; i++)
		ASSERT_EQ(r[i].type, USERTIME_RECORD_SAMPLE);
	/* The EXIT. What was lost has a slot when there are more. */
	ASSERT_EQ(n, size - 3);
	EXPECT(r[i].type == USERTIME_RECORD_EXIT && r[i].pid == (unsigned int)kids[0].pid, "type %u",
	       r[i].type);
	ASSERT_EQ(dev_sample(d.fd), 0);
	n = dev_take(&d, r, size);
	for (lost = 0, i = 0; i < n; i++)
		if (r[i].type == USERTIME_RECORD_LOST)
			lost += r[i].lost_samples;
	EXPECT_EQ(lost, d.producer->lost_samples, "in LOST records");
	EXPECT(r[n - 1].type == USERTIME_RECORD_SAMPLE && r[n - 2].type == USERTIME_RECORD_SAMPLE);
	free(r);
}

/* However often samples are lost between the exits. */
TEST(exits_fit, "a reader that stops while its targets exit one by one: each EXIT fits, and what was lost")
{
	unsigned int size = smallest(), kids = size / 2 - 2, n, i, exits = 0;
	struct usertime_record *r = calloc(size, sizeof(*r));
	struct kid *k = calloc(kids, sizeof(*k));
	struct dev d = dev_start_mapped(0, size, 0);
	u64 lost = 0, before;

	for (i = 0; i < kids; i++) {
		k[i] = kid_sleeper();
		ASSERT_EQ(dev_add(d.fd, k[i].pid, NULL), 0);
	}
	ASSERT_EQ(dev_sample(d.fd), 0);
	for (i = 0; i < kids; i++) {
		before = d.producer->lost_samples;
		ASSERT_EQ(dev_sample(d.fd), 0);
		ASSERT(d.producer->lost_samples > before);
		kid_kill(&k[i]);
	}
	ASSERT_EQ(dev_sample(d.fd), 0);
	WAIT_FOR(d.producer->targets == 0);
	EXPECT_EQ(d.producer->lost_exits, 0);
	n = dev_take(&d, r, size);
	for (i = 0; i < n; i++) {
		exits += r[i].type == USERTIME_RECORD_EXIT;
		if (r[i].type == USERTIME_RECORD_LOST)
			lost += r[i].lost_samples;
	}
	EXPECT_EQ(exits, kids);
	EXPECT_EQ(lost, d.producer->lost_samples, "in LOST records");
	free(r);
	free(k);
}

static void burn_and_end(struct kid *parent, void *arg)
{
	(void)arg;
	kid_hear(parent);
	burn_user(3);
}

TEST(lost_exits, "EXIT records that do not fit: their times are in the sums, to the last")
{
	unsigned int size = smallest(), kids = size - 10, n, i, exits = 0;
	struct usertime_record *r = calloc(2 * size, sizeof(*r));
	struct kid *k = calloc(kids, sizeof(*k));
	struct dev d, whole;
	u64 sum = 0, want = 0;

	for (i = 0; i < kids; i++)
		k[i] = kid_start(burn_and_end, NULL);
	d = dev_start_mapped(0, size, 0);
	whole = dev_start_mapped(0, 16 * size, 0);
	for (i = 0; i < kids; i++)
		ASSERT(!dev_add(d.fd, k[i].pid, NULL) && !dev_add(whole.fd, k[i].pid, NULL));
	ASSERT_EQ(dev_sample(d.fd), 0);
	EXPECT_EQ(d.producer->head, size / 2, "at most half is kept for EXIT records");
	for (i = 0; i < kids; i++)
		kid_tell(&k[i], 0);
	for (i = 0; i < kids; i++)
		kid_reap(&k[i], NULL);
	ASSERT_EQ(dev_sample(d.fd), 0);
	ASSERT_EQ(dev_sample(whole.fd), 0);
	WAIT_FOR(d.producer->targets == 0 && whole.producer->targets == 0);

	/* One slot is for LOST, after the last. */
	EXPECT_EQ(d.producer->lost_exits, kids - (size / 2 - 1));
	sum = d.producer->lost_user + d.producer->lost_system;
	n = dev_take(&d, r, 2 * size);
	for (i = 0; i < n; i++) {
		if (r[i].type == USERTIME_RECORD_EXIT) {
			exits++;
			sum += r[i].user + r[i].system;
		}
	}
	EXPECT_EQ(exits, size / 2 - 1);
	EXPECT_EQ(r[n - 1].type, USERTIME_RECORD_LOST);
	EXPECT_EQ(r[n - 1].lost_exits, d.producer->lost_exits);
	EXPECT_EQ(r[n - 1].user + r[n - 1].system,
		  d.producer->lost_user + d.producer->lost_system);

	while (dev_next(&whole, r))
		if (r->type == USERTIME_RECORD_EXIT)
			want += r->user + r->system;
	EXPECT(want >= kids * 3 * MS);
	EXPECT_EQ(sum, want, "what a ring that is large enough says");
	free(r);
	free(k);
}

TEST(hostile, "whatever is in the consumer's page: the kernel goes on, other sessions do not notice")
{
	struct kid kids[20];
	struct usertime_record r;
	struct dev d, other;
	unsigned int i, *page, head, exits = 0;
	u64 before, lost;

	for (i = 0; i < 20; i++)
		kids[i] = kid_sleeper();
	d = dev_start_mapped(1 * MS, smallest(), USERTIME_SETUP_WAKE_EXIT);
	other = dev_start_mapped(0, 4096, 0);
	for (i = 0; i < 20; i++)
		ASSERT(!dev_add(d.fd, kids[i].pid, NULL) && !dev_add(other.fd, kids[i].pid, NULL));
	page = (unsigned int *)d.consumer;
	before = d.producer->refreshes;
	srand(1);
	while (d.producer->refreshes < before + 500) {
		for (i = 0; i < d.setup.consumer_size / sizeof(*page); i++)
			((volatile unsigned int *)page)[i] = (unsigned int)rand() * 2654435761U;
		d.consumer->tail = d.producer->head + (unsigned int)rand() % 200 - 100;
	}
	for (i = 0; i < 10; i++)
		kid_kill(&kids[i]);
	/* A tail that cannot be makes the ring full: nothing that is unread is overwritten. */
	d.consumer->tail = d.producer->head ^ 0x80000000;
	ASSERT_EQ(dev_sample(d.fd), 0);
	head = d.producer->head;
	lost = d.producer->lost_samples;
	ASSERT_EQ(dev_sample(d.fd), 0);
	EXPECT_EQ(d.producer->head, head);
	EXPECT(d.producer->lost_samples >= lost + 10, "%llu after %llu",
	       (u64)d.producer->lost_samples, lost);
	/* A reasonable tail, and all is well again. */
	d.consumer->tail = d.producer->head;
	ASSERT_EQ(dev_sample(d.fd), 0);
	for (i = 10; i < 20; i++)
		EXPECT_EQ(dev_wait(&d, USERTIME_RECORD_SAMPLE, kids[i].pid).threads, 1);
	ASSERT_EQ(dev_sample(other.fd), 0);
	EXPECT_EQ(other.producer->lost_samples + other.producer->lost_exits, 0);
	/* In the order in which they left their processors. */
	while (dev_next(&other, &r))
		exits += r.type == USERTIME_RECORD_EXIT;
	EXPECT_EQ(exits, 10);
}

static void show(u64 *intervals, unsigned int n)
{
	static const u64 limits[] = { 500, 900, 1100, 1500, 2000, 5000, 10000, ~0ULL };
	unsigned int i, j = 0, count[8] = { 0 };

	for (i = 0; i < n; i++) {
		for (j = 0; intervals[i] / 1000 >= limits[j]; j++)
			;
		count[j]++;
	}
	for (j = 0; j < 8; j++)
		if (count[j])
			tap_note("intervals below %lld us: %u", (long long)limits[j], count[j]);
}

/* The time of the next period, and the counters as of its end. */
static u64 last_period(struct dev *d, pid_t pid, u64 *refreshes, u64 *missed)
{
	unsigned int head;
	struct usertime_record r;
	u64 time;

	do {
		time = dev_wait(d, USERTIME_RECORD_SAMPLE, pid).time;
		while (dev_next(d, &r))
			if (r.pid == (unsigned int)pid)
				time = r.time;
		head = d->producer->head;
		*refreshes = d->producer->refreshes;
		*missed = d->producer->missed_periods;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (*(volatile unsigned int *)&d->producer->head != head || d->consumer->tail != head);
	return time;
}

TEST(periods, "1 ms, 100 targets, 10 s: each period is there or counted as missed")
{
	enum { TARGETS = 100 };
	static u64 intervals[20000];
	struct kid kids[TARGETS];
	struct usertime_record r;
	unsigned int i, n = 0, samples = 0;
	u64 first, last, elapsed, refreshes, missed, refreshes_now, missed_now;
	struct dev d;

	for (i = 0; i < TARGETS; i++)
		kids[i] = kid_sleeper();
	d = dev_start_mapped(1 * MS, 1 << 16, 0);
	for (i = 0; i < TARGETS; i++)
		ASSERT_EQ(dev_add(d.fd, kids[i].pid, NULL), 0);
	while (dev_next(&d, &r))
		;
	first = last_period(&d, kids[0].pid, &refreshes, &missed);
	last = first;
	/* The first target is sampled first in each period. */
	while (last - first < 10000 * MS) {
		while (dev_next(&d, &r)) {
			ASSERT_EQ(r.type, USERTIME_RECORD_SAMPLE);
			samples++;
			if (r.pid != (unsigned int)kids[0].pid)
				continue;
			if (n < 20000)
				intervals[n++] = r.time - last;
			last = r.time;
		}
		usleep(5000);
	}
	elapsed = (last_period(&d, kids[0].pid, &refreshes_now, &missed_now) - first) / MS;
	refreshes = refreshes_now - refreshes;
	missed = missed_now - missed;
	show(intervals, n);
	tap_note("%llu periods, %llu sampled, %llu missed", elapsed, refreshes, missed);
	EXPECT_EQ(d.producer->lost_samples, 0);
	/* A machine that stands still in the midst of a period counts on afterwards. */
	EXPECT(distance(refreshes + missed, elapsed) <= 20 + elapsed / 20, "%llu + %llu of %llu",
	       refreshes, missed, elapsed);
	EXPECT(distance(samples, n * TARGETS) < 2 * TARGETS, "%u samples in %u periods", samples,
	       n);
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0, "errno %d", errno);
}

/*
 * Where there are two processors, on another than the session's timer: it runs where it was started, and
 * a real-time kernel has a thread for it, which would take part of each period.
 */
static void spin(struct kid *parent, void *arg)
{
	(void)arg;
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		stay_on(1);
	kid_hear(parent);
	burn_forever();
}

/* Intervals between two records of a process that ran at both ends, and how it grew in them. */
struct growth {
	unsigned int records;
	unsigned int ran;
	unsigned int exact;	/* by the time between, within 5 % */
	unsigned int still;	/* not at all */
};

static struct growth measure_growth(struct dev *d, unsigned int records)
{
	/* Not when its processor was taken by somebody else, or by us. */
	unsigned int running = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? USERTIME_FLAG_ESTIMATED : 0;
	struct growth g = { 0 };
	struct usertime_record r, last = { 0 };

	for (; g.records < records; g.records++) {
		WAIT_FOR(dev_next(d, &r));
		if (last.time && (r.flags & last.flags & running) == running) {
			u64 time = r.time - last.time;
			u64 grown = r.user + r.system - last.user - last.system;

			g.ran++;
			g.exact += distance(grown, time) <= time / 20;
			g.still += !grown;
		}
		last = r;
	}
	return g;
}

/* With ticks, 3 of 4 would stand still and none be exact. */
static bool is_no_staircase(const struct growth *g)
{
	return g->ran >= g->records / 5 && g->exact >= g->ran * 7 / 10 && g->still <= g->ran / 5;
}

/*
 * A busy machine takes time away from the process, and from the sampler between a look at the clock and
 * one at the process: that makes records worse, never better. So it is enough that some stretch is right.
 */
TEST(no_staircase, "a process that spins grows in every record by the time since the last")
{
	struct kid k = kid_start(spin, NULL);
	struct dev d = dev_start_mapped(1 * MS, 1 << 14, 0);
	struct growth g;
	unsigned int stretches = 0;

	stay_on(0);
	ASSERT_EQ(dev_add(d.fd, k.pid, NULL), 0);
	kid_tell(&k, 0);
	do {
		g = measure_growth(&d, 500);
	} while (!is_no_staircase(&g) && ++stretches < 60);
	tap_note("in stretch %u, %u of %u grew by their interval within 5 %%, %u not at all", stretches,
		 g.exact, g.ran, g.still);
	EXPECT(is_no_staircase(&g), "it ran in %u of %u", g.ran, g.records);
}

/* ---- stress ---- */

static void *burn_a_while(void *arg)
{
	burn_thread(1 + (long)arg % 3);
	return NULL;
}

/* Forks, threads and execs without end. */
static void churn(struct kid *parent, void *arg)
{
	pthread_t thread;
	long i;

	(void)arg;
	kid_hear(parent);
	for (i = 0;; i++) {
		pid_t child = fork();

		if (!child) {
			if (i % 3 == 0)
				execl("/bin/true", "true", NULL);
			if (i % 3 == 1 && !pthread_create(&thread, NULL, burn_a_while, (void *)i))
				pthread_join(thread, NULL);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}

/* What is known of a process: its last record. */
struct known {
	u64 start, user, system, minor, major;
	bool ended;
};

static void check_against(struct known *known, const struct usertime_record *r)
{
	struct known *k = &known[r->pid];

	if (r->type == USERTIME_RECORD_LOST)
		return;
	if (k->start != r->start) {
		ASSERT(k->start < r->start, "start %llu after %llu", (u64)r->start, k->start);
		*k = (struct known) { .start = r->start };
	}
	ASSERT(!k->ended, "type %u of %u after its EXIT", r->type, r->pid);
	if (r->type != USERTIME_RECORD_SAMPLE && r->type != USERTIME_RECORD_EXIT)
		return;
	ASSERT(r->user >= k->user && r->system >= k->system && r->minor_faults >= k->minor &&
	       r->major_faults >= k->major, "%u went back", r->pid);
	k->user = r->user;
	k->system = r->system;
	k->minor = r->minor_faults;
	k->major = r->major_faults;
	k->ended = r->type == USERTIME_RECORD_EXIT;
}

TEST(stress, "60 s of forks at 1 ms, in a ring that is too small: no record is damaged")
{
	struct known *known = calloc(1 << 22, sizeof(*known));
	struct usertime_record r;
	u64 records = 0, lost[4] = { 0 };
	struct kid kids[4];
	unsigned int i;
	struct dev d;
	double end;

	for (i = 0; i < 4; i++)
		kids[i] = kid_start(churn, NULL);
	d = dev_start_mapped(1 * MS, smallest(), USERTIME_SETUP_FOLLOW | USERTIME_SETUP_WAKE_EXIT);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(dev_add(d.fd, kids[i].pid, NULL), 0);
		kid_tell(&kids[i], 0);
	}
	for (end = tap_now() + fewer(60); tap_now() < end;) {
		while (dev_next(&d, &r)) {
			check_against(known, &r);
			records++;
			if (r.type != USERTIME_RECORD_LOST)
				continue;
			lost[0] += r.lost_samples;
			lost[1] += r.lost_exits;
			lost[2] += r.lost_events;
			lost[3] += r.lost_children;
		}
		usleep(records % 7 * 1000);
	}
	tap_note("%llu records; lost %llu samples, %llu exits, %llu events, %llu children", records,
		 lost[0], lost[1], lost[2], lost[3]);
	EXPECT(records > 1000 && lost[0] > 0, "%llu records, %llu lost", records, lost[0]);
	for (i = 0; i < 4; i++)
		kid_kill(&kids[i]);
	/* What was lost in all is what the LOST records say, once the last of them is there. */
	WAIT_FOR(d.producer->targets == 0);
	free(known);
}

int main(void)
{
	return urt_main();
}
