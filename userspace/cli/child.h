/* SPDX-License-Identifier: GPL-2.0-only */
/* A command that is started, but executes nothing before it may. */
#ifndef USERTIME_CHILD_H
#define USERTIME_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* What exit statuses of the command line say of a command, as shells do. */
enum {
	STATUS_OURS = 125,		/* usertime itself failed */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128		/* + the signal's number */
};

/**
 * struct child - the command
 * @pid: its number, until it has been waited for
 * @go: end of a pipe: what is written there has it execute
 * @error: end of a pipe: comes to its end when it does, or has the errno
 */
struct child {
	pid_t pid;
	int go;
	int error;
};

/* Forks it, with that signal mask; it waits. false: errno. */
bool child_start(struct child *child, char *const *words, const sigset_t *mask);

/* Lets it execute. 0, or the errno why it could not: then it ends. */
int child_go(struct child *child);

/* Instead of child_go(): ends it, and waits for that. */
void child_cancel(struct child *child);

/* The exit status that stands for what wait(2) says. */
int child_status(int wait_status);

/* The same for a command that could not be executed. */
int child_error_status(int error);

#endif
