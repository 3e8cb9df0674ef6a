// SPDX-License-Identifier: GPL-2.0-only
/* Counting and reporting: see bench.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "crowd.h"

/* So many passes at least; and at most, as long as they are cheap. */
#define MIN_PASSES	3
#define MAX_PASSES	25
#define CHEAP		200000000ULL	/* instructions of all passes of a measurement */

static void say(const char *head, const char *fmt, va_list ap)
{
	fputs(head, stdout);
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
}

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("# ", fmt, ap);
	va_end(ap);
}

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("# FAILED: ", fmt, ap);
	va_end(ap);
	exit(1);
}

long check(long value, const char *what)
{
	if (value < 0)
		die("%s: %s", what, strerror(errno));
	return value;
}

void result(const char *method, const char *crowd, double value)
{
	printf("result %s %s %.1f\n", method, crowd, value);
	fflush(stdout);
}

u64 least(const struct method *m, const struct crowd *c)
{
	u64 min = ~0ULL, all = 0, begin, taken;
	int passes = 0;

	m->begin(c);
	do {
		if (m->before)
			m->before();
		begin = rdtsc();
		m->pass();
		taken = rdtsc() - begin;
		all += taken;
		if (taken < min)
			min = taken;
		passes++;
	} while (passes < MIN_PASSES || (passes < MAX_PASSES && all < CHEAP));
	m->end();
	return min;
}

void measure(const struct method *m, const struct crowd *c)
{
	result(m->name, c->name, (double)least(m, c) / c->n);
}

/* Looks at the clock until the end; returns how often. */
static u64 looks_until(u64 end)
{
	u64 looks = 0;

	while (rdtsc() < end)
		looks++;
	return looks;
}

/* Instructions of a look, hundredths: in some of many short stretches nothing comes between. */
static u64 cost_of_look(void)
{
	const u64 stretch = 100000;
	static u64 least_cost = ~0ULL;
	u64 cost;
	int i;

	for (i = 0; i < 20; i++) {
		cost = 100 * stretch / looks_until(rdtsc() + stretch);
		least_cost = cost < least_cost ? cost : least_cost;
	}
	return least_cost;
}

/* Instructions that others execute meanwhile. The quietest of several stretches counts. */
static double stolen(u64 window)
{
	u64 cost = cost_of_look(), least_stolen = ~0ULL, x;
	int i;

	for (i = 0; i < 5; i++) {
		x = window - looks_until(rdtsc() + window) * cost / 100;
		least_stolen = x < least_stolen ? x : least_stolen;
	}
	return least_stolen;
}

double cost_of_period(u64 period, void (*start)(u64 period), void (*stop)(void))
{
	enum { PERIODS = 20 };
	double without = stolen(PERIODS * period), with;

	start(period);
	with = stolen(PERIODS * period);
	stop();
	return (with - without) / PERIODS;
}
