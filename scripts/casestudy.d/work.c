// SPDX-License-Identifier: GPL-2.0-only
/*
 * A working program of the case studies: registers itself with mp3, uses memory, deregisters.
 *
 * usage: work MEGABYTES R|L ACCESSES
 *
 * In each of 20 rounds it writes ACCESSES bytes of its MEGABYTES, then rests for a second. With R each
 * write goes to a place of its own, anywhere; with L a hundred go to the same page before the next is
 * chosen. Twenty rounds and the rests between them are what the courses' exercise prescribes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS		20
#define BLOCK		(1UL << 20)	/* memory is allocated in such pieces */
#define PAGE		4096UL
#define STAY		100		/* writes to a page, with locality */

static char **blocks;
static unsigned long nr_blocks;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Not by itself: as the programs of the courses do it. */
static void tell_mp3(char verb)
{
	char command[64];

	snprintf(command, sizeof(command), "echo '%c %u'>//proc/mp3/status", verb,
		 (unsigned int)getpid());
	if (system(command)) {
		fprintf(stderr, "work: failed: %s\n", command);
		exit(1);
	}
}

static void allocate(void)
{
	unsigned long i;

	blocks = calloc(nr_blocks, sizeof(*blocks));
	if (!blocks)
		fail("work");
	for (i = 0; i < nr_blocks; i++) {
		blocks[i] = malloc(BLOCK);
		if (!blocks[i])
			fail("work");
	}
}

/* random() gives 31 bits: enough for the bytes of 2 GiB. */
static void use(bool local, unsigned long accesses)
{
	unsigned long i, place = 0, size = nr_blocks * BLOCK;

	for (i = 0; i < accesses; i++) {
		if (!local || i % STAY == 0)
			place = (unsigned long)random() % size;
		else
			place = place / PAGE * PAGE + (unsigned long)random() % PAGE;
		blocks[place / BLOCK][place % BLOCK]++;
	}
}

int main(int argc, char **argv)
{
	unsigned long accesses;
	int round;

	if (argc != 4 || (strcmp(argv[2], "R") && strcmp(argv[2], "L"))) {
		fprintf(stderr, "usage: work MEGABYTES R|L ACCESSES\n");
		return 2;
	}
	nr_blocks = strtoul(argv[1], NULL, 10);
	accesses = strtoul(argv[3], NULL, 10);
	if (!nr_blocks || nr_blocks > 2048 || !accesses) {
		fprintf(stderr, "work: 1 to 2048 megabytes, at least one access\n");
		return 2;
	}
	srandom(getpid());
	tell_mp3('R');
	allocate();
	for (round = 0; round < ROUNDS; round++) {
		use(!strcmp(argv[2], "L"), accesses);
		sleep(1);
	}
	tell_mp3('U');
	return 0;
}
