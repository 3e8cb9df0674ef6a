// SPDX-License-Identifier: GPL-2.0-only
/* A monitor as the course has it: usage: monitor NODE. Prints the samples and takes them out. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	128
#define LONGS	48000

int main(int argc, char *argv[])
{
	size_t size = PAGES * sysconf(_SC_PAGESIZE);
	unsigned long *buffer;
	int fd, at = 0, n = 0, i;

	fd = open(argc > 1 ? argv[1] : "node", O_RDWR | O_SYNC);
	if (fd < 0) {
		perror("open");
		return 1;
	}
	buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (buffer == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	while (at < LONGS && buffer[at] == -1UL)
		at++;
	while (at < LONGS && buffer[at] != -1UL) {
		for (i = 0; i < 4; i++) {
			printf("%ld ", buffer[at]);
			buffer[at++] = -1;
		}
		printf("\n");
		n++;
	}
	printf("read %d profiled data\n", n);
	return 0;
}
