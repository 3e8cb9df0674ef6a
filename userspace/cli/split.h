/* SPDX-License-Identifier: GPL-2.0-only */
/* Precise mode: how far the division into user and system time is to be trusted. */
#ifndef USERTIME_SPLIT_H
#define USERTIME_SPLIT_H

#include <stdint.h>

/*
 * The standard deviation of the share of user time, in percentage points, that so many looks would
 * have at random moments. They are spread more evenly, so the real one is smaller.
 */
double split_error(uint64_t user, uint64_t system, uint64_t looks);

#endif
