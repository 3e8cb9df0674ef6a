// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/system.h"
#include "processes.h"
#include "text.h"
#include "words.h"

bool process_parse_stat(const char *text, struct process_entry *process)
{
	/* The name may have blanks and parentheses itself: the last one ends it. */
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	size_t length;
	int parent;

	if (!name || !end || end < name || sscanf(end, ") %*c %d", &parent) != 1 || parent < 0)
		return false;
	name++;
	length = end - name;
	if (length > PROCESS_NAME_MAX)
		length = PROCESS_NAME_MAX;
	memcpy(process->name, name, length);
	process->name[length] = '\0';
	process->parent = parent;
	return true;
}

static bool read_process(const char *root, pid_t pid, struct process_entry *process)
{
	char *stat = system_read(root, "/proc/%d/stat", (int)pid);
	bool valid = stat && process_parse_stat(stat, process);

	process->pid = pid;
	free(stat);
	return valid;
}

static int by_pid(const void *a, const void *b)
{
	const struct process_entry *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

ssize_t processes_read(const char *root, struct process_entry **list)
{
	char *path = text("%s/proc", root ? root : "");
	DIR *dir = opendir(path);
	size_t nr = 0, room = 256;
	struct dirent *entry;
	const char *name;
	pid_t pid;

	free(path);
	if (!dir)
		return -1;
	*list = grow(NULL, room, sizeof(**list));
	while ((entry = readdir(dir))) {
		name = entry->d_name;
		if (parse_pid(&name, &pid) || *name)
			continue;
		if (nr == room) {
			room *= 2;
			*list = grow(*list, room, sizeof(**list));
		}
		/* Those that are gone by now are not missed. */
		if (read_process(root ? root : "", pid, &(*list)[nr]))
			nr++;
	}
	closedir(dir);
	qsort(*list, nr, sizeof(**list), by_pid);
	return nr;
}

void processes_read_users(const char *root, struct process_entry *list, size_t nr)
{
	unsigned int user;
	char *status, *line;
	size_t i;

	for (i = 0; i < nr; i++) {
		status = system_read(root ? root : "", "/proc/%d/status", (int)list[i].pid);
		/* A newline in a name is escaped there. */
		line = status ? strstr(status, "\nUid:") : NULL;
		list[i].user = line && sscanf(line, "\nUid: %*u %u", &user) == 1 ? user : (uid_t)-1;
		free(status);
	}
}

struct process_entry *processes_find(struct process_entry *list, size_t nr, pid_t pid)
{
	struct process_entry key = { .pid = pid };

	return bsearch(&key, list, nr, sizeof(*list), by_pid);
}
