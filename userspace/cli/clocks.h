/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USERTIME_CLOCKS_H
#define USERTIME_CLOCKS_H

#include <stdint.h>
#include <time.h>

/* What a clock says, in ns. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

#endif
