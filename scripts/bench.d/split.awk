# SPDX-License-Identifier: GPL-2.0-only
# Makes of what the program split prints a page in Markdown. Says which limits are not kept, and then
# exits with 1. -v kernel=RELEASE.

function signed(x) { return sprintf("%+.2f", x) }

function judge(kept, what) {
	if (kept) return "kept"
	missed = missed (missed ? ", " : "") what
	return "**missed**"
}

$1 == "split" {
	text = $0
	sub(/^([^ ]+ ){11}/, "", text)
	error = $5 - $4
	lines[++n] = sprintf("| %s | %s | %d | %s | %s | %s | %.1f | %s | %s |", $2, text, $3,
		$4, signed(error), signed($6 - $4), $9,
		$11, judge(error <= $11 && error >= -$11, "the split of " $2))
}

$1 == "cost" {
	costs[++m] = sprintf("| %s | %s | %s | %s |", titles[$2], $3, $4, judge($3 <= $4, titles[$2]))
}

BEGIN {
	titles["mean-error"] = "mean error of a single process of a millisecond, points"
	titles["worst-error"] = "worst one"
	titles["first-millisecond"] = "what a process of a millisecond takes longer, %"
	titles["long-run"] = "what one of two seconds takes longer, %"
	titles["switch"] = "a switch between two that are no targets, instructions more"
	titles["switch-afterwards"] = "the same when the last precise target has gone"
}

END {
	if (!n) { print "nothing was measured" >"/dev/stderr"; exit 1 }
	print "The split into user and system time on Debian\x27s " kernel ", where time is instructions and the user"
	print "time of each load is known: its share of all time, and the errors of precise mode and of wait4(), in"
	print "percentage points of the sum over all processes.\n"
	print "| | load | processes | user, % | precise | wait4() | looks each | limit | |"
	print "|---|---|---:|---:|---:|---:|---:|---:|---|"
	for (i = 1; i <= n; i++) print lines[i]
	print "\n| | is | at most | |"
	print "|---|---:|---:|---|"
	for (i = 1; i <= m; i++) print costs[i]
	if (missed) { print "missed: " missed >"/dev/stderr"; exit 1 }
}
