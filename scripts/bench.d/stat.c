// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/stat, opened, read and closed at each look as most tools do, or held open. Only the
 * reading is counted: to find two numbers in the line comes on top of that.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

static int n;
static char path[MOST_PROCESSES][24];
static int fd[MOST_PROCESSES];
static char line[1024];

static void begin_open(const struct crowd *c)
{
	for (n = 0; n < c->n; n++)
		snprintf(path[n], sizeof(path[n]), "/proc/%d/stat", c->pid[n]);
}

static void pass_open(void)
{
	int i, f;

	for (i = 0; i < n; i++) {
		f = open(path[i], O_RDONLY | O_CLOEXEC);
		if (read(f, line, sizeof(line)) <= 0)
			die("%s cannot be read", path[i]);
		close(f);
	}
}

static void end_open(void)
{
}

static void begin_pread(const struct crowd *c)
{
	int i;

	begin_open(c);
	for (i = 0; i < n; i++)
		fd[i] = check(open(path[i], O_RDONLY | O_CLOEXEC), path[i]);
}

static void pass_pread(void)
{
	int i;

	for (i = 0; i < n; i++)
		if (pread(fd[i], line, sizeof(line), 0) <= 0)
			die("%s cannot be read", path[i]);
}

static void end_pread(void)
{
	int i;

	for (i = 0; i < n; i++)
		close(fd[i]);
}

const struct method stat_open = {
	"stat-open", begin_open, NULL, pass_open, end_open
};

const struct method stat_pread = {
	"stat-pread", begin_pread, NULL, pass_pread, end_pread
};
