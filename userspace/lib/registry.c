// SPDX-License-Identifier: GPL-2.0-only
/* The system-wide registry of the usertime module, /proc/urt. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "proc.h"
#include "registry.h"

static void explain_open(int error, const char *path)
{
	if (error == ENOENT)
		usertime_explain_not_loaded(error);
	else
		usertime_set_message_errno(error, path);
}

struct usertime_registry *usertime_registry_open(const char *proc)
{
	struct usertime_registry *registry = calloc(1, sizeof(*registry));
	char *path = usertime_proc_path(proc, USERTIME_STATUS_PATH);

	if (registry) {
		registry->fd = -1;
		registry->proc = strdup(proc ? proc : "/proc");
	}
	if (!registry || !registry->proc || !path) {
		usertime_set_message_errno(ENOMEM, "cannot open the registry");
		goto failed;
	}
	registry->fd = open(path, O_WRONLY | O_CLOEXEC);
	if (registry->fd < 0) {
		explain_open(errno, USERTIME_STATUS_PATH);
		goto failed;
	}
	if (!usertime_check_abi(proc))
		goto failed;
	free(path);
	return registry;

failed:
	free(path);
	usertime_registry_close(registry);
	return NULL;
}

void usertime_registry_close(struct usertime_registry *registry)
{
	int error = errno;

	if (registry) {
		if (registry->fd >= 0)
			close(registry->fd);
		free(registry->proc);
		free(registry);
	}
	errno = error;
}

/* One write for the whole line: the module takes the end of a write for the end of a line. */
static int command(struct usertime_registry *registry, char verb, pid_t pid)
{
	char line[32];
	int length = snprintf(line, sizeof(line), "%c %d\n", verb, (int)pid);
	ssize_t written;

	do
		written = write(registry->fd, line, length);
	while (written < 0 && errno == EINTR);
	if (written == length)
		return 0;
	return written < 0 ? errno : EIO;
}

/* Of both commands; those of the session's ADD besides. */
static void explain_command(struct usertime_registry *registry, int error, pid_t pid)
{
	switch (error) {
	case EIO:
		usertime_set_message(error, "the usertime module has been unloaded");
		break;
	case ERANGE:
		usertime_set_message(error, "%d: larger than any PID", (int)pid);
		break;
	case EINVAL:
		usertime_explain_invalid_pid(registry->proc, pid);
		break;
	default:
		usertime_explain_add(error, pid, 0);
	}
}

int usertime_registry_add(struct usertime_registry *registry, pid_t pid)
{
	int error = command(registry, 'R', pid);

	if (!error)
		return 0;
	explain_command(registry, error, pid);
	return -1;
}

int usertime_registry_remove(struct usertime_registry *registry, pid_t pid)
{
	int error = command(registry, 'U', pid);

	if (!error)
		return 0;
	if (error == EPERM)
		usertime_set_message(error, "%d: neither registered by you nor your own process",
				     (int)pid);
	else if (error == ESRCH && usertime_thread_group(registry->proc, pid))
		usertime_set_message(error, "%d: not registered", (int)pid);
	else
		explain_command(registry, error, pid);
	return -1;
}

enum column {
	COL_PID, COL_USER_NS, COL_SYSTEM_NS, COL_MINOR_FAULTS, COL_MAJOR_FAULTS, COL_THREADS,
	COL_START_NS, COL_HOLDERS, COL_STATE, COL_SPLIT, COL_LOOKS, COL_COMMAND,
	NR_COLUMNS
};

