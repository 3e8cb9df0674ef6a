// SPDX-License-Identifier: GPL-2.0-only
/*
 * What counting instructions leaves out, where it can be had: the time of a look at a process that
 * no cache knows any more, on this machine, as it is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

#define LOOKS	60

static char line[1024];
static char *junk;
static size_t junk_size;

static u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void make_junk(void)
{
	long cache = sysconf(_SC_LEVEL2_CACHE_SIZE);

	junk_size = cache > 0 ? 4 * cache : 8 << 20;
	junk = malloc(junk_size);
	if (!junk)
		die("no memory");
	memset(junk, 1, junk_size);
}

static void forget(void)
{
	size_t i;

	for (i = 0; i < junk_size; i += 64)
		junk[i]++;
}

static int ascending(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static u64 median(u64 *x, int n)
{
	qsort(x, n, sizeof(*x), ascending);
	return x[n / 2];
}

static void look(int fd, const char *path)
{
	int f = fd >= 0 ? fd : open(path, O_RDONLY | O_CLOEXEC);

	if (pread(f, line, sizeof(line), 0) <= 0)
		die("%s cannot be read", path);
	if (fd < 0)
		close(f);
}

/* Each process is looked at once: cold, and then at once again. */
static void compare(const struct crowd *c, bool held, const char *method)
{
	u64 cold[LOOKS], warm[LOOKS], start;
	char path[32], name[32];
	int i, fd;

	for (i = 0; i < LOOKS; i++) {
		snprintf(path, sizeof(path), "/proc/%d/stat", c->pid[i]);
		fd = held ? check(open(path, O_RDONLY | O_CLOEXEC), path) : -1;
		look(fd, path);
		forget();
		now();
		start = now();
		look(fd, path);
		cold[i] = now() - start;
		start = now();
		look(fd, path);
		warm[i] = now() - start;
		if (held)
			close(fd);
	}
	snprintf(name, sizeof(name), "%s-ns", method);
	result(name, "cold", median(cold, LOOKS));
	result(name, "warm", median(warm, LOOKS));
}

int measure_cold(void)
{
	static struct crowd c;

	make_junk();
	crowd_grow(&c, LOOKS, 1, false);
	compare(&c, false, "stat-open");
	compare(&c, true, "stat-pread");
	crowd_kill(&c);
	return 0;
}
