#!/usr/bin/env bash
# Runs a program on an emulated CPU that has every AVX-512 part the kernels use, on any
# x86-64 machine. It is meant for go test:
#
#   emulate/setup.sh        # once: two minutes
#   CGO_ENABLED=0 go test -short -count=1 -exec "$PWD/emulate/run.sh" ./kernels/
#   CGO_ENABLED=0 go build -o bin/nexus ./cmd/nexus && emulate/run.sh bin/nexus doctor --json
#
# The emulator is Bochs, which is a whole PC: Linux boots in it (some seconds) from an
# image with init/ (process 1), the program and what it may read, runs it with its
# arguments and those environment variables that start with NEXUS_, and prints what it
# prints, standard output and error mixed. The exit code is the program's; 125 if the
# machine did not come to that. The program must be linked statically.
#
# What the program sees of the repository: the package's folder (the working directory)
# and asm/, where they lie here. NEXUS_EMULATED=1 tells it where it is.
#
# The clock in there counts instructions, 200 million to a second, which is about what a
# real second allows; so a run is repeatable, and times measured in it mean nothing.
#
#   NEXUS_EMULATE_LIMIT   seconds until the machine is stopped (1200)
#   NEXUS_EMULATE_KEEP    1 keeps the machine's files, and prints where
#
# Why Bochs: QEMU has no AVX-512, and Intel's SDE may not be passed on. Bochs was written
# from Intel's manual by people who had no part in these kernels: an error of ours in what
# an instruction does fails here as on the CPU. It tells nothing about speed.
#
# Known of Bochs 3.0 beside Linux, and why the options below are there; none is about an
# instruction that the kernels use:
#
#   clearcpuid=580  its CPUID has FSRM, yet its IA32_MISC_ENABLE says that fast strings
#                   are off; Linux then patches its memmove into one that is wrong
#   clearcpuid=515  the size and place of the PKRU state in CPUID leaf 0xD contradict each
#                   other (seen with 2.7); Linux would turn off XSAVE and with it AVX
#   acpi=off        leaving system management mode stops at a check of CR4
set -euo pipefail

MODEL=sapphire_rapids
INSTRUCTIONS_PER_SECOND=200000000
MEMORY_MB=1024

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=$root/build/emulate
[ $# -gt 0 ] || { echo "usage: emulate/run.sh program [argument...]" >&2; exit 125; }
[ -x "$home/bochs" ] && [ -x "$home/init" ] || { echo "emulate: run emulate/setup.sh first" >&2; exit 125; }

work=$(mktemp -d "${TMPDIR:-/tmp}/nexus-emulate.XXXXXX")
machine="" # the emulator's process
clean() {
	[ -z "$machine" ] || { kill -KILL "$machine" && wait "$machine"; } 2>/dev/null || true
	if [ "${NEXUS_EMULATE_KEEP:-}" = 1 ]; then echo "emulate: kept $work" >&2; else rm -rf "$work"; fi
}
trap clean EXIT
trap 'exit 125' HUP INT QUIT TERM

# disk lays out what the machine boots: $work/machine.iso.
disk() {
	local program=$1 here=${PWD#"$root"/} tree=$work/tree
	shift
	[ "$here" != "$PWD" ] || here=.
	mkdir -p "$tree"/{dev,proc,tmp,repo} "$work/iso/isolinux"
	cp "$home/init" "$tree/init"
	cp "$program" "$tree/program"
	(cd "$root" && {
		ls asm/*.s
		[ "$here" = . ] || find "$here" -type f -size -4096k ! -name '*.test' -print
	} | cpio -pdm --quiet "$tree/repo")
	printf '%s\0' "$here" >"$tree/cwd"
	: >"$tree/args"
	local arg
	for arg; do
		# The log of files that were read serves go test's cache alone, and lies outside.
		case $arg in -test.testlogfile=*) ;; *) printf '%s\0' "$arg" >>"$tree/args" ;; esac
	done
	{ env -0 | grep -z '^NEXUS_' || true; } >"$tree/env"
	(cd "$tree" && find . | cpio -o -H newc --quiet) >"$work/iso/initrd"
	cp "$home"/isolinux/* "$work/iso/isolinux/"
	cp "$home/linux" "$work/iso/linux"
	cat >"$work/iso/isolinux/isolinux.cfg" <<-END
		default nexus
		prompt 0
		label nexus
		kernel /linux
		append initrd=/initrd console=ttyS0 quiet loglevel=1 panic=-1 reboot=t acpi=off noapic nosmp nokaslr mitigations=off clearcpuid=580,515 tsc=reliable tsc_early_khz=$((INSTRUCTIONS_PER_SECOND / 1000)) random.trust_cpu=1
	END
	xorriso -as mkisofs -quiet -o "$work/machine.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
		-no-emul-boot -boot-load-size 4 -boot-info-table "$work/iso" 2>"$work/xorriso.log" || { cat "$work/xorriso.log" >&2; exit 125; }
}

configure() {
	cat >"$work/bochsrc" <<-END
		display_library: nogui
		cpu: model=$MODEL, count=1, ips=$INSTRUCTIONS_PER_SECOND, reset_on_triple_fault=0, ignore_bad_msrs=1
		memory: guest=$MEMORY_MB, host=$MEMORY_MB
		romimage: file=$home/bios, options=fastboot
		vgaromimage: file=$home/vga
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata0-master: type=cdrom, path=$work/machine.iso, status=inserted
		boot: cdrom
		clock: sync=none
		com1: enabled=1, mode=file, dev=$work/serial
		log: $work/log
		panic: action=fatal
		error: action=ignore
		info: action=ignore
	END
}

disk "$@"
configure
: >"$work/serial"
# The emulator dies with this script, however that ends.
setpriv --pdeathsig KILL timeout --foreground -s KILL "${NEXUS_EMULATE_LIMIT:-1200}" \
	setpriv --pdeathsig KILL "$home/bochs" -q -f "$work/bochsrc" >"$work/stdout" 2>&1 </dev/null &
machine=$!
# init ends its report with the byte 1 and the exit code; the rest is the program's.
tail -n +1 -s 0.2 -f --pid=$machine "$work/serial" | sed -u 's/\r$//; /\x01exit /{s/\x01exit .*//; /./!Q; q}' &
wait $! || true
wait "$machine" 2>/dev/null || true
machine=""
code=$(tr -d '\r' <"$work/serial" | sed -n 's/.*\x01exit \([0-9]*\)$/\1/p' | tail -1)
if [ -z "$code" ]; then
	echo "emulate: the machine stopped before the program ended" >&2
	tail -3 "$work/log" >&2 || true
	exit 125
fi
exit "$code"
