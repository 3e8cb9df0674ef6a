/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that readers find whole, the old one or the new one. */
#ifndef USERTIME_REPLACE_H
#define USERTIME_REPLACE_H

#include <stdbool.h>
#include <stdio.h>

/* Prints what is to be in the file; errors of the stream are noticed by who calls it. */
typedef void replace_print(FILE *file, const void *data);

/*
 * Makes the file of that name, or replaces it, with mode 0644 and when all has reached the disk. A
 * file of another name is beside it meanwhile. false, with errno and nothing changed.
 */
bool replace_file(const char *name, replace_print *print, const void *data);

#endif
