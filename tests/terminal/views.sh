# SPDX-License-Identifier: GPL-2.0-or-later
# Views, their picker and hotkeys, legend and help.

# Views that the stock file offers for a selection field ("" at the root), as "KEY NAME".
applicable() {
	python3 -c '
import json, sys
for v in json.load(open("views.json"))["views"]:
    if sys.argv[1] in v["applies_to"]:
        print(v.get("hotkey", " "), v["name"])' "$1" | sort
}
offered() {
	screen | grep -Eo '│ [0-9 ] [A-Z][A-Za-z/ -]+' | sed 's/^│ //; s/\([a-z]\)  .*/\1/; s/ *$//' | sort -u
}

test_picker_at_the_root() {
	start 100 70
	keys F2
	wait_for 'Views of this selection'
	[ "$(offered)" = "$(applicable '')" ] || fail "offered: $(offered | tr '\n' ';') not $(applicable '' | tr '\n' ';')"
	keys Escape
	wait_gone 'Views of this selection'
	see 'ctop-trace +Processes'
}

test_picker_on_a_process() {
	start 100 70
	keys Enter
	wait_for ' › Threads'
	keys v
	wait_for 'Views of this selection'
	[ "$(offered)" = "$(applicable proc.pid)" ] || fail "offered: $(offered | tr '\n' ';')"
}

test_picker_on_a_container() {
	start 100 70 -v containers
	keys Enter
	wait_for ' › Processes'
	keys v
	wait_for 'Views of this selection'
	[ "$(offered)" = "$(applicable container.id)" ] || fail "offered: $(offered | tr '\n' ';')"
}

test_picker_narrows_down() {
	start 100 24
	keys v
	wait_for 'Views of this selection'
	typed queue
	wait_for 'Views of this selection: queue'
	see 'Socket queues'
	see_not 'Containers'
	typed x # leaves nothing: not taken
	wait_for 'Views of this selection: queue '
	keys BSpace BSpace BSpace BSpace BSpace
	wait_for 'Containers'
	typed 'tcp h'
	keys Enter
	wait_for 'ctop-trace .*TCP health'
}

test_filter_by_the_row() {
	start 120 24 -v users
	wait_for 'www-data'
	keys '!'
	wait_for 'not \(user.name = '
	wait_for ' 1/[0-9]+ *$'
	keys Escape
	wait_gone 'not \(user.name'
	keys End =
	wait_for 'filter.*user.name = '
	wait_for ' 1/1 *$'
}

test_views_files_change() {
	local dir
	dir=$(mktemp -d)
	mkdir -p "$dir/ctop-trace/views.d"
	mine() {
		printf '{"views": [{"id": "mine", "name": "%s", "records": ["tasks"], "key": ["proc.pid"], "applies_to": [""],
			"columns": [{"field": "proc.pid", "title": "%s"}]}]}' "$1" "$2" > "$dir/ctop-trace/views.d/mine.json"
	}
	mine 'First version' NUMBER
	ENVIRON="$ENVIRON XDG_CONFIG_HOME=$dir" start 100 24 -v mine
	wait_for 'ctop-trace .*First version'
	see NUMBER
	mine 'Second version' PROCESS
	wait_for 'ctop-trace .*Second version'
	wait_for PROCESS
	echo '{"views": [' > "$dir/ctop-trace/views.d/mine.json"
	wait_for 'mine.json:[0-9]+:[0-9]+: '
	rm -r "$dir"
}

test_views_directory_made_later() {
	local dir=$DIR/config
	one() { printf '{"views": [{"id": "%s", "name": "View %s", "records": ["tasks"], "key": ["proc.pid"], "applies_to": [""],
		"columns": [{"field": "proc.pid"}]}]}' "$1" "$1" > "$dir/ctop-trace/views.d/$1.json"; }
	ENVIRON="$ENVIRON XDG_CONFIG_HOME=$dir" start 100 70 # the whole picker in sight
	mkdir -p "$dir/ctop-trace/views.d"
	one late
	wait_for 'views read again'
	keys v; wait_for 'View late'; typed 'view late'; wait_for 'Views of this selection: view late'
	keys Escape; wait_gone 'Views of this selection'
	rm -r "$dir"
	keys v; wait_for 'Views of this selection' # stays open while the views are read again
	until_true has_not 'View late' || fail "a view is still there whose file has gone"
	keys Escape; wait_gone 'Views of this selection'
	mkdir -p "$dir/x/views.d" # made elsewhere, then moved to its place
	dir=$dir/x2; mkdir -p "$dir/ctop-trace/views.d"; one moved; dir=$DIR/config
	keys v; typed 'view'; wait_for 'Views of this selection: view'
	mv "$dir/x2/ctop-trace" "$dir/"
	wait_for 'View moved' # in the open picker, which keeps what was typed
	see 'Views of this selection: view'
}

