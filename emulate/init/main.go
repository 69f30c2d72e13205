// Command init is process 1 of the emulated machine (emulate/run.sh): it runs the one
// program that the machine was booted for, tells the serial port its exit code, and
// stops the machine.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	must(unix.Mount("dev", "/dev", "devtmpfs", 0, ""))
	must(unix.Mount("proc", "/proc", "proc", 0, ""))
	serial, err := os.OpenFile("/dev/ttyS0", os.O_RDWR, 0)
	must(err)
	code := 125
	if code, err = run(serial); err != nil {
		fmt.Fprintln(serial, "emulate:", err)
	}
	// run.sh looks for this line, which no test prints.
	fmt.Fprintf(serial, "\x01exit %d\n", code)
	const drain = 1
	must(unix.IoctlSetInt(int(serial.Fd()), unix.TCSBRK, drain))
	// Started anew with reboot=t, the CPU resets in a way that ends the emulator.
	must(unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART))
}

// run runs /program in its folder with the arguments and the environment that run.sh
// left in /args and /env, and returns its exit code; 128 and more for a signal, as in a
// shell.
func run(serial *os.File) (code int, err error) {
	args, err := words("/args")
	if err != nil {
		return 125, err
	}
	env, err := words("/env")
	if err != nil {
		return 125, err
	}
	cwd, err := words("/cwd")
	if err != nil {
		return 125, err
	}
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return 125, err
	}
	process, err := os.StartProcess("/program", append([]string{"/program"}, args...), &os.ProcAttr{
		Dir:   filepath.Join(append([]string{"/repo"}, cwd...)...),
		Env:   append(env, "HOME=/tmp", "TMPDIR=/tmp", "NEXUS_EMULATED=1"),
		Files: []*os.File{nothing, serial, serial},
	})
	if err != nil {
		return 125, err
	}
	state, err := process.Wait()
	if err != nil {
		return 125, err
	}
	if status := state.Sys().(interface{ Signaled() bool }); status.Signaled() {
		return 128, fmt.Errorf("program ended by %v", state)
	}
	return state.ExitCode(), nil
}

// words reads a file of words that end with a zero byte.
func words(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil || len(text) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), nil
}

// must stops the machine if it cannot be made usable: process 1 ends, the kernel panics.
func must(err error) {
	if err != nil {
		fmt.Println("emulate:", err)
		os.Exit(125)
	}
}
