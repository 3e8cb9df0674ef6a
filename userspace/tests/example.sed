# SPDX-License-Identifier: GPL-2.0-only
# The program between .Bd and .Ed of a man page's EXAMPLES, as a reader sees it.
/^\.Sh EXAMPLES/,/^\.Sh SEE/{
	/^\.Bd -literal/,/^\.Ed/{
		/^\.[BE]d/d
		s/^\\&//
		s/\\e/\\/g
		s/\\-/-/g
		p
	}
}
