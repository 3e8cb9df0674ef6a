/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts: made, escaped for what they are printed to. No memory ends the program. */
#ifndef USERTIME_TEXT_H
#define USERTIME_TEXT_H

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

/* As sprintf(3), to be freed. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_v(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* As reallocarray(3). */
void *grow(void *list, size_t nr, size_t size);

/* For a terminal: bytes that are not printable ASCII, and \, as \ooo. */
void text_print(FILE *file, const char *string);

/* For CSV, whose fields are separated by that: in quotes if it has to be. */
void text_print_csv(FILE *file, const char *string, const char *separator);

/* The same as a text, to be freed. */
char *text_printable(const char *string);

/* For JSON, which is UTF-8: each byte that is no part of it becomes U+FFFD. NULL becomes null. */
json_t *text_json(const char *string);

#endif
