// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidstat, the usual tool: what one more report costs it. It looks at every process of the system,
 * so that with few of them the others are what counts, and only prints those that ran.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"
#include "crowd.h"

extern char **environ;

/* The CPU time of a whole run, in instructions: the sum of both is the scheduler's own, exact. */
static u64 cost(int reports)
{
	char count[12];
	char *argv[] = { "pidstat", "-u", "10", count, NULL };
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t pid;
	int status;

	snprintf(count, sizeof(count), "%d", reports);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ))
		die("pidstat cannot be run");
	posix_spawn_file_actions_destroy(&actions);
	check(wait4(pid, &status, 0, &usage), "pidstat");
	if (status)
		die("pidstat failed");
	return 1000 * (1000000ULL * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void measure_pidstat(const struct crowd *c)
{
	u64 one = ~0ULL, two = ~0ULL, x;
	int passes = c->n * c->threads > 2000 ? 1 : 3;

	while (passes--) {
		x = cost(1);
		one = x < one ? x : one;
		x = cost(2);
		two = x < two ? x : two;
	}
	result("pidstat", c->name, ((double)two - one) / c->n);
}
