/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small harness: each test is a function, each check a line of TAP. A program of tests ends with
 * `return tap_done();`, whose status is 0 only if there were checks and none failed; a crash gives
 * no plan, so a reader of TAP sees it too.
 */
#ifndef USERTIME_TESTS_TAP_H
#define USERTIME_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int tap_checks, tap_failures;

#define ok(condition, ...) \
	tap_check((condition), __FILE__, __LINE__, #condition, __VA_ARGS__)

__attribute__((format(printf, 5, 6)))
static inline bool tap_check(bool passed, const char *file, int line, const char *condition,
			     const char *format, ...)
{
	__builtin_va_list args;

	printf("%sok %u - ", passed ? "" : "not ", ++tap_checks);
	__builtin_va_start(args, format);
	vprintf(format, args);
	__builtin_va_end(args);
	putchar('\n');
	if (!passed) {
		tap_failures++;
		printf("# %s:%d: %s\n", file, line, condition);
	}
	fflush(stdout);
	return passed;
}

/* Texts are equal; shows both if they are not. */
static inline bool is_text(const char *got, const char *want, const char *name)
{
	bool same = got && !strcmp(got, want);

	ok(same, "%s", name);
	if (!same)
		printf("# got:  %s\n# want: %s\n", got ? got : "(null)", want);
	return same;
}

/* What the test itself needs: without it there is nothing to check. */
#define need(condition)								\
	do {									\
		if (!(condition)) {						\
			printf("Bail out! %s:%d: %s: %m\n", __FILE__, __LINE__, #condition); \
			exit(1);						\
		}								\
	} while (0)

static inline int tap_done(void)
{
	printf("1..%u\n", tap_checks);
	return tap_checks && !tap_failures ? 0 : 1;
}

#endif
