# SPDX-License-Identifier: GPL-2.0-only
# Makes of "result METHOD CROWD VALUE" lines a page in Markdown and, with -v json=FILE, the same for
# programs. Says which of the budgets are missed, and then exits with 1. -v kernel=RELEASE.

function row(name, title, leaves_out) {
	order[++rows] = name
	titles[name] = title
	notes[name] = leaves_out
}

# budget NAME CROWD MOST TEXT: of one figure.
function budget(name, crowd, most, text) {
	budgets++
	budget_text[budgets] = text
	budget_most[budgets] = most
	budget_got[budgets] = (name, crowd) in value ? value[name, crowd] : ""
}

function rounded(x) { return sprintf(x < 1000 ? "%.1f" : "%.0f", x) }

function figure(name, crowd) { return (name, crowd) in value ? rounded(value[name, crowd]) : "-" }

# How many times the module's sample that is; session-ran, as what is of interest has run.
function ratio(name, crowd,   own) {
	own = value["session-ran", crowd]
	if (!own || !((name, crowd) in value)) return "-"
	return sprintf("%.1f", value[name, crowd] / own)
}

function nanoseconds(name) {
	if ((name "-ns", "cold") in value)
		return sprintf("%.0f (%.0f warm)", value[name "-ns", "cold"], value[name "-ns", "warm"])
	return "not to be had"
}

function heading(first, rest,   i, line, rule) {
	line = "| " first " |"
	rule = "|---|"
	for (i = 1; i <= crowds; i++) { line = line " " crowd_title(crowd[i]) " |"; rule = rule "---:|" }
	n = split(rest, words, "|")
	for (i = 1; i <= n; i++) { line = line " " words[i] " |"; rule = rule "---|" }
	print line
	print rule
}

function crowd_title(name) { return name ~ /x/ ? name " threads" : name }

function figures(name,   i, line) {
	line = "| " titles[name] " |"
	for (i = 1; i <= crowds; i++) line = line " " figure(name, crowd[i]) " |"
	return line
}

function seen(name,   i) {
	for (i = 1; i <= crowds; i++) if ((name, crowd[i]) in value) return 1
	return 0
}

function describe() {
	row("session", "`/dev/urt`: a sample into the ring; the process slept")
	row("session-ran", "the same; it ran since the last one")
	row("consume", "a record taken through the mapping, its fields added up")
	row("refresh", "`/proc/urt`: a refresh of the registry; it slept")
	row("status-read", "a line of `/proc/urt/status`, read")
	row("status-parse", "its two numbers taken by strtoull")
	row("status-line", "both together")
	own = rows
	row("bpf-held", "BPF program run over held tasks, into a mapping",
		"splitting the times, taking the records out; needs root")
	row("bpf-iterator", "BPF task iterator", "splitting the times; walks all tasks there are; needs root")
	row("taskstats", "taskstats (netlink)", "needs CAP_NET_ADMIN")
	row("stat-pread", "`/proc/PID/stat`, held open, pread", "parsing the line; a descriptor per process")
	row("stat-open", "`/proc/PID/stat`, open, read, close", "parsing the line")
	row("pidstat", "pidstat", "starting it; reads all processes there are")
	row("record", "`usertime record -I 1ms`, the program", "the module's sample; starting it; the processes slept")
}

function print_own(   i) {
	print "The module, instructions per process:\n"
	heading("", "")
	for (i = 1; i <= own; i++) if (seen(order[i])) print figures(order[i])
	print "\nBesides, once a sample or once a call:\n"
	print "| | instructions |\n|---|---:|"
	single("session-empty", "10", "USERTIME_IOC_SAMPLE without a target")
	single("session-period", "10", "a period of 10 targets on `/dev/urt` in all, timer and worker included")
	single("session-period", "1000", "the same with 1000")
	single("refresh-period", "10", "a period of 10 targets in `/proc/urt` in all, timer and worker included")
	single("refresh-period", "1000", "the same with 1000")
	single("register", "100", "registering a process, 100 being registered")
	single("register", "30000", "the same, 30,000 being registered")
	single("unregister", "100", "dropping it again, 100 being registered")
	single("unregister", "30000", "the same, 30,000 being registered")
}

function single(name, crowd, text) {
	if ((name, crowd) in value) print "| " text " | " rounded(value[name, crowd]) " |"
}

