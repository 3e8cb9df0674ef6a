// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

/* The descriptors close when it executes; if whoever started it ends before, there is nothing to read. */
static void run_child(int go, int error, char *const *words, const sigset_t *mask)
{
	ssize_t size;
	char byte;
	int code;

	do
		size = read(go, &byte, 1);
	while (size < 0 && errno == EINTR);
	if (size != 1)
		_exit(STATUS_OURS);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(words[0], words);
	code = errno;
	if (write(error, &code, sizeof(code)) != sizeof(code))
		_exit(STATUS_OURS);
	_exit(child_error_status(code));
}

bool child_start(struct child *child, char *const *words, const sigset_t *mask)
{
	int go[2], error[2], saved;

	if (pipe2(go, O_CLOEXEC))
		return false;
	if (pipe2(error, O_CLOEXEC))
		goto close_go;
	child->pid = fork();
	if (child->pid < 0)
		goto close_error;
	if (!child->pid) {
		close(go[1]);
		run_child(go[0], error[1], words, mask);
	}
	close(go[0]);
	close(error[1]);
	child->go = go[1];
	child->error = error[0];
	return true;

close_error:
	saved = errno;
	close(error[0]);
	close(error[1]);
	errno = saved;
close_go:
	saved = errno;
	close(go[0]);
	close(go[1]);
	errno = saved;
	return false;
}

int child_go(struct child *child)
{
	ssize_t size = 0;
	int code = 0;

	if (write(child->go, "", 1) == 1) {
		do
			size = read(child->error, &code, sizeof(code));
		while (size < 0 && errno == EINTR);
	}
	close(child->go);
	close(child->error);
	return size == sizeof(code) ? code : 0;
}

void child_cancel(struct child *child)
{
	close(child->go);
	close(child->error);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int child_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? STATUS_SIGNAL + WTERMSIG(wait_status)
					: WEXITSTATUS(wait_status);
}

int child_error_status(int error)
{
	return error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}
