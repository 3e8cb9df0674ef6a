// SPDX-License-Identifier: GPL-2.0-only
/*
 * A worker as the course's case studies have it: usage: work MB random|local ROUNDS ACCESSES
 * Allocates memory, registers, and in each round accesses it so many times, at random or close to where
 * it was before, then rests; deregisters. Both by a child shell.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NEAR	16384		/* bytes: how far local access goes from one to the next */
#define REST	150000		/* us, after a round */

static void tell_status(char verb)
{
	char command[64];

	sprintf(command, "echo '%c %u'>//proc/mp3/status", verb, getpid());
	if (system(command))
		exit(1);
}

int main(int argc, char *argv[])
{
	size_t size, at = 0;
	int random_access, rounds, accesses, i;
	char *memory;

	if (argc != 5)
		return 2;
	size = (size_t)atoi(argv[1]) << 20;
	random_access = !strcmp(argv[2], "random");
	rounds = atoi(argv[3]);
	accesses = atoi(argv[4]);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	madvise(memory, size, MADV_NOHUGEPAGE);
	srandom(getpid());
	tell_status('R');
	while (rounds--) {
		for (i = 0; i < accesses; i++) {
			at = random_access ? (size_t)random() << 8 : at + random() % NEAR;
			memory[at % size]++;
		}
		usleep(REST);
	}
	tell_status('U');
	return 0;
}
