// SPDX-License-Identifier: GPL-2.0-only
/*
 * children FILE COMMAND...: runs the command and writes to the file what the kernel says that it and
 * the children it waited for have used, user and system together, ns.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long ns(const struct timeval *time)
{
	return time->tv_sec * 1000000000LL + time->tv_usec * 1000LL;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	FILE *file;
	int status;
	pid_t pid;

	if (argc < 3)
		return 2;
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || getrusage(RUSAGE_CHILDREN, &usage))
		return 1;
	file = fopen(argv[1], "w");
	if (!file || fprintf(file, "%lld\n", ns(&usage.ru_utime) + ns(&usage.ru_stime)) < 0 ||
	    fclose(file))
		return 1;
	return status != 0;
}
