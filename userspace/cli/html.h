/* SPDX-License-Identifier: GPL-2.0-only */
/* usertime report --html: a recording as one page that needs nothing else. */
#ifndef USERTIME_HTML_H
#define USERTIME_HTML_H

#include <jansson.h>

#include "timeline.h"

/*
 * Writes it to the file output, - is standard output. options->max does not matter: the page has its
 * own bounds. Returns the exit status, after a message that program gives if it is not 0.
 */
int html_write(const char *program, struct recorded *recorded,
	       const struct timeline_options *options, const char *output);

/* What the page is told, for tests: NULL after the same message. */
json_t *html_data(const char *program, struct recorded *recorded,
		  const struct timeline_options *options);

/* The page with that data in it. Errors of the file are left to who closes it. */
void html_page(FILE *file, const json_t *data);

#endif
