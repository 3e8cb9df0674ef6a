/* SPDX-License-Identifier: GPL-2.0-only */
/* top on a terminal. */
#ifndef USERTIME_TOP_SCREEN_H
#define USERTIME_TOP_SCREEN_H

#include "source.h"

/*
 * Shows the table, first as it is after a look, until the user or a signal ends it; the terminal is
 * then as it was before, and after a signal the program ends by it. false after a message.
 */
bool top_screen(struct top_source *source, struct top_table *table);

#endif
