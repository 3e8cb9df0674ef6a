// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/text.h"
#include "system.h"
#include "uapi/usertime.h"

#define READ_MAX	(1 << 20)

static char *path_below(const char *root, const char *format, va_list args)
{
	char *path = text_v(format, args);
	char *below = text("%s%s", root, path);

	free(path);
	return below;
}

bool system_exists(const char *root, const char *path, ...)
{
	struct stat st;
	va_list args;
	char *below;
	bool exists;

	va_start(args, path);
	below = path_below(root, path, args);
	va_end(args);
	exists = !lstat(below, &st);
	free(below);
	return exists;
}

/* All that comes from fd, as a text without the newline at its end. */
static char *read_all(int fd)
{
	char *buffer = NULL;
	size_t size = 0;
	ssize_t n;

	do {
		buffer = grow(buffer, size + 4096 + 1, 1);
		n = read(fd, buffer + size, 4096);
		size += n > 0 ? n : 0;
	} while ((n > 0 && size < READ_MAX) || (n < 0 && errno == EINTR));
	if (n < 0) {
		int error = errno;

		free(buffer);
		buffer = NULL;
		errno = error;
	} else {
		if (size && buffer[size - 1] == '\n')
			size--;
		buffer[size] = '\0';
	}
	return buffer;
}

char *system_read(const char *root, const char *path, ...)
{
	char *below, *content = NULL;
	int fd, error;
	va_list args;

	va_start(args, path);
	below = path_below(root, path, args);
	va_end(args);
	fd = open(below, O_RDONLY | O_CLOEXEC);
	free(below);
	if (fd >= 0) {
		content = read_all(fd);
		error = errno;
		close(fd);
		errno = error;
	}
	return content;
}

bool system_stat(const char *root, const char *name, unsigned long long *value)
{
	char *stats = system_read(root, USERTIME_STATS_PATH), *line, *rest;
	size_t length = strlen(name);
	bool found = false;

	for (rest = stats; !found && (line = strsep(&rest, "\n"));)
		if (!strncmp(line, name, length) && line[length] == ' ')
			found = sscanf(line + length, " %llu", value) == 1;
	free(stats);
	return found;
}

char *system_boot_option(const char *root, const char *name)
{
	char *options = system_read(root, "/proc/cmdline"), *word, *rest, *value = NULL;
	size_t length = strlen(name);

	/* As the kernel does, take the last one. */
	for (rest = options; (word = strsep(&rest, " "));) {
		if (strncmp(word, name, length) || (word[length] && word[length] != '='))
			continue;
		free(value);
		value = text("%s", word[length] ? word + length + 1 : "");
	}
	free(options);
	return value;
}

bool system_is_container(const char *root)
{
	static const char *const marks[] = { "/run/systemd/container", "/run/.containerenv",
					     "/.dockerenv" };
	char *environment;
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (system_exists(root, "%s", marks[i]))
			return true;
	/* Only its first variable is looked at: it is what lxc and systemd-nspawn put there. */
	environment = system_read(root, "/proc/1/environ");
	i = environment && !strncmp(environment, "container=", strlen("container="));
	free(environment);
	return i;
}

/* In the child: becomes the program, with nothing of ours but its output. */
static void become(const char *root, char *const *argv, int output)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const char *path = getenv("PATH");
	char *search = text("%s:%s/usr/sbin:%s/sbin", path ? path : "/usr/bin:/bin", root, root);

	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
	    dup2(output, STDOUT_FILENO) >= 0 && !setenv("LC_ALL", "C", 1) &&
	    !setenv("PATH", search, 1))
		execvp(argv[0], argv);
	_exit(errno == ENOENT ? 127 : 126);
}

int system_run(const char *root, char *const *argv, char **output)
{
	int fds[2], status;
	pid_t pid;

	*output = NULL;
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid)
		become(root, argv, fds[1]);
	close(fds[1]);
	if (pid > 0)
		*output = read_all(fds[0]);
	close(fds[0]);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