function print_peers(   i, name) {
	print "\nThe same by other means; how many times the module's sample (of 1000 that ran) that is, and"
	print "what the ratio leaves out:\n"
	heading("", "times|cold, ns|not counted")
	for (i = own + 1; i <= rows; i++) {
		name = order[i]
		if (seen(name))
			print figures(name) " " ratio(name, "1000") " | " nanoseconds(name) " | " notes[name] " |"
	}
	print "\nInstructions are no time: a ratio of them is no speed-up. They leave out cache misses, of which a"
	print "sample of one process has about eight when it is cold (0.1 to 0.2 us, estimated), so that the"
	print "cheaper a method is, the more of its time they are; mispredicted branches; and what entering the"
	print "kernel costs real processors beyond instructions (mitigations are off here). The ns were measured"
	print "on the machine that ran this, whatever else it did: the median of looks at processes after other"
	print "work had filled the caches. There the module was not loaded, so it has none to compare."
}

function judge(i, got) {
	got = budget_got[i]
	if (got == "") return "not measured"
	return got <= budget_most[i] ? "kept" : "MISSED"
}

function check(   i, verdict) {
	budget("session", "1000", 100, "sample of a process that slept, 1000 of them")
	budget("session-ran", "1000", 100, "sample of a process that ran, 1000 of them")
	budget("session", "100x32", 50 + 12 * 32, "sample of a process of 32 threads (50 + 12 a thread)")
	budget("consume", "1000", 25, "consuming a record through the mapping")
	budget("status-line", "1000", 600, "a line of status, read and parsed")
	budget("register", "30000", 1.2 * value["register", "100"], "registering at 30,000 (at 100, and 20 %)")
	budget("session", crowd_largest, 1.2 * value["session", "10"],
		"sample of one of " crowd_largest " processes (of 10, and 20 %)")
	if (("record", "100") in value) {
		value["record-all", "100"] = value["record", "100"] + value["session-ran", "100"]
		budget("record-all", "100", 0.05 * value["pidstat", "100"],
			"recording a sample of one of 100, module included (5 % of pidstat)")
	}
	print "\n| budget | at most | is | |\n|---|---:|---:|---|"
	for (i = 1; i <= budgets; i++) {
		verdict = judge(i)
		printf "| %s | %s | %s | %s |\n", budget_text[i], rounded(budget_most[i]),
			budget_got[i] == "" ? "-" : rounded(budget_got[i]), verdict
		if (verdict != "kept") missed[++misses] = i
	}
}

function print_json(   i, key, part, comma) {
	printf "{\n\t\"kernel\": \"%s\",\n\t\"instructions\": [", kernel >json
	for (i = 1; i <= results; i++) {
		split(result[i], part, SUBSEP)
		if (part[1] ~ /-ns$/) continue
		printf "%s\n\t\t{\"method\": \"%s\", \"processes\": \"%s\", \"value\": %s}", comma, part[1], part[2],
			value[part[1], part[2]] >json
		comma = ","
	}
	printf "\n\t],\n\t\"nanoseconds\": [" >json
	comma = ""
	for (i = 1; i <= results; i++) {
		split(result[i], part, SUBSEP)
		if (part[1] !~ /-ns$/) continue
		printf "%s\n\t\t{\"method\": \"%s\", \"caches\": \"%s\", \"value\": %s}", comma,
			substr(part[1], 1, length(part[1]) - 3), part[2], value[part[1], part[2]] >json
		comma = ","
	}
	printf "\n\t],\n\t\"budgets\": [" >json
	for (i = 1; i <= budgets; i++)
		printf "%s\n\t\t{\"what\": \"%s\", \"most\": %s, \"is\": %s, \"kept\": %s}", (i > 1 ? "," : ""),
			budget_text[i], budget_most[i], budget_got[i] == "" ? "null" : budget_got[i],
			judge(i) == "kept" ? "true" : "false" >json
	print "\n\t]\n}" >json
}

$1 == "result" {
	value[$2, $3] = $4 + 0
	result[++results] = $2 SUBSEP $3
	# Every crowd has a refresh.
	if ($2 == "refresh") crowd[++crowds] = $3
	if ($2 == "refresh" && $3 !~ /x/) crowd_largest = $3
}

END {
	describe()
	print "Instructions, exact, on Debian's " kernel " (columns: how many processes).\n"
	print_own()
	if (seen("stat-open")) print_peers()
	check()
	if (json) print_json()
	for (i = 1; i <= misses; i++)
		printf "MISSED: %s: %s, budget %s\n", budget_text[missed[i]],
			budget_got[missed[i]] == "" ? "not measured" : rounded(budget_got[missed[i]]),
			rounded(budget_most[missed[i]]) >"/dev/stderr"
	exit misses > 0
}
