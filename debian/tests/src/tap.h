/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small test harness: each TEST() is one behaviour and runs in a process of its own, below a
 * runner that kills whatever the test left behind and reports "ok - text" or "not ok - text".
 *
 * A failed EXPECT is counted in memory shared by all processes of the test, so that one in a child
 * fails the test, too. ASSERT also ends the process it is in. Nothing here looks at a clock but for
 * the patience with which WAIT_FOR waits for an event, whose end is a failure.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <unistd.h>

/* Seconds: generous, as an emulated machine is slow. */
#define TAP_PATIENCE	120
#define TAP_TEST_LIMIT	900

void tap_add(const char *text, void (*fn)(void));

/*
 * Runs all tests; before runs at the head of each one's process, after in another process when all
 * of the test's are gone. Returns the exit status for main().
 */
int tap_run(void (*before)(void), void (*after)(void));

double tap_now(void);

bool tap_expect(bool ok, const char *file, int line, const char *expr, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
bool tap_expect_eq(long long got, long long want, const char *file, int line, const char *expr,
		   const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define TEST(fn, text)							\
	static void fn(void);						\
	__attribute__((constructor)) static void add_##fn(void)		\
	{								\
		tap_add(text, fn);					\
	}								\
	static void fn(void)

/* A condition, and a printf format and arguments that give the numbers behind it (or nothing). */
#define EXPECT(cond, ...) \
	tap_expect(!!(cond), __FILE__, __LINE__, #cond, " " __VA_ARGS__)
#define EXPECT_EQ(got, want, ...) \
	tap_expect_eq((got), (want), __FILE__, __LINE__, #got, " " __VA_ARGS__)

#define ASSERT(...)		do { if (!EXPECT(__VA_ARGS__)) _exit(1); } while (0)
#define ASSERT_EQ(...)		do { if (!EXPECT_EQ(__VA_ARGS__)) _exit(1); } while (0)

#define WAIT_FOR(cond, ...)						\
	do {								\
		double deadline_ = tap_now() + TAP_PATIENCE;		\
									\
		while (!(cond)) {					\
			ASSERT(tap_now() < deadline_, "in vain: " #cond " " __VA_ARGS__); \
			usleep(2000);					\
		}							\
	} while (0)

#endif
