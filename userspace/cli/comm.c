// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "comm.h"
#include "text.h"

bool comm_read(const char *root, pid_t pid, char name[COMM_SIZE])
{
	char *path = text("%s/proc/%d/comm", root ? root : "", pid);
	FILE *file = fopen(path, "re");
	size_t length;

	free(path);
	if (!file)
		return false;
	length = fread(name, 1, COMM_SIZE - 1, file);
	fclose(file);
	/* The newline of a name of that size did not fit. */
	if (length && name[length - 1] == '\n')
		length--;
	name[length] = '\0';
	return length;
}
