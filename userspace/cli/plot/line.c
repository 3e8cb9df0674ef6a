// SPDX-License-Identifier: GPL-2.0-only
/* How lines of a picture look, and what they are called. */
#include <stdlib.h>

#include "cli/text.h"
#include "plot.h"

/* Okabe and Ito's, which the colour-blind can tell from each other; and grey for the others. */
static const unsigned int colours[PLOT_TOP] = {
	0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, 0x56b4e9, 0xcc79a7, 0xf0e442
};

#define GREY	0x888888

unsigned int plot_colour(const struct timeline_lines *lines, size_t line)
{
	return lines->lines[line].name ? colours[line % PLOT_TOP] : GREY;
}

/* Half of the way to white. */
unsigned int plot_tint(const struct timeline_lines *lines, size_t line)
{
	return 0xffffff - ((0xffffff - plot_colour(lines, line)) >> 1 & 0x7f7f7f);
}

static char *duration(uint64_t ns)
{
	double seconds = ns / 1e9;

	if (seconds >= 100)
		return text("%.0f s", seconds);
	if (seconds >= 1)
		return text("%.2f s", seconds);
	return text("%.3g ms", seconds * 1e3);
}

static char *name(const struct timeline_line *line)
{
	if (!line->name)
		return text("%zu other%s", line->members, line->members > 1 ? "s" : "");
	if (line->pid && !*line->name)
		return text("PID %d", line->pid);
	if (line->pid)
		return text("%s (%d)", line->name, line->pid);
	return text("%s (%zu process%s)", line->name, line->members, line->members > 1 ? "es" : "");
}

double plot_fault_unit(double most, const char **name)
{
	*name = most >= 1e7 ? " (millions)" : most >= 1e4 ? " (thousands)" : "";
	return most >= 1e7 ? 1e6 : most >= 1e4 ? 1e3 : 1;
}

char *plot_label(const struct timeline_line *line, enum plot_kind kind)
{
	char *called = name(line), *user, *system, *label;

	if (kind == PLOT_FAULTS) {
		label = text("%s: %llu + %llu", called, (unsigned long long)line->used.minor,
			     (unsigned long long)line->used.major);
	} else {
		user = duration(line->used.user);
		system = duration(line->used.system);
		label = text("%s: %s + %s", called, user, system);
		free(user);
		free(system);
	}
	free(called);
	return label;
}
