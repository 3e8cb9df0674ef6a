// SPDX-License-Identifier: GPL-2.0-only
/* Runs gnuplot: the script is its standard input, the picture comes from a pipe. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plot.h"

#define PROGRAM	"usertime plot"

enum { NOT_EXECUTED = 126, NOT_FOUND = 127 };

/* A file, as gnuplot may draw before it has read all: with two pipes each could wait for the other. */
static FILE *write_script(const struct plot *plot)
{
	int fd = memfd_create("script", MFD_CLOEXEC);
	FILE *script = fd >= 0 ? fdopen(fd, "w+") : NULL;

	if (!script) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	plot_script(script, plot);
	if (fflush(script) || ferror(script) || fseek(script, 0, SEEK_SET)) {
		fclose(script);
		return NULL;
	}
	return script;
}

/* In the child. None of the user's settings: a picture looks the same for everyone. */
static void become(int script, int output)
{
	if (dup2(script, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    !setenv("LC_ALL", "C.UTF-8", 1))
		execlp("gnuplot", "gnuplot", "-d", (char *)NULL);
	_exit(errno == ENOENT ? NOT_FOUND : NOT_EXECUTED);
}

/* Returns the reading end of the pipe. */
static int start(FILE *script, pid_t *pid)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	*pid = fork();
	if (!*pid)
		become(fileno(script), fds[1]);
	close(fds[1]);
	if (*pid < 0) {
		close(fds[0]);
		return -1;
	}
	return fds[0];
}

/* Text has a form feed before each plot, for printers. */
static void copy(int from, FILE *to, bool text)
{
	char buffer[4096];
	ssize_t n, i;

	while ((n = read(from, buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR))
		for (i = 0; i < n; i++)
			if (!text || buffer[i] != '\f')
				putc(buffer[i], to);
	close(from);
}

static bool ended_well(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		fprintf(stderr, PROGRAM ": there is no gnuplot; apt install gnuplot-nox\n");
	else if (WIFEXITED(status) && WEXITSTATUS(status))
		fprintf(stderr, PROGRAM ": gnuplot failed with status %d\n", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		fprintf(stderr, PROGRAM ": gnuplot was killed by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

bool plot_draw(const struct plot *plot, FILE *file)
{
	FILE *script = write_script(plot);
	int output = -1;
	pid_t pid;

	if (script)
		output = start(script, &pid);
	if (output < 0) {
		fprintf(stderr, PROGRAM ": cannot run gnuplot: %s\n", strerror(errno));
	} else {
		copy(output, file, plot->format == PLOT_TEXT);
	}
	if (script)
		fclose(script);
	return output >= 0 && ended_well(pid);
}
