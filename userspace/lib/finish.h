/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USERTIME_FINISH_H
#define USERTIME_FINISH_H

/*
 * The exit status of a program that is done: the given one or, with a message, 1 if something that
 * was printed could not be written out, however late stdio learns of it.
 */
int usertime_finish(const char *program, int status);

#endif
