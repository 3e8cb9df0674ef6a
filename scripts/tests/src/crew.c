// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: crew START DONE
 *
 * Waits for the file START, then has processes of the name "worker" use CPU time, one after the other
 * and some at once, some for a moment only. Makes the file DONE when they have all ended, and stays.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static void make(const char *name)
{
	FILE *file = fopen(name, "w");

	if (!file || fclose(file))
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
	make(argv[2]);
	pause();
	return 0;
}