static const char *const column_names[NR_COLUMNS] = {
	"pid", "user_ns", "system_ns", "minor_faults", "major_faults", "threads",
	"start_ns", "holders", "state", "split", "looks", "command"
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

static bool parse_entry(char *line, const struct layout *layout,
			struct usertime_registry_entry *entry)
{
	char *words[MAX_COLUMNS];
	const unsigned int *at = layout->at;
	uint64_t pid;

	if (split(line, words, layout->columns) != layout->columns ||
	    !usertime_parse_number(words[at[COL_PID]], INT32_MAX, &pid) ||
	    !usertime_parse_number(words[at[COL_USER_NS]], UINT64_MAX, &entry->user_ns) ||
	    !usertime_parse_number(words[at[COL_SYSTEM_NS]], UINT64_MAX, &entry->system_ns) ||
	    !usertime_parse_number(words[at[COL_MINOR_FAULTS]], UINT64_MAX, &entry->minor_faults) ||
	    !usertime_parse_number(words[at[COL_MAJOR_FAULTS]], UINT64_MAX, &entry->major_faults) ||
	    !usertime_parse_number(words[at[COL_THREADS]], UINT64_MAX, &entry->threads) ||
	    !usertime_parse_number(words[at[COL_START_NS]], UINT64_MAX, &entry->start_ns) ||
	    !usertime_parse_number(words[at[COL_LOOKS]], UINT64_MAX, &entry->looks) ||
	    strlen(words[at[COL_STATE]]) != 1)
		return false;
	entry->pid = pid;
	entry->state = words[at[COL_STATE]][0];
	entry->holders = words[at[COL_HOLDERS]];
	entry->split = words[at[COL_SPLIT]];
	entry->command = words[at[COL_COMMAND]];
	return true;
}

/* Who gets what is listed. */
struct visitor {
	usertime_registry_visit *entry;
	usertime_registry_time_visit *time;
	void *data;
	bool ended;		/* by its own will */
};

static int read_detail(FILE *file, char **line, size_t *size, struct visitor *visitor)
{
	struct usertime_registry_entry entry;
	struct layout layout;
	int ret;

	ret = usertime_read_line(file, line, size);
	if (ret < 0)
		return ret;
	if (!ret || !parse_header(*line, &layout))
		goto unknown_form;
	while ((ret = usertime_read_line(file, line, size)) > 0) {
		if (!parse_entry(*line, &layout, &entry))
			goto unknown_form;
		ret = visitor->entry(&entry, visitor->data);
		if (ret) {
			visitor->ended = true;
			break;
		}
	}
	return ret;

unknown_form:
	errno = EPROTO;
	return -1;
}

static bool parse_time(char *line, pid_t *pid, uint64_t *user)
{
	char *colon = strchr(line, ':');
	uint64_t number;

	if (!colon || colon[1] != ' ')
		return false;
	*colon = '\0';
	if (!usertime_parse_number(line, INT32_MAX, &number) ||
	    !usertime_parse_number(colon + 2, UINT64_MAX, user))
		return false;
	*pid = number;
	return true;
}

static int read_status(FILE *file, char **line, size_t *size, struct visitor *visitor)
{
	uint64_t user;
	pid_t pid;
	int ret;

	while ((ret = usertime_read_line(file, line, size)) > 0) {
		if (!parse_time(*line, &pid, &user)) {
			errno = EPROTO;
			return -1;
		}
		ret = visitor->time(pid, user, visitor->data);
		if (ret) {
			visitor->ended = true;
			break;
		}
	}
	return ret;
}

static void explain_list(int error, const char *path)
{
	if (error == EPROTO)
		usertime_set_message(error, "%s: the usertime module is of another version than"
				     " libusertime", path);
	else
		usertime_set_message_errno(error, path);
}

/* visited: the value is the visitor's own, not a failure in here. */
static int read_file(const char *proc, const char *path, struct visitor *visitor,
		     int (*read)(FILE *file, char **line, size_t *size, struct visitor *visitor))
{
	FILE *file = usertime_proc_open(proc, path);
	char *line = NULL;
	size_t size = 0;
	int ret, error;

	if (!file) {
		explain_open(errno, path);
		return -1;
	}
	if (!usertime_check_abi(proc)) {
		fclose(file);
		return -1;
	}
	ret = read(file, &line, &size, visitor);
	error = errno;
	free(line);
	fclose(file);
	if (ret && !visitor->ended)
		explain_list(error, path);
	else
		errno = error;
	return ret;
}

int usertime_registry_list(const char *proc, usertime_registry_visit *visit, void *data)
{
	struct visitor visitor = { .entry = visit, .data = data };

	return read_file(proc, USERTIME_DETAIL_PATH, &visitor, read_detail);
}

int usertime_registry_times(const char *proc, usertime_registry_time_visit *visit, void *data)
{
	struct visitor visitor = { .time = visit, .data = data };

	return read_file(proc, USERTIME_STATUS_PATH, &visitor, read_status);
}
