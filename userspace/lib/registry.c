// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registry.h"
#include "uapi/usertime.h"

/* The same path below another procfs; to be freed. */
static char *path_in(const char *proc, const char *path)
{
	char *moved;

	if (asprintf(&moved, "%s%s", proc ? proc : "/proc", path + strlen("/proc")) < 0)
		return NULL;
	return moved;
}

static FILE *open_in(const char *proc, const char *path)
{
	char *moved = path_in(proc, path);
	FILE *file = moved ? fopen(moved, "re") : NULL;

	free(moved);
	return file;
}

int usertime_registry_open(const char *proc)
{
	char *path = path_in(proc, USERTIME_STATUS_PATH);
	int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;

	free(path);
	return fd;
}

/* One write for the whole line: the module takes the end of a write for the end of a line. */
static int command(int registry, char verb, pid_t pid)
{
	char line[32];
	int length = snprintf(line, sizeof(line), "%c %d\n", verb, (int)pid);
	ssize_t written;

	do
		written = write(registry, line, length);
	while (written < 0 && errno == EINTR);
	if (written == length)
		return 0;
	if (written >= 0)
		errno = EIO;
	return -1;
}

int usertime_registry_add(int registry, pid_t pid)
{
	return command(registry, 'R', pid);
}

int usertime_registry_remove(int registry, pid_t pid)
{
	return command(registry, 'U', pid);
}

enum column {
	COL_PID, COL_USER_NS, COL_SYSTEM_NS, COL_MINOR_FAULTS, COL_MAJOR_FAULTS, COL_THREADS,
	COL_START_NS, COL_HOLDERS, COL_STATE, COL_COMMAND, NR_COLUMNS
};

static const char *const column_names[NR_COLUMNS] = {
	"pid", "user_ns", "system_ns", "minor_faults", "major_faults", "threads",
	"start_ns", "holders", "state", "command"
};

/* Where each column is: by name, so that a later module may have more of them. */
struct layout {
	unsigned int columns;
	unsigned int at[NR_COLUMNS];
};

#define MAX_COLUMNS 64

/* Cuts text at its blanks, at most into max words; the last one keeps what is left. */
static unsigned int split(char *text, char **words, unsigned int max)
{
	unsigned int n = 0;

	while (n < max) {
		words[n++] = text;
		text = strchr(text, ' ');
		if (!text || n == max)
			break;
		*text++ = '\0';
	}
	return n;
}

/* The command is the last column, as it may have blanks. */
static bool parse_header(char *line, struct layout *layout)
{
	char *words[MAX_COLUMNS];
	unsigned int name, at;

	layout->columns = split(line, words, MAX_COLUMNS);
	for (name = 0; name < NR_COLUMNS; name++) {
		for (at = 0; at < layout->columns; at++)
			if (!strcmp(words[at], column_names[name]))
				break;
		if (at == layout->columns)
			return false;
		layout->at[name] = at;
	}
	return layout->at[COL_COMMAND] == layout->columns - 1;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end && *value <= max;
}

static bool parse_entry(char *line, const struct layout *layout,
			struct usertime_registry_entry *entry)
{
	char *words[MAX_COLUMNS];
	const unsigned int *at = layout->at;
	uint64_t pid;

	if (split(line, words, layout->columns) != layout->columns ||
	    !parse_number(words[at[COL_PID]], INT32_MAX, &pid) ||
	    !parse_number(words[at[COL_USER_NS]], UINT64_MAX, &entry->user_ns) ||
	    !parse_number(words[at[COL_SYSTEM_NS]], UINT64_MAX, &entry->system_ns) ||
	    !parse_number(words[at[COL_MINOR_FAULTS]], UINT64_MAX, &entry->minor_faults) ||
	    !parse_number(words[at[COL_MAJOR_FAULTS]], UINT64_MAX, &entry->major_faults) ||
	    !parse_number(words[at[COL_THREADS]], UINT64_MAX, &entry->threads) ||
	    !parse_number(words[at[COL_START_NS]], UINT64_MAX, &entry->start_ns) ||
	    strlen(words[at[COL_STATE]]) != 1)
		return false;
	entry->pid = pid;
	entry->state = words[at[COL_STATE]][0];
	entry->holders = words[at[COL_HOLDERS]];
	entry->command = words[at[COL_COMMAND]];
	return true;
}

/* 1: a line without its newline, 0: the end, -1: an error. A line that is cut off is one, too. */
static int read_line(FILE *file, char **line, size_t *size)
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

static int list(FILE *file, char **line, size_t *size, usertime_registry_visit *visit, void *data)
{
	struct usertime_registry_entry entry;
	struct layout layout;
	int ret;

	ret = read_line(file, line, size);
	if (ret < 0)
		return ret;
	if (!ret || !parse_header(*line, &layout))
		goto unknown_form;
	while ((ret = read_line(file, line, size)) > 0) {
		if (!parse_entry(*line, &layout, &entry))
			goto unknown_form;
		ret = visit(&entry, data);
		if (ret)
			break;
	}
	return ret;

unknown_form:
	errno = EPROTO;
	return -1;
}

int usertime_registry_list(const char *proc, usertime_registry_visit *visit, void *data)
{
	FILE *file = open_in(proc, USERTIME_DETAIL_PATH);
	char *line = NULL;
	size_t size = 0;
	int ret, error;

	if (!file)
		return -1;
	ret = list(file, &line, &size, visit, data);
	error = errno;
	free(line);
	fclose(file);
	errno = error;
	return ret;
}

/* The process that a process or thread belongs to; 0 if that cannot be told. */
static pid_t thread_group(const char *proc, pid_t pid)
{
	char path[64], line[256];
	FILE *file;
	int tgid = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = open_in(proc, path);
	if (!file)
		return 0;
	while (!tgid && fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %d", &tgid) != 1)
			tgid = 0;
	fclose(file);
	return tgid;
}

static void explain_invalid(const char *proc, pid_t pid, char *message, size_t size)
{
	pid_t tgid = thread_group(proc, pid);

	if (tgid == pid)
		snprintf(message, size, "a kernel thread cannot be registered");
	else if (tgid > 0)
		snprintf(message, size, "a thread, not a process: register its process %d",
			 (int)tgid);
	else
		snprintf(message, size, "not a process that can be registered");
}

void usertime_registry_explain(const char *proc, pid_t pid, bool removing, int error,
			       char *message, size_t size)
{
	char reason[128];

	switch (error) {
	case ENOENT:
		snprintf(message, size,
			 "the usertime module is not loaded: try 'sudo modprobe usertime'");
		break;
	case EIO:
		snprintf(message, size, "the usertime module has been unloaded");
		break;
	case EPROTO:
		snprintf(message, size, "the usertime module is of another version than this program");
		break;
	case ESRCH:
		snprintf(message, size, removing && thread_group(proc, pid) ? "not registered" :
			 "no such process");
		break;
	case EINVAL:
		explain_invalid(proc, pid, message, size);
		break;
	case ERANGE:
		snprintf(message, size, "larger than any PID");
		break;
	case EPERM:
		snprintf(message, size, "neither registered by you nor your own process");
		break;
	case EDQUOT:
		snprintf(message, size,
			 "you have as many registered as a user may (max_targets_per_user)");
		break;
	case ENOSPC:
		snprintf(message, size,
			 "as many are registered as the module takes (max_targets)");
		break;
	default:
		snprintf(message, size, "%s", strerror_r(error, reason, sizeof(reason)));
	}
}
