// SPDX-License-Identifier: GPL-2.0-only
/* How busy the processors were, by number of processes: mean, and from least to most. */
#include <stdlib.h>

#include "plot.h"

void plot_utilization(FILE *script, const struct plot *plot)
{
	struct timeline_load *loads;
	size_t nr = timeline_loads(plot->timeline, PLOT_NUMBERS, &loads), i;
	double most = 0, last = 0;

	fputs("$loads << END\n", script);
	for (i = 0; i < nr; i++) {
		fprintf(script, "%g %.5g %.5g %.5g\n", loads[i].processes, 100 * loads[i].mean,
			100 * loads[i].low, 100 * loads[i].high);
		last = loads[i].processes;
		if (loads[i].high > most)
			most = loads[i].high;
	}
	fprintf(script, "END\nset xrange [0:%g]\nset yrange [0:%s]\nset xtics %s format '%%g' numeric\n"
		"set ytics format '%%g'\n",
		last + 1, most > 0 ? "*" : "100", last < 20 ? "1" : "autofreq");
	fputs("set xlabel 'number of processes'\n"
	      "set ylabel 'CPU (% of one processor)'\n", script);
	if (plot->format == PLOT_TEXT)
		fputs("plot $loads using 1:2:3:4 with yerrorbars pointtype 7\n"
		      "set print '-'\nprint 'G: mean; ***: from least to most; all processes together'\n"
		      "print ''\n", script);
	else
		fputs("set key noinvert title 'all processes together'\n"
		      "plot $loads using 1:2:3:4 with yerrorbars linecolor rgb 0x56b4e9 pointtype 0"
		      " title 'least to most', \\\n"
		      "\t$loads using 1:2 with linespoints linewidth 2 linecolor rgb 0x0072b2 pointtype 7"
		      " title 'mean'\n", script);
	free(loads);
}
