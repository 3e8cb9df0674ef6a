// SPDX-License-Identifier: GPL-2.0-only
/* The processes that are looked at: see crowd.h. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

/* How long before a tick a process wakes up to be met by it, and how long it stays, ns. */
#define LEAD	60000
#define LAG	20000

/* What the processes share with this one. */
static struct {
	int batch;		/* of processes that may begin: futex */
	int round;		/* in which they run: futex */
	int ready;		/* have got so far */
	int split;		/* have ticks of both kinds */
	u64 first;		/* tick, CLOCK_MONOTONIC */
	u64 tick;		/* its length; ns */
} *stage;

/* Limits. */

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		note("%s cannot be set", path);
	close(fd);
}

/* The control groups above this process bound the number of processes, too. */
static void raise_group_limits(void)
{
	char line[256] = "", path[512], *slash;
	FILE *f = fopen("/proc/self/cgroup", "r");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f) && strncmp(line, "0::", 3))
		;
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	while ((slash = strrchr(line, '/')) && slash[1]) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s/pids.max", line + 3);
		write_text(path, "max");
		*slash = 0;
		if (slash == line + 3)
			break;
	}
}

void crowd_init(void)
{
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (stage == MAP_FAILED)
		die("no memory");
}

void crowd_raise_limits(void)
{
	struct rlimit many = { 2 * MOST_PROCESSES, 2 * MOST_PROCESSES };
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	write_text("/proc/sys/kernel/pid_max", "131072");
	write_text("/proc/sys/kernel/threads-max", "131072");
	raise_group_limits();
	check(setrlimit(RLIMIT_NPROC, &all), "RLIMIT_NPROC");
	check(setrlimit(RLIMIT_NOFILE, &many), "RLIMIT_NOFILE");
}

/* In the processes. */

static void futex_wait(int *word, int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void futex_wake(int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void await_change(int *word, int value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		futex_wait(word, value);
}

static void add(int *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_ACQ_REL);
}

static u64 now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void sleep_until(u64 ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

/*
 * To be met by two ticks while working would take a process 8 million instructions. But ticks come
 * at known times: it is enough to be awake then, one process after the other.
 */
static void take_ticks(int slot)
{
	u64 tick = stage->first + 2ULL * slot * stage->tick;
	char bytes[4096];

	prctl(PR_SET_TIMERSLACK, 1);
	sleep_until(tick - LEAD);
	while (now(CLOCK_MONOTONIC) < tick + LAG)
		;
	tick += stage->tick;
	sleep_until(tick - LEAD);
	/* Long enough a call that the tick comes within it. */
	while (now(CLOCK_MONOTONIC) < tick + LAG)
		syscall(SYS_getrandom, bytes, sizeof(bytes), 0);
}

static bool has_both_ticks(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec || usage.ru_utime.tv_usec) &&
	       (usage.ru_stime.tv_sec || usage.ru_stime.tv_usec);
}

static void *sleep_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void start_threads(int n)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN);
	while (n-- > 0)
		if (pthread_create(&thread, &attr, sleep_forever, NULL))
			_exit(1);
}

static void __attribute__((noreturn)) live(int batch, int slot, int threads, bool ticks)
{
	int round = stage->round;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	start_threads(threads - 1);
	await_change(&stage->batch, batch);
	if (ticks)
		take_ticks(slot);
	if (has_both_ticks())
		add(&stage->split);
	for (;; round++) {
		add(&stage->ready);
		await_change(&stage->round, round);
	}
}

/* In this one. */

/* Until they all have got there, and then sleep: there is one processor, and it goes idle. */
static void await_ready(int n)
{
	while (__atomic_load_n(&stage->ready, __ATOMIC_ACQUIRE) < n)
		usleep(10000);
	usleep(10000);
}

/* Since 6.4 they come at whole multiples of their length on this clock. */
static void plan_ticks(void)
{
	struct timespec resolution;

	clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
	stage->tick = resolution.tv_nsec;
	stage->first = (now(CLOCK_MONOTONIC) / stage->tick + 5) * stage->tick;
}

void crowd_grow(struct crowd *c, int n, int threads, bool ticks)
{
	int batch = stage->batch, from = c->n, slot;
	pid_t pid;

	stage->ready = 0;
	stage->split = 0;
	c->threads = threads;
	for (slot = 0; c->n < n; slot++) {
		pid = fork();
		if (!pid)
			live(batch, slot, threads, ticks);
		c->pid[c->n++] = check(pid, "fork");
	}
	plan_ticks();
	__atomic_store_n(&stage->batch, batch + 1, __ATOMIC_RELEASE);
	futex_wake(&stage->batch);
	await_ready(n - from);
	if (ticks && stage->split < n - from)
		note("%d of %d new processes have ticks of both kinds", stage->split, n - from);
	if (threads > 1)
		snprintf(c->name, sizeof(c->name), "%dx%d", n, threads);
	else
		snprintf(c->name, sizeof(c->name), "%d", n);
}

static int sleep_small(void *unused)
{
	sleep_forever(unused);
	return 0;
}

void crowd_grow_small(struct crowd *c, int n)
{
	enum { STACK = 1024 };
	static char *stacks;

	if (!stacks)
		stacks = malloc((size_t)MOST_PROCESSES * STACK);
	if (!stacks)
		die("no memory");
	for (; c->n < n; c->n++)
		c->pid[c->n] = check(clone(sleep_small, stacks + (c->n + 1) * (size_t)STACK,
					   CLONE_VM | SIGCHLD, NULL), "clone");
	snprintf(c->name, sizeof(c->name), "%d", n);
	usleep(10000);
}

void crowd_run(const struct crowd *c)
{
	stage->ready = 0;
	__atomic_store_n(&stage->round, stage->round + 1, __ATOMIC_RELEASE);
	futex_wake(&stage->round);
	await_ready(c->n);
}

void crowd_kill(struct crowd *c)
{
	int i;

	for (i = 0; i < c->n; i++)
		kill(c->pid[i], SIGKILL);
	for (i = 0; i < c->n; i++)
		waitpid(c->pid[i], NULL, 0);
	c->n = 0;
}
