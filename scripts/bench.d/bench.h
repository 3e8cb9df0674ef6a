/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the methods share: counting instructions, and reporting what was counted.
 *
 * The guest's clock is its instruction count (QEMU's icount): one instruction is one step of the
 * TSC and, but for the kernel's calibration, one ns. So a difference of two rdtsc is what was
 * executed in between, in whatever mode. Interrupts that came in between are in it, too: that is
 * why the least of many passes counts.
 *
 * Output, a line each: "result METHOD CROWD VALUE", and "# TEXT" for whoever is waiting.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <sys/types.h>

typedef unsigned long long u64;

struct crowd;

/* A way to learn what processes have used. */
struct method {
	const char *name;
	void (*begin)(const struct crowd *c);
	void (*before)(void);		/* each pass, if anything; not counted */
	void (*pass)(void);		/* looks at all processes of the crowd once */
	void (*end)(void);
};

static inline u64 rdtsc(void)
{
	unsigned int low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

/* Instructions of the cheapest pass. */
u64 least(const struct method *m, const struct crowd *c);
/* The same, reported for one process. */
void measure(const struct method *m, const struct crowd *c);

void result(const char *method, const char *crowd, double value);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Dies, with what errno says, if something went wrong. */
long check(long value, const char *what);

/*
 * The whole cost of something that happens every period ns by itself, for each time: what others
 * execute while this program does nothing, less what they do without it.
 */
double cost_of_period(u64 period, void (*start)(u64 period), void (*stop)(void));

extern const struct method stat_open, stat_pread, taskstats, bpf_iterator, bpf_held;

void measure_pidstat(const struct crowd *c);
void measure_record(const struct crowd *c);
void measure_registry(const struct crowd *c);
void measure_registering(void);
void measure_session(const struct crowd *c);
int measure_cold(void);

#endif
