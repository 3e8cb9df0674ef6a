// SPDX-License-Identifier: GPL-2.0-only
/* 10,000 processes that sleep: see crowd.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "crowd.h"
#include "urt.h"

#define STACK 16384	/* the first call through the linker's table saves all registers */

pid_t crowd[CROWD_MOST];

static void write_if_less(const char *path, long long value)
{
	char *text = read_file(path, NULL), now[32];
	int fd;

	if (strtoll(text, NULL, 10) < value) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		ASSERT(fd >= 0);
		ASSERT_EQ(write(fd, now, sprintf(now, "%lld", value)) > 0, true, "%s", path);
		close(fd);
	}
	free(text);
}

/* As many processes as the test needs, in the control groups above this one as well. */
static void raise_limits(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char path[512], *text = read_file("/proc/self/cgroup", NULL), *group, *slash;
	int fd;

	write_if_less("/proc/sys/kernel/pid_max", 4 * CROWD);
	write_if_less("/proc/sys/kernel/threads-max", 4 * CROWD);
	setrlimit(RLIMIT_NPROC, &limit);
	group = strstr(text, "0::");
	ASSERT(group, "no unified control group");
	group[strcspn(group, "\n")] = 0;
	for (group += 3; (slash = strrchr(group, '/')) && slash[1]; *slash = 0) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup%.400s/pids.max", group);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0) {
			ASSERT_EQ(write(fd, "max", 3), 3);
			close(fd);
		}
		if (slash == group)
			break;
	}
	free(text);
}

static int compare_pids(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

static int sleep_on(void *arg)
{
	while (!arg)
		pause();
	return 0;
}

void start_crowd(void)
{
	char *stacks = mmap(NULL, (size_t)CROWD * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	ASSERT(stacks != MAP_FAILED);
	raise_limits();
	for (i = 0; i < CROWD; i++) {
		crowd[i] = clone(sleep_on, stacks + (i + 1) * STACK,
				 CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL);
		ASSERT(crowd[i] > 0, "process %d: errno %d", i, errno);
	}
	qsort(crowd, CROWD, sizeof(crowd[0]), compare_pids);
}

void command_crowd(const char *command)
{
	char text[USERTIME_WRITE_MAX];
	size_t n = 0;
	int i;

	for (i = 0; i < CROWD; i++) {
		n += sprintf(text + n, "%s%d\n", command, crowd[(i * 7919) % CROWD]);
		if (n > sizeof(text) - 32 || i == CROWD - 1) {
			ASSERT_EQ(status_write(text, n), n);
			n = 0;
		}
	}
}
