// SPDX-License-Identifier: GPL-2.0-only
/* spin MS STATUS [FILE]: uses so much CPU time, writes what getrusage(2) says of it, in ns, and ends. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static unsigned long long used(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ULL +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ULL;
}

int main(int argc, char **argv)
{
	volatile unsigned int i;
	unsigned long long wanted;
	FILE *file = NULL;

	if (argc < 3)
		return 2;
	wanted = strtoull(argv[1], NULL, 10) * 1000000;
	if (argc > 3) {
		file = fopen(argv[3], "w");
		if (!file)
			return 2;
	}
	while (used() < wanted)
		for (i = 0; i < 10000; i++)
			;
	if (file && (fprintf(file, "%llu\n", used()) < 0 || fclose(file)))
		return 2;
	return atoi(argv[2]);
}
