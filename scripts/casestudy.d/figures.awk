# SPDX-License-Identifier: GPL-2.0-only
# What the monitor printed, as figures to plot. -v hz=N: jiffies a second. For each file:
#   DIR/NAME.dat   a line a sample: seconds, and what all programs together had faulted until then:
#                  minor and major faults
# and on standard output: NAME PROGRAMS SECONDS SAMPLES MINOR MAJOR CPU-PERCENT, the last that of one
# processor on average.

function report() {
	if (!n)
		return
	# The first sample is of a period before it.
	seconds = (last - first) / hz + 0.05
	printf "%s %d %.2f %d %d %d %.1f\n", name, programs, seconds, n, minor, major,
		100 * cpu / hz / seconds
	close(dir "/" name ".dat")
}

FNR == 1 {
	report()
	name = FILENAME
	sub(/.*\//, "", name)
	programs = name ~ /^case2-/ ? substr(name, 7) + 0 : 2
	n = minor = major = cpu = 0
	first = $1
	printf "" >(dir "/" name ".dat")
}

NF == 4 && $1 ~ /^[0-9]+$/ {
	n++
	last = $1
	minor += $2
	major += $3
	cpu += $4
	print (last - first) / hz + 0.05, minor, major >(dir "/" name ".dat")
}

/^read/ && $2 != n {
	print name ": " n " samples, but the monitor counted " $2 >"/dev/stderr"
	bad = 1
}

END {
	report()
	exit bad
}
