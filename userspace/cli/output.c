// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "output.h"

FILE *output_open(const char *program, const char *path)
{
	FILE *file;

	if (!strcmp(path, "-"))
		return stdout;
	file = fopen(path, "we");
	if (!file)
		fprintf(stderr, "%s: %s: %s\n", program, path, strerror(errno));
	return file;
}

bool output_close(const char *program, const char *path, FILE *file)
{
	int error;

	if (file == stdout)
		return true;
	/* That of the last write: one that fails once fails again, but for rare cases. */
	error = ferror(file) ? (errno ? errno : EIO) : 0;
	if (fclose(file))
		error = errno;
	if (error)
		fprintf(stderr, "%s: %s: %s\n", program, path, strerror(error));
	return !error;
}
