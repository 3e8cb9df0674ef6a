// SPDX-License-Identifier: GPL-2.0-only
/* May this user use the module. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text.h"
#include "doctor.h"
#include "system.h"
#include "uapi/usertime.h"

/* The file can be opened; otherwise that is a finding, and mends says what gives the permission. */
static bool opens(struct doctor *doctor, const char *path, int flags, const char *mends)
{
	char *below = text("%s%s", doctor->root, path);
	int fd = open(below, flags | O_CLOEXEC | O_NONBLOCK), error = errno;

	free(below);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	if (error == ENOENT && !strncmp(path, "/proc/", strlen("/proc/")))
		mends = RELOAD_MODULE;
	else if (error == EPERM)
		mends = "echo 1 > /sys/module/usertime/parameters/unprivileged";
	else if (error == ENOENT)
		mends = "udevadm trigger --sysname-match=urt";
	findings_add(&doctor->findings, FAIL, "access", NULL, text("%s", mends),
		     "%s cannot be opened for %s: %s", path,
		     flags == O_RDWR ? "reading and writing" : "reading", strerror(error));
	return false;
}

/* A line "MINOR urt" of /proc/misc: the module has its device. */
static bool has_device(const struct doctor *doctor)
{
	char *misc = system_read(doctor->root, "/proc/misc"), *line, *rest;
	bool found = false;
	size_t length;

	for (rest = misc; !found && (line = strsep(&rest, "\n"));) {
		length = strlen(line);
		found = length > strlen(" urt") && !strcmp(line + length - strlen(" urt"), " urt");
	}
	free(misc);
	return found;
}

void check_access(struct doctor *doctor)
{
	bool device = has_device(doctor), all;

	if (!doctor->loaded)
		return;
	all = opens(doctor, USERTIME_STATUS_PATH, O_RDWR, "chmod 0666 " USERTIME_STATUS_PATH);
	all &= opens(doctor, USERTIME_DETAIL_PATH, O_RDONLY, "chmod 0444 " USERTIME_DETAIL_PATH);
	if (device)
		all &= opens(doctor, USERTIME_DEVICE_PATH, O_RDWR, "chmod 0666 " USERTIME_DEVICE_PATH);
	if (all)
		findings_add(&doctor->findings, OK, "access", NULL, NULL,
			     "/proc/urt%s can be used by this user", device ? " and " USERTIME_DEVICE_PATH : "");
}
