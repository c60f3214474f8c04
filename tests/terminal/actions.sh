# SPDX-License-Identifier: GPL-2.0-or-later
# Actions on the synthetic machine: what is offered, the questions, and that nothing runs.

test_actions_menu() {
	start 120 40
	keys F8
	wait_for 'Actions on '
	see 'Q Send a signal +@signal TERM [0-9]+'
	see 'W strace +(strace -f -p [0-9]+|strace is not installed)'
	keys Escape
	wait_gone 'Actions on'
	keys 3
	wait_for 'shop-web'
	typed '/shop-web'
	keys Enter
	keys F8
	wait_for 'Actions on shop-web'
	see 'S Shell inside +(docker exec -it -- [0-9a-f]+|nsenter)'
	see_not 'Send a signal'
	see_not 'lxc-'
	keys F8
	wait_gone 'Actions on'
	typed '/build'
	keys Enter a
	wait_for 'Actions on build'
	see '(lxc-attach --name=build -- /bin/sh|nsenter --target=[0-9]+ --all)'
	see_not 'docker'
}

test_actions_ask_first() {
	start 120 30 -v containers
	typed '/build'
	keys Enter
	wait_selected build
	keys E
	wait_for 'Stop the container: '
	see 'build - really\? y/N'
	keys n
	wait_for 'Stop the container: not done'
	see_not 'really'
	keys E
	wait_for 'really\? y/N'
	keys Enter # the default is no
	wait_for 'not done'
	keys E
	wait_for 'really\? y/N'
	keys y
	wait_for 'a demonstration, nothing was run: (lxc-stop|@signal)'
	see 'Containers'
}

test_actions_ask_for_a_value() {
	start 120 30
	keys Q
	wait_for '^ Signal: TERM'
	keys C-u; typed 'NONSENSE'; keys Enter
	wait_for 'there is no such signal'
	keys C-u; typed 'hup'; keys Enter
	wait_for 'Send a signal: @signal hup [0-9]+'
	wait_for 'really\? y/N'
	keys y
	wait_for 'nothing was run: @signal hup'
	keys R
	wait_for '^ Nice value: 10'
	keys C-u; typed '20'; keys Enter
	wait_for 'from -20 to 19'
	keys Escape
	wait_gone 'Nice value'
	keys q
	wait_dead
}

test_actions_read_only() {
	start 120 40 --read-only
	keys Q
	wait_for 'Send a signal: off, because of --read-only'
	keys F8
	wait_for 'Actions on'
	see 'Q Send a signal +off: --read-only'
	see 'B Stacks \(gdb\) +(off: --read-only|gdb is not)'
	keys Q
	wait_for 'off, because of --read-only'
	see_not 'Signal:'
	keys 3
	wait_for 'shop-web'
	wait_for 'ctop-trace +Containers'
	while read -r key name; do
		keys "$key"
		wait_for "$name: off, because of --read-only"
		see_not 'really'
	done <<- 'END'
	S Shell inside
	E Stop the container
	C Kill the container
	A Pause the container
	U Resume the container
	END
}

# A tool that is not there, and one of the user's own with a value that looks like an option.
test_actions_of_my_own() {
	cat > "$DIR/mine.json" <<- 'END'
	{"actions": [
	  {"id": "none", "name": "No such tool", "key": "Y", "applies_to": ["container.id"],
	   "run": [{"argv": ["ctop-no-tool", "%container.id"]}, {"argv": ["ctop-no-other"]}]},
	  {"id": "unknown", "name": "Unknown value", "key": "V", "applies_to": ["container.id"],
	   "run": [{"argv": ["true", "%k8s.pod.name"]}]},
	  {"id": "second", "name": "Second best", "key": "m", "applies_to": ["container.id"],
	   "run": [{"argv": ["ctop-no-tool"]}, {"when": "container.type = docker", "argv": ["true"]},
	     {"when": "container.type = lxc", "argv": ["printf", "second"]}, {"argv": ["printf", "third"]}]},
	  {"id": "logs", "name": "My logs", "key": "M", "applies_to": ["container.id"],
	   "run": [{"argv": ["printf", "%%s", "<%container.name>"]}]}]}
	END
	start 120 40 -v containers --views "$DIR/mine.json"
	typed '/build'
	keys Enter
	keys Y
	wait_for 'No such tool: none of these is installed: ctop-no-tool, ctop-no-other'
	keys V
	wait_for 'Unknown value: k8s.pod.name is not known of this row'
	keys M
	wait_for "nothing was run: printf %s '<build>'"
	keys m # the first way whose program is there and that fits
	wait_for 'nothing was run: printf second'
	keys F8
	wait_for 'Actions on build'
	see 'M My logs'
	see 'm Second best +printf second'
	see '│ +printf third'
	see 'Y No such tool +none of these is installed'
	keys Y
	wait_for 'No such tool: none of these'
	keys 1 # no row of this view has it
	wait_for 'ctop-trace +Processes'
	keys Y
	wait_for 'No such tool does not apply to this row'
}

test_actions_in_a_list() {
	start 120 40
	keys v
	wait_for 'Views of this selection'
	typed 'file opens'
	keys Enter
	wait_for ' [1-9][0-9]* following'
	keys Up Up
	keys F8
	wait_for 'Actions on .* [0-9]+'
	see 'Q Send a signal +@signal TERM [0-9]+'
}

test_actions_are_told() {
	start 120 60
	keys F7
	wait_for 'Filter in force'
	keys End
	wait_for 'Actions \(F8\)'
	keys q
	keys '?'
	wait_for 'Finding the way'
	keys End
	wait_for 'B  Stacks \(gdb\) \(asks first\)'
}
