# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The checks of scripts/quality, each a function check_NAME that fails or ends with what it has seen.

# --- copyright

# licenses: a line for each pattern of debian/copyright, in its order: PATTERN LICENSE.
licenses() {
	awk '
	function flush(   n, i, patterns) {
		n = split(files, patterns, " ")
		for (i = 1; i <= n; i++) print patterns[i] " " license
		files = license = field = ""
	}
	/^$/ { flush(); next }
	/^[^ \t]/ { field = $1 }
	field == "Files:" { sub(/^Files:/, ""); files = files " " $0 }
	/^License:/ { sub(/^License: */, ""); license = $0 }
	END { flush() }' "$TREE/debian/copyright" | grep -v '^ '
}

# spdx_of LICENSE: the same in the words of SPDX; the kernel has kept to an older name of one.
spdx_of() {
	case $1 in
	GPL-2) echo GPL-2.0-only ;;
	'GPL-2 with Linux-syscall-note exception') echo 'GPL-2.0 WITH Linux-syscall-note' ;;
	*) die "debian/copyright: the license '$1' is not known here" ;;
	esac
}

# license_of FILE: what the last pattern that fits it says; its * fits slashes too.
license_of() {
	local pattern rest license=''
	while read -r pattern rest; do
		# shellcheck disable=SC2254 # a pattern
		case $1 in $pattern) license=$rest ;; esac
	done <<<"$LICENSES"
	echo "$license"
}

# states_none FILE: whether it is prose, or of a form that knows no comment or that Debian's tools read.
states_none() {
	case $1 in
	.gitignore | *.md | debian/*README* | */corpus | */corpus/*) ;;
	debian/changelog | debian/clean | debian/control | debian/copyright | debian/tests/control) ;;
	debian/source/* | debian/*.install | debian/*.examples | debian/*.symbols | debian/*.dkms | scripts/tests/control | *.json) ;;
	*) return 1 ;;
	esac
}

check_copyright() {
	local file stated wanted wrong=0 count=0
	LICENSES=$(licenses)
	[ -n "$LICENSES" ] || die "debian/copyright names no files"
	while IFS= read -r -d '' file; do
		[ ! -L "$TREE/$file" ] || continue
		stated=$(sed -n '1,3s/.*SPDX-License-Identifier: *//p' "$TREE/$file" | sed 's/ *\(\*\/\|-->\)$//')
		if [ -z "$stated" ] && states_none "$file"; then continue; fi
		wanted=$(spdx_of "$(license_of "$file")") || return 1
		[ "$stated" != "$wanted" ] || { count=$((count + 1)); continue; }
		say "$file: its SPDX line says '${stated:-nothing}', debian/copyright '$wanted'"
		wrong=1
	done < <(tree_files)
	[ "$wrong" -eq 0 ] || return 1
	say "ok - copyright: $count files say what debian/copyright says"
}

# --- autopkgtest

