# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# A trixie root with a browser, and node to drive it. Beside the toolbox, as it is large, and nothing
# else needs it.

make_browser() {
	make_root browser trixie "chromium nodejs fonts-dejavu-core libjansson4 libkmod2 libncursesw6 libsqlite3-0 sqlite3"
}
