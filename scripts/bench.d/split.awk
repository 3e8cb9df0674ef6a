# SPDX-License-Identifier: GPL-2.0-only
# Makes of what the program split prints a page in Markdown. Says which limits are not kept, and then
# exits with 1; -v svg=FILE also draws them. -v kernel=RELEASE.

function signed(x) { return sprintf("%+.2f", x) }

function judge(kept, what) {
	if (kept) return "kept"
	missed = missed (missed ? ", " : "") what
	return "**missed**"
}

$1 == "split" {
	truth[n + 1] = $4; precise[n + 1] = $5; wait4[n + 1] = $6; name[n + 1] = $2
	text = $0
	for (i = 1; i <= 11; i++) sub(/^[^ ]+ /, "", text)
	error = $5 - $4
	load[n + 1] = text
	lines[++n] = sprintf("| %s | %s | %d | %s | %s | %s | %.1f | %s | %s |", $2, text, $3,
		$4, signed(error), signed($6 - $4), $9,
		$11, judge(error <= $11 && error >= -$11, "the split of " $2))
}

$1 == "cost" {
	costs[++m] = sprintf("| %s | %s | %s | %s |", titles[$2], $3, $4, judge($3 <= $4, titles[$2]))
}

# Where a share is in the picture.
function x_of(share) { return 330 + share * 4.2 }

function dot(share, y, colour) {
	printf "<circle cx=\"%.1f\" cy=\"%d\" r=\"6\" fill=\"%s\"/>\n", x_of(share), y, colour >svg
}

function line(x1, y1, x2, y2, colour, width) {
	printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"%s\"/>\n",
		x1, y1, x2, y2, colour, width >svg
}

function words(x, y, anchor, text) {
	printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text >svg
}

# A row for each load: what is true, and where precise mode and wait4() see it.
function draw(   i, y, bottom) {
	bottom = 60 + n * 28
	print "<!-- SPDX-License-Identifier: GPL-2.0-only -->" >svg
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 %d\" font-family=\"sans-serif\"" \
		" font-size=\"14\">\n<rect width=\"800\" height=\"%d\" fill=\"white\"/>\n", bottom + 50, bottom + 50 >svg
	line(335, 18, 335, 32, "black", 3); words(345, 30, "start", "true")
	dot(16, 25, "#0072b2"); words(x_of(16) + 12, 30, "start", "precise mode")
	dot(46, 25, "#d55e00"); words(x_of(46) + 12, 30, "start", "wait4()")
	for (i = 0; i <= 100; i += 25) {
		line(x_of(i), 45, x_of(i), bottom, "#dddddd", 1)
		words(x_of(i), bottom + 18, "middle", i)
	}
	words(x_of(50), bottom + 40, "middle", "user time, % of all CPU time")
	for (i = 1; i <= n; i++) {
		y = 42 + i * 28
		words(318, y + 5, "end", load[i])
		line(x_of(truth[i]), y, x_of(wait4[i]), y, "#d55e00", 1)
		dot(wait4[i], y, "#d55e00")
		dot(precise[i], y, "#0072b2")
		line(x_of(truth[i]), y - 10, x_of(truth[i]), y + 10, "black", 3)
	}
	print "</svg>" >svg
}

BEGIN {
	titles["mean-error"] = "mean error of a single process of a millisecond (B, C), points"
	titles["worst-error"] = "worst one"
	titles["first-millisecond"] = "what a process of a millisecond takes longer, %"
	titles["long-run"] = "what one of two seconds takes longer, %"
	titles["call"] = "a system call of one that is no target, instructions more"
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
	if (svg) draw()
	if (missed) { print "missed: " missed >"/dev/stderr"; exit 1 }
}
