// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: split [LETTERS]
 *
 * How right is the split into user and system time? Runs loads whose user time is known, once in a
 * precise session and once in one that is not, and compares; counts, too, what precise mode costs the
 * loads and those that have nothing to do with it. In a guest of one processor under icount.
 *
 * Output: "split NAME RUNS TRUTH PRECISE WAIT4 MEAN WORST LOOKS COST LIMIT TEXT": shares of user time and
 * errors of single processes in percent; and "cost NAME VALUE LIMIT".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "split.h"
#include "usertime.h"

static long check(long value, const char *what)
{
	if (value < 0) {
		perror(what);
		exit(1);
	}
	return value;
}

static int open_session(unsigned int flags)
{
	struct usertime_setup setup = { .ring = 4096, .flags = USERTIME_SETUP_FOLLOW | flags };
	struct usertime_target self = { .pid = getpid() };
	int fd = check(open(USERTIME_DEVICE_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK), "open");

	check(ioctl(fd, USERTIME_IOC_SETUP, &setup), "setup");
	check(ioctl(fd, USERTIME_IOC_ADD, &self), "add");
	return fd;
}

/* The EXIT record of @pid. */
static struct usertime_record exit_of(int fd, pid_t pid)
{
	struct usertime_record r;

	check(ioctl(fd, USERTIME_IOC_SAMPLE), "sample");
	while (read(fd, &r, sizeof(r)) == sizeof(r))
		if (r.type == USERTIME_RECORD_EXIT && (pid_t)r.pid == pid)
			return r;
	fprintf(stderr, "no EXIT record\n");
	exit(1);
}

struct outcome {
	u64 user, total;		/* as records have it */
	u64 truth;
	u64 rusage;			/* user time that wait4() has */
	u64 looks;
	double mean, worst;		/* errors of single processes, points */
};

static void run_one(int fd, const struct load *load, u64 *shared, struct outcome *o)
{
	struct usertime_record r;
	struct rusage usage;
	double error;
	int status;
	pid_t pid;

	pid = check(fork(), "fork");
	if (!pid) {
		*shared = load->run();
		_exit(0);
	}
	check(wait4(pid, &status, 0, &usage), "wait4");
	if (status) {
		fprintf(stderr, "%s: status %d\n", load->name, status);
		exit(1);
	}
	r = exit_of(fd, pid);
	o->user += r.user;
	o->total += r.user + r.system;
	o->truth += *shared;
	o->rusage += usage.ru_utime.tv_sec * 1000000000ULL + usage.ru_utime.tv_usec * 1000;
	o->looks += r.samples;
	error = ((double)r.user - *shared) * 100 / (r.user + r.system);
	error = error < 0 ? -error : error;
	o->mean += error / load->runs;
	o->worst = error > o->worst ? error : o->worst;
}

static struct outcome run_load(const struct load *load, unsigned int flags)
{
	u64 *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = open_session(flags), i;
	struct outcome o = { 0 };

	*shared = 0;
	for (i = 0; i < load->runs; i++)
		run_one(fd, load, shared, &o);
	close(fd);
	munmap(shared, 4096);
	return o;
}

static double share(u64 part, u64 total)
{
	return part * 100.0 / total;
}

static void limit(const char *name, double value, double most)
{
	printf("cost %s %.2f %.2f\n", name, value, most);
}

/* Of all loads of a millisecond that are not one thing altogether, points. */
static double mean_error, worst_error;

static void compare(const struct load *load)
{
	struct outcome tick = run_load(load, 0), o = run_load(load, USERTIME_SETUP_PRECISE);
	double cost = ((double)o.total - tick.total) * 100 / tick.total;

	printf("split %s %d %.2f %.2f %.2f %.2f %.2f %.1f %.2f %.2f %s\n", load->name, load->runs,
	       share(o.truth, o.total), share(o.user, o.total), share(tick.rusage, tick.total),
	       o.mean, o.worst, (double)o.looks / load->runs, cost, load->limit, load->text);
	if (!strcmp(load->name, "B"))
		limit("first-millisecond", cost, 6);
	if (!strcmp(load->name, "D"))
		limit("long-run", cost, 1.1);
	if (strchr("BC", load->name[0])) {
		mean_error = o.mean > mean_error ? o.mean : mean_error;
		worst_error = o.worst > worst_error ? o.worst : worst_error;
	}
}

/* ---- what it costs others, that are no targets: a switch of threads, a system call ---- */

enum { YIELDS = 2000 };

static u64 yield_many(void)
{
	u64 begin = instructions_now();
	int i;

	for (i = 0; i < YIELDS; i++)
		sched_yield();
	return instructions_now() - begin;
}

/* Least of some: two processes that yield to each other. */
static double cost_of_switch(void)
{
	u64 least = -1, took;
	pid_t other;
	int i;

	other = check(fork(), "fork");
	if (!other)
		for (;;)
			sched_yield();
	for (i = 0; i < 30; i++) {
		took = yield_many();
		least = took < least ? took : least;
	}
	kill(other, 9);
	waitpid(other, NULL, 0);
	return (double)least / YIELDS / 2;
}

/* Least of some: a system call of a process that is no target. */
static double cost_of_call(void)
{
	u64 least = -1, begin, took;
	int i, j;

	for (i = 0; i < 30; i++) {
		begin = instructions_now();
		for (j = 0; j < YIELDS; j++)
			syscall(SYS_getppid);
		took = instructions_now() - begin;
		least = took < least ? took : least;
	}
	return (double)least / YIELDS;
}

static void measure_others(void)
{
	double before, with, after, call_before, call_with;
	pid_t target = check(fork(), "fork");
	struct usertime_target t = { .pid = target };
	struct usertime_setup setup = { .ring = 64, .flags = USERTIME_SETUP_PRECISE };
	int fd;

	if (!target)
		for (;;)
			pause();
	sleep(3);	/* a second after the last target, nothing is left of the mode */
	before = cost_of_switch();
	call_before = cost_of_call();
	fd = check(open(USERTIME_DEVICE_PATH, O_RDWR | O_CLOEXEC), "open");
	check(ioctl(fd, USERTIME_IOC_SETUP, &setup), "setup");
	check(ioctl(fd, USERTIME_IOC_ADD, &t), "add");
	with = cost_of_switch();
	call_with = cost_of_call();
	close(fd);
	kill(target, 9);
	waitpid(target, NULL, 0);
	sleep(3);
	after = cost_of_switch();
	printf("# a switch: %.1f, with a precise target %.1f, afterwards %.1f\n", before, with, after);
	limit("call", call_with - call_before, 0.05);
	limit("switch", with - before, 60);
	limit("switch-afterwards", after - before, 1);
}

int main(int argc, char **argv)
{
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	loads_init();
	for (i = 0; i < nr_loads; i++)
		if (argc < 2 || strchr(argv[1], loads[i].name[0]))
			compare(&loads[i]);
	limit("mean-error", mean_error, 5);
	limit("worst-error", worst_error, 12);
	measure_others();
	return 0;
}
