/* SPDX-License-Identifier: GPL-2.0-only */
/* top without a terminal. */
#ifndef USERTIME_TOP_BATCH_H
#define USERTIME_TOP_BATCH_H

#include "source.h"

/*
 * Prints a table after each look, so many times; 0: until nothing comes any more, or nobody reads it.
 * false after a message.
 */
bool top_batch(struct top_source *source, struct top_table *table, unsigned int times);

#endif
