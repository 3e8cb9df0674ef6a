// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace.h"
#include "cli/text.h"

/* Beside it, as rename() takes no other file system; hidden, and with another suffix than its own. */
static char *temporary_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;

	return text("%.*s.%s.XXXXXX", (int)(base - name), name, base);
}

static bool write_all(int fd, replace_print *print, const void *data)
{
	FILE *file = fdopen(fd, "w");
	bool written;

	if (!file) {
		close(fd);
		return false;
	}
	print(file, data);
	written = !fflush(file) && !ferror(file) && !fchmod(fd, 0644) && !fsync(fd);
	/* An error of before is the one to be told. */
	return written ? !fclose(file) : (fclose(file), false);
}

bool replace_file(const char *name, replace_print *print, const void *data)
{
	char *temporary = temporary_name(name);
	int fd = mkostemp(temporary, O_CLOEXEC);
	bool replaced = false;
	int error;

	if (fd >= 0) {
		replaced = write_all(fd, print, data) && !rename(temporary, name);
		error = errno;
		if (!replaced)
			unlink(temporary);
		errno = error;
	}
	free(temporary);
	return replaced;
}
