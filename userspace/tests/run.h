/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a program as a whole, in a process of its own each time, in the tree of tree.h. */
#ifndef USERTIME_TESTS_RUN_H
#define USERTIME_TESTS_RUN_H

#include <errno.h>
#include <sys/wait.h>

#include "tree.h"

/* How a run ended, and what it said. */
static int status;
static char out[8192], err[8192];

/* Done in the child before the program starts, for the next run only. */
static void (*prepare)(void);

static inline void slurp(const char *name, char *text, size_t size)
{
	char path[PATH_MAX];
	FILE *file;
	size_t n;

	tree_path(path, name);
	file = fopen(path, "r");
	need(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
}

static inline void redirect(const char *name, int to)
{
	char path[PATH_MAX];
	int fd;

	tree_path(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	need(fd >= 0 && dup2(fd, to) == to && !close(fd));
}

/* The words end with NULL; the program gets the tree as its last argument. */
static inline void run_program(int (*program)(int argc, char **argv, const char *root),
			       const char *name, const char *const *words)
{
	char *argv[16] = { (char *)name };
	int argc = 1;
	pid_t pid;

	while (*words)
		argv[argc++] = (char *)*words++;

	/* What is buffered would come twice. */
	fflush(stdout);
	pid = fork();
	need(pid >= 0);
	if (!pid) {
		redirect("stdout", STDOUT_FILENO);
		redirect("stderr", STDERR_FILENO);
		if (prepare)
			prepare();
		exit(program(argc, argv, tree_root));
	}
	prepare = NULL;
	need(waitpid(pid, &status, 0) == pid);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	slurp("stdout", out, sizeof(out));
	slurp("stderr", err, sizeof(err));
}

/* Two ways to prepare. */
static inline void full_disk(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	need(fd >= 0 && dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
}

static inline void unprivileged(void)
{
	if (!getuid())
		need(!setresgid(65534, 65534, 65534) && !setresuid(65534, 65534, 65534));
}

#endif