# Without autodep8, which would add the tests of autopkgtest-pkg-dkms; the source package names both.
check_autopkgtest() {
	make_packages trixie source || return 1
	grep '^Testsuite: ' "$BUILD"/packages/trixie/*.dsc | grep -qx 'Testsuite: autopkgtest, autopkgtest-pkg-dkms' ||
		die "the source package does not name both testsuites"
	cd "$TREE"
	toolbox python3 - <<-'EOT'
	import os, sys
	sys.path.insert(0, "/usr/share/autopkgtest/lib")
	import testdesc

	capabilities = ["root-on-testbed", "isolation-machine", "reboot", "revert", "revert-full-system"]
	tests, skipped = testdesc.parse_debian_source(".", capabilities, "amd64", False, auto_control=False)
	bad = [t.name for t in tests if t.path and not os.access(t.path, os.X_OK)]
	# What lies there and is no test that anything runs.
	named = {os.path.basename(t.path) for t in tests if t.path}
	stray = [f for f in os.listdir("debian/tests")
	         if os.path.isfile("debian/tests/" + f) and f != "control" and f not in named]
	if skipped or bad or stray or not tests:
	    sys.exit(f"tests: {len(tests)}, some skipped: {skipped}, no executable: {bad}, not named: {stray}")
	print(f"ok - autopkgtest: it knows {len(tests)} tests", file=sys.stderr)
	EOT
}

# --- lintian

# What sid's lintian says of the source because its policy is newer. To meet it would be to lose
# trixie, whose debhelper, dpkg and lintian ask for the contrary.
NEWER_POLICY='
out-of-date-standards-version             | lintian of trixie refuses one that its policy has not reached
package-uses-old-debhelper-compat-version | 14 is no stable level in trixie, nor known to those before
redundant-priority-optional-field         | the default since dpkg 1.22.13, which bookworm has not
redundant-rules-requires-root-no-field    | the same
'

newer_policy() { echo "$NEWER_POLICY" | awk -F' *[|] *' 'NF { print $1 }' | paste -sd ,; }

# Trixie's is in scripts/packages --lintian.
check_lintian() {
	local log=$BUILD/packages/trixie.lintian-sid
	make_packages trixie source && make_root lintian-sid sid lintian || return 1
	in_root lintian-sid lintian -i -I --pedantic --allow-root --suppress-tags "$(newer_policy)" \
		"$BUILD"/packages/trixie/*.changes >"$log" 2>&1 || { cat "$log" >&2; die "sid's lintian has complaints"; }
	! grep -qE '^[EWIPX]: ' "$log" || { cat "$log" >&2; die "sid's lintian has remarks"; }
	say "ok - lintian of sid: nothing new"
}

# --- reproducible

# Run in the root: the source, the directory for the products. Everything that may not matter is
# another: path, user, host, umask, time zone, locale, times and order of the files, processors.
# shellcheck disable=SC2016 # a script for sh in the root
ELSEWHERE='
	hostname elsewhere
	umask 077
	place=/tmp/some/other/and/much/longer/place
	mkdir -p "$place/source"
	cd "$1"
	find . ! -type d | sort -r | tar --no-recursion --files-from=- -c |
		tar -C "$place/source" -x -m --no-same-permissions
	chown -R 4321:4321 /tmp/some
	chmod 1777 /tmp
	cd "$place/source"
	HOME=$place TZ="<+14>-14" LC_ALL=C LANG=C USER=somebody LOGNAME=somebody DEB_BUILD_OPTIONS=parallel=3 \
		setpriv --reuid=4321 --regid=4321 --clear-groups dpkg-buildpackage -us -uc
	mkdir -p "$2"
	cp "$place"/*.deb "$2/"
'

check_reproducible() {
	local again=$BUILD/reproducible one=$BUILD/packages/trixie file different=''
	make_packages trixie || return 1
	rm -rf "$again"
	copy_tree "$again/source"
	in_root build-trixie unshare --uts sh -eu -c "$ELSEWHERE" sh "$again/source" "$again/packages" \
		>"$again/log" 2>&1 || { tail -n 40 "$again/log" >&2; die "the packages do not build elsewhere"; }
	for file in "$one"/*.deb; do
		cmp -s "$file" "$again/packages/${file##*/}" || different="$different ${file##*/}"
	done
	for file in $different; do
		say "different: $file"
		explain_difference "$one/$file" "$again/packages/$file" >&2 || true
	done
	[ -z "$different" ] || return 1
	say "ok - reproducible: $(cd "$one" && echo *.deb)"
}

# explain_difference DEB DEB: which members differ, in owner, mode, time, size or contents. (The source
# package is not compared: dpkg-source keeps the modes that the umask has given.)
explain_difference() {
	# shellcheck disable=SC2016 # a script for sh in the toolbox
	toolbox sh -c '
		for n in 1 2; do
			mkdir -p /tmp/$n
			dpkg-deb --raw-extract "$1" /tmp/$n
			dpkg-deb --contents "$1" >/tmp/list.$n
			shift
		done
		diff /tmp/list.1 /tmp/list.2
		diff -rq /tmp/1 /tmp/2
	' sh "$1" "$2" | head -n 40
}

# --- piuparts

# In a copy, in the toolbox's memory, of a root that has what the packages depend on, so that nothing
# is fetched but apt's lists. It has no headers: DKMS, which is tested elsewhere, builds nothing.
check_piuparts() {
	local log=$BUILD/piuparts.log
	make_packages trixie &&
		make_root piuparts-trixie trixie dkms "--dpkgopt=path-include=/usr/share/doc/usertime*" || return 1
	toolbox piuparts --distribution trixie --existing-chroot "$(root_dir piuparts-trixie)" \
		--keep-sources-list --no-check-valid-until --no-eatmydata --fail-on-broken-symlinks \
		--pedantic-purge-test "$BUILD"/packages/trixie/*.deb >"$log" 2>&1 || { tail -n 60 "$log" >&2; die "piuparts has complaints"; }
	say "ok - piuparts: $(cd "$BUILD/packages/trixie" && echo *.deb)"
}
