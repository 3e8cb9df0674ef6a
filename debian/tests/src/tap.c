// SPDX-License-Identifier: GPL-2.0-only
/* The test harness: see tap.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define MAX_TESTS 64
#define MAX_NOTES 20	/* shown of one test: a failure in a loop must not fill the log */

static struct {
	const char *text;
	void (*fn)(void);
} tests[MAX_TESTS];

static int n_tests;
static int lone_failure;
static int *failures = &lone_failure;	/* of the running test, shared by its processes */

void tap_add(const char *text, void (*fn)(void))
{
	if (n_tests == MAX_TESTS)
		abort();
	tests[n_tests].text = text;
	tests[n_tests++].fn = fn;
}

double tap_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* One write(2) a line: processes and threads share the output. */
static void say(const char *head, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	dprintf(STDOUT_FILENO, "# %s%s\n", head, text);
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

static void count_failure(const char *head, const char *fmt, va_list ap)
{
	int n = __atomic_add_fetch(failures, 1, __ATOMIC_RELAXED);

	if (n <= MAX_NOTES)
		say(head, fmt, ap);
	else if (n == MAX_NOTES + 1)
		dprintf(STDOUT_FILENO, "# more failures are not shown\n");
}

bool tap_expect(bool ok, const char *file, int line, const char *expr, const char *fmt, ...)
{
	char head[256];
	va_list ap;

	if (ok)
		return true;
	snprintf(head, sizeof(head), "%s:%d: not (%s)", file, line, expr);
	va_start(ap, fmt);
	count_failure(head, fmt, ap);
	va_end(ap);
	return false;
}

bool tap_expect_eq(long long got, long long want, const char *file, int line, const char *expr,
		   const char *fmt, ...)
{
	char head[256];
	va_list ap;

	if (got == want)
		return true;
	snprintf(head, sizeof(head), "%s:%d: %s = %lld, not %lld", file, line, expr, got, want);
	va_start(ap, fmt);
	count_failure(head, fmt, ap);
	va_end(ap);
	return false;
}

/* The runner is a subreaper: what a test's dead processes left behind are its children now. */
static void kill_descendants(void)
{
	for (;;) {
		FILE *f = fopen("/proc/thread-self/children", "r");
		int pid;

		if (!f)
			abort();
		while (fscanf(f, "%d", &pid) == 1)
			kill(pid, SIGKILL);
		fclose(f);
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			return;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void run_one(void (*before)(void), void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		abort();
	if (!pid) {
		alarm(TAP_TEST_LIMIT);
		if (before)
			before();
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		++*failures;
		dprintf(STDOUT_FILENO, "# killed by signal %d%s\n", WTERMSIG(status),
			WTERMSIG(status) == SIGALRM ? ": out of time" : "");
	} else if (WEXITSTATUS(status)) {
		++*failures;
	}
	kill_descendants();
}

int tap_run(void (*before)(void), void (*after)(void))
{
	int i, failed = 0;

	failures = mmap(NULL, sizeof(*failures), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (failures == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1))
		abort();
	for (i = 0; i < n_tests; i++) {
		double start = tap_now();

		*failures = 0;
		run_one(before, tests[i].fn);
		run_one(NULL, after);
		failed += *failures > 0;
		dprintf(STDOUT_FILENO, "%s - %s\n", *failures ? "not ok" : "ok", tests[i].text);
		tap_note("%.1f s", tap_now() - start);
	}
	return failed > 0 || n_tests == 0;
}
