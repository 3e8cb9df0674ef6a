/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal as ncurses has it, and as it was before, however the program ends. */
#ifndef USERTIME_TOP_TERMINAL_H
#define USERTIME_TOP_TERMINAL_H

#include <signal.h>
#include <stdbool.h>

/* false after a message: there is none, or one that nobody knows. */
bool terminal_begin(void);
void terminal_end(void);

/* The signal that wants the program to end, 0: none. */
int terminal_signal(void);

/* Signals come only while this is the mask: for ppoll(). */
const sigset_t *terminal_mask(void);

/* After terminal_end(): ends by that signal, as who sent it expects. */
void terminal_die(int signal);

#endif
