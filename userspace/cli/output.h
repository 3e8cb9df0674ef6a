/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that a command is told to write to. */
#ifndef USERTIME_OUTPUT_H
#define USERTIME_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* Empties a file or makes it; - is standard output. NULL after a message that program gives. */
FILE *output_open(const char *program, const char *path);

/*
 * false after a message: not all could be written. Standard output stays open: whoever ends the
 * program looks at it.
 */
bool output_close(const char *program, const char *path, FILE *file);

#endif
