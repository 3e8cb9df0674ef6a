// SPDX-License-Identifier: GPL-2.0-only
/*
 * spin MS STATUS: uses so much CPU time and ends. spin MS STATUS FILE: has a child do so, and writes
 * what wait4(2) says that it has used, in ns, from its fork to its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long long used(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000ULL +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000ULL;
}

static void spin(unsigned long long ns)
{
	volatile unsigned int i;
	struct rusage usage;

	do {
		for (i = 0; i < 10000; i++)
			;
		getrusage(RUSAGE_SELF, &usage);
	} while (used(&usage) < ns);
}

static int write_used(pid_t child, const char *name)
{
	struct rusage usage;
	int status;
	FILE *file;

	if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status))
		return 2;
	file = fopen(name, "w");
	if (!file || fprintf(file, "%llu\n", used(&usage)) < 0 || fclose(file))
		return 2;
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	pid_t child = 0;

	if (argc < 3)
		return 2;
	if (argc > 3)
		child = fork();
	if (child)
		return write_used(child, argv[3]);
	spin(strtoull(argv[1], NULL, 10) * 1000000);
	return atoi(argv[2]);
}
