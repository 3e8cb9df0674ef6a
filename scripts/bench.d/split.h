/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads whose user time is known beforehand, as it is counted: user code is made of loops of so many
 * instructions, and where time is instructions one of them is one ns.
 */
#ifndef SPLIT_H
#define SPLIT_H

typedef unsigned long long u64;

/* A kind of process. */
struct load {
	const char *name;
	const char *text;
	int runs;		/* processes of it */
	double limit;		/* of the error of their sum, percentage points */
	u64 (*run)(void);	/* in a process of its own; returns the user instructions it took */
};

extern const struct load loads[];
extern const int nr_loads;

/* Finds out how much work is a millisecond here; once, before the first load. */
void loads_init(void);

/* Loops for so many instructions. */
u64 user_for(u64 instructions);

/* Instructions so far. */
u64 instructions_now(void);

#endif
