// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: crew START REPORT
 *
 * Waits for the file START, then has processes of the name "worker" use CPU time, one after the other
 * and some at once, some for a moment only. The kernel's sum of what they used goes to REPORT, in ns.
 * Stays alive then.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS	40
#define AT_ONCE	4

static double used(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static int work(double seconds)
{
	while (used() < seconds)
		;
	return 0;
}

static void fork_worker(int number)
{
	if (fork())
		return;
	execl("/srv/crew/worker", "worker", number % 2 ? "0.1" : "0", NULL);
	_exit(127);
}

static void wait_for_all(void)
{
	int status;

	while (wait(&status) > 0)
		if (status)
			abort();
}

static long long nanoseconds(const struct timeval *time)
{
	return time->tv_sec * 1000000000LL + time->tv_usec * 1000LL;
}

static void report(const char *name)
{
	struct rusage usage;
	FILE *file;

	getrusage(RUSAGE_CHILDREN, &usage);
	file = fopen(name, "w");
	if (!file)
		abort();
	fprintf(file, "%lld\n", nanoseconds(&usage.ru_utime) + nanoseconds(&usage.ru_stime));
	if (fclose(file))
		abort();
}

int main(int argc, char **argv)
{
	int i;

	if (argc == 2)
		return work(atof(argv[1]));
	while (access(argv[1], F_OK))
		usleep(100000);
	for (i = 1; i <= WORKERS; i++) {
		fork_worker(i);
		if (i % AT_ONCE == 0)
			wait_for_all();
	}
	report(argv[2]);
	pause();
	return 0;
}
