/* SPDX-License-Identifier: GPL-2.0-only */
/* What the checks found, in order. */
#ifndef USERTIME_FINDINGS_H
#define USERTIME_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

enum severity { OK, WARN, FAIL };

struct finding {
	enum severity severity;
	const char *check;
	char *kernel;		/* NULL: of none in particular */
	char *text;
	char *command;		/* that mends it; NULL for OK */
};

struct findings {
	struct finding *list;
	size_t nr;
};

/* Takes the command over, which is text() or NULL; the kernel may be NULL. */
void findings_add(struct findings *findings, enum severity severity, const char *check,
		  const char *kernel, char *command, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

enum severity findings_worst(const struct findings *findings);

/* That check, of that kernel if it is not NULL, found something that FAILs. */
bool findings_failed(const struct findings *findings, const char *check, const char *kernel);

/* A line for each: "FAIL check  KERNEL: what was found -> COMMAND". */
void findings_print(const struct findings *findings);

/* One JSON object with all of them. false: no memory, or an error of stdout. */
bool findings_print_json(const struct findings *findings, const char *running);

void findings_free(struct findings *findings);

#endif
