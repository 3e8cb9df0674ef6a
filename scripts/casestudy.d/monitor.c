// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor of the case studies: prints the samples in the buffer behind a node of mp3_dev, oldest
 * first, and marks them as taken. It is run when the working programs are through.
 *
 * usage: monitor NODE
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	128
#define LONGS	48000			/* in use: 12,000 samples of four */
#define EMPTY	((unsigned long)-1)

int main(int argc, char **argv)
{
	size_t size = PAGES * sysconf(_SC_PAGESIZE);
	unsigned long at, n = 0;
	unsigned long *buffer;
	int fd, i;

	if (argc != 2) {
		fprintf(stderr, "usage: monitor NODE\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_SYNC);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (buffer == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	for (at = 0; at < LONGS && buffer[at] == EMPTY; at++)
		;
	for (; at < LONGS && buffer[at] != EMPTY; n++) {
		for (i = 0; i < 4; i++) {
			printf("%lu%c", buffer[at], i < 3 ? ' ' : '\n');
			buffer[at++] = EMPTY;
		}
	}
	printf("read %lu profiled data\n", n);
	munmap(buffer, size);
	close(fd);
	return 0;
}
