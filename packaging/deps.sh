#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs the Debian packages that are missing.
#
#	packaging/deps.sh build   what compiling needs
#	packaging/deps.sh test    that, and what the tests use
#	packaging/deps.sh runtimes   that, and the container runtimes of `make test-runtimes`
#	packaging/deps.sh bench   that, and the programs that `make bench` compares with
#	packaging/deps.sh caps    what `make setcap` needs
#	packaging/deps.sh list    prints the packages for building
#
# The servers among them are started neither now nor at boot: tests start their own. Does nothing, quickly, when all are
# there. Elsewhere than on Debian it says what is needed and goes on.

build='gcc libc6-dev make pkg-config clang bpftool libbpf-dev libelf-dev zlib1g-dev libjansson-dev libncurses-dev libpcre2-dev'
servers='nginx redis-server postgresql cron'
test="$build libcmocka-dev python3 tmux strace linux-perf lsof iproute2 procps util-linux libcap2-bin groff-base crun runc
busybox-static netbase $servers wrk redis-tools e2fsprogs clang-tidy cppcheck valgrind"
runtimes="$test podman conmon containerd docker.io lxc systemd-container iptables python3-yaml uidmap fuse-overlayfs slirp4netns"
bench="$test htop bpftrace"

case ${1:-build} in
build) want=$build ;;
test) want=$test ;;
runtimes) want=$runtimes ;;
bench) want=$bench ;;
caps) want=libcap2-bin ;;
list) echo "$build"; exit 0 ;;
*) echo "usage: $0 build|test|runtimes|bench|caps|list" >&2; exit 2 ;;
esac

if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
	echo "deps.sh: not a Debian system; needed are the equivalents of:" $want >&2
	exit 0
fi

missing=
for package in $want; do
	[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null)" = 'ii ' ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "deps.sh: missing packages; as root: apt-get install$missing" >&2
	exit 1
fi
echo "deps.sh: installing$missing"
export DEBIAN_FRONTEND=noninteractive

# install PACKAGE...: with the lists that are there; most likely they are old or missing if that fails
install() {
	apt-get install -y -q --no-install-recommends "$@" > /dev/null 2>&1 && return
	apt-get update -q && apt-get install -y -q --no-install-recommends "$@"
}

policy=
quiet=
rest=
for package in $missing; do
	case " $servers " in
	*" $package "*) quiet="$quiet $package" ;;
	*) rest="$rest $package" ;;
	esac
done
if [ -n "$quiet" ]; then
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		policy=/usr/sbin/policy-rc.d
		trap 'rm -f $policy' EXIT
		trap 'exit 1' INT TERM
		printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy
	fi
	install $quiet || exit
	if [ -d /run/systemd/system ]; then
		for package in $quiet; do
			systemctl -q disable "$package.service" || echo "deps.sh: $package.service will start at boot" >&2
		done
	fi
	rm -f $policy
fi
[ -z "$rest" ] || install $rest
