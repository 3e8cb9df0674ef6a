# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The tree as git would commit it: tracked files and new ones, without what is ignored.

tree_files() {
	git -C "$TREE" ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do
			if [ -e "$TREE/$file" ] || [ -L "$TREE/$file" ]; then printf '%s\0' "$file"; fi
		done
}

# copy_tree TO
copy_tree() {
	mkdir -p "$1"
	tree_files | tar -C "$TREE" --null --no-recursion --files-from=- -c | tar -C "$1" -x --no-same-owner
}

# tree_hash [EXCEPT-PATH...]: changes when a file does, or its mode.
tree_hash() {
	local path except=()
	for path; do except+=("--exclude=$path"); done
	tree_files | tar -C "$TREE" "${except[@]}" --null --no-recursion --sort=name --mtime=@0 \
		--owner=0 --group=0 --numeric-owner --files-from=- -c | hash_of
}

# tree_version: of the release that debian/changelog begins with.
tree_version() { sed -n '1s/.*(\(.*\)).*/\1/p' "$TREE/debian/changelog"; }

# tree_date: that release's, in debian/changelog's form.
tree_date() { sed -n 's/^ -- .*>  //p' "$TREE/debian/changelog" | head -n 1; }
