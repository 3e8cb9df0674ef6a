// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "proc.h"

char *usertime_proc_path(const char *proc, const char *path)
{
	char *moved;

	if (asprintf(&moved, "%s%s", proc ? proc : "/proc", path + strlen("/proc")) < 0)
		return NULL;
	return moved;
}

FILE *usertime_proc_open(const char *proc, const char *path)
{
	char *moved = usertime_proc_path(proc, path);
	FILE *file = moved ? fopen(moved, "re") : NULL;

	free(moved);
	return file;
}

int usertime_read_line(FILE *file, char **line, size_t *size)
{
	ssize_t length;

	errno = 0;
	length = getline(line, size, file);
	if (length < 0)
		return ferror(file) || errno ? -1 : 0;
	if ((*line)[length - 1] != '\n' || strlen(*line) != (size_t)length) {
		errno = EPROTO;
		return -1;
	}
	(*line)[length - 1] = '\0';
	return 1;
}

bool usertime_parse_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end && *value <= max;
}

/* The first line of stats, in every version: "abi" and a number. */
static bool read_abi(FILE *stats, uint64_t *abi)
{
	char *line = NULL;
	size_t size = 0;
	bool found;

	found = usertime_read_line(stats, &line, &size) > 0 && !strncmp(line, "abi ", 4) &&
		usertime_parse_number(line + 4, UINT64_MAX, abi);
	free(line);
	return found;
}

bool usertime_check_abi(const char *proc)
{
	FILE *stats = usertime_proc_open(proc, USERTIME_STATS_PATH);
	uint64_t abi;

	if (!stats) {
		if (errno == ENOENT)
			usertime_explain_not_loaded(ENOENT);
		else
			usertime_set_message_errno(errno, USERTIME_STATS_PATH);
		return false;
	}
	/* A module from before there were versions has none. */
	if (!read_abi(stats, &abi))
		abi = 0;
	fclose(stats);
	if (abi == USERTIME_ABI_VERSION)
		return true;
	usertime_explain_abi(abi);
	return false;
}

pid_t usertime_thread_group(const char *proc, pid_t pid)
{
	char path[64], line[256];
	FILE *file;
	int tgid = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = usertime_proc_open(proc, path);
	if (!file)
		return 0;
	while (!tgid && fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %d", &tgid) != 1)
			tgid = 0;
	fclose(file);
	return tgid;
}

bool usertime_parse_stat(const char *text, struct usertime_process *process)
{
	/* The name, field 2, may have blanks and parentheses: the last one ends it. */
	const char *rest = strrchr(text, ')');
	int pid, parent;

	if (!rest || sscanf(text, "%d (", &pid) != 1 || pid <= 0 ||
	    sscanf(rest, ") %*c %d", &parent) != 1 || parent < 0 ||
	    sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d"
		   " %*d %" SCNu64, &process->start) != 1)
		return false;
	process->pid = pid;
	process->parent = parent;
	return true;
}

bool usertime_read_stat(const char *proc, pid_t pid, struct usertime_process *process)
{
	char path[64], text[1024], *moved;
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	moved = usertime_proc_path(proc, path);
	fd = moved ? open(moved, O_RDONLY | O_CLOEXEC) : -1;
	free(moved);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length < 0)
		return false;
	text[length] = '\0';
	return usertime_parse_stat(text, process) && process->pid == pid;
}

/* Room for one more. */
static bool grow(struct usertime_process **list, size_t used, size_t *room)
{
	struct usertime_process *larger;

	if (used < *room)
		return true;
	larger = reallocarray(*list, *room * 2, sizeof(**list));
	if (!larger)
		return false;
	*list = larger;
	*room *= 2;
	return true;
}

ssize_t usertime_read_processes(const char *proc, struct usertime_process **list)
{
	DIR *dir = opendir(proc ? proc : "/proc");
	size_t used = 0, room = 256;
	struct dirent *entry;
	uint64_t pid;
	int error;

	*list = dir ? reallocarray(NULL, room, sizeof(**list)) : NULL;
	if (!*list)
		goto failed;
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		if (!usertime_parse_number(entry->d_name, INT32_MAX, &pid))
			continue;
		if (!grow(list, used, &room))
			goto failed;
		/* Those that are gone by now are not missed. */
		if (usertime_read_stat(proc, pid, &(*list)[used]))
			used++;
	}
	if (errno)
		goto failed;
	closedir(dir);
	return used;

failed:
	error = errno;
	free(*list);
	*list = NULL;
	if (dir)
		closedir(dir);
	errno = error;
	return -1;
}
