// SPDX-License-Identifier: GPL-2.0-only
/* Helpers for tests of usertime_mp: see mp.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mp.h"

int mp_load(const char *options)
{
	return load_module("usertime_mp", getenv("USERTIME_MP_KO"), options);
}

int mp_unload(void)
{
	return unload_module("usertime_mp");
}

long mp_write(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	long n;

	ASSERT(fd >= 0, "%s: errno %d", path, errno);
	n = write(fd, text, len);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

long mp_printf(const char *path, const char *fmt, ...)
{
	char text[128];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return mp_write(path, text, len);
}

static unsigned int major_number(void)
{
	char *text = read_file("/proc/devices", NULL), *line, *rest = text, name[64];
	unsigned int number, found = 0;

	while ((line = strsep(&rest, "\n")))
		if (sscanf(line, "%u %63s", &number, name) == 2 && !strcmp(name, "mp3_dev"))
			found = number;
	free(text);
	ASSERT(found, "mp3_dev is not in /proc/devices");
	return found;
}

const char *mp3_node(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/dev/usertime-test-mp3-%d", getpid());
	return path;
}

int mp3_open(void)
{
	int fd;

	unlink(mp3_node());
	ASSERT_EQ(mknod(mp3_node(), S_IFCHR | 0600, makedev(major_number(), 0)), 0, "errno %d", errno);
	fd = open(mp3_node(), O_RDWR | O_SYNC);
	ASSERT(fd >= 0, "errno %d", errno);
	return fd;
}

static void load_before(void)
{
	urt_before_test();
	ASSERT_EQ(mp_load(""), 0);
}

/* Some tests unload it themselves. */
static void unload_after(void)
{
	int err = mp_unload();

	EXPECT(!err || err == -ENOENT, "errno %d", -err);
	urt_after_test();
}

int mp_main(void)
{
	mp_unload();
	return urt_main_with(load_before, unload_after);
}