test_views_file_that_is_bad_at_the_start() {
	mkdir -p "$DIR/ctop-trace/views.d"
	echo '{"views": [{"id": "x", "nam": 1}]}' > "$DIR/ctop-trace/views.d/bad.json"
	printf '{"views": [{"id": "good", "name": "Good one", "records": ["tasks"], "key": ["proc.pid"], "applies_to": [""],
		"columns": [{"field": "proc.pid"}]}]}' > "$DIR/ctop-trace/views.d/good.json"
	ENVIRON="$ENVIRON XDG_CONFIG_HOME=$DIR" start 140 24 -v good
	wait_for 'bad.json:1:[0-9]+: '
	see 'Good one'
}

test_picker_describes_and_chooses() {
	start 100 24
	keys v
	wait_for 'What each process uses'
	keys End
	wait_for 'Columns'
	see_not 'What each process uses'
	keys Home Down Down
	wait_for '▌|Containers'
	keys Enter
	wait_for 'ctop-trace .*Containers'
	wait_for 'shop-web'
	keys BSpace
	wait_for 'COMMAND'
	keys v; wait_for 'Views of this selection'
	keys 5
	wait_for 'ctop-trace .*Files'
}

test_hotkeys() {
	start 120 24
	local key name
	while read -r key name; do
		keys "$key"
		wait_for "ctop-trace .*$name"
		wait_gone 'measuring'
		wait_for '[1-9][0-9]*/[1-9]' # has rows, facts included
	done <<< "$(applicable '' | grep '^[0-9]')"
}

test_hotkey_that_does_not_apply() {
	start 100 24
	keys Enter
	wait_for ' › Threads'
	keys 3
	wait_for 'Containers does not apply'
}

test_views_compose() {
	start 120 24 -v containers
	typed '/shop-db'
	keys Enter Enter
	wait_for 'shop-db › Processes'
	keys 5
	wait_for 'shop-db › .*Files|Files.*shop-db'
	wait_for '/var/lib/postgresql'
	see_not 'nginx|/src/linux'
	keys Enter
	wait_for '› .* ›'
}

# What was asked for on the way stays in sight, and so does where one is.
test_typed_filters_stay_in_sight() {
	start 80 24 -v containers
	keys '\'; typed 'proc.name in (postgres,nginx)'; keys Enter
	wait_for 'filter proc.name in \(postgres,nginx\)  Esc clears'
	typed '/shop-db'
	keys Enter Enter
	wait_for '(› |… )shop-db › Processes .*exact'
	see 'filter proc.name in \(postgres,nginx\) *$'
	keys '\'; typed 'proc.pid > 1'; keys Enter
	wait_for 'filter \(proc.name in \(postgres,nginx\)\) and \(proc.pid > 1\)  Esc clears'
	keys 5; wait_for 'shop-db › Files'
	wait_for 'filter \(proc.name in \(postgres,nginx\)\) and \(proc.pid > 1\)  Esc clears'
	keys BSpace BSpace; wait_for '^ ctop-trace +Containers  '
	wait_for 'filter proc.name in \(postgres,nginx\)  Esc clears'
	keys Escape; wait_gone 'filter proc'
}

test_legend() {
	start 100 40 -v files
	keys i
	wait_for 'Filter in force'
	see 'Attached for this view'
	see 'Columns'
	keys End
	wait_for 'Enter'
	keys q
	wait_gone 'Filter in force|Attached'
	keys F7; wait_for 'Filter in force'
	keys Escape; wait_gone 'Filter in force'
}

test_legend_says_what_the_kernel_decides() {
	start 100 40
	keys Enter
	wait_for ' › Threads'
	keys F7
	wait_for 'the kernel decides'
	see 'proc.pid = '
}

test_help() {
	start 100 24
	keys '?'
	wait_for 'Finding the way'
	see 'F2 v'
	keys PageDown
	wait_for 'Looking inside'
	keys PageDown
	wait_for 'Sorting'
	keys End
	wait_for 'exact'
	keys q
	wait_gone 'exact +every'
	keys F1; wait_for 'Finding the way'
	keys Escape; wait_gone 'Finding the way'
	keys h; wait_for 'Finding the way'
}

test_bar_offers_back_where_it_leads_somewhere() {
	start 120 24
	see_not 'Backspace back'
	keys Enter
	wait_for 'Backspace back'
}

test_bar_says_what_keys_do() {
	start 120 24
	see 'Enter drill .*F2 views .*/ search .*\\ filter .*e echo .*d dig .*\? help'
}
