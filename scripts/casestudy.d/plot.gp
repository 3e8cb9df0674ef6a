# SPDX-License-Identifier: GPL-2.0-only
# The plots of scripts/casestudy, in the present directory. -e: format = "svg" or "png".

if (format eq "svg") {
	set terminal svg size 800,450 font "DejaVu Sans,14" background "white"
} else {
	set terminal pngcairo size 1200,675 font "DejaVu Sans,14" background "white"
}
set border 3
set tics nomirror
set grid ytics linecolor "#dddddd" linetype 1
set key bottom right
set style line 1 linecolor "#0072b2" linewidth 2 pointtype 7
set style line 2 linecolor "#d55e00" linewidth 2 pointtype 7

set output "case1." . format
set title "Case 1: random against local access"
set xlabel "time (s)"
set ylabel "page faults since the start (thousands)"
set xrange [0:*]
set yrange [0:*]
plot "case1-random.dat" using 1:(($2 + $3) / 1000) with lines linestyle 1 \
		title "random, 50,000 and 10,000 accesses a round", \
	"case1-local.dat" using 1:(($2 + $3) / 1000) with lines linestyle 2 \
		title "random, 50,000, and local, 10,000 accesses a round"

set output "case2." . format
set title "Case 2: how busy working programs keep the machine"
set xlabel "working programs"
set ylabel "CPU (% of one processor)"
set xrange [0:12]
set xtics (1, 5, 11)
unset key
plot "case2.dat" using 1:2 with linespoints linestyle 1, \
	"case2.dat" using 1:2:(sprintf("%.1f %%", $2)) with labels offset 0,1
