// SPDX-License-Identifier: GPL-2.0-only
/*
 * usertime record of processes every millisecond: what a further sample of one costs the program. What
 * the module's worker does for it is counted as a sample of the session.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

#define PROGRAM		"/run/testbed/files/usertime"
#define RECORDING	"/tmp/bench.urt"

extern char **environ;

static char pids[16 * 1024];

static void list_pids(const struct crowd *c)
{
	size_t length = 0;
	int i;

	for (i = 0; i < c->n; i++)
		length += snprintf(pids + length, sizeof(pids) - length, "%s%d", i ? "," : "", c->pid[i]);
	if (length >= sizeof(pids))
		die("too many processes to be named");
}

/* The CPU time of a recording, in instructions. */
static u64 cost(const char *duration)
{
	char *argv[] = { PROGRAM, "record", "-I", "1ms", "-d", (char *)duration, "-o", RECORDING,
			 "-p", pids, NULL };
	struct rusage usage;
	pid_t pid;
	int status;

	unlink(RECORDING);
	if (posix_spawn(&pid, PROGRAM, NULL, NULL, argv, environ))
		die("usertime cannot be run");
	check(wait4(pid, &status, 0, &usage), "usertime");
	if (status)
		die("usertime failed");
	return 1000 * (1000000ULL * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void measure_record(const struct crowd *c)
{
	u64 shorter = ~0ULL, longer = ~0ULL, x;
	int passes = 3;

	setenv("LD_LIBRARY_PATH", "/run/testbed/files", 1);
	list_pids(c);
	while (passes--) {
		x = cost("4s");
		shorter = x < shorter ? x : shorter;
		x = cost("8s");
		longer = x < longer ? x : longer;
	}
	unlink(RECORDING);
	/* 4000 periods more. */
	result("record", c->name, ((double)longer - shorter) / 4000 / c->n);
}
