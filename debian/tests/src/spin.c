// SPDX-License-Identifier: GPL-2.0-only
/*
 * spin MS STATUS: uses so much CPU time and ends. spin MS STATUS FILE: has a child do so in a cgroup of its
 * own, and writes what the kernel says that this has used, in ns, which is exact: wait4(2) misses what a
 * child does until it has left its processor.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char cgroup[64];

static void spin(unsigned long long ns)
{
	volatile unsigned int i;
	struct rusage usage;

	do {
		for (i = 0; i < 10000; i++)
			;
		getrusage(RUSAGE_SELF, &usage);
	} while ((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ULL +
		 (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ULL < ns);
}

/* The child is never in another cgroup: one that moved would have used something before. */
static pid_t fork_into_cgroup(void)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int dir = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid_t child;

	if (dir < 0)
		return -1;
	args.cgroup = dir;
	child = syscall(SYS_clone3, &args, sizeof(args));
	close(dir);
	return child;
}

static unsigned long long used_in_cgroup(void)
{
	unsigned long long us = 0;
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cpu.stat", cgroup);
	file = fopen(path, "r");
	if (!file || fscanf(file, "usage_usec %llu", &us) != 1 || fclose(file))
		exit(2);
	return us * 1000;
}

static int write_used(pid_t child, const char *name)
{
	int status;
	FILE *file;

	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 2;
	file = fopen(name, "w");
	if (!file || fprintf(file, "%llu\n", used_in_cgroup()) < 0 || fclose(file) || rmdir(cgroup))
		return 2;
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	pid_t child;

	if (argc < 3)
		return 2;
	if (argc > 3) {
		snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup/usertime-spin-%d", getpid());
		if (mkdir(cgroup, 0755))
			return 2;
		child = fork_into_cgroup();
		if (child)
			return write_used(child, argv[3]);
	}
	spin(strtoull(argv[1], NULL, 10) * 1000000);
	return atoi(argv[2]);
}
