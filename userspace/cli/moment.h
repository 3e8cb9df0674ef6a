/* SPDX-License-Identifier: GPL-2.0-only */
/* Times of a recording, as words. */
#ifndef USERTIME_MOMENT_H
#define USERTIME_MOMENT_H

#include <stdint.h>

/*
 * HH:MM[:SS], on the day the recording began or, if that is before it, on the next one; YYYY-MM-DD
 * and optionally T or a blank and that; or a duration since the recording began. Local time.
 * Returns NULL and the ns since 1970, or what is wrong, without the word.
 */
const char *parse_moment(const char *word, int64_t began, int64_t *ns);

#endif
