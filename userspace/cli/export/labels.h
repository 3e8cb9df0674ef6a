/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts as values of Prometheus's labels, which are UTF-8. */
#ifndef USERTIME_LABELS_H
#define USERTIME_LABELS_H

#include <stdio.h>

/*
 * What can be a value: each byte that is no part of UTF-8 becomes U+FFFD. To be freed. Two names may
 * give one value, and a series must come once: values are what is to be compared, not names.
 */
char *label_value(const char *string);

/* A value between quotes, escaped. */
void label_print(FILE *file, const char *value);

#endif
