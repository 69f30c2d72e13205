#!/usr/bin/env bash
# Makes the emulated machine that emulate/run.sh boots, once, in build/emulate:
#
#   bochs        the emulator, compiled from Debian's source without its debugger and
#                screens: it boots in 8 s of CPU time, Debian 12's binary of Bochs 2.7, a
#                build for debugging, in 25
#   bios, vga    its firmware
#   linux        a kernel for virtual machines: few drivers, packed with LZ4, boots fast
#   isolinux/    the boot loader
#   init         this folder's init/, the only other program on the machine
#
# All but init comes out of Debian packages of one suite, whatever release this machine
# runs; they are fetched and checked by apt, unpacked here, and not installed. Installed
# are, where missing, the tools: a C++ compiler, make, xz, cpio, xorriso.
#
# The suite has Bochs 3.0, whose model sapphire_rapids has AVX-VNNI and AVX512_BF16 too.
# Bochs 2.7, in Debian 12, knows no AVX512_BF16, and no model with AVX-VNNI.
set -euo pipefail

SUITE=trixie
MODEL=sapphire_rapids # run.sh names it too

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=$root/build/emulate
mkdir -p "$home"
exec 9>"$home/lock"
flock 9

# install_tools installs the commands that are missing, as the Makefile's setup does.
install_tools() {
	local missing=""
	need() { command -v "$1" >/dev/null || missing="$missing $2"; }
	need g++ g++
	need make make
	need xz xz-utils
	need cpio cpio
	need xorriso xorriso
	[ -n "$missing" ] || return 0
	echo "installing$missing"
	local sudo
	sudo=$(command -v sudo || true)
	# shellcheck disable=SC2086
	$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq $missing >/dev/null
}

# mirror prints the Debian mirror that this machine's apt uses.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -1 || true
}

# debian runs an apt command with the suite's lists, kept apart from the machine's own.
debian() {
	local command=$1
	shift
	"$command" -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@"
}

# update reads the suite's lists.
update() {
	local site key=/usr/share/keyrings/debian-archive-keyring.gpg
	site=$(mirror)
	[ -n "$site" ] && [ -e "$key" ] || { echo "emulate: this machine's apt knows no Debian mirror" >&2; exit 1; }
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
	printf '%s [signed-by=%s] %s %s main\n' deb "$key" "$site" "$SUITE" deb-src "$key" "$site" "$SUITE" >"$work/sources.list"
	debian apt-get update -qq
}

# unpack PACKAGE FOLDER unpacks a package of the suite without installing it.
unpack() {
	(cd "$work" && debian apt-get download -qq "$1" && dpkg-deb -x "$1"_*.deb "$2")
}

build_bochs() {
	# apt checks every file of a source package by itself against the signed list; only
	# the tarball is used, and some mirrors lack the .dsc beside it.
	(cd "$work" && debian apt-get source -qq --download-only bochs >/dev/null 2>&1) || true
	mkdir "$work/bochs"
	tar xf "$work"/bochs_*.orig.tar.xz -C "$work/bochs" --strip-components=1
	(
		cd "$work/bochs"
		./configure --with-nogui --disable-plugins --disable-debugger --disable-logging --disable-docbook \
			--enable-cpu-level=6 --enable-x86-64 --enable-avx --enable-evex --enable-pci \
			--enable-all-optimizations CXXFLAGS='-O2 -w' CFLAGS='-O2 -w'
		make -j"$(nproc)"
	) >"$home/bochs.log" 2>&1 || { tail -20 "$home/bochs.log" >&2; exit 1; }
	"$work/bochs/bochs" --help cpu 2>&1 | grep -x "$MODEL" >/dev/null || { echo "emulate: this Bochs has no CPU model $MODEL" >&2; exit 1; }
	mv "$work/bochs/bochs" "$home/bochs.new"
	strip "$home/bochs.new"
}

install_tools
if [ ! -x "$home/bochs" ]; then
	echo "emulate: building the emulated machine in build/emulate (some two minutes, once)"
	work=$home/work
	rm -rf "$work"
	update
	kernel=$(debian apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -1)
	unpack "$kernel" kernel
	unpack bochsbios bios
	unpack vgabios bios
	unpack isolinux loader
	unpack syslinux-common loader
	cp "$work"/kernel/boot/vmlinuz-* "$home/linux"
	cp "$work/bios/usr/share/bochs/BIOS-bochs-latest" "$home/bios"
	cp "$work/bios/usr/share/vgabios/vgabios.bin" "$home/vga"
	mkdir -p "$home/isolinux"
	cp "$work/loader/usr/lib/ISOLINUX/isolinux.bin" "$work/loader/usr/lib/syslinux/modules/bios/ldlinux.c32" "$home/isolinux/"
	build_bochs
	mv "$home/bochs.new" "$home/bochs" # last: its presence says that all is there
	rm -rf "$work"
fi
cd "$root"
CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOAMD64=v1 "${GO:-go}" build -trimpath -ldflags='-s -w' -o "$home/init" ./emulate/init
